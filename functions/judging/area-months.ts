// The months of an area put in the place of those that stood, with what that revises, for counties and the areas above
// alike.

import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import type { Trail } from '../../domain/judge/revision-cause.ts'
import { DERIVED, type StateStore } from '../platform.ts'
import { putTogether } from '../state/put-together.ts'
import { revisedYears } from './revision.ts'
import { areaCauses, noteRevised, revisedBelow } from './revision-cause.ts'

/**
 * `docs`: the same store, where year documents may be remembered. `trail`: the causes noted beside the marks of what
 * lies below.
 */
export async function putAreaMonths(
  { state, docs = state }: { state: StateStore; docs?: StateStore },
  months: readonly SubjectMonth[],
  of: { area: string; parent: string | undefined; trail: Trail; nowMs: number; afterDays: number },
): Promise<void> {
  const { area, parent, trail, nowMs, afterDays } = of
  const below = await revisedBelow(state, area)
  const causesOf = async (month: string) => areaCauses(below.value, trail, month)
  const made = await revisedYears(docs, area, months, { nowMs, afterDays, causesOf })
  if (parent) await noteRevised(state, parent, new Map([[area, made.revised]]))
  await putTogether(docs, made.recorded)
  await docs.put([...made.plain, ...below.cleared], DERIVED)
}
