// Defines the rows of the quota table (定额): three limits of one indicator for one kind of institution.

import * as z from 'zod'
import { QUOTA_INDICATORS } from '../indicator.ts'
import { HEATING_KINDS, INSTITUTION_LEVELS, INSTITUTION_TYPES, localDate, VENUE_KINDS } from '../registry/records.ts'
import { CERTAINTIES } from './validity.ts'

/** One row of a quota table: constraint (约束值) ≥ benchmark (基准值) ≥ guide (引导值); lower is better. */
export const quotaSchema = z
  .object({
    standard: z.string().min(1),
    type: z.enum(INSTITUTION_TYPES),
    venueKind: z.enum(VENUE_KINDS).optional(),
    level: z.enum(INSTITUTION_LEVELS).optional(),
    climateZone: z.string().optional(),
    heatingKind: z.enum(HEATING_KINDS).optional(),
    indicator: z.enum(QUOTA_INDICATORS),
    constraint: z.number().positive(),
    benchmark: z.number().positive(),
    guide: z.number().positive(),
    validFrom: localDate,
    validTo: localDate.optional(),
    source: z.string(),
    certainty: z.enum(CERTAINTIES).optional(),
    standIn: z.boolean().default(false),
  })
  .refine((q) => q.constraint >= q.benchmark && q.benchmark >= q.guide, {
    path: ['constraint'],
    message: 'constraint ≥ benchmark ≥ guide must hold',
  })

export type Quota = z.infer<typeof quotaSchema>
