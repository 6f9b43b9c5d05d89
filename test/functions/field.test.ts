// What people do about the field over the API: events are reviewed, readings repaired, and closed months that change
// leave revisions behind.

import { expect, test } from 'vitest'
import { DAY_MS, dayLabel, dayOf, HOUR_MS } from '../../domain/calendar.ts'
import type { ExplainView } from '../../domain/view/explain.ts'
import type { EventView } from '../../domain/view/field.ts'
import type { Revision } from '../../functions/judging/revision.ts'
import type { Platform } from '../../functions/platform.ts'
import { apiCall as call } from './api-call.ts'
import { derive, meter, NOON_MS, oneInstitution, openTestPlatform, register, send } from './province.ts'

/** Readings of A-E, one an hour up to noon; a spike in the fourth, and a reset after the seventh. */
const VALUES = [10, 12, 14, 500, 18, 20, 22, 3, 5, 7]
const at = (n: number): number => NOON_MS - 20 * HOUR_MS + n * HOUR_MS
async function populated() {
  const platform = await openTestPlatform()
  await register(platform, oneInstitution([meter('A-E', 'A')]))
  await send(
    platform,
    'G-A',
    VALUES.map((value, n) => ({ meter: 'A-E', at: at(n), value })),
  )
  await derive(platform)
  return platform
}
const RANGE = `from=${NOON_MS - 3 * DAY_MS}&to=${NOON_MS}`
const statesOf = async (platform: Platform, path = 'meters/A-E/events', more = '') =>
  ((await call(platform, 'GET', `${path}?${RANGE}${more}`)).body.items as EventView[]).map(({ id, state }) => [
    id,
    state,
  ])
const total = async (platform: Platform): Promise<number> => {
  const { body } = await call(platform, 'GET', `meters/A-E/series?${RANGE}&grain=hour`)
  return (body.points as { value: number | null }[]).reduce((sum, { value }) => sum + (value ?? 0), 0)
}

test('events are listed by meter and area, reviewed, and an undone one settles its hours anew until it is reopened', async () => {
  const platform = await populated()
  const [spike, reset] = [`spike:${at(3)}`, `reset:${at(6)}`]
  expect(await statesOf(platform)).toEqual([
    [spike, 'open'],
    [reset, 'open'],
  ])
  expect(await total(platform)).toBe(12 + 4)
  const accepted = await call(platform, 'POST', `meters/A-E/events/${spike}/accept`, { who: '王工', note: '雷击' })
  expect([accepted.status, accepted.body.history]).toEqual([
    200,
    [{ state: 'accepted', who: '王工', note: '雷击', atMs: NOON_MS }],
  ])
  await call(platform, 'POST', `meters/A-E/events/${reset}/undo`, {})
  expect(await call(platform, 'GET', 'areas/130102/freshness')).toMatchObject({ body: { upToDate: false } })
  await derive(platform)
  expect(await call(platform, 'GET', 'areas/130102/freshness')).toMatchObject({ body: { upToDate: true } })
  expect(await total(platform)).toBe(7 - 10)
  expect(await statesOf(platform)).toEqual([
    [spike, 'accepted'],
    [reset, 'undone'],
  ])
  expect(await statesOf(platform, 'areas/130000/events', '&reviewed=false')).toEqual([])
  expect(await statesOf(platform, 'areas/130000/events', '&reviewed=true&limit=1')).toEqual([[spike, 'accepted']])
  await call(platform, 'POST', `meters/A-E/events/${reset}/reopen`, {})
  await derive(platform)
  expect([await total(platform), await statesOf(platform)]).toEqual([
    16,
    [
      [spike, 'accepted'],
      [reset, 'open'],
    ],
  ])
})

test('what cannot be reviewed is refused by name', async () => {
  const platform = await populated()
  const statuses = async (event: string, role?: string) =>
    (await call(platform, 'POST', `meters/A-E/events/${event}/undo`, {}, role)).status
  expect(await statuses(`spike:${at(4)}`)).toBe(404)
  expect(await statuses('nonsense')).toBe(400)
  expect(await statuses(`spike:${at(3)}`, 'anyone')).toBe(401)
})

