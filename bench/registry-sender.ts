// The process that sends registries to a host: to make and write 60 MB of JSON would stop the event loop that is
// measured.

import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { must } from '../domain/must.ts'
import type { Meter } from '../domain/registry/records.ts'
import { type ProvinceSize, provinceRecords } from './province.ts'

export interface SenderInput {
  url: string
  token: string
  size: ProvinceSize
  /** Meters of the wrong registry. */
  wrong: number
}
export type SendOrder = 'good' | 'renamed' | 'wrong'
export interface SendResult {
  status: number
  bytes: number
}

const { url, token, size, wrong } = JSON.parse(must(process.argv[2])) as SenderInput
const records = provinceRecords(size)
const [first] = records.meters
const wrongMeter = (_: unknown, index: number) => ({ ...first, id: `wrong-${index}`, medium: 'steam', unit: 7 })
const bodies: Record<SendOrder, () => { meters: readonly Partial<Meter>[] }> = {
  good: () => records,
  renamed: () => ({ meters: [{ ...first, name: 'renamed' } as Partial<Meter>] }),
  wrong: () => ({ meters: Array.from({ length: wrong }, wrongMeter) as unknown as Meter[] }),
}

process.once('disconnect', () => process.exit())
process.on('message', async ({ order }: { order: SendOrder }) => {
  const body = JSON.stringify(bodies[order]())
  // A body takes seconds to make: the connection of the last request may be gone by then. `fetch` of Node 24.21 fails
  // an assertion when a long answer ends such a connection.
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' }
  const sent = request(`${url}/api/v1/registry`, { method: 'PUT', headers }).end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  for await (const _ of answer);
  const result: SendResult = { status: answer.statusCode ?? 0, bytes: body.length }
  process.send?.(result)
})
