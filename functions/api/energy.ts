// Routes for the energy of one institution or area: carbon ledger, meter tree, cost, data centre, quota pace and the
// yearly target by quota.

import type * as z from 'zod'
import { type Month, monthRange } from '../../domain/calendar.ts'
import type { CarbonLedger } from '../../domain/energy/carbon-ledger.ts'
import { quotaPace } from '../../domain/judge/quota-pace.ts'
import { QUOTA_TARGET_RULE, quotaTarget } from '../../domain/judge/quota-target.ts'
import { trendsOf } from '../../domain/judge/trend.ts'
import {
  costViewSchema,
  dataCentreViewSchema,
  ledgerViewSchema,
  paceViewSchema,
  quotaTargetViewSchema,
  treeViewSchema,
} from '../../domain/view/energy.ts'
import { type TrendView, trendViewSchema } from '../../domain/view/trend.ts'
import { quotaOf, subjectMonths } from '../judging/judgement.ts'
import { areaLedgerOf, ledgerOf } from '../judging/ledger.ts'
import { costOfMonth, dataCentreOf, treeOf } from './institution-hours.ts'
import { areaOf, institutionOf, monthQuery, monthShown, yearAsked, yearQuery } from './query.ts'
import { type RouteContext, route } from './route.ts'

const lastOf = (query: z.output<typeof yearQuery>, context: RouteContext): Month =>
  `${yearAsked(query, context)}-12` as Month
const sourcesOf = ({ platform: { state }, registry, head }: RouteContext) => ({ state, registry, head })
const ledgerView = (ledger: CarbonLedger) => ({ ...ledger, boundary: [...ledger.boundary] })

async function trendView(
  subject: string,
  month: Month,
  { platform: { state, now } }: RouteContext,
): Promise<TrendView> {
  const asOfMs = Math.min(now(), monthRange(month).toMs)
  return { subject, month, asOfMs, trends: trendsOf(await subjectMonths(state, subject, month), { month, asOfMs }) }
}

export const energyRoutes = {
  ...route('GET /api/v1/institutions/{id}/carbon', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary: 'Carbon ledger (碳排放量统计台账) of an institution and year',
    query: yearQuery,
    response: ledgerViewSchema,
    async handle(context, { query }) {
      const { institution } = await institutionOf(context)
      return ledgerView(await ledgerOf(institution, lastOf(query, context), sourcesOf(context)))
    },
  }),
  ...route('GET /api/v1/areas/{code}/carbon', {
    access: { action: 'figures', at: { area: 'code' } },
    summary: 'Carbon ledger of an area and year: the sum of its institutions',
    query: yearQuery,
    response: ledgerViewSchema,
    async handle(context, { query }) {
      const { code } = await areaOf(context)
      return ledgerView(await areaLedgerOf(code, lastOf(query, context), sourcesOf(context)))
    },
  }),
  ...route('GET /api/v1/institutions/{id}/trend', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary: 'Totals of an institution month by month, beside the year before, with 同比 and 环比',
    query: monthQuery,
    response: trendViewSchema,
    async handle(context, { query }) {
      const { institution } = await institutionOf(context)
      return trendView(institution.id, query.month ?? (await monthShown(institution.id, context)), context)
    },
  }),
  ...route('GET /api/v1/areas/{code}/trend', {
    access: { action: 'figures', at: { area: 'code' } },
    summary: 'Totals of an area month by month, beside the year before, with 同比 and 环比',
    query: monthQuery,
    response: trendViewSchema,
    async handle(context, { query }) {
      const { code } = await areaOf(context)
      return trendView(code, query.month ?? (await monthShown(code, context)), context)
    },
  }),
  ...route('GET /api/v1/institutions/{id}/tree', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary: 'Meter tree of a month: balance and unexplained rest of each node, own generation and its share',
    query: monthQuery,
    response: treeViewSchema,
    async handle(context, { query }) {
      const institution = (await institutionOf(context)).institution
      return treeOf(institution, query.month ?? (await monthShown(institution.id, context)), context)
    },
  }),
  ...route('GET /api/v1/institutions/{id}/cost', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary: 'Cost of a month by meter and tariff period, and by bill',
    query: monthQuery,
    response: costViewSchema,
    async handle(context, { query }) {
      const institution = (await institutionOf(context)).institution
      return costOfMonth(institution, query.month ?? (await monthShown(institution.id, context)), context)
    },
  }),
  ...route('GET /api/v1/institutions/{id}/data-centre', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary: 'PUE by hour, month and year of a data centre, EUE, and their grades',
    query: monthQuery,
    response: dataCentreViewSchema,
    async handle(context, { query }) {
      const institution = (await institutionOf(context)).institution
      return dataCentreOf(institution, query.month ?? (await monthShown(institution.id, context)), context)
    },
  }),
  ...route('GET /api/v1/institutions/{id}/pace', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary: 'How the year goes against the quota, and how far the next better rating is',
    query: monthQuery,
    response: paceViewSchema,
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
  ...route('GET /api/v1/institutions/{id}/quota-target', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary: 'The values that the quota rule of the central organs would set for a year, from the year before: a model',
    query: yearQuery,
    response: quotaTargetViewSchema,
    async handle(context, { query }) {
      const { platform, registry } = context
      const { institution } = await institutionOf(context)
      const year = yearAsked(query, context)
      const month = `${year - 1}-12` as Month
      const nowMs = monthRange(month).toMs
      const status =
        platform.now() < nowMs ? [] : await quotaOf(platform.state, registry, { institution, month, nowMs })
      return { institution: institution.id, year, rule: QUOTA_TARGET_RULE, targets: status.map(quotaTarget) }
    },
  }),
}
