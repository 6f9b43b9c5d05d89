// Routes that show where numbers come from and what they mean: explain, carbon ledger, meter tree, data centre, rankings,
// key energy users, pace, cost and the decomposition of targets.

import * as z from 'zod'
import type { Alert } from '../domain/alert.ts'
import { explainFinding } from '../domain/alert-rule.ts'
import { dayLabel, dayOf, monthOf, monthRange, yearOf } from '../domain/calendar.ts'
import { demonstrationPoints, peerMeans } from '../domain/demonstration.ts'
import { EXPLAIN_TABLES, explainViewSchema, formulaOf } from '../domain/explain.ts'
import { keyEnergyUser } from '../domain/key-energy-user.ts'
import { quotaPace } from '../domain/quota-pace.ts'
import { RANKING_RULE, rankLeaders } from '../domain/ranking.ts'
import {
  type Area,
  INDICATORS,
  type Indicator,
  type Institution,
  MEDIA,
  METER_ROLES,
  QUOTA_INDICATORS,
  targetSchema,
} from '../domain/registry.ts'
import { byMonth, rollingYear } from '../domain/subject.ts'
import { checkDecomposition, decompose } from '../domain/target-plan.ts'
import { alertKeys } from './alert-store.ts'
import { notFound, Problem, type Route, type RouteContext, route } from './api-route.ts'
import { costOfMonth, dataCentreOf, treeOf } from './energy-meters.ts'
import {
  areaLedgerOf,
  asOf,
  demonstrationYear,
  institutionsBelow,
  ledgerOf,
  monthsOfYear,
  pathOf,
  rankingCandidate,
  targetsMetTwice,
} from './energy-years.ts'
import { explain, tableOf } from './explain.ts'
import { latestMonth, subjectMonths } from './judgement.ts'

const monthQuery = z.object({
  month: z
    .string()
    .regex(/^[12]\d{3}-(0[1-9]|1[0-2])$/, 'must be YYYY-MM')
    .optional(),
})
const yearQuery = z.object({ year: z.coerce.number().int().min(1000).max(2999).optional() })
const explainQuery = monthQuery.extend({
  indicator: z.enum([...INDICATORS, ...QUOTA_INDICATORS]),
  /** Of energyPerCapita and waterPerCapita both tables have one; dual control's without it. */
  table: z.enum(EXPLAIN_TABLES).optional(),
})
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
const problemRow = z.object({ kind: z.literal('targets'), id: z.string(), field: z.string(), reason: z.string() })
const usage = z.object({
  totalKwh: amount,
  itKwh: amount,
  hoursExpected: z.number(),
  hoursKnown: z.number(),
  pue: z.object({ value: amount, problem: z.string().nullable(), coverage: amount }),
})

