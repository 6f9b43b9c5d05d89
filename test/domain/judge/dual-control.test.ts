// Holds dual control to the published results of Hebei and the nation, and to the rules of docs/rules/dual-control.md
// at their edges.

import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, type Month, monthRange, monthsThrough, yearRange } from '../../../domain/calendar.ts'
import { DAY_FIELDS, emptyDays, packDays } from '../../../domain/energy/day-amounts.ts'
import { type SubjectMonth, sumSubjects } from '../../../domain/energy/subject-month.ts'
import { fallPct, type JudgeInput, judge, statusOf } from '../../../domain/judge/dual-control.ts'
import { dualControlSchema } from '../../../domain/judge/result.ts'
import { targetValue } from '../../../domain/judge/target-value.ts'
import { type Target, targetSchema } from '../../../domain/registry/records.ts'

interface Year {
  energyTce?: number
  waterM3?: number
  co2T?: number
  floorAreaM2?: number
  energyUsers?: number
}
/** A year's amount in equal months (or by `shape`), fully known. */
function monthsOf(year: number, of: Year, shape: readonly number[] = Array(12).fill(1 / 12)): SubjectMonth[] {
  return monthsThrough(`${year}-01`, `${year}-12`).map((month, index) => {
    const energyKgce = (of.energyTce ?? 0) * 1000 * shape[index]
    const co2Kg = (of.co2T ?? 0) * 1000 * shape[index]
    const waterM3 = (of.waterM3 ?? 0) * shape[index]
    return {
      ...sumSubjects(month, []),
      energyKgce,
      energyKgceWithArea: energyKgce,
      energyKgceWithUsers: energyKgce,
      co2Kg,
      co2KgWithArea: co2Kg,
      waterM3,
      waterM3WithUsers: waterM3,
      floorAreaM2: of.floorAreaM2 ?? 1000,
      energyUsers: of.energyUsers ?? 100,
      waterUsers: of.energyUsers ?? 100,
      hoursExpected: 1000,
      hoursKnown: 1000,
      waterHoursExpected: 500,
      waterHoursKnown: 500,
    }
  })
}
/** Energy known in a part of its 500 hours a month; what is missing is as much an hour. */
const knownFor = (part: SubjectMonth, hours: number): SubjectMonth => ({
  ...part,
  hoursKnown: 500 + hours,
  energyKgce: (part.energyKgce * hours) / 500,
  energyMissingKgce: part.energyKgce * (1 - hours / 500),
})
const judgeMonth = (month: Month, months: SubjectMonth[], targets: Target[] = [], more: Partial<JudgeInput> = {}) =>
  judge({
    subject: '130000',
    month,
    asOfMs: monthRange(month).toMs,
    months,
    targets,
    coefficientSet: 'GB/T 2589-2020 当量值',
    co2Factor: 'factor',
    ...more,
  })
const row = (result: ReturnType<typeof judge>, indicator: string) => {
  const found = result.indicators.find((candidate) => candidate.indicator === indicator)
  if (!found) throw new Error(`no ${indicator} in the result`)
  return found
}
/** The days of a March in which the whole amount lies evenly, up to an instant. */
const marchDays = (amount: number, elapsedMs: number): string | null => {
  const days = emptyDays(Math.ceil(elapsedMs / DAY_MS))
  for (const field of DAY_FIELDS) if (field === 'energyKgce') days[field].fill(amount / 31)
  const last = days.energyKgce.length - 1
  days.energyKgce[last] = (amount / 31) * (elapsedMs / DAY_MS - last)
  return packDays(days)
}
const target = (of: Partial<Target>): Target =>
  targetSchema.parse({ subject: '130000', indicator: 'energy', baseYear: 2020, endYear: 2025, source: 's', ...of })

