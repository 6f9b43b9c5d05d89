// Who is told of alerts, where, in which language, and when not: recipients and their channels, as zod schemas.
// Secrets of robots and webhooks stand in the channel, so these documents are for administrators only.

import { z } from 'zod'
import { ALERT_KINDS } from './alert-finding.ts'
import { LANGUAGES, SEVERITIES } from './alert-phrase.ts'
import { areaCode } from './registry.ts'

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
/** Whether a URL's host is this machine. */
export const isLoopback = (hostname: string): boolean => LOOPBACK.has(hostname)
/** Alerts name institutions and their faults: nothing goes over the network in clear, except to this machine. */
export const isSafeUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}
const url = z.string().max(2048).refine(isSafeUrl, 'must be an https URL without user name (http only to this machine)')
const secret = z.string().min(1).max(256)

export const channelSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('mail'), address: z.email().max(254) }),
  /** 钉钉自定义机器人; `secret`: the SEC… string of 加签, where that is switched on. */
  z.object({ type: z.literal('dingtalk'), url, secret: secret.optional() }),
  /** 企业微信群机器人; its key is part of the URL. */
  z.object({ type: z.literal('wecom'), url }),
  /** 飞书自定义机器人; `secret`: of 签名校验, where that is switched on. */
  z.object({ type: z.literal('feishu'), url, secret: secret.optional() }),
  /** Any other receiver; every request is signed with the secret. */
  z.object({ type: z.literal('webhook'), url, secret }),
])
export type Channel = z.infer<typeof channelSchema>

const hour = z.number().int().min(0).max(23)
const list = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(1000)

export const recipientSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
  name: z.string().min(1).max(100),
  enabled: z.boolean().default(true),
  channels: list(channelSchema),
  language: z.enum(LANGUAGES).default('zh'),
  /** Without: all. */
  kinds: list(z.enum(ALERT_KINDS)).optional(),
  /** Areas, with all below them, or institution ids. Without: all. */
  areas: list(areaCode.or(z.string().min(1).max(64))).optional(),
  severityMin: z.enum(SEVERITIES).default('minor'),
  /** Below it an alert waits for the digest; at or above it is told at once. */
  immediateMin: z.enum(SEVERITIES).default('major'),
  /** Local hours, `from` > `to` passes midnight. What comes then waits for its end; critical alerts do not wait. */
  quietHours: z.object({ from: hour, to: hour }).optional(),
  /** Local hour of the daily digest. */
  digestHour: hour.default(8),
  /** 0: told when an alert is raised. n: told when nobody has acknowledged after the n-th waiting time. */
  escalationLevel: z.number().int().min(0).max(3).default(0),
  /** Whether to be told of clearings too. */
  cleared: z.boolean().default(true),
})
export type Recipient = z.infer<typeof recipientSchema>

/** What sending needs beside the recipients. */
export const notifySettingSchema = z.object({
  /** Where the page is, for links: `https://kilowatch.example.cn/`. */
  pageUrl: z.url({ protocol: /^https?$/ }),
  /**
   * `smtps://user:password@host:465` or `smtp://host:587`; without it no mail is sent. Beyond this machine TLS is required,
   * unless `?ignoreTLS=true` says that the relay has none.
   */
  smtpUrl: z.url({ protocol: /^smtps?$/ }).optional(),
  /** Sender of mail. */
  mailFrom: z.string().min(3).max(254).optional(),
})
export type NotifySetting = z.infer<typeof notifySettingSchema>
