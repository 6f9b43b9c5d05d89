// By what institutions are ranked for the selection of efficiency leaders (能效领跑者). The official criteria are not known
// (docs/rules/quota.md#efficiency-leaders): the rule that ships is an assumption of this product, labelled a
// stand-in, until a user supplies another.

import * as z from 'zod'
import { RATINGS } from '../rating.ts'
import { datedRow } from './validity.ts'

export const RANKING_INDICATORS = ['energyPerArea', 'energyPerCapita', 'waterPerCapita'] as const

export const rankingRuleSchema = z.object({
  name: z.string().min(1),
  /** Ranked by the first; those that tie in it by the next, and so on. Lower is better. */
  indicators: z.array(z.enum(RANKING_INDICATORS)).min(1),
  /** Least share of known hours, 0 to 1. */
  coverageMin: z.number().min(0).max(1),
  /** The worst quota rating that may lead; absent: quotas are not asked. */
  ratingAtWorst: z.enum(RATINGS).optional(),
  /** Whether the targets of dual control must be met. */
  targetsRequired: z.boolean(),
  /** Places in each group. */
  leaders: z.number().int().positive(),
  ...datedRow,
})
export type RankingRule = z.infer<typeof rankingRuleSchema>

export const RANKING_RULES: readonly RankingRule[] = [
  {
    name: '能效领跑者候选排序 (stand-in)',
    // The first day of the plan that the selection serves.
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