describe("Hebei's published figures", () => {
  // Totals 294.86万 tce and 1.85亿 m³; area and people implied by them (docs/rules/facts.md#implied-figures).
  const hebei2020 = { energyTce: 294.86e4, waterM3: 1.85e8, floorAreaM2: 1.8709e8, energyUsers: 1145.4e4 }
  const result = judgeMonth('2020-12', monthsOf(2020, hebei2020))

  it('of 2020 come out as totals and as 15.76 kgce/m² and 257.42 kgce a person', () => {
    expect(row(result, 'energy')).toMatchObject({ forecastBasis: 'complete', unit: 'tce' })
    expect(row(result, 'energy').actual).toBeCloseTo(294.86e4, 0)
    expect(row(result, 'water').actual).toBeCloseTo(1.85e8, 0)
    expect(row(result, 'energyPerArea').actual).toBeCloseTo(15.76, 2)
    expect(Math.abs((row(result, 'energyPerCapita').actual ?? 0) - 257.42)).toBeLessThan(0.02)
  })

  it('of 2020 give 16.12 m³ a person with the people that the water implies, 0.19 % more', () => {
    const byWater = judgeMonth('2020-12', monthsOf(2020, { ...hebei2020, energyUsers: 1147.6e4 }))
    expect(row(byWater, 'waterPerCapita').actual).toBeCloseTo(16.12, 2)
    expect(fallPct(1147.6, 1145.4)).toBeCloseTo(0.19, 2)
  })

  it.each([
    { indicator: 'energyPerArea', in2015: 20.097, pct: 21.58, in2020: 15.76 },
    { indicator: 'energyPerCapita', in2015: 340.86, pct: 24.48, in2020: 257.42 },
    { indicator: 'waterPerCapita', in2015: 22.836, pct: 29.41, in2020: 16.12 },
  ] as const)('fell by $pct % in $indicator from 2015', ({ indicator, in2015, pct, in2020 }) => {
    expect(fallPct(in2015, in2020)).toBeCloseTo(pct, 2)
    const plan = target({ indicator, baseYear: 2015, endYear: 2020, baseValue: in2015, reductionPct: pct })
    expect(targetValue(plan, 2020)).toBeCloseTo(in2020, 2)
  })

  it('of 2025 are ceilings above 2020: a total may grow 19 % and be met while the intensity that must fall is over', () => {
    const targets = [
      target({ baseValue: 294.86e4, cap: 357e4, source: '冀事管〔2021〕120号' }),
      target({ indicator: 'water', baseValue: 1.85e8, cap: 2.25e8 }),
      target({ indicator: 'co2', years: { 2025: 1394e4 } }),
      target({ indicator: 'energyPerArea', baseValue: 15.76, reductionPct: 5, standIn: true }),
    ]
    const grown = monthsOf(2025, {
      energyTce: 350e4,
      waterM3: 2e8,
      co2T: 1300e4,
      floorAreaM2: 2.1e8,
      energyUsers: 1200e4,
    })
    const judged = judgeMonth('2025-12', grown, targets)
    expect(fallPct(294.86, 357)).toBeCloseTo(-21.07, 2)
    expect(row(judged, 'energy')).toMatchObject({
      target: 357e4,
      // The year is over: its chance to exceed the target is none.
      status: 'onTrack',
      targetSource: '冀事管〔2021〕120号',
    })
    expect(row(judged, 'water')).toMatchObject({ target: 2.25e8, status: 'onTrack' })
    expect(row(judged, 'co2')).toMatchObject({ target: 1394e4, status: 'onTrack' })
    expect(row(judged, 'energyPerArea').target).toBeCloseTo(14.972, 3)
    expect(row(judged, 'energyPerArea')).toMatchObject({ status: 'over', targetStandIn: true })
    expect(judged).toMatchObject({ status: 'over', verdict: 'intensityOver', provisional: false, coverage: 1 })
    expect(dualControlSchema.parse(judged)).toEqual(judged)
  })
})

