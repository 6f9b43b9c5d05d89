// Keeps the list rows of counties in memory for those who read them often: a county is read again when its stamp, which
// each change of its rows moves, is another one.

import type { InstitutionRow } from '../../domain/view/view.ts'
import type { StateStore } from '../platform.ts'
import { summarizedKey, summaryKey } from './list-rows.ts'

interface Kept {
  stamp: string
  rows: readonly InstitutionRow[]
}
const keptOf = new WeakMap<StateStore, Map<string, Kept>>()

/** The rows of each county, in the order of its ids. The same arrays as before where nothing changed. */
export async function listedRows(state: StateStore, shards: readonly string[]): Promise<(readonly InstitutionRow[])[]> {
  const kept = keptOf.get(state) ?? new Map<string, Kept>()
  keptOf.set(state, kept)
  const marks = await state.getMany(shards.map(summarizedKey))
  const stampOf = new Map(
    marks.flatMap(({ key, value: { rowsMs }, version }) =>
      rowsMs === undefined ? [] : [[key, `${rowsMs}/${version}`]],
    ),
  )
  return await Promise.all(
    shards.map(async (shard) => {
      const stamp = stampOf.get(summarizedKey(shard))
      const known = kept.get(shard)
      if (known && known.stamp === stamp) return known.rows
      const rows = (await state.query(summaryKey(shard))).map(({ value }) => value)
      // Without a stamp they are being made for the first time, or again.
      if (stamp === undefined) kept.delete(shard)
      else kept.set(shard, { stamp, rows })
      return rows
    }),
  )
}

interface Joined {
  parts: readonly (readonly InstitutionRow[])[]
  rows: readonly InstitutionRow[]
}
/** Lists of several counties that are asked for again and again: the areas above them. */
const JOINED_MAX = 32
const joinedOf = new WeakMap<StateStore, Map<string, Joined>>()

/** The rows of several counties as one array; the same array as before where nothing changed. */
export async function joinedRows(state: StateStore, shards: readonly string[]): Promise<readonly InstitutionRow[]> {
  const parts = await listedRows(state, shards)
  if (parts.length === 1) return parts[0] ?? []
  const joined = joinedOf.get(state) ?? new Map<string, Joined>()
  joinedOf.set(state, joined)
  const key = shards.join()
  const known = joined.get(key)
  if (known?.parts.length === parts.length && known.parts.every((part, index) => part === parts[index]))
    return known.rows
  const rows = parts.flat()
  joined.delete(key)
  joined.set(key, { parts, rows })
  const [oldest] = joined.keys()
  if (joined.size > JOINED_MAX && oldest !== undefined) joined.delete(oldest)
  return rows
}
