// Holds PUE and EUE to what can be measured: both sides known, never below 1, graded by dated tables.

import { describe, expect, it } from 'vitest'
import { HOUR_MS } from '../../../domain/calendar.ts'
import {
  effectivenessOf,
  hourlyEffectiveness,
  pueGrade,
  pueLowerBound,
  rateEue,
  sumUsage,
  usageOfHours,
} from '../../../domain/judge/data-centre.ts'
import { HOUR_FLAGS, type HourFlag } from '../../../domain/settle/settle.ts'
import { EUE_QUOTAS_SHANDONG } from '../../../domain/standards/data-centre.ts'

const START = Date.UTC(2026, 10, 23)
const hours = (rows: readonly (readonly [amount: number | null, flag: HourFlag])[], firstHourMs = START) => ({
  firstHourMs,
  amounts: Float64Array.from(rows, ([amount]) => amount ?? Number.NaN),
  flags: Uint8Array.from(rows, ([, flag]) => HOUR_FLAGS.indexOf(flag)),
})
const known = { hoursExpected: 24, hoursKnown: 24, halfKnownKwh: 0, halfKnownHours: 0 }
const LIMITS = { judgedFrom: 0.9, sureFrom: 0.98 }

describe('the effectiveness of a period', () => {
  it.each([
    { name: 'is total over IT', totalKwh: 150, itKwh: 100, value: 1.5, problem: null },
    { name: 'may be exactly 1', totalKwh: 0.1 + 0.2, itKwh: 0.3, value: 1, problem: null },
    { name: 'is 1 a hair below it', totalKwh: 0.3, itKwh: 0.1 + 0.2, value: 1, problem: null },
    { name: 'is refused below 1', totalKwh: 99, itKwh: 100, value: null, problem: 'belowOne' },
    { name: 'is none without an IT meter', totalKwh: 150, itKwh: null, value: null, problem: 'noItMeter' },
    { name: 'is none without a meter of the whole', totalKwh: null, itKwh: 100, value: null, problem: 'noTotalMeter' },
    { name: 'is none without an IT load', totalKwh: 150, itKwh: 0, value: null, problem: 'noItLoad' },
  ] as const)('$name', ({ totalKwh, itKwh, value, problem }) => {
    const found = effectivenessOf({ totalKwh, itKwh, ...known }, LIMITS)
    expect(found.problem).toBe(problem)
    if (value === null) expect(found.value).toBeNull()
    else expect(found.value).toBeCloseTo(value, 9)
  })

  it('is unknown when no hour is known of both', () => {
    const found = effectivenessOf({ totalKwh: 0, itKwh: 0, ...known, hoursKnown: 0 }, LIMITS)
    expect(found).toMatchObject({ value: null, problem: 'unknown', coverage: 0, knownShare: 0 })
  })
})

describe('hour by hour', () => {
  const total = hours([
    [15, 'measured'],
    [null, 'measured'],
    [30, 'estimated'],
    [9, 'measured'],
  ])
  const equipment = hours([
    [10, 'measured'],
    [10, 'measured'],
    [20, 'measured'],
    [10, 'measured'],
  ])
  const day = { fromMs: START, toMs: START + 5 * HOUR_MS }

  it('an hour is known only when both are, with the worse of the two flags', () => {
    const found = hourlyEffectiveness({ total, it: equipment }, day)
    expect(found.map(({ value }) => value)).toEqual([1.5, null, 1.5, null, null])
    expect(found.map(({ problem }) => problem)).toEqual([null, 'unknown', null, 'belowOne', 'unknown'])
    expect(found.map(({ flag }) => (flag === null ? null : HOUR_FLAGS[flag]))).toEqual([
      'measured',
      null,
      'estimated',
      'measured',
      null,
    ])
  })

  it('names the meter that is missing in every hour', () => {
    const found = hourlyEffectiveness({ total, it: null }, day)
    expect(new Set(found.map(({ problem }) => problem))).toEqual(new Set(['noItMeter']))
  })

  it('a period adds only hours known of both, so that an outage is not efficiency', () => {
    const usage = usageOfHours({ total, it: equipment }, day)
    const halfKnown = { halfKnownKwh: 0, halfKnownHours: 0 }
    expect(usage).toEqual({ totalKwh: 54, itKwh: 40, hoursExpected: 5, hoursKnown: 3, ...halfKnown })
    const found = { value: null, problem: 'unknownTime', coverage: 0.6, knownShare: 0.6, knownPart: 1.35 }
    expect(effectivenessOf(usage, LIMITS)).toMatchObject(found)
  })

  it('refuses a period of broken hours', () => {
    expect(() => usageOfHours({ total, it: equipment }, { fromMs: START + 1, toMs: START + HOUR_MS })).toThrow(
      RangeError,
    )
  })
})