describe('the national result of 2022', () => {
  it.each([
    { name: 'energyPerCapita', base: 329.56, value: 321.27, fall: 2.52, pct: 6 },
    { name: 'energyPerArea', base: 18.48, value: 18.03, fall: 2.44, pct: 5 },
    { name: 'waterPerCapita', base: 21.53, value: 20.99, fall: 2.51, pct: 6 },
  ] as const)(
    'fell by $fall % in $name, ahead of the linear share of two years',
    ({ name, base, value, fall, pct }) => {
      expect(Math.abs(fallPct(base, value) - fall)).toBeLessThan(0.006)
      const linear = targetValue(target({ indicator: name, baseValue: base, reductionPct: pct }), 2022)
      expect(fallPct(base, linear)).toBeCloseTo((pct * 2) / 5, 9)
      expect(value).toBeLessThan(linear)
    },
  )
})

describe('the value of a target', () => {
  const fall = { indicator: 'energyPerArea', baseValue: 100, reductionPct: 20 } as const

  it('walks a straight line, or compounds, to the same end', () => {
    const linear = target(fall)
    const compound = target({ ...fall, path: 'compound' })
    expect([2020, 2021, 2023, 2025].map((year) => targetValue(linear, year))).toEqual([100, 96, 88, 80])
    expect(targetValue(compound, 2021)).toBeCloseTo(100 * 0.8 ** 0.2, 9)
    expect(targetValue(compound, 2023)).toBeCloseTo(100 * 0.8 ** 0.6, 9)
    expect([targetValue(compound, 2020), targetValue(compound, 2025)]).toEqual([100, 80])
  })

  it('is the explicit row of a year', () => {
    expect(targetValue(target({ years: { 2024: 12, 2025: 11 } }), 2024)).toBe(12)
  })

  const outside: { of: Partial<Target>; year: number }[] = [
    { of: { ...fall }, year: 2026 },
    { of: { ...fall }, year: 2019 },
    { of: { indicator: 'energyPerArea', years: { 2024: 12 } }, year: 2023 },
    { of: { indicator: 'energyPerArea', years: { 2026: 12 } }, year: 2026 },
  ]
  it.each(outside)('is a RangeError naming the target in $year of $of', ({ of, year }) => {
    expect(() => targetValue(target(of), year)).toThrow(
      new RangeError(`the target energyPerArea of 130000 (2020 to 2025) has no value for ${year}`),
    )
  })
})

describe('the status', () => {
  it.each([
    { ratio: 0.5, status: 'onTrack' },
    { ratio: 0.95, status: 'onTrack' },
    { ratio: (0.95 * 357) / 357, status: 'onTrack' },
    { ratio: 0.9501, status: 'atRisk' },
    { ratio: 1, status: 'atRisk' },
    { ratio: 1.0001, status: 'over' },
  ])('at $ratio of the target is $status', ({ ratio, status }) => {
    expect(statusOf(ratio)).toBe(status)
  })

  it.each([
    { energyCap: 120, perArea: 120, verdict: 'bothMet', status: 'onTrack' },
    { energyCap: 100, perArea: 120, verdict: 'bothMet', status: 'onTrack' },
    { energyCap: 120, perArea: 100, verdict: 'bothMet', status: 'atRisk' },
    { energyCap: 90, perArea: 120, verdict: 'totalOver', status: 'over' },
    { energyCap: 120, perArea: 90, verdict: 'intensityOver', status: 'over' },
    { energyCap: 90, perArea: 90, verdict: 'bothOver', status: 'over' },
  ])(
    'of 100 against a cap of $energyCap and an intensity of $perArea is $verdict',
    ({ energyCap, perArea, verdict, status }) => {
      const targets = [
        target({ years: { 2025: energyCap } }),
        target({ indicator: 'energyPerArea', years: { 2025: perArea } }),
      ]
      expect(judgeMonth('2025-12', monthsOf(2025, { energyTce: 100 }), targets)).toMatchObject({ verdict, status })
    },
  )

  it('is null without a target (目标未下达), and one side alone makes no verdict', () => {
    const months = monthsOf(2026, { energyTce: 100 })
    const none = judgeMonth('2026-12', months, [target({ years: { 2025: 90 } })])
    expect(none).toMatchObject({ status: null, verdict: null })
    expect(row(none, 'energy')).toMatchObject({ target: null, ratio: null, status: null, targetSource: null })
    const oneSide = judgeMonth('2026-12', months, [target({ baseYear: 2025, endYear: 2030, years: { 2026: 90 } })])
    expect(oneSide).toMatchObject({ status: 'over', verdict: null })
  })

  it('prefers an issued target to a stand-in', () => {
    const targets = [target({ years: { 2025: 1 }, standIn: true }), target({ years: { 2025: 200 }, source: 'issued' })]
    expect(row(judgeMonth('2025-12', monthsOf(2025, { energyTce: 100 }), targets), 'energy').targetSource).toBe(
      'issued',
    )
  })
})