export const energyRoutes: readonly Route[] = [
  route({
    route: 'GET /api/v1/institutions/{id}/explain',
    summary: 'Where a number of an institution comes from: formula, months, meters, hours, readings, rows and clause',
    query: explainQuery,
    response: explainViewSchema,
    async handle(context, { query }) {
      const institution = await institutionOf(context)
      const question = explained(query)
      const month = query.month ?? (await monthShown(institution.id, context))
      return explain(context.platform, context.registry, { ...question, area: institution.area, institution, month })
    },
  }),
  route({
    route: 'GET /api/v1/areas/{code}/explain',
    summary: 'Where a number of an area comes from: its parts, month by month',
    query: explainQuery,
    response: explainViewSchema,
    async handle(context, { query }) {
      const area = await areaOf(context)
      const question = explained(query)
      if (question.table === 'quota')
        throw new Problem(400, 'Bad request', 'an area has no quota; ask for one of its institutions', {
          field: 'table',
        })
      const month = query.month ?? (await monthShown(area.code, context))
      return explain(context.platform, context.registry, { ...question, area: area.code, month })
    },
  }),
  route({
    route: 'GET /api/v1/alerts/{id}/explain',
    summary: 'What an alert says: what was measured, against which value, by which clause, in both languages',
    response: z.object({
      id: z.string(),
      kind: z.string(),
      subject: z.unknown(),
      state: z.string(),
      value: z.number(),
      asOfMs: z.number(),
      facts: z.unknown(),
      limits: z.unknown(),
      zh: z.object({ measured: z.string(), against: z.string(), clause: z.string() }),
      en: z.object({ measured: z.string(), against: z.string(), clause: z.string() }),
    }),
    async handle(context) {
      const { id, kind, subject, state, finding } = await alertOf(context)
      const { value, asOfMs, facts, limits } = finding
      const said = { zh: explainFinding(finding, 'zh'), en: explainFinding(finding, 'en') }
      return { id, kind, subject, state, value, asOfMs, facts, limits, ...said }
    },
  }),
  route({
    route: 'GET /api/v1/institutions/{id}/carbon',
    summary: 'Carbon ledger (碳排放量统计台账) of an institution and year',
    query: yearQuery,
    response: ledgerSchema,
    handle: async (context, { query }) => ledgerOf(await institutionOf(context), yearAsked(query, context), context),
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
      const institution = await institutionOf(context)
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
          tariffs: z.array(z.unknown()),
        }),
      ),
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
      const institution = await institutionOf(context)
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
      meters: z.object({ total: z.array(z.string()), it: z.array(z.string()) }),
      hours: z.array(
        z.object({ atMs: z.number(), value: amount, problem: z.string().nullable(), flag: z.string().nullable() }),
      ),
      months: z.array(usage.extend({ month: z.string() })),
      monthly: usage,
      yearly: usage.extend({ year: z.number(), eue: usage.shape.pue }),
      pueAtLeast: amount,
      pueGrade: z.looseObject({ grade: z.union([z.number(), z.string()]).nullable(), reason: z.string().nullable() }),
      eueRating: z.looseObject({ rating: z.string().nullable() }),
    }),
    async handle(context, { query }) {
      const institution = await institutionOf(context)
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
      const institution = await institutionOf(context)
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
  route({
    route: 'GET /api/v1/areas/{code}/ranking',
    summary: 'Candidates for efficiency leaders (能效领跑者), best first, and why others are left out',
    query: yearQuery,
    response: z.object({
      year: z.number(),
      rule: z.looseObject({ name: z.string() }),
      groups: z.array(z.looseObject({})),
    }),
    async handle(context, { query }) {
      const year = yearAsked(query, context)
      const institutions = await institutionsBelow((await areaOf(context)).code, context)
      const candidates = await Promise.all(institutions.map((one) => rankingCandidate(one, year, context)))
      return { year, rule: RANKING_RULE, groups: rankLeaders(candidates) }
    },
  }),
  route({
    route: 'GET /api/v1/areas/{code}/demonstration',
    summary:
      'Energy and water points of demonstration units (示范单位) against the mean of their kind in the whole registry',
    query: yearQuery,
    response: z.object({
      year: z.number(),
      items: z.array(z.looseObject({ institution: z.string(), points: z.number() })),
    }),
    async handle(context, { query }) {
      const { head, platform } = context
      const year = yearAsked(query, context)
      const area = await areaOf(context)
      const everyone = await institutionsBelow(
        pathOf(area.code, await context.registry.areas()).at(-1) ?? head.rootArea ?? '',
        context,
      )
      const years = await Promise.all(everyone.map((one) => demonstrationYear(one, year, context)))
      const means = peerMeans(years)
      const below = new Set((await institutionsBelow(area.code, context)).map(({ id }) => id))
      const date = dayLabel(dayOf(asOf(year, platform.now()) - 1))
      const ladders = (await context.registry.tables()).demonstrationLadders
      const items = await Promise.all(
        everyone.flatMap((one, index) =>
          below.has(one.id)
            ? targetsMetTwice(one, year, context).then((targetsMet) =>
                demonstrationPoints(years[index], means, { date, targetsMet, ladders }),
              )
            : [],
        ),
      )
      return { year, items }
    },
  }),
  route({
    route: 'GET /api/v1/areas/{code}/key-users',
    summary: 'Which institutions are key energy users (重点用能单位) of a year, by the threshold in force',
    query: yearQuery,
    response: z.object({
      year: z.number(),
      items: z.array(
        z.looseObject({
          institution: z.string(),
          isKey: z.boolean().nullable(),
          energyTce: amount,
          reason: z.string().nullable(),
        }),
      ),
    }),
    async handle(context, { query }) {
      const year = yearAsked(query, context)
      const [areas, { keyEnergyUsers }] = [await context.registry.areas(), await context.registry.tables()]
      const institutions = await institutionsBelow((await areaOf(context)).code, context)
      const items = await Promise.all(
        institutions.map(async (institution) => ({
          institution: institution.id,
          ...keyEnergyUser({
            institution,
            areaPath: pathOf(institution.area, areas),
            year,
            months: await monthsOfYear(institution.id, year, context),
            rules: keyEnergyUsers,
          }),
        })),
      )
      return { year, items }
    },
  }),
  route({
    route: 'GET /api/v1/areas/{code}/target-plan',
    summary: 'Whether the targets of the parts of an area fit its own, year by year',
    response: z.object({
      area: z.string(),
      children: z.array(z.string()),
      problems: z.array(problemRow),
      years: z.array(
        z.object({
          indicator: z.enum(INDICATORS),
          year: z.number(),
          parent: z.number(),
          children: amount,
          fits: z.boolean().nullable(),
          without: z.array(z.string()),
        }),
      ),
    }),
    async handle(context) {
      const { registry } = context
      const area = await areaOf(context)
      const children = await partsOf(area.code, context)
      const targets = (await Promise.all(children.map((child) => registry.targets(child)))).flat()
      const sizes = await sizesOf(children, context)
      const parent = await registry.targets(area.code)
      const sizeOf = (child: string, indicator: Indicator) => sizes.get(child)?.[SIZE_OF[indicator] ?? ''] ?? null
      return { area: area.code, children, ...checkDecomposition({ parent, children, targets, sizeOf }) }
    },
  }),
  route({
    route: 'POST /api/v1/areas/{code}/target-plan',
    summary: 'Proposes targets of the parts that sum to a target; nothing is stored',
    body: z.object({
      target: targetSchema,
      shares: z.array(
        z.union([
          z.object({ subject: z.string(), baseValue: z.number() }),
          z.object({ subject: z.string(), weight: z.number() }),
        ]),
      ),
    }),
    response: z.object({ targets: z.array(targetSchema), problems: z.array(problemRow) }),
    async handle(context, { body: { target, shares } }) {
      const area = await areaOf(context)
      if (target.subject !== area.code)
        throw new Problem(400, 'Bad request', `the target is of "${target.subject}"`, { field: 'target.subject' })
      return decompose(target, shares)
    },
  }),
]

