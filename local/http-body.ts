// The body of a request as API Gateway passes it.

import type { ApiEvent } from '../functions/api.ts'

/** As text where that loses nothing, else in base64, as of a body that is not text. */
export function eventWith(event: ApiEvent, chunks: readonly Uint8Array[]): ApiEvent {
  const whole = Buffer.concat(chunks)
  const text = whole.toString()
  const isText = !text.includes('\uFFFD')
  return { ...event, body: isText ? text : whole.toString('base64'), isBase64Encoded: !isText }
}
