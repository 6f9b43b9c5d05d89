// How an answer travels, the same on both hosts (docs/rules/interfaces.md#transfer): compressed for whoever reads that,
// as nothing for whoever has it already (ETag), and without its body to HEAD.

import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'

/** A smaller answer fits one packet as it is. */
const COMPRESSED_BYTES_MIN = 1_400
/** Middle levels: a page of 500 institutions takes some milliseconds of a thread. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }
const GZIP = { level: 5 }
const brotli = promisify<Buffer, object, Buffer>(brotliCompress)
const zip = promisify<Buffer, object, Buffer>(gzip)
const TEXT = /^(?:application\/(?:problem\+)?json|text\/)/

export interface TransferAsked {
  method?: string | undefined
  /** Of the request, in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>
}
/** What is sent: status, headers and bytes. */
export interface Transfer {
  statusCode: number
  headers: Record<string, string>
  cookies: string[]
  bytes: Buffer
  /** The bytes are text in UTF-8 as it is. */
  isPlainText: boolean
}

export async function transferOf(
  { method, headers: asked }: TransferAsked,
  result: APIGatewayProxyStructuredResultV2,
): Promise<Transfer> {
  const { statusCode = 200, cookies = [], body = '', isBase64Encoded = false } = result
  const headers = Object.fromEntries(Object.entries(result.headers ?? {}).map(([name, value]) => [name, String(value)]))
  headers.vary = 'accept, accept-encoding, cookie, authorization'
  const whole = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
  const sent = { statusCode, headers, cookies }
  if ((method === 'GET' || method === 'HEAD') && statusCode === 200) {
    const tag = `W/"${createHash('sha256').update(whole).digest('base64url').slice(0, 22)}"`
    headers.etag = tag
    if (
      String(asked['if-none-match'] ?? '')
        .split(/\s*,\s*/)
        .includes(tag)
    )
      return { ...sent, statusCode: 304, bytes: Buffer.alloc(0), isPlainText: true }
  }
  const coding = codingOf(whole, headers, String(asked['accept-encoding'] ?? ''))
  if (coding !== undefined) headers['content-encoding'] = coding
  const bytes = coding === undefined ? whole : await (coding === 'br' ? brotli(whole, BROTLI) : zip(whole, GZIP))
  return { ...sent, bytes, isPlainText: coding === undefined && !isBase64Encoded }
}

function codingOf(whole: Buffer, headers: Readonly<Record<string, string>>, accepted: string) {
  if (whole.length < COMPRESSED_BYTES_MIN || !TEXT.test(headers['content-type'] ?? '')) return undefined
  return ['br', 'gzip'].find((one) => new RegExp(`\\b${one}\\b(?!\\s*;\\s*q=0(?:\\.0*)?(?:,|$))`).test(accepted))
}
