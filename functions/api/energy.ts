// Routes for the energy of one institution or area: carbon ledger, meter tree, cost, data centre and quota pace.

import * as z from 'zod'
import { monthRange } from '../../domain/calendar.ts'
import { QUOTA_INDICATORS } from '../../domain/indicator.ts'
import { quotaPace } from '../../domain/judge/quota-pace.ts'
import { MEDIA } from '../../domain/medium.ts'
import { METER_ROLES } from '../../domain/registry/records.ts'
import { subjectMonths } from '../judging/judgement.ts'
import { costOfMonth, dataCentreOf, treeOf } from './institution-hours.ts'
import { areaLedgerOf, ledgerOf } from './institution-years.ts'
import { areaOf, institutionOf, monthQuery, monthShown, yearAsked, yearQuery } from './query.ts'
import { type Route, route } from './route.ts'

const amount = z.number().nullable()
const split = z.object({
  direct: z.number(),
  purchasedElectricity: z.number(),
  purchasedHeat: z.number(),
  total: z.number(),
})
const ledgerSchema = z.object({
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

export const energyRoutes: readonly Route[] = [
  route({
    route: 'GET /api/v1/institutions/{id}/carbon',
    summary: 'Carbon ledger (碳排放量统计台账) of an institution and year',
    query: yearQuery,
    response: ledgerSchema,
    handle: async (context, { query }) =>
      ledgerOf((await institutionOf(context)).institution, yearAsked(query, context), context),
  }),
  route({
    route: 'GET /api/v1/areas/{code}/carbon',
    summary: 'Carbon ledger of an area and year: the sum of its institutions',
    query: yearQuery,
    response: ledgerSchema,
    handle: async (context, { query }) =>
      areaLedgerOf((await areaOf(context)).code, yearAsked(query, context), context),
  }),
  route({
    route: 'GET /api/v1/institutions/{id}/tree',
    summary: 'Meter tree of a month: balance and unexplained rest of each node, own generation and its share',
    query: monthQuery,
    response: z.object({
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
    }),
    async handle(context, { query }) {
      const institution = (await institutionOf(context)).institution
      return treeOf(institution, query.month ?? (await monthShown(institution.id, context)), context)
    },
  }),
  route({
    route: 'GET /api/v1/institutions/{id}/cost',
    summary: 'Cost of a month by meter and tariff period, and by bill',
    query: monthQuery,
    response: z.object({
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
          tariffs: z
            .array(z.string())
            .meta({ description: 'Ids of the rows used; `tariffs` below says whose they are' }),
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
    }),
    async handle(context, { query }) {
      const institution = (await institutionOf(context)).institution
      return costOfMonth(institution, query.month ?? (await monthShown(institution.id, context)), context)
    },
  }),
  route({
    route: 'GET /api/v1/institutions/{id}/data-centre',
    summary: 'PUE by hour, month and year of a data centre, EUE, and their grades',
    query: monthQuery,
    response: z.object({
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
    }),
    async handle(context, { query }) {
      const institution = (await institutionOf(context)).institution
      return dataCentreOf(institution, query.month ?? (await monthShown(institution.id, context)), context)
    },
  }),
  route({
    route: 'GET /api/v1/institutions/{id}/pace',
    summary: 'How the year goes against the quota, and how far the next better rating is',
    query: monthQuery,
    response: z.object({
      institution: z.string(),
      asOfMs: z.number(),
      pace: z.array(z.looseObject({ indicator: z.enum(QUOTA_INDICATORS), projected: amount, paceRatio: amount })),
    }),
    async handle(context, { query }) {
      const { platform, registry } = context
      const institution = (await institutionOf(context)).institution
      const month = query.month ?? (await monthShown(institution.id, context))
      const asOfMs = Math.min(platform.now(), monthRange(month).toMs)
      const months = await subjectMonths(platform.state, institution.id, month)
      return {
        institution: institution.id,
        asOfMs,
        pace: quotaPace(institution, months, await registry.quotas(), asOfMs),
      }
    },
  }),
]
