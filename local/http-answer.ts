// Writes what the handler answered to Node's response (functions/api/transfer.ts says how it travels).

import type { IncomingMessage, ServerResponse } from 'node:http'
import { transferOf } from '../functions/api/transfer.ts'
import type { ApiResult } from '../functions/api.ts'

export async function sendResult(request: IncomingMessage, response: ServerResponse, result: ApiResult): Promise<void> {
  const { statusCode, headers, cookies, bytes } = await transferOf(request, result)
  response.statusCode = statusCode
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (cookies.length > 0) response.setHeader('set-cookie', cookies)
  if (statusCode === 304) return void response.end()
  response.setHeader('content-length', bytes.length)
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
