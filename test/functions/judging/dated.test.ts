// Dated facts over the platform of one machine: a change by date moves no closed month, counties share the month of a
// move by days, and what is entered late stands as what is entered early.

import { describe, expect, test } from 'vitest'
import { DAY_MS, dateStartMs, HOUR_MS, type Month } from '../../../domain/calendar.ts'
import type { SubjectMonth } from '../../../domain/energy/subject-month.ts'
import type { Institution, Meter } from '../../../domain/registry/records.ts'
import { importInto } from '../../../functions/judging/import-records.ts'
import { readYear, subjectYearKey } from '../../../functions/judging/subject-year.ts'
import type { Platform } from '../../../functions/platform.ts'
import type { RegistryPart } from '../../../functions/registry/import.ts'
import { derive, documents, institution, meter, openTestPlatform, PROVINCE, register, send } from '../province.ts'

const monthOf = async (platform: Platform, subject: string, month: Month): Promise<SubjectMonth | undefined> =>
  (await readYear(platform.state, subjectYearKey(subject, month.slice(0, 4))))?.[month]

/** One kWh and one m³ an hour at each institution from March to the clock's time. */
async function province(ids = ['A', 'B', 'C', 'D'], nowMs = dateStartMs('2026-06-01') + 9 * HOUR_MS) {
  const platform = await openTestPlatform()
  platform.clock.nowMs = nowMs
  await register(platform, PROVINCE)
  for (const id of ids) await sendHours(platform, id, dateStartMs('2026-03-01'), nowMs)
  await derive(platform)
  await derive(platform)
  return platform
}

async function sendHours(platform: Platform, id: string, fromMs: number, toMs: number): Promise<void> {
  const start = dateStartMs('2026-03-01')
  for (const kind of ['E', 'W']) {
    for (let first = fromMs; first < toMs; first += 60 * DAY_MS) {
      const hours = Math.floor((Math.min(toMs, first + 60 * DAY_MS) - first) / HOUR_MS)
      const readings = Array.from({ length: hours + 1 }, (_, n) => {
        const at = first + n * HOUR_MS
        return { meter: `${id}-${kind}`, at, value: (at - start) / HOUR_MS }
      })
      await send(platform, `G-${id}`, readings)
    }
  }
}

const changed = async (platform: Platform, part: RegistryPart, rewritePast?: boolean) => {
  const outcome = await importInto(platform, part, { rewritePast })
  await derive(platform)
  await derive(platform)
  return outcome
}
const movedOn = (day: string): Institution =>
  institution('A', '130202', {
    rows: [
      { area: '130102', type: 'government' },
      { area: '130202', type: 'government', validFrom: day },
    ],
  })
const kwh = async (platform: Platform, subject: string, month: Month) =>
  (await monthOf(platform, subject, month))?.electricityKwh

test('an institution that moves within the present month counts in each county for its own days', async () => {
  const platform = await province()
  platform.clock.nowMs = dateStartMs('2026-06-21')
  for (const id of ['A', 'B', 'C', 'D'])
    await sendHours(platform, id, dateStartMs('2026-06-01'), dateStartMs('2026-06-21'))
  await derive(platform)
  const outcome = await changed(platform, { institutions: [movedOn('2026-06-11')] })
  expect('problems' in outcome).toBe(false)
  expect(await kwh(platform, '130102', '2026-05')).toBe(2 * 744)
  expect(await kwh(platform, '130102', '2026-06')).toBe((20 + 10) * 24)
  expect(await kwh(platform, '130202', '2026-05')).toBe(744)
  expect(await kwh(platform, '130202', '2026-06')).toBe((20 + 10) * 24)
  expect(await kwh(platform, 'A', '2026-06')).toBe(20 * 24)
  expect(await kwh(platform, '130000', '2026-06')).toBe(4 * 20 * 24)
  const june = await monthOf(platform, '130102', '2026-06')
  expect(june?.hoursKnown).toBe(june?.hoursExpected)
  // No closed month changed on any level.
  expect(await documents(platform, 'revision/')).toEqual({})
})

