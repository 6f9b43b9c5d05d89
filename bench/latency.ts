// From publishing to the API's hour and day: all meters of a province send their quarter-hour's reading, at once or
// each gateway by its own clock, and sampled meters are asked for over HTTP until hour and day count what their
// register says.

import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DAY_MS, MINUTE_MS } from '../domain/calendar.ts'
import { must } from '../domain/must.ts'
import { assess } from '../functions/assess.ts'
import { rollup } from '../functions/rollup.ts'
import { settle } from '../functions/settle.ts'
import type { HostAddress } from '../local/host-address.ts'
import { openPlatform } from '../local/platform.ts'
import { type FleetGateway, registerFleet, registerHundredths, STEP_MS } from './fleet.ts'
import { ask, cpuSeconds, killed, serviceAddress, started, startedService } from './process.ts'
import type { Delivered, Delivery, Round } from './publisher.ts'
import { type BenchRow, median } from './table.ts'
import { percentile, probing, type Sample, shown } from './visibility.ts'

const METERS = 200_000
const COUNTIES = 167
const METERS_PER_GATEWAY = 400
const QUARTER_MS = 15 * MINUTE_MS
const STEPS_PER_QUARTER = QUARTER_MS / STEP_MS
/** What stands and is settled before: a day, so that hours are looked up and days patched as in a running host. */
const QUARTERS_BEFORE = DAY_MS / QUARTER_MS
/** Few, so that the asking itself costs the host little; with so few the p99 of a round is its worst. */
const SAMPLES = 30
const ROUNDS = 3
/** How far the clocks of gateways are apart in the milder case. */
const SPREAD_MS = 60_000
const BAR_SECONDS = 1
const WAIT_MS_MAX = 120_000
/** A host that used less of a core than this, for so many seconds, has done what followed from a round. */
const QUIET_CPU_SECONDS = 0.1
const QUIET_SECONDS = 3
const QUIET_SECONDS_MAX = 180

interface Case {
  what: string
  spreadMs: number
}