describe('the forecast', () => {
  // Half of the year's energy in January to March, as heating makes it.
  const winter = [1 / 6, 1 / 6, 1 / 6, ...Array(9).fill(1 / 18)]
  const lastYear = monthsOf(2025, { energyTce: 200, waterM3: 1200 }, winter)
  const thisYear = monthsOf(2026, { energyTce: 100, waterM3: 1200 }, winter).slice(0, 3)

  it('takes half of last year for what remains as the months so far say it, and less of it for months far away', () => {
    const energy = row(judgeMonth('2026-03', [...thisYear, ...lastYear]), 'energy')
    expect(energy.actual).toBeCloseTo(50, 9)
    expect(energy.forecastBasis).toBe('ownProfile')
    // 50 so far, and between a half (all of the change stays) and the whole of last year's other 100.
    expect(energy.forecast).toBeGreaterThan(100)
    expect(energy.forecast).toBeLessThan(150)
    expect(energy.low80).toBeLessThan(energy.forecast ?? 0)
    expect(energy.high80).toBeGreaterThan(energy.forecast ?? 0)
  })

  it('of two identical years is the year, on every day', () => {
    const same = monthsOf(2026, { energyTce: 200 }, winter)
    for (const elapsed of [0.1, 0.25, 0.5, 1]) {
      const { fromMs, toMs } = monthRange('2026-03')
      const cut = { ...same[2], energyKgce: same[2].energyKgce * elapsed, hoursKnown: 1000, hoursExpected: 1000 }
      const asOfMs = fromMs + (toMs - fromMs) * elapsed
      const months = [
        ...lastYear,
        ...same.slice(0, 2),
        { ...cut, byDay: marchDays(same[2].energyKgce, asOfMs - fromMs) },
      ]
      expect(row(judgeMonth('2026-03', months, [], { asOfMs }), 'energy').forecast).toBeCloseTo(200, 3)
    }
  })

  it("takes the area's season when last year is not known", () => {
    const energy = row(judgeMonth('2026-03', thisYear, [], { areaMonths: lastYear }), 'energy')
    expect(energy).toMatchObject({ forecastBasis: 'areaProfile' })
    expect(energy.forecast).toBeCloseTo(100, 3)
  })

  it("takes the subject's own season while half of last year's days are known", () => {
    const half = judgeMonth('2026-03', [...thisYear, ...lastYear.slice(5)], [], { areaMonths: lastYear })
    expect(row(half, 'energy').forecastBasis).toBe('ownProfile')
    const less = judgeMonth('2026-03', [...thisYear, ...lastYear.slice(7)], [], { areaMonths: lastYear })
    expect(row(less, 'energy').forecastBasis).toBe('areaProfile')
  })

  it('judges water by its own days', () => {
    const dry = lastYear.map((part) => ({ ...part, waterM3: 0, waterHoursKnown: 0, waterHoursWithoutUsual: 500 }))
    const result = judgeMonth('2026-03', [...thisYear, ...dry])
    expect(row(result, 'energy').forecastBasis).toBe('ownProfile')
    expect(row(result, 'water').forecastBasis).toBe('days')
  })

  it('takes the days of the year when nothing else is known, once a fifth of them lies behind', () => {
    const byTheHour = thisYear.map((part) => {
      const { fromMs, toMs } = monthRange(part.month)
      return { ...part, hoursExpected: 500 + (toMs - fromMs) / HOUR_MS, hoursKnown: 500 + (toMs - fromMs) / HOUR_MS }
    })
    const energy = row(judgeMonth('2026-03', byTheHour), 'energy')
    expect(energy.forecastBasis).toBe('days')
    expect(energy.forecast).toBeCloseTo((50 * 365) / 90, 3)
    expect(row(judgeMonth('2026-02', thisYear.slice(0, 2)), 'energy').forecast).toBeNull()
  })

  it('is the total itself once the year has passed', () => {
    const energy = row(judgeMonth('2025-12', lastYear, [], { asOfMs: yearRange(2027).fromMs }), 'energy')
    expect(energy).toMatchObject({ forecastBasis: 'complete', actual: energy.forecast })
    expect(energy.actual).toBeCloseTo(200, 9)
  })

  it('is unknown, not 0, for what is not metered', () => {
    const noWater = thisYear.map((part) => ({ ...part, waterHoursExpected: 0, waterHoursKnown: 0, waterUsers: null }))
    const result = judgeMonth('2026-03', noWater, [
      target({ indicator: 'water', baseYear: 2025, endYear: 2030, years: { 2026: 9 } }),
    ])
    expect(row(result, 'water')).toMatchObject({
      actual: null,
      forecast: null,
      forecastBasis: null,
      target: 9,
      status: null,
    })
    expect(result.coverage).toBe(1)
  })
})

