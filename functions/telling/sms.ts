// Short messages through an HTTP gateway of the user's choice. What its request looks like is a template of the setting
// (domain/notify/setting.ts); an answer that does not say what the setting expects is tried again.

import { fillTemplate, type SmsGateway, type SmsPlaceholder } from '../../domain/notify/setting.ts'
import type { Message } from '../platform.ts'
import { cutTo } from './cut.ts'
import { post, type Sending } from './post.ts'
import { signedHeaders } from './webhook.ts'

/** Carriers split a long message of Chinese into parts of 67 characters; gateways commonly take up to 500. */
const CHARACTERS_MAX = 500
const CHINA = '+86'

/** Failures as `post` tells them. `phone`: as E.164 writes it. */
export async function sendSms(
  { url, contentType, headers, body: template, secret, accepted }: SmsGateway,
  phone: string,
  { id, title, lines, link }: Message,
  sending: Sending,
): Promise<void> {
  const values: Record<SmsPlaceholder, string> = {
    phone,
    nationalPhone: phone.startsWith(CHINA) ? phone.slice(CHINA.length) : phone,
    text: cutTo([title, ...lines, link].join('\n'), CHARACTERS_MAX, (text) => text.length),
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
  // Which codes are final each gateway knows for itself: what is not accepted is tried again, as often as anything is.
  if (accepted !== undefined && !answer.includes(accepted)) {
    throw new Error(`the SMS gateway refused: ${answer.slice(0, 200)}`)
  }
}

/** Text as it stands between the quotes of a JSON string. */
const insideJson = (text: string): string => JSON.stringify(text).slice(1, -1)
