// Two years of a building with a heating and a cooling season, for tests of contracts: the second one uses less. Sent
// as hourly registers over the wire, with the temperatures of one station.

import { onTestFinished } from 'vitest'
import { DAY_MS, dayOf, dayStartMs, HOUR_MS } from '../../domain/calendar.ts'
import { settle } from '../../functions/settle.ts'
import { apiCall } from './api-call.ts'
import {
  AREAS,
  INSTITUTIONS,
  meter,
  oneInstitution,
  openTestPlatform,
  register,
  send,
  type TestPlatform,
} from './province.ts'

export const BASELINE_FROM = '2024-05-01'
export const REPORTING_FROM = '2025-05-01'
export const REPORTING_TO = '2026-05-01'
const dayAt = (date: string): number => dayOf(Date.parse(`${date}T00:00:00+08:00`))
const FIRST = dayAt(BASELINE_FROM)
const START = dayAt(REPORTING_FROM)
export const END = dayAt(REPORTING_TO)
const READINGS_PER_MESSAGE = 2000

/** A number from −1 to 1 for each day, the same in each run. */
const noise = (day: number, salt: number): number => {
  const x = Math.sin(day * 12.9898 + salt * 78.233) * 43758.5453
  return 2 * (x - Math.floor(x)) - 1
}
export const temperatureOn = (day: number): number =>
  13 - 16 * Math.cos((2 * Math.PI * (day - FIRST + 100)) / 365.25) + 3 * noise(day, 1)
/** kWh of a day before the work. */
const usedBefore = (day: number): number =>
  300 + 12 * Math.max(0, 12 - temperatureOn(day)) + 8 * Math.max(0, temperatureOn(day) - 24) + 12 * noise(day, 2)
export const usedOn = (day: number, share = 0.8): number => usedBefore(day) * (day < START ? 1 : share)

/** Register readings by the hour over days; the register stands at `start` when they begin. */
export function hourly(
  id: string,
  days: readonly [from: number, to: number],
  used: (day: number) => number,
  start = 0,
) {
  const readings = [{ meter: id, at: dayStartMs(days[0]), value: start }]
  let value = start
  for (let day = days[0]; day < days[1]; day++)
    for (let hour = 1; hour <= 24; hour++) {
      value += used(day) / 24
      readings.push({ meter: id, at: dayStartMs(day) + hour * HOUR_MS, value: Math.round(value * 1000) / 1000 })
    }
  return readings
}

export async function sendAll(
  platform: TestPlatform,
  readings: ReturnType<typeof hourly>,
  gateway = 'G-A',
): Promise<void> {
  for (let first = 0; first < readings.length; first += READINGS_PER_MESSAGE)
    await send(platform, gateway, readings.slice(first, first + READINGS_PER_MESSAGE))
  await settle(platform)({ shards: [] })
}

/** The building with both years, its station beside it; the clock stands a week after the second year. */
export async function builtYear({
  used = usedOn,
  meters = [meter('A-E', 'A')],
  institutions = INSTITUTIONS.slice(0, 1),
  atEnd = onTestFinished,
}: {
  used?: (day: number) => number
  meters?: ReturnType<typeof meter>[]
  institutions?: typeof INSTITUTIONS
  atEnd?: (remove: () => Promise<void>) => void
} = {}): Promise<TestPlatform> {
  const platform = await openTestPlatform(undefined, atEnd)
  platform.clock.nowMs = dayStartMs(END + 7)
  const areas = AREAS?.map((area) =>
    area.code === '130102' ? { ...area, latitudeDeg: 38.04, longitudeDeg: 114.5 } : area,
  )
  const gateways = institutions.map(({ id }) => ({ id: `G-${id}`, institution: id }))
  await register(platform, { ...oneInstitution(meters), institutions, gateways, areas })
  const station = { id: '53698', name: '石家庄', latitudeDeg: 38.03, longitudeDeg: 114.42 }
  await apiCall(platform, 'PUT', 'weather/stations', { stations: [station] })
  const rows = []
  for (let ms = dayStartMs(FIRST); ms < dayStartMs(END); ms += HOUR_MS)
    rows.push({ at: ms, temperature: temperatureOn(dayOf(ms)) + 4 * Math.sin((2 * Math.PI * (ms % DAY_MS)) / DAY_MS) })
  for (let first = 0; first < rows.length; first += 9000)
    await apiCall(platform, 'PUT', 'weather/stations/53698/temperatures', { rows: rows.slice(first, first + 9000) })
  await sendAll(platform, hourly('A-E', [FIRST, END], used))
  return platform
}

export const TERMS = {
  ...{ id: 'EPC-1', name: '办公楼节能改造', number: '2025-007', kind: 'sharedSavings', institution: 'A' },
  parties: { owner: { name: '长安区机关' }, contractor: { name: '节能服务公司' } },
  ...{ medium: 'electricity', boundary: [{ meter: 'A-E' }] },
  baseline: { from: BASELINE_FROM, to: REPORTING_FROM, method: { kind: 'weather' } },
  reporting: { from: REPORTING_FROM, to: REPORTING_TO, everyMonths: 1 },
  price: { kind: 'fixed', yuanPerUnit: 0.62 },
  shares: [{ year: 1, ownerPct: 20, contractorPct: 80 }],
}

/** Terms stored, baseline built, both signed. */
export async function signedContract(platform: TestPlatform, terms: Record<string, unknown> = TERMS) {
  const path = `contracts/${terms.id}`
  for (const [method, below, body] of [
    ['PUT', '', { terms }],
    ['POST', '/baseline', { who: '王' }],
  ] as const) {
    const { status, body: answer } = await apiCall(platform, method, `${path}${below}`, body)
    if (status !== 200) throw new Error(answer.detail)
  }
  for (const party of ['owner', 'contractor']) {
    const { version } = (await apiCall(platform, 'GET', path)).body
    const { status, body } = await apiCall(platform, 'POST', `${path}/sign`, { party, who: `${party} 王`, version })
    if (status !== 200) throw new Error(body.detail)
  }
}
