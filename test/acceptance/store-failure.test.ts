// A store that cannot write: no reading is acknowledged, the gateway keeps it and sends it again, and nothing is lost.
// The failure is put into the running platform; what lies around it is the real host.

import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startGateway } from '../../devices/gateway.ts'
import type { ReadingStore } from '../../functions/platform.ts'
import { clientOf } from '../../local/command/client.ts'
import { newSecret } from '../../local/credentials.ts'
import { type Host, startHost } from '../../local/host.ts'
import { eventually, temporaryFolder } from './host-process.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.UTC(2026, 0, 1) - 8 * HOUR_MS
const READINGS = 400
const FAILURES = 5

test.each([
  { name: 'before it writes', writesFirst: false },
  { name: 'after it has written, so that the same readings come twice', writesFirst: true },
])('readings whose append fails $name are sent again and stand once', async ({ writesFirst }) => {
  const folder = temporaryFolder()
  const lines: string[] = []
  const host = await startHost({
    ...{ data: join(folder, 'data'), port: 0, mqttPort: 0, host: '127.0.0.1' },
    log: (line) => lines.push(line),
  })
  onTestFinished(() => host.close())
  const password = newSecret()
  const client = clientOf(host)
  await client.put('registry', registry(password))

  const refusals: number[] = []
  let acknowledged = 0
  let appended = 0
  failAppends(host, writesFirst, {
    onFailure: () => refusals.push(acknowledged),
    onAppended: (count) => {
      appended += count
    },
  })
  const gateway = startGateway({
    ...{ id: 'G', password, url: host.mqttUrl, readingsPerMessage: 10, outbox: { file: join(folder, 'G.outbox') } },
    limits: { retryMsMin: 5, retryMsMax: 50, inFlightMax: 4 },
    source: {
      async *readings() {
        for (let hour = 0; hour < READINGS; hour += 20) {
          yield Array.from({ length: 20 }, (_, i) => ({
            meter: 'E',
            at: START_MS + (hour + i) * HOUR_MS,
            value: hour + i,
          }))
        }
      },
    },
    onProgress: (figures) => {
      acknowledged = figures.acknowledged
      // What is acknowledged has been appended by an append that returned.
      expect(acknowledged).toBeLessThanOrEqual(appended)
    },
  })
  onTestFinished(() => gateway.stop())
  await gateway.drained()

  expect(refusals).toHaveLength(FAILURES)
  expect(gateway.figures()).toMatchObject({ acknowledged: READINGS, outbox: { entries: 0, droppedReadings: 0 } })
  await eventually(
    'all is settled',
    async () => (await client.get<{ upToDate: boolean }>('areas/A/freshness')).upToDate,
  )
  const query = `from=${START_MS}&to=${START_MS + READINGS * HOUR_MS}`
  const raw = await client.get<{ points: unknown[] }>(`meters/E/series?${query}&grain=raw`)
  expect(raw.points).toEqual(Array.from({ length: READINGS }, (_, i) => ({ atMs: START_MS + i * HOUR_MS, value: i })))
  const hours = await client.get<{ points: { value: number; flag: string }[] }>(`meters/E/series?${query}`)
  expect(hours.points.map(({ value, flag }) => `${value} ${flag}`)).toEqual(Array(READINGS - 1).fill('1 measured'))
})

/** Every second append fails, FAILURES times. */
function failAppends(
  { platform }: Host,
  writesFirst: boolean,
  { onFailure, onAppended }: { onFailure(): void; onAppended(count: number): void },
): void {
  const { append }: ReadingStore = platform.readings
  let calls = 0
  let failures = 0
  const failing: Pick<ReadingStore, 'append'> = {
    async append(batch, receivedMs) {
      const isToFail = batch.length > 0 && calls++ % 2 === 0 && failures < FAILURES
      const refused = !isToFail || writesFirst ? await append(batch, receivedMs) : []
      if (isToFail) {
        failures++
        onFailure()
        throw new Error('the disk is gone')
      }
      onAppended(batch.length)
      return refused
    },
  }
  Object.assign(platform.readings, failing)
}

const registry = (password: string) => ({
  areas: [{ code: 'A', name: '甲', level: 'county' }],
  institutions: [
    { id: 'I', name: 'I', area: 'A', type: 'other', sizes: [{ validFrom: '2000-01-01', floorAreaM2: 1 }] },
  ],
  gateways: [{ id: 'G', institution: 'I', password }],
  meters: [{ id: 'E', institution: 'I', gateway: 'G', medium: 'electricity', unit: 'kWh', kind: 'register' }],
})