describe('the intensity', () => {
  it('of a finished year is that year over its time-weighted area', () => {
    const months = monthsOf(2025, { energyTce: 10 }).map((part) => ({
      ...part,
      floorAreaM2: part.month < '2025-07' ? 500 : 1000,
    }))
    expect(row(judgeMonth('2025-12', months), 'energyPerArea').actual).toBeCloseTo(
      10_000 / ((500 * 181 + 1000 * 184) / 365),
      9,
    )
  })

  it('is unknown while there is less than a full year, and the totals are judged all the same', () => {
    const months = monthsOf(2026, { energyTce: 120 }).slice(0, 11)
    const result = judgeMonth('2026-11', months, [
      target({ baseYear: 2025, endYear: 2030, years: { 2026: 200 } }),
      target({ indicator: 'energyPerArea', baseYear: 2025, endYear: 2030, years: { 2026: 20 } }),
    ])
    expect(row(result, 'energyPerArea')).toMatchObject({ actual: null, status: null, target: 20 })
    expect(row(result, 'energy')).toMatchObject({ status: 'onTrack' })
  })

  it('leaves out the energy of institutions whose people are unknown', () => {
    const months = monthsOf(2025, { energyTce: 12 }).map((part) => ({ ...part, energyKgceWithUsers: 500 }))
    expect(row(judgeMonth('2025-12', months), 'energyPerCapita').actual).toBeCloseTo(60, 9)
  })
})

describe('the coverage', () => {
  const known = (hoursKnown: number) =>
    monthsOf(2025, { energyTce: 100 }).map((part) => knownFor(part, hoursKnown - 500))

  it.each([
    { hoursKnown: 1000, coverage: 1, provisional: false },
    { hoursKnown: 990, coverage: 0.98, provisional: false },
    { hoursKnown: 950, coverage: 0.9, provisional: true },
    { hoursKnown: 949, coverage: 0.898, provisional: true },
  ])('of energy is $coverage: provisional $provisional', ({ hoursKnown, coverage, provisional }) => {
    const result = judgeMonth('2025-12', known(hoursKnown))
    expect(result.coverage).toBeCloseTo(coverage, 9)
    expect(result.provisional).toBe(provisional)
  })

  it('counts a month without a record as unknown', () => {
    const result = judgeMonth('2025-12', known(1000).slice(6))
    expect(result.coverage).toBeCloseTo(184 / 365, 9)
    expect(result.provisional).toBe(true)
  })

  it('is that of the worse of energy and water', () => {
    const months = known(1000).map((part) => ({ ...part, waterHoursKnown: 400, hoursKnown: 900 }))
    expect(judgeMonth('2025-12', months).coverage).toBeCloseTo(0.8, 9)
  })

  it('makes January provisional when its rolling year has a hole', () => {
    const hole = known(1000).map((part) =>
      part.month < '2025-06' ? { ...part, hoursKnown: 600, waterHoursKnown: 300 } : part,
    )
    const result = judgeMonth('2026-01', [...hole, ...monthsOf(2026, { energyTce: 100 }).slice(0, 1)])
    expect(result).toMatchObject({ coverage: 1, provisional: true })
  })

  it('is unknown, and the judgement provisional, when nothing is recorded', () => {
    const result = judgeMonth('2025-12', [])
    expect(result).toMatchObject({ coverage: null, provisional: true, status: null })
    expect(result.indicators.every((indicator) => indicator.actual === null)).toBe(true)
  })
})

