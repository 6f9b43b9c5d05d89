// Stores alerts: open ones by shard (county or area), cleared ones as history, and their events as an outbox that
// `notify` empties. All three of an alert go into one put, so that no alert is raised without a notification.

import { type Alert, type AlertEvent, type advanceAll, alertSlot, canReopen } from '../../domain/alert/life.ts'
import { type AlertThreshold, alertThresholdSchema } from '../../domain/alert/threshold.ts'
import { must } from '../../domain/must.ts'
import { type DocWrite, docKey, type StateStore } from '../platform.ts'
import { putTogether } from '../state/put-together.ts'

type Advanced = ReturnType<typeof advanceAll>

/** Milliseconds in a key sort as numbers up to the year 5138. */
export const sortable = (ms: number): string => String(ms).padStart(14, '0')

export const alertKeys = {
  /** Pending, raised and acknowledged alerts of a shard, by slot. */
  open: (shard: string, slot = '') => docKey<Alert>(`alert-open/${shard}/${slot}`),
  openOf: (shard: string, alert: Pick<Alert, 'kind' | 'subject'>) => alertKeys.open(shard, alertSlot(alert)),
  /** Recently cleared alerts that may come back, by slot. */
  recent: (shard: string, slot = '') => docKey<Alert>(`alert-recent/${shard}/${slot}`),
  /** Where an alert is stored, by its id alone. */
  place: (id: string) => docKey<AlertWhere>(`alert-place/${id}`),
  /** Cleared alerts of a shard, the order of clearing. */
  closed: (shard: string, clearedMs?: number, id = '') =>
    docKey<Alert>(`alert-closed/${shard}/${clearedMs === undefined ? '' : `${sortable(clearedMs)}/${id}`}`),
  /** Marks of cleared alerts in order of time, for retention: ClosedAlert. */
  done: (atMs?: number, id = '') =>
    docKey<ClosedAlert>(`alert-done/${atMs === undefined ? '' : `${sortable(atMs)}/${id}`}`),
  /** Events that are not yet told, in order of time. */
  event: (event?: AlertEvent) =>
    docKey<AlertEvent>(
      event ? `alert-event/${sortable(event.atMs)}/${event.alert}/${event.what}${event.level}` : 'alert-event/',
    ),
  /** User-set limits of one subject: AlertThreshold[]. */
  thresholds: (subject: string) => docKey<unknown[]>(`setting/alert-threshold/${subject}`),
} as const

/** Content of the mark of a cleared alert. */
export interface ClosedAlert {
  id: string
  shard: string
  atMs: number
}

/** Content of `alertKeys.place`. */
export interface AlertWhere {
  shard: string
  closed: boolean
  closedMs?: number
}

/** Current alerts of a shard, pending ones included. */
export async function currentAlerts(state: StateStore, shard: string): Promise<Alert[]> {
  return (await state.query(alertKeys.open(shard))).map(({ value }) => value)
}

/**
 * A shard's cleared alerts that may still come back, and the keys of those that no longer may and are to be deleted.
 */
export async function recentAlerts(
  state: StateStore,
  shard: string,
  { current, nowMs }: { current: readonly Alert[]; nowMs: number },
): Promise<{ recent: Alert[]; past: string[] }> {
  const open = new Set(current.map(alertSlot))
  const docs = await state.query(alertKeys.recent(shard))
  const isRecent = ({ value }: { value: Alert }): boolean => canReopen(value, nowMs) && !open.has(alertSlot(value))
  return {
    recent: docs.filter(isRecent).map(({ value }) => value),
    past: docs.filter((doc) => !isRecent(doc)).map(({ key }) => key),
  }
}

/** Writes one round's outcome for a shard: `advanceAll`, or single steps gathered in the same shape. */
export async function storeAlerts(
  state: StateStore,
  shard: string,
  { changed, dropped, events }: Pick<Advanced, 'changed' | 'dropped' | 'events'>,
): Promise<void> {
  const eventsOf = Map.groupBy(events, ({ alert }) => alert)
  const rounds = changed.map((alert) => alertWrites(shard, alert, eventsOf.get(alert.id) ?? []))
  await putTogether(state, rounds)
  const closed = changed.filter((alert) => alert.state === 'cleared')
  // Deleted after the put: a kill in between leaves a cleared alert current, and the next round clears it again under
  // its old id.
  const reopened = changed.filter(({ history }) => history.at(-1)?.what === 'reopened')
  await state.delete([
    ...[...closed, ...dropped].map((alert) => alertKeys.open(shard, alertSlot(alert))),
    ...reopened.flatMap((alert) => closedKeys(shard, alert)),
  ])
}

/** Keys that clearing wrote for an alert that is now reopened: it is no history any more. */
const closedKeys = (shard: string, alert: Alert): string[] => [
  alertKeys.recent(shard, alertSlot(alert)),
  ...alert.history.flatMap(({ what, atMs }) =>
    what === 'cleared' ? [alertKeys.closed(shard, atMs, alert.id), alertKeys.done(atMs, alert.id)] : [],
  ),
]

