// Where alerts stand: open ones by shard (county or area), cleared ones as history, and what happened as an outbox that
// `notify` empties. Whoever judges writes all three in one put, so that nothing is raised that nobody hears of.

import { type Alert, type AlertEvent, type advanceAll, alertSlot } from '../domain/alert.ts'
import { type AlertThreshold, alertThresholdSchema } from '../domain/alert-threshold.ts'
import type { DocWrite, StateStore } from './platform.ts'

type Advanced = ReturnType<typeof advanceAll>

/** Milliseconds in a key sort as numbers up to the year 5138. */
const sortable = (ms: number): string => String(ms).padStart(14, '0')

export const alertKeys = {
  /** Pending, raised and acknowledged alerts of a shard, by slot. */
  open: (shard: string, slot = '') => `alert-open/${shard}/${slot}`,
  /** Where an open alert lies, by its id alone. */
  place: (id: string) => `alert-place/${id}`,
  /** Cleared alerts of a shard, the order of clearing. */
  closed: (shard: string, clearedMs?: number, id = '') =>
    `alert-closed/${shard}/${clearedMs === undefined ? '' : `${sortable(clearedMs)}/${id}`}`,
  /** Events that nobody was told of yet, in order of time. */
  event: (event?: AlertEvent) =>
    event ? `alert-event/${sortable(event.atMs)}/${event.alert}/${event.what}${event.level}` : 'alert-event/',
  /** What users set for one subject: AlertThreshold[]. */
  thresholds: (subject: string) => `setting/alert-threshold/${subject}`,
} as const

/** Of a shard; pending ones among them. */
export async function standingAlerts(state: StateStore, shard: string): Promise<Alert[]> {
  return (await state.query<Alert>(alertKeys.open(shard))).map(({ value }) => value)
}

/** Writes one round's outcome for a shard: `advanceAll`, or single steps gathered in the same shape. */
export async function storeAlerts(
  state: StateStore,
  shard: string,
  { changed, dropped, events }: Pick<Advanced, 'changed' | 'dropped' | 'events'>,
): Promise<void> {
  const closed = changed.filter((alert) => alert.state === 'cleared')
  const writes: DocWrite[] = [
    ...changed.filter((alert) => alert.state !== 'cleared').flatMap((alert) => openDocs(shard, alert)),
    ...closed.map((alert) => ({
      key: alertKeys.closed(shard, alert.history.at(-1)?.atMs ?? alert.sinceMs, alert.id),
      value: alert,
    })),
    ...closed.map((alert) => ({ key: alertKeys.place(alert.id), value: { shard, closed: true } })),
    ...events.map((event) => ({ key: alertKeys.event(event), value: event })),
  ]
  await state.put(writes)
  // After the put: a kill in between leaves a cleared alert standing, and the next round clears it again under its old id.
  await state.delete([...closed, ...dropped].map((alert) => alertKeys.open(shard, alertSlot(alert))))
}

const openDocs = (shard: string, alert: Alert): DocWrite[] => [
  { key: alertKeys.open(shard, alertSlot(alert)), value: alert },
  ...(alert.state === 'pending' ? [] : [{ key: alertKeys.place(alert.id), value: { shard, closed: false } }]),
]

/** What users set on any of the subjects given. Documents that no longer fit the schema are left out, not followed. */
export async function thresholdsOf(state: StateStore, subjects: readonly string[]): Promise<AlertThreshold[]> {
  const docs = await state.getMany<unknown[]>(subjects.map(alertKeys.thresholds))
  return docs.flatMap(({ value }) => value.flatMap((one) => alertThresholdSchema.safeParse(one).data ?? []))
}
