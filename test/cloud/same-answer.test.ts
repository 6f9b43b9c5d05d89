// The handlers over the stores of the cloud give the answers that they give on one machine, byte for byte: after
// readings that come late, twice, in the wrong order, corrected and taken back, and after each step of them.

import { afterAll, beforeAll, expect } from 'vitest'
import { createRandom } from '../../devices/random.ts'
import { DAY_MS, HOUR_MS } from '../../domain/calendar.ts'
import type { Platform } from '../../functions/platform.ts'
import { repair } from '../../functions/settling/repair.ts'
import { testInCampaign } from '../campaign.ts'
import {
  consumptionBytes,
  derive,
  documents,
  meter,
  NOON_MS,
  openTestPlatform,
  PROVINCE,
  register,
  send,
  type WireReading,
} from '../functions/province.ts'
import { type CloudServers, SERIES, startCloudServers } from './cloud-servers.ts'

let servers: CloudServers
const clock = { nowMs: NOON_MS }
beforeAll(async () => {
  servers = await startCloudServers(() => clock.nowMs)
})
afterAll(() => servers.close())

const METERS = [...(PROVINCE.meters ?? []).map(({ id }) => id), 'A-V']
const PARTS = {
  ...PROVINCE,
  meters: [
    ...(PROVINCE.meters ?? []),
    meter('A-V', 'A', { kind: 'virtual', gateway: undefined, role: 'sub', formula: [{ meter: 'A-E', factor: 0.5 }] }),
  ],
}

/** What was derived, without marks, which are each store's own. */
async function derived(platform: Platform): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = await consumptionBytes(platform, METERS)
  for (const prefix of ['subject/', 'summary/', 'settled/', 'virtual/', 'revision/', 'alert-open/']) {
    for (const [key, value] of Object.entries(await documents(platform, prefix))) {
      const { mark: _, ...rest } = value as Record<string, unknown>
      found[key] = rest
    }
  }
  return found
}

/** A history in which everything happens that the field knows; each step is sent and derived. */
function history(): { gateway: string; readings: WireReading[] }[] {
  const random = createRandom('same answer')
  const startMs = NOON_MS - 20 * DAY_MS
  const hours = (id: string, from: number, to: number, value: (hour: number) => number): WireReading[] =>
    Array.from({ length: to - from }, (_, n) => ({
      meter: id,
      at: startMs + (from + n) * HOUR_MS,
      value: value(from + n),
    }))
  const rising = (hour: number) => 1_000 + hour * 3 + Math.sin(hour) + random.between(0, 0.3)
  const late = hours('A-E', 200, 260, rising)
  return [
    { gateway: 'G-A', readings: [...hours('A-E', 0, 200, rising), ...hours('A-W', 0, 240, (hour) => hour / 7)] },
    { gateway: 'G-B', readings: hours('B-E', 0, 300, (hour) => (hour < 150 ? 900 + hour : hour - 150)) },
    { gateway: 'G-A', readings: hours('A-E', 261, 300, rising) },
    { gateway: 'G-A', readings: late.toReversed() },
    { gateway: 'G-A', readings: late },
    {
      gateway: 'G-A',
      readings: [
        { ...late[3], value: 99_999 },
        { ...late[7], quality: 'suspect' },
      ],
    },
    { gateway: 'G-A', readings: [{ ...late[3], value: rising(203) }] },
    { gateway: 'G-D', readings: [...hours('D-E', 100, 130, rising), { meter: 'D-E', at: 'never', value: 1 }] },
  ]
}

testInCampaign.each(SERIES)('over %s', async (series) => {
  clock.nowMs = NOON_MS
  const local = await openTestPlatform()
  const platforms: Platform[] = [local, await servers.inCloud(local, series)]
  const steps = history()
  for (const platform of platforms) await register(platform, PARTS)
  for (const { gateway, readings } of steps) {
    clock.nowMs += 60_000
    local.clock.nowMs = clock.nowMs
    const [here, there] = await Promise.all(platforms.map((platform) => send(platform, gateway, readings)))
    expect(there).toEqual(here)
    for (const platform of platforms) await derive(platform)
  }
  const repaired = {
    file: 'f.csv',
    who: 'tester',
    rows: [{ meter: 'A-E', at: new Date(NOON_MS - 15 * DAY_MS).toISOString(), value: 1_400 }],
  }
  for (const platform of platforms) {
    expect((await repair(platform, repaired)).refused).toEqual([])
    await derive(platform)
  }
  const [here, there] = [await derived(local), await derived(platforms[1])]
  expect(Object.keys(here).length).toBeGreaterThan(60)
  expect(there).toEqual(here)
  const of = (platform: Platform) => platform.readings.history('A-E', 0, Infinity)
  // One machine leaves out a reading that repeats what stands.
  const values = async (platform: Platform) => {
    const standing = new Map<number, string>()
    return (await of(platform)).flatMap(({ atMs, value, quality }) => {
      const isRepeat = standing.get(atMs) === `${value} ${quality}`
      standing.set(atMs, `${value} ${quality}`)
      return isRepeat ? [] : [[atMs, value, quality]]
    })
  }
  expect(await values(platforms[1])).toEqual(await values(local))
})
