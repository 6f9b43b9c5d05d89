// The notify port on AWS: mail by SES, robots and webhooks by fetch as on one machine (functions/notify-*.ts).

import type { SESv2Client } from '@aws-sdk/client-sesv2'
import { sendToDingtalk, sendToFeishu, sendToWecom } from '../functions/notify-robot.ts'
import { sendToWebhook } from '../functions/notify-webhook.ts'
import { type Notifier, PermanentFailure, SEND_MS_MAX } from '../functions/platform.ts'
import { sendMail } from './notify-mail.ts'

/** Below SEND_MS_MAX, so that an answer at the last moment is still taken. */
const TIMEOUT_MS = SEND_MS_MAX / 2

export interface CloudNotifierOptions {
  ses: SESv2Client
  /** Sender of mail; asked with each, so that without one only mail fails. */
  mailFrom(): Promise<string>
  now(): number
  timeoutMs?: number
}

export function cloudNotifier({ ses, mailFrom, now, timeoutMs = TIMEOUT_MS }: CloudNotifierOptions): Notifier {
  return {
    async send(channel, message) {
      const sending = { nowMs: now(), timeoutMs, fetch }
      switch (channel.type) {
        case 'mail':
          return sendMail(ses, { from: await mailFrom(), to: channel.address, message, timeoutMs })
        case 'dingtalk':
          return sendToDingtalk(channel, message, sending)
        case 'wecom':
          return sendToWecom(channel, message, sending)
        case 'feishu':
          return sendToFeishu(channel, message, sending)
        case 'webhook':
          return sendToWebhook(channel, message, sending)
        default:
          throw new PermanentFailure('a channel of an unknown type')
      }
    },
  }
}
