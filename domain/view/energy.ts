// Defines the HTTP answers on the energy of one institution or area: carbon ledger, meter tree, cost, data centre and
// quota pace.

import * as z from 'zod'
import { TARIFF_PERIODS } from '../energy/tariff-period.ts'
import { QUOTA_INDICATORS } from '../indicator.ts'
import { PUE_PROBLEMS } from '../judge/data-centre.ts'
import { quotaTargetRuleSchema, quotaTargetSchema } from '../judge/quota-target.ts'
import { UNKNOWN_REASONS } from '../judge/result.ts'
import { BILL_CARRIERS, LEDGER_SCOPES, LEDGER_SOURCES, MEDIA } from '../medium.ts'
import { RATINGS } from '../rating.ts'
import { METER_ROLES } from '../registry/records.ts'
import { amount, asMonth } from '../schema.ts'
import { HOUR_FLAGS } from '../settle/settle.ts'
import { co2FactorSchema } from '../standards/co2-factors.ts'
import { coefficientRowSchema } from '../standards/coefficients.ts'
import { eueQuotaSchema, pueGradesSchema } from '../standards/data-centre.ts'

/** True: used for a month before its first day (追溯). */
const retroactive = z.boolean()
const factor = co2FactorSchema.omit({ medium: true }).extend({ unit: z.string(), retroactive })
const coefficient = coefficientRowSchema.omit({ carrier: true }).extend({
  name: z.string(),
  standard: z.string(),
  validFrom: z.string(),
  validTo: z.string().optional(),
  retroactive,
})
const split = z.object({
  direct: z.number(),
  purchasedElectricity: z.number(),
  purchasedHeat: z.number(),
  total: z.number(),
})
/** `GET /institutions/{id}/carbon` and `GET /areas/{code}/carbon`. */
export const ledgerViewSchema = z.object({
  subject: z.string(),
  year: z.number(),
  rows: z.array(
    z.object({
      source: z.enum(LEDGER_SOURCES),
      scope: z.enum(LEDGER_SCOPES),
      unit: z.string(),
      activity: z.number(),
      emissionsT: amount,
      energyKgce: amount,
      reason: z.enum(['billedByArea', 'noFactor']).nullable(),
      factor: factor.nullable(),
      coefficient: coefficient.nullable(),
      months: z.array(z.object({ month: asMonth(z.string()), activity: z.number(), emissionsT: amount })),
    }),
  ),
  months: z.array(split.extend({ month: asMonth(z.string()) })),
  totals: split,
  judged: split,
  reconciled: z.boolean(),
  boundary: z.array(z.object({ zh: z.string(), en: z.string(), source: z.string(), standIn: z.boolean() })),
})

/** `GET /institutions/{id}/tree`. */
export const treeViewSchema = z.object({
  institution: z.string(),
  month: asMonth(z.string()),
  nodes: z.array(
    z.object({
      meter: z.string(),
      medium: z.enum(MEDIA),
      unit: z.string(),
      subs: z.array(z.string()),
      periods: z.array(
        z.object({
          period: z.string(),
          own: amount,
          generated: amount,
          subs: amount,
          unexplained: amount,
          unexplainedPct: amount,
          hours: z.number(),
          hoursKnown: z.number(),
        }),
      ),
    }),
  ),
  problems: z.array(z.object({ meter: z.string(), field: z.string(), reason: z.string() })),
  generation: z
    .object({
      generationKwh: z.number(),
      exportedKwh: z.number(),
      selfUsedKwh: amount,
      purchasedKwh: z.number(),
      totalElectricityKwh: amount,
      share: amount,
      coverage: amount,
    })
    .nullable(),
})
export type TreeView = z.infer<typeof treeViewSchema>

