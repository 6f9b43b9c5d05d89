// Register events that no rule of settling names: registers that stand still and clocks that jump. Both come with the
// other kinds in lists and alerts, and are reviewed like them; and undoing an event re-opens the hours it touches, and
// no others.

import { expect, test } from 'vitest'
import { DAY_MS, dayOf, HOUR_MS, MINUTE_MS } from '../../../domain/calendar.ts'
import type { EventView } from '../../../domain/view/field.ts'
import { assess } from '../../../functions/assess.ts'
import type { ConsumptionDay, Platform } from '../../../functions/platform.ts'
import { rebuild } from '../../../functions/rebuild.ts'
import { settle } from '../../../functions/settle.ts'
import { apiCall } from '../api-call.ts'
import { derive, meter, NOON_MS, oneInstitution, openTestPlatform, register, send } from '../province.ts'

const RANGE = `from=${NOON_MS - 60 * DAY_MS}&to=${NOON_MS + 60 * DAY_MS}`
const listed = async (platform: Platform, path = 'meters/A-E/events', more = ''): Promise<EventView[]> =>
  (await apiCall(platform, 'GET', `${path}?${RANGE}${more}`)).body.items
const post = (platform: Platform, path: string) => apiCall(platform, 'POST', path, { who: '王工' })

const eventAlerts = async (platform: Platform) =>
  (await apiCall(platform, 'GET', 'alerts?state=open')).body.items.filter(
    ({ kind }: { kind: string }) => kind === 'registerEvent',
  )

async function opened() {
  const platform = await openTestPlatform()
  await register(platform, oneInstitution([meter('A-E', 'A'), meter('A-W', 'A', { medium: 'water', unit: 'm³' })]))
  return platform
}
/**
 * Hourly readings of A-E and A-W from `from` hours before noon to `to`; A-E stands still for its last `stuck` hours.
 */
const hourly = (from: number, to: number, stuck: number) =>
  Array.from({ length: from - to + 1 }, (_, n) => from - n).flatMap((hour) => [
    { meter: 'A-E', at: NOON_MS - hour * HOUR_MS, value: 10_000 - Math.max(hour, to + stuck) },
    { meter: 'A-W', at: NOON_MS - hour * HOUR_MS, value: 10_000 - hour },
  ])

test('a register that stands still is an event of the meter and the area, raises the alert, and is reviewed', async () => {
  const platform = await opened()
  await send(platform, 'G-A', hourly(40 * 24, 0, 80))
  await derive(platform)
  const stuck = {
    id: `stuck:${NOON_MS - 80 * HOUR_MS}`,
    meter: 'A-E',
    details: { untilMs: NOON_MS, usualHours: 80, usualAmount: 80 },
    state: 'open',
  }
  expect(await listed(platform)).toMatchObject([stuck])
  expect(await listed(platform, 'areas/130000/events')).toMatchObject([stuck])
  platform.clock.nowMs += DAY_MS
  await derive(platform)
  const alerts = () => eventAlerts(platform)
  expect(await alerts()).toMatchObject([{ subject: { id: 'A-E' } }])
  expect((await post(platform, `meters/A-E/events/${stuck.id}/undo`)).body).toMatchObject({ ...stuck, state: 'undone' })
  // Nothing of the hours is changed by it, and nothing is settled for it.
  expect(await apiCall(platform, 'GET', 'areas/130102/freshness')).toMatchObject({ body: { upToDate: true } })
  platform.clock.nowMs += DAY_MS
  await derive(platform)
  expect([await alerts(), await listed(platform)]).toMatchObject([[], [{ ...stuck, state: 'undone' }]])
  // The register moved after all: late readings tell, and only what was said of it remains.
  await post(platform, `meters/A-E/events/${stuck.id}/reopen`)
  await send(platform, 'G-A', hourly(80, 0, 0))
  await derive(platform)
  expect(await listed(platform)).toEqual([])
})

