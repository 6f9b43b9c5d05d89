// The notify port on one machine: mail by SMTP, robots and webhooks by fetch. What is said to them is
// functions/notify-*.ts.

import type { NotifySetting } from '../domain/notify/setting.ts'
import { type Notifier, SEND_MS_MAX } from '../functions/platform.ts'
import { sendSms } from '../functions/telling/sms.ts'
import { sendByWeb } from '../functions/telling/web.ts'
import { sendBySmtp } from './notify-mail.ts'

/** Below SEND_MS_MAX, so that an answer at the last moment is still taken. */
const TIMEOUT_MS = SEND_MS_MAX / 2

export interface NotifierOptions {
  /** Asked with each mail and short message, so that a setting counts at once. */
  setting(): Promise<NotifySetting | undefined>
  now(): number
  timeoutMs?: number
}

export function localNotifier({ setting, now, timeoutMs = TIMEOUT_MS }: NotifierOptions): Notifier {
  return {
    async send(channel, message) {
      const sending = { nowMs: now(), timeoutMs, fetch }
      switch (channel.type) {
        case 'mail': {
          const { smtpUrl, mailFrom } = (await setting()) ?? {}
          // Not permanent: the mail waits for whoever is just entering the server.
          if (!smtpUrl || !mailFrom) throw new Error('no mail server is set: smtpUrl and mailFrom')
          return sendBySmtp({ smtpUrl, from: mailFrom }, channel.address, message, timeoutMs)
        }
        case 'sms': {
          const { smsGateway } = (await setting()) ?? {}
          if (!smsGateway) throw new Error('no SMS gateway is set: smsGateway')
          for (const phone of channel.phones) await sendSms(smsGateway, phone, message, sending)
          return
        }
        default:
          return sendByWeb(channel, message, sending)
      }
    },
  }
}
