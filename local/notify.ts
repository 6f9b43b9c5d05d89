// The notify port on one machine: mail by SMTP, robots and webhooks by fetch. functions/telling/ composes the requests.

import type { NotifySetting } from '../domain/notify/setting.ts'
import { type Notifier, SEND_MS_MAX } from '../functions/platform.ts'
import { sendSms } from '../functions/telling/sms.ts'
import { sendByWeb } from '../functions/telling/web.ts'
import { sendBySmtp } from './notify-mail.ts'

/** Below SEND_MS_MAX, so that an answer at the last moment is still taken. */
const TIMEOUT_MS = SEND_MS_MAX / 2

export interface NotifierOptions {
  /** Read for each mail and short message, so that a new setting applies at once. */
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
          // Not permanent: someone may just be entering the mail server.
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
