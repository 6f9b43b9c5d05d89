// Marks institution-months that assess has to judge although no reading arrived: those of a changed registration, and
// the present month.

import { DAY_MS, type Month, monthOf, monthsThrough } from '../../domain/calendar.ts'
import { wholeId } from '../../domain/registry/dated.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { keysOf } from '../../domain/table.ts'
import { DERIVED, docKey, type StateStore } from '../platform.ts'
import { addDirtyMonths } from '../state/dirty.ts'
import type { County } from './county.ts'
import { type AssessedMark, assessedKey, institutionsToRejudge, judgedByOf, rejudgedTrail } from './fingerprint.ts'
import { summaryKey } from './list-rows.ts'
import { rankingKey } from './past-year.ts'
import { allYears } from './subject-year.ts'

/** When the present month of a shard was last marked. */
const presentKey = (shard: string) => docKey<{ atMs: number }>(`present/${shard}`)

/** Marks all months of institutions that joined, left or changed their registration since the shard was last judged. */
export async function markChanged(state: StateStore, county: County): Promise<void> {
  const { shard } = county
  const judgedBy = judgedByOf(county, shard, county)
  const before = await state.get(assessedKey(shard))
  const changed = institutionsToRejudge(judgedBy, before?.value)
  if (changed.length === 0) return
  const monthsOf = async (subject: string): Promise<Month[]> =>
    (await allYears(state, subject)).flatMap((year) => keysOf(year))
  const ofCounty = await monthsOf(shard)
  const months = new Map<string, Month[]>()
  for (const id of changed) {
    // The months of a part are those of the whole, and those that it had itself.
    const own = [
      ...new Set([...(await monthsOf(id)), ...(id === wholeId(id) ? [] : await monthsOf(wholeId(id)))]),
    ].sort()
    // An institution that joins is expected in the months that the county has.
    months.set(id, own.length > 0 || !judgedBy.has(id) ? own : ofCounty)
  }
  const trail = before ? rejudgedTrail(months, { judgedBy, before: before.value }) : {}
  await addDirtyMonths(state, shard, months, trail)
  const gone = changed.filter((id) => !judgedBy.has(id))
  await state.delete(gone.flatMap((id) => rowsOf(shard, id, months.get(id) ?? [])))
  const value: AssessedMark = Object.fromEntries(judgedBy)
  await state.put([{ key: assessedKey(shard), value, ifVersion: before?.version ?? 0 }], DERIVED)
}

/** The keys of all list rows of an institution. */
function rowsOf(shard: string, id: string, months: readonly Month[]): string[] {
  const years = new Set(months.map((month) => Number(month.slice(0, 4))))
  return [summaryKey(shard, id), ...[...years].map((year) => rankingKey(year, shard, id))]
}

/**
 * Marks the present month of a shard's institutions, and the months since the last call, which may have ended without
 * one. Starts one day earlier, for hours that settle after midnight.
 */
export async function markPresent(
  state: StateStore,
  { shard, institutions, nowMs }: { shard: string; institutions: readonly Institution[]; nowMs: number },
): Promise<void> {
  const lastMs = (await state.get(presentKey(shard)))?.value.atMs ?? nowMs
  const months = monthsThrough(monthOf(Math.min(lastMs, nowMs) - DAY_MS), monthOf(nowMs))
  await addDirtyMonths(state, shard, new Map(institutions.map(({ id }) => [id, months])))
  await state.put([{ key: presentKey(shard), value: { atMs: nowMs } }], DERIVED)
}
