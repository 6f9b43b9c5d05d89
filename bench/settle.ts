// Raw readings → hourly consumption through the settle handler over the local platform, and beside it the least that
// any settlement must do: DuckDB's own query for the edges of each meter-hour over the same file.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { DAY_MS, dayOf, dayStartMs, HOUR_MS } from '../domain/calendar.ts'
import { must } from '../domain/must.ts'
import type { Platform, StoredReading } from '../functions/platform.ts'
import { settle } from '../functions/settle.ts'
import { openPlatform } from '../local/platform.ts'
import { registerFleet } from './fleet.ts'
import { type BenchRow, median } from './table.ts'

const METERS = 50_000
const METERS_PER_INSTITUTION = 5
/** Hebei has about 200,000 meters in 167 counties. */
const METERS_PER_COUNTY = 1_250
const READINGS_PER_METER = 96
const INTERVAL_MS = DAY_MS / READINGS_PER_METER
const ROUNDS = 3
const BAR = { readingsPerSecond: 3_000_000 }

const EDGES = `SELECT meter, at_ms // ${HOUR_MS} AS hour, arg_min(value, at_ms), arg_max(value, at_ms),
  min(value), max(value), count(*) FROM readings GROUP BY ALL`

export async function benchSettle(scale: number, say: (line: string) => void): Promise<BenchRow[]> {
  const counties = Math.max(1, Math.round((METERS * scale) / METERS_PER_COUNTY))
  const readings = counties * METERS_PER_COUNTY * READINGS_PER_METER
  const what = `settle, ${counties * METERS_PER_COUNTY} meters × ${READINGS_PER_METER}`
  const rounds: Round[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const folder = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
    try {
      const ours = await settleOnce(folder, counties)
      rounds.push({ ...ours, edgeSeconds: await edgeSeconds(folder) })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    const { seconds, edgeSeconds: edges } = must(rounds[round])
    say(`${what}, round ${round}: ${Math.round(readings / seconds)}/s, edge query ${Math.round(readings / edges)}/s`)
  }
  const measured = rounds.slice(1)
  const rates = measured.map(({ seconds }) => readings / seconds)
  const own = median(rates)
  const reference = median(measured.map((one) => readings / one.edgeSeconds))
  return [
    {
      what,
      readingsPerSecond: own,
      reference: { what: "DuckDB's own edge query over the same table", readingsPerSecond: reference },
      ratio: own / reference,
      bar: BAR,
      rounds: rates,
      cpuMicrosPerReading: median(measured.map(({ cpu }) => (cpu / readings) * 1e6)),
      more: { counties, 'hours/s': own / (READINGS_PER_METER / 24) },
    },
  ]
}

interface Round {
  seconds: number
  /** Processor time, in seconds. */
  cpu: number
  edgeSeconds: number
}

/**
 * A host's day at one go: it has its registry in memory, readings have come in, and now they are settled. Throws when
 * the hours do not add up to what the registers went through.
 */
async function settleOnce(folder: string, counties: number): Promise<Omit<Round, 'edgeSeconds'>> {
  const platform = await openPlatform(folder)
  try {
    const gateways = await registerFleet(platform, {
      counties,
      institutionsPerCounty: METERS_PER_COUNTY / METERS_PER_INSTITUTION,
      metersPerInstitution: METERS_PER_INSTITUTION,
      intervalMinutes: INTERVAL_MS / 60_000,
    })
    const meters = gateways.flatMap((gateway) => gateway.meters)
    const handler = settle(platform)
    await handler({ shards: [] })
    const amount = await append(platform, meters)
    const cpuBefore = process.cpuUsage()
    const startedMs = performance.now()
    const { failed } = await handler({ shards: [] })
    const seconds = (performance.now() - startedMs) / 1000
    const { user, system } = process.cpuUsage(cpuBefore)
    const [first] = failed
    if (first) throw new Error(`shard ${first.shard}: ${first.reason}`)
    const settled = await settledAmount(platform, meters)
    if (!(Math.abs(settled / amount - 1) < 1e-9)) throw new Error(`settled ${settled} kWh of ${amount} kWh`)
    return { seconds, cpu: (user + system) / 1e6 }
  } finally {
    await platform.close()
  }
}

/**
 * Stores yesterday's readings as they come in: all meters, then all meters again. Returns what was used in all, in kWh.
 */
async function append({ readings, now }: Platform, meters: readonly string[]): Promise<number> {
  const startMs = dayStartMs(dayOf(now()) - 1)
  const hundredths = (meter: number, step: number): number =>
    1_000_000 + meter * 1_000 + step * 150 + ((step * 7_919 + meter * 104_729) % 97)
  for (let step = 0; step < READINGS_PER_METER; step++) {
    const batch: StoredReading[] = meters.map((meter, i) => ({
      meter,
      atMs: startMs + step * INTERVAL_MS,
      value: hundredths(i, step) / 100,
      quality: 'good',
    }))
    await readings.append(batch, now())
  }
  return meters.reduce((sum, _, i) => sum + (hundredths(i, READINGS_PER_METER - 1) - hundredths(i, 0)) / 100, 0)
}

async function settledAmount({ consumption, now }: Platform, meters: readonly string[]): Promise<number> {
  const today = dayOf(now())
  let sum = 0
  for (const { amounts } of await consumption.get(meters, today - 2, today + 1)) {
    for (const amount of amounts) if (!Number.isNaN(amount)) sum += amount
  }
  return sum
}

async function edgeSeconds(folder: string): Promise<number> {
  const instance = await DuckDBInstance.create(join(folder, 'readings.duckdb'))
  const connection = await instance.connect()
  try {
    const startedMs = performance.now()
    await connection.run(EDGES)
    return (performance.now() - startedMs) / 1000
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
