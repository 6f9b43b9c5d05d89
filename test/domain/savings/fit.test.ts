// The daily method on buildings whose truth is known: verdicts that docs/rules/savings.md#verdicts promises, the
// promise of the interval, and the search against one that fits each candidate anew.

import { describe, expect, test } from 'vitest'
import { createRandom } from '../../../devices/random.ts'
import { must } from '../../../domain/must.ts'
import { searchCandidates } from '../../../domain/savings/candidate-search.ts'
import { fitMeter, type MeterSeries } from '../../../domain/savings/fit-meter.ts'
import { fitPeriods } from '../../../domain/savings/fit-periods.ts'
import { billingSettings, dailySettings } from '../../../domain/savings/fit-settings.ts'
import { fitStatistics, isWithinAshrae14 } from '../../../domain/savings/fit-statistics.ts'
import { modelledSavings } from '../../../domain/savings/metered-savings.ts'
import { tOfConfidence, tTwoSided } from '../../../domain/savings/student-t.ts'
import { portfolioUncertainty } from '../../../domain/savings/uncertainty.ts'
import { coolingDegrees, heatingDegrees, type UsageModel } from '../../../domain/savings/usage-model.ts'

const YEAR = 365
const PERIODS = { baselineEndDay: YEAR, reporting: { firstDay: YEAR, endDay: 2 * YEAR } }
const CELSIUS = dailySettings('C')

const degreesOf = (day: number): number =>
  12 - 14 * Math.cos((2 * Math.PI * (day - 15)) / YEAR) + 3 * Math.sin(day * 1.7) + 2 * Math.cos(day * 0.61)

/** Days −365 to 729; `useOf` gets the day, its temperature and noise of about ±1. */
function building(useOf: (day: number, degrees: number, noise: number) => number): MeterSeries {
  const random = createRandom('fit')
  const days = Array.from({ length: 3 * YEAR }, (_, i) => i - YEAR)
  const values = days.map((day) => useOf(day, degreesOf(day), random.between(-1, 1)))
  return {
    use: { firstDay: -YEAR, values: Float64Array.from(values) },
    temperature: { firstDay: -YEAR, values: Float64Array.from(days, degreesOf) },
  }
}
const heated = (degrees: number): number => 50 + 4 * heatingDegrees(degrees, 14)

/** A copy with changed days. */
function changed(series: MeterSeries, kind: keyof MeterSeries, days: number[], value = Number.NaN): MeterSeries {
  const own = series[kind]
  const values = own.values.slice()
  for (const day of days) values[day - own.firstDay] = value
  return { ...series, [kind]: { ...own, values } }
}
const firstDays = (count: number): number[] => Array.from({ length: count }, (_, i) => 3 * i)
const codes = (series: MeterSeries): string[] => fitMeter(series, PERIODS, CELSIUS).disqualified.map(({ code }) => code)

