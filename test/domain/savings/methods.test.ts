// The methods beside the daily one, on cases whose answer is known: bills, heating seasons, day types, hours, water,
// and baselines by years.

import { describe, expect, test } from 'vitest'
import { createRandom } from '../../../devices/random.ts'
import { must } from '../../../domain/must.ts'
import { type BillingRead, billingPeriods, billingSavings, fitBills } from '../../../domain/savings/billing-periods.ts'
import { fitDayTypes, predictTypedDay } from '../../../domain/savings/day-type-fit.ts'
import type { DayValues } from '../../../domain/savings/day-values.ts'
import { billingSettings, dailySettings } from '../../../domain/savings/fit-settings.ts'
import { fitHeatingSeason, heatingSeasonSavings } from '../../../domain/savings/heating-season.ts'
import { binTemperature, fitBinEnds, type HourSample, interpolateHours } from '../../../domain/savings/hour-features.ts'
import { fitHourly, fitHourlyModel, hourlySavings, mayUseYearModel } from '../../../domain/savings/hourly-model.ts'
import { heatingDegrees, type UsageModel } from '../../../domain/savings/usage-model.ts'
import { type WaterDayType, waterBaseline, waterSavings } from '../../../domain/savings/water-baseline.ts'
import { chooseStation } from '../../../domain/savings/weather-station.ts'
import {
  beijingIntensityFall,
  comparedIntensity,
  YEAR_BASELINE_RULES,
  yearBaseline,
} from '../../../domain/savings/year-baseline.ts'

const YEAR = 365
const degreesOf = (day: number): number =>
  12 - 14 * Math.cos((2 * Math.PI * (day - 15)) / YEAR) + 3 * Math.sin(day * 1.7)
const series = (amountOf: (day: number) => number, days = 2 * YEAR): DayValues => ({
  firstDay: 0,
  values: Float64Array.from({ length: days }, (_, day) => amountOf(day)),
})
const temperature = series(degreesOf)

describe('bills', () => {
  const heated = (day: number): number => 20 + 3 * heatingDegrees(degreesOf(day), 12)
  const read = (startDay: number, endDay: number, isEstimated = false, share = 1): BillingRead => {
    let amount = 0
    for (let day = startDay; day < endDay; day++) amount += share * heated(day)
    return { startDay, endDay, amount, isEstimated }
  }
  const months = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  const starts = Array.from({ length: 24 }, (_, i) =>
    Array.from({ length: i }, (_day, k) => must(months[k % 12])).reduce((sum, days) => sum + days, 0),
  )
  const bills = starts.map((start, i) => read(start, start + must(months[i % 12]), false, i < 12 ? 1 : 0.9))
  const input = { temperature, baselineEndDay: YEAR, cycle: 'monthly' } as const

  test('a year of bills gives the model and the savings', () => {
    const fit = fitBills(bills, input, billingSettings('C'))
    expect(fit).toMatchObject({
      model: { kind: 'hdd_only', balanceHdd: 12, betaHdd: expect.closeTo(3, 6), intercept: expect.closeTo(20, 6) },
      ...{ disqualified: null, missingDays: 0, dropped: [] },
    })
    const savings = must(
      billingSavings(fit, bills, { temperature, cycle: 'monthly', range: { firstDay: YEAR, endDay: 2 * YEAR } }) ??
        undefined,
    )
    expect(savings.periods).toBe(12)
    expect(savings.savings / savings.counterfactual).toBeCloseTo(0.1, 9)
  })

  test('estimated reads are merged with the next and count as missing', () => {
    const estimated = bills.map((bill, i) => ({ ...bill, isEstimated: i === 3 }))
    const fit = fitBills(estimated, input, billingSettings('C'))
    expect(fit).toMatchObject({ missingDays: 30, disqualified: null, model: { kind: 'hdd_only' } })
    const two = bills.map((bill, i) => ({ ...bill, isEstimated: i === 3 || i === 7 }))
    expect(fitBills(two, input, billingSettings('C')).disqualified).toBe('missingDays')
  })

  test('short reads: dropped from a baseline, merged in a reporting period; long ones dropped or counted', () => {
    const reads = [read(0, 10), read(10, 40), read(40, 80), read(80, 110)]
    const baseline = billingPeriods(reads, temperature, { cycle: 'monthly', isBaseline: true })
    expect(baseline.dropped.map(({ reason }) => reason)).toEqual(['short', 'long'])
    expect(baseline.periods.map(({ startDay, endDay }) => [startDay, endDay])).toEqual([
      [10, 40],
      [80, 110],
    ])
    const reporting = billingPeriods(reads, temperature, { cycle: 'monthly', isBaseline: false })
    expect(reporting.periods.map(({ startDay, endDay }) => [startDay, endDay])).toEqual([
      [0, 40],
      [40, 80],
      [80, 110],
    ])
    expect(reporting.long).toBe(1)
    expect(billingPeriods(reads, temperature, { cycle: 'bimonthly', isBaseline: true }).dropped).toHaveLength(1)
  })

  test('a period needs 90 % of its temperatures', () => {
    const gaps = series((day) => (day < 4 ? Number.NaN : degreesOf(day)))
    const [dropped] = billingPeriods([read(0, 31)], gaps, { cycle: 'monthly', isBaseline: true }).dropped
    expect(dropped?.reason).toBe('missingTemperature')
    expect(billingPeriods([read(1, 32)], gaps, { cycle: 'monthly', isBaseline: true }).periods).toHaveLength(1)
  })
})