describe('a year of months', () => {
  it('is the ratio of sums, not the mean of ratios', () => {
    const year = sumUsage([
      { ...known, totalKwh: 200, itKwh: 100, hoursExpected: 744, hoursKnown: 744 },
      { ...known, totalKwh: 360, itKwh: 300, hoursExpected: 672, hoursKnown: 660 },
    ])
    expect(effectivenessOf(year, LIMITS)).toMatchObject({ value: 1.4, problem: null, coverage: 1404 / 1416 })
  })

  it.each([
    { hoursKnown: 1416, judged: true, provisional: false },
    { hoursKnown: 1346, judged: true, provisional: true },
    { hoursKnown: 1274, judged: false, provisional: false },
  ])(
    '$hoursKnown of 1416 hours are known: $judged, provisional $provisional',
    ({ hoursKnown, judged, provisional }) => {
      const usage = { ...known, totalKwh: 1.5 * hoursKnown, itKwh: hoursKnown, hoursExpected: 1416, hoursKnown }
      const found = effectivenessOf(usage, LIMITS)
      expect(found).toMatchObject({ value: judged ? 1.5 : null, knownPart: 1.5, provisional })
      expect(found.problem).toBe(judged ? null : 'unknownTime')
      expect(found.knownShare).toBeCloseTo(hoursKnown / 1416, 12)
    },
  )

  it('weighs hours without IT by their total', () => {
    // 12 hours of 100 kWh known of both, 12 hours of 300 kWh known of the total alone.
    const usage = { totalKwh: 1200, itKwh: 800, hoursExpected: 24, hoursKnown: 12 }
    const found = effectivenessOf({ ...usage, halfKnownKwh: 3600, halfKnownHours: 12 }, LIMITS)
    expect(found).toMatchObject({ value: null, problem: 'unknownTime', coverage: 0.5, knownShare: 0.25 })
  })

  it('is not the year when the IT meter came in February', () => {
    const year = sumUsage([
      { ...known, totalKwh: 999, itKwh: null, hoursExpected: 744, hoursKnown: 0 },
      { ...known, totalKwh: 150, itKwh: 100, hoursExpected: 672, hoursKnown: 672 },
    ])
    expect(effectivenessOf(year, LIMITS)).toMatchObject({ value: null, problem: 'unknownTime', knownPart: 1.5 })
    const without = sumUsage([{ ...known, totalKwh: 999, itKwh: null, hoursExpected: 1, hoursKnown: 0 }])
    expect(effectivenessOf(without, LIMITS).problem).toBe('noItMeter')
  })
})

it('is at least (IT + cooling) / IT where the whole is not metered', () => {
  expect(pueLowerBound({ itKwh: 100, coolingKwh: 35 })).toBe(1.35)
  expect(pueLowerBound({ itKwh: 0, coolingKwh: 35 })).toBeNull()
})

describe('the grade of a PUE', () => {
  const date = '2026-11-23'
  it.each([
    { pue: 1.2, grade: 1, toNextGrade: null },
    { pue: 1.21, grade: 2, toNextGrade: 0.01 },
    { pue: 1.3, grade: 2, toNextGrade: 0.1 },
    { pue: 1.5, grade: 3, toNextGrade: 0.2 },
    { pue: 1.51, grade: 'overLimit', toNextGrade: 0.01 },
  ])('of $pue is $grade', ({ pue, grade, toNextGrade }) => {
    const found = pueGrade(pue, { date })
    expect(found.grade).toBe(grade)
    if (toNextGrade === null) expect(found.toNextGrade).toBeNull()
    else expect(found.toNextGrade).toBeCloseTo(toNextGrade, 9)
  })

  it('says that its values are recalled, not read', () => {
    expect(pueGrade(1.2, { date }).table).toMatchObject({ standard: 'GB 40879-2021', certainty: 'recalled' })
  })

  it.each([
    { name: 'before the standard', value: 1.4, at: '2022-10-31', racks: undefined, reason: 'noTable' },
    { name: 'of an edge data centre', value: 1.4, at: date, racks: 100, reason: 'edge' },
    { name: 'without a value', value: null, at: date, racks: 101, reason: 'noValue' },
  ])('is none $name', ({ value, at, racks, reason }) => {
    expect(pueGrade(value, { date: at, racks })).toMatchObject({ grade: null, reason })
  })
})

describe('the rating of an EUE', () => {
  const rated = (type: Parameters<typeof rateEue>[1]['type'], value: number | null, date = '2026-11-23') =>
    rateEue(value, { type, date, quotas: EUE_QUOTAS_SHANDONG })

  it.each([
    { type: 'government', value: 1.8, rating: 'reasonable' },
    { type: 'healthcare', value: 1.8, rating: 'reasonable' },
    { type: 'venue', value: 1.8, rating: 'compliant' },
    { type: 'education', value: 1.3, rating: 'advanced' },
    { type: 'education', value: 2.3, rating: 'rectify' },
  ] as const)('of $value in $type is $rating', ({ type, value, rating }) => {
    expect(rated(type, value)).toMatchObject({ rating, quota: { standIn: true } })
  })

  it('is none without a row, a value, or before its day', () => {
    expect(rated('research', 1.5)).toEqual({ rating: null, quota: null })
    expect(rated('venue', null).rating).toBeNull()
    expect(rated('venue', 1.5, '2018-12-31').quota).toBeNull()
  })

  it('takes an imported row before the stand-in', () => {
    const own = { ...EUE_QUOTAS_SHANDONG[1], constraint: 1.5, benchmark: 1.4, guide: 1.3, standIn: false }
    const quotas = [...EUE_QUOTAS_SHANDONG, own]
    expect(rateEue(1.45, { type: 'government', date: '2026-11-23', quotas }).rating).toBe('compliant')
  })
})
