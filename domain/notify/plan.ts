// Plans which notification goes to whom and when (at once, after quiet hours, or in the daily digest), from alert
// events, preferences and the clock. Pure: the same input gives the same ids, so that planning twice sends once. The
// texts are in domain/notify/text.ts.

import type { AlertEvent } from '../alert/life.ts'
import type { AlertGroup } from '../alert/storm.ts'
import { DAY_MS, dayOf, dayStartMs, HOUR_MS, hourOfDay } from '../calendar.ts'
import { must } from '../must.ts'
import { SEVERITIES, type Severity } from '../phrase.ts'
import type { Recipient } from './setting.ts'
import { type Directory, digestText, groupLine, groupText, type Text } from './text.ts'

/** One message to one channel of one recipient; plain JSON. No secret: the channel is looked up when it is sent. */
export interface Notification {
  /** Identifies event and recipient, so that the notification is stored once and sent once. */
  id: string
  recipient: string
  /** Index of the recipient's channel. */
  channel: number
  /** Short message: its one phone. */
  phone?: string
  language: Recipient['language']
  title: string
  lines: readonly string[]
  /** URL of the page that shows it. */
  link: string
  /** The one alert that it tells of, where that can be acknowledged. */
  alert?: string
  createdMs: number
  /** A trial of the channel: sent once, whatever comes of it. */
  isTest?: true
}

/** One line that waits for the end of quiet hours or for the digest. */
export interface Held {
  id: string
  recipient: string
  dueMs: number
  line: string
}

/**
 * Plans the notifications of one round's groups (domain/alert/storm.ts). Acknowledgements are not sent; the page shows
 * them. A recipient responsible for a part of a storm's area is notified of that part only.
 */
export function planNotifications(
  groups: readonly AlertGroup[],
  recipients: readonly Recipient[],
  directory: Directory,
  nowMs: number,
): { notifications: Notification[]; held: Held[] } {
  const notifications: Notification[] = []
  const held: Held[] = []
  for (const recipient of recipients.filter(({ enabled }) => enabled)) {
    for (const whole of groups) {
      const events = whole.events.filter((event) => concerns(recipient, event, directory))
      if (events.length === 0) continue
      const group = { ...whole, events }
      const id = `${groupId(whole)}:${recipient.id}`
      const dueMs = dueOf(recipient, whole, nowMs)
      if (dueMs > nowMs) held.push({ id, recipient: recipient.id, dueMs, line: groupLine(group, recipient, directory) })
      else {
        const text = { ...groupText(group, recipient, directory), ...acknowledgeable(group) }
        notifications.push(...toEachChannel(recipient, id, text, nowMs))
      }
    }
  }
  return { notifications, held }
}

/** True when an event can be rendered: an incomplete event, or one of another version, must not stop the others. */
export function isTellable(event: AlertEvent): boolean {
  const nowhere: Directory = {
    pageUrl: '',
    gatewayOf: () => undefined,
    isOffline: () => false,
    institutionOf: () => undefined,
    areasOf: () => [],
    nameOf: ({ id }) => ({ zh: id, en: id }),
  }
  try {
    const { what, kind, subject } = event
    groupText({ what, kind, place: subject, events: [event] }, { language: 'both' }, nowhere)
    return Number.isFinite(event.atMs)
  } catch {
    return false
  }
}

/**
 * Releases the due lines: one notification per recipient and channel with all its lines. `released`: the lines to
 * delete, including those of removed recipients.
 */
export function releaseHeld(
  held: readonly Held[],
  recipients: readonly Recipient[],
  directory: Pick<Directory, 'pageUrl'>,
  nowMs: number,
): { notifications: Notification[]; released: Held[] } {
  const released = held.filter(({ dueMs }) => dueMs <= nowMs)
  const enabled = new Map(recipients.filter((one) => one.enabled).map((one) => [one.id, one]))
  const notifications = [...Map.groupBy(released, (one) => one.recipient)].flatMap(([id, own]) => {
    const recipient = enabled.get(id)
    if (!recipient) return []
    const dueMs = Math.max(...own.map((one) => one.dueMs))
    const lines = own.map(({ line }) => line)
    return toEachChannel(recipient, `digest:${dueMs}:${id}`, digestText(lines, recipient, directory), nowMs)
  })
  return { notifications, released }
}

const TEST_TEXT = {
  zh: { title: 'Kilowatch 测试消息', lines: ['这是一条测试消息：收到即表示该渠道可用，无需处理。'] },
  en: {
    title: 'Kilowatch test message',
    lines: ['This is a test: that it arrived means the channel works. Nothing to do.'],
  },
}

/** A test message by each channel; the moment names it. */
export function testMessages(recipient: Recipient, { atMs, link }: { atMs: number; link: string }): Notification[] {
  const { language } = recipient
  const text = TEST_TEXT[language === 'both' ? 'zh' : language]
  const lines = language === 'both' ? [...text.lines, ...TEST_TEXT.en.lines] : text.lines
  const sent = toEachChannel(recipient, `test:${atMs}:${recipient.id}`, { ...text, lines, link }, atMs)
  return sent.map((one) => ({ ...one, isTest: true }))
}

