// A host whose clock is behind: what it acknowledges is kept aside, named, and taken in once the clock is right. A
// clock that nothing speaks against refuses the future as ever (docs/rules/data.md#the-clock-of-the-host).

import { describe, expect, test, vi } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { latestPast, medianOfMany } from '../../domain/wire/host-clock.ts'
import { SENT_UNITS } from '../../domain/wire/sent-unit.ts'
import { ingest } from '../../functions/ingest.ts'
import type { Platform } from '../../functions/platform.ts'
import { settle } from '../../functions/settle.ts'
import { rejectionKeys } from '../../functions/wire/rejections.ts'
import { openPlatform } from '../../local/platform.ts'
import { apiCall } from './api-call.ts'
import { documents, NOON_MS, openTestPlatform, PROVINCE, register, send } from './province.ts'

async function province() {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  return platform
}
const valuesOf = async (platform: Platform, id: string): Promise<number[]> =>
  Array.from((await platform.readings.range([id], 0, Infinity)).get(id)?.value ?? [])
const hourly = (id: string, fromMs: number, count = 20) =>
  Array.from({ length: count }, (_, i) => ({ meter: id, at: fromMs + i * MINUTE_MS, value: i }))
const all = Array.from({ length: 20 }, (_, i) => i)

const WRONG: [name: string, wrongMs: number][] = [
  ['a day', NOON_MS - DAY_MS],
  ['26 years', NOON_MS - 26 * 365 * DAY_MS],
  ['to 2000', Date.UTC(2000, 0, 1)],
  ['to 1970', 0],
  ['20 minutes', NOON_MS - 20 * MINUTE_MS],
]
describe.each(WRONG)('a clock set back %s', (_, wrongMs) => {
  const witnesses: [name: string, speak: (platform: Awaited<ReturnType<typeof province>>) => Promise<unknown>][] = [
    ['a stored reading', (platform) => send(platform, 'G-B', [{ meter: 'B-E', at: NOON_MS - MINUTE_MS, value: 1 }])],
    ['the last start', (platform) => platform.hostClock.started()],
  ]
  test.each(witnesses)('loses nothing that it acknowledges, by the word of %s', async (_name, speak) => {
    const platform = await province()
    await speak(platform)
    platform.clock.nowMs = wrongMs
    const answer = await send(platform, 'G-A', hourly('A-E', NOON_MS))
    expect(answer).toEqual({ stored: 0, rejected: 0, aside: 20, failed: [] })
    expect(platform.problems()).toMatchObject([{ code: 'clockBehind', en: expect.stringContaining('20 readings') }])
    platform.clock.nowMs = NOON_MS + HOUR_MS
    expect(await settle(platform)({ shards: [] })).toEqual({ failed: [] })
    expect(await valuesOf(platform, 'A-E')).toEqual(all)
    expect(platform.problems()).toEqual([])
  })
})

test('many gateways speak against the clock, also in the message that is judged; a few do not', async () => {
  const platform = await province()
  const message = (id: string, at: number) => ({
    ...{ id, gateway: `G-${id}`, receivedMs: NOON_MS },
    payload: JSON.stringify({ v: 1, readings: [{ meter: `${id}-E`, at, value: 7 }] }),
  })
  const nextDay = NOON_MS + DAY_MS
  const few = await ingest(platform)({ messages: [message('A', nextDay), message('B', nextDay)] })
  expect(few).toEqual({ stored: 0, rejected: 2, failed: [] })
  const many = await ingest(platform)({
    messages: [message('A', nextDay), message('C', nextDay), message('D', nextDay)],
  })
  expect(many).toEqual({ stored: 0, rejected: 0, aside: 3, failed: [] })
})

test('readings aside outlive the process, are named by gateway and meter, and yield to what came after them', async () => {
  const platform = await province()
  await platform.hostClock.started()
  platform.clock.nowMs = NOON_MS - DAY_MS
  await send(platform, 'G-A', [
    { meter: 'A-E', at: NOON_MS, value: 1 },
    { meter: 'A-W', at: NOON_MS, value: 2000, unit: 'L' },
    { meter: 'A-E', at: NOON_MS + 365 * DAY_MS, value: 3 },
    { meter: 'A-E', at: NOON_MS - 2 * DAY_MS, value: 0 },
  ])
  const [record] = Object.values(await documents(platform, 'rejection/')) as [{ rejections: unknown[] }]
  expect(record.rejections).toMatchObject([
    { code: 'clockBehind', meter: 'A-E', index: 0 },
    { code: 'clockBehind', meter: 'A-W', index: 1 },
    { code: 'clockBehind', meter: 'A-E', index: 2 },
  ])
  await platform.close()
  const again = await openPlatform(platform.folder, () => NOON_MS)
  // The gateway corrects one of them before anything else happens.
  expect(await send(again, 'G-A', [{ meter: 'A-E', at: NOON_MS, value: 9 }])).toMatchObject({ stored: 1 })
  expect(await valuesOf(again, 'A-E')).toEqual([0, 9])
  const litres = (await again.readings.range(['A-W'], 0, Number.POSITIVE_INFINITY)).get('A-W')
  expect([...(litres?.value ?? []), SENT_UNITS[litres?.unit?.[0] ?? 0]]).toEqual([2000, 'L'])
  expect(await documents(again, rejectionKeys.count('G-A'))).toEqual({
    'rejectionCount/G-A': { clockBehind: 3, atInFuture: 1 },
  })
  await again.close()
})

test('without a word against it, a clock refuses the future; AWS has no doubts', async () => {
  const platform = await province()
  const future = [{ meter: 'A-E', at: NOON_MS + HOUR_MS, value: 1 }]
  expect(await send(platform, 'G-A', future)).toEqual({ stored: 0, rejected: 1, failed: [] })
  await platform.hostClock.started()
  platform.clock.nowMs = NOON_MS - DAY_MS
  const { hostClock, problems, ...sure } = platform
  expect(await send(sure, 'G-A', future)).toEqual({ stored: 0, rejected: 1, failed: [] })
  expect(hostClock.aside() + problems().length).toBe(1)
})

test('health says that the clock is wrong, in both languages', async () => {
  const platform = await province()
  await platform.hostClock.started()
  platform.clock.nowMs = 0
  const { body } = await apiCall(platform, 'GET', 'health')
  expect(body.problems).toMatchObject([
    { code: 'clockBehind', en: expect.stringContaining('1970-01-01'), zh: expect.stringContaining('主机时钟有误') },
  ])
})

test('a machine that starts in 1970 is behind before anything was stored', async () => {
  const { folder, close } = await openTestPlatform()
  await close()
  vi.useFakeTimers({ toFake: ['Date'], now: 0 })
  const platform = await openPlatform(folder)
  expect(platform.hostClock.isBehind(platform.now())).toBe(true)
  vi.useRealTimers()
  expect(platform.hostClock.isBehind(Date.now())).toBe(false)
  await platform.close()
})

test('the latest of what is known counts, and the median only of many', () => {
  expect(latestPast({ readingMs: 3, startMs: 5, gatewaysMs: 4 })).toEqual({ atMs: 5, witness: 'start' })
  expect(latestPast({})).toBeUndefined()
  expect(medianOfMany([1, 9])).toBeUndefined()
  expect(medianOfMany([9, 1, 5])).toBe(5)
  expect(medianOfMany([9, 1, 5, 7])).toBe(5)
})
