// Deletes cleared alerts and finished notifications when their time is over. Each has a mark in order of time, so a run
// reads only those due, oldest first, and never more than it can delete.

import { DAY_MS } from '../../domain/calendar.ts'
import { type Retention, retentionSchema } from '../../domain/notify/retention.ts'
import { alertKeys, type ClosedAlert } from '../alerts/store.ts'
import { docKey, type Key, type StateStore } from '../platform.ts'
import { notificationKeys } from './outbox.ts'

export const RETENTION_KEY = docKey<unknown>('setting/retention')

/** The setting; the defaults where it is missing or no longer fits. */
export async function retentionOf(state: Pick<StateStore, 'get'>): Promise<Retention> {
  const set = (await state.get(RETENTION_KEY))?.value
  return retentionSchema.safeParse(set).data ?? retentionSchema.parse({})
}

/** Deletes at most `docsMax` alerts and as many notifications; the rest is due the next time. */
export async function forgetDone(state: StateStore, nowMs: number, docsMax: number): Promise<void> {
  const { alertDays, notificationDays } = await retentionOf(state)
  await forgetAlerts(state, nowMs - alertDays * DAY_MS, docsMax)
  const done = await dueMarks<string>(state, {
    marks: notificationKeys.done,
    beforeMs: nowMs - notificationDays * DAY_MS,
    docsMax,
  })
  await state.delete(done.map(({ value }) => notificationKeys.record(value)))
  // Marks go last: a kill in between leaves marks of deleted documents, which go the next time.
  await state.delete(done.map(({ key }) => key))
}

async function forgetAlerts(state: StateStore, beforeMs: number, docsMax: number): Promise<void> {
  const done = await dueMarks<ClosedAlert>(state, { marks: alertKeys.done, beforeMs, docsMax })
  const places = await state.getMany(done.map(({ value: { id } }) => alertKeys.place(id)))
  const closedMs = new Map(places.map(({ key, value }) => [key, value.closed ? value.closedMs : undefined]))
  await state.delete(
    done.flatMap(({ value: { id, shard, atMs } }) => {
      const place = alertKeys.place(id)
      // A reopened alert has another place by now.
      return [alertKeys.closed(shard, atMs, id), ...(closedMs.get(place) === atMs ? [place] : [])]
    }),
  )
  await state.delete(done.map(({ key }) => key))
}

async function dueMarks<T>(
  state: StateStore,
  { marks, beforeMs, docsMax }: { marks: (atMs?: number) => Key<T>; beforeMs: number; docsMax: number },
): Promise<{ key: string; value: T }[]> {
  const oldest = await state.query(marks(), { limit: docsMax })
  return oldest.filter(({ key }) => key < marks(beforeMs))
}
