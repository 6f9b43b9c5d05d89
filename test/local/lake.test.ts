// The lake on one machine: whatever moves when, the store answers as one that moves nothing; a kill, a backup and a
// lost file change no number; other readers read the files (docs/rules/lake.md).

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DAY_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import type { StoredReading } from '../../functions/platform.ts'
import { verifiedLake } from '../../local/lake/damage.ts'
import type { LakeFile } from '../../local/lake/manifest.ts'
import { mergesDue } from '../../local/lake/merge-rule.ts'
import { openReadingStore, type ReadingFile } from '../../local/reading-store.ts'
import { runsOf } from '../campaign.ts'

const METERS = ['m1', "m'2", 'm3', '表4']
const START_MS = Date.UTC(2026, 0, 30)
const COUNTIES = ['130102', '130104', undefined, '../../escape']

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-lake-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
const opened = async (folder: string): Promise<ReadingFile> => await openReadingStore(join(folder, 'readings.duckdb'))

const readingRuns = fc.record({
  meter: fc.constantFrom(...METERS),
  // Two months, few times, so that many are corrected.
  atMs: fc.integer({ min: 0, max: 12 }).map((n) => START_MS + n * 6 * 3_600_000),
  value: fc.oneof(
    fc.integer({ min: 0, max: 400_000 }).map((n) => n / 100),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(-0, 0.1 + 0.2, 1e300, 999_999_999_999_999.9, 0.0005),
  ),
  quality: fc.constantFrom('good' as const, 'suspect' as const, 'estimated' as const),
  unit: fc.constantFrom(undefined, 'kWh', 'm³'),
})
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.array(readingRuns, { minLength: 1, maxLength: 30 }) },
    { weight: 2, arbitrary: fc.constant('tidy' as const) },
    { weight: 1, arbitrary: fc.constant('move' as const) },
    { weight: 1, arbitrary: fc.constant('reopen' as const) },
  ),
  { minLength: 4, maxLength: 14 },
)

/** All that a store says of the meters. */
async function answersOf(store: ReadingFile, mark: string | undefined) {
  const samples = await store.range(METERS, START_MS, START_MS + 2 * DAY_MS)
  const histories = await Promise.all(METERS.map((meter) => store.history(meter, -Infinity, Infinity)))
  const since = await store.touchedSince(METERS, mark)
  const sorted = since.touched.toSorted((a, b) => METERS.indexOf(a.meter) - METERS.indexOf(b.meter))
  return {
    samples: METERS.map((meter) => samples.get(meter)),
    histories,
    touched: sorted,
    mark: since.mark,
    count: await store.count(METERS),
    extent: store.extent(),
    newestMs: store.newestMs(),
  }
}

test('whatever moves and merges when, and from county to county, every answer is that of a store that moves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const [plainFolder, lakeFolder] = [mkdtemp(), mkdtemp()]
      const plain = await opened(plainFolder)
      let lake = await opened(lakeFolder)
      let place = 0
      let mark: string | undefined
      const countiesOf = async (meters: readonly string[]) =>
        meters.map((meter) => COUNTIES[(place + METERS.indexOf(meter)) % COUNTIES.length])
      try {
        for (const [n, step] of taken.entries()) {
          if (step === 'tidy') await lake.tidy({ countiesOf, nowMs: 0, all: true })
          else if (step === 'move') place++
          else if (step === 'reopen') {
            await lake.close()
            lake = await opened(lakeFolder)
          } else {
            const batch: StoredReading[] = step
            await plain.append(batch, n)
            await lake.append(batch, n)
          }
          const expected = await answersOf(plain, mark)
          expect(await answersOf(lake, mark)).toEqual(expected)
          if (n % 3 === 0) mark = expected.mark
        }
      } finally {
        await plain.close()
        await lake.close()
        for (const folder of [plainFolder, lakeFolder]) rmSync(folder, { recursive: true, force: true })
      }
    }),
    { numRuns: runsOf({ test: 1, campaign: 24 }), endOnFailure: true },
  )
}, 900_000)
function mkParent(path: string): string {
  mkdirSync(dirname(path), { recursive: true })
  return path
}
const mkdtemp = (): string => mkdtempSync(join(tmpdir(), 'kilowatch-lake-'))

const minute = (n: number, value = n / 100): StoredReading[] =>
  METERS.map((meter) => ({ meter, atMs: START_MS + n * MINUTE_MS, value, quality: 'good' }))
const allIn130102 = async (meters: readonly string[]) => meters.map(() => '130102')
const tidyAll = { countiesOf: allIn130102, nowMs: START_MS, all: true }