it('refuses to judge a month that has not begun', () => {
  expect(() => judgeMonth('2026-03', [], [], { asOfMs: monthRange('2026-03').fromMs })).toThrow(RangeError)
})

describe('CO2 on the factors of the target', () => {
  // 100,000 kWh a year: 72.52 t at 0.7252, 65.16 t at 0.6516 (docs/rules/dual-control.md#factors-of-a-target).
  const inForce = [
    ...monthsOf(2025, { co2T: 72.52, energyTce: 12.29 }),
    ...monthsOf(2026, { co2T: 65.16, energyTce: 12.29 }),
  ]
  const onBase = [
    ...monthsOf(2025, { co2T: 72.52, energyTce: 12.29 }),
    ...monthsOf(2026, { co2T: 72.52, energyTce: 12.29 }),
  ]
  const onFactors = new Map([['2025-12' as const, { months: onBase, co2Factor: 'factors of 2025-12' }]])
  const of = { baseYear: 2025, endYear: 2030 }
  const cap = (indicator: 'co2' | 'co2PerArea', value: number) => target({ ...of, indicator, years: { 2026: value } })

  it('is over, though the new factor alone would bring it below the cap', () => {
    const co2 = row(judgeMonth('2026-12', inForce, [cap('co2', 70)], { onFactors }), 'co2')
    expect(co2.actual).toBeCloseTo(65.16, 9)
    expect(co2.ratio).toBeCloseTo(72.52 / 70, 9)
    expect(co2.status).toBe('over')
    expect(co2.onTargetFactors).toMatchObject({ factorMonth: '2025-12', co2Factor: 'factors of 2025-12' })
    expect(co2.onTargetFactors?.actual).toBeCloseTo(72.52, 9)
    expect(co2.onTargetFactors?.factorEffect).toBeCloseTo(-7.36, 9)
    expect(row(judgeMonth('2026-12', inForce, [cap('co2', 70)]), 'co2').status).toBe('onTrack')
  })

  it('judges the intensity in the same way, and energy not at all', () => {
    const targets = [cap('co2PerArea', 70), target({ ...of, years: { 2026: 13 } })]
    const judged = judgeMonth('2026-12', inForce, targets, { onFactors })
    expect(row(judged, 'co2PerArea').onTargetFactors?.actual).toBeCloseTo(72.52, 9)
    expect(row(judged, 'co2PerArea').ratio).toBeCloseTo(72.52 / 70, 9)
    expect(row(judged, 'energy').onTargetFactors).toBeUndefined()
    expect(dualControlSchema.parse(judged)).toEqual(judged)
  })

  it('forecasts on one vintage: the same use in both years is no fall', () => {
    const june = judgeMonth('2026-06', inForce.slice(0, 18), [cap('co2', 75)], { onFactors: onJune() })
    expect(row(june, 'co2').onTargetFactors?.forecast).toBeCloseTo(72.52, 3)
    function onJune() {
      return new Map([['2025-12' as const, { months: onBase.slice(0, 18), co2Factor: 'f' }]])
    }
  })

  it('takes the factors that the target names', () => {
    const named = { ...cap('co2', 70), factorMonth: '2026-01' as const }
    const co2 = row(judgeMonth('2026-12', inForce, [named], { onFactors }), 'co2')
    expect(co2.onTargetFactors).toBeUndefined()
    expect(co2.ratio).toBeCloseTo(65.16 / 70, 9)
  })
})
