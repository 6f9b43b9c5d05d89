// Defines the HTTP answers on alerts and their settings, as zod schemas shared by the API, the page and the CLI. Texts
// are in both languages; secrets, and addresses that contain secrets, are never returned.

import * as z from 'zod'
import { SUBJECT_TYPES } from '../alert/finding.ts'
import { ALERT_KINDS } from '../alert/kinds.ts'
import { ALERT_STATES, type Alert, type AlertEvent } from '../alert/life.ts'
import { ALERT_RULES } from '../alert/rules.ts'
import { explainFinding } from '../alert/text.ts'
import type { Channel, NotifySetting, Recipient } from '../notify/setting.ts'
import { ACK_LINK_DAYS, recipientSchema } from '../notify/setting.ts'
import { SEVERITIES } from '../phrase.ts'
import { pageOf } from './view.ts'

const ms = z.number()
const phraseSchema = z.object({ zh: z.string(), en: z.string() })
const textSchema = z.object({ name: z.string(), measured: z.string(), against: z.string(), clause: z.string() })

export const alertEventViewSchema = z.object({
  what: z.enum(['raised', 'acknowledged', 'escalated', 'cleared', 'reopened', 'commented', 'assigned', 'snoozed']),
  atMs: ms,
  /** A person, or `system`. */
  who: z.string(),
  /** Reason of a clearing, else null. */
  reason: z.enum(['over', 'yielded', 'disabled', 'retired']).nullable(),
  note: z.string().nullable(),
  value: z.number(),
  /** Number of escalations so far, this one included. */
  level: z.number(),
})

const alertViewSchema = z.object({
  id: z.string(),
  kind: z.enum(ALERT_KINDS),
  severity: z.enum(SEVERITIES),
  state: z.enum(ALERT_STATES),
  subject: z.object({ type: z.enum(SUBJECT_TYPES), id: z.string() }),
  /** Name and place of the subject. */
  where: phraseSchema,
  /** The area whose list contains it; the subject's institution, if any. */
  area: z.string(),
  institution: z.string().nullable(),
  sinceMs: ms,
  raisedMs: ms.nullable(),
  acknowledgedMs: ms.nullable(),
  clearedMs: ms.nullable(),
  /** Who has it in hand, and until when nobody is reminded; null: not said. */
  assignee: z.string().nullable(),
  snoozedUntilMs: ms.nullable(),
  escalations: z.number(),
  /** The latest value, the worst value, and their limits, in `unit`. */
  value: z.number(),
  worst: z.number(),
  unit: z.string(),
  raise: z.number(),
  clear: z.number(),
  asOfMs: ms,
  /** Facts of the kind besides its value (AlertFacts of domain/alert/kinds.ts). */
  facts: z.record(z.string(), z.unknown()),
  text: z.object({ zh: textSchema, en: textSchema }),
})
export type AlertView = z.infer<typeof alertViewSchema>

/** `GET /alerts`. */
export const alertsPageSchema = pageOf(alertViewSchema).extend({
  total: z.number().nullable().meta({ description: 'How many there are, on the first page of open ones; else null' }),
  severities: z
    .record(z.string(), z.number())
    .nullable()
    .meta({ description: 'How many there are by severity, whatever severity is asked for; null where `total` is' }),
  groups: z
    .array(
      z.object({
        kind: z.enum(ALERT_KINDS),
        severity: z.enum(SEVERITIES),
        area: z.string(),
        areaName: z.string(),
        areaNameEn: z.string().nullable(),
        count: z.number(),
        latestMs: ms,
      }),
    )
    .nullable()
    .meta({ description: 'The same folded: kinds by city, the heaviest first; null where `total` is' }),
})
export type AlertListView = z.infer<typeof alertsPageSchema>

/** An alert with its whole history, the latest event last. */
export const alertDetailViewSchema = alertViewSchema.extend({ history: z.array(alertEventViewSchema) })
export type AlertDetailView = z.infer<typeof alertDetailViewSchema>

/** `GET` and `POST /acknowledgements/{alert}`. */
export const ackLinkViewSchema = z.object({
  alert: alertViewSchema,
  acknowledgedBy: z.string().nullable().meta({ description: 'Who acknowledged it last; null: nobody' }),
  recipient: z.string().meta({ description: 'The name of the recipient that the link was made for' }),
  expiresMs: ms,
})
export type AckLinkView = z.infer<typeof ackLinkViewSchema>

const pointsSchema = z.array(z.object({ atMs: ms, value: z.number().nullable() }))
const levelSchema = z.object({ name: phraseSchema, value: z.number() }).nullable()

/** What an alert has cost so far (docs/rules/alerts.md#cost). */
const alertCostViewSchema = z.object({
  amount: z.number().nullable().meta({ description: 'Beyond the limit, in `unit`; null: see `reason`' }),
  unit: z.string().nullable(),
  fromMs: ms.nullable(),
  toMs: ms.nullable(),
  hoursKnown: z.number(),
  hoursUnknown: z.number().meta({ description: 'Not counted: the amount is a lower bound' }),
  yuan: z.number().nullable(),
  standIn: z.boolean().meta({ description: 'True: a price that nobody issued' }),
  reason: phraseSchema.nullable().meta({ description: 'Why there is no amount, or no money' }),
})
export type AlertCostView = z.infer<typeof alertCostViewSchema>

