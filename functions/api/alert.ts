// Routes of alerts: the list, one alert with its history, acknowledgement and thresholds.

import * as z from 'zod'
import type { AlertSubject } from '../../domain/alert/finding.ts'
import { ALERT_KINDS } from '../../domain/alert/kinds.ts'
import { type Alert, type AlertRemark, acknowledge, isOpen, REMARKS_MAX, remark } from '../../domain/alert/life.ts'
import { ALERT_RULES } from '../../domain/alert/rules.ts'
import { type AlertThreshold, alertThresholdSchema, resolveLimits } from '../../domain/alert/threshold.ts'
import { DAY_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { SEVERITIES } from '../../domain/phrase.ts'
import { areaPathOf } from '../../domain/registry/area.ts'
import type { Area } from '../../domain/registry/records.ts'
import {
  type AlertListView,
  type AlertPlace,
  alertCurveViewSchema,
  alertDetailView,
  alertDetailViewSchema,
  alertsPageSchema,
  alertView,
  type ThresholdsView,
  thresholdsViewSchema,
} from '../../domain/view/alert.ts'
import { senderName } from '../access/principal.ts'
import { alertMarkKey } from '../alerts/round.ts'
import { alertKeys, alertOf, closedAlerts, openAlerts, storeAlerts, thresholdsOf } from '../alerts/store.ts'
import { metersOfInstitution } from '../registry/reader.ts'
import { subjectPlace } from '../telling/plan.ts'
import { alertCurve } from './alert-curve.ts'
import { areaOf, instant, institutionOf, limitQuery } from './query.ts'
import { ApiProblem, notFound, type RouteContext, route } from './route.ts'

/** Alerts of one request. */
const BULK_MAX = 500
/** Reminders stop for at most so long: a season. */
const SNOOZE_DAYS_MAX = 90
/** A person's comment. */
const note = z.string().max(1000)

export const alertRoutes = {
  ...route('GET /api/v1/alerts', {
    access: { action: 'figures', at: { list: ['area', 'institution'] } },
    summary: 'Alerts of an area and all below it, the latest first: open ones, or those that were cleared',
    query: z.object({
      state: z.enum(['open', 'raised', 'acknowledged', 'cleared']).default('open'),
      area: z.string().optional(),
      institution: z.string().optional(),
      kind: z.enum(ALERT_KINDS).optional(),
      severity: z.enum(SEVERITIES).optional(),
      cursor: z.string().max(300).optional(),
      limit: limitQuery(),
    }),
    response: alertsPageSchema,
    async handle(context, { query }) {
      const { state, kind, severity, cursor, limit } = query
      const own =
        query.institution === undefined
          ? undefined
          : await institutionSubjects({ ...context, path: { id: query.institution } })
      if (query.area !== undefined) await areaOf({ ...context, path: { code: query.area } })
      const top = query.area ?? own?.area
      const { areas, isShown } = await alertsInScope(top, context)
      const wanted = (alert: Alert, area: string): boolean =>
        (kind === undefined || alert.kind === kind) &&
        (own === undefined || own.subjects.has(alert.subject.id)) &&
        (state === 'open' ? alert.state !== 'pending' : alert.state === state) &&
        isShown(alert, area)
      const isCleared = state === 'cleared'
      const isWeighed = (alert: Alert): boolean => severity === undefined || alert.severity === severity
      // Open alerts are all read anyway, so the total comes free.
      const most = isCleared ? limit + 1 : Number.POSITIVE_INFINITY
      const read = isCleared ? closedAlerts : openAlerts
      const all = await read(context.platform.state, areas, {
        wanted: (alert, area) => wanted(alert, area) && (!isCleared || isWeighed(alert)),
        ...{ after: cursor, limit: most },
      })
      const found = all.filter(({ alert }) => isWeighed(alert))
      const isCounted = !isCleared && cursor === undefined
      const items = await Promise.all(
        found
          .slice(0, limit)
          .map(async ({ alert, area }) => alertView(alert, await placeOf(context, alert.subject, area))),
      )
      return {
        items,
        next: found.length > limit ? (found[limit - 1]?.cursor ?? null) : null,
        total: isCounted ? found.length : null,
        severities: isCounted ? countsOf(all.map(({ alert }) => alert.severity)) : null,
        groups: isCounted ? groupsOf(found, await context.registry.areasByCode()) : null,
      }
    },
  }),

  ...route('GET /api/v1/alerts/{id}', {
    access: { action: 'figures', at: { alert: 'id' } },
    summary: 'One alert with its whole history',
    response: alertDetailViewSchema,
    async handle(context) {
      const { alert, area } = await knownAlert(context)
      return alertDetailView(alert, await placeOf(context, alert.subject, area))
    },
  }),

  ...route('GET /api/v1/alerts/{id}/curve', {
    access: { action: 'figures', at: { alert: 'id' } },
    summary: 'The curve of an alert with its limit, what it has cost so far, and what to look at first',
    response: alertCurveViewSchema,
    async handle(context) {
      const { alert } = await knownAlert(context)
      return alertCurve(alert, context)
    },
  }),

  ...route('POST /api/v1/alerts/{id}/ack', {
    access: { action: 'acknowledge', at: { alert: 'id' } },
    summary: 'Takes a raised alert in hand; one that is acknowledged or cleared already stays as it is',
    body: z.object({ by: z.string().min(1).max(100).default('admin'), note: note.optional() }),
    response: alertDetailViewSchema,
    async handle(context, { body }) {
      const { alert: before, area } = await knownAlert(context)
      const { platform } = context
      const { alert = before, events } = acknowledge(before, { who: body.by, note: body.note }, platform.now())
      if (events.length > 0)
        await storeAlerts(platform.state, area, { changed: [alert], dropped: [], events: [...events] })
      return alertDetailView(alert, await placeOf(context, alert.subject, area))
    },
  }),

  ...route('POST /api/v1/alerts/ack', {
    access: { action: 'acknowledge', at: { list: [] } },
    summary: 'Takes many raised alerts in hand at once; those out of reach, or not raised, stay as they are',
    body: z.object({
      ids: z.array(z.string().max(300)).min(1).max(BULK_MAX),
      by: z.string().min(1).max(100).default('admin'),
      note: note.optional(),
    }),
    response: z.object({ acknowledged: z.array(z.string()) }),
    async handle({ platform, scope }, { body: { ids, by, note: said } }) {
      const acknowledged: string[] = []
      for (const id of new Set(ids)) {
        const found = (await scope.coversSubject('alert', id)) && (await alertOf(platform.state, id))
        if (!found) continue
        const { alert, events } = acknowledge(found.alert, { who: by, note: said }, platform.now())
        if (!alert || events.length === 0) continue
        await storeAlerts(platform.state, found.area, { changed: [alert], dropped: [], events: [...events] })
        acknowledged.push(id)
      }
      return { acknowledged }
    },
  }),

  ...route('POST /api/v1/alerts/{id}/remark', {
    access: { action: 'acknowledge', at: { alert: 'id' } },
    summary: 'Comments on an open alert, says who has it in hand, or stops reminders until a time',
    body: z.object({
      by: z.string().min(1).max(100).default('admin'),
      note: note.min(1).optional(),
      assignee: z.string().min(1).max(100).optional(),
      snoozedUntil: instant.pipe(z.number()).optional(),
    }),
    response: alertDetailViewSchema,
    async handle(context, { body: { by, note: said, assignee, snoozedUntil } }) {
      const { alert: before, area } = await knownAlert(context)
      const { platform } = context
      const remarks: AlertRemark[] = [
        ...(said === undefined ? [] : [{ note: said }]),
        ...(assignee === undefined ? [] : [{ assignee }]),
        ...(snoozedUntil === undefined ? [] : [{ snoozedUntilMs: snoozedUntil }]),
      ]
      if (remarks.length === 0)
        throw new ApiProblem(400, 'Bad request', 'note, assignee or snoozedUntil must be given', { field: 'note' })
      if (!isOpen(before)) throw new ApiProblem(409, 'Conflict', 'the alert is not open any more')
      const nowMs = platform.now()
      const latestMs = nowMs + SNOOZE_DAYS_MAX * DAY_MS
      if (snoozedUntil !== undefined && !(snoozedUntil > nowMs && snoozedUntil <= latestMs))
        throw new ApiProblem(400, 'Bad request', `snoozedUntil must lie ahead, ${SNOOZE_DAYS_MAX} days at most`, {
          field: 'snoozedUntil',
        })
      if (before.history.length + remarks.length > REMARKS_MAX)
        throw new ApiProblem(409, 'Conflict', `an alert has at most ${REMARKS_MAX} entries`)
      const alert = remarks.reduce<Alert>((one, each) => remark(one, each, { who: by, nowMs }), before)
      await storeAlerts(platform.state, area, { changed: [alert], dropped: [], events: [] })
      return alertDetailView(alert, await placeOf(context, alert.subject, area))
    },
  }),

  ...route('GET /api/v1/settings/thresholds/{subject}', {
    access: { action: 'figures', at: { subject: 'subject' } },
    summary: 'What was set for an area, institution, meter or gateway, and the limits that hold for it',
    response: thresholdsViewSchema,
    handle: async (context) => thresholdsView(context, await knownSubject(context)),
  }),

  ...route('PUT /api/v1/settings/thresholds/{subject}', {
    access: { action: 'thresholds', at: { subject: 'subject' } },
    summary: 'Sets all thresholds of a subject in the place of those that stood; none: the defaults hold again',
    body: z.object({ thresholds: z.array(z.record(z.string(), z.unknown())).max(ALERT_KINDS.length) }),
    response: thresholdsViewSchema,
    async handle(context, { body }) {
      const { platform, registry, path } = context
      const subject = await knownSubject(context)
      const name = senderName(context.principal)
      const by = name === undefined ? {} : { by: name }
      const value = body.thresholds.map((one, index) => thresholdOf({ ...one, subject: path.subject, ...by }, index))
      const kinds = new Set(value.map(({ kind }) => kind))
      if (kinds.size < value.length) throw new ApiProblem(400, 'Bad request', 'thresholds: a kind is given twice')
      await platform.state.put([{ key: alertKeys.thresholds(path.subject), value }])
      // The new thresholds take effect now, not at tomorrow's round.
      const areas = areasBelow(await registry.areas(), subject.chain.at(subject.type === 'area' ? 0 : -subject.areas))
      await platform.state.delete(areas.map(alertMarkKey))
      const shards = areas.filter((code) => context.head.shards.includes(code))
      await platform.fanOut.send('assess', shards)
      return thresholdsView(context, subject)
    },
  }),
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** Alerts of one kind in one city as one row, the heaviest first, then the most. */
function groupsOf(
  found: readonly { alert: Alert; area: string }[],
  areas: ReadonlyMap<string, Area>,
): NonNullable<AlertListView['groups']> {
  const cityOf = (code: string): string => {
    const path = areaPathOf(code, areas)
    return path.find((one) => areas.get(one)?.level === 'city') ?? path.at(0) ?? code
  }
  const groups = Map.groupBy(found, ({ alert, area }) => `${alert.kind} ${alert.severity} ${cityOf(area)}`)
  return [...groups.values()]
    .map((own) => {
      const { alert, area } = must(own[0])
      const city = cityOf(area)
      const latestMs = Math.max(...own.map((one) => one.alert.raisedMs ?? one.alert.sinceMs))
      const { kind, severity } = alert
      const { name = city, nameEn = null } = areas.get(city) ?? {}
      const where = { area: city, areaName: name, areaNameEn: nameEn }
      return { kind, severity, ...where, count: own.length, latestMs }
    })
    .toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || b.count - a.count)
}

/** The area and all areas below it; empty when it is not registered. */
function areasBelow(areas: readonly Area[], code: string | undefined): string[] {
  const below = areas.filter((area) => area.code === code).map((area) => area.code)
  for (let index = 0; index < below.length; index++) {
    below.push(...areas.filter(({ parent }) => parent === below[index]).map((area) => area.code))
  }
  return below
}

/**
 * The areas whose alerts are read: `top` and all below it, or those that the sender may see anything of. In an area
 * that is in scope by institutions alone, the alerts of these are shown.
 */
async function alertsInScope(top: string | undefined, { registry, scope, head }: RouteContext) {
  const all = await registry.areas()
  const below = areasBelow(all, top ?? head.rootArea ?? undefined)
  if (scope.isWhole) return { areas: below, isShown: () => true }
  const covered = new Set<string>()
  for (const { code } of all) if (scope.covers({ areas: await registry.path(code) })) covered.add(code)
  const subjects = new Set<string>()
  const around = new Set<string>()
  for (const id of scope.institutions) {
    if (!(await registry.institution(id))) continue
    const own = await institutionSubjects({ registry, path: { id } })
    for (const subject of own.subjects) subjects.add(subject)
    around.add(own.area)
  }
  const areas = [...new Set([...covered, ...around])].filter((code) => top === undefined || below.includes(code))
  return { areas, isShown: ({ subject }: Alert, area: string) => covered.has(area) || subjects.has(subject.id) }
}

/** An institution, its meters and gateways: every possible subject of its alerts. */
async function institutionSubjects({ registry, path }: Pick<RouteContext<'id'>, 'registry' | 'path'>) {
  const { id } = path
  const { shard } = await institutionOf({ registry, path })
  const meters = metersOfInstitution(await registry.shard(shard), id)
  const gateways = meters.flatMap(({ gateway }) => gateway ?? [])
  return { area: shard, subjects: new Set([id, ...meters.map((meter) => meter.id), ...gateways]) }
}

async function knownAlert({ platform, path }: RouteContext<'id'>): Promise<{ alert: Alert; area: string }> {
  const found = await alertOf(platform.state, path.id)
  if (!found) throw new ApiProblem(404, 'Not found', `there is no alert "${path.id}"`)
  return found
}

async function placeOf({ registry }: RouteContext, subject: AlertSubject, area: string): Promise<AlertPlace> {
  const { name, institution } = await subjectPlace(registry, subject)
  return { where: name, area, institution: institution ?? null }
}

interface KnownSubject {
  type: AlertSubject['type']
  /** From the subject up to the province; the last `areas` of them are areas. */
  chain: string[]
  areas: number
  institutionType?: Parameters<typeof resolveLimits>[1]['institutionType']
}

/** An id may be any of the four; areas first, then from the large to the small. */
async function knownSubject({ registry, path: { subject: id } }: RouteContext<'subject'>): Promise<KnownSubject> {
  const areas = await registry.areasByCode()
  if (areas.has(id)) {
    const path = areaPathOf(id, areas)
    return { type: 'area', chain: path, areas: path.length }
  }
  const [meter, gateway] = [(await registry.meter(id))?.meter, (await registry.gateway(id))?.gateway]
  const direct = await registry.institution(id)
  const type = direct ? 'institution' : meter ? 'meter' : 'gateway'
  const found = direct ?? (await registry.institution((meter ?? gateway)?.institution ?? ''))
  if (!found) throw notFound('area, institution, meter or gateway', id)
  const path = areaPathOf(found.shard, areas)
  const own = direct ? [id] : [id, found.institution.id]
  return { type, chain: [...own, ...path], areas: path.length, institutionType: found.institution.type }
}

async function thresholdsView(
  { platform, path }: RouteContext<'subject'>,
  { type, chain, institutionType }: KnownSubject,
): Promise<ThresholdsView> {
  const all = await thresholdsOf(platform.state, chain)
  const kinds = ALERT_KINDS.filter(
    (kind) => type === 'area' || type === 'institution' || ALERT_RULES[kind].subjects.includes(type),
  )
  return {
    subject: path.subject,
    thresholds: all.filter(({ subject }) => subject === path.subject),
    limits: kinds.map((kind) => ({
      kind,
      unit: ALERT_RULES[kind].unit,
      ...resolveLimits(kind, { chain, institutionType }, all),
      parameters: { ...resolveLimits(kind, { chain, institutionType }, all).parameters },
      reason: ALERT_RULES[kind].reason,
    })),
  }
}

function thresholdOf(value: unknown, index: number): AlertThreshold {
  const parsed = alertThresholdSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = must(parsed.error.issues[0])
  const field = `thresholds.${index}.${issue.path.join('.')}`
  throw new ApiProblem(400, 'Bad request', `${field}: ${issue.message}`, { field })
}
