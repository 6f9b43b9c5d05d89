// Stores the outbox of notifications: a record that stays, so that nothing is sent twice, and a mark that is deleted
// when it is done, so that a round reads only pending ones.

import type { Storm } from '../../domain/alert/storm.ts'
import type { Held, Notification } from '../../domain/notify/plan.ts'
import {
  type NotifySetting,
  notifySettingSchema,
  type Recipient,
  recipientSchema,
} from '../../domain/notify/setting.ts'
import { sortable } from '../alerts/store.ts'
import { type DocWrite, docKey, type StateStore, VersionConflict } from '../platform.ts'

export const notificationKeys = {
  record: (id: string) => docKey<NotificationRecord>(`notification/${id}`),
  pending: (id: string) => docKey<string>(`notification-pending/${id}`),
  /** Marks of notifications sent or given up, in order of time, for retention: the id. */
  done: (atMs?: number, id = '') =>
    docKey<string>(`notification-done/${atMs === undefined ? '' : `${sortable(atMs)}/${id}`}`),
  /** Lines that wait for the end of quiet hours or for the digest. */
  held: (id: string) => docKey<Held>(`notification-held/${id}`),
  /** Storm[] that were notified recently. */
  storms: docKey<Storm[]>('notification-storms'),
  recipient: (id: string) => docKey<unknown>(`setting/recipient/${id}`),
  /** NotifySetting. */
  setting: docKey<unknown>('setting/notify'),
} as const

/** State of a notification. */
export interface NotificationRecord {
  notification: Notification
  state: 'pending' | 'sent' | 'failed'
  attempts: number
  /** The next attempt is not made before this. */
  nextMs: number
  /** When it was sent or given up. */
  doneMs: number | null
  /** Why the last attempt failed. */
  error: string | null
}

/** Adds notifications to the outbox, each once: a known id is left as it is. */
export async function enqueue(state: StateStore, notifications: readonly Notification[]): Promise<void> {
  for (const notification of notifications) {
    const { id, createdMs } = notification
    const record: NotificationRecord = {
      notification,
      state: 'pending',
      attempts: 0,
      nextMs: createdMs,
      doneMs: null,
      error: null,
    }
    const mark: DocWrite = { key: notificationKeys.pending(id), value: id }
    try {
      await state.put([{ key: notificationKeys.record(id), value: record, ifVersion: 0 }, mark])
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
      // In AWS each write is separate: a kill may have left the record without its mark.
      const known = await state.get(notificationKeys.record(id))
      if (known?.value.state === 'pending') await state.put([mark])
    }
  }
}

export const hold = (state: StateStore, held: readonly Held[]): Promise<void> =>
  state.put(held.map((one) => ({ key: notificationKeys.held(one.id), value: one })))

/** Notifications sent or given up, latest first. */
export async function finishedNotifications(state: StateStore, limit: number): Promise<NotificationRecord[]> {
  const marks = await state.query(notificationKeys.done(), { descending: true, limit })
  const records = await state.getMany(marks.map(({ value }) => notificationKeys.record(value)))
  return records.map(({ value }) => value)
}

/** Skips documents that no longer fit the schema. */
export async function recipientsOf(state: StateStore): Promise<Recipient[]> {
  const docs = await state.query(notificationKeys.recipient(''))
  return docs.flatMap(({ value }) => recipientSchema.safeParse(value).data ?? [])
}

export async function notifySettingOf(state: Pick<StateStore, 'get'>): Promise<NotifySetting | undefined> {
  return notifySettingSchema.safeParse((await state.get(notificationKeys.setting))?.value).data
}
