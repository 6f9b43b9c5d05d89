// One format on both hosts: the store on one machine takes in files that AWS wrote, and the reader of AWS reads files
// of one machine, without DuckDB.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Arrived } from '../../cloud/series/arrival.ts'
import { inLakeOrder, lakeFileWriter, lakeRows, openLakeFile } from '../../cloud/series/lake/parquet.ts'
import { openReadingStore } from '../../local/reading-store.ts'

const T0 = Date.UTC(2026, 2, 5)
const MINUTE = 60_000
const ALL = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-exchange-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const arrived = (
  meter: string,
  minute: number,
  value: number,
  receivedMs: number,
  arrival = receivedMs * 1_000,
): Arrived => ({
  ...{ meter, atMs: T0 + minute * MINUTE, value, quality: 'good', receivedMs, arrival },
})

function writeCloudFile(folder: string, name: string, rows: readonly Arrived[]): void {
  const writer = lakeFileWriter()
  for (const row of rows.toSorted(inLakeOrder)) writer.add(row)
  const path = join(folder, 'lake/v1/readings/county=130102/month=2026-03', `${name}.parquet`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, writer.finish().bytes)
}

test('files of AWS are taken in on one machine: of several values the one of the highest rank counts', async () => {
  const folder = temporary()
  // Sealed by day, not by receipt: the files hold receipts of the same time.
  writeCloudFile(folder, 'a', [
    arrived('m1', 0, 1, T0),
    arrived('m1', 0, 4, T0 + 9_000),
    arrived('m1', 15, 0.1 + 0.2, T0 + 1),
    // Received before the other, and ranked after it by its writer.
    arrived('m2', 0, 7, T0, (T0 + 5_000) * 1_000),
  ])
  writeCloudFile(folder, 'b', [
    arrived('m1', 0, 3, T0 + 5_000),
    arrived('m2', 0, 8, T0 + 4_000),
    ...Array.from({ length: 3_000 }, (_, n) => arrived('m3', n, n / 100, T0 + n)),
  ])
  const store = await openReadingStore(join(folder, 'readings.duckdb'))
  onTestFinished(() => store.close())
  const found = await store.range(['m1', 'm2', 'm3'], -Infinity, Infinity)
  expect(found.get('m1')).toEqual({ atMs: Float64Array.of(T0, T0 + 15 * MINUTE), value: Float64Array.of(4, 0.1 + 0.2) })
  expect(found.get('m2')?.value).toEqual(Float64Array.of(7))
  expect(found.get('m3')?.value).toEqual(Float64Array.from({ length: 3_000 }, (_, n) => n / 100))
  expect((await store.history('m1', T0, T0 + 1)).map(({ value }) => value)).toEqual([1, 3, 4])
})

test('files of one machine are read by the reader of AWS, value by value', async () => {
  const folder = temporary()
  const store = await openReadingStore(join(folder, 'readings.duckdb'))
  const values = [0, -0, 0.005, 12.34, 1e300, 0.1 + 0.2, 999_999_999_999.999, -7.5]
  const batch = values.map((value, n) => ({
    meter: `m${n % 2}`,
    atMs: T0 + n * MINUTE,
    value,
    quality: 'estimated' as const,
  }))
  await store.append(batch, T0 + 100)
  await store.append([{ meter: 'm0', atMs: T0, value: 5, quality: 'suspect' }], T0 + 200)
  await store.tidy({ countiesOf: async (meters) => meters.map(() => '130102'), nowMs: T0, all: true })
  const paths = store.lakeFiles().map(({ path }) => join(folder, 'lake', path))
  await store.close()
  const rows: Arrived[] = []
  for (const path of paths) {
    const bytes = readFileSync(path)
    const buffer = {
      byteLength: bytes.length,
      slice: (from: number, to?: number) => new Uint8Array(bytes).slice(from, to).buffer,
    }
    for await (const part of lakeRows(await openLakeFile(buffer), ALL)) rows.push(...part)
  }
  const expected = [
    ...batch.map((one) => ({ ...one, receivedMs: T0 + 100 })),
    { ...batch[0], value: 5, quality: 'suspect', receivedMs: T0 + 200 },
  ]
  const shown = (one: { meter?: string; atMs?: number; value: number; quality?: string; receivedMs: number }) =>
    `${one.meter} ${one.atMs} ${Object.is(one.value, -0) ? '-0' : one.value} ${one.quality} ${one.receivedMs}`
  expect(rows.map(shown).toSorted()).toEqual(expected.map(shown).toSorted())
})