describe('a heating season', () => {
  const seasons = [
    { firstDay: 0, endDay: 75 },
    { firstDay: 319, endDay: YEAR + 75 },
    { firstDay: YEAR + 319, endDay: 2 * YEAR },
  ]
  const inSeason = (day: number): boolean => seasons.some(({ firstDay, endDay }) => day >= firstDay && day < endDay)
  const heat = (day: number): number =>
    (inSeason(day) ? 10 + 2 * heatingDegrees(degreesOf(day), 18) : 1) * (day < YEAR ? 1 : 0.75)
  const baseline = { firstDay: 0, endDay: YEAR }

  test('warm and cold spells outside it are no heat', () => {
    const use = series(heat)
    const fit = fitHeatingSeason({ use, temperature }, { baseline, seasons }, dailySettings('C'))
    expect(fit).toMatchObject({
      model: { kind: 'hdd_only', betaHdd: expect.closeTo(2, 6) },
      summerUse: 1,
      days: 121,
      disqualified: null,
    })
    const savings = must(
      heatingSeasonSavings(fit, { use, temperature }, { reporting: { firstDay: YEAR, endDay: 2 * YEAR }, seasons }) ??
        undefined,
    )
    expect(savings.savings / savings.counterfactual).toBeCloseTo(0.25, 6)
    expect(savings).toMatchObject({ days: YEAR, masked: 0 })
  })

  test('a season that is not known to 90 % has no model', () => {
    const use = series((day) => (day < 13 ? Number.NaN : heat(day)))
    const fit = fitHeatingSeason({ use, temperature }, { baseline, seasons }, dailySettings('C'))
    expect(fit).toMatchObject({ model: null, disqualified: 'missingSeasonDays' })
    expect(heatingSeasonSavings(fit, { use, temperature }, { reporting: baseline, seasons })).toBeNull()
  })
})

describe('day types', () => {
  const model: UsageModel = {
    kind: 'hdd_only',
    intercept: 80,
    betaHdd: 2,
    balanceHdd: 15,
    betaCdd: null,
    balanceCdd: null,
  }
  const temperatures = Float64Array.from({ length: YEAR }, (_, day) => degreesOf(day))
  const types = Array.from({ length: YEAR }, (_, day) => (day % 7 < 2 ? 1 : 0))

  test('an office that closes at weekends has a level of its own then', () => {
    const random = createRandom('types')
    const use = temperatures.map(
      (t, day) => 100 + 2 * heatingDegrees(t, 15) - (types[day] === 1 ? 60 : 0) + random.between(-3, 3),
    )
    const fit = must(fitDayTypes(model, { use, temperatures, types }) ?? undefined)
    expect(fit.offsets[0]).toBe(0)
    expect(fit.offsets[1]).toBeCloseTo(-60, -0.5)
    expect(fit.model.betaHdd).toBeCloseTo(2, 1)
    expect(fit.gain).toBeGreaterThan(0.9)
    expect(predictTypedDay(fit, 20, 1)).toBeCloseTo(40, -0.5)
  })

  test('one type alone gains nothing, and no level may be negative', () => {
    const use = temperatures.map((t) => 80 + 2 * heatingDegrees(t, 15))
    expect(must(fitDayTypes(model, { use, temperatures, types: types.map(() => 0) }) ?? undefined).gain).toBeCloseTo(
      0,
      6,
    )
    const low = temperatures.map((t, day) => 2 * heatingDegrees(t, 15) - (types[day] === 1 ? 5 : 0))
    expect(fitDayTypes(model, { use: low, temperatures, types })).toBeNull()
  })
})

