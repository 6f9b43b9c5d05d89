// The forecast of a year on cases of mental arithmetic, and what must hold of it for days of any shape.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dateStartMs, dayOf } from '../../../domain/calendar.ts'
import {
  chanceOfExceeding,
  type DayForecast,
  type DayForecastInput,
  forecastYear,
} from '../../../domain/judge/forecast.ts'
import { daysIn, firstDayOf, meanProfile } from '../../../domain/judge/forecast-profile.ts'
import { statusOfChance } from '../../../domain/judge/forecast-status.ts'

const RUNS = 1000

const day = (date: string): number => dayOf(dateStartMs(date))

/** Two years of days by a rule; `amountOf` gets the year and the day of the year, `undefined` = unknown. */
function twoYears(year: number, amountOf: (year: number, dayOfYear: number) => number | undefined) {
  const amounts = [year - 1, year].flatMap((one) =>
    Array.from({ length: daysIn(one) }, (_, dayOfYear) => amountOf(one, dayOfYear) ?? Number.NaN),
  )
  return { firstDay: firstDayOf(year - 1), amounts }
}

function forecast(input: DayForecastInput): DayForecast {
  const found = forecastYear(input)
  if (found.basis === null) throw new Error(`no forecast: ${found.reason}`)
  return found
}

describe('the forecast of a year', () => {
  test('of two identical years is last year’s total on every day', () => {
    const days = twoYears(2026, (_, dayOfYear) => (dayOfYear < 74 || dayOfYear >= 318 ? 5 : 0) + (dayOfYear % 7))
    const total = days.amounts.slice(0, 365).reduce((sum, amount) => sum + amount, 0)
    for (let dayOfYear = 0; dayOfYear <= 365; dayOfYear++) {
      const found = forecast({ year: 2026, asOfDay: day('2026-01-01') + dayOfYear, days })
      expect(found.forecast).toBeCloseTo(total, 6)
      expect(found.level.ratio).toBe(1)
    }
  })

  test('approaches the double when use has doubled', () => {
    const days = twoYears(2026, (year) => (year === 2026 ? 20 : 10))
    const at = (date: string) => forecast({ year: 2026, asOfDay: day(date), days }).forecast / 3650
    expect(at('2026-01-01')).toBeCloseTo(1, 9)
    expect([at('2026-03-01'), at('2026-07-01'), at('2026-10-01'), at('2026-12-01')]).toEqual(
      [1.32, 1.72, 1.91, 1.99].map((value) => expect.closeTo(value, 1)),
    )
    expect(at('2027-01-01')).toBeCloseTo(2, 9)
  })

  test('is not changed by unknown days of an even year, of this year or the last', () => {
    const days = twoYears(2026, (year, dayOfYear) =>
      (year === 2026 ? dayOfYear >= 100 && dayOfYear < 112 : dayOfYear > 300) ? undefined : 10,
    )
    const found = forecast({ year: 2026, asOfDay: day('2026-07-01'), days })
    expect(found.forecast).toBeCloseTo(3650, 6)
    expect(found).toMatchObject({ known: 1690, missing: 120, remaining: expect.closeTo(1840, 6) })
    expect(found.knownShare).toBeCloseTo(169 / 181, 9)
  })

  test('counts the known part of today, and scales days that are known in part', () => {
    const known = new Float64Array(730).fill(1)
    const amounts = new Float64Array(730).fill(24)
    known[365 + 30] = 0.75
    amounts[365 + 30] = 18
    known[365 + 181] = 0.5
    amounts[365 + 181] = 12
    const found = forecast({
      year: 2026,
      asOfDay: day('2026-07-01'),
      days: { firstDay: day('2025-01-01'), amounts, known },
    })
    expect(found.forecast).toBeCloseTo(8760, 6)
    expect(found.known).toBe(180 * 24 + 18 + 12)
    expect(found.missing).toBeCloseTo(6, 6)
  })

  test('has 365 days after a leap year, and 366 in one', () => {
    for (const year of [2024, 2025]) {
      const days = twoYears(year, () => 10)
      for (const date of [`${year}-01-15`, `${year}-03-01`, `${year}-12-31`])
        expect(forecast({ year, asOfDay: day(date), days }).forecast).toBeCloseTo(daysIn(year) * 10, 6)
    }
  })

  test('takes no dead meter for a season: zeros that this year contradicts are unknown', () => {
    const days = twoYears(2026, (year, dayOfYear) => (year === 2025 && dayOfYear < 120 ? 0 : 10))
    const found = forecast({ year: 2026, asOfDay: day('2026-02-01'), days })
    expect(found.forecast).toBeCloseTo(3650, 6)
    expect(found.level).toMatchObject({ weeks: 0, ratio: 1 })
  })

  test('does not take a moved holiday for a change of level', () => {
    const holidays = (year: number) => (year === 2026 ? [47, 54] : [28, 35])
    const days = twoYears(2026, (year, dayOfYear) => {
      const [from = 0, to = 0] = holidays(year)
      return dayOfYear >= from && dayOfYear < to ? 2 : 10
    })
    const calendar = new Map(
      [2025, 2026].flatMap((year) => {
        const [from = 0, to = 0] = holidays(year)
        return Array.from({ length: to - from }, (_, i) => [firstDayOf(year) + from + i, 'holiday'] as const)
      }),
    )
    const asOfDay = day('2026-02-10')
    expect(forecast({ year: 2026, asOfDay, days }).level.ratio).toBeGreaterThan(1.1)
    expect(forecast({ year: 2026, asOfDay, days, calendar }).level.ratio).toBe(1)
  })

  test('says why there is none', () => {
    const started = twoYears(2026, (year, dayOfYear) => (year === 2026 && dayOfYear >= 323 ? 240 : undefined))
    const reasonOf = (input: DayForecastInput) => {
      const found = forecastYear(input)
      return found.basis === null ? found.reason : found.basis
    }
    const asOfDay = day('2026-11-29')
    expect(reasonOf({ year: 2026, asOfDay, days: started })).toBe('yearToDateUnknown')
    const one = twoYears(2026, (year) => (year === 2026 ? 10 : undefined))
    expect(reasonOf({ year: 2026, asOfDay, days: one })).toBe('noProfile')
    expect(reasonOf({ year: 2026, asOfDay: day('2025-12-31'), days: one })).toBe('notBegun')
    const kindProfile = new Float64Array(365).fill(1 / 365)
    expect(reasonOf({ year: 2026, asOfDay: day('2026-02-01'), days: one, kindProfile })).toBe('tooEarlyForKind')
    expect(reasonOf({ year: 2026, asOfDay, days: one, kindProfile })).toBe('kind')
    expect(reasonOf({ year: 2026, asOfDay: day('2027-01-01'), days: one })).toBe('complete')
  })

  test('without a year before divides by the known part of the profile of its kind', () => {
    // Half of the kind's year lies in January and February.
    const kind = twoYears(2026, (_, dayOfYear) => (dayOfYear < 59 ? 306 : 59))
    const kindProfile = meanProfile([kind], 2026, 0.9)
    const days = twoYears(2026, (year) => (year === 2026 ? 10 : undefined))
    expect(forecast({ year: 2026, asOfDay: day('2026-03-01'), days, kindProfile }).forecast).toBeCloseTo(1180, 6)
  })
})

