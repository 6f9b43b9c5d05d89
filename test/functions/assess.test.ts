// Judging over the platform of one machine: areas are the sum of their institutions, silence is seen, what is
// registered otherwise is judged anew, and a kill between any two steps changes nothing that a rerun does not put
// right.

import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createRandom } from '../../devices/random.ts'
import { DAY_MS, dayOf, HOUR_MS, type Month, monthRange } from '../../domain/calendar.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import { keysOf } from '../../domain/table.ts'
import type { InstitutionRow } from '../../domain/view/view.ts'
import { assess } from '../../functions/assess.ts'
import { dualControlOf } from '../../functions/judging/judgement.ts'
import { summaryKey } from '../../functions/judging/list-rows.ts'
import { monthsOf, readYear, type StoredYear, subjectYearKey } from '../../functions/judging/subject-year.ts'
import { type ConsumptionDay, type Platform, VersionConflict } from '../../functions/platform.ts'
import { registryReader } from '../../functions/registry/reader.ts'
import { rollup } from '../../functions/rollup.ts'
import { settle } from '../../functions/settle.ts'
import { addDirtyMonths, dirtyKey } from '../../functions/state/dirty.ts'
import { testInCampaign } from '../campaign.ts'
import {
  derive,
  documents,
  dyingPlatform,
  INSTITUTIONS,
  institution,
  meter,
  NOON_MS,
  openTestPlatform,
  PROVINCE,
  register,
  send,
} from './province.ts'

const MONTHS: Month[] = ['2026-04', '2026-05', '2026-06']

const monthOf = async (platform: Platform, subject: string, month: Month): Promise<SubjectMonth | undefined> =>
  (await readYear(platform.state, subjectYearKey(subject, month.slice(0, 4))))?.[month]
const rowOf = async (platform: Platform, shard: string, id: string): Promise<InstitutionRow | undefined> =>
  (await platform.state.get(summaryKey(shard, id)))?.value

/** Each meter's register read every 6 hours over the months, rising by a random amount. */
async function sendMonths(platform: Platform, months = MONTHS, ids = INSTITUTIONS.map(({ id }) => id)): Promise<void> {
  const random = createRandom('months')
  const { fromMs } = monthRange(months[0])
  const toMs = Math.min(platform.now(), monthRange(months.at(-1) as Month).toMs)
  for (const id of ids) {
    for (const meterId of [`${id}-E`, `${id}-W`]) {
      let value = random.between(0, 100)
      const readings = Array.from({ length: Math.floor((toMs - fromMs) / (6 * HOUR_MS)) + 1 }, (_, n) => {
        value += random.between(0, 9)
        return { meter: meterId, at: fromMs + n * 6 * HOUR_MS, value }
      })
      await send(platform, `G-${id}`, readings)
    }
  }
}
async function judgedProvince() {
  const platform = await openTestPlatform()
  // Nothing is expected before the first reading.
  await register(platform, {
    ...PROVINCE,
    institutions: INSTITUTIONS.map((one) => ({ ...one, openedOn: '2026-04-01' })),
  })
  await sendMonths(platform)
  await derive(platform)
  return platform
}

/** That every area's months are the sum of the institutions below it. */
async function expectSums(platform: Platform, below: Record<string, string[]>, months = MONTHS): Promise<void> {
  for (const [area, ids] of Object.entries(below)) {
    for (const month of months) {
      const total = await monthOf(platform, area, month)
      const parts = await Promise.all(ids.map((id) => monthOf(platform, id, month)))
      for (const key of ['electricityKwh', 'waterM3', 'energyKgce', 'co2Kg', 'hoursExpected', 'hoursKnown'] as const) {
        const sum = parts.reduce((all, part) => all + (part?.[key] ?? Number.NaN), 0)
        expect(total?.[key], `${area} ${month} ${key}`).toBeCloseTo(sum, 6)
      }
      const floorAreaM2 = parts.reduce((all, part) => all + (part?.floorAreaM2 ?? 0), 0)
      expect(total?.floorAreaM2 ?? 0, `${area} ${month}`).toBeCloseTo(floorAreaM2, 6)
    }
  }
}
const BELOW = {
  '130102': ['A', 'B'],
  '130104': ['C'],
  '130202': ['D'],
  '130100': ['A', 'B', 'C'],
  '130200': ['D'],
  '130000': ['A', 'B', 'C', 'D'],
}

