// Sends recorded series as if their meters reported now: each gateway with its own outbox and connection, up to the
// last PUBACK. The caller registers gateways and meters with the host.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { must } from '../../domain/must.ts'
import { type DeviceGateway, startGateway } from '../gateway.ts'
import type { Log } from '../log.ts'
import { createRandom, type Random } from '../random.ts'
import type { Reading, Source } from '../source.ts'
import type { UplinkOptions } from '../uplink.ts'
import type { BuildingSeries } from './csv-source.ts'

/** Large messages make a replay fast; 500 readings are about 40 KiB. */
const READINGS_PER_MESSAGE = 500
/** Messages per transaction of the outbox. */
const MESSAGES_PER_BLOCK = 8
/** Connections and open outboxes at a time. */
const GATEWAYS_AT_ONCE = 64

export interface ReplayGateway {
  id: string
  password: string
  meters: readonly ReplayMeter[]
}

/** NaN values are missing and not sent. */
export interface ReplayMeter extends BuildingSeries {
  meter: string
  /** Unit of the values; without it the meter's own. */
  unit?: string
}

export interface ReplayOptions extends Pick<UplinkOptions, 'url' | 'mqtt' | 'limits'> {
  gateways: readonly ReplayGateway[]
  /**
   * Folder of the outboxes, one `<gateway>.outbox` each; created when missing. Messages left by an earlier run are sent
   * too.
   */
  folder: string
  readingsPerMessage?: number
  /** Sends every message twice. */
  duplicate?: boolean
  /** Seed of a random order of each gateway's readings and messages. */
  shuffle?: string | number
  signal?: AbortSignal
  log?: Log
  onProgress?(progress: ReplayProgress): void
}

/** Counts of distinct readings; copies do not count. */
export interface ReplayProgress {
  total: number
  /** On disk in an outbox, or already acknowledged. */
  sent: number
  /** Acknowledged by the broker. */
  acknowledged: number
}

/**
 * Runs all gateways until every reading is acknowledged; waits for an absent broker without limit. Rejects when
 * `signal` aborts and when the broker refuses a gateway that was never online; unsent readings then stay in their
 * outboxes.
 */
export async function runReplay(options: ReplayOptions): Promise<ReplayProgress> {
  const { gateways, signal, onProgress } = options
  signal?.throwIfAborted()
  await mkdir(options.folder, { recursive: true })
  const progress: ReplayProgress = {
    total: gateways.reduce((sum, { meters }) => sum + countReadings(meters), 0),
    sent: 0,
    acknowledged: 0,
  }
  const copies = options.duplicate ? 2 : 1
  const stopping = new AbortController()
  const anySignal = signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal
  const queue = gateways.values()
  const worker = async () => {
    for (const gateway of queue) {
      let before = { sent: 0, acknowledged: 0 }
      await runGateway(options, gateway, anySignal, ({ offered, waiting }) => {
        const now = {
          sent: Math.floor(offered / copies),
          acknowledged: Math.floor(Math.max(0, offered - waiting) / copies),
        }
        progress.sent += now.sent - before.sent
        progress.acknowledged += now.acknowledged - before.acknowledged
        before = now
        onProgress?.({ ...progress })
      })
    }
  }
  const workers = Array.from({ length: Math.min(GATEWAYS_AT_ONCE, gateways.length) }, worker)
  try {
    await Promise.all(workers)
  } finally {
    stopping.abort()
    await Promise.allSettled(workers)
  }
  return progress
}

/** A source of the readings of recorded series, by time; then it ends. */
export function recordedSource(
  meters: readonly ReplayMeter[],
  options: { readingsPerMessage?: number; duplicate?: boolean; shuffle?: Random } = {},
): Source {
  const { readingsPerMessage = READINGS_PER_MESSAGE, duplicate = false, shuffle } = options
  return {
    async *readings(signal) {
      const order = orderReadings(meters, shuffle)
      const chunks = orderChunks(Math.ceil(order.length / readingsPerMessage), duplicate, shuffle)
      for (let start = 0; start < chunks.length && !signal.aborted; start += MESSAGES_PER_BLOCK) {
        const block: Reading[] = []
        for (const chunk of chunks.slice(start, start + MESSAGES_PER_BLOCK)) {
          const first = chunk * readingsPerMessage
          for (const place of order.subarray(first, first + readingsPerMessage)) block.push(readingAt(meters, place))
        }
        yield block
        // Everything is in memory: without this the sockets would wait until the last reading is written.
        await nextTurn()
      }
    },
  }
}

async function runGateway(
  options: ReplayOptions,
  { id, password, meters }: ReplayGateway,
  signal: AbortSignal,
  note: (figures: { offered: number; waiting: number }) => void,
): Promise<void> {
  signal.throwIfAborted()
  const { url, mqtt, limits, log, duplicate, readingsPerMessage = READINGS_PER_MESSAGE } = options
  const shuffle = options.shuffle === undefined ? undefined : createRandom(`${options.shuffle}/${id}`)
  const refusal = Promise.withResolvers<never>()
  let wasOnline = false
  let gateway: DeviceGateway | undefined
  try {
    gateway = startGateway({
      ...{ id, password, url, mqtt, limits, log, signal, readingsPerMessage },
      source: recordedSource(meters, { readingsPerMessage, duplicate, shuffle }),
      outbox: { file: join(options.folder, `${id}.outbox`), overflow: 'refuse' },
      onProgress: ({ offered, outbox }) => note({ offered, waiting: outbox.readings }),
      onState(state) {
        if (state === 'online') wasOnline = true
        if (state === 'refused' && !wasOnline) refusal.reject(new Error(`the broker at ${url} refuses gateway ${id}`))
      },
    })
    await Promise.race([gateway.drained(), refusal.promise])
  } finally {
    await gateway?.stop()
  }
}

const countReadings = (meters: readonly ReplayMeter[]): number =>
  meters.reduce((sum, { value }) => sum + value.reduce((count, each) => (Number.isNaN(each) ? count : count + 1), 0), 0)

/** Positions of all readings with a value: row × meters + meter. Ordered by time, then by place in the list. */
function orderReadings(meters: readonly ReplayMeter[], shuffle: Random | undefined): Float64Array {
  const places: number[] = []
  for (const [index, { value }] of meters.entries()) {
    for (const [row, each] of value.entries()) if (!Number.isNaN(each)) places.push(row * meters.length + index)
  }
  const timeOf = (place: number) => must(must(meters[place % meters.length]).atMs[Math.floor(place / meters.length)])
  if (shuffle) return Float64Array.from(shuffle.shuffle(places))
  return Float64Array.from(meters.length === 1 ? places : places.sort((a, b) => timeOf(a) - timeOf(b) || a - b))
}

/**
 * Chunks in the order of sending. The last chunk may be short and stays last, so that the others remain whole messages.
 */
function orderChunks(count: number, duplicate: boolean, shuffle: Random | undefined): number[] {
  const copies = (chunk: number) => (duplicate ? [chunk, chunk] : [chunk])
  const whole = Array.from({ length: Math.max(0, count - 1) }, (_, chunk) => copies(chunk)).flat()
  return [...(shuffle ? shuffle.shuffle(whole) : whole), ...(count > 0 ? copies(count - 1) : [])]
}

function readingAt(meters: readonly ReplayMeter[], place: number): Reading {
  const { meter, unit, atMs, value } = must(meters[place % meters.length])
  const row = Math.floor(place / meters.length)
  const own = { meter, at: must(atMs[row]), value: must(value[row]) }
  return unit === undefined ? own : { ...own, unit }
}
