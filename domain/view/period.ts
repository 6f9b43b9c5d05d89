// Defines the answers on the use of one institution over any period, and on the flow of its energy.

import * as z from 'zod'
import { MEDIA } from '../medium.ts'
import { METER_ROLES } from '../registry/records.ts'
import { amount, asMonth } from '../schema.ts'

export const PERIOD_GRAINS = ['hour', 'day', 'month'] as const

const sum = z.object({
  value: amount.meta({ description: 'Of the known hours; null: none is known' }),
  hoursKnown: z.number().meta({ description: 'Meter hours' }),
  hoursExpected: z.number(),
})

/** `GET /institutions/{id}/use`. */
export const useViewSchema = z.object({
  institution: z.string(),
  medium: z.enum(MEDIA).nullable().meta({ description: 'Null: no main meter is read' }),
  media: z.array(z.enum(MEDIA)).meta({ description: 'Those with a main meter that is read, in the days asked for' }),
  unit: z.string(),
  from: z.string(),
  to: z.string().meta({ description: 'The last day, included' }),
  grain: z.enum(PERIOD_GRAINS),
  points: z.array(sum.extend({ atMs: z.number(), before: sum.nullable() })),
  total: sum,
  totalBefore: sum,
  change: amount.meta({ description: 'Against the year before, over points wholly known in both: 0.05 is 5 % more' }),
  compared: z.number().meta({ description: 'The number of these points' }),
})
export type UseView = z.infer<typeof useViewSchema>

/** `GET /institutions/{id}/flow`. */
export const flowViewSchema = z.object({
  institution: z.string(),
  month: asMonth(z.string()),
  coefficientSet: z.string(),
  hoursExpected: z.number(),
  rows: z.array(
    z.object({
      meter: z.string(),
      medium: z.enum(MEDIA),
      role: z.enum(METER_ROLES),
      purpose: z.string().nullable(),
      parent: z.string().nullable().meta({ description: 'The meter that it lies behind; null: a main meter' }),
      unit: z.string(),
      amount: amount.meta({ description: 'Over the hours in which all meters of its tree are known' }),
      rest: amount.meta({ description: 'What no meter below explains; null without meters below' }),
      kgcePerUnit: amount.meta({ description: 'Null: water is no energy' }),
      hoursKnown: z.number(),
    }),
  ),
})
export type FlowView = z.infer<typeof flowViewSchema>