test('counties, cities and the province are the sum of their institutions, which are the sum of their hours', async () => {
  const platform = await judgedProvince()
  await expectSums(platform, BELOW)
  const { fromMs, toMs } = monthRange('2026-05')
  const days = await platform.consumption.get(['A-E'], dayOf(fromMs), dayOf(toMs))
  const kwh = days.flatMap(({ amounts }) => Array.from(amounts)).reduce((sum, amount) => sum + amount, 0)
  expect((await monthOf(platform, 'A', '2026-05'))?.electricityKwh).toBeCloseTo(kwh, 9)
  expect(await documents(platform, 'dirty/')).toMatchObject({ 'dirty/130102': {}, 'dirty/130000': {} })
})

test('a corrected reading of an ended month changes that month at every level, and the others not at all', async () => {
  const platform = await judgedProvince()
  const before = await documents(platform, 'subject/')
  // More low readings than a dropout has are a reset, which takes what was used in it out of the month.
  const { fromMs } = monthRange('2026-05')
  const fallen = Array.from({ length: 14 }, (_, n) => ({
    meter: 'A-E',
    at: fromMs + (n + 1) * 6 * HOUR_MS,
    value: (5 + n) / 100,
  }))
  await send(platform, 'G-A', fallen)
  for (const step of [settle, assess, rollup]) {
    const shards = step === rollup ? [] : ['130102']
    expect(await step(platform)({ shards })).toEqual({ failed: [] })
  }
  await expectSums(platform, BELOW)
  const after = await documents(platform, 'subject/')
  const monthsIn = (documents: Record<string, unknown>, key: string) => monthsOf(documents[key] as StoredYear)
  const changed = Object.keys(after).flatMap((key) =>
    keysOf(monthsIn(after, key))
      .filter((month) => JSON.stringify(monthsIn(after, key)[month]) !== JSON.stringify(monthsIn(before, key)[month]))
      .map((month) => `${key} ${month}`),
  )
  expect(changed.toSorted()).toEqual(
    ['130000', '130100', '130102', 'A'].map((subject) => `subject/${subject}/2026 2026-05`),
  )
})

test('a reading on either side of midnight falls into its own month', async () => {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  const { toMs } = monthRange('2026-05')
  const hourly = [-2, -1, 0, 1, 2, 3].map((hour) => ({
    meter: 'A-E',
    at: toMs + hour * HOUR_MS,
    value: 100 + 10 * hour,
  }))
  await send(platform, 'G-A', hourly)
  await derive(platform)
  expect(await monthOf(platform, 'A', '2026-05')).toMatchObject({ electricityKwh: 20, hoursExpected: 2 * 744 })
  expect(await monthOf(platform, 'A', '2026-06')).toMatchObject({ electricityKwh: 30 })
  // What is expected of the others is in the sum, though nobody heard of them.
  await expectSums(platform, { '130102': ['A', 'B'] }, ['2026-05'])
})

test('a target yields a status, for an institution and for an area', async () => {
  const platform = await judgedProvince()
  const registry = registryReader(platform.state)
  const question = { area: '130102', profileArea: undefined, month: '2026-06' as const, nowMs: platform.now() }
  const statusOf = async (subject: string) => {
    await registry.refresh()
    return (await dualControlOf(platform.state, registry, { ...question, subject }))?.status
  }
  expect(await statusOf('A')).toBeNull()
  const target = { baseYear: 2025, endYear: 2030, path: 'linear', source: 'test', standIn: false } as const
  await register(platform, {
    targets: [
      { ...target, subject: 'A', indicator: 'energy', years: { 2026: 0.001 } },
      { ...target, subject: '130000', indicator: 'water', years: { 2026: 1e9 } },
    ],
  })
  expect(await statusOf('A')).toBe('over')
  expect(await statusOf('130000')).toBe('onTrack')
  await derive(platform)
  expect((await rowOf(platform, '130102', 'A'))?.status).toBe('over')
})

test('a meter that falls silent lowers the coverage of its institution and of the areas above', async () => {
  const platform = await judgedProvince()
  const coverageOf = async () => {
    const june = await Promise.all(['A', '130102', '130000'].map((subject) => monthOf(platform, subject, '2026-06')))
    return june.map((month) => (month?.hoursKnown ?? 0) / (month?.hoursExpected ?? 0))
  }
  const before = await coverageOf()
  platform.clock.nowMs += 8 * DAY_MS
  await sendMonths(platform, MONTHS, ['B', 'C', 'D'])
  await derive(platform)
  const after = await coverageOf()
  for (const [level, coverage] of after.entries()) expect(coverage).toBeLessThan(before[level] - 0.05)
  expect(after[0]).toBeLessThan(after[1])
  expect(after[1]).toBeLessThan(after[2])
  expect((await rowOf(platform, '130102', 'A'))?.coverage).toBeLessThan(1)
})

