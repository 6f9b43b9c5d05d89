// The DuckDB file beyond what every platform must do: a batch that breaks half way leaves nothing, and what is read
// while others write is whole.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { StoredReading } from '../../functions/platform.ts'
import { openReadingStore } from '../../local/reading-store.ts'

async function store() {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-readings-'))
  const file = join(folder, 'readings.duckdb')
  const readings = await openReadingStore(file)
  onTestFinished(async () => {
    await readings.close().catch(() => undefined)
    rmSync(folder, { recursive: true, force: true })
  })
  return { file, readings }
}
const reading = (meter: string, atMs: number, value: number): StoredReading => ({ meter, atMs, value, quality: 'good' })

test('a batch that breaks half way leaves nothing behind, and the next one is stored whole', async () => {
  const { file, readings } = await store()
  await readings.append([reading('old', 0, 1)], 1)
  const batch = Array.from({ length: 5_000 }, (_, n) => reading(`new${n % 3}`, n, n))
  const broken = batch.with(4_500, undefined as unknown as StoredReading)
  await expect(readings.append(broken, 2)).rejects.toThrow(TypeError)
  expect(await readings.count(['old', 'new0', 'new1', 'new2'])).toBe(1)
  expect((await readings.touchedSince(['new0'], undefined)).touched).toEqual([])
  await readings.append(batch, 3)
  await readings.append([reading('newer', 0, 5)], 4)
  await readings.close()
  const again = await openReadingStore(file)
  const found = await again.range(['old', 'new0', 'new1', 'new2', 'newer'], 0, 10_000)
  expect([...found].map(([meter, { value }]) => [meter, value.length])).toEqual([
    ['old', 1],
    ['new0', 1667],
    ['new1', 1667],
    ['new2', 1666],
    ['newer', 1],
  ])
  expect(found.get('newer')?.value).toEqual(Float64Array.of(5))
  await again.close()
})

test('what is stored already with its value adds no row, in one batch or another, before and after a restart', async () => {
  const { file, readings } = await store()
  const batch = Array.from({ length: 5_000 }, (_, n) => reading(`m${n % 7}`, n * 1_000, n))
  await readings.append(batch, 1)
  const { mark } = await readings.touchedSince(['m0'], undefined)
  for (let round = 0; round < 3; round++) await readings.append(batch, 2 + round)
  await readings.append([...batch.slice(0, 10), ...batch.slice(0, 10)], 9)
  expect(readings.extent().rows).toBe(batch.length)
  expect((await readings.touchedSince(['m0'], mark)).touched).toEqual([])
  await readings.append([reading('new', 7, 1), reading('new', 7, 1), reading('new', 7, 2), reading('new', 7, 2)], 10)
  expect((await readings.history('new', 0, 8)).map(({ value }) => value)).toEqual([1, 2])
  await readings.close()
  const again = await openReadingStore(file)
  await again.append([...batch, reading('m1', 1_000, 77), reading('m1', 1_000, 1)], 11)
  expect(again.extent().rows).toBe(batch.length + 4)
  expect((await again.history('m1', 1_000, 1_001)).map(({ value }) => value)).toEqual([1, 77, 1])
  await again.close()
})

test('a repeat counts by what holds now: another value or quality in between makes it a correction', async () => {
  const { readings } = await store()
  const values = [1, 2, 1, 1]
  for (const [n, value] of values.entries()) await readings.append([reading('m', 0, value)], n + 1)
  await readings.append([{ ...reading('m', 0, 1), quality: 'suspect' }], 8)
  await readings.append([{ ...reading('m', 0, 1), quality: 'suspect' }], 9)
  await readings.append([reading('m', 0, 1)], 10)
  const history = await readings.history('m', 0, 1)
  expect(history.map(({ value, quality }) => `${value} ${quality}`)).toEqual([
    '1 good',
    '2 good',
    '1 good',
    '1 suspect',
    '1 good',
  ])
  const { touched } = await readings.touchedSince(['m'], '10')
  expect(touched).toEqual([])
})

test('readings of a time before 1970, of the largest values and of fractions keep every bit', async () => {
  const { readings } = await store()
  const values = [-0.1, Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, 1 / 3, 0]
  const times = [-5_000_000_000_000, -4_294_967_296, -1, 0, 4_294_967_295, 8_640_000_000_000]
  await readings.append(
    times.map((atMs, n) => reading('m', atMs, values[n])),
    1,
  )
  const found = (await readings.range(['m'], Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).get('m')
  expect(found?.atMs).toEqual(Float64Array.from(times))
  expect(found?.value).toEqual(Float64Array.from(values))
})

test('what is read while batches are written is some number of whole batches', async () => {
  const { readings } = await store()
  const size = 3_000
  const appends = Array.from({ length: 12 }, (_, n) =>
    readings.append(
      Array.from({ length: size }, (_, row) => reading(`m${row % 2}`, n * size + row, n)),
      n + 1,
    ),
  )
  const counts: number[] = []
  for (const append of appends) {
    await append
    const found = await readings.range(['m0', 'm1'], 0, Number.POSITIVE_INFINITY)
    counts.push([...found.values()].reduce((sum, { atMs }) => sum + atMs.length, 0))
  }
  expect(counts.every((count, n) => count % size === 0 && count >= (n + 1) * size)).toBe(true)
  expect(counts.at(-1)).toBe(12 * size)
})

test('meters by the thousand are found by name, all of them, some and none', async () => {
  const { readings } = await store()
  const meters = Array.from({ length: 6_000 }, (_, n) => `m${n}`)
  await readings.append(
    meters.map((meter, n) => reading(meter, n, n)),
    1,
  )
  for (const some of [meters, meters.slice(0, 1), meters.slice(10, 4_000), meters.slice(5_990)]) {
    const found = await readings.range(some, 0, Number.POSITIVE_INFINITY)
    expect([...found.keys()]).toEqual(some)
    expect(await readings.count(some)).toBe(some.length)
    expect((await readings.touchedSince(some, undefined)).touched.map(({ meter }) => meter)).toEqual(some)
  }
})