/** A store with files of two months and some readings that have not moved. */
async function filled(folder: string): Promise<ReadingFile> {
  const store = await opened(folder)
  for (let n = 0; n < 40; n++) {
    await store.append(minute(n * 100), n)
    if (n % 10 === 9) await store.tidy({ ...tidyAll, all: true })
  }
  await store.append(minute(7, 5), 50)
  return store
}
const parquetIn = (folder: string): string[] =>
  readdirSync(join(folder, 'lake'), { recursive: true, encoding: 'utf8' }).filter((name) => /\.parquet/.test(name))

test('files of one county and month become one, and what they replace is gone', async () => {
  const folder = temporary()
  const store = await filled(folder)
  const files = store.lakeFiles()
  expect(files.map(({ month }) => month).toSorted()).toEqual(['2026-01', '2026-02'])
  expect(parquetIn(folder)).toHaveLength(2)
  expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(40 * METERS.length)
  await store.close()
})

test('without the DuckDB file, the lake alone gives every reading that had moved', async () => {
  const folder = temporary()
  const store = await filled(folder)
  await store.tidy(tidyAll)
  const before = await answersOf(store, undefined)
  await store.close()
  for (const name of readdirSync(folder))
    if (name.startsWith('readings.duckdb')) rmSync(join(folder, name), { recursive: true })
  const again = await opened(folder)
  expect(await answersOf(again, undefined)).toEqual(before)
  await again.append([...minute(9_999), { meter: 'new', atMs: START_MS, value: 1, quality: 'good' }], 99)
  expect(await again.count(['new', 'm1'])).toBe(43)
  await again.close()
})

test('a lake without keys, from elsewhere, is taken in with its readings', async () => {
  const [from, folder] = [temporary(), temporary()]
  const store = await filled(from)
  await store.tidy(tidyAll)
  const before = await answersOf(store, undefined)
  await store.close()
  const db = await DuckDBInstance.create(':memory:')
  const connection = await db.connect()
  for (const path of parquetIn(from)) {
    const to = join(folder, 'lake', path)
    await connection.run(
      `COPY (SELECT * EXCLUDE (key, turn) FROM '${join(from, 'lake', path)}') TO '${mkParent(to)}' (FORMAT parquet)`,
    )
  }
  connection.closeSync()
  db.closeSync()
  const again = await opened(folder)
  expect(await answersOf(again, undefined)).toEqual(before)
  await again.close()
})

test('verify names a file with another byte, and nothing before', async () => {
  const folder = temporary()
  const store = await filled(folder)
  await store.close()
  const lake = join(folder, 'lake')
  const { damage, files, readings } = await verifiedLake(lake)
  expect({ damage, files, readings }).toEqual({ damage: [], files: 2, readings: 40 * METERS.length })
  const { path } = must(store.lakeFiles()[0])
  const bytes = readFileSync(join(lake, path))
  bytes[bytes.length >> 1] = 255 - must(bytes[bytes.length >> 1])
  writeFileSync(join(lake, path), bytes)
  expect((await verifiedLake(lake)).damage).toEqual([expect.stringContaining(`${path} is not what was written, with`)])
  writeFileSync(join(lake, 'files.json'), '{"version":1}')
  await expect(verifiedLake(lake)).rejects.toThrow(/files\.json" is missing or is no list of files/)
  rmSync(join(lake, 'files.json'))
  await expect(verifiedLake(lake)).rejects.toThrow(/files\.json" is missing or is no list of files/)
  await (await opened(folder)).close()
  expect((await verifiedLake(lake)).files).toBe(2)
})

test('a pass that gives way to arrivals ends at once when the store closes, and the next one moves all', async () => {
  const folder = temporary()
  const store = await opened(folder)
  let n = 0
  for (; n < 20; n++) await store.append(minute(n * 500), n)
  const isDone = store.tidy({
    ...tidyAll,
    // Arrivals that come while files are written.
    countiesOf: async (meters) => {
      for (let more = 0; more < 50; more++) void store.append(minute(n * 500 + more), n + more)
      return meters.map((_, place) => `13010${place}`)
    },
  })
  await store.close()
  await isDone
  const again = await opened(folder)
  expect(again.extent().rows).toBeGreaterThanOrEqual(20 * METERS.length)
  await again.tidy(tidyAll)
  expect(again.lakeFiles().reduce((sum, { rows }) => sum + rows, 0)).toBe(again.extent().rows)
  await again.close()
})

test('a process killed while it appends, moves and merges loses nothing that it said is stored, and has nothing twice', async () => {
  const folder = temporary()
  let said = 0
  for (let kill = 0; kill < runsOf({ test: 1, campaign: 40 }); kill++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'lake-process.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'close')
    const heard = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        said = Number(String(chunk).trimEnd().split('\n').at(-1))
        resolve()
      })
    })
    await heard
    await sleep((997 * kill) % 1_500)
    child.kill('SIGKILL')
    await ended
    const store = await opened(folder)
    expect(store.damage()).toEqual([])
    const { rows } = store.extent()
    expect(rows % 40).toBe(0)
    expect(rows / 40).toBeGreaterThanOrEqual(said)
    const history = await store.history('m7', -Infinity, Infinity)
    expect(history.map(({ value }) => value)).toEqual(Array.from({ length: rows / 40 }, (_, n) => n + 0.07))
    await store.close()
  }
  const store = await opened(folder)
  await store.tidy({ countiesOf: async (meters) => meters.map(() => undefined), nowMs: 0, all: true })
  const listed = store.lakeFiles().map(({ path }) => path)
  await store.close()
  expect(parquetIn(folder).toSorted()).toEqual(listed.toSorted())
  expect((await verifiedLake(join(folder, 'lake'))).damage).toEqual([])
}, 900_000)

