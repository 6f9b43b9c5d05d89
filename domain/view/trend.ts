// Defines the answer on a year month by month (domain/judge/trend.ts).

import * as z from 'zod'
import { TREND_INDICATORS } from '../judge/trend.ts'
import { amount, asMonth } from '../schema.ts'

const month = asMonth(z.string())
const figure = { value: amount, knownShare: amount }
const change = z.object({
  ...figure,
  before: amount,
  change: amount.meta({ description: '(value − before) ÷ before; null unless both are known' }),
})

/** `GET /areas/{code}/trend`. */
export const trendViewSchema = z.object({
  subject: z.string(),
  month,
  asOfMs: z.number(),
  trends: z.array(
    z.object({
      indicator: z.enum(TREND_INDICATORS),
      unit: z.string(),
      months: z.array(z.object({ month, ...figure, cumulative: amount, yearBefore: amount })),
      overYear: change,
      overMonth: change,
      yearToDate: change,
    }),
  ),
})
export type TrendView = z.infer<typeof trendViewSchema>
