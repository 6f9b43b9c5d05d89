// Requests for work on the machine of a data folder that takes as long as it takes: through the running host, or on a
// folder that nobody has open.

import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { api } from '../../functions/api.ts'
import { type HostAddress, runningHost } from '../host-address.ts'
import { openPlatform } from '../platform.ts'
import { ApiError, callerOf } from './client.ts'

/** The answer to a POST. Throws ApiError, or an Error with a sentence where there is no such folder. */
export async function askMachine<T>(data: string, path: string, body: unknown): Promise<T> {
  const host = runningHost(data)
  if (host) return await askHost<T>(host, path, body)
  if (!existsSync(data)) throw new Error(`there is no data folder "${data}"`)
  const platform = await openPlatform(data)
  try {
    return await callerOf(api(platform))<T>('POST', path, body)
  } finally {
    await platform.close()
  }
}

/** `fetch` gives up after five minutes. */
function askHost<T>({ httpUrl, adminToken }: HostAddress, path: string, body: unknown): Promise<T> {
  return new Promise((done, failed) => {
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
    const asked = request(`${httpUrl}/api/v1/${path}`, { method: 'POST', headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', failed)
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const status = answer.statusCode ?? 500
        if (status < 400) done(JSON.parse(text) as T)
        else failed(new ApiError(status, JSON.parse(text) as ApiError['problem']))
      })
    })
    asked.on('error', failed)
    asked.end(JSON.stringify(body))
  })
}