test('months that end while nobody looks are expected in full afterwards', async () => {
  const platform = await judgedProvince()
  platform.clock.nowMs = monthRange('2026-09').fromMs + 3 * DAY_MS
  await derive(platform)
  for (const [month, hours] of [
    ['2026-06', 720],
    ['2026-07', 744],
    ['2026-08', 744],
    ['2026-09', 72],
  ] as const) {
    expect((await monthOf(platform, 'A', month))?.hoursExpected, month).toBe(2 * hours)
    expect((await monthOf(platform, '130000', month))?.hoursExpected, month).toBe(8 * hours)
  }
})

test('a past year has its months whether or not the present month was marked before', async () => {
  const stored = []
  for (const scheduled of [false, true]) {
    const platform = await openTestPlatform()
    await register(platform, PROVINCE)
    if (scheduled) await assess(platform)({ shards: [] })
    await sendMonths(platform, ['2025-01', '2025-02'])
    await settle(platform)({ shards: [] })
    await assess(platform)({ shards: ['130102', '130104', '130202'], scheduled })
    stored.push(await documents(platform, 'subject/A/2025'))
    expect(await monthOf(platform, 'A', '2025-12')).toMatchObject({ hoursKnown: 0 })
  }
  expect(Object.keys(stored[0] ?? {})).toHaveLength(1)
  expect(stored[0]).toEqual(stored[1])
})

test('marks that are made while a county is judged are judged in their turn', async () => {
  const platform = await judgedProvince()
  const { state } = platform
  await addDirtyMonths(state, '130102', new Map([['A', ['2026-05']]]))
  let raced = false
  const racing: Platform = {
    ...platform,
    consumption: {
      ...platform.consumption,
      async get(meters, fromDay, toDay) {
        const days = await platform.consumption.get(meters, fromDay, toDay)
        if (!raced) {
          raced = true
          // Settling writes a day, and marks it, after its month has been read.
          const [first] = days as [ConsumptionDay]
          await platform.consumption.put([{ ...first, amounts: first.amounts.map((amount) => amount + 100) }])
          await addDirtyMonths(state, '130102', new Map([['A', ['2026-05']]]))
        }
        return days
      },
    },
  }
  const result = await assess(racing)({ shards: ['130102'] })
  expect(result.failed).toMatchObject([{ shard: '130102' }])
  expect(await documents(platform, dirtyKey('130102'))).toMatchObject({ 'dirty/130102': { A: ['2026-05'] } })
  expect(await assess(platform)({ shards: ['130102'] })).toEqual({ failed: [] })
  expect(await rollup(platform)({ shards: [] })).toEqual({ failed: [] })
  await expectSums(platform, BELOW)
})

test('of two that judge a county at the same time the slower one cannot bring back what was', async () => {
  const platform = await judgedProvince()
  const want = await documents(platform, 'subject/')
  const [day] = await platform.consumption.get(['A-E'], dayOf(NOON_MS), dayOf(NOON_MS) + 1)
  await platform.consumption.put([{ ...day, amounts: day.amounts.map(() => 7_000) }])
  await addDirtyMonths(platform.state, '130102', new Map([['A', ['2026-06']]]))
  let raced = false
  const slow: Platform = {
    ...platform,
    consumption: {
      ...platform.consumption,
      async get(meters, fromDay, toDay) {
        const days = await platform.consumption.get(meters, fromDay, toDay)
        if (!raced) {
          raced = true
          await platform.consumption.put([day])
          await addDirtyMonths(platform.state, '130102', new Map([['A', ['2026-06']]]))
          expect(await assess(platform)({ shards: ['130102'] })).toEqual({ failed: [] })
        }
        return days
      },
    },
  }
  expect((await assess(slow)({ shards: ['130102'] })).failed).toHaveLength(1)
  for (const step of [assess, rollup]) {
    expect(await step(platform)({ shards: step === assess ? ['130102'] : [] })).toEqual({ failed: [] })
  }
  expect(await documents(platform, 'subject/')).toEqual(want)
})

test('a mark that loses every race says so', async () => {
  const platform = await openTestPlatform()
  const stubborn: Platform['state'] = {
    ...platform.state,
    put: () => Promise.reject(new VersionConflict('dirty/130102')),
  }
  await expect(addDirtyMonths(stubborn, '130102', new Map([['A', ['2026-05']]]))).rejects.toThrow(VersionConflict)
})

