// Defines the rules that rank institutions for the selection of efficiency leaders (能效领跑者). The official criteria are
// not known (docs/rules/quota.md#efficiency-leaders): the shipped rule is an assumption of this product, labelled a
// stand-in, until a user imports another.

import * as z from 'zod'
import { RATINGS } from '../rating.ts'
import { datedRow } from './validity.ts'

export const RANKING_INDICATORS = ['energyPerArea', 'energyPerCapita', 'waterPerCapita'] as const

export const rankingRuleSchema = z.object({
  name: z.string().min(1),
  /** The first indicator ranks, the next ones break ties. Lower is better. */
  indicators: z.array(z.enum(RANKING_INDICATORS)).min(1),
  /** Minimum share of known hours, 0 to 1. */
  coverageMin: z.number().min(0).max(1),
  /** The worst quota rating allowed; absent: quotas do not matter. */
  ratingAtWorst: z.enum(RATINGS).optional(),
  /** True when the targets of dual control must be met. */
  targetsRequired: z.boolean(),
  /** Number of leading ranks in each group. */
  leaders: z.number().int().positive(),
  ...datedRow,
})
export type RankingRule = z.infer<typeof rankingRuleSchema>

export const RANKING_RULES: readonly RankingRule[] = [
  {
    name: '能效领跑者候选排序 (stand-in)',
    // The first day of the corresponding plan.
    validFrom: '2021-01-01',
    indicators: ['energyPerArea', 'energyPerCapita'],
    coverageMin: 0.9,
    ratingAtWorst: 'advanced',
    targetsRequired: true,
    leaders: 3,
    source: 'assumption of this product; the official criteria are not known',
    certainty: 'recalled',
    standIn: true,
  },
]
