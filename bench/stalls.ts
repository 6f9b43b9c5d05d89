// How long the event loop of a host stops, at most, while registries are imported, one meter of many is renamed, a
// burst of readings is settled and judged, and a whole province is: PUBACK waits for as long.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOUR_MS, monthRange } from '../domain/calendar.ts'
import { type AlertMark, alertMarkKey } from '../functions/alerts/round.ts'
import { DERIVED } from '../functions/platform.ts'
import { registryReader } from '../functions/registry/reader.ts'
import { type Host, startHost } from '../local/host.ts'
import { ask, killed, started } from './process.ts'
import { settledProvince } from './province.ts'
import type { SenderInput, SendResult } from './registry-sender.ts'
import type { CostRow } from './table.ts'

/** Hebei, as in `bench -- assess`: 200,134 meters. */
const INSTITUTIONS = 31_600
const COUNTIES = 170
const WRONG_METERS = 500_000
const BURST_READINGS = 1_000
const BAR_MS = 100
const RESOLUTION_MS = 5
const MONTH = '2026-10'
const NOW_MS = monthRange(MONTH).toMs - 1

export async function benchStalls(scale: number, say: (line: string) => void): Promise<CostRow[]> {
  const size = { institutions: Math.ceil(INSTITUTIONS * scale), counties: Math.ceil(COUNTIES * scale) }
  return [...(await benchImports(size, scale, say)), ...(await benchRounds(size, say))]
}

async function benchImports(size: SenderInput['size'], scale: number, say: (line: string) => void): Promise<CostRow[]> {
  const { host, end } = await heldHost()
  const input: SenderInput = {
    ...{ url: host.httpUrl, token: host.adminToken },
    ...{ size, wrong: Math.ceil(WRONG_METERS * scale) },
  }
  const sender = started(new URL('./registry-sender.ts', import.meta.url), [JSON.stringify(input)])
  try {
    const rows: CostRow[] = []
    for (const [order, wanted] of [
      ['good', 200],
      ['renamed', 200],
      ['wrong', 400],
    ] as const) {
      let sent: SendResult = { status: 0, bytes: 0 }
      const row = await stallOf(`PUT registry, ${order}`, say, async () => {
        sent = await ask<SendResult>(sender, { order })
      })
      if (sent.status !== wanted) throw new Error(`the registry "${order}" was answered with ${sent.status}`)
      rows.push({ ...row, more: { ...row.more, 'body MB': sent.bytes / 1e6 } })
    }
    return rows
  } finally {
    await killed(sender)
    await end()
  }
}

/** A province whose hours are settled: a burst of one county's readings, then the rounds of everything. */
async function benchRounds(size: SenderInput['size'], say: (line: string) => void): Promise<CostRow[]> {
  const { host, end } = await heldHost(() => NOW_MS)
  try {
    const { platform, handlers } = host
    const province = await settledProvince(platform, size, NOW_MS, MONTH)
    const registry = registryReader(platform.state)
    await registry.refresh()
    const { meters } = await registry.shard(province.first.shard)
    const burst = meters.slice(0, BURST_READINGS).map((meter) => ({ meter: meter.id, gateway: meter.gateway ?? '' }))
    const shards = [province.first.shard]
    const sendBurst = async (atMs: number, value: number): Promise<void> => {
      const messages = [...Map.groupBy(burst, ({ gateway }) => gateway)].map(([gateway, own], id) => ({
        ...{ id: String(id), gateway, receivedMs: NOW_MS },
        payload: JSON.stringify({ v: 1, readings: own.map(({ meter }) => ({ meter, at: atMs, value })) }),
      }))
      await handlers.ingest({ messages })
    }
    await sendBurst(NOW_MS - 3 * HOUR_MS, 1)
    await handlers.settle({ shards })
    await handlers.assess({ shards })
    const rows = [
      await stallOf(`a burst of ${burst.length} readings`, say, async () => {
        await sendBurst(NOW_MS - HOUR_MS, 2)
        await handlers.settle({ shards })
        await handlers.assess({ shards })
      }),
      await stallOf('settle, assess, rollup of all', say, async () => {
        for (const step of ['settle', 'assess', 'rollup'] as const) await handlers[step]({ shards: [] })
      }),
    ]
    for (const shard of province.shards)
      await platform.state.put([{ key: alertMarkKey(shard), value: {} as AlertMark }], DERIVED)
    rows.push(await stallOf('assess with daily alerts', say, async () => void (await handlers.assess({ shards: [] }))))
    return rows.map((row) => ({ ...row, more: { ...row.more, meters: province.meters } }))
  } finally {
    await end()
  }
}

async function stallOf(what: string, say: (line: string) => void, work: () => Promise<void>): Promise<CostRow> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  const startMs = performance.now()
  const longestCpuMs = watchCpu()
  delay.enable()
  await work()
  await sleep(2 * RESOLUTION_MS)
  delay.disable()
  const cpuMs = longestCpuMs()
  const [maxMs, p999Ms] = [delay.max / 1e6, delay.percentile(99.9) / 1e6]
  const seconds = (performance.now() - startMs) / 1000
  say(
    `${what}: the loop stopped for ${maxMs.toFixed(0)} ms at most (${cpuMs.toFixed(0)} ms of its CPU), in ${seconds.toFixed(1)} s`,
  )
  return {
    what: `stall, ${what}, ms`,
    value: maxMs,
    reference: { what: 'p99.9 of the delay, ms', value: p999Ms },
    ratio: maxMs / p999Ms,
    bar: BAR_MS,
    more: { seconds, 'CPU ms of the longest stop': cpuMs, 'RSS MB': process.memoryUsage().rss / 1e6 },
  }
}

/** The most processor time of the main thread between two turns: not disturbed by busy neighbours, nor by the disk. */
function watchCpu(): () => number {
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let [last, longest] = [cpuMs(), 0]
  const timer = setInterval(() => {
    const now = cpuMs()
    longest = Math.max(longest, now - last)
    last = now
  }, 1)
  return () => {
    clearInterval(timer)
    return longest
  }
}

async function heldHost(now?: () => number): Promise<{ host: Host; end: () => Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', hold: true, now })
  const end = async (): Promise<void> => {
    await host.close()
    rmSync(data, { recursive: true, force: true })
  }
  return { host, end }
}