testInCampaign(
  'a process that is killed between any two steps of judging ends in the same documents when it is run again',
  async () => {
    const first = await openTestPlatform()
    await register(first, PROVINCE)
    await sendMonths(first, ['2026-05', '2026-06'], ['A', 'B', 'C'])
    expect(await settle(first)({ shards: [] })).toEqual({ failed: [] })
    await first.close()
    const copyOf = async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kilowatch-killed-'))
      cpSync(first.folder, folder, { recursive: true })
      return openTestPlatform(folder)
    }
    const judge = async (platform: Platform) => {
      for (const step of [assess, rollup]) {
        const { failed } = await step(platform)({ shards: [] }).catch(() => ({ failed: ['killed'] }))
        if (failed.length > 0) return false
      }
      return true
    }
    const whole = await copyOf()
    const counted = dyingPlatform(whole)
    expect(await judge(counted)).toBe(true)
    const want = await documents(whole)
    expect(counted.calls()).toBeGreaterThan(50)
    // Every step of the first county and of the last roll-up, and every tenth of those that repeat them in between.
    for (let n = 1; n <= counted.calls(); n += n < 30 || n > counted.calls() - 15 ? 1 : 20) {
      const platform = await copyOf()
      expect(await judge(dyingPlatform(platform, n)), `call ${n}`).toBe(false)
      expect(await judge(platform)).toBe(true)
      expect(await documents(platform), `killed before call ${n}`).toEqual(want)
      await platform.close()
    }
  },
  120_000,
)

test('an institution that moves to another county takes its months along and leaves nothing behind', async () => {
  const platform = await judgedProvince()
  await register(platform, { institutions: [institution('A', '130202'), institution('C', '130202')] })
  await derive(platform)
  await expectSums(platform, {
    '130102': ['B'],
    '130104': [],
    '130202': ['A', 'C', 'D'],
    '130100': ['B'],
    '130200': ['A', 'C', 'D'],
    '130000': ['A', 'B', 'C', 'D'],
  })
  const places = Object.keys(await documents(platform, '')).filter((key) => /\/A(-E|-W)?$/.test(key))
  expect(places).toEqual([
    'registry/place/institution/A',
    'registry/place/meter/A-E',
    'registry/place/meter/A-W',
    'registry/shard/130202/institution/A',
    'registry/shard/130202/meter/A-E',
    'registry/shard/130202/meter/A-W',
    'standing/2025/130202/A',
    'summary/130202/A',
  ])
  expect((await rowOf(platform, '130202', 'A'))?.areaName).toBe('路南区')
  await register(platform, { institutions: [institution('A', '130102'), institution('C', '130104')] })
  await derive(platform)
  await expectSums(platform, BELOW)
})

test('an import that is cut off before it has tidied up is tidied up by the next one', async () => {
  const platform = await judgedProvince()
  const dying: Platform['state'] = {
    ...platform.state,
    delete: async (keys) => {
      if (keys.length > 0) throw new Error('killed')
    },
  }
  await expect(register({ ...platform, state: dying }, { institutions: [institution('A', '130202')] })).rejects.toThrow(
    'killed',
  )
  expect(await documents(platform, 'registry/shard/130102/institution/A')).not.toEqual({})
  await register(platform, {})
  expect(await documents(platform, 'registry/shard/130102/institution/A')).toEqual({})
  await derive(platform)
  await expectSums(platform, { '130102': ['B'], '130202': ['A', 'D'], '130000': ['A', 'B', 'C', 'D'] })
})

test.each([
  [
    'a size',
    { institutions: [institution('A', '130102', { sizes: [{ validFrom: '2026-05-01', floorAreaM2: 4000 }] })] },
  ],
  ['the role of a meter', { meters: [meter('A-E', 'A', { role: 'exclude' })] }],
  ['a meter that is added', { meters: [meter('A-X', 'A')] }],
])('%s registered later judges the past months anew', async (_, part) => {
  const platform = await judgedProvince()
  const before = await monthOf(platform, 'A', '2026-05')
  await register(platform, part)
  expect(await assess(platform)({ shards: ['130102'] })).toEqual({ failed: [] })
  expect(await rollup(platform)({ shards: [] })).toEqual({ failed: [] })
  expect(await monthOf(platform, 'A', '2026-05')).not.toEqual(before)
  await expectSums(platform, BELOW)
})

test('an institution without any data has a row, and none of its numbers is invented', async () => {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  await derive(platform)
  expect(await rowOf(platform, '130102', 'A')).toMatchObject({
    id: 'A',
    rating: null,
    status: null,
    energyPerAreaKgce: null,
    coverage: 0,
  })
})
