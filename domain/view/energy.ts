// The energy of one institution or area over HTTP: carbon ledger, meter tree, cost, data centre and quota pace.

import * as z from 'zod'
import { QUOTA_INDICATORS } from '../indicator.ts'
import { MEDIA } from '../medium.ts'
import { METER_ROLES } from '../registry/records.ts'
import { amount } from '../schema.ts'

const split = z.object({
  direct: z.number(),
  purchasedElectricity: z.number(),
  purchasedHeat: z.number(),
  total: z.number(),
})
export const ledgerViewSchema = z.object({
  subject: z.string(),
  year: z.number(),
  rows: z.array(
    z.looseObject({
      source: z.string(),
      scope: z.string(),
      unit: z.string(),
      activity: z.number(),
      emissionsT: amount,
      energyKgce: amount,
      reason: z.string().nullable(),
    }),
  ),
  months: z.array(split.extend({ month: z.string() })),
  totals: split,
  judged: split,
  reconciled: z.boolean(),
  boundary: z.array(z.object({ zh: z.string(), en: z.string(), source: z.string(), standIn: z.boolean() })),
})

export const treeViewSchema = z.object({
  institution: z.string(),
  month: z.string(),
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

export const costViewSchema = z.object({
  institution: z.string(),
  month: z.string(),
  costYuan: amount,
  hoursExpected: z.number(),
  hoursPriced: z.number(),
  meters: z.array(
    z.object({
      meter: z.string(),
      medium: z.enum(MEDIA),
      role: z.enum(METER_ROLES),
      unit: z.string(),
      yuan: amount,
      periods: z.array(z.object({ name: z.string(), amount: z.number(), yuan: z.number(), hours: z.number() })),
      hoursPriced: z.number(),
      hoursUnpriced: z.number(),
      hoursUnknown: z.number(),
      tariffs: z.array(z.string()).meta({ description: 'Ids of the rows used; `tariffs` below says whose they are' }),
    }),
  ),
  tariffs: z.array(z.object({ id: z.string(), source: z.string().nullable(), standIn: z.boolean() })),
  bills: z.array(
    z.object({
      carrier: z.string(),
      quantity: z.number(),
      unit: z.string(),
      costYuan: amount,
      source: z.string().nullable(),
    }),
  ),
})

const effectiveness = z.object({ value: amount, problem: z.string().nullable(), coverage: amount })
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

export const dataCentreViewSchema = z.object({
  institution: z.string(),
  month: z.string(),
  boundaries: z.object({ pue: boundary, eue: boundary }),
  hours: z.array(
    z.object({ atMs: z.number(), value: amount, problem: z.string().nullable(), flag: z.string().nullable() }),
  ),
  months: z.array(usage.extend({ month: z.string() })),
  monthly: usage,
  yearly: usage.extend({ year: z.number() }),
  pueAtLeast: amount,
  pueGrade: z.looseObject({ grade: z.union([z.number(), z.string()]).nullable(), reason: z.string().nullable() }),
  eueRating: z.looseObject({ rating: z.string().nullable() }),
})

export const paceViewSchema = z.object({
  institution: z.string(),
  asOfMs: z.number(),
  pace: z.array(z.looseObject({ indicator: z.enum(QUOTA_INDICATORS), projected: amount, paceRatio: amount })),
})
