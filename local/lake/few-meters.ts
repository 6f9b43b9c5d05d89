// Reads a few meters from the lake's files without DuckDB, which plans and opens files longer than it reads here: the
// footers are held, and only the row groups that have the meters are decoded (docs/decisions/0059).

import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { must } from '../../domain/must.ts'
import { QUALITY_MARKS, SUSPECT_MARK } from '../../domain/wire/sent-unit.ts'
import { copyRows, emptyRows, type Rows } from '../sample-collector.ts'
import { byBytes, bytesAt, type GroupIndex, groupIndexOf, READ_COLUMNS, type RowGroup } from './footer.ts'
import type { LakeFile, LakeManifest } from './manifest.ts'
import { NotReadHere, readColumn } from './pages.ts'

/** Meters of an institution. Beyond, DuckDB with all processors is faster. */
const METERS_MAX = 100
/** Rows decoded for one read, some 15 ns each, on the thread that serves all others. */
const ROWS_MAX = 6_000_000
/** Row groups whose places are held, some 300 bytes each; those used last. */
const GROUPS_HELD = 100_000
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
  const opened = openSync(join(lakeFolder, file.path))
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
  const { rows, chunks } = group
  const begins = READ_COLUMNS.map((_, column) => must(chunks[column * 2]))
  const ends = READ_COLUMNS.map((_, column) => must(begins[column]) + must(chunks[column * 2 + 1]))
  const begin = Math.min(...begins)
  const bytes = bytesAt(opened, begin, Math.max(...ends))
  const read = <T extends Float64Array | Uint32Array>(
    name: (typeof READ_COLUMNS)[number],
    firstRow: number,
    out: T,
  ) => {
    const column = READ_COLUMNS.indexOf(name)
    const own = bytes.subarray(must(begins[column]) - begin, must(ends[column]) - begin)
    const chunk = { bytes: own, type: must(index.types[column]), isOptional: must(index.optional[column]) }
    return { out, isPresent: readColumn(chunk, { rows, firstRow }, out) }
  }
  const meters = read('key', 0, new Uint32Array(rows)).out
  const { first, last } = boundsOf(meters, keys)
  if (first >= last) return emptyRows(0)
  const times = read('at_ms', first, new Float64Array(last - first)).out
  const { out: values, isPresent } = read('value', first, new Float64Array(last - first))
  const exact = isPresent && read('exact', first, new Float64Array(last - first)).out
  const marks = read('quality', first, new Uint32Array(last - first)).out
  const found = emptyRows(last - first)
  let [count, lastKey, isWanted] = [0, -1, false]
  for (let n = 0; n < last - first; n++) {
    // Each column has last − first values, so every one below exists.
    const key = meters[first + n] as number
    if (key !== lastKey) isWanted = keys.has(key)
    lastKey = key
    const atMs = times[n] as number
    if (!isWanted || atMs < fromMs || atMs >= toMs) continue
    const mark = marks[n] as number
    const value = exact && isPresent?.[n] === 0 ? (exact[n] as number) : (values[n] as number) / THOUSANDTHS
    found.meters[count] = key
    found.times[count] = atMs
    found.values[count] = mark % QUALITY_MARKS === SUSPECT_MARK ? Number.NaN : value
    found.marks[count++] = mark
  }
  return partOf(found, count)
}

/** From the first row of these meters to the one after the last. */
function boundsOf(meters: Uint32Array, keys: ReadonlySet<number>): { first: number; last: number } {
  let [first, last] = [0, meters.length]
  // One is looked up once: its rows stand together.
  const isOther = (row: number, before: number): boolean => meters[row] === before || !keys.has(meters[row] as number)
  for (let before = -1; first < last && isOther(first, before); first++) before = meters[first] as number
  for (let before = -1; last > first && isOther(last - 1, before); last--) before = meters[last - 1] as number
  return { first, last }
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