describe('the chance of exceeding a target', () => {
  const days = twoYears(2026, () => 10)
  const found = forecast({ year: 2026, asOfDay: day('2026-07-01'), days })

  test('is a half at the forecast and a tenth at the edges of the band', () => {
    expect(chanceOfExceeding(found, found.forecast)).toBeCloseTo(0.5, 9)
    expect(chanceOfExceeding(found, found.high80)).toBeCloseTo(0.1, 9)
    expect(chanceOfExceeding(found, found.low80)).toBeCloseTo(0.9, 9)
    expect(chanceOfExceeding(found, found.known)).toBe(1)
  })

  test('is certain when the year is over', () => {
    const over = forecast({ year: 2026, asOfDay: day('2027-01-01'), days })
    expect(over).toMatchObject({ basis: 'complete', low80: 3650, high80: 3650 })
    expect([3649, 3650].map((target) => chanceOfExceeding(over, target))).toEqual([1, 0])
  })

  test('gives the status', () => {
    const statuses = [0, 0.2, 0.21, 0.5, 0.51, 1].map((chance) => statusOfChance(chance, '2026-07-01'))
    expect(statuses).toEqual(['onTrack', 'onTrack', 'atRisk', 'atRisk', 'over', 'over'])
    expect(statusOfChance(chanceOfExceeding(found, 3650), '2026-07-01')).toBe('atRisk')
  })
})

