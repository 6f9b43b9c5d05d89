// Completes a target that adopts a national plan: years, percentage and source are the plan's, the base value is the
// subject's own (docs/rules/dual-control.md#plans).

import * as z from 'zod'
import { type Target, targetSchema } from '../registry/records.ts'
import { nationalFall, PLAN_IDS, type PlanTarget } from '../standards/plans.ts'

/** What the plan says, and an import that names a plan therefore may not. */
const OF_PLAN = ['baseYear', 'endYear', 'cap', 'reductionPct', 'years'] as const

/** A target as imported; with `plan` it gives subject, indicator and base value only. */
export const plannedTargetSchema = z.preprocess((given, context) => {
  if (!isPlanned(given)) return given
  const refuse = (field: string, message: string) => {
    context.addIssue({ code: 'custom', path: [field], message, input: given })
    return given
  }
  const { plan, indicator } = given
  const row = nationalFall(plan, String(indicator))
  if (!row)
    return refuse('plan', `"${plan}" has no national percentage of ${indicator}; plans are ${PLAN_IDS.join(', ')}`)
  const stray = OF_PLAN.find((field) => given[field] !== undefined && !isOf(row, field, given[field]))
  if (stray) return refuse(stray, `is that of the plan "${plan}"; leave it empty`)
  const { baseYear, endYear, reductionPct } = row
  return { ...given, baseYear, endYear, reductionPct, source: sourceOf(row, given.source) }
}, targetSchema)

/** Which fields a column may leave out. */
export const PLANNED_FIELDS = {
  ...targetSchema.shape,
  baseYear: targetSchema.shape.baseYear.optional(),
  endYear: targetSchema.shape.endYear.optional(),
  source: targetSchema.shape.source.optional(),
}

const isPlanned = (given: unknown): given is Partial<Target> & { plan: string } =>
  typeof given === 'object' && given !== null && 'plan' in given && typeof given.plan === 'string'

const isOf = (row: PlanTarget, field: (typeof OF_PLAN)[number], value: unknown): boolean =>
  field !== 'years' && row[field] === value

/** Says that the percentage is the nation's, and by whose word it is adopted. */
function sourceOf({ plan, source, certainty }: PlanTarget, own: string | undefined): string {
  const national = `《${plan}》 national, adopted; ${certainty}: ${source}`
  return own === undefined || own.startsWith(national) ? (own ?? national) : `${national}; ${own}`
}