test('a move into a closed month is refused by naming it, and rewrites it when told to', async () => {
  const platform = await province()
  const refused = await changed(platform, { institutions: [movedOn('2026-04-16')] })
  expect(JSON.stringify(refused)).toMatch(/2026-04 .*2026-05 /)
  expect(await kwh(platform, '130102', '2026-04')).toBe(2 * 720)
  const outcome = await changed(platform, { institutions: [movedOn('2026-04-16')] }, true)
  expect('problems' in outcome).toBe(false)
  const logged = Object.values(await documents(platform, 'audit/entry/')).map((text) => JSON.parse(String(text)).entry)
  expect(logged).toMatchObject([
    { what: 'registry.rewritePast', who: 'admin', detail: { institutions: { records: 1, ids: ['A'] } } },
  ])
  expect(await kwh(platform, '130102', '2026-04')).toBe(720 + 360)
  expect(await kwh(platform, '130202', '2026-04')).toBe(720 + 360)
  expect(await kwh(platform, '130102', '2026-03')).toBe(2 * 744)
  const revisions = Object.keys(await documents(platform, 'revision/130102/'))
  expect(revisions.map((key) => key.split('/')[2])).toEqual(['2026-04', '2026-05'])
})

test('a fact entered late stands as one entered early, to the byte', async () => {
  const dated: Meter = meter('A-E', 'A', {
    multiplier: 3,
    rows: [
      { institution: 'A', gateway: 'G-A', role: 'main', unit: 'kWh', resolution: 0.01, multiplier: 2 },
      {
        institution: 'A',
        gateway: 'G-A',
        role: 'main',
        unit: 'kWh',
        resolution: 0.01,
        multiplier: 3,
        validFrom: '2026-04-16',
      },
    ],
  })
  const part = { institutions: [movedOn('2026-04-11')], meters: [dated] }
  const late = await province()
  await changed(late, part, true)
  const early = await openTestPlatform()
  early.clock.nowMs = dateStartMs('2026-06-01') + 9 * HOUR_MS
  await register(early, PROVINCE)
  await register(early, part)
  for (const id of ['A', 'B', 'C', 'D']) await sendHours(early, id, dateStartMs('2026-03-01'), early.clock.nowMs)
  await derive(early)
  await derive(early)
  expect(await documents(late, 'subject/')).toEqual(await documents(early, 'subject/'))
  expect(await kwh(late, 'A', '2026-04')).toBe(15 * 24 * 2 + 15 * 24 * 3)
})

test('a meter that ends where one of another id begins leaves the totals as they were', async () => {
  const platform = await province()
  const row = { institution: 'A', gateway: 'G-A', role: 'main', unit: 'kWh', resolution: 0.01, multiplier: 1 } as const
  const ended = meter('A-E', 'A', { rows: [{ ...row, validTo: '2026-06-01' }] })
  const begun = meter('A-N', 'A', { rows: [{ ...row, validFrom: '2026-06-01' }] })
  const before = await documents(platform, 'subject/A/')
  await changed(platform, { meters: [ended, begun] })
  const [march, may] = [await monthOf(platform, 'A', '2026-03'), await monthOf(platform, 'A', '2026-05')]
  expect(march?.electricityKwh).toBe(744)
  expect(may?.hoursKnown).toBe(may?.hoursExpected)
  expect(Object.keys(await documents(platform, 'subject/A/'))).toEqual(Object.keys(before))
  expect(await documents(platform, 'revision/')).toEqual({})
})

