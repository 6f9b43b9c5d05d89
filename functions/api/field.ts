// Routes of field events: register events and their review, repairs, revisions.

import * as z from 'zod'
import { DAY_MS } from '../../domain/calendar.ts'
import { causeText } from '../../domain/judge/revision-cause.ts'
import { must } from '../../domain/must.ts'
import type { Meter } from '../../domain/registry/records.ts'
import { canUndo, eventId, parseEventId, type ReviewState } from '../../domain/settle/review.ts'
import {
  type EventView,
  eventsViewSchema,
  eventViewSchema,
  type RepairView,
  type RevisionView,
  repairViewSchema,
  revisionsViewSchema,
} from '../../domain/view/field.ts'
import { pageOf } from '../../domain/view/view.ts'
import type { Scope } from '../access/permit.ts'
import { signer } from '../access/principal.ts'
import { revisionKey } from '../judging/revision.ts'
import type { Platform } from '../platform.ts'
import { shardsBelow } from '../registry/reader.ts'
import { eventOf, eventsOf, type MeterEvent } from '../settling/events.ts'
import { repair, repairKey } from '../settling/repair.ts'
import { putReview } from '../settling/review.ts'
import { areaOf, instant, institutionOf, meterOf, paged, pageQuery } from './query.ts'
import { ApiProblem, type RouteContext, route } from './route.ts'

/** A list reads at most this many meter-days: the events of 1,000 meters in a year. */
const METER_DAYS_MAX = 366_000
const REPAIR_ROWS_MAX = 100_000

const rangeQuery = z.object({ from: instant, to: instant })

const reviewBody = z.object({ who: z.string().min(1).max(200).optional(), note: z.string().max(2_000).optional() })

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]).optional()

/** A route by which a person sets a register event to `state`. */
const review = (state: ReviewState, summary: string) => ({
  access: { action: 'review' as const, at: { meter: 'id' as const } },
  summary,
  body: reviewBody,
  response: eventViewSchema,
  async handle(context: RouteContext<'id' | 'event'>, { body }: { body: z.output<typeof reviewBody> }) {
    const { platform, path } = context
    const found = await meterOf(context)
    if (!parseEventId(path.event)) throw new ApiProblem(400, 'Bad request', `"${path.event}" is no event: kind:atMs`)
    const event = await eventOf(platform, found.meter, path.event)
    if (!event) throw new ApiProblem(404, 'Not found', `meter "${path.id}" has no event "${path.event}"`)
    if (state === 'undone' && !canUndo(event))
      throw new ApiProblem(409, 'Conflict', 'a replacement stands in the registry, and is corrected there')
    const entry = { state, who: signer(context.principal, body.who), note: body.note ?? null, atMs: platform.now() }
    const reviewed = await putReview(platform.state, { meter: path.id, event }, entry)
    await platform.fanOut.send('settle', [found.shard])
    return viewOf({ meter: path.id, event: reviewed.event, review: reviewed })
  },
})

