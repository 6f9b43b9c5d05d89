// A gateway that is cut off for a simulated week, on the real host: it delivers everything in order, every hour of the
// week comes out measured, and the institution is judged by it. Gateway against broker alone: test/devices.

import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startGateway } from '../../devices/gateway.ts'
import { clientOf } from '../../local/command/client.ts'
import { newSecret } from '../../local/credentials.ts'
import { startHost } from '../../local/host.ts'
import { freePort } from '../devices/broker.ts'
import { relativeError } from './bdg2.ts'
import { eventually, temporaryFolder } from './host-process.ts'

const QUARTER_MS = 15 * 60_000
const HOUR_MS = 4 * QUARTER_MS
const WEEK_QUARTERS = 7 * 96
const DAY_QUARTERS = 96
/** A Monday, 00:00 in UTC+8. */
const START_MS = Date.UTC(2026, 8, 7) - 8 * HOUR_MS
const METERS = [
  { id: 'E', medium: 'electricity', unit: 'kWh', perQuarter: 2.75 },
  { id: 'W', medium: 'water', unit: 'm3', perQuarter: 0.125 },
  { id: 'H', medium: 'heat', unit: 'GJ', perQuarter: 0.5 },
] as const

test('a week without a host is delivered in order, and each of its hours is measured', async () => {
  const [folder, mqttPort] = [temporaryFolder(), await freePort()]
  const start = () =>
    startHost({ ...{ data: join(folder, 'data'), port: 0, mqttPort, host: '127.0.0.1' }, log: () => {} })
  const before = await start()
  const password = newSecret()
  await clientOf(before).put('registry', registry(password))

  // A day with the host, a week without it, a day with it again.
  const back = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const gateway = startGateway({
    ...{ id: 'G', password, url: before.mqttUrl, readingsPerMessage: 12, outbox: { file: join(folder, 'G.outbox') } },
    limits: { retryMsMin: 5, retryMsMax: 50 },
    source: {
      async *readings() {
        for (let quarter = 0; quarter <= WEEK_QUARTERS + 2 * DAY_QUARTERS; quarter++) {
          if (quarter === DAY_QUARTERS) await gone.promise
          if (quarter === DAY_QUARTERS + WEEK_QUARTERS) await back.promise
          yield METERS.map(({ id, perQuarter }) => ({
            ...{ meter: id, at: START_MS + quarter * QUARTER_MS, value: 1_000 + quarter * perQuarter },
          }))
        }
      },
    },
  })
  onTestFinished(() => gateway.stop())
  const offeredAt = (quarters: number) => gateway.figures().offered === quarters * METERS.length
  await eventually(
    'the first day is delivered',
    () => offeredAt(DAY_QUARTERS) && gateway.figures().outbox.entries === 0,
  )
  await before.close()
  gone.resolve()
  await eventually('the week waits', () => offeredAt(DAY_QUARTERS + WEEK_QUARTERS))
  expect(gateway.figures().outbox.readings).toBe(WEEK_QUARTERS * METERS.length)
  const host = await start()
  onTestFinished(() => host.close())
  back.resolve()
  await gateway.drained()

  const client = clientOf(host)
  await eventually(
    'all is settled',
    async () => (await client.get<{ upToDate: boolean }>('areas/A/freshness')).upToDate,
  )
  const endMs = START_MS + (WEEK_QUARTERS + 2 * DAY_QUARTERS) * QUARTER_MS
  for (const { id, perQuarter } of METERS) {
    const history = await host.platform.readings.history(id, START_MS, endMs + 1)
    const times = history.map(({ atMs }) => atMs)
    expect(times).toEqual(
      Array.from({ length: WEEK_QUARTERS + 2 * DAY_QUARTERS + 1 }, (_, i) => START_MS + i * QUARTER_MS),
    )
    const series = await client.get<{ points: { atMs: number; value: number; flag: string }[] }>(
      `meters/${id}/series?from=${START_MS}&to=${endMs}`,
    )
    expect(series.points).toHaveLength((endMs - START_MS) / HOUR_MS)
    expect(new Set(series.points.map(({ flag }) => flag))).toEqual(new Set(['measured']))
    for (const { value } of series.points) expect(relativeError(value, 4 * perQuarter)).toBeLessThanOrEqual(1e-9)
  }
  const status = await client.get<{ dualControl: { indicators: { indicator: string; knownPart: number }[] } }>(
    'institutions/I/status?month=2026-09',
  )
  const water = status.dualControl.indicators.find(({ indicator }) => indicator === 'water')
  expect(relativeError(water?.knownPart ?? 0, (WEEK_QUARTERS + 2 * DAY_QUARTERS) * 0.125)).toBeLessThanOrEqual(1e-9)
})

const registry = (password: string) => ({
  areas: [{ code: 'A', name: '甲', level: 'county' }],
  institutions: [
    { id: 'I', name: 'I', area: 'A', type: 'other', sizes: [{ validFrom: '2000-01-01', floorAreaM2: 1 }] },
  ],
  gateways: [{ id: 'G', institution: 'I', password }],
  meters: METERS.map(({ id, medium, unit }) => ({
    ...{ id, institution: 'I', gateway: 'G', medium, unit, kind: 'register', intervalMinutes: 15 },
  })),
})
