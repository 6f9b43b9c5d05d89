// Sends short messages through an HTTP gateway of the user's choice. A template in the setting defines its request
// (domain/notify/setting.ts); an answer without the text that the setting expects is tried again.

import { fillTemplate, type SmsGateway, type SmsPlaceholder } from '../../domain/notify/setting.ts'
import type { Message } from '../platform.ts'
import { shortText } from './plain-text.ts'
import { post, type Sending } from './post.ts'
import { signedHeaders } from './webhook.ts'

/** Carriers split a long message of Chinese into parts of 67 characters; gateways commonly take up to 500. */
const CHARACTERS_MAX = 500
const CHINA = '+86'

/** Fails as `post` does. `phone`: in E.164. */
export async function sendSms(
  { url, contentType, headers, body: template, secret, accepted }: SmsGateway,
  phone: string,
  message: Message,
  sending: Sending,
): Promise<void> {
  const { id } = message
  const values: Record<SmsPlaceholder, string> = {
    phone,
    nationalPhone: phone.startsWith(CHINA) ? phone.slice(CHINA.length) : phone,
    text: shortText(message, CHARACTERS_MAX),
    id,
    timestamp: String(Math.floor(sending.nowMs / 1000)),
  }
  const escaped = contentType === 'application/json' ? insideJson : encodeURIComponent
  const body = fillTemplate(template, (name) => escaped(values[name]))
  const answer = await post({
    url,
    body,
    sending,
    headers: {
      ...headers,
      ...(secret !== undefined && signedHeaders(id, { body, secret, nowMs: sending.nowMs })),
      'content-type': `${contentType}; charset=utf-8`,
    },
  })
  // Only the gateway knows which of its codes are final: an answer that is not accepted is tried again like any
  // failure.
  if (accepted !== undefined && !answer.includes(accepted)) {
    throw new Error(`the SMS gateway refused: ${answer.slice(0, 200)}`)
  }
}

/** Text escaped for the inside of a JSON string. */
const insideJson = (text: string): string => JSON.stringify(text).slice(1, -1)
