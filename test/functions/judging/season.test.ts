// The forecast of an area counts last year's days of the members that it has now: each institution uses the same
// amount on every day, so what an area will use is a sum of days.

import { expect, test } from 'vitest'
import { DAY_MS, dateStartMs, type Month, monthOf } from '../../../domain/calendar.ts'
import type { Institution, Meter } from '../../../domain/registry/records.ts'
import { dualControlOf } from '../../../functions/judging/judgement.ts'
import type { Platform } from '../../../functions/platform.ts'
import { rebuild } from '../../../functions/rebuild.ts'
import { registryReader } from '../../../functions/registry/reader.ts'
import { AREAS, derive, documents, institution, meter, openTestPlatform, register, send } from '../province.ts'

const FIRST = '2025-01-01'
const NOW = '2026-10-01'
const DAYS = 365
/** Of electricity, by the statistics set. */
const TCE_PER_KWH = 0.0001229
const daysTo = (day: string): number => (dateStartMs(day) - dateStartMs('2026-01-01')) / DAY_MS

const rows = (...given: { area: string; validFrom?: string; validTo?: string }[]) => ({
  rows: given.map((row) => ({ type: 'government', ...row }) as NonNullable<Institution['rows']>[number]),
})

interface Use {
  record: Institution
  /** kWh a day, the first and the last day with use (the last exclusive). */
  kwh: number
  from?: string
  to?: string
  meters?: Meter[]
}

async function settled(uses: readonly Use[]): Promise<Platform & { forecast(subject: string): Promise<number> }> {
  const platform = await openTestPlatform()
  platform.clock.nowMs = dateStartMs(NOW)
  await register(platform, {
    areas: AREAS,
    institutions: uses.map(({ record }) => record),
    gateways: uses.map(({ record: { id } }) => ({ id: `G-${id}`, institution: id })),
    meters: uses.flatMap(({ record: { id }, meters }) => meters ?? [meter(`${id}-E`, id, { intervalMinutes: 1440 })]),
  })
  for (const { record, kwh, from = FIRST, to = NOW } of uses) {
    const days = (dateStartMs(to) - dateStartMs(from)) / DAY_MS
    const readings = Array.from({ length: days + 1 }, (_, day) => ({
      meter: `${record.id}-E`,
      at: dateStartMs(from) + day * DAY_MS,
      value: day * kwh,
    }))
    await send(platform, `G-${record.id}`, readings)
  }
  for (let pass = 0; pass < 3; pass++) await derive(platform)
  const registry = registryReader(platform.state)
  await registry.refresh()
  const month: Month = monthOf(platform.now() - 1)
  /** In kWh, so that a reader can add up. */
  const forecast = async (subject: string): Promise<number> => {
    const area = AREAS?.some(({ code }) => code === subject)
      ? subject
      : (uses.find(({ record }) => record.id === subject)?.record.area ?? '')
    const profileArea = area === subject ? undefined : area
    const question = { subject, area, profileArea, month, nowMs: platform.now() }
    const judged = await dualControlOf(platform.state, registry, question)
    const tce = judged?.indicators.find(({ indicator }) => indicator === 'energy')?.forecast ?? Number.NaN
    return tce / TCE_PER_KWH
  }
  return { ...platform, forecast }
}
const near = (kwh: number) => ({ asymmetricMatch: (value: unknown) => Math.abs(Number(value) / kwh - 1) < 1e-4 })
const stays: Use = { record: institution('A', '130102'), kwh: 24 }

test('an institution that closed is not expected to use anything more', async () => {
  const closed = institution('B', '130102', rows({ area: '130102', validTo: '2026-07-01' }))
  const { forecast } = await settled([stays, { record: closed, kwh: 240, to: '2026-07-01' }])
  const used = 240 * daysTo('2026-07-01')
  expect(await forecast('B')).toEqual(near(used))
  for (const area of ['130102', '130100', '130000']) expect(await forecast(area)).toEqual(near(24 * DAYS + used))
})

test('an institution that moved is expected where it is now', async () => {
  const moved = institution('B', '130202', rows({ area: '130102' }, { area: '130202', validFrom: '2026-05-01' }))
  const { forecast } = await settled([
    stays,
    { record: moved, kwh: 240 },
    { record: institution('D', '130202'), kwh: 48 },
  ])
  const before = 240 * daysTo('2026-05-01')
  for (const area of ['130102', '130100']) expect(await forecast(area)).toEqual(near(24 * DAYS + before))
  for (const area of ['130202', '130200']) expect(await forecast(area)).toEqual(near(288 * DAYS - before))
  expect(await forecast('130000')).toEqual(near((24 + 240 + 48) * DAYS))
  expect(await forecast('B')).toEqual(near(240 * DAYS))
})

test('an institution that opened this year is expected to go on', async () => {
  const opened = institution('B', '130102', { openedOn: '2026-06-01' })
  const { forecast } = await settled([stays, { record: opened, kwh: 240, from: '2026-06-01' }])
  const expected = 24 * DAYS + 240 * (DAYS - daysTo('2026-06-01'))
  for (const area of ['130102', '130100', '130000']) expect(await forecast(area)).toEqual(near(expected))
})

test('an institution that opened last year is expected all year', async () => {
  const opened = institution('B', '130102', { openedOn: '2025-09-01' })
  const { forecast } = await settled([stays, { record: opened, kwh: 240, from: '2025-09-01' }])
  for (const area of ['130102', '130100', '130000']) expect(await forecast(area)).toEqual(near(264 * DAYS))
})

test('an institution whose meter goes to another one as it closes is continued by it', async () => {
  const closed = institution('B', '130102', rows({ area: '130102', validTo: '2026-07-01' }))
  const row = { role: 'main', unit: 'kWh', resolution: 0.01, multiplier: 1 } as const
  const taken = meter('B-E', 'A', {
    gateway: 'G-A',
    intervalMinutes: 1440,
    rows: [
      { ...row, gateway: 'G-B', institution: 'B' },
      { ...row, gateway: 'G-A', institution: 'A', validFrom: '2026-07-01' },
    ],
  })
  const platform = await settled([stays, { record: closed, kwh: 240, meters: [taken] }])
  const { forecast } = platform
  const before = 240 * daysTo('2026-07-01')
  expect(await forecast('B')).toEqual(near(before))
  expect(await forecast('A')).toEqual(near(264 * DAYS - before))
  for (const area of ['130102', '130100', '130000']) expect(await forecast(area)).toEqual(near(264 * DAYS))

  const stood = await documents(platform, 'season/')
  expect(Object.keys(stood)).toEqual(['season/130102/2026'])
  await rebuild(platform, async () => undefined)
  expect(await documents(platform, 'season/')).toEqual(stood)
})
