// The routes of the HTTP API v1 (design §2), one entry each; functions/triggers.ts lists the same for the hosts.

import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { sizeOn } from '../domain/attribute.ts'
import { billSchema } from '../domain/bill.ts'
import { dayOf, dayStartMs, HOUR_MS, monthOf, monthRange, monthsThrough } from '../domain/calendar.ts'
import { parseInstant } from '../domain/instant.ts'
import { readingsMessageSchema } from '../domain/reading.ts'
import { HOUR_FLAGS } from '../domain/register.ts'
import {
  type Area,
  areaSchema,
  gatewaySchema,
  INSTITUTION_TYPES,
  institutionSchema,
  isRead,
  type Meter,
  meterSchema,
  quotaSchema,
  targetSchema,
} from '../domain/registry.ts'
import { tariffSchema } from '../domain/tariff.ts'
import { amountUnit } from '../domain/unit.ts'
import {
  type AreaStatusView,
  type AreaView,
  areaStatusViewSchema,
  areaViewSchema,
  type HealthView,
  healthViewSchema,
  type InstitutionRow,
  institutionRowSchema,
  institutionStatusViewSchema,
  institutionViewSchema,
  type MeterView,
  meterViewSchema,
  pageOf,
  RATINGS,
  rejectionViewSchema,
  type SeriesView,
  seriesViewSchema,
} from '../domain/view.ts'
import { alertRoutes } from './api-alert.ts'
import { energyRoutes } from './api-energy.ts'
import { fieldRoutes } from './api-field.ts'
import { notFound, Problem, type Route, type RouteContext, route } from './api-route.ts'
import { type AssessedMark, assessedKey, judgedByOf, reopenedInstitutions, summaryKey } from './assess.ts'
import { type DirtyMonths, dirtyKey } from './dirty.ts'
import { readOverrides, withOverrides } from './event-review.ts'
import { ingest, type RejectionCount, type RejectionRecord, rejectionKeys } from './ingest.ts'
import { dualControlOf, latestMonth, parentOf, quotaOf } from './judgement.ts'
import { type ConsumptionDay, type Doc, NO_HOUR } from './platform.ts'
import { importRegistry } from './registry-import.ts'
import { type SettledMark, settledKey, unsettledMeters } from './settle.ts'
import { hasNewFormulas } from './virtual-days.ts'

const PAGE_LIMIT = 50
const PAGE_LIMIT_MAX = 500
/** A series has at most this many points: eleven years of hours. */
const POINTS_MAX = 100_000
/** Where the host tells how far its start has come; absent in AWS and when it is done. */
export const PROGRESS_KEY = 'host/progress'
export const DEMO_KEY = 'host/demo'

const monthQuery = z.object({
  month: z
    .string()
    .regex(/^[12]\d{3}-(0[1-9]|1[0-2])$/, 'must be YYYY-MM')
    .optional(),
})
/** Whole years that have four digits before and after them, so that every month near them can be written. */
const INSTANT_MS_MIN = Date.UTC(1000, 0, 1)
const INSTANT_MS_MAX = Date.UTC(3000, 0, 1)
const INSTANT_WANTED = 'must be RFC 3339 with an offset, or epoch milliseconds, of the years 1000 to 2999'
const instant = z.string({ error: INSTANT_WANTED }).transform((text, context) => {
  const ms = /^-?\d{1,15}$/.test(text) ? Number(text) : parseInstant(text)
  if (ms !== undefined && ms >= INSTANT_MS_MIN && ms < INSTANT_MS_MAX) return ms
  context.addIssue({ code: 'custom', message: INSTANT_WANTED })
  return z.NEVER
})
const pageQuery = z.object({
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT),
})

