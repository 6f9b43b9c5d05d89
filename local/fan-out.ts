// The in-process queue behind the FanOut port. Waiting messages to one shard merge into one. The queue is lost with the
// process, on purpose: the stores show what is to be done, and the host asks for all shards when it starts.

import { setTimeout as pause } from 'node:timers/promises'
import type { FanOut, QueueName, ShardResult } from '../functions/platform.ts'

/**
 * Lanes run in parallel, so that a mail server that hangs does not delay settling. Within a lane, queues are served in
 * this order: those that others wait for come first.
 */
const LANES: readonly (readonly QueueName[])[] = [
  ['settle', 'assess', 'rollup', 'prune'],
  ['notify'],
  ['reports'],
  ['contract'],
  ['control'],
]
/**
 * A burst of readings is settled once, after it has passed: settling must not delay acknowledgements, and requests for
 * a meter see its readings earlier anyway. A steady stream is delayed no longer than the maximum.
 */
const GATHER_MS = 100
const GATHER_MS_MAX = 1_000
/** After work the queue rests this many times as long as the work took: background work gets a third of a core. */
const REST = 2
const REST_MS_MAX = 5_000
const RETRY_MS = 1_000
/** Under a steady stream of readings, settling never pauses: a queue that waited this long goes first. */
const PATIENCE_MS = 5_000

export type ShardHandler = (shards: readonly string[]) => Promise<ShardResult>

export interface LocalFanOut extends FanOut {
  /** Sets the handler of a queue. */
  serve(queue: QueueName, handler: ShardHandler): void
  /** Whether messages are waiting or in work. */
  busy(): boolean
  /** Stops taking messages and waits for the current one. */
  stop(): Promise<void>
}

export function localFanOut(log: (line: string) => void = console.error, patienceMs = PATIENCE_MS): LocalFanOut {
  const lanes = new Map(
    LANES.flatMap((order) => {
      const one = lane(order, log, patienceMs)
      return order.map((queue) => [queue, one] as const)
    }),
  )
  const all = new Set(lanes.values())
  return {
    async send(queue, shards) {
      await lanes.get(queue)?.send(queue, shards)
    },
    serve: (queue, handler) => lanes.get(queue)?.serve(queue, handler),
    busy: () => [...all].some((one) => one.busy()),
    async stop() {
      await Promise.all([...all].map((one) => one.stop()))
    },
  }
}

/** One loop that serves the queues of `order`, one message after the other. */
function lane(order: readonly QueueName[], log: (line: string) => void, patienceMs: number): LocalFanOut {
  const waiting = new Map<QueueName, Set<string>>(order.map((queue) => [queue, new Set()]))
  /** Arrival of the oldest waiting message of each queue. */
  const waitingSinceMs = new Map<QueueName, number>()
  const handlers = new Map<QueueName, ShardHandler>()
  const stopping = new AbortController()
  let working: Promise<void> | undefined
  let sent = 0

  const next = (): QueueName | undefined => {
    const ready = order.filter((queue) => handlers.has(queue) && (waiting.get(queue)?.size ?? 0) > 0)
    const sinceMs = (queue: QueueName): number => waitingSinceMs.get(queue) ?? 0
    const [longest] = ready.toSorted((a, b) => sinceMs(a) - sinceMs(b))
    return longest && performance.now() - sinceMs(longest) > patienceMs ? longest : ready.at(0)
  }
  const add = (queue: QueueName, shards: Iterable<string>): void => {
    const set = waiting.get(queue)
    if (set?.size === 0) waitingSinceMs.set(queue, performance.now())
    for (const shard of shards) set?.add(shard)
  }
  const rest = (ms: number): Promise<unknown> =>
    pause(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)

  async function gather(): Promise<void> {
    for (let waited = 0, before = -1; before < sent && waited < GATHER_MS_MAX; waited += GATHER_MS) {
      before = sent
      await rest(GATHER_MS)
    }
  }

  async function work(): Promise<void> {
    await gather()
    for (let queue = next(); queue && !stopping.signal.aborted; queue = next()) {
      const handler = handlers.get(queue)
      const shards = [...(waiting.get(queue) ?? [])]
      waiting.get(queue)?.clear()
      const startedMs = performance.now()
      const failed = await handler?.(shards).then(
        (result) => result.failed,
        (error: unknown) => shards.map((shard) => ({ shard, reason: String(error) })),
      )
      for (const { shard, reason } of failed ?? []) log(`${queue} ${shard || 'all'}: ${reason}; will be tried again`)
      const took = performance.now() - startedMs
      await rest(failed && failed.length > 0 ? RETRY_MS : queue === 'settle' ? Math.min(took * REST, REST_MS_MAX) : 0)
      add(
        queue,
        (failed ?? []).map(({ shard }) => shard),
      )
    }
    working = undefined
  }

  return {
    async send(queue, shards) {
      if (stopping.signal.aborted) return
      sent++
      add(queue, shards)
      if (!working && next()) working = work()
    },
    serve(queue, handler) {
      handlers.set(queue, handler)
      if (!working && next()) working = work()
    },
    busy: () => working !== undefined,
    async stop() {
      stopping.abort()
      await working
    },
  }
}