export async function benchLatency(scale: number, say: (line: string) => void): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
  const children: ChildProcess[] = []
  try {
    const counties = Math.max(1, Math.round(COUNTIES * Math.min(1, scale * 2)))
    const perCounty = Math.max(1, Math.round((METERS * scale) / counties / METERS_PER_GATEWAY))
    const firstMs = (Math.floor(Date.now() / QUARTER_MS) - QUARTERS_BEFORE - 2 * (ROUNDS + 1)) * QUARTER_MS
    const gateways = await withHistory(folder, { counties, perCounty, firstMs })
    const host = startedService(folder)
    children.push(host)
    const address = await serviceAddress(host, folder)
    const publisher = started(new URL('./publisher.ts', import.meta.url))
    children.push(publisher)
    const cases: Case[] = [
      { what: 'latency p99, all at once', spreadMs: 0 },
      { what: 'latency p99, over a minute', spreadMs: SPREAD_MS * Math.min(1, scale) },
    ]
    const rows: BenchRow[] = []
    let quarter = QUARTERS_BEFORE
    for (const one of cases) {
      const rounds: Measured[] = []
      for (let round = 0; round <= ROUNDS; round++) {
        await quiet(host)
        rounds.push(await measured({ host, address, publisher, gateways, firstMs, quarter: quarter++, ...one }))
        const { latencies, probes } = must(rounds[round])
        say(
          `${one.what}, round ${round}: p50 ${percentile(latencies, 0.5).toFixed(2)} s, p99 ${percentile(latencies, 0.99).toFixed(2)} s, API p99 ${percentile(probes, 0.99).toFixed(2)} s`,
        )
      }
      rows.push(row(one.what, rounds.slice(1), { meters: gateways.length * METERS_PER_GATEWAY, counties }))
    }
    return rows
  } finally {
    await Promise.all(children.map(killed))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One round, in seconds. */
interface Measured {
  /** From the publishing of a sample's own message to its hour and day. */
  latencies: number[]
  /** From the first message of the round. */
  fromStart: number[]
  /** What other requests to the API took until the host was quiet again. */
  probes: number[]
  delivered: Delivered
  /** Processor time of the host until all samples showed, and until it was quiet again. */
  cpuUntilShown: number
  cpu: number
}

async function measured(of: {
  host: ChildProcess
  address: HostAddress
  publisher: ChildProcess
  gateways: readonly FleetGateway[]
  firstMs: number
  quarter: number
  spreadMs: number
}): Promise<Measured> {
  const { host, address, publisher, gateways, firstMs, quarter, spreadMs } = of
  const step = quarter * STEPS_PER_QUARTER
  const prepare: Round = {
    gateways: [...gateways],
    readingsPerMessage: METERS_PER_GATEWAY,
    messagesPerGateway: 1,
    startMs: firstMs,
    stepsBefore: step,
  }
  const port = Number(new URL(address.mqttUrl).port)
  await ask(publisher, { prepare })
  await ask(publisher, { connect: { port } })
  const samples = Array.from({ length: SAMPLES }, (_, i): Sample & { gateway: number } => {
    const gateway = Math.floor((i * gateways.length) / SAMPLES)
    const meter = (i * 37) % METERS_PER_GATEWAY
    const registerAt = (atMs: number): number => registerHundredths(meter, (atMs - firstMs) / STEP_MS) / 100
    return { gateway, meter: must(gateways[gateway]?.meters[meter]), atMs: firstMs + step * STEP_MS, registerAt }
  })
  const cpuBefore = cpuSeconds(host.pid) ?? 0
  const deliver: Delivery = { port, window: 1, spreadMs }
  const probe = probing(address, must(gateways[0]?.meters[1]))
  const startMs = performance.timeOrigin + performance.now()
  const [{ delivered }, seenAtMs] = await Promise.all([
    ask<{ delivered: Delivered }>(publisher, { deliver }),
    shown(
      address,
      samples.map((sample) => ({ ...sample, fromMs: startMs + (sample.gateway / gateways.length) * spreadMs })),
      WAIT_MS_MAX,
    ),
  ])
  const cpuUntilShown = (cpuSeconds(host.pid) ?? 0) - cpuBefore
  await quiet(host)
  const probes = await probe.stop()
  const { sentAtMs } = delivered
  const begunMs = Math.min(...sentAtMs)
  return {
    latencies: seenAtMs.map((ms, i) => (ms - must(sentAtMs[must(samples[i]).gateway])) / 1000),
    fromStart: seenAtMs.map((ms) => (ms - begunMs) / 1000),
    probes,
    delivered,
    cpuUntilShown,
    cpu: (cpuSeconds(host.pid) ?? 0) - cpuBefore,
  }
}

function row(what: string, rounds: readonly Measured[], more: Record<string, number>): BenchRow {
  const over = (of: (one: Measured) => number): number => median(rounds.map(of))
  const seconds = over(({ latencies }) => percentile(latencies, 0.99))
  const acknowledged = over(({ delivered }) => delivered.p99Ms / 1000)
  return {
    what,
    seconds,
    reference: { what: 'p99 of the acknowledgements (PUBACK) of the same messages', seconds: acknowledged },
    ratio: seconds / acknowledged,
    bar: { seconds: BAR_SECONDS },
    rounds: rounds.map(({ latencies }) => percentile(latencies, 0.99)),
    cpuSeconds: over(({ cpu }) => cpu),
    more: {
      ...more,
      'samples a round': SAMPLES,
      'p50 s': over(({ latencies }) => percentile(latencies, 0.5)),
      'p99 of all rounds s': percentile(
        rounds.flatMap(({ latencies }) => latencies),
        0.99,
      ),
      'p50 from the first message s': over(({ fromStart }) => percentile(fromStart, 0.5)),
      'p99 from the first message s': over(({ fromStart }) => percentile(fromStart, 0.99)),
      'host CPU s until all showed': over(({ cpuUntilShown }) => cpuUntilShown),
      'PUBACK p50 s': over(({ delivered }) => delivered.p50Ms / 1000),
      'PUBACK p99 s': acknowledged,
      'other API requests p50 s': over(({ probes }) => percentile(probes, 0.5)),
      'other API requests p99 s': over(({ probes }) => percentile(probes, 0.99)),
    },
  }
}

/** Registers the fleet and lets its meters have a day of readings that is settled and judged. */
async function withHistory(
  folder: string,
  { counties, perCounty, firstMs }: { counties: number; perCounty: number; firstMs: number },
): Promise<FleetGateway[]> {
  const platform = await openPlatform(folder)
  try {
    const gateways = await registerFleet(platform, {
      counties,
      institutionsPerCounty: perCounty,
      metersPerInstitution: METERS_PER_GATEWAY,
      intervalMinutes: QUARTER_MS / MINUTE_MS,
    })
    for (let quarter = 0; quarter < QUARTERS_BEFORE; quarter++) {
      const step = quarter * STEPS_PER_QUARTER
      const atMs = firstMs + step * STEP_MS
      const batch = gateways.flatMap(({ meters }) =>
        meters.map((meter, i) => ({ meter, atMs, value: registerHundredths(i, step) / 100, quality: 'good' as const })),
      )
      await platform.readings.append(batch, atMs)
    }
    for (const step of [settle, assess, rollup]) {
      const { failed } = await step(platform)({ shards: [] })
      const [first] = failed
      if (first) throw new Error(`shard ${first.shard}: ${first.reason}`)
    }
    return gateways
  } finally {
    await platform.close()
  }
}

/**
 * Waits until a host has nothing to do: a quarter of an hour lies between two bursts, and not the work of the last one.
 */
async function quiet(host: ChildProcess): Promise<void> {
  let quietSeconds = 0
  for (let seconds = 0; seconds < QUIET_SECONDS_MAX && quietSeconds < QUIET_SECONDS; seconds++) {
    const before = cpuSeconds(host.pid) ?? 0
    await sleep(1_000)
    quietSeconds = (cpuSeconds(host.pid) ?? 0) - before < QUIET_CPU_SECONDS ? quietSeconds + 1 : 0
  }
}
