// Routes of institutions: the list with rating and status, one institution, and its indicators.

import * as z from 'zod'
import { monthOf } from '../../domain/calendar.ts'
import { hasDataCentre } from '../../domain/energy/data-centre-boundary.ts'
import { STATUSES } from '../../domain/judge/result.ts'
import { RATINGS } from '../../domain/rating.ts'
import { INSTITUTION_TYPES, type Institution } from '../../domain/registry/records.ts'
import { sizeOn } from '../../domain/registry/size.ts'
import { registersViewSchema } from '../../domain/view/device.ts'
import {
  type InstitutionRow,
  institutionStatusViewSchema,
  institutionsPageSchema,
  institutionViewSchema,
} from '../../domain/view/view.ts'
import { shardsInScope } from '../access/permit.ts'
import { dualControlOf, latestMonth, quotaOf } from '../judging/judgement.ts'
import { summaryKey } from '../judging/list-rows.ts'
import { joinedRows, listedRows } from '../judging/listed-rows.ts'
import { metersOfInstitution, shardsBelow } from '../registry/reader.ts'
import { extentsOf, settledKey } from '../settling/mark.ts'
import { lastValues } from './last-values.ts'
import { meterView } from './meter.ts'
import { SEARCH_CHARS_MAX, searchOf } from './name-search.ts'
import { areaOf, institutionOf, monthQuery, offsetQuery, pagedAt } from './query.ts'
import { type RouteContext, route } from './route.ts'

const SORTS = ['id', 'energyPerArea', 'energyPerCapita', 'waterPerCapita', 'coverage', 'rating', 'status'] as const

export const institutionRoutes = {
  ...route('GET /api/v1/institutions', {
    access: { action: 'field', at: { list: ['area'] } },
    summary: 'Institutions of an area and all below it, with their rating and status',
    query: offsetQuery.extend({
      area: z.string().optional(),
      type: z.enum(INSTITUTION_TYPES).optional(),
      rating: z.enum([...RATINGS, 'none']).optional(),
      status: z.enum([...STATUSES, 'none']).optional(),
      meters: z.enum(['none']).optional().meta({ description: 'none: those without a registered meter' }),
      search: z
        .string()
        .max(SEARCH_CHARS_MAX)
        .optional()
        .meta({ description: 'A part of name or code, or the initials of the pinyin of its characters' }),
      sort: z.enum(SORTS).default('id'),
      order: z.enum(['asc', 'desc']).optional().meta({ description: 'Default: figures the highest first, ids upward' }),
    }),
    response: institutionsPageSchema,
    async handle(context, { query }) {
      const { type, rating, status, search, sort, order } = query
      const isFound = search === undefined ? () => true : searchOf(search)
      const metered = query.meters === undefined ? undefined : await meteredInstitutions(context)
      const all = sorted(await rowsInScope(query.area, context), sort, order)
      const isAsked = type || rating || status || metered || search !== undefined
      const rows = !isAsked
        ? all
        : all.filter(
            (row) =>
              (!type || row.type === type) &&
              (!rating || (row.rating ?? 'none') === rating) &&
              (!status || (row.status ?? 'none') === status) &&
              !metered?.has(row.id) &&
              isFound(row),
          )
      const ratings = ratingsOf(rows)
      return { ...pagedAt(rows, ({ id }) => id, query), ratings }
    },
  }),

  ...route('GET /api/v1/institutions/{id}', {
    access: { action: 'field', at: { institution: 'id' } },
    summary: 'An institution, its sizes as of now and its meters',
    response: institutionViewSchema,
    async handle(context) {
      const { platform, registry } = context
      const { institution, shard } = await institutionOf(context)
      const size = sizeOn(institution.sizes, platform.now())
      const extents = extentsOf((await platform.state.get(settledKey(shard)))?.value)
      const own = metersOfInstitution(await registry.shard(shard), institution.id)
      const summary = await platform.state.get(summaryKey(shard, institution.id))
      const areaName = (await registry.areas()).find(({ code }) => code === shard)?.name ?? shard
      return {
        ...(summary?.value ?? unjudged(institution, areaName)),
        heatingKind: institution.heatingKind ?? null,
        climateZone: institution.climateZone ?? null,
        ...size,
        openedOn: institution.openedOn ?? null,
        rows: institution.rows ?? [],
        hasDataCentre: hasDataCentre(institution, own),
        meters: own.map((meter) => meterView(meter, extents)),
      }
    },
  }),

  ...route('GET /api/v1/institutions/{id}/registers', {
    access: { action: 'field', at: { institution: 'id' } },
    summary: 'The last register value of each meter of an institution, as it was read',
    response: registersViewSchema,
    async handle(context) {
      const { institution, shard } = await institutionOf(context)
      const own = metersOfInstitution(await context.registry.shard(shard), institution.id)
      const last = await lastValues(context.platform, shard, own)
      return {
        items: own.map(({ id, unit, multiplier }) => ({ meter: id, unit, multiplier, last: last.get(id) ?? null })),
      }
    },
  }),

  ...route('GET /api/v1/institutions/{id}/status', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary: 'Dual control and quota of an institution',
    query: monthQuery,
    response: institutionStatusViewSchema,
    async handle(context, { query }) {
      const { platform, registry } = context
      const { institution, shard } = await institutionOf(context)
      const nowMs = platform.now()
      const month = query.month ?? (await latestMonth(platform.state, institution.id, nowMs)) ?? monthOf(nowMs)
      const question = { subject: institution.id, area: shard, profileArea: shard, month, nowMs }
      return {
        institution: institution.id,
        dualControl: await dualControlOf(platform.state, registry, question),
        quota: await quotaOf(platform.state, registry, { institution, month, nowMs }),
      }
    },
  }),
}

