// A rule tried on a meter's stored hours, through the route.

import { expect, test } from 'vitest'
import { HOUR_MS } from '../../../domain/calendar.ts'
import { apiCall } from '../api-call.ts'
import { meter, NOON_MS, oneInstitution, openTestPlatform, register, send } from '../province.ts'

const DAY_MS = 24 * HOUR_MS
/** Midnight of UTC+8 before NOON_MS. */
const MIDNIGHT_MS = Math.floor((NOON_MS + 8 * HOUR_MS) / DAY_MS) * DAY_MS - 8 * HOUR_MS

async function opened() {
  const platform = await openTestPlatform()
  await register(platform, oneInstitution([meter('A-W', 'A', { medium: 'water', unit: 'm³' }), meter('A-E', 'A')]))
  // Half a cubic metre in every hour of three days: nobody closes the tap at night.
  const readings = Array.from({ length: 73 }, (_, n) => ({
    ...{ meter: 'A-W', at: MIDNIGHT_MS - 3 * DAY_MS + n * HOUR_MS, value: n / 2 },
  }))
  await send(platform, 'G-A', readings)
  const simulate = (rule: object, more: object = {}) =>
    apiCall(platform, 'POST', 'meters/A-W/rule-simulation', {
      ...{ rule, from: String(MIDNIGHT_MS - 3 * DAY_MS), to: String(MIDNIGHT_MS) },
      ...more,
    })
  return { simulate }
}
const LEAK = { kind: 'leak', fromHour: 1, toHour: 5, limit: 0.2, nights: 2 }

test('says when a leak would have been found, what it cost since, and the command that a person confirms', async () => {
  const { simulate } = await opened()
  const { status, body } = await simulate(LEAK)
  expect(status).toBe(200)
  expect(body).toMatchObject({ meter: 'A-W', unit: 'm³', hours: 72, hoursUnknown: 0, count: 1, highest: null })
  // Found at 05:00 of the second day: 43 hours are left.
  expect((body as { saved: number }).saved).toBeCloseTo(43 * 0.5)
  expect(body).toHaveProperty('commands', [{ when: 'leakFound', name: 'valveClose', arguments: { meter: 'A-W' } }])
})

test.each([
  ['a rule of no kind', { rule: { kind: 'explode' } }, 400],
  ['no day', { to: String(MIDNIGHT_MS - 3 * DAY_MS) }, 422],
  ['too many days', { from: '0' }, 422],
  ['a load that is not there', { rule: { kind: 'demandLimit', limit: 1, restoreBelow: 1, load: 'X' } }, 422],
  ['a load of another medium', { rule: { kind: 'demandLimit', limit: 1, restoreBelow: 1, load: 'A-E' } }, 422],
])('%s is refused', async (_, more, status) => {
  const { simulate } = await opened()
  expect((await simulate(LEAK, more)).status).toBe(status)
})
