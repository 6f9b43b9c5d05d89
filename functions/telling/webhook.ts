// Sends to a user's own webhook. The receiver checks X-Kilowatch-Signature, `sha256=` and the hex HMAC-SHA256 of
// `${X-Kilowatch-Timestamp}.${raw body}` under the shared secret, and refuses old timestamps; X-Kilowatch-Id repeats
// when a message is sent again.

import { createHmac } from 'node:crypto'
import type { Channel } from '../../domain/notify/setting.ts'
import type { Message } from '../platform.ts'
import { post, type Sending } from './post.ts'

/** Any 2xx is an acceptance. */
export async function sendToWebhook(
  { url, secret }: Extract<Channel, { type: 'webhook' }>,
  message: Message,
  sending: Sending,
): Promise<void> {
  const body = JSON.stringify(message)
  await post({ url, body, sending, headers: signedHeaders(message.id, { body, secret, nowMs: sending.nowMs }) })
}

/** The timestamp is in seconds. */
export function signedHeaders(
  id: string,
  { body, secret, nowMs }: { body: string; secret: string; nowMs: number },
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000))
  return {
    'x-kilowatch-id': encodeURIComponent(id),
    'x-kilowatch-timestamp': timestamp,
    'x-kilowatch-signature': `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`,
  }
}
