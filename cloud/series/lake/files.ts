// Readings in the lake's files: finds the files that can hold what is asked for, and reads just their row groups.

import { type Month, monthOf } from '../../../domain/calendar.ts'
import { inParallel } from '../../backoff.ts'
import type { Arrived } from '../arrival.ts'
import { type LakeBucket, LakeFileGone, lakeKey } from './bucket.ts'
import type { LakeCatalog, LakeEntry } from './catalog.ts'
import { lakeGroupOf } from './group.ts'
import { type CloudLakeFile, compared, type LakeWish, lakeRows, openLakeFile } from './parquet.ts'

/** Files that are read at a time. */
const FILES_WIDTH = 8
/** Files whose metadata is remembered: a few hundred kilobytes each at most. */
const OPEN_MAX = 64
/** Times that the manifest is read again when a file of it is gone. */
const READS_MAX = 4

export function openLakeFiles(bucket: LakeBucket, catalog: LakeCatalog) {
  const known = new Map<string, Promise<CloudLakeFile>>()

  function opened({ county, month, name, bytes }: LakeEntry): Promise<CloudLakeFile> {
    const key = lakeKey(county, month, name)
    const file = known.get(key) ?? openLakeFile(bucket.reader(key, bytes))
    known.delete(key)
    known.set(key, file)
    file.catch(() => known.delete(key))
    for (const oldest of known.keys()) {
      if (known.size <= OPEN_MAX) break
      known.delete(oldest)
    }
    return file
  }

  async function readOnce(meters: ReadonlySet<string>, fromMs: number, toMs: number): Promise<Arrived[]> {
    const found: Arrived[] = []
    const wish: LakeWish = { meters, fromMs, toMs }
    const sorted = [...meters].sort(compared)
    const files: LakeEntry[] = []
    for (const [county, months] of await countiesOf(meters, fromMs, toMs)) {
      const entries = await catalog.entries(county, months[0], months.at(-1))
      files.push(...entries.filter((entry) => months.includes(entry.month) && isAsked(entry, sorted, wish)))
    }
    await inParallel(files, FILES_WIDTH, async (entry) => {
      for await (const rows of lakeRows(await opened(entry), wish)) for (const row of rows) found.push(row)
    })
    return found
  }

  /** Counties and, sorted, their months in which readings of the meters lie. */
  async function countiesOf(meters: ReadonlySet<string>, fromMs: number, toMs: number): Promise<Map<string, Month[]>> {
    const counties = new Map<string, Set<Month>>()
    const places = await catalog.places([...new Set([...meters].map(lakeGroupOf))])
    for (const place of places.values())
      for (const { county, month, toMs: lastMs } of place.months) {
        if (lastMs < fromMs || (Number.isFinite(toMs) && month > monthOf(toMs))) continue
        if (Number.isFinite(fromMs) && month < monthOf(fromMs)) continue
        counties.set(county, (counties.get(county) ?? new Set()).add(month))
      }
    return new Map([...counties].map(([county, months]) => [county, [...months].sort()]))
  }

  return {
    opened,
    /** Readings of the meters with fromMs ≤ at < toMs, in no order. Call it after reading the young ones. */
    async read(meters: ReadonlySet<string>, fromMs: number, toMs: number): Promise<Arrived[]> {
      for (let reads = 1; ; reads++) {
        try {
          return await readOnce(meters, fromMs, toMs)
        } catch (error) {
          if (!(error instanceof LakeFileGone) || reads === READS_MAX) throw error
        }
      }
    },
  }
}
export type LakeFiles = ReturnType<typeof openLakeFiles>

/** Whether a file counts and may hold something that is asked for. */
function isAsked(entry: LakeEntry, sorted: readonly string[], { fromMs, toMs }: LakeWish): boolean {
  if (entry.state !== 'sealed' && entry.state !== 'live') return false
  if (entry.maxAtMs < fromMs || entry.minAtMs >= toMs) return false
  return sorted.some((meter) => meter >= entry.minMeter && meter <= entry.maxMeter)
}
