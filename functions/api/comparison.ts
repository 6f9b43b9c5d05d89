// Routes that compare institutions: the ranking for the selection of efficiency leaders, the points of demonstration
// units, and key energy users. Each pages by cursor. Rankings and the means of kinds are read from stored rows
// (judging/past-year.ts); only the institutions of a page are judged one by one.

import { dayLabel, dayOf, yearOf } from '../../domain/calendar.ts'
import { demonstrationPoints } from '../../domain/judge/demonstration.ts'
import { keyEnergyUser } from '../../domain/judge/key-energy-user.ts'
import { type RankingCandidate, rankLeaders } from '../../domain/judge/ranking.ts'
import type { Institution } from '../../domain/registry/records.ts'
import type { TableKind } from '../../domain/standards/tables.ts'
import { isValidOn, type Validity } from '../../domain/standards/validity.ts'
import { demonstrationPageSchema, keyUsersPageSchema, rankingPageSchema } from '../../domain/view/comparison.ts'
import type { InstitutionRow } from '../../domain/view/view.ts'
import { summaryKey } from '../judging/list-rows.ts'
import { asOf, demonstrationYear, peerMeansIn, rankingKey } from '../judging/past-year.ts'
import { shardsBelow } from '../registry/reader.ts'
import { institutionsBelow, monthsOfYear } from './institution-years.ts'
import { areaOf, type PageQuery, paged, pageQuery, yearAsked, yearQuery } from './query.ts'
import { ApiProblem, type RouteContext, route } from './route.ts'

const listQuery = yearQuery.extend(pageQuery.shape)

export const comparisonRoutes = {
  ...route('GET /api/v1/areas/{code}/ranking', {
    access: { action: 'figures', at: { area: 'code' } },
    summary:
      'Candidates for efficiency leaders (能效领跑者): within each type and level the best first, then those left out and why',
    query: listQuery,
    response: rankingPageSchema,
    async handle(context, { query }) {
      const year = yearAsked(query, context)
      const rule = inForce('rankingRules', (await context.registry.tables()).rankingRules, { year, context })
      const groups = rankLeaders(await candidatesOf((await areaOf(context)).code, year, context), rule)
      const rows = groups.flatMap(({ ranked, excluded, type, venueKind = null, level = null }) => [
        ...ranked.map((one) => ({ type, venueKind, level, ...one, reasons: [] })),
        ...excluded.map((one) => ({ type, venueKind, level, rank: null, value: null, leader: false, ...one })),
      ])
      return { year, rule, ...paged(rows, ({ institution }) => institution, query) }
    },
  }),
  ...route('GET /api/v1/areas/{code}/demonstration', {
    access: { action: 'figures', at: { area: 'code' } },
    summary:
      'Energy and water points of demonstration units (示范单位) against the mean of their kind in the whole registry',
    query: listQuery,
    response: demonstrationPageSchema,
    async handle(context, { query }) {
      const { platform, registry, head } = context
      const [year, nowMs] = [yearAsked(query, context), platform.now()]
      const { items: page, next } = await institutionPage(context, query)
      const { means, asOfMs } = await peerMeansIn(platform.state, year, head.shards)
      const met = await Promise.all([year, year - 1].map((one) => targetsMetIn(page, one, context)))
      const ladder = inForce('demonstrationLadders', (await registry.tables()).demonstrationLadders, { year, context })
      const items = await Promise.all(
        page.map(async (one) =>
          demonstrationPoints(await demonstrationYear(one, year, { state: platform.state, nowMs }), means, {
            date: ladder.validFrom,
            targetsMet: metBoth(met.map((given) => given.get(one.id) ?? null)),
            ladders: [ladder],
          }),
        ),
      )
      return { year, meansAsOfMs: asOfMs, items, next }
    },
  }),
  ...route('GET /api/v1/areas/{code}/key-users', {
    access: { action: 'figures', at: { area: 'code' } },
    summary: 'Which institutions are key energy users (重点用能单位) of a year, by the threshold in force',
    query: listQuery,
    response: keyUsersPageSchema,
    async handle(context, { query }) {
      const { registry } = context
      const year = yearAsked(query, context)
      const { keyEnergyUsers } = await registry.tables()
      const { items: page, next } = await institutionPage(context, query)
      const items = await Promise.all(
        page.map(async (institution) => ({
          institution: institution.id,
          ...keyEnergyUser({
            institution,
            areaPath: await registry.path(institution.area),
            year,
            months: await monthsOfYear(institution.id, year, context),
            rules: keyEnergyUsers,
          }),
        })),
      )
      return { year, items, next }
    },
  }),
}

