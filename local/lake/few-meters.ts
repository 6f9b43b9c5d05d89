// Reads a few meters from the lake's files without DuckDB, which plans and opens files longer than it reads here: the
// footers are held, and only the row groups that have the meters are decoded (docs/decisions/0059).

import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { must } from '../../domain/must.ts'
import { QUALITY_MARKS, SUSPECT_MARK } from '../../domain/wire/sent-unit.ts'
import { copyRows, emptyRows, type Rows } from './columns.ts'
import { byBytes, bytesAt, type GroupIndex, groupIndexOf, READ_COLUMNS, type RowGroup } from './footer.ts'
import type { LakeFile, LakeManifest } from './manifest.ts'
import { type ColumnChunk, NotReadHere, readColumn, readRuns, release } from './pages.ts'

/** Meters of an institution. Beyond, DuckDB with all processors is faster. */
const METERS_MAX = 100
/** Rows decoded for one read, some 15 ns each, on the thread that serves all others. */
const ROWS_MAX = 6_000_000
/** Row groups whose places are held, some kilobytes each with those of their meters; those used last. */
const GROUPS_HELD = 20_000
const THOUSANDTHS = 1_000

interface Places {
  manifest: Pick<LakeManifest, 'filesOf' | 'isDisordered'>
  lakeFolder: string
  keyCount(): number
  idOf(key: number): string
}
/** Rows of the lake in order of arrival for each meter and time; undefined where DuckDB must read them. */
export type FewMeters = (keys: readonly number[], span: { fromMs: number; toMs: number }) => Promise<Rows | undefined>

export function fewMeterReader({ manifest, lakeFolder, keyCount, idOf }: Places): FewMeters {
  const held = heldIndexes()
  return async (keys, span) => {
    const files = manifest.filesOf(keys, span)
    if (files.length === 0) return joined([])
    if (keys.length > METERS_MAX || manifest.isDisordered(keys, files)) return undefined
    const ids = keys
      .filter((key) => key < keyCount())
      .map((key) => byBytes(idOf(key)))
      .sort()
    const wish: Wish = { ...span, ids, keys: new Set(keys), left: ROWS_MAX }
    try {
      const parts: Rows[] = []
      for (const [index, file] of files.entries()) {
        // A file takes a millisecond or two, and the others want their turn.
        if (index > 0) await nextTurn()
        parts.push(...rowsOfFile({ file, lakeFolder, held }, wish))
      }
      return joined(parts)
    } catch (error) {
      if (error instanceof NotReadHere) return undefined
      throw error
    }
  }
}

interface Wish {
  fromMs: number
  toMs: number
  /** Sorted, of byBytes. */
  ids: readonly string[]
  keys: ReadonlySet<number>
  /** Rows that may still be decoded. */
  left: number
}

/** Reads without a turn of the event loop: some 100 KB, which cost less than the turns. */
function rowsOfFile(
  { file, lakeFolder, held }: { file: LakeFile; lakeFolder: string; held: HeldIndexes },
  wish: Wish,
): Rows[] {
  const opened = openSync(join(lakeFolder, file.path), 'r')
  try {
    const index = held.get(file.path) ?? held.put(file.path, groupIndexOf(opened, file.bytes))
    const found: Rows[] = []
    for (const group of index.groups) {
      if (!mayHave(group, wish.ids)) continue
      wish.left -= group.rows
      if (wish.left < 0) throw new NotReadHere('too many rows')
      found.push(rowsOfGroup(opened, { index, group }, wish))
    }
    return found
  } finally {
    closeSync(opened)
  }
}

function mayHave({ firstId, lastId }: RowGroup, ids: readonly string[]): boolean {
  if (firstId === undefined || lastId === undefined) return true
  return ids.some((id) => id >= firstId && id <= lastId)
}

function rowsOfGroup(
  opened: number,
  { index, group }: { index: GroupIndex; group: RowGroup },
  { keys, fromMs, toMs }: Wish,
): Rows {
  const { chunks } = group
  const begins = READ_COLUMNS.map((_, column) => must(chunks[column * 2]))
  const ends = READ_COLUMNS.map((_, column) => must(begins[column]) + must(chunks[column * 2 + 1]))
  const begin = Math.min(...begins)
  const bytes = bytesAt(opened, begin, Math.max(...ends))
  const chunkOf = (name: (typeof READ_COLUMNS)[number]): ColumnChunk => {
    const column = READ_COLUMNS.indexOf(name)
    const own = bytes.subarray(must(begins[column]) - begin, must(ends[column]) - begin)
    return { bytes: own, type: must(index.types[column]), isOptional: must(index.optional[column]) }
  }
  group.runs ??= readRuns(chunkOf('key'))
  const runs = group.runs.filter(({ value }) => keys.has(value))
  const [first, last] = [runs[0]?.from ?? 0, runs.at(-1)?.to ?? 0]
  const doubles = (): Float64Array => new Float64Array(last - first)
  const [times, values, marks] = [doubles(), doubles(), new Uint32Array(last - first)]
  readColumn(chunkOf('at_ms'), first, times)
  if (group.mark === undefined) readColumn(chunkOf('quality'), first, marks)
  else marks.fill(group.mark)
  const isDecimal = readColumn(chunkOf('value'), first, values)
  const exact = isDecimal && doubles()
  if (exact) readColumn(chunkOf('exact'), first, exact)
  const found = emptyRows(runs.reduce((sum, { from, to }) => sum + to - from, 0))
  let count = 0
  for (const { value: key, from, to } of runs)
    for (let n = from - first; n < to - first; n++) {
      // Each column has last − first values, so every one below exists.
      const [atMs, mark] = [times[n] as number, marks[n] as number]
      if (atMs < fromMs || atMs >= toMs) continue
      const value = isDecimal?.[n] === 0 ? (exact?.[n] as number) : (values[n] as number) / THOUSANDTHS
      found.meters[count] = key
      found.times[count] = atMs
      found.values[count] = mark % QUALITY_MARKS === SUSPECT_MARK ? Number.NaN : value
      found.marks[count++] = mark
    }
  for (const column of [times, values, marks, exact]) if (column) release(column)
  return partOf(found, count)
}

const partOf = ({ meters, times, values, marks }: Rows, count: number): Rows => ({
  ...{ meters: meters.subarray(0, count), times: times.subarray(0, count) },
  ...{ values: values.subarray(0, count), marks: marks.subarray(0, count) },
})

function joined(parts: readonly Rows[]): Rows {
  const [only] = parts
  if (only && parts.length === 1) return only
  const all = emptyRows(parts.reduce((sum, { meters }) => sum + meters.length, 0))
  let row = 0
  for (const part of parts) {
    copyRows(part, all, row)
    row += part.meters.length
  }
  return all
}

interface HeldIndexes {
  get(path: string): GroupIndex | undefined
  put(path: string, index: GroupIndex): GroupIndex
}

/** Files never change; those that were replaced are asked for no more, and leave first. */
function heldIndexes(): HeldIndexes {
  const held = new Map<string, GroupIndex>()
  let groups = 0
  return {
    get(path) {
      const index = held.get(path)
      if (index) held.delete(path)
      if (index) held.set(path, index)
      return index
    },
    put(path, index) {
      if (!held.has(path)) groups += index.groups.length
      held.set(path, index)
      for (const [oldest, { groups: own }] of held) {
        if (groups <= GROUPS_HELD || oldest === path) break
        held.delete(oldest)
        groups -= own.length
      }
      return index
    },
  }
}