export const fieldRoutes = {
  ...route('GET /api/v1/meters/{id}/events', {
    access: { action: 'field', at: { meter: 'id' } },
    summary: 'Register events of a meter with their reviews, undone ones included, in order of time',
    query: rangeQuery,
    response: eventsViewSchema,
    async handle(context, { query: range }) {
      const { meter } = await meterOf(context)
      return { items: await eventViews(context, [meter], range) }
    },
  }),

  ...route('GET /api/v1/areas/{code}/events', {
    access: { action: 'field', at: { area: 'code' } },
    summary: 'Register events of all meters of an area and below it, in order of time',
    query: rangeQuery.extend({ reviewed: z.enum(['true', 'false']).optional(), ...pageQuery.shape }),
    response: pageOf(eventViewSchema),
    async handle(context, { query }) {
      const { reviewed } = query
      const meters = await metersBelow(context)
      const all = await eventViews(context, meters, query)
      const items = all.filter(({ state }) => reviewed === undefined || (state !== 'open') === (reviewed === 'true'))
      return paged(items, ({ atMs, meter, kind }) => `${atMs}/${meter}/${kind}`, query)
    },
  }),

  ...route(
    'POST /api/v1/meters/{id}/events/{event}/accept',
    review('accepted', 'Says that a register event is what it was taken for'),
  ),
  ...route(
    'POST /api/v1/meters/{id}/events/{event}/undo',
    review('undone', 'Says that a register event is not what it was taken for; its hours are settled anew'),
  ),
  ...route(
    'POST /api/v1/meters/{id}/events/{event}/reopen',
    review('open', 'Takes back what was said of a register event'),
  ),

  ...route('POST /api/v1/repairs', {
    access: { action: 'repair', at: 'registry' },
    summary: 'Corrects readings or takes them back: all rows, or none when one is refused',
    body: z.object({
      file: z.string().min(1).max(500).default('api'),
      who: z.string().min(1).max(200).default('admin'),
      note: z.string().max(2_000).optional(),
      rows: z.array(z.object({ meter: cell, at: cell, value: cell, remove: cell })).max(REPAIR_ROWS_MAX),
    }),
    response: repairViewSchema,
    async handle({ platform }, { body }) {
      const { refused, record } = await repair(platform, body)
      if (record) return record
      const { row, field, reason } = must(refused[0])
      throw new ApiProblem(422, 'Repair refused', `row ${row}: ${field} ${reason}`, { problems: refused })
    },
  }),

  ...route('GET /api/v1/repairs', {
    access: { action: 'field', at: { list: [] } },
    summary: 'Repairs, the newest first',
    query: pageQuery,
    response: pageOf(repairViewSchema),
    async handle({ platform: { state }, scope }, { query: { cursor, limit } }) {
      const after = cursor === undefined ? undefined : repairKey(cursor)
      const docs = await state.query(repairKey(), { descending: true, after, limit: limit + 1 })
      const page = docs.slice(0, limit).map(({ value }) => value)
      const shown = await Promise.all(page.map((record) => repairWithin(record, scope)))
      const items = shown.filter((record) => record !== undefined)
      return { items, next: docs.length > limit ? (page.at(-1)?.id ?? null) : null }
    },
  }),

  ...route('GET /api/v1/institutions/{id}/revisions', {
    access: { action: 'figures', at: { institution: 'id' } },
    summary: 'What changed in closed months of an institution, by month and in order, and why',
    response: revisionsViewSchema,
    async handle(context) {
      const { institution } = await institutionOf(context)
      return { items: await revisionsOf(context.platform, institution.id) }
    },
  }),

  ...route('GET /api/v1/areas/{code}/revisions', {
    access: { action: 'figures', at: { area: 'code' } },
    summary: 'What changed in closed months of an area, by month and in order, and in which subjects below it',
    response: revisionsViewSchema,
    async handle(context) {
      const area = await areaOf(context)
      return { items: await revisionsOf(context.platform, area.code) }
    },
  }),
}

/** The rows of meters in scope; undefined when there are none. What was refused names no meter, and is left out. */
async function repairWithin(record: RepairView, scope: Scope): Promise<RepairView | undefined> {
  if (scope.isWhole) return record
  const meters = [...new Set(record.rows.map(({ meter }) => meter))]
  const own = new Set(await Promise.all(meters.map(async (id) => ((await scope.coversSubject('meter', id)) ? id : ''))))
  const rows = record.rows.filter(({ meter }) => own.has(meter))
  const { refused: _, ...rest } = record
  return rows.length > 0 ? { ...rest, rows } : undefined
}

async function revisionsOf({ state }: Platform, subject: string): Promise<RevisionView[]> {
  const docs = await state.query(revisionKey(subject))
  return docs.map(({ value: { causes = [], ...revision } }) => {
    const cause = causes.length > 0 ? causes.map(causeText).join('; ') : null
    return { ...revision, cause, causes }
  })
}

/** Events in the API's form. Throws a Problem for an empty or too long range. */
async function eventViews(
  { platform }: RouteContext,
  meters: readonly Meter[],
  range: { from: number; to: number },
): Promise<EventView[]> {
  const [fromMs, toMs] = [range.from, range.to]
  if (toMs <= fromMs) throw new ApiProblem(400, 'Bad request', '"to" must be after "from"', { field: 'to' })
  const meterDays = meters.length * Math.ceil((toMs - fromMs) / DAY_MS)
  if (meterDays > METER_DAYS_MAX)
    throw new ApiProblem(400, 'Bad request', `a list covers at most ${METER_DAYS_MAX} days of meters`, {
      field: 'from',
    })
  return (await eventsOf(platform, meters, { fromMs, toMs })).map(viewOf)
}

function viewOf({ meter, event, review }: MeterEvent): EventView {
  const { kind, atMs, ...rest } = event
  const { state = 'open', history = [] } = review ?? {}
  const details: Record<string, number> = {}
  for (const [name, value] of Object.entries(rest)) if (typeof value === 'number') details[name] = value
  const proposed = 'proposed' in event ? event.proposed : undefined
  return { id: eventId(event), meter, kind, atMs, details, proposed, state, history }
}

async function metersBelow(context: RouteContext<'code'>): Promise<Meter[]> {
  const below = await shardsBelow((await areaOf(context)).code, context)
  const shards = await Promise.all(below.map((shard) => context.registry.shard(shard)))
  return shards.flatMap(({ meters }) => meters)
}