/** Rows of an area and all below it, or of all that the sender may see. */
async function rowsInScope(area: string | undefined, context: RouteContext): Promise<readonly InstitutionRow[]> {
  const { platform, registry, head, scope } = context
  if (area !== undefined) await areaOf({ ...context, path: { code: area } })
  const isAll = area === undefined && !scope.isWhole
  const shards = isAll ? await shardsInScope(scope, context) : await shardsBelow(area ?? head.rootArea ?? '', context)
  if (scope.isWhole) return await joinedRows(platform.state, shards)
  const listed = await listedRows(platform.state, shards)
  const pages = await Promise.all(
    shards.map(async (shard, index) => {
      const areas = await registry.path(shard)
      return (listed[index] ?? []).filter(({ id }) => scope.covers({ areas, institution: id }))
    }),
  )
  return pages.flat()
}

/** Institutions that have a registered meter. */
async function meteredInstitutions({ registry, head }: RouteContext): Promise<Set<string>> {
  const shards = await Promise.all(head.shards.map((shard) => registry.shard(shard)))
  return new Set(shards.flatMap(({ meters }) => meters.map(({ institution }) => institution)))
}

/** What a list is sorted by; null is last in either order. The worst status and rating count most. */
const sortValues: Record<(typeof SORTS)[number], (row: InstitutionRow) => number | string | null> = {
  id: ({ id }) => id,
  energyPerArea: (row) => row.energyPerAreaKgce,
  energyPerCapita: (row) => row.energyPerCapitaKgce,
  waterPerCapita: (row) => row.waterPerCapitaM3,
  coverage: (row) => row.coverage,
  rating: ({ rating }) => (rating === null ? null : RATINGS.indexOf(rating)),
  status: ({ status }) => (status === null ? null : STATUSES.indexOf(status)),
}

const counted = new WeakMap<readonly InstitutionRow[], Record<string, number>>()

/** How many rows have each rating; an array that was counted before is not counted again. */
function ratingsOf(rows: readonly InstitutionRow[]): Record<string, number> {
  const ratings: Record<string, number> = counted.get(rows) ?? {}
  if (counted.has(rows)) return ratings
  for (const { rating } of rows) ratings[rating ?? 'none'] = (ratings[rating ?? 'none'] ?? 0) + 1
  counted.set(rows, ratings)
  return ratings
}

const sortings = new WeakMap<readonly InstitutionRow[], Map<string, readonly InstitutionRow[]>>()

/** Sorted rows; an array that was sorted before is not sorted again. */
function sorted(
  rows: readonly InstitutionRow[],
  sort: (typeof SORTS)[number],
  order: 'asc' | 'desc' = sort === 'id' ? 'asc' : 'desc',
): readonly InstitutionRow[] {
  const known = sortings.get(rows) ?? new Map<string, readonly InstitutionRow[]>()
  sortings.set(rows, known)
  const key = `${sort} ${order}`
  const found = known.get(key) ?? inOrder(rows, sort, order)
  known.set(key, found)
  return found
}

function inOrder(
  rows: readonly InstitutionRow[],
  sort: (typeof SORTS)[number],
  order: 'asc' | 'desc',
): InstitutionRow[] {
  const figureOf = sortValues[sort]
  const sign = order === 'asc' ? 1 : -1
  return rows.toSorted((a, b) => {
    const [left, right] = [figureOf(a), figureOf(b)]
    const byId = a.id < b.id ? -1 : 1
    if (left === right) return byId
    if (left === null) return 1
    if (right === null) return -1
    return left < right ? -sign : sign
  })
}

/** The row of an institution that was not judged yet. */
const unjudged = (
  { id, name, nameEn, area, type, venueKind, level }: Institution,
  areaName: string,
): InstitutionRow => ({
  id,
  name,
  nameEn: nameEn ?? null,
  area,
  areaName,
  type,
  venueKind: venueKind ?? null,
  level: level ?? null,
  month: null,
  rating: null,
  quotaIssued: null,
  status: null,
  targetsMet: null,
  energyPerAreaKgce: null,
  energyPerCapitaKgce: null,
  waterPerCapitaM3: null,
  coverage: null,
  provisional: false,
})
