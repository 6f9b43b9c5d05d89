// Computes the yearly value that the quota of the central organs would set, from last year's value and its place among
// the three limits. A model: no rule of Hebei is known (docs/rules/dual-control.md#quota-and-target).

import * as z from 'zod'
import { QUOTA_INDICATORS } from '../indicator.ts'
import { RATINGS, type Rating, rate } from '../rating.ts'
import { amount } from '../schema.ts'
import { CERTAINTIES, type Certainty } from '../standards/validity.ts'
import type { QuotaStatus } from './result.ts'

/** Change allowed within a year by last year's rating, percent; negative: at least this fall. */
export const QUOTA_TARGET_RULE = {
  name: '中央和国家机关能源资源消耗定额 (model, stand-in)',
  changePct: { rectify: -4, compliant: -2, reasonable: 0, advanced: 2 } satisfies Record<Rating, number>,
  source: '国管局, 中直管理局 2021-02-20, http://nova-water.com/391.html (docs/rules/facts.md#yearly-target-by-quota)',
  certainty: 'secondary' as Certainty,
  standIn: true,
} as const

export const quotaTargetSchema = z.object({
  indicator: z.enum(QUOTA_INDICATORS),
  unit: z.string(),
  /** Last year's value, and its place; null when it was not judged. */
  lastYear: amount,
  rating: z.enum(RATINGS).nullable(),
  /** At most this value; null without last year's rating. */
  target: amount,
  changePct: amount,
  quota: z.string().nullable(),
})
export const quotaTargetRuleSchema = z.object({
  name: z.string(),
  changePct: z.record(z.enum(RATINGS), z.number()),
  source: z.string(),
  certainty: z.enum(CERTAINTIES),
  standIn: z.literal(true),
})
export type QuotaTarget = z.infer<typeof quotaTargetSchema>

/** `status`: of the whole last year. A value equal to 引导值 holds; one below it may grow, but not above it. */
export function quotaTarget({
  indicator,
  unit,
  actual,
  rating,
  guide,
  constraint,
  benchmark,
  standard,
}: QuotaStatus): QuotaTarget {
  const own = { indicator, unit, quota: standard }
  if (actual === null || rating === null || constraint === null || benchmark === null || guide === null)
    return { ...own, lastYear: actual, rating, target: null, changePct: null }
  const place = actual === guide ? 'reasonable' : rate(actual, { constraint, benchmark, guide })
  const changePct = QUOTA_TARGET_RULE.changePct[place]
  const changed = actual * (1 + changePct / 100)
  const target = place === 'advanced' ? Math.min(changed, guide) : changed
  return { ...own, lastYear: actual, rating, target, changePct }
}
