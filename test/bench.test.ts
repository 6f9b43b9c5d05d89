// That the bench runs and says what it measured. Never how fast: a test that is timed fails on a busy day.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const HANDLERS = ['ingest', 'settle', 'assess', 'rollup', 'notify', 'prune', 'api']

it('measures ingest, settle, assess, latency and cloud, and loses nothing', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/run.ts', '--size', 'tiny', '--json'])
  const { machine, rows } = JSON.parse(stdout)
  expect(machine.cores).toBeGreaterThan(0)
  expect(rows.map(({ what }: { what: string }) => what)).toEqual([
    'ingest, 50 a message',
    'ingest, 1 a message',
    'settle, 1250 meters × 96',
    'assess, 16 institutions',
    'assess, 32 institutions',
    'assess, 64 institutions',
    'latency p99, burst to hour',
    ...HANDLERS.flatMap((name) => [`${name} bundle, MB`, `${name} cold import, ms`]),
    'ingest into timestream, CPU ms per message of 50',
    'ingest into influxdb, CPU ms per message of 50',
  ])
  for (const { value, reference } of rows.slice(7)) {
    expect(value).toBeGreaterThan(0)
    expect(reference.value).toBeGreaterThan(0)
  }
  for (const row of rows.slice(3, 6)) {
    expect(row.seconds).toBeGreaterThan(0)
    expect(row.ratio).toBeCloseTo(row.seconds / row.reference.seconds, 9)
    expect(row.more['ms for one touched institution']).toBeGreaterThan(0)
  }
  for (const row of rows.slice(0, 3)) {
    expect(row.readingsPerSecond).toBeGreaterThan(0)
    expect(row.reference.readingsPerSecond).toBeGreaterThan(0)
    expect(row.ratio).toBeCloseTo(row.readingsPerSecond / row.reference.readingsPerSecond, 9)
  }
  expect(rows[0].more.lost).toBe(0)
  expect(rows[1].more.lost).toBe(0)
})
