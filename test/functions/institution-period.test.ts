// The use of an institution over any days beside the year before, and the flow of its energy: sums that add up, what is
// unknown is never zero, and the same meters count as in the months that are judged.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../domain/calendar.ts'
import { dayOfDate, dayYearBefore } from '../../domain/energy/period.ts'
import type { FlowView, UseView } from '../../domain/view/period.ts'
import { apiCall } from './api-call.ts'
import {
  derive,
  meter,
  NOON_MS,
  oneInstitution,
  openTestPlatform,
  register,
  send,
  type TestPlatform,
} from './province.ts'

const FIRST_MS = Date.parse('2026-06-10T00:00:00+08:00')
let platform: TestPlatform
let remove: () => Promise<void>

beforeAll(async () => {
  platform = await openTestPlatform(undefined, (end) => {
    remove = end
  })
  const meters = [
    meter('A-E', 'A'),
    meter('A-LIGHT', 'A', { role: 'sub', parent: 'A-E', purpose: '01A10' }),
    meter('A-AIR', 'A', { role: 'sub', parent: 'A-E', purpose: '01B10' }),
    meter('A-PUMP', 'A', { role: 'sub', parent: 'A-AIR' }),
    meter('A-LET', 'A', { role: 'exclude', parent: 'A-E' }),
    meter('A-W', 'A', { medium: 'water', unit: 'm³' }),
  ]
  await register(platform, oneInstitution(meters))
  const perHour = { 'A-E': 10, 'A-LIGHT': 3, 'A-AIR': 4, 'A-PUMP': 1, 'A-LET': 2 }
  const lastYear = Date.parse('2025-06-10T00:00:00+08:00')
  for (const [id, amount] of Object.entries(perHour)) {
    const readings = [
      ...Array.from({ length: 73 }, (_, n) => ({ at: lastYear + n * HOUR_MS, value: (n * amount) / 2 })),
      ...Array.from({ length: 61 }, (_, n) => ({ at: FIRST_MS + n * HOUR_MS, value: 100_000 + n * amount })),
    ]
    await send(
      platform,
      'G-A',
      readings.map((one) => ({ meter: id, ...one })),
    )
  }
  await send(platform, 'G-A', [
    { meter: 'A-W', at: FIRST_MS, value: 1 },
    { meter: 'A-W', at: FIRST_MS + 48 * HOUR_MS, value: 49 },
  ])
  await derive(platform)
})
afterAll(() => remove())

const use = async (query: string): Promise<UseView> =>
  (await apiCall(platform, 'GET', `institutions/A/use?${query}`)).body

test('days are what main meters measured less what was let, beside the same days a year before', async () => {
  const view = await use('from=2026-06-10&to=2026-06-13&medium=electricity')
  expect(view.points.map(({ value }) => value)).toEqual([192, 192, 96, null])
  expect(view.points.map(({ before }) => before?.value)).toEqual([96, 96, 96, expect.any(Number)])
  expect(view.points.map(({ hoursKnown, hoursExpected }) => [hoursKnown, hoursExpected])).toEqual([
    [48, 48],
    [48, 48],
    [24, 48],
    [0, 48],
  ])
  // The third and the fourth day are not wholly known: they are shown, and not compared.
  expect([view.change, view.compared]).toEqual([1, 2])
  expect(view.total).toMatchObject({ value: 480, hoursKnown: 120, hoursExpected: 192 })
  expect([view.unit, view.media]).toEqual(['kWh', ['electricity', 'water']])
})

test('a day that is not over is not compared, and days to come add nothing to the year before', async () => {
  const noon = Date.parse('2026-06-12T12:00:00+08:00')
  const { nowMs } = platform.clock
  platform.clock.nowMs = noon
  const view = await use('from=2026-06-10&to=2026-06-14&medium=electricity')
  const month = await use('from=2026-06-10&to=2026-06-30&medium=electricity&grain=month')
  platform.clock.nowMs = nowMs
  expect(view.points[2]).toMatchObject({ value: 96, hoursKnown: 24, hoursExpected: 24 })
  expect([view.change, view.compared, view.totalBefore.value]).toEqual([1, 2, 3 * 96])
  expect([month.change, month.compared]).toEqual([null, 0])
})

test('hours, days and months of one period have one sum', async () => {
  const totals = await Promise.all(
    ['hour', 'day', 'month'].map(async (grain) => {
      const { total, totalBefore, points } = await use(
        `from=2026-06-10&to=2026-06-12&medium=electricity&grain=${grain}`,
      )
      return [total.value, total.hoursKnown, totalBefore.value, points.length]
    }),
  )
  expect(totals).toEqual([
    [480, 120, 288, 72],
    [480, 120, 288, 3],
    [480, 120, 288, 1],
  ])
})

test.each([
  ['from=2026-06-12&to=2026-06-10', 'to'],
  ['from=2026-01-01&to=2026-06-10&grain=hour', 'from'],
  ['from=1990-01-01&to=2026-06-10&grain=month', 'from'],
  ['from=2026-02-30&to=2026-06-10', 'from'],
  ['from=2026-06-01&to=2026-06-10&medium=steam', 'medium'],
])('a period that cannot be is refused: %s', async (query, field) => {
  expect(await apiCall(platform, 'GET', `institutions/A/use?${query}`)).toMatchObject({ status: 400, body: { field } })
})

test('29 February has no day a year before, and 28 February 2025 is that of 2026', () => {
  expect(dayYearBefore(dayOfDate('2028-02-29'))).toBeUndefined()
  expect(dayYearBefore(dayOfDate('2026-02-28'))).toBe(dayOfDate('2025-02-28'))
  expect(dayYearBefore(dayOfDate('2025-03-01'))).toBe(dayOfDate('2024-03-01'))
  expect(dayOfDate('2026-06-10') * DAY_MS - 8 * HOUR_MS).toBe(FIRST_MS)
})

test('the flow adds up at each meter, and what nothing explains is its rest', async () => {
  const { body }: { body: FlowView } = await apiCall(platform, 'GET', 'institutions/A/flow?month=2026-06')
  expect(body.hoursExpected).toBe(Math.floor((NOON_MS - Date.parse('2026-06-01T00:00:00+08:00')) / HOUR_MS))
  const row = (id: string) => body.rows.find(({ meter: own }) => own === id)
  const main = row('A-E')
  // From June to the last reading all are known; the days before 10 June are spread over the year's gap.
  expect(main?.hoursKnown).toBe(9 * 24 + 60)
  for (const { meter: id, amount, rest } of body.rows) {
    const below = body.rows.filter(({ parent }) => parent === id)
    if (below.length === 0) expect(rest).toBeNull()
    else expect(rest).toBeCloseTo((amount ?? 0) - below.reduce((sum, one) => sum + (one.amount ?? 0), 0), 6)
  }
  expect(row('A-PUMP')?.parent).toBe('A-AIR')
  expect(main?.kgcePerUnit).toBe(0.1229)
  expect(row('A-W')).toMatchObject({ parent: null, kgcePerUnit: null, rest: null, unit: 'm³' })
})
