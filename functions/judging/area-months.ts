// Computes the marked months of an area again: the sum of its direct children, for counties and the areas above alike.
// Writes the months together with the revisions they cause, and marks the area above in turn.

import type { Month } from '../../domain/calendar.ts'
import { type AreaPart, areaMonth } from '../../domain/energy/area-month.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import { peerKind } from '../../domain/judge/demonstration.ts'
import { wholeId } from '../../domain/registry/dated.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { DERIVED, type StateStore } from '../platform.ts'
import { addDirtyMonths } from '../state/dirty.ts'
import { putTogether } from '../state/put-together.ts'
import type { County } from './county.ts'
import type { Marked } from './institution-months.ts'
import { revisedYears } from './revision.ts'
import { areaCauses, noteRevised, revisedBelow } from './revision-cause.ts'
import { monthsOf, subjectYearKey } from './subject-year.ts'

interface Area extends Marked {
  area: string
  parent: string | undefined
  /** Institutions of a county, or areas, in the registry's order, so that the bytes are always the same. */
  children: readonly Child[]
}
interface Child {
  subject: string
  /** Kind of an institution. */
  kind?: string
}
const childOf = (institution: Institution): Child => ({ subject: institution.id, kind: peerKind(institution) })

/**
 * The children of a county, by the institution's id: of an institution that is not here all the time, its part. The
 * order stays when one moves, so that sums stay to the last bit.
 */
export function childrenOf({ institutions, parts }: Pick<County, 'institutions' | 'parts'>): Child[] {
  const partly = new Set(parts.map(({ id }) => wholeId(id)))
  if (parts.length === 0) return institutions.map(childOf)
  return [...institutions.filter(({ id }) => !partly.has(id)), ...parts]
    .sort((a, b) => (wholeId(a.id) < wholeId(b.id) ? -1 : 1))
    .map(childOf)
}

/** `docs`: the same store, which may cache year documents. `dirty`, `trail`: of the children. */
export async function sumArea(
  { state, docs = state }: { state: StateStore; docs?: StateStore },
  { children, dirty, ...of }: Area,
): Promise<void> {
  const months = [...new Set(Object.values(dirty).flat())].sort()
  const years = [...new Set(months.map((month) => month.slice(0, 4)))]
  const keys = children.flatMap(({ subject }) => years.map((year) => subjectYearKey(subject, year)))
  const stored = new Map((await docs.getMany(keys)).map(({ key, value }) => [key, monthsOf(value)]))
  const partsOf = (month: Month): AreaPart[] =>
    children.flatMap(({ subject, kind }) => {
      const part = stored.get(subjectYearKey(subject, month.slice(0, 4)))?.[month]
      return part ? [{ part, ...(kind !== undefined && { kind }) }] : []
    })
  const sums = months.map((month) => areaMonth(month, partsOf(month)))
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
