// Routes that show where numbers come from and what they mean: explain, carbon ledger, meter tree, data centre, rankings,
// key energy users, pace, cost and the decomposition of targets.

import { z } from 'zod'
import { dayLabel, dayOf, monthOf, monthRange, yearOf } from '../domain/calendar.ts'
import { demonstrationPoints, peerMeans } from '../domain/demonstration.ts'
import { keyEnergyUser } from '../domain/key-energy-user.ts'
import { quotaPace } from '../domain/quota-pace.ts'
import { RANKING_RULE, rankLeaders } from '../domain/ranking.ts'
import { INDICATORS, type Indicator, MEDIA, METER_ROLES, QUOTA_INDICATORS, targetSchema } from '../domain/registry.ts'
import { byMonth, rollingYear } from '../domain/subject.ts'
import { checkDecomposition, decompose } from '../domain/target-plan.ts'
import { areaOf, institutionOf, monthQuery, monthShown } from './api-query.ts'
import { Problem, type Route, type RouteContext, route } from './api-route.ts'
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
import { subjectMonths } from './judgement.ts'

const yearQuery = z.object({ year: z.coerce.number().int().min(1000).max(2999).optional() })
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

const yearAsked = ({ year }: z.output<typeof yearQuery>, { platform }: RouteContext): number =>
  year ?? yearOf(platform.now())