describe('a file that is lost', () => {
  test.each([
    ['missing', (path: string) => renameSync(path, `${path}.gone`), /is missing, with \d+ readings from 2026-0/],
    ['cut off', (path: string) => truncateSync(path, statSync(path).size - 1), /has \d+ bytes instead of \d+/],
  ])('%s is named, and the store goes on without it when told to', async (_, harm, words) => {
    const folder = temporary()
    const store = await filled(folder)
    const rows = must(store.lakeFiles()[0]).rows
    const total = store.extent().rows
    await store.close()
    const again = await opened(folder)
    expect(again.damage()).toEqual([])
    harm(join(folder, 'lake', must(again.lakeFiles()[0]).path))
    expect(again.damage()).toEqual([expect.stringMatching(words)])
    await again.acceptDamage()
    expect(again.damage()).toEqual([])
    expect(again.extent().rows).toBe(total - rows)
    expect((await again.range(['m1'], -Infinity, Infinity)).get('m1')?.atMs.length).toBeGreaterThan(0)
    await again.close()
  })
})

describe('files are merged', () => {
  const file = (n: number, rows: number, month = '2026-03'): LakeFile => ({
    ...{ path: `${month}/${n}`, county: '130102', month: month as LakeFile['month'], rows, bytes: 1, sha256: '' },
    ...{ fromMs: 0, toMs: 0, receivedFromMs: n, receivedToMs: n },
  })
  const during = { nowMs: Date.UTC(2026, 2, 15) }
  const after = { nowMs: Date.UTC(2026, 3, 9) }
  test('when they are more than eight, from the newest back to one that is large beside them', () => {
    expect(
      mergesDue(
        [100, 5, 5, 5, 5, 5, 5, 5].map((rows, n) => file(n, rows)),
        during,
      ),
    ).toEqual([])
    const nine = [100, 5, 5, 5, 5, 5, 5, 5, 5].map((rows, n) => file(n, rows))
    expect(mergesDue(nine, during)).toEqual([nine.slice(1)])
  })
  test('when their month is over, unless they are few beside a large one', () => {
    const two = [file(1, 10), file(2, 10)]
    expect(mergesDue(two, during)).toEqual([])
    expect(mergesDue(two, after)).toEqual([two])
    expect(mergesDue([file(1, 1_000), file(2, 3)], after)).toEqual([])
    // A last file of one day behind those of two days keeps no month in pieces.
    const month = [file(1, 260), ...[2, 3, 4, 5].map((n) => file(n, 40)), file(6, 20)]
    expect(mergesDue(month, after)).toEqual([month])
  })
  test('each reading some times only, however many files come', () => {
    let files: LakeFile[] = []
    let written = 0
    for (let n = 0; n < 1_000; n++) {
      files = [...files, file(n, 10)]
      for (const merged of mergesDue(files, during)) {
        const rows = merged.reduce((sum, one) => sum + one.rows, 0)
        written += rows
        files = [...files.filter((one) => !merged.includes(one)), file(must(merged[0]).receivedFromMs, rows)]
      }
      expect(files.length).toBeLessThanOrEqual(9)
    }
    expect(written / (1_000 * 10)).toBeLessThan(8)
  })
})
