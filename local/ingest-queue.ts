// Batches messages: those that arrive while a batch is being committed form the next one and share its commit. Keeps
// the order of arrival: a correction must not overtake the reading it corrects.

import { setTimeout as pause } from 'node:timers/promises'
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

/** Waits between attempts to store a batch. */
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 5_000
/** Payloads that wait for a store; beyond it messages are sent back to their gateways, which keep them. */
const WAITING_BYTES_MAX = 256 * 1024 * 1024

/** Told of each batch that could not be stored, and of each that could. */
export interface IngestListener {
  failed(error: unknown): void
  worked(): void
}

export function ingestQueue(
  ingest: (batch: MqttBatch) => Promise<MqttBatchResult>,
  listener: IngestListener = { failed: (error) => console.error(`ingest: ${String(error)}`), worked: () => undefined },
): IngestQueue {
  const boot = Date.now().toString(36)
  let waiting: { message: MqttMessage; done: Acknowledge }[] = []
  let count = 0
  let busy = 0
  const working = new Set<Promise<void>>()
  let waitingBytes = 0
  let isEnding = false

  async function takeBatches(): Promise<void> {
    // One turn of the event loop, so that messages already waiting on other sockets join the batch.
    await new Promise(setImmediate)
    while (waiting.length > 0) {
      const batch = takeBatch()
      const failed = await stored(batch.map(({ message }) => message))
      for (const { message, done } of batch) {
        waitingBytes -= message.payload.length
        done(failed.get(message.id) ?? null)
      }
    }
    busy--
  }

  /** Stores a batch, as often as it takes: gateways wait meanwhile. Returns the messages that failed. */
  async function stored(messages: readonly MqttMessage[]): Promise<Map<string, Error>> {
    for (let waitMs = RETRY_MS_MIN; ; waitMs = Math.min(2 * waitMs, RETRY_MS_MAX)) {
      try {
        const { failed } = await ingest({ messages })
        listener.worked()
        return new Map(failed.map(({ id, reason }) => [id, new Error(reason)]))
      } catch (error) {
        listener.failed(error)
        const cause = error instanceof Error ? error : new Error(String(error))
        if (isEnding) return new Map(messages.map(({ id }) => [id, cause]))
        await pause(waitMs)
      }
    }
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
      if (waitingBytes > WAITING_BYTES_MAX) return done(new Error('too much waits for the store'))
      waitingBytes += message.payload.length
      waiting.push({ message: { ...message, id: `${boot}-${count++}` }, done })
      if (busy >= BATCHES_MAX) return
      busy++
      const work = takeBatches()
      working.add(work)
      void work.then(() => working.delete(work))
    },
    async drained() {
      isEnding = true
      await Promise.all(working)
    },
  }
}
