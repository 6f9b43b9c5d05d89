// Backtests the forecast on the real buildings of ../shared/data/bdg2: the whole of 2017 from the days up to the end of
// each month, beside three references, and how often the actual total lies in the 80 % band
// (docs/rules/dual-control.md#backtest).

import { buildingDays } from '../devices/replay/building-days.ts'
import { readBuildingsCsv, readWideCsv } from '../devices/replay/csv-source.ts'
import { dayOf } from '../domain/calendar.ts'
import { type DayForecast, forecastYear } from '../domain/judge/forecast.ts'
import {
  type DailyAmounts,
  daysIn,
  firstDayOf,
  knownAmountOn,
  knownShareOn,
  lastYearByDate,
  meanProfile,
} from '../domain/judge/forecast-profile.ts'
import { must } from '../domain/must.ts'
import { median } from './table.ts'

/** Both years of a building must be known for this part of their hours to be compared. */
const YEAR_KNOWN_MIN = 0.9
const REFERENCE_WINDOW_DAYS = 84
const REFERENCE_DAMPING = 0.6

export const FORECAST_REFERENCES = ['ytdOverShare', 'ytdPlusLast', 'damped'] as const
export type ForecastReference = (typeof FORECAST_REFERENCES)[number]

export interface BacktestRow {
  month: number
  /** Buildings with a forecast. */
  buildings: number
  /** Median of |forecast / actual − 1|. A reference leaves out the buildings for which it divides by zero. */
  medianError: Record<'own' | ForecastReference, number>
  /** Share of actual totals within the band. */
  coverage: number
  /** Median of (high − low) / forecast. */
  medianWidth: number
}

export interface RecordedBuilding {
  id: string
  use: string | undefined
  days: DailyAmounts
}

export async function recordedBuildings(readings: string, buildings: string): Promise<RecordedBuilding[]> {
  const uses = await readBuildingsCsv(buildings)
  const table = await readWideCsv(readings, uses)
  return table.buildings.map((id) => ({ id, use: uses.get(id)?.use, days: buildingDays(must(table.series.get(id))) }))
}

/** The buildings whose two years are known, so that a forecast can be compared with what came. */
export const withTwoYears = (buildings: readonly RecordedBuilding[], year: number): RecordedBuilding[] =>
  buildings.filter(({ days }) => [year - 1, year].every((one) => knownShareOfYear(days, one) >= YEAR_KNOWN_MIN))

/** One row a month, January first: the forecast at the end of the month. */
export function backtestForecast(
  buildings: readonly RecordedBuilding[],
  year: number,
  forecastOf: (days: DailyAmounts, asOfDay: number) => DayForecast | undefined = (days, asOfDay) =>
    forecastByLastYear(days, year, asOfDay),
): BacktestRow[] {
  return Array.from({ length: 12 }, (_, index) => {
    const asOfDay = dayOf(Date.UTC(year, index + 1, 1))
    const cases = buildings.flatMap(({ days }) => {
      const found = forecastOf(days, asOfDay)
      return found ? [{ found, actual: totalOf(days, year), references: referencesOf(days, year, asOfDay) }] : []
    })
    const errorOf = (values: readonly { value: number; actual: number }[]): number =>
      median(values.map(({ value, actual }) => Math.abs(value / actual - 1)).filter(Number.isFinite))
    const reference = (name: ForecastReference): number =>
      errorOf(cases.map(({ references, actual }) => ({ value: references[name], actual })))
    return {
      month: index + 1,
      buildings: cases.length,
      medianError: {
        own: errorOf(cases.map(({ found, actual }) => ({ value: found.forecast, actual }))),
        ytdOverShare: reference('ytdOverShare'),
        ytdPlusLast: reference('ytdPlusLast'),
        damped: reference('damped'),
      },
      coverage:
        cases.filter(({ found, actual }) => found.low80 <= actual && actual <= found.high80).length / cases.length,
      medianWidth: median(cases.map(({ found }) => (found.high80 - found.low80) / found.forecast)),
    }
  })
}

function forecastByLastYear(days: DailyAmounts, year: number, asOfDay: number): DayForecast | undefined {
  const found = forecastYear({ year, asOfDay, days: before(days, asOfDay) })
  return found.basis === null ? undefined : found
}

/** Buildings as if their year before were not known, each by the mean profile of the others of its use. */
export function forecastByKind(buildings: readonly RecordedBuilding[], year: number) {
  return (days: DailyAmounts, asOfDay: number): DayForecast | undefined => {
    const own = must(buildings.find((building) => building.days === days))
    const others = buildings.filter((building) => building !== own && building.use === own.use)
    const kindProfile = meanProfile(
      others.map((building) => building.days),
      year,
      YEAR_KNOWN_MIN,
    )
    const found = forecastYear({ year, asOfDay, days: between(days, firstDayOf(year), asOfDay), kindProfile })
    return found.basis === null ? undefined : found
  }
}

const before = (days: DailyAmounts, asOfDay: number): DailyAmounts => between(days, days.firstDay, asOfDay)

function between({ firstDay, amounts, known }: DailyAmounts, from: number, to: number): DailyAmounts {
  const cut = (values: ArrayLike<number>) => Float64Array.from(values).subarray(from - firstDay, to - firstDay)
  return { firstDay: from, amounts: cut(amounts), ...(known && { known: cut(known) }) }
}

/**
 * The three references of the issue. `ytdOverShare`: year to date over last year's share (the rule before this one).
 * `ytdPlusLast`: year to date and last year's remaining days. `damped`: the same, these times
 * (last 84 days ÷ the same dates of last year)^0.6.
 */
function referencesOf(days: DailyAmounts, year: number, asOfDay: number): Record<ForecastReference, number> {
  const first = firstDayOf(year)
  const last = Float64Array.from(lastYearByDate(days, year), (amount) => (Number.isNaN(amount) ? 0 : amount))
  const end = asOfDay - first
  const ownSum = (from: number): number => sumOfDays(days, first + from, asOfDay)
  const lastSum = (from: number, to: number): number => last.subarray(from, to).reduce((sum, one) => sum + one, 0)
  const from = Math.max(0, end - REFERENCE_WINDOW_DAYS)
  const remaining = lastSum(end, last.length)
  return {
    ytdOverShare: ownSum(0) / (lastSum(0, end) / lastSum(0, last.length)),
    ytdPlusLast: ownSum(0) + remaining,
    damped: ownSum(0) + remaining * (ownSum(from) / lastSum(from, end)) ** REFERENCE_DAMPING,
  }
}

function sumOfDays(days: DailyAmounts, from: number, to: number): number {
  let sum = 0
  for (let day = from; day < to; day++) sum += knownAmountOn(days, day)
  return sum
}

const totalOf = (days: DailyAmounts, year: number): number => sumOfDays(days, firstDayOf(year), firstDayOf(year + 1))

function knownShareOfYear(days: DailyAmounts, year: number): number {
  let sum = 0
  for (let day = firstDayOf(year); day < firstDayOf(year + 1); day++) sum += knownShareOn(days, day)
  return sum / daysIn(year)
}
