// Sends mail by SMTP. A 5xx reply is final, 4xx and a lost connection are not (RFC 5321 §4.2.1), except that a refused
// login is tried again, since the settings may be mended while the mail still matters.

import { createHash } from 'node:crypto'
import { isLoopback } from '../domain/notify/setting.ts'
import { type Message, PermanentFailure } from '../functions/platform.ts'
import { mailText } from '../functions/telling/plain-text.ts'

export interface MailServer {
  /** `smtp://…` or `smtps://user:password@host:465`. */
  smtpUrl: string
  from: string
}

/** Settles within `timeoutMs`, whichever step the server hangs in. */
export async function sendBySmtp(
  { smtpUrl, from }: MailServer,
  to: string,
  message: Message,
  timeoutMs: number,
): Promise<void> {
  const steps = {
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
  }
  const { id, title } = message
  const { hostname, searchParams } = new URL(smtpUrl)
  // Otherwise an attacker in between who hides STARTTLS would receive the password.
  const requireTLS = !isLoopback(hostname) && searchParams.get('ignoreTLS') !== 'true'
  const { default: nodemailer } = await import('nodemailer')
  const transport = nodemailer.createTransport({ url: smtpUrl, requireTLS, ...steps })
  const timer = Promise.withResolvers<never>()
  const timeout = setTimeout(() => timer.reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
  try {
    const sent = transport.sendMail({
      from,
      to,
      subject: title,
      text: mailText(message),
      // Quoted-printable makes nine bytes of a Chinese character.
      textEncoding: 'base64',
      // The same when sent again, so that mail programs show it once.
      messageId: `<${createHash('sha256').update(id).digest('hex').slice(0, 32)}@kilowatch>`,
      // Message text must not make nodemailer read files or URLs.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    await Promise.race([sent, timer.promise])
  } catch (error) {
    throw mailFailure(error)
  } finally {
    clearTimeout(timeout)
    transport.close()
  }
}

function mailFailure(error: unknown): Error {
  const { message, responseCode, code } = error as { message?: string; responseCode?: number; code?: string }
  const told = `mail: ${message ?? String(error)}`
  const final = code !== 'EAUTH' && responseCode !== undefined && responseCode >= 500
  return final ? new PermanentFailure(told, { cause: error }) : new Error(told, { cause: error })
}
