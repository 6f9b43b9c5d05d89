// Turns alert events into notifications and sends them. Both steps work from outboxes in the state store, so assessment
// only writes events and never waits for a mail server. Delivery is at least once: a kill between sending and recording
// repeats it.

import { must } from '../domain/must.ts'
import type { Notification } from '../domain/notify/plan.ts'
import type { Channel } from '../domain/notify/setting.ts'
import { tellProposals } from './controlling/proposals.ts'
import { handlerOf } from './handler.ts'
import {
  PermanentFailure,
  type Platform,
  SEND_MS_MAX,
  type ShardEvent,
  type ShardResult,
  VersionConflict,
} from './platform.ts'
import { remindOfReports } from './reporting/reminders.ts'
import { ackLinkOf } from './telling/ack-link.ts'
import { type NotificationRecord, notificationKeys, recipientsOf } from './telling/outbox.ts'
import { pageUrlOf, planPending } from './telling/plan.ts'

/** Attempts before a notification is given up: with the waits below, about half a day. */
export const ATTEMPTS_MAX = 12
const RETRY_MS_FIRST = 60_000
const RETRY_MS_MAX = 3_600_000
/** Messages to one destination a round. Robots of DingTalk and WeCom take 20 a minute, and a round is a minute. */
export const SENDS_PER_ROUND = 18
/** Destinations served in parallel, so that one that hangs delays no other. */
const DESTINATIONS_AT_ONCE = 16
/** Notifications read in one round; the rest waits for the next. */
const PENDING_PAGE = 20_000
/** Broken documents named in an error. */
const KEYS_NAMED_MAX = 20
/**
 * While one round sends a notification, no other may; when the lease ends, a killed round's notification is due again.
 */
const LEASE_MS = 2 * SEND_MS_MAX

export function notify(on: Platform) {
  const { state, notify: notifier, now } = on

  /** Sends the notifications due to one destination in turn; after a failure the rest waits for the next round. */
  async function serve(channel: Channel | undefined, due: readonly DueNotification[]): Promise<void> {
    for (const one of due.slice(0, SENDS_PER_ROUND)) {
      const record = await claim(one)
      if (!record) continue
      const sent = await attempt(channel, record.notification)
      const result = outcome(record, sent, now())
      const done = result.doneMs !== null && {
        key: notificationKeys.done(result.doneMs, record.notification.id),
        value: record.notification.id,
      }
      await state.put([{ key: one.key, value: result }, ...(done ? [done] : [])])
      if (result.state === 'pending') return
      await state.delete([notificationKeys.pending(record.notification.id)])
    }
  }

  /** Counts the attempt before it is made, so that a notification that kills its process is given up as well. */
  async function claim({ key, record, version }: DueNotification): Promise<NotificationRecord | undefined> {
    const claimed = { ...record, attempts: record.attempts + 1, nextMs: now() + LEASE_MS }
    try {
      await state.put([{ key, value: claimed, ifVersion: version }])
      return claimed
    } catch (error) {
      if (error instanceof VersionConflict) return undefined
      throw error
    }
  }

  async function attempt(channel: Channel | undefined, notification: Notification): Promise<Attempt> {
    if (!channel) return { state: 'failed', error: 'the recipient or the channel is gone' }
    const { id, title, lines, link } = notification
    try {
      const acknowledge = await ackLinkOf(state, notification, { channel, pageUrl: await pageUrlOf(on) })
      await notifier.send(channel, { id, title, lines, link, ...(acknowledge && { acknowledge }) })
      return { state: 'sent', error: null }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { state: error instanceof PermanentFailure ? 'failed' : 'pending', error: reason }
    }
  }

  async function dueNotifications(nowMs: number): Promise<DueNotification[]> {
    const pending = await state.query(notificationKeys.pending(''), { limit: PENDING_PAGE })
    const records = await state.getMany(pending.map(({ value }) => notificationKeys.record(value)))
    const found = records.map(({ key, value, version }) => ({ key, record: value, version }))
    const done = found.filter(({ record }) => record.state !== 'pending')
    // Left by a kill between recording the result and deleting the mark.
    await state.delete(done.map(({ record }) => notificationKeys.pending(record.notification.id)))
    return found
      .filter(({ record }) => record.state === 'pending' && record.nextMs <= nowMs)
      .toSorted((a, b) => a.record.notification.createdMs - b.record.notification.createdMs)
  }

  return handlerOf(async (_event: ShardEvent): Promise<ShardResult> => {
    const failed: ShardResult['failed'] = []
    const forgotten = await planPending(on, now())
    // Alerts are told although reminders fail.
    await remindOfReports(on, now()).catch((error: unknown) => {
      failed.push({ shard: '', reason: `reminders of reports: ${String(error)}` })
    })
    await tellProposals(on, now()).catch((error: unknown) => {
      failed.push({ shard: '', reason: `proposals of rules of control: ${String(error)}` })
    })
    const due = await dueNotifications(now())
    const recipients = new Map((await recipientsOf(state)).map((recipient) => [recipient.id, recipient]))
    const channelOf = ({ record: { notification } }: DueNotification): Channel | undefined => {
      const { recipient, channel, phone } = notification
      const found = recipients.get(recipient)?.channels[channel]
      if (found?.type !== 'sms') return found
      return phone !== undefined && found.phones.includes(phone) ? { type: 'sms', phones: [phone] } : undefined
    }
    const byDestination = Map.groupBy(due, (one) => destinationOf(channelOf(one)))
    await inParallel([...byDestination], DESTINATIONS_AT_ONCE, async ([destination, own]) => {
      // A failing store is reported to the trigger; the other destinations are still served.
      await serve(channelOf(must(own[0])), own).catch((error: unknown) => {
        failed.push({ shard: '', reason: `notifications by ${destination.split(' ')[0]}: ${String(error)}` })
      })
    })
    const untold =
      forgotten.length > 0 && `cannot be told and is forgotten: ${forgotten.slice(0, KEYS_NAMED_MAX).join(', ')}`
    return { failed: [...(untold ? [{ shard: '', reason: untold }] : []), ...failed.slice(0, 1)] }
  })
}

interface DueNotification {
  key: string
  record: NotificationRecord
  version: number
}
type Attempt = Pick<NotificationRecord, 'state' | 'error'>

function outcome(record: NotificationRecord, { state, error }: Attempt, nowMs: number): NotificationRecord {
  if (state !== 'pending') return { ...record, state, error, doneMs: nowMs }
  if (record.notification.isTest || record.attempts >= ATTEMPTS_MAX)
    return { ...record, state: 'failed', error, doneMs: nowMs }
  const wait = Math.min(RETRY_MS_MAX, RETRY_MS_FIRST * 2 ** (record.attempts - 1))
  return { ...record, error, nextMs: nowMs + wait }
}

/** One robot, mail address, webhook or phone. A mail server that hangs delays each address for one round only. */
const destinationOf = (channel: Channel | undefined): string => {
  if (!channel) return 'nowhere'
  if (channel.type === 'sms') return `sms ${channel.phones.join()}`
  return `${channel.type} ${channel.type === 'mail' ? channel.address : channel.url}`
}

async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, queue.length) }, worker))
}