test('a clock that jumps is an event, however its readings are corrected, and rebuilding keeps it', async () => {
  const platform = await opened()
  const quarter = 15 * MINUTE_MS
  /** Reading n of A-E, received when it was read, by a clock that an hour's jump back at reading 8 has put wrong. */
  const receive = async (n: number): Promise<void> => {
    platform.clock.nowMs = NOON_MS + n * quarter
    const at = platform.clock.nowMs - (n < 8 ? 0 : HOUR_MS)
    await send(platform, 'G-A', [{ meter: 'A-E', at, value: 100 + n }])
    await derive(platform)
  }
  for (let n = 0; n < 20; n++) await receive(n)
  const jump = {
    id: `clockJump:${NOON_MS + 4 * quarter}`,
    details: { untilMs: NOON_MS + 7 * quarter, jumpMinutes: -60, before: 107, after: 108 },
  }
  const [found, ...others] = await listed(platform)
  expect([found, others]).toMatchObject([jump, []])
  expect(await listed(platform, 'areas/130100/events', '&reviewed=false')).toMatchObject([jump])
  platform.clock.nowMs += DAY_MS
  await derive(platform)
  expect(await eventAlerts(platform)).toMatchObject([{ subject: { id: 'A-E' } }])
  const total = async () => {
    const days = await platform.consumption.get(['A-E'], dayOf(NOON_MS), dayOf(NOON_MS) + 1)
    return days.flatMap(({ amounts }) => [...amounts]).reduce((sum, amount) => sum + (amount || 0), 0)
  }
  // The hour that is there twice is given back: each reading at the time it was taken, the last one taken away.
  const rows = Array.from({ length: 12 }, (_, n) => ({ meter: 'A-E', at: NOON_MS + (n + 4) * quarter, value: 104 + n }))
  await apiCall(platform, 'POST', 'repairs', { who: '王工', rows })
  await derive(platform)
  expect(await total()).toBe(15)
  expect((await post(platform, `meters/A-E/events/${jump.id}/accept`)).body).toMatchObject({
    ...jump,
    state: 'accepted',
  })
  await rebuild(platform, () => platform.consumption.clear())
  expect(await listed(platform)).toMatchObject([{ ...jump, state: 'accepted' }])
})

test('undoing an event settles the hours it touches, and no other day', async () => {
  const platform = await opened()
  const spikes = [30, 200]
  const readings = hourly(240, 0, 0).map((one) =>
    spikes.some((hour) => one.at === NOON_MS - hour * HOUR_MS) ? { ...one, value: 90_000 } : one,
  )
  await send(platform, 'G-A', readings)
  await derive(platform)
  const put: ConsumptionDay[] = []
  const watched: Platform = {
    ...platform,
    consumption: {
      get: platform.consumption.get,
      sums: platform.consumption.sums,
      put: (days) => {
        put.push(...days)
        return platform.consumption.put(days)
      },
    },
  }
  const spikeMs = NOON_MS - 200 * HOUR_MS
  for (const action of ['undo', 'reopen']) {
    put.length = 0
    await post(platform, `meters/A-E/events/spike:${spikeMs}/${action}`)
    expect(await settle(watched)({ shards: [] })).toEqual({ failed: [] })
    // And the hours of the readings beside it that a dropout could have.
    const days = [dayOf(spikeMs - 13 * HOUR_MS), dayOf(spikeMs), dayOf(spikeMs + 13 * HOUR_MS)]
    expect(put.map((day) => [day.meter, day.day])).toEqual([...new Set(days)].map((day) => ['A-E', day]))
  }
  put.length = 0
  await post(platform, `meters/A-E/events/spike:${spikeMs}/accept`)
  expect(await settle(watched)({ shards: [] })).toEqual({ failed: [] })
  expect(put).toEqual([])
})

test('two people who review one meter between two settlings, and late readings with it, come out as a rebuild does', async () => {
  const platform = await opened()
  const readings = hourly(60, 0, 0).map((one, n) =>
    n % 22 === 10 && one.meter === 'A-E' ? { ...one, value: 90_000 } : one,
  )
  await send(
    platform,
    'G-A',
    readings.filter((_, n) => n !== 40),
  )
  await derive(platform)
  const events = (await listed(platform)).filter((event) => event.meter === 'A-E')
  expect(events.length).toBeGreaterThan(3)
  for (const { id } of events) expect((await post(platform, `meters/A-E/events/${id}/undo`)).status).toBe(200)
  await send(platform, 'G-A', [readings[40]])
  await derive(platform)
  const before = await platform.consumption.get(['A-E'], dayOf(NOON_MS) - 4, dayOf(NOON_MS) + 1)
  await rebuild(platform, () => platform.consumption.clear())
  expect(await assess(platform)({ shards: [] })).toEqual({ failed: [] })
  expect(await platform.consumption.get(['A-E'], dayOf(NOON_MS) - 4, dayOf(NOON_MS) + 1)).toEqual(before)
})