test('a meter that comes to an institution of another county counts there from its day on', async () => {
  const platform = await province()
  platform.clock.nowMs = dateStartMs('2026-06-21')
  for (const id of ['A', 'B', 'C', 'D'])
    await sendHours(platform, id, dateStartMs('2026-06-01'), dateStartMs('2026-06-21'))
  const row = { institution: 'A', gateway: 'G-A', role: 'main', unit: 'kWh', resolution: 0.01, multiplier: 1 } as const
  const moved = meter('A-E', 'D', {
    gateway: 'G-D',
    rows: [row, { ...row, institution: 'D', gateway: 'G-D', validFrom: '2026-06-11' }],
  })
  const outcome = await changed(platform, { meters: [moved] })
  expect(JSON.stringify(outcome)).not.toContain('problems')
  expect(await kwh(platform, '130102', '2026-06')).toBe((20 + 10) * 24)
  expect(await kwh(platform, '130202', '2026-06')).toBe((20 + 10) * 24)
  expect(await kwh(platform, '130102', '2026-05')).toBe(2 * 744)
  expect(await documents(platform, 'revision/')).toEqual({})
})

describe('a county that comes to another city', () => {
  const city = { code: '130104', name: '桥西区', level: 'county' as const }
  const moved = (day: string) => ({
    ...city,
    parent: '130200',
    rows: [{ parent: '130100' }, { parent: '130200', validFrom: day }],
  })

  test('counts in each city for the months of its rows', async () => {
    const platform = await province()
    const outcome = await changed(platform, { areas: [moved('2026-06-01')] })
    expect('problems' in outcome).toBe(false)
    expect(await kwh(platform, '130100', '2026-05')).toBe(3 * 744)
    expect(await kwh(platform, '130200', '2026-05')).toBe(744)
    expect(await kwh(platform, '130100', '2026-06')).toBe(2 * 9)
    expect(await kwh(platform, '130200', '2026-06')).toBe(2 * 9)
    expect(await kwh(platform, '130000', '2026-06')).toBe(4 * 9)
    expect(await documents(platform, 'revision/')).toEqual({})
  })

  test('holds from the present month on when no day is given', async () => {
    const platform = await province()
    const outcome = await changed(platform, { areas: [{ ...city, parent: '130200' }] })
    expect(JSON.stringify(outcome)).toMatch(/has no day of 130104: 2026-01 .*2026-05 .* holds from 2026-06-01 on/)
    expect(await kwh(platform, '130100', '2026-05')).toBe(3 * 744)
    expect(await kwh(platform, '130200', '2026-06')).toBe(2 * 9)
  })

  test('rewrites the months of both cities when told to, as revisions, and early is late to the byte', async () => {
    const platform = await province()
    const refused = await changed(platform, { areas: [moved('2026-04-01')] })
    expect(JSON.stringify(refused)).toMatch(/2026-04 .*2026-05 .*rewritePast/)
    await changed(platform, { areas: [moved('2026-04-01')] }, true)
    expect(await kwh(platform, '130100', '2026-03')).toBe(3 * 744)
    expect(await kwh(platform, '130100', '2026-04')).toBe(2 * 720)
    expect(await kwh(platform, '130200', '2026-04')).toBe(2 * 720)
    const revisions = await documents(platform, 'revision/130200/')
    expect(JSON.stringify(revisions)).toContain('"change":"joined"')
    const early = await openTestPlatform()
    early.clock.nowMs = platform.clock.nowMs
    await register(early, PROVINCE)
    await register(early, { areas: [moved('2026-04-01')] })
    for (const id of ['A', 'B', 'C', 'D']) await sendHours(early, id, dateStartMs('2026-03-01'), early.clock.nowMs)
    for (let pass = 0; pass < 3; pass++) await derive(early)
    for (const kind of ['subject/', 'season/'])
      expect(await documents(platform, kind)).toEqual(await documents(early, kind))

    const back = { ...city, parent: '130100', rows: [{ parent: '130100', validFrom: '2026-04-01' }] }
    await changed(platform, { areas: [back] }, true)
    expect(await kwh(platform, '130100', '2026-04')).toBe(3 * 720)
    expect(await kwh(platform, '130200', '2026-04')).toBe(720)
  })

  test('does so with a whole month', async () => {
    const platform = await openTestPlatform()
    await register(platform, PROVINCE)
    expect(await importInto(platform, { areas: [moved('2026-06-11')] })).toMatchObject({
      problems: [{ kind: 'areas', id: '130104', field: 'validFrom' }],
    })
  })
})
