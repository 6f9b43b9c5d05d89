// Merges a county's files of a month that is over: into one of the whole month, or into few where it would grow too
// large. Only a reading that stands twice as it was received, rank and all, stands once afterwards.

import { DAY_MS, type Month, monthRange } from '../../../domain/calendar.ts'
import { must } from '../../../domain/must.ts'
import type { Arrived } from '../arrival.ts'
import { lakeKey } from './bucket.ts'
import { LakeConflict, type LakeEntry } from './catalog.ts'
import { identityOfRow, type LakeCounty } from './county-files.ts'
import { compared, inLakeOrder, lakeFileWriter, lakeRows } from './parquet.ts'
import type { LakeParts } from './store.ts'

/** Days after which a month is merged: the last days have been sealed, with most of what came late. */
const MONTH_OVER_MS = 5 * DAY_MS
/** Files that came after a month was merged stand beside it until there are so many. */
const LATE_FILES = 8
/** Rows of one merge: what a function reads and writes within its time. A county's month at 15 minutes has half. */
export const LAKE_MERGE_ROWS = 8_000_000
/** A transaction has at most a hundred parts. */
const MERGE_FILES = 90

export interface MergeOptions {
  nowMs: number
  rowsMax?: number
}

/** Merges the months of the county that are ready for it. Returns how many merges were done. */
export async function mergeCounty(
  parts: LakeParts,
  own: LakeCounty,
  { county, nowMs, rowsMax = LAKE_MERGE_ROWS }: MergeOptions & { county: string },
): Promise<number> {
  const byMonth = Map.groupBy(await parts.catalog.entries(county), ({ month }) => month)
  let merges = 0
  for (const [month, all] of byMonth) {
    const some = filesToMerge(all, { month, nowMs, rowsMax })
    if (some.length === 0) continue
    await mergeFiles(parts, own, { month, some })
    await deleteOrphans(parts, county, month)
    merges++
  }
  return merges
}

function filesToMerge(
  all: readonly LakeEntry[],
  { month, nowMs, rowsMax }: { month: Month; nowMs: number; rowsMax: number },
): LakeEntry[] {
  if (nowMs < monthRange(month).toMs + MONTH_OVER_MS) return []
  const live = all.filter(({ state }) => state === 'live').sort((a, b) => a.rows - b.rows)
  const fresh = live.filter(({ isMerged }) => !isMerged)
  if (fresh.length < (fresh.length < live.length ? LATE_FILES : 2)) return []
  const some: LakeEntry[] = []
  let rows = 0
  for (const entry of live) {
    rows += entry.rows
    if (rows > rowsMax || some.length === MERGE_FILES) break
    some.push(entry)
  }
  return some.length < 2 ? [] : some
}

async function mergeFiles(
  { files, catalog, bucket }: LakeParts,
  own: LakeCounty,
  { month, some }: { month: Month; some: readonly LakeEntry[] },
): Promise<void> {
  const wish = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }
  const streams = await Promise.all(some.map(async (entry) => lakeRows(await files.opened(entry), wish)))
  const writer = lakeFileWriter()
  let copies = 0
  for await (const { rows, left } of mergedByMeter(streams)) {
    for (const row of rows) writer.add(row)
    copies += left
  }
  const read = some.reduce((sum, { rows }) => sum + rows, 0)
  if (writer.rows() + copies !== read) throw new Error(`a merge of ${read} rows made ${writer.rows()}`)
  const merged = await own.written({ month, label: month, isMerged: true }, writer.finish())
  try {
    await catalog.replace(merged, some)
  } catch (error) {
    // Any other failure may have come after the transaction was done.
    if (error instanceof LakeConflict) await bucket.delete(lakeKey(merged.county, month, merged.name))
    throw error
  }
  // At once, so that engines that list the bucket do not read both; a reader of ours asks the manifest again.
  for (const entry of some) await own.removed(entry)
}

interface Cursor {
  rows: readonly Arrived[]
  next: number
  stream: AsyncIterator<Arrived[]>
}

/** Rows of sorted streams, all of a meter together, in the lake's order; `left`: copies that were left out. */
export async function* mergedByMeter(
  streams: readonly AsyncGenerator<Arrived[]>[],
): AsyncGenerator<{ rows: Arrived[]; left: number }> {
  let cursors: Cursor[] = streams.map((stream) => ({ rows: [], next: 0, stream }))
  for (;;) {
    cursors = (await Promise.all(cursors.map(filled))).filter((cursor) => cursor !== undefined)
    if (cursors.length === 0) return
    const meter = cursors
      .map((cursor) => must(cursor.rows[cursor.next]).meter)
      .reduce((a, b) => (compared(a, b) < 0 ? a : b))
    const rows: Arrived[] = []
    for (const cursor of cursors) {
      for (
        let has: Cursor | undefined = cursor;
        has && must(has.rows[has.next]).meter === meter;
        has = await filled(has)
      )
        rows.push(must(has.rows[has.next++]))
    }
    rows.sort(inLakeOrder)
    const once = rows.filter((row, n) => n === 0 || identityOfRow(row) !== identityOfRow(must(rows[n - 1])))
    yield { rows: once, left: rows.length - once.length }
  }
}

/** The cursor with a row to come, or undefined when its stream has ended. */
async function filled(cursor: Cursor): Promise<Cursor | undefined> {
  while (cursor.next === cursor.rows.length) {
    const { value, done } = await cursor.stream.next()
    if (done) return undefined
    cursor.rows = value
    cursor.next = 0
  }
  return cursor
}

/** Files that no row of the manifest names: of a run that was paused beyond its lease, and killed. */
async function deleteOrphans({ bucket, catalog }: LakeParts, county: string, month: Month): Promise<void> {
  const named = new Set((await catalog.entries(county, month, month)).map(({ name }) => name))
  for (const name of await bucket.names(county, month))
    if (!named.has(name)) await bucket.delete(lakeKey(county, month, name))
}