/** `GET /alerts/{id}/curve`. */
export const alertCurveViewSchema = z.object({
  grain: z.enum(['hour', 'night', 'day', 'month']),
  unit: z.string(),
  name: phraseSchema,
  points: pointsSchema,
  other: z.object({ name: phraseSchema, points: pointsSchema }).nullable(),
  limit: levelSchema,
  baseline: levelSchema,
  eventMs: ms.nullable(),
  cost: alertCostViewSchema,
  checks: z
    .object({ zh: z.array(z.string()), en: z.array(z.string()) })
    .meta({ description: 'What to look at first, the likeliest cause first' }),
})
export type AlertCurveView = z.infer<typeof alertCurveViewSchema>

/** Name, area and institution of an alert's subject, from the registry. */
export type AlertPlace = Pick<AlertView, 'where' | 'area' | 'institution'>

export function alertView(alert: Alert, place: AlertPlace): AlertView {
  const { id, kind, severity, state, subject, sinceMs, raisedMs, escalations, worst, finding, history } = alert
  const lastMs = (what: AlertEvent['what']): number | null => history.findLast((one) => one.what === what)?.atMs ?? null
  const rule = ALERT_RULES[kind]
  const text = (language: 'zh' | 'en') => ({ name: rule.name[language], ...explainFinding(finding, language) })
  return {
    id,
    kind,
    severity,
    state,
    subject,
    ...place,
    sinceMs,
    raisedMs,
    acknowledgedMs: lastMs('acknowledged'),
    clearedMs: lastMs('cleared'),
    assignee: alert.assignee ?? null,
    snoozedUntilMs: alert.snoozedUntilMs ?? null,
    escalations,
    value: finding.value,
    worst,
    unit: rule.unit,
    raise: finding.limits.raise,
    clear: finding.limits.clear,
    asOfMs: finding.asOfMs,
    facts: { ...finding.facts },
    text: { zh: text('zh'), en: text('en') },
  }
}

export const alertDetailView = (alert: Alert, place: AlertPlace): AlertDetailView => ({
  ...alertView(alert, place),
  history: alert.history.map(({ what, atMs, who, reason, note, finding, level }) => ({
    what,
    atMs,
    who,
    reason: reason ?? null,
    note: note ?? null,
    value: finding.value,
    level,
  })),
})

const limitsViewSchema = z.object({
  kind: z.enum(ALERT_KINDS),
  unit: z.string(),
  enabled: z.boolean(),
  raise: z.number(),
  clear: z.number(),
  raiseAfterMinutes: z.number(),
  clearAfterMinutes: z.number(),
  reopenWithinMinutes: z.number(),
  escalateAfterMinutes: z.number().nullable(),
  parameters: z.record(z.string(), z.number()),
  /** Reason for the defaults. */
  reason: z.string(),
})

/** The thresholds set for one subject, and its resulting limits after all thresholds above it. */
export const thresholdsViewSchema = z.object({
  subject: z.string(),
  thresholds: z.array(z.record(z.string(), z.unknown())),
  limits: z.array(limitsViewSchema),
})
export type ThresholdsView = z.infer<typeof thresholdsViewSchema>

/** A recipient without secrets: only the origin of a robot's or webhook's URL, since the rest is its key. */
export const recipientViewSchema = recipientSchema.omit({ channels: true }).extend({
  channels: z.array(z.object({ type: z.string(), to: z.string(), hasSecret: z.boolean() })),
})
export type RecipientView = z.infer<typeof recipientViewSchema>
export const recipientsViewSchema = z.object({ items: z.array(recipientViewSchema) })

export const recipientView = ({ channels, ...recipient }: Recipient): RecipientView => ({
  ...recipient,
  channels: channels.map((channel) => ({
    type: channel.type,
    to: shownAddress(channel),
    hasSecret: 'secret' in channel && channel.secret !== undefined,
  })),
})

function shownAddress(channel: Channel): string {
  if (channel.type === 'mail') return channel.address
  return channel.type === 'sms' ? channel.phones.join(', ') : new URL(channel.url).origin
}

export const notifySettingViewSchema = z.object({
  pageUrl: z.string(),
  /** Host and port only: the URL may contain a password. */
  smtpServer: z.string().nullable(),
  mailFrom: z.string().nullable(),
  /** Origin only: the path, and headers, may contain keys. */
  smsGateway: z.string().nullable(),
  /** Days for which the link in a message acknowledges. */
  ackLinkDays: z.number(),
})
export type NotifySettingView = z.infer<typeof notifySettingViewSchema>

export const notifySettingView = ({ pageUrl, smtpUrl, mailFrom, ...set }: NotifySetting): NotifySettingView => ({
  pageUrl,
  smtpServer: smtpUrl ? new URL(smtpUrl).host : null,
  mailFrom: mailFrom ?? null,
  smsGateway: set.smsGateway ? new URL(set.smsGateway.url).origin : null,
  ackLinkDays: set.ackLinkDays ?? ACK_LINK_DAYS,
})

/** `POST /settings/recipients/{id}/test`. */
export const testSentViewSchema = z.object({ atMs: ms.meta({ description: 'Names the test message' }) })

/** `GET /settings/recipients/{id}/tests/{at}`. */
export const testOutcomeViewSchema = z.object({
  items: z.array(
    z.object({
      channel: z.number(),
      type: z.string(),
      to: z.string(),
      state: z.enum(['pending', 'sent', 'failed']),
      error: z.string().nullable(),
    }),
  ),
})
export type TestOutcomeView = z.infer<typeof testOutcomeViewSchema>

/** `GET /notifications`. */
export const notificationsViewSchema = z.object({
  items: z.array(
    z.object({
      recipient: z.string(),
      /** Index of the recipient's channel; short message: also the phone. */
      channel: z.number(),
      phone: z.string().nullable(),
      title: z.string(),
      state: z.enum(['pending', 'sent', 'failed']),
      attempts: z.number(),
      doneMs: ms.nullable(),
      error: z.string().nullable(),
    }),
  ),
})
