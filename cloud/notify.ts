// The notify port on AWS: mail by SES, short messages by the configured gateway or else by SNS, robots and webhooks by
// fetch as on one machine.

import type { SESv2Client } from '@aws-sdk/client-sesv2'
import type { SNSClient } from '@aws-sdk/client-sns'
import type { NotifySetting } from '../domain/notify/setting.ts'
import { type Notifier, PermanentFailure, SEND_MS_MAX } from '../functions/platform.ts'
import { sendSms } from '../functions/telling/sms.ts'
import { sendByWeb } from '../functions/telling/web.ts'
import { sendBySes } from './notify-mail.ts'
import { sendShortMessage } from './notify-phone.ts'

/** Below SEND_MS_MAX, so that an answer at the last moment is still taken. */
const TIMEOUT_MS = SEND_MS_MAX / 2

export interface CloudNotifierOptions {
  ses: SESv2Client
  sns: SNSClient
  /** The administrator's setting. Read anew for each mail and short message, so that a change applies at once. */
  setting(): Promise<NotifySetting | undefined>
  /** Sender of mail when the setting names none. */
  mailFrom(): string
  now(): number
  timeoutMs?: number
  fetch?: typeof globalThis.fetch
}

export function cloudNotifier(options: CloudNotifierOptions): Notifier {
  const { ses, sns, setting, mailFrom, now, timeoutMs = TIMEOUT_MS, fetch = globalThis.fetch } = options
  return {
    async send(channel, message) {
      if ('url' in channel) refuseInsecure(channel.url)
      const sending = { nowMs: now(), timeoutMs, fetch }
      switch (channel.type) {
        case 'mail': {
          const from = (await setting())?.mailFrom ?? mailFrom()
          return sendBySes(ses, { from, to: channel.address, message, timeoutMs })
        }
        case 'sms': {
          const { smsGateway } = (await setting()) ?? {}
          if (smsGateway) refuseInsecure(smsGateway.url)
          for (const phone of channel.phones) {
            if (smsGateway) await sendSms(smsGateway, phone, message, sending)
            else await sendShortMessage(sns, { phone, message, timeoutMs })
          }
          return
        }
        default:
          return sendByWeb(channel, message, sending)
      }
    },
  }
}

/** A function may reach addresses that are none of the sender's business, its own runtime among them: https alone. */
function refuseInsecure(url: string): void {
  if (new URL(url).protocol !== 'https:')
    throw new PermanentFailure(`"${new URL(url).origin}" is no https address: in AWS nothing else is told`)
}
