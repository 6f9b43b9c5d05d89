// The process that asks a host at a steady rate, whatever the answers take: a request's time runs from when it was due.

import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { must } from '../domain/must.ts'

export interface ApiSenderInput {
  url: string
  token: string
}
export interface ApiOrder {
  paths: readonly string[]
  perSecond: number
  seconds: number
}
export interface ApiSenderResult {
  /** Milliseconds of each request, in order. */
  took: number[]
  bytes: number
  failed: string[]
}

const { url, token } = JSON.parse(must(process.argv[2])) as ApiSenderInput
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

function ask(path: string): Promise<{ status: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` }
    const asked = request(`${url}/api/v1/${path}`, { agent, headers }, (answer) => {
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, bytes }))
      answer.on('error', reject)
    })
    asked.on('error', reject).end()
  })
}

process.once('disconnect', () => process.exit())
process.on('message', async ({ paths, perSecond, seconds }: ApiOrder) => {
  const result: ApiSenderResult = { took: [], bytes: 0, failed: [] }
  const startMs = performance.now()
  const asked: Promise<void>[] = []
  for (let index = 0; index < perSecond * seconds; index++) {
    const dueMs = startMs + (index * 1_000) / perSecond
    await sleep(Math.max(0, dueMs - performance.now()))
    const path = paths[index % paths.length] ?? ''
    const work = ask(path).then(({ status, bytes }) => {
      result.took[index] = performance.now() - dueMs
      result.bytes += bytes
      if (status !== 200) result.failed.push(`${path}: ${status}`)
    })
    asked.push(work.catch((error: unknown) => void result.failed.push(`${path}: ${String(error)}`)))
  }
  await Promise.all(asked)
  process.send?.(result)
})