/**
 * The row valid at the end of the year, or today in the running year; Problem 404 names the table when there is none.
 */
function inForce<T extends Validity>(
  table: TableKind,
  rows: readonly T[],
  { year, context }: { year: number; context: RouteContext },
): T {
  const date = dayLabel(dayOf(asOf(year, context.platform.now()) - 1))
  const row = rows.find((one) => isValidOn(one, date))
  if (!row) throw new ApiProblem(404, 'Not found', `no row of ${table} holds on ${date}; import one`, { field: 'year' })
  return row
}

/** Institutions of an area and below, by id. */
async function institutionPage(context: RouteContext<'code'>, query: PageQuery) {
  const all = await institutionsBelow((await areaOf(context)).code, context)
  const inOrder = all.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return paged(inOrder, ({ id }) => id, query)
}

/**
 * Ranking candidates below an area in a year: from the list rows for this year, from the year's own rows for a past
 * one.
 */
async function candidatesOf(area: string, year: number, context: RouteContext): Promise<RankingCandidate[]> {
  const { state, now } = context.platform
  const shards = await shardsBelow(area, context)
  if (year === yearOf(now())) {
    const pages = await Promise.all(shards.map((shard) => state.query(summaryKey(shard))))
    return pages.flat().map(({ value }) => candidateOfRow(value, year))
  }
  const pages = await Promise.all(shards.map((shard) => state.query(rankingKey(year, shard))))
  return pages.flat().map(({ value }) => value)
}

/** Values are null when the row's latest month lies in an earlier year. */
function candidateOfRow(row: InstitutionRow, year: number): RankingCandidate {
  const { id, type, venueKind, level } = row
  const isOfYear = row.month?.startsWith(`${year}-`) ?? false
  const own = <T>(value: T | null): T | null => (isOfYear ? value : null)
  return {
    institution: { id, type, ...(venueKind && { venueKind }), ...(level && { level }) },
    values: {
      energyPerArea: own(row.energyPerAreaKgce),
      energyPerCapita: own(row.energyPerCapitaKgce),
      waterPerCapita: own(row.waterPerCapitaM3),
    },
    coverage: own(row.coverage),
    provisional: isOfYear && row.provisional,
    targetsMet: own(row.targetsMet),
    rating: own(row.rating),
  }
}

/** Whether the targets of a year were met, by institution. */
async function targetsMetIn(
  institutions: readonly Institution[],
  year: number,
  { platform: { state, now } }: RouteContext,
): Promise<Map<string, boolean | null>> {
  if (year === yearOf(now())) {
    const rows = await state.getMany(institutions.map(({ id, area }) => summaryKey(area, id)))
    return new Map(rows.map(({ value }) => [value.id, candidateOfRow(value, year).targetsMet]))
  }
  const rows = await state.getMany(institutions.map(({ id, area }) => rankingKey(year, area, id)))
  return new Map(rows.map(({ value }) => [value.institution.id, value.targetsMet]))
}

/** False as soon as one year was missed, else null unless both years could be judged. */
const metBoth = (met: readonly (boolean | null)[]): boolean | null =>
  met.includes(false) ? false : met.includes(null) ? null : true
