// Defines the recipients of alerts as zod schemas: their channels, language, filters and quiet hours. Channels contain
// the secrets of robots and webhooks, so these documents are for administrators only.

import * as z from 'zod'
import { ALERT_KINDS } from '../alert/kinds.ts'
import { LANGUAGES, SEVERITIES } from '../phrase.ts'
import { areaCode, recordId } from '../registry/records.ts'

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
/** True when a URL's host is this machine. */
export const isLoopback = (hostname: string): boolean => LOOPBACK.has(hostname)
/** Requires https except to this machine: alerts name institutions and their faults. */
export const isSafeUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}
const url = z.string().max(2048).refine(isSafeUrl, 'must be an https URL without user name (http only to this machine)')
const secret = z.string().min(1).max(256)
/** As ITU-T E.164 writes it; SNS takes no other form. */
const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a number with its country code, such as +8613800138000')

export const channelSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('mail'), address: z.email().max(254) }),
  /** 钉钉自定义机器人; `secret`: the SEC… string of 加签, when enabled. */
  z.object({ type: z.literal('dingtalk'), url, secret: secret.optional() }),
  /** 企业微信群机器人; its key is part of the URL. */
  z.object({ type: z.literal('wecom'), url }),
  /** 飞书自定义机器人; `secret`: of 签名校验, when enabled. */
  z.object({ type: z.literal('feishu'), url, secret: secret.optional() }),
  /** Any other receiver; every request is signed with the secret. */
  z.object({ type: z.literal('webhook'), url, secret }),
  /** Short messages; each phone has its own message and its own retries. */
  z.object({ type: z.literal('sms'), phones: z.array(phone).min(1).max(20) }),
])
export type Channel = z.infer<typeof channelSchema>

const hour = z.number().int().min(0).max(23)
const list = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(1000)

export const recipientSchema = z.object({
  id: recordId,
  name: z.string().min(1).max(100),
  enabled: z.boolean().default(true),
  channels: list(channelSchema),
  /** `both`: Chinese, then English, in one message. */
  language: z.enum([...LANGUAGES, 'both']).default('zh'),
  /** Absent: all. */
  kinds: list(z.enum(ALERT_KINDS)).optional(),
  /** Area codes, with all areas below them, or institution ids. Absent: all. */
  areas: list(areaCode.or(z.string().min(1).max(64))).optional(),
  severityMin: z.enum(SEVERITIES).default('minor'),
  /** Below this severity an alert waits for the digest; at or above it is sent at once. */
  immediateMin: z.enum(SEVERITIES).default('major'),
  /** Local hours; `from` > `to` passes midnight. Messages wait until `to`; critical alerts do not wait. */
  quietHours: z.object({ from: hour, to: hour }).optional(),
  /** Local hour of the daily digest. */
  digestHour: hour.default(8),
  /** 0: notified when an alert is raised. n: notified when nobody has acknowledged after the n-th waiting time. */
  escalationLevel: z.number().int().min(0).max(3).default(0),
  /** True: also notified of clearings. */
  cleared: z.boolean().default(true),
  /** True: also reminded of reports that are due in the areas above (docs/rules/report.md#deadlines). */
  reports: z.boolean().default(false),
})
export type Recipient = z.infer<typeof recipientSchema>

/** Placeholders that an SMS gateway's template may contain. */
export const SMS_PLACEHOLDERS = ['phone', 'nationalPhone', 'text', 'id', 'timestamp'] as const
export type SmsPlaceholder = (typeof SMS_PLACEHOLDERS)[number]
const PLACEHOLDER = /\{([A-Za-z]+)\}/g

/** Replaces each placeholder `{name}` of the template by `write(name)`. */
export const fillTemplate = (template: string, write: (name: SmsPlaceholder) => string): string =>
  template.replace(PLACEHOLDER, (whole, name) =>
    SMS_PLACEHOLDERS.some((known) => known === name) ? write(name) : whole,
  )

/**
 * An SMS gateway that takes one HTTP request per message. The request is a template, since the gateways of Chinese
 * carriers and clouds have different names for the same fields.
 */
export const smsGatewaySchema = z
  .object({
    url,
    contentType: z.enum(['application/json', 'application/x-www-form-urlencoded']).default('application/json'),
    /** Additional headers, such as an authorization. */
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().regex(/^[ -~]{0,1024}$/)).optional(),
    /** With placeholders: `{"to":"{phone}","content":"【用能】{text}"}`. Values are escaped for the content type. */
    body: z.string().min(1).max(8192),
    /** Signs each request as a webhook's: X-Kilowatch-Timestamp, X-Kilowatch-Signature. */
    secret: secret.optional(),
    /** Text in the answer for an accepted message, such as `"code":0`. Absent: HTTP 2xx is enough. */
    accepted: z.string().min(1).max(256).optional(),
  })
  .superRefine(({ body, contentType }, context) => {
    const issue = (message: string): void => context.addIssue({ code: 'custom', path: ['body'], message })
    const names = [...body.matchAll(PLACEHOLDER)].map(([, name]) => name)
    const unknown = names.find((name) => !SMS_PLACEHOLDERS.some((known) => known === name))
    if (unknown) issue(`{${unknown}} is no placeholder; there are: ${SMS_PLACEHOLDERS.join(', ')}`)
    if (!names.includes('phone') && !names.includes('nationalPhone')) issue('names no {phone} or {nationalPhone}')
    if (!names.includes('text')) issue('names no {text}')
    if (contentType !== 'application/json') return
    try {
      JSON.parse(fillTemplate(body, () => '1'))
    } catch {
      issue('is not JSON once its placeholders are filled')
    }
  })
export type SmsGateway = z.infer<typeof smsGatewaySchema>

/** Days for which the link in a message acknowledges, unless set: long enough for a week's leave. */
export const ACK_LINK_DAYS = 7

/** Settings of sending, besides the recipients. */
export const notifySettingSchema = z.object({
  /** URL of the page, for links: `https://kilowatch.example.cn/`. */
  pageUrl: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }),
  /**
   * `smtps://user:password@host:465` or `smtp://host:587`; without it no mail is sent. Beyond this machine TLS is
   * required, unless `?ignoreTLS=true` says that the relay has none.
   */
  smtpUrl: z.url({ protocol: /^smtps?$/, error: 'must be an smtp:// or smtps:// URL' }).optional(),
  /** Sender of mail. */
  mailFrom: z
    .string()
    .min(3)
    .max(254)
    .regex(/^\P{Cc}+$/u, 'must be one line')
    .optional(),
  /** Without it no short message is sent. */
  smsGateway: smsGatewaySchema.optional(),
  /** Days for which the link in a message acknowledges its alert without signing in; absent: ACK_LINK_DAYS. */
  ackLinkDays: z.number().int().min(1).max(90).optional(),
})
export type NotifySetting = z.infer<typeof notifySettingSchema>