describe('verdicts', () => {
  test('a building that heats: hdd_only, near its truth, with its savings', () => {
    const fit = fitMeter(
      building((day, degrees, noise) => heated(degrees) * (day < YEAR ? 1 : 0.8) + noise),
      PERIODS,
      CELSIUS,
    )
    expect(fit.model?.kind).toBe('hdd_only')
    expect(fit.model?.balanceHdd).toBeCloseTo(14, 0)
    expect(fit.model?.betaHdd).toBeCloseTo(4, 1)
    const { counterfactual, savings, halfWidth, masked } = must(fit.reporting ?? undefined)
    expect(Math.abs(savings - 0.2 * counterfactual)).toBeLessThan(3 * halfWidth)
    expect(masked).toEqual([])
    expect(fit.flags).toEqual([])
  })

  test('a flat building: an intercept alone, no savings, nothing uncertain', () => {
    const fit = fitMeter(
      building(() => 70),
      PERIODS,
      CELSIUS,
    )
    expect(fit).toMatchObject({
      model: { kind: 'intercept_only', intercept: 70, betaHdd: null, betaCdd: null },
      r2Adj: 0,
      reporting: { savings: 0, fsu: null, fsuBand: 0, halfWidth: 0 },
    })
    expect(fit.statistics).toMatchObject({ cvRmse: 0, autocorrelation: 0 })
  })

  test('a flat building with noise: what the weather explains is within the noise', () => {
    const fit = fitMeter(
      building((_, __, noise) => 70 + 5 * noise),
      PERIODS,
      CELSIUS,
    )
    expect(fit.r2Adj).toBeLessThan(0.05)
    expect(Math.abs(must(fit.reporting ?? undefined).savings)).toBeLessThan(must(fit.reporting ?? undefined).halfWidth)
    expect(fit.flags.map(({ code }) => code)).toContain('savingsUncertain')
  })

  test('a one-sided season: only the slope that is there', () => {
    const cooled = (share: number) =>
      building((_, degrees, noise) => 50 + 6 * coolingDegrees(degrees, 18) + share * noise)
    expect(fitMeter(cooled(0), PERIODS, CELSIUS).model).toMatchObject({
      kind: 'cdd_only',
      balanceCdd: 18,
      betaHdd: null,
    })
    // With noise CalTRACK may add a heating slope by chance: it has no p-value rule.
    const noisy = must(fitMeter(cooled(1), PERIODS, CELSIUS).model ?? undefined)
    expect(noisy.betaCdd).toBeCloseTo(6, 0)
    expect(noisy.betaHdd ?? 0).toBeLessThan(0.1)
    expect(fitMeter(cooled(1), PERIODS, { ...CELSIUS, fitsCooling: false }).model?.betaCdd).toBeNull()
    const { use, temperature } = cooled(0)
    const tropical = { use, temperature: { ...temperature, values: temperature.values.map((t) => 27 + t / 10) } }
    expect(fitMeter(tropical, PERIODS, CELSIUS).model?.betaHdd).toBeNull()
  })

  const normal = building((_, degrees, noise) => heated(degrees) + noise)
  test.each<[string, MeterSeries, string[]]>([
    ['37 days without temperature', changed(normal, 'temperature', firstDays(37)), []],
    [
      '38 days without temperature',
      changed(normal, 'temperature', firstDays(38)),
      ['missingDays', 'missingTemperature'],
    ],
    ['37 days without use', changed(normal, 'use', firstDays(37)), []],
    ['38 days without use', changed(normal, 'use', firstDays(38)), ['missingDays', 'missingUse']],
    [
      'use and temperature missing on different days',
      changed(
        changed(normal, 'use', firstDays(20)),
        'temperature',
        firstDays(20).map((day) => day + 1),
      ),
      ['missingDays'],
    ],
    ['a negative day', changed(normal, 'use', [5], -1), ['negativeUse']],
    [
      'no weather at all',
      { ...normal, temperature: { firstDay: 0, values: new Float64Array(0) } },
      ['noData', 'missingDays', 'missingTemperature'],
    ],
    [
      'half a year of use',
      { ...normal, use: { firstDay: 180, values: normal.use.values.subarray(YEAR + 180) } },
      ['baselineTooShort', 'missingDays', 'missingUse'],
    ],
  ])('%s', (_, series, wanted) => {
    expect(codes(series)).toEqual(wanted)
    const fit = fitMeter(series, PERIODS, CELSIUS)
    expect(fit.model === null).toBe(wanted.length > 0)
    expect(fit.reporting === null).toBe(wanted.length > 0)
  })

  test('masks days of the reporting period, and lists them', () => {
    const series = changed(changed(normal, 'use', [YEAR + 3, YEAR + 4]), 'temperature', [YEAR + 4, YEAR + 9])
    const whole = must(fitMeter(normal, PERIODS, CELSIUS).reporting ?? undefined)
    const { masked, counted, savings } = must(fitMeter(series, PERIODS, CELSIUS).reporting ?? undefined)
    expect(masked).toEqual([
      { day: YEAR + 3, reason: 'noUse' },
      { day: YEAR + 4, reason: 'neither' },
      { day: YEAR + 9, reason: 'noTemperature' },
    ])
    expect(counted).toHaveLength(YEAR - 3)
    expect(savings).not.toBe(whole.savings)
  })

  test('a fault that began a year before the work shows in the year before the baseline', () => {
    const faulty = building((day, degrees, noise) => heated(degrees) * (day >= 0 && day < YEAR ? 1.4 : 1) + noise)
    expect(fitMeter(faulty, PERIODS, CELSIUS).flags).toMatchObject([{ code: 'yearBeforeDiffers' }])
    const slight = building((day, degrees, noise) => heated(degrees) * (day >= 0 && day < YEAR ? 1.04 : 1) + noise)
    expect(fitMeter(slight, PERIODS, CELSIUS).flags).toEqual([])
  })

  test('flags extreme days and keeps them', () => {
    const fit = fitMeter(changed(normal, 'use', [40], 5000), PERIODS, CELSIUS)
    expect(fit.flags[0]).toMatchObject({ code: 'extremeUse', detail: expect.stringContaining('1 days') })
    expect(fit.baseline.days).toHaveLength(YEAR)
  })
})

const PERIODS_A_YEAR = 12

test('billing periods are weighted by their days, and may heat and cool at once', () => {
  // Every second day of a period is cold and every other one warm.
  const temperatures = Array.from({ length: PERIODS_A_YEAR }, (_, i) =>
    Float64Array.from({ length: 28 + (i % 4) }, (_day, day) => (day % 2 === 0 ? i : 34 - 2 * i)),
  )
  const mean = (days: Float64Array, degrees: typeof heatingDegrees, balance: number): number =>
    days.reduce((sum, t) => sum + degrees(t, balance), 0) / days.length
  const use = Float64Array.from(
    temperatures,
    (days) => 20 + 3 * mean(days, heatingDegrees, 8) + 2 * mean(days, coolingDegrees, 20),
  )
  const days = Float64Array.from(temperatures, ({ length }) => length)
  const { best } = searchCandidates({ use, temperatures, days }, billingSettings('C'))
  expect(best).toMatchObject({
    model: {
      kind: 'cdd_hdd',
      balanceHdd: 8,
      balanceCdd: 20,
      betaHdd: expect.closeTo(3, 9),
      betaCdd: expect.closeTo(2, 9),
    },
    r2Adj: expect.closeTo(1, 12),
  })
})

