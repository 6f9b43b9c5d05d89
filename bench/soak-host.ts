// The host of a soak, in a process of its own so that it can be killed: with a clock that the soak sets, its queues
// worked when the soak says so. Asked over IPC, one thing at a time.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Host, startHost } from '../local/host.ts'

type SoakRequest =
  | { open: { data: string; nowMs: number } }
  | { work: { nowMs: number } }
  | { clock: { nowMs: number } }
  | { figures: true }
  | { close: true }
export interface SoakOpened {
  mqttPort: number
  httpUrl: string
  adminToken: string
}
/** Since the last time they were asked for. */
export interface SoakFigures {
  rssMb: number
  readingsMb: number
  stateMb: number
  loopP999Ms: number
  loopMaxMs: number
  /** Rows of readings, those that came twice included, and distinct readings. */
  rows: number
}

const MB = 1e6
const RESOLUTION_MS = 5
const NS_PER_MS = 1e6
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delay.enable()
let nowMs = 0
let host: Host | undefined
let folder = ''

process.on('message', (request: SoakRequest) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})

async function answer(request: SoakRequest): Promise<object> {
  if ('open' in request) {
    folder = request.open.data
    nowMs = request.open.nowMs
    const options = { data: folder, port: 0, mqttPort: 0, host: '127.0.0.1', hold: true, log: () => undefined }
    host = await startHost({ ...options, now: () => nowMs })
    const opened: SoakOpened = {
      mqttPort: Number(new URL(host.mqttUrl).port),
      ...{ httpUrl: host.httpUrl, adminToken: host.adminToken },
    }
    return opened
  }
  if (!host) throw new Error('the host is not open')
  if ('clock' in request) nowMs = request.clock.nowMs
  if ('work' in request) {
    nowMs = request.work.nowMs
    for (const step of ['settle', 'assess', 'rollup', 'notify', 'prune'] as const) {
      const { failed } = await host.handlers[step]({ shards: [] })
      if (failed[0]) throw new Error(`${step} ${failed[0].shard}: ${failed[0].reason}`)
    }
  }
  if ('figures' in request) return figures(host)
  if ('close' in request) await host.close()
  return {}
}

function figures({ platform }: Host): SoakFigures {
  const sizeOf = (...names: string[]): number =>
    names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0)
  const found = {
    rssMb: process.memoryUsage().rss / MB,
    readingsMb: sizeOf('readings.duckdb', 'readings.duckdb.wal') / MB,
    stateMb: sizeOf('state.sqlite', 'state.sqlite-wal') / MB,
    loopP999Ms: delay.percentile(99.9) / NS_PER_MS,
    loopMaxMs: delay.max / NS_PER_MS,
    rows: platform.readings.extent().rows,
  }
  delay.reset()
  return found
}