test('a repair corrects and removes readings, keeps who did it, and takes all rows or none', async () => {
  const platform = await populated()
  const good = [
    { meter: 'A-E', at: String(at(3)), value: '16', remove: '' },
    { meter: 'A-E', at: at(9), remove: true },
  ]
  const bad = [...good, { meter: 'nobody', at: at(1), value: 1 }, { meter: 'A-E', at: 'soon', value: 'x' }]
  const refused = await call(platform, 'POST', 'repairs', { file: 'r.csv', who: '李', rows: bad })
  expect([refused.status, refused.body.problems]).toEqual([
    422,
    [
      { row: 4, field: 'meter', reason: '"nobody" is not registered' },
      { row: 5, field: 'at', reason: expect.stringContaining('"soon"') },
      { row: 5, field: 'value', reason: '"x" is no number in plain decimals such as 1234.5' },
    ],
  ])
  expect((await call(platform, 'GET', 'repairs')).body.items).toEqual([])
  const done = await call(platform, 'POST', 'repairs', { file: 'r.csv', who: '李', rows: good })
  expect([done.status, done.body.state]).toEqual([200, 'done'])
  await derive(platform)
  expect(await statesOf(platform)).toEqual([[`reset:${at(6)}`, 'open']])
  expect(await total(platform)).toBe(12 + 2)
  const { items } = (await call(platform, 'GET', 'repairs')).body
  expect(items).toEqual([
    expect.objectContaining({
      file: 'r.csv',
      who: '李',
      rows: [
        { row: 2, meter: 'A-E', atMs: at(3), value: 16 },
        { row: 3, meter: 'A-E', atMs: at(9), value: null },
      ],
    }),
  ])
})

test('a repair of which the store refuses a row is partial: the others stand, and it says which and why', async () => {
  const platform = await populated()
  const choosy: Platform = {
    ...platform,
    readings: {
      ...platform.readings,
      append: async ([first, ...others], receivedMs) => [
        { index: 0, reason: `${first.atMs} is outside of retention` },
        ...(await platform.readings.append(others, receivedMs)),
      ],
    },
  }
  const rows = [
    { meter: 'A-E', at: at(1), value: 11 },
    { meter: 'A-E', at: at(9), value: 8 },
  ]
  const want = {
    state: 'partial',
    rows: [{ row: 3, meter: 'A-E', atMs: at(9), value: 8 }],
    refused: [{ row: 2, field: 'at', reason: expect.stringContaining('outside of retention') }],
  }
  expect(await call(choosy, 'POST', 'repairs', { rows })).toMatchObject({ status: 200, body: want })
  expect((await call(platform, 'GET', 'repairs')).body.items).toEqual([expect.objectContaining(want)])
  await derive(platform)
  expect(await total(platform)).toBe(12 + 5)
})

test('a closed month that changes leaves a revision; judging it for the first time, or an open one, does not', async () => {
  const platform = await populated()
  const revisions = async (): Promise<Revision[]> =>
    (await call(platform, 'GET', 'institutions/A/revisions')).body.items
  const late = NOON_MS - 40 * DAY_MS
  await send(platform, 'G-A', [
    { meter: 'A-E', at: late, value: 1 },
    { meter: 'A-E', at: late + HOUR_MS, value: 5 },
  ])
  await derive(platform)
  expect(await revisions()).toEqual([])
  await call(platform, 'POST', 'repairs', { rows: [{ meter: 'A-E', at: late, value: 2 }] })
  await derive(platform)
  await derive(platform)
  const found = await revisions()
  expect(found.map(({ month, number }) => [month, number])).toEqual([['2026-05', 1]])
  expect(found[0].before.electricityKwh).toBeGreaterThan(found[0].after.electricityKwh ?? 0)
})

test('readings in another unit count in the register’s, are shown as they were sent, and are taken back as such', async () => {
  const platform = await openTestPlatform()
  await register(platform, oneInstitution([meter('A-E', 'A')]))
  // Every third hour the gateway says MWh.
  const readings = Array.from({ length: 10 }, (_, n) => {
    const kwh = 4_000 + 8 * n
    return { meter: 'A-E', at: at(n), ...(n % 3 === 0 ? { value: kwh / 1_000, unit: 'MWh' } : { value: kwh }) }
  })
  await send(platform, 'G-A', readings)
  await derive(platform)
  expect(await total(platform)).toBeCloseTo(72, 9)
  const raw = await call(platform, 'GET', `meters/A-E/series?${RANGE}&grain=raw`)
  expect((raw.body.points as { value: number }[]).map(({ value }) => value)).toEqual(
    readings.map((_, n) => 4_000 + 8 * n),
  )
  const day = dayLabel(dayOf(at(3)))
  const path = `institutions/A/explain?month=${day.slice(0, 7)}&indicator=energy&meter=A-E&day=${day}`
  const { detail } = (await call(platform, 'GET', path)).body as ExplainView
  const shown = (detail?.readings ?? []).filter(({ atMs }) => atMs >= at(3) && atMs <= at(4))
  expect(shown.map(({ value, unit }) => [value, unit])).toEqual([
    [4.024, 'MWh'],
    [4_032, 'kWh'],
  ])
  const removed = { meter: 'A-E', at: at(9), remove: 'yes' }
  expect(await call(platform, 'POST', 'repairs', { who: '李工', rows: [removed] })).toMatchObject({ status: 200 })
  await derive(platform)
  expect(await total(platform)).toBeCloseTo(64, 9)
  const history = await platform.readings.history('A-E', at(9), at(9) + 1)
  expect(history.map(({ value, unit, quality }) => [value, unit, quality])).toEqual([
    [4.072, 'MWh', 'good'],
    [4.072, 'MWh', 'suspect'],
  ])
})
