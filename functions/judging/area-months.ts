// Computes the marked months of an area again: the sum of its direct children, for counties and the areas above alike.
// Writes the months together with the revisions they cause, and marks the area above in turn.

import type { Month } from '../../domain/calendar.ts'
import { type AreaPart, areaMonth } from '../../domain/energy/area-month.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import { peerKind } from '../../domain/judge/demonstration.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { DERIVED, type StateStore } from '../platform.ts'
import { addDirtyMonths } from '../state/dirty.ts'
import { putTogether } from '../state/put-together.ts'
import { inTurns } from '../state/turns.ts'
import { type County, childRecordsOf } from './county.ts'
import type { Marked } from './institution-months.ts'
import { revisedYears } from './revision.ts'
import { areaCauses, noteRevised, revisedBelow, trailAbove } from './revision-cause.ts'
import { monthsOf, partsWithDays, subjectYearKey } from './subject-year.ts'

interface Area extends Marked {
  area: string
  /** The areas above; those that it was or will be below by date among them. */
  parents: readonly string[]
  /** In a month: institutions of a county, or areas, in the registry's order, so that the bytes are always the same. */
  childrenIn(month: Month): readonly Child[]
}
interface Child {
  subject: string
  /** Kind of an institution. */
  kind?: string
}
const childOf = (institution: Institution): Child => ({ subject: institution.id, kind: peerKind(institution) })

export const childrenOf = (county: Pick<County, 'institutions' | 'parts'>): Child[] =>
  childRecordsOf(county).map(childOf)

/** `docs`: the same store, which may cache year documents. `dirty`, `trail`: of the children. */
export async function sumArea(
  { state, docs = state }: { state: StateStore; docs?: StateStore },
  { childrenIn, dirty, ...of }: Area,
): Promise<void> {
  const months = [...new Set(Object.values(dirty).flat())].sort()
  const years = [...new Set(months.map((month) => month.slice(0, 4)))]
  const subjects = new Set(months.flatMap((month) => childrenIn(month).map(({ subject }) => subject)))
  const keys = [...subjects].flatMap((subject) => years.map((year) => subjectYearKey(subject, year)))
  const stored = new Map((await docs.getMany(keys)).map(({ key, value }) => [key, monthsOf(value)]))
  const partsOf = (month: Month): Promise<readonly AreaPart[]> =>
    partsWithDays(
      docs,
      childrenIn(month).flatMap(({ subject, kind }) => {
        const part = stored.get(subjectYearKey(subject, month.slice(0, 4)))?.[month]
        return part ? [{ subject, part, ...(kind !== undefined && { kind }) }] : []
      }),
    )
  const sums: SubjectMonth[] = []
  for await (const month of inTurns(months)) sums.push(areaMonth(month, await partsOf(month)))
  await putMonths({ state, docs }, sums, of)
  for (const parent of of.parents)
    await addDirtyMonths(state, parent, new Map([[of.area, months]]), trailAbove(of.trail, of.area))
}

/** Replaces stored months of an area. */
async function putMonths(
  { state, docs }: { state: StateStore; docs: StateStore },
  months: readonly SubjectMonth[],
  { area, parents, trail, nowMs, afterDays }: Omit<Area, 'childrenIn' | 'dirty'>,
): Promise<void> {
  const below = await revisedBelow(state, area)
  const causesOf = async (month: Month) => areaCauses(below.value, trail, month)
  const made = await revisedYears(docs, area, months, { nowMs, afterDays, causesOf })
  for (const parent of parents) await noteRevised(state, parent, new Map([[area, made.revised]]))
  await putTogether(docs, made.recorded)
  await docs.put([...made.plain, ...below.cleared], DERIVED)
}