/** What is written of an alert that does not leave its state by it: the alert, its place and its new events. */
export const alertWrites = (shard: string, alert: Alert, events: readonly AlertEvent[]): DocWrite[] => [
  ...alertDocs(shard, alert),
  ...events.map((event) => ({ key: alertKeys.event(event), value: event })),
]

function alertDocs(shard: string, alert: Alert): DocWrite[] {
  const place = (where: AlertWhere): DocWrite => ({ key: alertKeys.place(alert.id), value: where })
  if (alert.state === 'cleared') {
    const closedMs = alert.history.at(-1)?.atMs ?? alert.sinceMs
    const closed = { key: alertKeys.closed(shard, closedMs, alert.id), value: alert }
    const recent = { key: alertKeys.recent(shard, alertSlot(alert)), value: alert }
    const mark: ClosedAlert = { id: alert.id, shard, atMs: closedMs }
    const done = { key: alertKeys.done(closedMs, alert.id), value: mark }
    return [closed, place({ shard, closed: true, closedMs }), done, ...(canReopen(alert, closedMs) ? [recent] : [])]
  }
  const open = { key: alertKeys.open(shard, alertSlot(alert)), value: alert }
  return alert.state === 'pending' ? [open] : [open, place({ shard, closed: false })]
}

/** User-set limits of the given subjects. Skips documents that no longer fit the schema. */
export async function thresholdsOf(state: StateStore, subjects: readonly string[]): Promise<AlertThreshold[]> {
  const docs = await state.getMany(subjects.map(alertKeys.thresholds))
  return docs.flatMap(({ value }) => value.flatMap((one) => alertThresholdSchema.safeParse(one).data ?? []))
}

/** All user-set limits, to judge a whole shard. */
export async function allThresholds(state: StateStore): Promise<AlertThreshold[]> {
  const docs = await state.query(alertKeys.thresholds(''))
  return docs.flatMap(({ value }) => value.flatMap((one) => alertThresholdSchema.safeParse(one).data ?? []))
}

/** One alert by its id, open or cleared, and the area that stores it. */
export async function alertOf(state: StateStore, id: string): Promise<{ alert: Alert; area: string } | undefined> {
  const where = (await state.get(alertKeys.place(id)))?.value
  if (!where) return undefined
  const { shard, closed, closedMs } = where
  // An id is the alert's slot and start time.
  const slot = id.slice(0, id.lastIndexOf(':'))
  const alert = (await state.get(closed ? alertKeys.closed(shard, closedMs, id) : alertKeys.open(shard, slot)))?.value
  return alert?.id === id ? { alert, area: shard } : undefined
}

export interface AlertSlice {
  wanted(alert: Alert, area: string): boolean
  /** The cursor: where the previous page ended. */
  after?: string
  limit: number
}
interface Listed {
  alert: Alert
  area: string
  cursor: string
}

const CLOSED_PAGE = 200

/** Open alerts of areas, latest raised first. */
export async function openAlerts(state: StateStore, areas: readonly string[], page: AlertSlice): Promise<Listed[]> {
  const found = await Promise.all(
    areas.map(async (area) =>
      (await state.query(alertKeys.open(area)))
        .filter(({ value }) => page.wanted(value, area))
        .map(({ value }) => ({
          alert: value,
          area,
          cursor: `${sortable(value.raisedMs ?? value.sinceMs)}/${value.id}`,
        })),
    ),
  )
  return latestFirst(found.flat(), page)
}

/** Cleared alerts of areas, latest cleared first. */
export async function closedAlerts(state: StateStore, areas: readonly string[], page: AlertSlice): Promise<Listed[]> {
  const found = await Promise.all(areas.map((area) => closedOf(state, area, page)))
  return latestFirst(found.flat(), page)
}

async function closedOf(state: StateStore, area: string, { wanted, after, limit }: AlertSlice): Promise<Listed[]> {
  const prefix = alertKeys.closed(area)
  const found: Listed[] = []
  for (let from = after && `${prefix}${after}`; found.length < limit; ) {
    const docs = await state.query(prefix, {
      descending: true,
      limit: CLOSED_PAGE,
      ...(from && { after: from }),
    })
    const own = docs.filter(({ value }) => wanted(value, area))
    found.push(...own.map(({ key, value }) => ({ alert: value, area, cursor: key.slice(prefix.length) })))
    if (docs.length < CLOSED_PAGE) break
    from = must(docs.at(-1)).key
  }
  return found
}

const latestFirst = (found: readonly Listed[], { after, limit }: AlertSlice): Listed[] =>
  found
    .filter(({ cursor }) => after === undefined || cursor < after)
    .toSorted((a, b) => (a.cursor < b.cursor ? 1 : -1))
    .slice(0, limit)
