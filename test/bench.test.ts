// That the bench runs and says what it measured. Never how fast: a test that is timed fails on a busy day.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { testInCampaign } from './campaign.ts'

/** Two minutes on a machine of its own, which other tests share here: only a hang fails by time. */
const BENCH_MS_MAX = 600_000
/** Those of speed; what is found of faults and how far forecasts err is told by tests of their own. */
const SPEEDS = ['ingest', 'settle', 'assess', 'latency', 'cloud']
const HANDLERS = ['ingest', 'settle', 'assess', 'rollup', 'notify', 'prune', 'reports', 'api']

testInCampaign(
  'measures ingest, settle, assess, latency and cloud, and loses nothing',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      'bench/run.ts',
      ...SPEEDS,
      '--size',
      'tiny',
      '--json',
    ])
    const { machine, rows } = JSON.parse(stdout)
    expect(machine.cores).toBeGreaterThan(0)
    const named = (start: string) => rows.filter(({ what }: { what: string }) => what.startsWith(start))
    const namesOf = (start: string): string[] => named(start).map(({ what }: { what: string }) => what)
    expect(namesOf('ingest, ')).toEqual(['ingest, 50 a message', 'ingest, 1 a message'])
    expect(namesOf('settle, ')).toEqual(['settle, 1250 meters × 96'])
    expect(namesOf('assess, ')).toEqual([16, 32, 64].map((count) => `assess, ${count} institutions`))
    expect(namesOf('with daily alerts, ')).toEqual(
      [16, 32, 64].map((count) => `with daily alerts, ${count} institutions`),
    )
    expect(namesOf('latency ')).toEqual(['latency p99, all at once', 'latency p99, over a minute'])
    for (const row of [...named('ingest, '), ...named('settle, ')]) {
      expect(row.readingsPerSecond).toBeGreaterThan(0)
      expect(row.reference.readingsPerSecond).toBeGreaterThan(0)
      expect(row.ratio).toBeCloseTo(row.readingsPerSecond / row.reference.readingsPerSecond, 9)
    }
    for (const row of named('ingest, ')) expect(row.more.lost).toBe(0)
    for (const row of [...named('assess, '), ...named('with daily alerts, ')]) {
      expect(row.seconds).toBeGreaterThan(0)
      expect(row.ratio).toBeCloseTo(row.seconds / row.reference.seconds, 9)
    }
    for (const row of named('assess, ')) expect(row.more['ms for one touched institution']).toBeGreaterThan(0)
    for (const row of named('with daily alerts, ')) expect(row.more['alerts standing']).toBeGreaterThan(0)
    for (const row of named('latency ')) {
      expect(row.seconds).toBeGreaterThan(0)
      expect(row.more.meters).toBe(400)
      expect(row.more['p99 from the first message s']).toBeGreaterThanOrEqual(row.more['p50 s'])
      expect(row.more['other API requests p99 s']).toBeGreaterThan(0)
    }
    const costs = [
      ...HANDLERS.flatMap((name) => [`${name} bundle, MB`, `${name} cold import, ms`]),
      ...['timestream', 'influxdb'].map((store) => `ingest into ${store}, CPU ms per message of 50`),
    ]
    for (const cost of costs) {
      expect(namesOf(cost)).toEqual([cost])
      const [{ value, reference, ratio }] = named(cost)
      expect(value).toBeGreaterThan(0)
      expect(ratio).toBeCloseTo(value / reference.value, 9)
    }
  },
  BENCH_MS_MAX,
)

testInCampaign(
  'measures how fast each protocol is decoded',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      'bench/run.ts',
      'decode',
      '--size',
      'tiny',
      '--json',
    ])
    const { rows } = JSON.parse(stdout)
    expect(rows).toHaveLength(7)
    for (const { readingsPerSecond, bar } of rows) {
      expect(readingsPerSecond).toBeGreaterThan(0)
      expect(bar).toEqual({ readingsPerSecond: 200_000 })
    }
  },
  60_000,
)
