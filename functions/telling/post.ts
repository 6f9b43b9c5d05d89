// Sends one signed JSON request to a robot or webhook: https only (http to this machine), no redirects, one time-out
// for the whole exchange, and permanent failures told from passing ones. The caller interprets an answer beyond its
// HTTP status.

import { isSafeUrl } from '../../domain/notify/setting.ts'
import { PermanentFailure } from '../platform.ts'

/** An answer is a few words; a longer one does not come from the expected receiver. */
const ANSWER_BYTES_MAX = 64 * 1024
/** Try again later: time-out, too early, too many requests. */
const RETRYABLE_CLIENT_ERRORS = [408, 425, 429]

export interface Post {
  url: string
  body: string
  headers?: Readonly<Record<string, string>>
  sending: Sending
}
/** Clock, time-out and fetch of one request, given by the platform. */
export interface Sending {
  nowMs: number
  timeoutMs: number
  fetch: typeof fetch
}

/**
 * The text of a 2xx answer. Throws PermanentFailure for an address that is not allowed, for a redirect (it would carry
 * the message to a host that nobody entered) and for other 4xx; an Error for passing failures: no connection, time-out,
 * 5xx, 429. Errors never contain the URL, whose query is often a secret.
 */
export async function post({ url, body, headers, sending: { timeoutMs, fetch } }: Post): Promise<string> {
  if (!isSafeUrl(url)) throw new PermanentFailure('the address is not an https URL')
  const { host } = new URL(url)
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw failed(host, error, timeoutMs)
  })
  const { status } = response
  if (status >= 300 && status < 400)
    throw new PermanentFailure(`${host} redirects (HTTP ${status}); enter the final address`)
  const text = await limitedText(response).catch((error: unknown) => {
    throw failed(host, error, timeoutMs)
  })
  if (response.ok) return text
  const told = `${host} answered HTTP ${status}: ${text.slice(0, 200)}`
  const mayPass = status >= 500 || RETRYABLE_CLIENT_ERRORS.includes(status) || tellsOfHaste(text)
  throw mayPass ? new Error(told) : new PermanentFailure(told)
}

/** Whether an answer of any code reports too many messages: that passes. */
export const tellsOfHaste = (text: string): boolean => /too (many|fast)|freq|限流|太快|频率/i.test(text)

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`an answer over ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function failed(host: string, error: unknown, timeoutMs: number): Error {
  if (error instanceof Error && error.name === 'TimeoutError')
    return new Error(`${host} did not answer in ${timeoutMs} ms`)
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined
  return new Error(`${host}: ${cause ?? (error instanceof Error ? error.message : String(error))}`, { cause: error })
}