describe('periods', () => {
  const use = {
    firstDay: 0,
    values: Float64Array.from({ length: 1000 }, (_, i) => (i > 400 && i < 410 ? Number.NaN : 1)),
  }
  test.each([
    [{}, { baselineEndDay: 1000 }],
    [{ reportingDays: 300 }, { baselineEndDay: 700, reporting: { firstDay: 700, endDay: 1000 } }],
    [{ baselineEndDay: 400 }, { baselineEndDay: 400, reporting: { firstDay: 400, endDay: 765 } }],
    [{ baselineEndDay: 401 }, { baselineEndDay: 401, reporting: { firstDay: 410, endDay: 775 } }],
    [
      { baselineEndDay: 401, reportingStartDay: 405, reportingDays: 10 },
      { baselineEndDay: 401, reporting: { firstDay: 405, endDay: 415 } },
    ],
    [
      { baselineEndDay: 990, reportingDays: 100 },
      { baselineEndDay: 990, reporting: { firstDay: 990, endDay: 1000 } },
    ],
    [{ baselineEndDay: 410, reportingStartDay: 400 }, undefined],
  ])('%j', (asked, wanted) => expect(fitPeriods(use, asked)).toEqual(wanted))
})

describe('the search', () => {
  test('takes the first of candidates that are one line', () => {
    // Always colder than the highest balance points: above 15 °C all heating candidates are the same line.
    const temperatures = Float64Array.from({ length: YEAR }, (_, day) => 5 + 10 * Math.sin(day))
    const use = temperatures.map((degrees) => 500 - 3 * degrees)
    expect(searchCandidates({ use, temperatures }, CELSIUS).best?.model).toMatchObject({
      kind: 'hdd_only',
      balanceHdd: 15,
    })
  })

  test('a p-value rule leaves out slopes that may be chance', () => {
    const { use, temperature } = building((_, __, noise) => 70 + 5 * noise)
    const sample = { use: use.values.slice(YEAR, 2 * YEAR), temperatures: temperature.values.slice(YEAR, 2 * YEAR) }
    const strict = searchCandidates(sample, { ...CELSIUS, slopePValueMax: 1e-4 })
    expect(strict.best?.model.kind).toBe('intercept_only')
    expect(strict.byStatus.disqualified).toBeGreaterThan(searchCandidates(sample, CELSIUS).byStatus.disqualified)
  })

  test('in °F and in °C the same building has the same savings, as far as the grids allow', () => {
    const series = building((day, degrees, noise) => heated(degrees) * (day < YEAR ? 1 : 0.9) + noise)
    const fahrenheit = { ...series.temperature, values: series.temperature.values.map((degrees) => degrees * 1.8 + 32) }
    const [c, f] = [
      fitMeter(series, PERIODS, CELSIUS),
      fitMeter({ ...series, temperature: fahrenheit }, PERIODS, dailySettings('F')),
    ].map((fit) => must(fit.reporting ?? undefined).savings) as [number, number]
    expect(Math.abs(c / f - 1)).toBeLessThan(0.01)
  })
})

test('Student’s t, against printed tables', () => {
  for (const [degrees, t] of [
    [1, 6.313751514675043],
    [5, 2.0150483733330242],
    [30, 1.697260886593957],
    [363, 1.649062136652597],
  ] as const) {
    expect(tOfConfidence(0.9, degrees)).toBeCloseTo(t, 10)
    expect(tTwoSided(t, degrees)).toBeCloseTo(0.1, 12)
  }
  expect(tTwoSided(0, 7)).toBe(1)
})

test('bands of sites add by their squares', () => {
  expect(
    portfolioUncertainty([
      { savings: 300, band: 30 },
      { savings: 100, band: 40 },
    ]),
  ).toEqual({ savings: 400, band: 50, fsu: 0.125 })
})

test('two models give the savings of a normal year', () => {
  const model = (intercept: number): UsageModel => ({
    ...{ kind: 'hdd_only', intercept, betaHdd: 2, balanceHdd: 10 },
    ...{ betaCdd: null, balanceCdd: null },
  })
  const normal = { firstDay: 0, values: Float64Array.of(0, 20, Number.NaN) }
  expect(modelledSavings(model(10), { ...model(7), betaHdd: 1.5 }, normal)).toBe(3 + 0.5 * 10 + 3)
})

test('ASHRAE 14 limits', () => {
  const good = fitStatistics(Float64Array.of(10, 11, 9, 10), Float64Array.of(10, 10, 10, 10), 0)
  expect(good.cvRmse).toBeCloseTo(Math.sqrt(0.5) / 10, 12)
  expect(isWithinAshrae14(good, 'monthly')).toBe(true)
  expect(isWithinAshrae14({ cvRmse: 0.2, nmbe: 0 }, 'monthly')).toBe(false)
  expect(isWithinAshrae14({ cvRmse: 0.2, nmbe: -0.09 }, 'hourly')).toBe(true)
  expect(isWithinAshrae14({ cvRmse: 0.2, nmbe: -0.11 }, 'hourly')).toBe(false)
})
