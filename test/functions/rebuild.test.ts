// All that is derived comes out the same, byte for byte, when it is thrown away and made again: after a nasty history,
// and after random ones.

import { existsSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY_MS, dayOf, HOUR_MS } from '../../domain/calendar.ts'
import type { ReviewState } from '../../domain/settle/review.ts'
import type { RegisterEvent } from '../../domain/settle/series.ts'
import { rebuild } from '../../functions/rebuild.ts'
import { settle } from '../../functions/settle.ts'
import { repair } from '../../functions/settling/repair.ts'
import { putReview } from '../../functions/settling/review.ts'
import { runsOf } from '../campaign.ts'
import type { openTestPlatform } from './province.ts'
import {
  consumptionBytes,
  derive,
  documents,
  meter,
  NOON_MS,
  oneInstitution,
  openTestPlatform as openPlatform,
  PROVINCE,
  register,
  send,
  TEST_DAYS,
} from './province.ts'

type TestPlatform = Awaited<ReturnType<typeof openTestPlatform>>
const METERS = ['A-E', 'A-W', 'A-V', 'B-E', 'D-E']
const PARTS = {
  ...PROVINCE,
  meters: [
    ...(PROVINCE.meters ?? []),
    meter('A-V', 'A', {
      kind: 'virtual',
      gateway: undefined,
      role: 'sub',
      formula: [{ meter: 'A-E', factor: 0.5 }],
    }),
  ],
}

type Days = readonly [fromDay: number, toDay: number]
/** Around the readings of the random histories. */
const WEEKS: Days = [dayOf(NOON_MS) - 14, dayOf(NOON_MS) + 3]

/** What stands, as text: days on which nothing is known and what else a rerun may count differently left out. */
async function derived(platform: TestPlatform, days: Days = TEST_DAYS): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [key, row] of Object.entries(await consumptionBytes(platform, METERS, days)))
    if (!row.includes(` ${'ff'.repeat(24)} []`)) found[key] = row
  for (const prefix of ['subject/', 'summary/', 'settledTo/', 'virtual/', 'assessed/']) {
    for (const [key, value] of Object.entries(await documents(platform, prefix))) {
      const { mark: _, ...rest } = value as Record<string, unknown>
      found[key] = JSON.stringify(rest)
    }
  }
  return found
}
const rebuilt = async (platform: TestPlatform): Promise<void> => {
  const { failed } = await rebuild(platform, () => platform.consumption.clear())
  expect(failed).toEqual([])
}
async function events(platform: TestPlatform, id: string, days: Days = TEST_DAYS): Promise<RegisterEvent[]> {
  return (await platform.consumption.get([id], ...days)).flatMap((day) => day.events)
}
async function review(platform: TestPlatform, id: string, index: number, state: ReviewState): Promise<void> {
  const all = (await events(platform, id)).filter(({ kind }) => kind !== 'replacement')
  if (all.length === 0) return
  const event = all[index % all.length]
  await putReview(platform.state, { meter: id, event }, { state, who: 't', note: null, atMs: platform.now() })
}

test('after late, corrected, reviewed and repaired readings, virtual meters and bills', async () => {
  const platform = await openPlatform()
  await register(platform, PARTS)
  const start = NOON_MS - 45 * DAY_MS
  const readings = (id: string, from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => from + n).map((n) => ({
      meter: id,
      at: start + n * HOUR_MS,
      value: n === 30 ? 9_000 : n > 60 ? n : 100 + n * 1.25,
    }))
  await send(platform, 'G-A', [...readings('A-E', 10, 50), ...readings('A-W', 0, 90)])
  await derive(platform)
  await send(platform, 'G-A', [...readings('A-E', 0, 10), ...readings('A-E', 55, 90)])
  await send(platform, 'G-B', readings('B-E', 0, 90))
  await derive(platform)
  await review(platform, 'A-E', 0, 'undone')
  await derive(platform)
  await review(platform, 'A-W', 1, 'undone')
  await repair(platform, { file: 'f', who: 'w', rows: [{ meter: 'B-E', at: start + 30 * HOUR_MS, remove: true }] })
  await register(platform, {
    bills: [{ institution: 'A', carrier: 'gas', month: '2026-03', quantity: 120, unit: 'm³' }],
  })
  await derive(platform)
  platform.clock.nowMs += 20 * DAY_MS
  await derive(platform)
  const before = await derived(platform)
  const history = { ...(await documents(platform, 'review/')), ...(await documents(platform, 'revision/')) }
  expect(Object.keys(before).length).toBeGreaterThan(20)
  await rebuilt(platform)
  expect(await derived(platform)).toEqual(before)
  expect({ ...(await documents(platform, 'review/')), ...(await documents(platform, 'revision/')) }).toEqual(history)
})

test('after any sequence of readings, repairs and reviews', { timeout: 900_000 }, async () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.constantFrom(0, 90_000))
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        send: fc.array(fc.record({ n: fc.nat(200), value }), { minLength: 1, maxLength: 12 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ repair: fc.nat(200), to: fc.option(value) }) },
    {
      weight: 2,
      arbitrary: fc.record({ review: fc.nat(20), state: fc.constantFrom<ReviewState>('accepted', 'undone', 'open') }),
    },
  )
  // One platform for all runs: each goes on where the last one ended, so that histories grow long; the clock stands.
  const platform = await openPlatform(memoryFolder())
  const formula = [{ meter: 'A-E', factor: 0.5 }]
  const virtual = meter('A-V', 'A', { kind: 'virtual', gateway: undefined, role: 'sub', formula })
  await register(platform, oneInstitution([meter('A-E', 'A'), virtual]))
  const settleNow = settle(platform)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 2 }), async (steps) => {
      for (const one of steps) {
        if ('send' in one) {
          const own = one.send.map(({ n, value }) => ({ meter: 'A-E', at: NOON_MS - n * 45 * 60_000, value }))
          await send(platform, 'G-A', own)
        } else if ('repair' in one) {
          const row = { meter: 'A-E', at: NOON_MS - one.repair * 45 * 60_000 }
          await repair(platform, {
            file: 'f',
            who: 'w',
            rows: [one.to === null ? { ...row, remove: true } : { ...row, value: one.to }],
          })
        } else await review(platform, 'A-E', one.review, one.state)
        expect(await settleNow({ shards: ['130102'] })).toEqual({ failed: [] })
      }
      await derive(platform)
      const before = await derived(platform, WEEKS)
      await rebuilt(platform)
      expect(await derived(platform, WEEKS)).toEqual(before)
    }),
    { numRuns: runsOf({ test: 30, campaign: 300 }), endOnFailure: true },
  )
})

/** Where what is written stays in memory, if there is such a place: thousands of commits wait for no disk. */
const memoryFolder = (): string | undefined =>
  existsSync(MEMORY) ? mkdtempSync(join(MEMORY, 'kilowatch-rebuild-')) : undefined
const MEMORY = '/dev/shm'