describe('properties', () => {
  const amount = fc.double({ min: 1, max: 100, noNaN: true })
  const year = fc.array(amount, { minLength: 365, maxLength: 365 })
  const asOf = fc.integer({ min: 0, max: 365 })

  test('identical years of any shape are constant by day', () => {
    fc.assert(
      fc.property(year, asOf, (amounts, passed) => {
        const days = { firstDay: day('2025-01-01'), amounts: [...amounts, ...amounts] }
        const total = amounts.reduce((sum, one) => sum + one, 0)
        const found = forecast({ year: 2026, asOfDay: day('2026-01-01') + passed, days })
        expect(Math.abs(found.forecast / total - 1)).toBeLessThan(1e-9)
      }),
      { numRuns: RUNS },
    )
  })

  test('days taken away leave a band around the forecast with them, or none; later days change nothing', () => {
    const gone = fc.uniqueArray(fc.integer({ min: 0, max: 364 }), { maxLength: 60 })
    fc.assert(
      fc.property(year, gone, asOf, fc.double({ min: 0.5, max: 2, noNaN: true }), (amounts, missing, passed, ratio) => {
        const asOfDay = day('2026-01-01') + passed
        const both = [...amounts, ...amounts.map((one) => one * ratio)]
        const input = { year: 2026, asOfDay }
        const whole = forecast({ ...input, days: { firstDay: day('2025-01-01'), amounts: both } })
        const cut = both.map((one, index) =>
          (index >= 365 && missing.includes(index - 365)) || index >= 365 + passed ? Number.NaN : one,
        )
        const part = forecastYear({ ...input, days: { firstDay: day('2025-01-01'), amounts: cut } })
        if (part.basis === null) {
          expect(part.knownShare).toBeLessThan(0.9)
          return
        }
        expect(part.known).toBeLessThanOrEqual(whole.known * (1 + 1e-9))
        expect(part.low80).toBeLessThanOrEqual(whole.forecast * (1 + 1e-9))
        expect(part.high80).toBeGreaterThanOrEqual(whole.forecast * (1 - 1e-9))
      }),
      { numRuns: RUNS },
    )
  })

  test('the band holds the forecast, and a higher target is not exceeded more likely', () => {
    fc.assert(
      fc.property(year, year, asOf, amount, amount, (before, now, passed, one, other) => {
        const days = { firstDay: day('2025-01-01'), amounts: [...before, ...now] }
        const found = forecast({ year: 2026, asOfDay: day('2026-01-01') + passed, days })
        expect(found.low80).toBeLessThanOrEqual(found.forecast)
        expect(found.high80).toBeGreaterThanOrEqual(found.forecast)
        expect(found.low80).toBeGreaterThanOrEqual(found.known)
        const [low, high] = [one, other].sort((a, b) => a - b).map((times) => times * 365)
        expect(chanceOfExceeding(found, high ?? 0)).toBeLessThanOrEqual(chanceOfExceeding(found, low ?? 0))
      }),
      { numRuns: RUNS },
    )
  })
})
