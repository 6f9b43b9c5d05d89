// Routes of institutions: the list with rating and status, one institution, and its indicators.

import * as z from 'zod'
import { monthOf } from '../../domain/calendar.ts'
import { hasDataCentre } from '../../domain/energy/data-centre-boundary.ts'
import { RATINGS } from '../../domain/rating.ts'
import { INSTITUTION_TYPES, type Institution } from '../../domain/registry/records.ts'
import { sizeOn } from '../../domain/registry/size.ts'
import {
  type InstitutionRow,
  institutionRowSchema,
  institutionStatusViewSchema,
  institutionViewSchema,
  pageOf,
} from '../../domain/view/view.ts'
import { shardsInScope } from '../access/permit.ts'
import { dualControlOf, latestMonth, quotaOf } from '../judging/judgement.ts'
import { summaryKey } from '../judging/list-rows.ts'
import { metersOfInstitution, shardsBelow } from '../registry/reader.ts'
import { extentsOf, settledKey } from '../settling/mark.ts'
import { meterView } from './meter.ts'
import { areaOf, institutionOf, monthQuery, paged, pageQuery } from './query.ts'
import { type RouteContext, route } from './route.ts'

export const institutionRoutes = {
  ...route('GET /api/v1/institutions', {
    access: { action: 'field', at: { list: ['area'] } },
    summary: 'Institutions of an area and all below it, with their rating and status',
    query: pageQuery.extend({
      area: z.string().optional(),
      type: z.enum(INSTITUTION_TYPES).optional(),
      rating: z.enum([...RATINGS, 'none']).optional(),
      sort: z.enum(['id', 'energyPerArea', 'energyPerCapita', 'waterPerCapita']).default('id'),
    }),
    response: pageOf(institutionRowSchema),
    async handle(context, { query }) {
      const { type, rating, sort } = query
      const rows = (await rowsInScope(query.area, context))
        .filter((row) => (!type || row.type === type) && (!rating || (row.rating ?? 'none') === rating))
        .sort(orders[sort])
      return paged(rows, ({ id }) => id, query)
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
async function rowsInScope(area: string | undefined, context: RouteContext): Promise<InstitutionRow[]> {
  const { platform, registry, head, scope } = context
  if (area !== undefined) await areaOf({ ...context, path: { code: area } })
  const isAll = area === undefined && !scope.isWhole
  const shards = isAll ? await shardsInScope(scope, context) : await shardsBelow(area ?? head.rootArea ?? '', context)
  const pages = await Promise.all(
    shards.map(async (shard) => {
      const areas = await registry.path(shard)
      const rows = (await platform.state.query(summaryKey(shard))).map(({ value }) => value)
      return rows.filter(({ id }) => scope.covers({ areas, institution: id }))
    }),
  )
  return pages.flat()
}

const orders: Record<string, (a: InstitutionRow, b: InstitutionRow) => number> = {
  id: (a, b) => a.id.localeCompare(b.id),
  energyPerArea: (a, b) => (b.energyPerAreaKgce ?? -1) - (a.energyPerAreaKgce ?? -1) || a.id.localeCompare(b.id),
  energyPerCapita: (a, b) => (b.energyPerCapitaKgce ?? -1) - (a.energyPerCapitaKgce ?? -1) || a.id.localeCompare(b.id),
  waterPerCapita: (a, b) => (b.waterPerCapitaM3 ?? -1) - (a.waterPerCapitaM3 ?? -1) || a.id.localeCompare(b.id),
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
