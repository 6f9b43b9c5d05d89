// Batches messages: those that arrive while a batch is being committed form the next one and share its commit. Keeps
// the order of arrival: a correction must not overtake the reading it corrects.

import { must } from '../domain/must.ts'
import type { MqttBatch, MqttBatchResult, MqttMessage } from '../functions/platform.ts'

/** About 10 ms of parsing; a longer batch would only delay its own acknowledgements. */
const MESSAGES_PER_BATCH = 4_000
const BYTES_PER_BATCH = 8 * 1024 * 1024

/**
 * Concurrent batches: one is parsed while the other is committed. Parsing waits for nothing outside, so a batch calls
 * the store's append before the next one is taken, and the store appends in the order of the calls.
 */
const BATCHES_MAX = 2

export type Acknowledge = (error: Error | null) => void

export interface IngestQueue {
  /** Calls `done(null)` once the readings are durable, `done(error)` when they are not and must be sent again. */
  push(message: Omit<MqttMessage, 'id'>, done: Acknowledge): void
  /** Resolves when no message is waiting. */
  drained(): Promise<void>
}

export function ingestQueue(ingest: (batch: MqttBatch) => Promise<MqttBatchResult>): IngestQueue {
  const boot = Date.now().toString(36)
  let waiting: { message: MqttMessage; done: Acknowledge }[] = []
  let count = 0
  let busy = 0
  const working = new Set<Promise<void>>()

  async function takeBatches(): Promise<void> {
    // One turn of the event loop, so that messages already waiting on other sockets join the batch.
    await new Promise(setImmediate)
    while (waiting.length > 0) {
      const batch = takeBatch()
      const failed = await ingest({ messages: batch.map(({ message }) => message) }).then(
        (result) => new Map(result.failed.map(({ id, reason }) => [id, new Error(reason)])),
        (error: unknown) => {
          console.error(`ingest: ${String(error)}; ${batch.length} messages are not acknowledged`)
          const cause = error instanceof Error ? error : new Error(String(error))
          return new Map(batch.map(({ message }) => [message.id, cause]))
        },
      )
      for (const { message, done } of batch) done(failed.get(message.id) ?? null)
    }
    busy--
  }

  function takeBatch() {
    let bytes = 0
    let end = 0
    while (end < waiting.length && end < MESSAGES_PER_BATCH && bytes < BYTES_PER_BATCH) {
      bytes += must(waiting[end++]).message.payload.length
    }
    const batch = waiting.slice(0, end)
    waiting = waiting.slice(end)
    return batch
  }

  return {
    push(message, done) {
      waiting.push({ message: { ...message, id: `${boot}-${count++}` }, done })
      if (busy >= BATCHES_MAX) return
      busy++
      const work = takeBatches()
      working.add(work)
      void work.then(() => working.delete(work))
    },
    async drained() {
      await Promise.all(working)
    },
  }
}
