// Sends mail by SES. SES's errors about the request itself are final. Passing errors are not, nor are those that an
// administrator may mend while the mail still matters: an unverified identity, paused sending.

import { type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { type Message, PermanentFailure } from '../functions/platform.ts'
import { mailText } from '../functions/telling/plain-text.ts'

export interface Mail {
  from: string
  to: string
  message: Message
  timeoutMs: number
}

const FINAL = new Set(['BadRequestException', 'MessageRejected'])

/** Settles within `timeoutMs`. */
export async function sendBySes(ses: SESv2Client, { from, to, message, timeoutMs }: Mail): Promise<void> {
  const { id, title } = message
  const text = (Data: string) => ({ Data, Charset: 'UTF-8' })
  const command = new SendEmailCommand({
    FromEmailAddress: from,
    Destination: { ToAddresses: [to] },
    Content: {
      Simple: {
        Subject: text(title),
        Body: { Text: text(mailText(message)) },
        // The same when sent again: SES assigns each mail a new message id.
        Headers: [{ Name: 'X-Kilowatch-Id', Value: encodeURIComponent(id) }],
      },
    },
  })
  try {
    await ses.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) })
  } catch (error) {
    const { name = 'Error', message: why = String(error) } = error as { name?: string; message?: string }
    const told = `mail: ${name}: ${why}`
    const isFinal = FINAL.has(name) && !/not verified/i.test(why)
    throw isFinal ? new PermanentFailure(told, { cause: error }) : new Error(told, { cause: error })
  }
}
