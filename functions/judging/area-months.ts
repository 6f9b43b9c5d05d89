// Computes the marked months of an area again: the sum of its direct children, for counties and the areas above alike.
// Writes the months together with the revisions they cause, and marks the area above in turn.

import type { Month } from '../../domain/calendar.ts'
import { type SubjectMonth, sumSubjects } from '../../domain/energy/subject-month.ts'
import { DERIVED, type StateStore } from '../platform.ts'
import { addDirtyMonths } from '../state/dirty.ts'
import { putTogether } from '../state/put-together.ts'
import type { Marked } from './institution-months.ts'
import { revisedYears } from './revision.ts'
import { areaCauses, noteRevised, revisedBelow } from './revision-cause.ts'
import { readYears, subjectYearKey } from './subject-year.ts'

interface Area extends Marked {
  area: string
  parent: string | undefined
  /** Institutions of a county, or areas, in the registry's order, so that the bytes are always the same. */
  children: readonly string[]
}

/** `docs`: the same store, which may cache year documents. `dirty`, `trail`: of the children. */
export async function sumArea(
  { state, docs = state }: { state: StateStore; docs?: StateStore },
  { children, dirty, ...of }: Area,
): Promise<void> {
  const months = [...new Set(Object.values(dirty).flat())].sort()
  const years = [...new Set(months.map((month) => month.slice(0, 4)))]
  const keys = children.flatMap((child) => years.map((year) => subjectYearKey(child, year)))
  const stored = await readYears(docs, keys)
  const sums = months.map((month) =>
    sumSubjects(
      month,
      stored.flatMap((year) => year[month] ?? []),
    ),
  )
  await putMonths({ state, docs }, sums, of)
  if (of.parent) await addDirtyMonths(state, of.parent, new Map([[of.area, months]]))
}

/** Replaces stored months of an area. */
async function putMonths(
  { state, docs }: { state: StateStore; docs: StateStore },
  months: readonly SubjectMonth[],
  { area, parent, trail, nowMs, afterDays }: Omit<Area, 'children' | 'dirty'>,
): Promise<void> {
  const below = await revisedBelow(state, area)
  const causesOf = async (month: Month) => areaCauses(below.value, trail, month)
  const made = await revisedYears(docs, area, months, { nowMs, afterDays, causesOf })
  if (parent) await noteRevised(state, parent, new Map([[area, made.revised]]))
  await putTogether(docs, made.recorded)
  await docs.put([...made.plain, ...below.cleared], DERIVED)
}
