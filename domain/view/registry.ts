// Defines the HTTP answers on the registry: the result of an import, and the rows of a table used by judging.

import * as z from 'zod'
import { INDICATORS } from '../indicator.ts'
import { targetSchema } from '../registry/records.ts'
import { amount } from '../schema.ts'
import { co2FactorSchema } from '../standards/co2-factors.ts'
import { coefficientSetSchema } from '../standards/coefficients.ts'
import { fuelFactorSchema } from '../standards/fuel-factors.ts'
import { PLAN_IDS } from '../standards/plans.ts'
import { TABLE_KINDS } from '../standards/tables.ts'
import { CERTAINTIES } from '../standards/validity.ts'
import { calendarDaySchema } from '../standards/working-days.ts'

const findingSchema = z.object({
  kind: z.string(),
  id: z.string(),
  index: z.number(),
  field: z.string(),
  reason: z.string(),
  months: z.string().optional().meta({ description: 'The closed months that the change would reach' }),
})

/** `PUT /registry`. */
export const importViewSchema = z.object({
  institutions: z.number(),
  meters: z.number(),
  created: z
    .record(z.string(), z.number())
    .meta({ description: 'By kind: records of the import that were not there before; bills are not counted' }),
  warnings: z.array(findingSchema).meta({
    description:
      'What results will lack, and changes without a day that were taken from the present month on, with the closed months that stay; nothing was refused for it',
  }),
  secrets: z
    .array(z.object({ id: z.string(), secret: z.string() }))
    .meta({ description: 'Secrets of gateways that had none and came without a password; shown this once' }),
})

/** `POST /registry/preview`. */
export const importPreviewSchema = z.object({
  kinds: z.array(
    z.object({
      kind: z.string(),
      given: z.number(),
      created: z
        .number()
        .nullable()
        .meta({ description: 'Records that are not there yet; null: of bills, not compared' }),
      changed: z.number().nullable().meta({ description: 'Records that would be others than those that stand' }),
    }),
  ),
  changes: z
    .array(
      z.object({
        kind: z.string(),
        id: z.string(),
        fields: z.array(z.object({ field: z.string(), before: z.string(), after: z.string() })),
      }),
    )
    .meta({ description: 'The first 200 records that would change, field by field' }),
  closed: z
    .array(findingSchema)
    .meta({ description: 'Closed months that change with `rewritePast`, and stay without it' }),
  warnings: z.array(findingSchema),
  problems: z.array(findingSchema).meta({ description: 'Why nothing would be imported; empty: it would' }),
})
export type ImportPreview = z.infer<typeof importPreviewSchema>

/** `GET /targets`. */
export const targetsViewSchema = z.object({ items: z.array(targetSchema) })

/** `GET /tables/{table}`. */
export const tableViewSchema = z.object({
  table: z.enum(TABLE_KINDS),
  rows: z.array(
    z.looseObject({
      validFrom: z.string(),
      standIn: z.boolean().optional(),
      imported: z.boolean().meta({ description: 'False: the row came with the product' }),
    }),
  ),
})

/** `GET /alternatives`. */
export const alternativesViewSchema = z.object({
  alternatives: z.array(
    z.object({
      alternative: z.string(),
      adoptableFrom: z.string(),
      coefficients: z.array(coefficientSetSchema),
      co2Factors: z.array(co2FactorSchema),
      fuelFactors: z.array(fuelFactorSchema),
    }),
  ),
})

/** `GET /plans`. */
export const plansViewSchema = z.object({
  targets: z.array(
    z.object({
      id: z.enum(PLAN_IDS),
      plan: z.string(),
      area: z.string().meta({ description: '`CN`: the nation' }),
      indicator: z.enum(INDICATORS),
      baseYear: z.number(),
      endYear: z.number(),
      baseValue: amount,
      cap: z.number().optional(),
      reductionPct: z.number().optional(),
      source: z.string(),
      certainty: z.enum(CERTAINTIES),
      adoptable: z.boolean().meta({ description: 'A target may name the plan: a national percentage' }),
    }),
  ),
})

/** `GET /calendar`. */
export const calendarViewSchema = z.object({
  days: z.array(
    calendarDaySchema.extend({
      imported: z.boolean().meta({ description: 'False: the day came with the product' }),
    }),
  ),
})