const coreRoutes: readonly Route[] = [
  route({
    route: 'GET /api/v1/health',
    summary: 'Whether the service is ready, and how far its start has come',
    response: healthViewSchema,
    async handle({ platform, head }): Promise<HealthView> {
      const progress = (await platform.state.get<NonNullable<HealthView['progress']>>(PROGRESS_KEY))?.value ?? null
      return {
        status: progress ? 'starting' : 'ok',
        version: '1',
        progress,
        institutions: head.institutions,
        meters: head.meters,
        rootArea: head.rootArea,
        demo: (await platform.state.get(DEMO_KEY)) !== undefined,
      }
    },
  }),

  route({
    route: 'GET /api/v1/areas/{code}',
    summary: 'An area and the areas below it',
    response: areaViewSchema,
    handle: async (context) => areaView(await areaOf(context), context),
  }),

  route({
    route: 'GET /api/v1/areas/{code}/status',
    summary: 'Dual control of an area and of each area below it',
    query: monthQuery,
    response: areaStatusViewSchema,
    async handle(context, { query }): Promise<AreaStatusView> {
      const { platform, registry } = context
      const area = await areaOf(context)
      const nowMs = platform.now()
      const month = query.month ?? (await latestMonth(platform.state, area.code, nowMs)) ?? monthOf(nowMs)
      const areas = await registry.areas()
      const judged = async (one: Area) =>
        dualControlOf(platform.state, registry, {
          subject: one.code,
          area: one.code,
          profileArea: parentOf(one.code, areas),
          month,
          nowMs,
        })
      const children = areas.filter(({ parent }) => parent === area.code)
      return {
        area: await areaView(area, context),
        dualControl: await judged(area),
        children: await Promise.all(
          children.map(async (child) => ({
            code: child.code,
            name: child.name,
            nameEn: child.nameEn ?? null,
            institutionCount: await institutionCount(child.code, context),
            dualControl: await judged(child),
          })),
        ),
      }
    },
  }),

  route({
    route: 'GET /api/v1/areas/{code}/freshness',
    summary: 'How many readings stand in an area, and whether all of them are in its totals and those above it',
    response: z.object({ upToDate: z.boolean(), readings: z.number() }),
    async handle(context) {
      const { platform, registry } = context
      const area = await areaOf(context)
      const shards = await shardsBelow(area.code, context)
      const areas = await registry.areas()
      let readings = 0
      let upToDate = true
      const overrides = await readOverrides(platform.state)
      for (const shard of shards) {
        const records = await registry.shard(shard)
        const read = withOverrides(records.meters.filter(isRead), overrides)
        const meters = read.map(({ id }) => id)
        const settled = await platform.state.get<SettledMark>(settledKey(shard))
        const { touched } = await platform.readings.touchedSince(meters, settled?.value.mark)
        const assessed = await platform.state.get<AssessedMark>(assessedKey(shard))
        const judgedBy = judgedByOf(records, shard, areas, await registry.tariffs())
        upToDate &&=
          touched.length === 0 &&
          unsettledMeters(read, settled?.value).length === 0 &&
          !(await hasNewFormulas(platform.state, shard, records.meters)) &&
          reopenedInstitutions(judgedBy, assessed?.value).length === 0
        readings += await platform.readings.count(meters)
      }
      const related = new Set(shards.flatMap((shard) => [shard, ...ancestors(shard, areas)]))
      const marks = await platform.state.getMany<DirtyMonths>([...related].map(dirtyKey))
      upToDate &&= marks.every(({ value }) => Object.keys(value).length === 0)
      return { upToDate, readings }
    },
  }),

  route({
    route: 'GET /api/v1/institutions',
    summary: 'Institutions of an area and all below it, with their grade and status',
    query: pageQuery.extend({
      area: z.string().optional(),
      type: z.enum(INSTITUTION_TYPES).optional(),
      grade: z.enum([...RATINGS, 'none']).optional(),
      sort: z.enum(['id', 'energyPerArea', 'energyPerCapita', 'waterPerCapita']).default('id'),
    }),
    response: pageOf(institutionRowSchema),
    async handle(context, { query }) {
      const { area = context.head.rootArea ?? '', type, grade, sort, limit, cursor } = query
      if (query.area !== undefined) await areaOf({ ...context, path: { code: query.area } })
      const pages = await Promise.all(
        (await shardsBelow(area, context)).map((shard) =>
          context.platform.state.query<InstitutionRow>(summaryKey(shard)),
        ),
      )
      const rows = pages
        .flat()
        .map(({ value }) => value)
        .filter((row) => (!type || row.type === type) && (!grade || (row.rating ?? 'none') === grade))
        .sort(orders[sort])
      const first = cursor === undefined ? 0 : rows.findIndex(({ id }) => id === cursor) + 1
      if (cursor !== undefined && first === 0)
        throw new Problem(400, 'Bad request', `"${cursor}" is no cursor of this list`)
      const items = rows.slice(first, first + limit)
      return { items, next: first + limit < rows.length ? (items.at(-1)?.id ?? null) : null }
    },
  }),

  route({
    route: 'GET /api/v1/institutions/{id}',
    summary: 'An institution, its sizes as of now and its meters',
    response: institutionViewSchema,
    async handle(context) {
      const { platform, registry } = context
      const { institution, shard } = await institutionOf(context)
      const size = sizeOn(institution.sizes, platform.now())
      const { meters } = await registry.shard(shard)
      const settled = await platform.state.get<SettledMark>(settledKey(shard))
      const own = meters.filter((meter) => meter.institution === institution.id)
      const summary = await platform.state.get<InstitutionRow>(summaryKey(shard, institution.id))
      const areaName = (await registry.areas()).find(({ code }) => code === shard)?.name ?? shard
      return {
        ...(summary?.value ?? unjudged(institution, areaName)),
        heatingKind: institution.heatingKind ?? null,
        climateZone: institution.climateZone ?? null,
        ...size,
        meters: own.map((meter) => meterView(meter, settled?.value)),
      }
    },
  }),

  route({
    route: 'GET /api/v1/institutions/{id}/status',
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

  route({
    route: 'GET /api/v1/meters/{id}',
    summary: 'A meter',
    response: meterViewSchema,
    async handle(context) {
      const { meter, shard } = await meterOf(context)
      return meterView(meter, (await context.platform.state.get<SettledMark>(settledKey(shard)))?.value)
    },
  }),

  route({
    route: 'GET /api/v1/meters/{id}/series',
    summary: 'Readings or consumption of a meter; from and to are epoch milliseconds or RFC 3339, to is not included',
    query: z.object({ from: instant, to: instant, grain: z.enum(['raw', 'hour', 'day', 'month']).default('hour') }),
    response: seriesViewSchema,
    async handle(context, { query }): Promise<SeriesView> {
      const { meter } = await meterOf(context)
      const { from: fromMs, to: toMs, grain } = query
      if (toMs <= fromMs) throw new Problem(400, 'Bad request', '"to" must be after "from"', { field: 'to' })
      const frame = { meter: meter.id, grain, fromMs, toMs }
      if (grain === 'raw') return { ...frame, unit: meter.unit, points: await rawPoints(meter, fromMs, toMs, context) }
      if ((toMs - fromMs) / HOUR_MS > POINTS_MAX)
        throw new Problem(400, 'Bad request', `a series has at most ${POINTS_MAX} hours`, { field: 'from' })
      const days = await context.platform.consumption.get([meter.id], dayOf(fromMs), dayOf(toMs - 1) + 1)
      const hours = days.flatMap((day) => hourPoints(day)).filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      return {
        ...frame,
        unit: amountUnit(meter.medium),
        points: grain === 'hour' ? hours : summed(hours, grain, fromMs, toMs),
      }
    },
  }),

  route({
    route: 'GET /api/v1/rejections',
    summary: 'What was refused and why, the newest message first; `limit` counts messages',
    query: pageQuery.extend({ gateway: z.string().optional() }),
    response: pageOf(rejectionViewSchema).extend({
      counts: z.record(z.string(), z.number()).meta({ description: 'All that was refused so far, by code' }),
    }),
    async handle({ platform: { state } }, { query: { gateway, limit, cursor } }) {
      const found: Doc<RejectionRecord>[] = []
      for (let after = cursor; found.length <= limit; ) {
        const page = await state.query<RejectionRecord>('rejection/', {
          after,
          descending: true,
          limit: PAGE_LIMIT_MAX,
        })
        found.push(...page.filter(({ value }) => !gateway || value.gateway === gateway))
        if (page.length < PAGE_LIMIT_MAX) break
        after = page.at(-1)?.key
      }
      const messages = found.slice(0, limit)
      const items = messages.flatMap(({ value: { gateway: sender, receivedMs, rejections } }) =>
        rejections.map((rejection) => ({ gateway: sender, receivedMs, ...rejection })),
      )
      const totals = gateway
        ? await state.getMany<RejectionCount>([rejectionKeys.count(gateway)])
        : await state.query<RejectionCount>(rejectionKeys.count(''))
      const counts = new Map<string, number>()
      for (const { value } of totals) {
        for (const [code, count] of Object.entries(value)) counts.set(code, (counts.get(code) ?? 0) + count)
      }
      return {
        items,
        next: found.length > limit ? (messages.at(-1)?.key ?? null) : null,
        counts: Object.fromEntries(counts),
      }
    },
  }),

  route({
    route: 'POST /api/v1/readings',
    summary: 'The same payload as over MQTT, with the gateway id and password as HTTP Basic credentials',
    role: 'gateway',
    body: readingsMessageSchema,
    rawBody: true,
    response: z.object({ stored: z.number(), rejected: z.number() }),
    async handle({ platform, principal }, { body }) {
      if (principal.role !== 'gateway') throw new Problem(403, 'Forbidden', 'only a gateway sends readings')
      const receivedMs = platform.now()
      const message = {
        id: randomUUID(),
        gateway: principal.gateway,
        payload: body as unknown as string,
        receivedMs,
      }
      const { stored, rejected, failed } = await ingest(platform)({ messages: [message] })
      if (failed.length > 0) throw new Error(failed[0].reason)
      return { stored, rejected }
    },
  }),

  route({
    route: 'PUT /api/v1/registry',
    summary: 'Adds records to the registry or replaces them: all of them, or none when one is wrong',
    role: 'admin',
    body: z.object({
      areas: z.array(areaSchema).optional(),
      institutions: z.array(institutionSchema).optional(),
      gateways: z.array(gatewaySchema.extend({ password: z.string().min(1).optional() })).optional(),
      meters: z.array(meterSchema).optional(),
      targets: z.array(targetSchema).optional(),
      quotas: z.array(quotaSchema).optional(),
      tariffs: z.array(tariffSchema).optional(),
      bills: z.array(billSchema).optional(),
    }),
    response: z.object({
      institutions: z.number(),
      meters: z.number(),
      warnings: z
        .array(z.object({ kind: z.string(), id: z.string(), index: z.number(), field: z.string(), reason: z.string() }))
        .meta({ description: 'What results will lack; nothing was refused for it' }),
      secrets: z
        .array(z.object({ id: z.string(), secret: z.string() }))
        .meta({ description: 'Secrets of gateways that had none and came without a password; shown this once' }),
    }),
    async handle({ platform }, { body }) {
      const gateways = body.gateways ?? []
      const { problems, warnings, head } = await importRegistry(platform.state, {
        ...body,
        gateways: body.gateways?.map(({ password: _, ...gateway }) => gateway),
      })
      if (problems.length > 0) {
        const [{ kind, id, field, reason }] = problems
        throw new Problem(422, 'Registry refused', `${kind} "${id}": ${field} ${reason}`, { problems })
      }
      const secrets = await platform.devices.provision(gateways)
      // What is registered otherwise now is settled and judged anew; of the others nothing is found to do.
      await platform.fanOut.send('settle', head.shards)
      await platform.fanOut.send('assess', head.shards)
      return { institutions: head.institutions, meters: head.meters, secrets, warnings }
    },
  }),
]

export const apiRoutes: readonly Route[] = [...coreRoutes, ...fieldRoutes, ...alertRoutes, ...energyRoutes]

const orders: Record<string, (a: InstitutionRow, b: InstitutionRow) => number> = {
  id: (a, b) => a.id.localeCompare(b.id),
  energyPerArea: (a, b) => (b.energyPerAreaKgce ?? -1) - (a.energyPerAreaKgce ?? -1) || a.id.localeCompare(b.id),
  energyPerCapita: (a, b) => (b.energyPerCapitaKgce ?? -1) - (a.energyPerCapitaKgce ?? -1) || a.id.localeCompare(b.id),
  waterPerCapita: (a, b) => (b.waterPerCapitaM3 ?? -1) - (a.waterPerCapitaM3 ?? -1) || a.id.localeCompare(b.id),
}

async function areaOf({ registry, path }: Pick<RouteContext, 'registry' | 'path'>): Promise<Area> {
  const area = (await registry.areas()).find(({ code }) => code === path.code)
  if (!area) throw notFound('area', path.code)
  return area
}

async function institutionOf({ registry, path }: RouteContext) {
  const found = await registry.institution(path.id)
  if (!found) throw notFound('institution', path.id)
  return found
}

async function meterOf({ registry, path }: RouteContext) {
  const found = await registry.meter(path.id)
  if (!found) throw notFound('meter', path.id)
  return found
}

const ancestors = (code: string, areas: readonly Area[]): string[] => {
  const parent = parentOf(code, areas)
  return parent ? [parent, ...ancestors(parent, areas)] : []
}

async function shardsBelow(code: string, { registry, head }: RouteContext): Promise<string[]> {
  const areas = await registry.areas()
  return head.shards.filter((shard) => shard === code || ancestors(shard, areas).includes(code))
}

async function institutionCount(code: string, context: RouteContext): Promise<number> {
  const shards = await Promise.all((await shardsBelow(code, context)).map((shard) => context.registry.shard(shard)))
  return shards.reduce((sum, { institutions }) => sum + institutions.length, 0)
}

async function areaView(area: Area, context: RouteContext): Promise<AreaView> {
  const children = (await context.registry.areas()).filter(({ parent }) => parent === area.code)
  return {
    code: area.code,
    name: area.name,
    nameEn: area.nameEn ?? null,
    level: area.level,
    parent: area.parent ?? null,
    children: children.map(({ code, name, nameEn }) => ({ code, name, nameEn: nameEn ?? null })),
    institutionCount: await institutionCount(area.code, context),
  }
}

const meterView = (meter: Meter, settled: SettledMark | undefined): MeterView => ({
  id: meter.id,
  institution: meter.institution,
  gateway: meter.gateway ?? null,
  name: meter.name ?? null,
  medium: meter.medium,
  purpose: meter.purpose ?? null,
  role: meter.role,
  unit: meter.unit,
  kind: meter.kind,
  amountUnit: amountUnit(meter.medium),
  lastReadingAtMs: settled?.extents[meter.id]?.[1] ?? null,
})

async function rawPoints(meter: Meter, fromMs: number, toMs: number, { platform }: RouteContext) {
  const samples = (await platform.readings.range([meter.id], fromMs, toMs)).get(meter.id)
  if (!samples) return []
  if (samples.atMs.length > POINTS_MAX)
    throw new Problem(400, 'Bad request', `a series has at most ${POINTS_MAX} points`, { field: 'from' })
  return Array.from(samples.atMs, (atMs, i) => ({ atMs, value: samples.value[i] }))
}

type HourPoint = { atMs: number; value: number | null; flag: (typeof HOUR_FLAGS)[number] }

const hourPoints = ({ day, amounts, flags }: ConsumptionDay): HourPoint[] =>
  Array.from(flags, (flag, hour) => ({ flag, hour }))
    .filter(({ flag }) => flag !== NO_HOUR)
    .map(({ flag, hour }) => ({
      atMs: dayStartMs(day) + hour * HOUR_MS,
      value: Number.isNaN(amounts[hour]) ? null : amounts[hour],
      flag: HOUR_FLAGS[flag],
    }))

/** Days or months of the asked range: the sum of the known hours, null when none is known. */
function summed(
  hours: readonly HourPoint[],
  grain: 'day' | 'month',
  fromMs: number,
  toMs: number,
): SeriesView['points'] {
  const startOf = (atMs: number): number =>
    grain === 'day' ? dayStartMs(dayOf(atMs)) : monthRange(monthOf(atMs)).fromMs
  const groups = Map.groupBy(hours, ({ atMs }) => startOf(atMs))
  const starts =
    grain === 'day'
      ? Array.from({ length: dayOf(toMs - 1) - dayOf(fromMs) + 1 }, (_, i) => dayStartMs(dayOf(fromMs) + i))
      : monthsThrough(monthOf(fromMs), monthOf(toMs - 1)).map((month) => monthRange(month).fromMs)
  return starts.map((atMs) => {
    const known = (groups.get(atMs) ?? []).filter(({ value }) => value !== null)
    const endMs = grain === 'day' ? atMs + 24 * HOUR_MS : monthRange(monthOf(atMs)).toMs
    return {
      atMs,
      value: known.length > 0 ? known.reduce((sum, { value }) => sum + (value ?? 0), 0) : null,
      hoursKnown: known.length,
      hoursExpected: (Math.min(endMs, toMs) - Math.max(atMs, fromMs)) / HOUR_MS,
    }
  })
}

/** The row of an institution of which nothing was judged yet. */
const unjudged = (
  { id, name, nameEn, area, type, venueKind, level }: Awaited<ReturnType<typeof institutionOf>>['institution'],
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
  rating: null,
  status: null,
  energyPerAreaKgce: null,
  energyPerCapitaKgce: null,
  waterPerCapitaM3: null,
  coverage: null,
})
