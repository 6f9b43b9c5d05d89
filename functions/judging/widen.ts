// Adds the months that must be judged with the marked ones, so that what is stored follows from the registry and the
// readings alone, in whatever order they came: every institution has a record of every month from January of the
// county's first year on, since what is expected comes from the registry; and months with unknown time within a year
// after a marked one are weighed again, since their probable use follows from it.

import { addMonths, type Month, monthsThrough } from '../../domain/calendar.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { keysOf } from '../../domain/table.ts'
import type { StateStore } from '../platform.ts'
import type { DirtyMonths } from '../state/dirty.ts'
import { allYears, readYears, subjectYearKey, type YearMonths } from './subject-year.ts'

/** Months after a marked one whose probable use may follow from it. */
const FOLLOWING_MONTHS = 12

/** `present`: the month of the clock; later ones are not judged. `docs`: year documents, each read once. */
export async function widened(
  docs: StateStore,
  { shard, institutions }: { shard: string; institutions: readonly Institution[] },
  { dirty, present }: { dirty: DirtyMonths; present: Month },
): Promise<DirtyMonths> {
  const wide = new Map(Object.entries(dirty).map(([id, months]) => [id, new Set(months)]))
  const add = (id: string, months: readonly Month[]): void => {
    if (months.length === 0) return
    wide.set(id, new Set([...(wide.get(id) ?? []), ...months]))
  }
  const fresh = await monthsWithoutRecord(docs, shard, dirty)
  if (fresh.length > 0)
    for (const { id } of institutions) {
      const stored = await monthsOf(docs, id, fresh)
      const missing = fresh.filter((month) => !(month in stored))
      add(id, missing)
    }
  for (const [id, marked] of Object.entries(dirty)) {
    const past = marked.filter((month) => month < present)
    if (past.length === 0) continue
    const following = [...new Set(past.flatMap((month) => monthsThrough(month, addMonths(month, FOLLOWING_MONTHS))))]
    const stored = await monthsOf(docs, id, following)
    const weighed = following.filter((month) => month <= present && stored[month] && isUnknown(stored[month]))
    add(id, weighed)
  }
  return Object.fromEntries([...wide].map(([id, months]) => [id, [...months].sort()]))
}

/** Months from January of the county's first year to its last month of which the county has no record yet. */
async function monthsWithoutRecord(docs: StateStore, shard: string, dirty: DirtyMonths): Promise<Month[]> {
  const stored = new Set((await allYears(docs, shard)).flatMap((year) => keysOf(year)))
  const all = [...new Set([...stored, ...Object.values(dirty).flat()])].sort()
  const [first, last] = [all[0], all.at(-1)]
  if (!first || !last) return []
  return monthsThrough(`${first.slice(0, 4)}-01` as Month, last).filter((month) => !stored.has(month))
}

async function monthsOf(docs: StateStore, subject: string, months: readonly Month[]): Promise<YearMonths> {
  const years = [...new Set(months.map((month) => month.slice(0, 4)))]
  const stored = await readYears(
    docs,
    years.map((year) => subjectYearKey(subject, year)),
  )
  return Object.assign({}, ...stored)
}

const isUnknown = (part: SubjectMonth): boolean =>
  part.energyMissingKgce + part.quotaMissingKgce + part.heatingMissingKgce + part.specialMissingKgce > 0 ||
  part.waterMissingM3 + part.hoursWithoutUsual + part.waterHoursWithoutUsual + part.partHoursWithoutUsual > 0
