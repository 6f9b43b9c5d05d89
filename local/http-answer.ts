// Sends what the handler answered: compressed where the sender can read that, as nothing where the sender has it
// already (ETag), and without its body to HEAD (docs/rules/interfaces.md#transfer).

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { ApiResult } from '../functions/api.ts'

/** A smaller answer fits one packet as it is. */
const COMPRESSED_BYTES_MIN = 1_400
/** Middle levels: a page of 500 institutions takes some milliseconds of a thread. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }
const GZIP = { level: 5 }
const brotli = promisify<Buffer, object, Buffer>(brotliCompress)
const zip = promisify<Buffer, object, Buffer>(gzip)
const TEXT = /^(?:application\/(?:problem\+)?json|text\/)/

export async function sendResult(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  result: ApiResult,
): Promise<void> {
  response.statusCode = result.statusCode ?? 200
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, String(value))
  if (result.cookies) response.setHeader('set-cookie', result.cookies)
  const whole = Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8')
  response.setHeader('vary', 'accept, accept-encoding, cookie, authorization')
  const isRead = (method === 'GET' || method === 'HEAD') && response.statusCode === 200
  if (isRead) {
    const tag = `W/"${createHash('sha256').update(whole).digest('base64url').slice(0, 22)}"`
    response.setHeader('etag', tag)
    if ((headers['if-none-match'] ?? '').split(/\s*,\s*/).includes(tag)) {
      response.statusCode = 304
      response.end()
      return
    }
  }
  const body = await compressed(whole, response, String(headers['accept-encoding'] ?? ''))
  response.setHeader('content-length', body.length)
  response.end(method === 'HEAD' ? undefined : body)
}

async function compressed(whole: Buffer, response: ServerResponse, accepted: string): Promise<Buffer> {
  if (whole.length < COMPRESSED_BYTES_MIN || !TEXT.test(String(response.getHeader('content-type')))) return whole
  const coding = ['br', 'gzip'].find((one) =>
    new RegExp(`\\b${one}\\b(?!\\s*;\\s*q=0(?:\\.0*)?(?:,|$))`).test(accepted),
  )
  if (coding === undefined) return whole
  response.setHeader('content-encoding', coding)
  return coding === 'br' ? brotli(whole, BROTLI) : zip(whole, GZIP)
}