const SIZE_OF: Partial<Record<Indicator, 'floorAreaM2' | 'energyUsers' | 'waterUsers'>> = {
  energyPerArea: 'floorAreaM2',
  co2PerArea: 'floorAreaM2',
  energyPerCapita: 'energyUsers',
  waterPerCapita: 'waterUsers',
}

/** Sizes of a rolling year as of now, by child. */
async function sizesOf(children: readonly string[], { platform }: RouteContext) {
  const nowMs = platform.now()
  const found = await Promise.all(
    children.map(async (child) => {
      const months = byMonth(await subjectMonths(platform.state, child, monthOf(nowMs)))
      const energy = rollingYear(months, nowMs, 'energy')
      const water = rollingYear(months, nowMs, 'water')
      const { floorAreaM2 = null, energyUsers = null } = energy ?? {}
      const sizes: Record<string, number | null> = { floorAreaM2, energyUsers, waterUsers: water?.waterUsers ?? null }
      return [child, sizes] as const
    }),
  )
  return new Map(found)
}

/** Areas right below, or the institutions of a county. */
async function partsOf(code: string, { registry }: RouteContext): Promise<string[]> {
  const below = (await registry.areas()).filter(({ parent }) => parent === code).map((area) => area.code)
  return below.length > 0 ? below : (await registry.shard(code)).institutions.map(({ id }) => id)
}

function explained({ indicator, table }: z.output<typeof explainQuery>) {
  const chosen = table ?? tableOf(indicator)
  if (!formulaOf(chosen, indicator))
    throw new Problem(400, 'Bad request', `${chosen} has no indicator ${indicator}`, { field: 'indicator' })
  return { table: chosen, indicator }
}

const monthShown = async (subject: string, { platform }: RouteContext): Promise<string> =>
  (await latestMonth(platform.state, subject, platform.now())) ?? monthOf(platform.now())

const yearAsked = ({ year }: z.output<typeof yearQuery>, { platform }: RouteContext): number =>
  year ?? yearOf(platform.now())

async function institutionOf({ registry, path }: RouteContext): Promise<Institution> {
  const found = await registry.institution(path.id)
  if (!found) throw notFound('institution', path.id)
  return found.institution
}

async function areaOf({ registry, path }: RouteContext): Promise<Area> {
  const area = (await registry.areas()).find(({ code }) => code === path.code)
  if (!area) throw notFound('area', path.code)
  return area
}

async function alertOf({ platform: { state }, path }: RouteContext): Promise<Alert> {
  const place = await state.get<{ shard: string; closed: boolean }>(alertKeys.place(path.id))
  const { shard, closed } = place?.value ?? { shard: '', closed: false }
  const prefix = closed ? alertKeys.closed(shard) : alertKeys.open(shard)
  const found = place && (await state.query<Alert>(prefix)).find(({ value }) => value.id === path.id)
  if (!found) throw notFound('alert', path.id)
  return found.value
}
