// When gateways were heard, as documents: not one write for each message, and nothing lost at a stop.

import { expect, test } from 'vitest'
import { MINUTE_MS } from '../../domain/calendar.ts'
import { gatewaySeenKey, gatewaysHeard, listeningSince } from '../../functions/alerts/gateways-heard.ts'
import { gatewayWatch } from '../../local/gateway-watch.ts'
import { NOON_MS, openTestPlatform } from '../functions/province.ts'

test('is written at most once a minute for each gateway, at once when it goes, and whole at the end', async () => {
  const { state, clock } = await openTestPlatform()
  const now = (): number => clock.nowMs
  const watch = await gatewayWatch({ state, now, log: () => undefined, flushMs: 5 })
  const seen = async () => (await state.get(gatewaySeenKey('G')))?.value
  expect(await listeningSince(state)).toBe(NOON_MS)
  watch.heard('G')
  await expect.poll(seen).toMatchObject({ lastMs: NOON_MS, offlineMs: null })
  clock.nowMs += MINUTE_MS / 2
  watch.heard('G')
  watch.offline('G')
  await expect.poll(seen).toMatchObject({ lastMs: clock.nowMs, offlineMs: clock.nowMs })
  clock.nowMs += 1000
  watch.heard('G')
  await expect.poll(seen).toMatchObject({ lastMs: clock.nowMs, offlineMs: null })
  clock.nowMs += 1000
  watch.heard('G')
  await watch.close()
  expect(await gatewaysHeard(state, ['G', 'never'])).toEqual(new Map([['G', clock.nowMs]]))
})

test('is written as the clock goes, however fast', async () => {
  const { state, clock } = await openTestPlatform()
  const watch = await gatewayWatch({ state, now: () => clock.nowMs, log: () => undefined })
  for (let hour = 0; hour < 3; hour++) {
    clock.nowMs += 60 * MINUTE_MS
    watch.heard('G')
    await expect.poll(() => gatewaysHeard(state, ['G'])).toEqual(new Map([['G', clock.nowMs]]))
  }
  await watch.close()
})