describe('hours', () => {
  test.each([
    [20, [20, 0, 0, 0, 0, 0, 0]],
    [40, [30, 10, 0, 0, 0, 0, 0]],
    [50, [30, 15, 5, 0, 0, 0, 0]],
    [60, [30, 15, 10, 5, 0, 0, 0]],
    [70, [30, 15, 10, 10, 5, 0, 0]],
    [80, [30, 15, 10, 10, 10, 5, 0]],
    [100, [30, 15, 10, 10, 10, 15, 10]],
  ])('%i °F in bins, as CalTRACK 3.9.2 prints them', (degrees, parts) => {
    expect(binTemperature(degrees, [30, 45, 55, 65, 75, 90])).toEqual(parts)
  })

  test('bins with fewer than 20 hours are merged', () => {
    const hours = (degrees: number, count: number): number[] => new Array<number>(count).fill(degrees)
    expect(fitBinEnds([...hours(20, 20), ...hours(40, 19), ...hours(50, 20), ...hours(95, 20)])).toEqual([30, 55])
    expect(fitBinEnds([...hours(20, 30), ...hours(40, 30), ...hours(95, 19)])).toEqual([30])
    expect(fitBinEnds(hours(70, 5))).toEqual([])
  })

  test('gaps of six hours are filled, longer ones not', () => {
    const gap = (hours: number) => Float64Array.of(0, ...new Array<number>(hours).fill(Number.NaN), 7)
    expect([...interpolateHours(gap(6))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((value) => expect.closeTo(value, 12)))
    expect([...interpolateHours(gap(7))].filter(Number.isNaN)).toHaveLength(7)
  })

  const monthOfHour = (hour: number): number => Math.min(12, 1 + Math.floor(hour / 730))
  const sample = (hour: number, share = 1): HourSample => {
    const hourOfWeek = hour % 168
    const isOpen = hourOfWeek < 120 && hourOfWeek % 24 >= 8 && hourOfWeek % 24 < 18
    const temperatureF =
      55 -
      25 * Math.cos((2 * Math.PI * hour) / 8760) -
      8 * Math.cos((2 * Math.PI * hour) / 24) +
      4 * Math.sin(hour / 37)
    const use = (isOpen ? 50 + Math.max(0, temperatureF - 65) : 12 + 0.2 * Math.max(0, temperatureF - 65)) * share
    return { hourOfWeek, month: monthOfHour(hour), temperatureF, use }
  }
  const year = Array.from({ length: 8760 }, (_, hour) => sample(hour))

  test('finds open hours and the savings of a year', () => {
    const fit = fitHourly(year, () => 730)
    expect(fit.missingMonths).toEqual([])
    const july = must(fit.byMonth.get(7))
    expect(july.occupied.filter(Boolean).length).toBeGreaterThanOrEqual(45)
    const savings = hourlySavings(
      fit,
      Array.from({ length: 8760 }, (_, hour) => sample(hour, 0.8)),
    )
    expect(savings).toMatchObject({ hours: 8760, masked: 0 })
    expect(savings.savings / savings.counterfactual).toBeCloseTo(0.2, 2)
    const whole = must(fitHourlyModel(year, () => 1) ?? undefined)
    expect(
      mayUseYearModel(
        whole,
        year,
        year.map(({ temperatureF }) => temperatureF),
      ),
    ).toBe(true)
  }, 60_000)

  test('a month that is not known to 90 %, and its neighbours, have no model', () => {
    const fit = fitHourly(
      year.filter(({ month }, hour) => month !== 5 || hour % 5 > 0),
      () => 730,
    )
    expect(fit.missingMonths).toEqual([4, 5, 6])
    expect(hourlySavings(fit, year).masked).toBe(3 * 730)
  }, 60_000)
})

describe('water', () => {
  const dayType = (day: number): WaterDayType => (day % 7 < 2 ? 'rest' : 'working')
  const people = (day: number): number => (day < YEAR ? 100 : 120)
  const rate = (day: number): number => (dayType(day) === 'rest' ? 0.01 : 0.05)
  const random = createRandom('water')
  const use = series((day) => people(day) * rate(day) * (1 + random.between(-0.1, 0.1)) * (day < YEAR ? 1 : 0.9))

  test('follows people and types of days', () => {
    const input = { use, people, dayType }
    const baseline = waterBaseline(input, { firstDay: 0, endDay: YEAR })
    expect(baseline.rates.get('working')?.mean).toBeCloseTo(0.05, 3)
    const savings = must(waterSavings(baseline, input, { firstDay: YEAR, endDay: 2 * YEAR }) ?? undefined)
    expect(savings.days).toBe(YEAR)
    expect(Math.abs(savings.savingsM3 - 0.1 * savings.counterfactualM3)).toBeLessThan(savings.bandM3)
    expect(savings.bandM3).toBeLessThan(0.1 * savings.savingsM3)
    const holiday = (day: number): WaterDayType => (day === YEAR + 5 ? 'holiday' : dayType(day))
    const { masked } = must(
      waterSavings(baseline, { ...input, dayType: holiday }, { firstDay: YEAR, endDay: 2 * YEAR }) ?? undefined,
    )
    expect(masked).toEqual([{ day: YEAR + 5, reason: 'noRate' }])
  })

  test('needs 90 % of its baseline', () => {
    const gaps = series((day) => (day % 9 === 0 ? Number.NaN : 1))
    const baseline = waterBaseline({ use: gaps, people, dayType }, { firstDay: 0, endDay: YEAR })
    expect(baseline.disqualified).toBe('missingUse')
    expect(waterSavings(baseline, { use: gaps, people, dayType }, { firstDay: 0, endDay: YEAR })).toBeNull()
  })
})

describe('baselines by years', () => {
  const [jst301, shandong] = YEAR_BASELINE_RULES
  test.each([
    [
      'falls: the latest year',
      [120, 110, 90],
      { amount: 90, basis: 'latestYear' },
      { amount: 90, basis: 'latestYear' },
    ],
    ['steady: the mean', [100, 105, 95], { amount: 100, basis: 'mean' }, { amount: 100, basis: 'mean' }],
    ['exactly 10 % off is steady', [90, 110, 100], { amount: 100, basis: 'mean' }, { amount: 100, basis: 'mean' }],
    ['rises within 10 %', [95, 100, 105], { amount: 100, basis: 'mean' }, { amount: 105, basis: 'latestYear' }],
    [
      'jumps',
      [100, 150, 110],
      { amount: null, basis: null, flags: ['outsideRange'] },
      { amount: 120, basis: 'mean', flags: ['outsideRange'] },
    ],
    ['two years', [100, 90], { amount: null, flags: ['notThreeYears'] }, { amount: null, flags: ['notThreeYears'] }],
    [
      'an unknown year',
      [100, Number.NaN, 90],
      { amount: null, flags: ['notThreeYears'] },
      { amount: null, flags: ['notThreeYears'] },
    ],
  ])('%s', (_, totals, national, province) => {
    expect(yearBaseline(totals, jst301)).toMatchObject(national)
    expect(yearBaseline(totals, shandong)).toMatchObject(province)
  })

  test('against the year before, when the setting says so', () => {
    const rule = { ...shandong, comparison: 'yearBefore' } as const
    expect(yearBaseline([100, 108, 100], rule).flags).toEqual([])
    expect(yearBaseline([100, 111, 105], rule).flags).toEqual(['outsideRange'])
    expect(yearBaseline([100, 111, 105], shandong).flags).toEqual([])
  })

  test('energy per m² leaves out heat that is billed by area', () => {
    const input = { energy: 1000, heatingEnergy: 400, floorAreaM2: 100 }
    expect(comparedIntensity({ ...input, isHeatBilledByArea: true })).toEqual({ basis: 'nonHeating', perM2: 6 })
    expect(comparedIntensity({ ...input, isHeatBilledByArea: false })).toEqual({ basis: 'comprehensive', perM2: 10 })
    expect([5, 6, 10].map(beijingIntensityFall)).toEqual([0.1, 0.12, 0.2].map((share) => expect.closeTo(share, 12)))
  })
})

describe('a weather station', () => {
  const shijiazhuang = { latitudeDeg: 38.04, longitudeDeg: 114.51 }
  const station = (id: string, latitudeDeg: number, climateZone: string, isSufficient = true) => ({
    id,
    latitudeDeg,
    longitudeDeg: 114.51,
    climateZone,
    isSufficient,
  })

  test('is the nearest of its climate zone with enough data, with its distance', () => {
    const stations = [
      station('far', 39.04, 'cold'),
      station('poor', 38.05, 'cold', false),
      station('other', 38.1, 'severe'),
    ]
    const choice = must(chooseStation({ ...shijiazhuang, climateZone: 'cold' }, stations))
    expect(choice).toMatchObject({ station: { id: 'far' }, isOtherZone: false, isFar: false })
    expect(choice.distanceKm).toBeCloseTo(111.19, 1)
    expect(chooseStation(shijiazhuang, stations)?.station.id).toBe('other')
  })

  test('else the nearest at all; beyond 200 km it is flagged, and without data there is none', () => {
    const place = { ...shijiazhuang, climateZone: 'cold' }
    expect(chooseStation(place, [station('a', 41, 'severe')])).toMatchObject({ isOtherZone: true, isFar: true })
    expect(chooseStation(place, [station('a', 38, 'cold', false)])).toBeUndefined()
  })
})