/** A message that is no alert's, to those who are told of alerts of this severity at this place. */
export interface OwnMessage {
  /** Unique to what it tells. */
  id: string
  severity: Severity
  /** Ids of the institution and of the areas that it lies in. */
  scope: readonly (string | undefined)[]
  text(language: Recipient['language']): Text
  line(language: Recipient['language']): string
}

/** Who is reminded only when nobody acknowledges is not told: there is nothing to acknowledge. */
export function planMessage(
  { id, severity, scope, text, line }: OwnMessage,
  recipients: readonly Recipient[],
  nowMs: number,
): { notifications: Notification[]; held: Held[] } {
  const notifications: Notification[] = []
  const held: Held[] = []
  for (const recipient of recipients) {
    const { enabled, escalationLevel, severityMin, language } = recipient
    if (!enabled || escalationLevel > 0 || rank(severity) < rank(severityMin) || !isIn(recipient, scope)) continue
    const own = `${id}:${recipient.id}`
    const dueMs = dueAt(recipient, { severity, isReminder: false, mayWait: true }, nowMs)
    if (dueMs > nowMs) held.push({ id: own, recipient: recipient.id, dueMs, line: line(language) })
    else notifications.push(...toEachChannel(recipient, own, text(language), nowMs))
  }
  return { notifications, held }
}

/** A storm is acknowledged on the page, where all of its alerts stand. */
function acknowledgeable({ what, events }: AlertGroup): Pick<Notification, 'alert'> {
  const [only, ...others] = events
  return only === undefined || others.length > 0 || what === 'cleared' ? {} : { alert: only.alert }
}

function concerns(recipient: Recipient, event: AlertEvent, directory: Directory): boolean {
  if (event.what === 'acknowledged' || (event.what === 'cleared' && !recipient.cleared)) return false
  // Every level reached is notified; the lower levels are reminded.
  if (recipient.escalationLevel > event.level) return false
  if (rank(event.severity) < rank(recipient.severityMin)) return false
  if (recipient.kinds && !recipient.kinds.includes(event.kind)) return false
  const { subject } = event
  return isIn(recipient, [subject.id, directory.institutionOf(subject), ...directory.areasOf(subject)])
}

const isIn = ({ areas }: Recipient, scope: readonly (string | undefined)[]): boolean =>
  areas === undefined || areas.some((area) => scope.includes(area))

function dueOf(recipient: Recipient, { what, events }: AlertGroup, nowMs: number): number {
  const { severity } = must(events[0])
  return dueAt(recipient, { severity, isReminder: what === 'escalated', mayWait: what === 'cleared' }, nowMs)
}

/** `mayWait`: even a critical one waits for the end of quiet hours. */
function dueAt(
  { quietHours, digestHour, immediateMin }: Recipient,
  { severity, isReminder, mayWait }: { severity: Severity; isReminder: boolean; mayWait: boolean },
  nowMs: number,
): number {
  if (!isReminder && rank(severity) < rank(immediateMin)) return nextHour(digestHour, nowMs)
  const urgent = severity === 'critical' && !mayWait
  return quietHours && !urgent && isQuiet(quietHours, nowMs) ? nextHour(quietHours.to, nowMs) : nowMs
}

/** True from `from` o'clock until `to` o'clock; never when both are equal. */
export function isQuiet({ from, to }: { from: number; to: number }, nowMs: number): boolean {
  const hour = hourOfDay(nowMs)
  return from <= to ? hour >= from && hour < to : hour >= from || hour < to
}

/** The next full local `hour` after now. */
function nextHour(hour: number, nowMs: number): number {
  const todayMs = dayStartMs(dayOf(nowMs)) + hour * HOUR_MS
  return todayMs > nowMs ? todayMs : todayMs + DAY_MS
}

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity)

function groupId({ what, kind, place, events }: AlertGroup): string {
  const first = must(events[0])
  return events.length > 1
    ? `${what}:storm:${kind}:${place.id}:${first.atMs}`
    : `${what}${first.level}:${first.alert}:${first.atMs}`
}

/** The notifications of one text to all channels of a recipient; `id` is unique to text and recipient. */
export const toEachChannel = (
  { id: recipient, channels, language }: Recipient,
  id: string,
  text: Pick<Notification, 'title' | 'lines' | 'link' | 'alert'>,
  nowMs: number,
): Notification[] =>
  channels.flatMap((to, channel) => {
    const common = { recipient, channel, language, ...text, createdMs: nowMs }
    // One notification per phone: when one fails, the others are not sent again.
    return to.type === 'sms'
      ? to.phones.map((phone) => ({ id: `${id}:${channel}:${phone}`, ...common, phone }))
      : [{ id: `${id}:${channel}`, ...common }]
  })