/** `GET /institutions/{id}/cost`. */
export const costViewSchema = z.object({
  institution: z.string(),
  month: asMonth(z.string()),
  costYuan: amount,
  knownShare: amount.meta({ description: 'Share of the elapsed month that is known; the worse of energy and water' }),
  hoursExpected: z.number(),
  hoursPriced: z.number(),
  meters: z.array(
    z.object({
      meter: z.string(),
      medium: z.enum(MEDIA),
      role: z.enum(METER_ROLES),
      unit: z.string(),
      yuan: amount,
      periods: z.array(
        z.object({ name: z.enum(TARIFF_PERIODS), amount: z.number(), yuan: z.number(), hours: z.number() }),
      ),
      basicYuan: amount.meta({
        description: 'Basic fee of the elapsed days, beside `yuan`; null: no size or no price',
      }),
      hoursPriced: z.number(),
      hoursUnpriced: z.number(),
      hoursUnknown: z.number(),
      tariffs: z.array(z.string()).meta({ description: 'Ids of the rows used; `tariffs` below says whose they are' }),
    }),
  ),
  tariffs: z.array(z.object({ id: z.string(), source: z.string().nullable(), standIn: z.boolean() })),
  bills: z.array(
    z.object({
      carrier: z.enum(BILL_CARRIERS),
      quantity: z.number(),
      unit: z.string(),
      costYuan: amount.meta({ description: 'The whole bill; null: its items are added to the cost by tariff' }),
      basicYuan: amount,
      powerFactorYuan: amount,
      demandKw: amount,
      source: z.string().nullable(),
    }),
  ),
})
export type CostView = z.infer<typeof costViewSchema>

const problem = z.enum(PUE_PROBLEMS).nullable()
const effectiveness = z.object({
  value: amount,
  problem,
  coverage: amount,
  knownShare: amount,
  knownPart: amount,
  provisional: z.boolean(),
})
/** Amounts within the boundary of the PUE; the EUE has its own. */
const usage = z.object({
  totalKwh: amount,
  itKwh: amount,
  hoursExpected: z.number(),
  hoursKnown: z.number(),
  pue: effectiveness,
  eue: effectiveness.extend({ totalKwh: amount, itKwh: amount }),
})
const boundary = z.object({
  basis: z.enum(['registered', 'codes', 'asPue']),
  total: z.array(z.string()),
  it: z.array(z.string()),
})

/** `GET /institutions/{id}/data-centre`. */
export const dataCentreViewSchema = z.object({
  institution: z.string(),
  month: asMonth(z.string()),
  boundaries: z.object({ pue: boundary, eue: boundary }),
  hours: z.array(z.object({ atMs: z.number(), value: amount, problem, flag: z.enum(HOUR_FLAGS).nullable() })),
  months: z.array(usage.extend({ month: asMonth(z.string()) })),
  monthly: usage,
  yearly: usage.extend({ year: z.number() }),
  pueAtLeast: amount,
  pueGrade: z.object({
    grade: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal('overLimit')]).nullable(),
    reason: z.enum(['edge', 'noTable', 'noValue']).nullable(),
    toNextGrade: amount,
    table: pueGradesSchema.nullable(),
  }),
  eueRating: z.object({ rating: z.enum(RATINGS).nullable(), quota: eueQuotaSchema.nullable() }),
})
export type DataCentreView = z.infer<typeof dataCentreViewSchema>

const rating = z.enum(RATINGS)
/** Fields as in domain/judge/quota-pace.ts. */
const pace = z.object({
  indicator: z.enum(QUOTA_INDICATORS),
  unit: z.string(),
  yearToDate: amount,
  knownShare: amount,
  provisional: z.boolean(),
  reason: z.enum(UNKNOWN_REASONS).nullable(),
  share: amount,
  basis: z.enum(['ownProfile', 'days', 'complete']).nullable(),
  paceRatio: amount,
  projected: amount,
  projectedRating: rating.nullable(),
  next: z
    .object({
      rating,
      limit: z.number(),
      left: z.number(),
      leftPerMonth: amount,
      monthsLeft: z.number(),
      toSave: z.number(),
      reachable: z.boolean(),
    })
    .nullable(),
  standard: z.string().nullable(),
  standIn: z.boolean(),
})

/** `GET /institutions/{id}/pace`. */
export const paceViewSchema = z.object({ institution: z.string(), asOfMs: z.number(), pace: z.array(pace) })
export type PaceView = z.infer<typeof paceViewSchema>

/** `GET /institutions/{id}/quota-target`: a model (docs/rules/dual-control.md#quota-and-target). */
export const quotaTargetViewSchema = z.object({
  institution: z.string(),
  year: z.number(),
  rule: quotaTargetRuleSchema,
  /** Empty until the year before has passed. */
  targets: z.array(quotaTargetSchema),
})
