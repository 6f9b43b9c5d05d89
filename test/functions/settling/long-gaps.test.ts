// The work and the storage that a reading can cause are bounded, whatever time it has: the inside of a long gap is
// neither settled nor stored, and a year of which nothing is known has no records.

import { describe, expect, test } from 'vitest'
import { DAY_MS, dayOf, HOUR_MS } from '../../../domain/calendar.ts'
import type { MeterProfile } from '../../../domain/settle/series.ts'
import { planWindow } from '../../../domain/settle/settle.ts'
import { daysInGaps, hoursToSettle } from '../../../functions/settling/long-gaps.ts'
import {
  consumptionBytes,
  derive,
  documents,
  meter,
  NOON_MS,
  oneInstitution,
  openTestPlatform,
  PROVINCE,
  register,
  send,
} from '../province.ts'

const YEARS = [dayOf(Date.UTC(1999, 0, 1)), dayOf(Date.UTC(2028, 0, 1))] as const
const KINDS = ['register', 'interval'] as const
const HOUR_0 = NOON_MS - 48 * HOUR_MS
const good = Array.from({ length: 47 }, (_, i) => ({ meter: 'A-E', at: HOUR_0 + i * HOUR_MS, value: 100 + i }))
const wrong = (atMs: number) => ({ meter: 'A-E', at: atMs, value: 90 })

async function platformOf(kind: (typeof KINDS)[number], intervalMinutes = 60) {
  const platform = await openTestPlatform()
  await register(platform, oneInstitution([meter('A-E', 'A', { kind, intervalMinutes })]))
  return platform
}
type Batch = { meter: string; at: number; value: number }[]
async function settled(kind: (typeof KINDS)[number], batches: Batch[], intervalMinutes?: number) {
  const platform = await platformOf(kind, intervalMinutes)
  for (const [index, batch] of batches.entries()) {
    await send(platform, 'G-A', batch, NOON_MS + index)
    await derive(platform)
  }
  return { platform, bytes: await consumptionBytes(platform, ['A-E'], YEARS) }
}

const LONG_AGO = [Date.UTC(2000, 4, 1, 7), Date.UTC(2009, 11, 31, 16), Date.UTC(2024, 0, 1)]
describe.each(KINDS)('a reading of a %s long before the others', (kind) => {
  test.each(LONG_AGO)('of %d costs a few days, not the years between, in whatever order they come', async (atMs) => {
    const { bytes } = await settled(kind, [[wrong(atMs), ...good]])
    expect(Object.keys(bytes).length).toBeLessThan(20)
    expect((await settled(kind, [good, [wrong(atMs)]])).bytes).toEqual(bytes)
    expect((await settled(kind, [[wrong(atMs)], good.slice(0, 20), good.slice(20)])).bytes).toEqual(bytes)
  })

  test('leaves the years between without records, also those of the neighbours', async () => {
    const platform = await openTestPlatform()
    await register(platform, PROVINCE)
    await send(platform, 'G-A', [wrong(LONG_AGO[0]), ...good], NOON_MS)
    await derive(platform)
    const years = Object.keys(await documents(platform, 'subject/')).map((key) => key.split('/').at(-1))
    expect([...new Set(years)].sort()).toEqual(['2000', '2026'])
  })

  test('is filled when the readings between come later, as if all had come at once', async () => {
    const between = Array.from({ length: 20 }, (_, i) => ({
      ...{ meter: 'A-E', at: Date.UTC(2024, 5, 1) + i * 40 * DAY_MS, value: 91 + i / 10 },
    }))
    const all = await settled(kind, [[wrong(LONG_AGO[1]), ...between, ...good]])
    expect((await settled(kind, [[wrong(LONG_AGO[1]), ...good], between])).bytes).toEqual(all.bytes)
  })
})

test('intervals of a month keep their hours on both sides of a gap', async () => {
  const minutes = 31 * 24 * 60
  const stamps = [Date.UTC(2020, 0, 1), NOON_MS - 40 * DAY_MS]
  const batch = stamps.map((at) => ({ meter: 'A-E', at, value: 31 }))
  const { bytes } = await settled('interval', [batch], minutes)
  const known = Object.values(bytes).filter((hours) => hours.includes('01'.repeat(24)))
  expect(known.length).toBeGreaterThanOrEqual(60)
  expect(Object.keys(bytes).length).toBeLessThan(180)
})

test('a gap that a person took for true is settled whole, and one of a year stays as it was', () => {
  const profile: MeterProfile = {
    ...{ kind: 'register', resolution: 0.01, multiplier: 1, intervalMinutes: 60, stamp: 'end', replacements: [] },
    factor: 1,
  }
  const gapsOf = (days: number, more: Partial<MeterProfile>) => {
    const atMs = new Float64Array([HOUR_0 - days * DAY_MS, HOUR_0, HOUR_0 + HOUR_MS])
    const samples = { atMs, value: new Float64Array([1, 2, 3]) }
    const touched = { fromMs: atMs[0], toMs: atMs[2] }
    const plan = planWindow({ ...profile, ...more }, samples, touched, { reachesStart: true, reachesEnd: true })
    if ('more' in plan) throw new Error('all readings are at hand')
    const gaps = daysInGaps({ ...profile, ...more }, samples, plan)
    return { gaps: gaps.length, hours: hoursToSettle(plan, gaps) }
  }
  expect(gapsOf(9000, {}).gaps).toBe(1)
  expect(gapsOf(9000, {}).hours).toBeLessThan(240)
  const undone = { overrides: [{ kind: 'longGap' as const, atMs: HOUR_0 - 9000 * DAY_MS }] }
  expect(gapsOf(9000, undone).gaps).toBe(0)
  expect(gapsOf(400, {}).gaps).toBe(0)
})
