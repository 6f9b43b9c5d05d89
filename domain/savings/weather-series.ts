// Weather stations and their temperatures by the hour in °C, as they are stored and read back: rows of a file in either
// unit become hours of months, and gaps are listed (docs/rules/savings.md#weather-station).

import * as z from 'zod'
import { dayOf, dayStartMs, HOUR_MS, type Month, monthOf, monthRange } from '../calendar.ts'
import { type Phrase, phraseOf } from '../phrase.ts'
import { recordId } from '../registry/records.ts'
import type { DayCut, DayValues } from './day-values.ts'
import type { TemperatureUnit } from './fit-settings.ts'
import { implausibleTemperature, type TemperatureRow, temperatureDays } from './temperature-days.ts'

export const stationSchema = z.object({
  id: recordId,
  name: z.string().min(1),
  latitudeDeg: z.number().min(-90).max(90),
  longitudeDeg: z.number().min(-180).max(180),
  /** Climate zone (建筑气候区划), by the name that areas use. */
  climateZone: z.string().optional(),
  source: z.string().optional(),
})
export type StationRecord = z.infer<typeof stationSchema>

/** Mean temperature of each hour of a month, °C; null = not known. */
export type MonthTemperatures = (number | null)[]

/** Days begin at local midnight of UTC+8. */
export const LOCAL_DAYS: DayCut = { dayAt: dayOf, startMs: dayStartMs }

export interface WrongTemperature {
  /** Position of the row that shows it. */
  index: number
  /** Follows the value. */
  detail: Phrase
}

const celsiusOf = (value: number, unit: TemperatureUnit): number =>
  unit === 'C' ? value : Math.round(((value - 32) / 1.8) * 100) / 100

/** Mean of each hour that has a value, by the start of the hour. */
export function hourMeans(rows: readonly TemperatureRow[], unit: TemperatureUnit): Map<number, number> {
  const sums = new Map<number, { sum: number; count: number }>()
  for (const { atMs, temperature } of rows) {
    if (Number.isNaN(temperature)) continue
    const hour = Math.floor(atMs / HOUR_MS) * HOUR_MS
    const entry = sums.get(hour) ?? { sum: 0, count: 0 }
    entry.sum += celsiusOf(temperature, unit)
    entry.count += 1
    sums.set(hour, entry)
  }
  return new Map([...sums].map(([hour, { sum, count }]) => [hour, sum / count]))
}

/** Stored months with new hours in them; a new hour replaces the stored one, others stay. */
export function withHours(
  stored: ReadonlyMap<Month, MonthTemperatures>,
  hours: ReadonlyMap<number, number>,
): Map<Month, MonthTemperatures> {
  const changed = new Map<Month, MonthTemperatures>()
  for (const [hourMs, value] of hours) {
    const month = monthOf(hourMs)
    const { fromMs, toMs } = monthRange(month)
    const values = changed.get(month) ?? [...(stored.get(month) ?? new Array((toMs - fromMs) / HOUR_MS).fill(null))]
    values[(hourMs - fromMs) / HOUR_MS] = value
    changed.set(month, values)
  }
  return changed
}

/** The known hours of stored months, in order of time. */
export const rowsOfMonths = (stored: ReadonlyMap<Month, MonthTemperatures>): TemperatureRow[] =>
  [...stored]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([month, values]) => {
      const { fromMs } = monthRange(month)
      return values.flatMap((value, hour) =>
        value === null ? [] : [{ atMs: fromMs + hour * HOUR_MS, temperature: value }],
      )
    })

/** Mean temperatures of local days. */
export const stationDays = (stored: ReadonlyMap<Month, MonthTemperatures>): DayValues =>
  temperatureDays(rowsOfMonths(stored), LOCAL_DAYS)

/** A run of hours without a value, between two that have one or at an end of what was asked. */
export interface TemperatureGap {
  fromMs: number
  toMs: number
  hours: number
}

/** Runs of missing hours within [fromMs, toMs), in steps of the series: one of three hours has a value every third. */
export function temperatureGaps(
  rows: readonly TemperatureRow[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): TemperatureGap[] {
  const within = rows.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
  const steps = within.slice(1).map((row, index) => row.atMs - (within[index]?.atMs ?? row.atMs))
  const stepMs = Math.max(HOUR_MS, steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? HOUR_MS)
  const gaps: TemperatureGap[] = []
  let expectedMs = fromMs
  for (const { atMs } of [...within, { atMs: toMs }]) {
    if (atMs - expectedMs >= stepMs)
      gaps.push({ fromMs: expectedMs, toMs: atMs, hours: Math.round((atMs - expectedMs) / HOUR_MS) })
    expectedMs = atMs + stepMs
  }
  return gaps
}

/** A calendar month whose mean lies farther from the stored ones of that calendar month is in another unit. */
const MONTH_SHIFT_C = 15
/** Fewer hours of a month say nothing of its mean, and fewer days of a series with a row a day. */
const SHIFT_HOURS_MIN = 72
const SHIFT_DAYS_MIN = 20
/** No place has a calendar month with a warmer mean: Death Valley's July is 42 °C. */
const MONTH_MEAN_MAX_C = 43

/** What shows that rows are not in the unit that they claim: their values alone, or the station's stored ones. */
export function wrongTemperature(
  rows: readonly TemperatureRow[],
  unit: TemperatureUnit,
  stored: ReadonlyMap<Month, MonthTemperatures>,
): WrongTemperature | undefined {
  const alone = implausibleTemperature(rows, unit)
  if (alone) return alone
  const known = monthMeans(rowsOfMonths(stored))
  const fresh = monthMeans(rows.map((row) => ({ ...row, temperature: celsiusOf(row.temperature, unit) })))
  for (const [name, { mean, isEnough, firstMs }] of fresh) {
    if (!isEnough) continue
    const other = known.get(name)
    const index = rows.findIndex(({ atMs }) => atMs === firstMs)
    if (mean > MONTH_MEAN_MAX_C)
      return {
        index,
        detail: phraseOf(
          `所在月份平均 ${mean.toFixed(1)} °C；数据是否为 °F？`,
          `begins a month with a mean of ${mean.toFixed(1)} °C; is the file in °F?`,
        ),
      }
    if (other?.isEnough && Math.abs(mean - other.mean) > MONTH_SHIFT_C) {
      const [own, usual, asked] = [mean.toFixed(1), other.mean.toFixed(1), unit === 'C' ? 'F' : 'C']
      const means = `a mean of ${own} °C, where the station has ${usual} °C`
      return {
        index,
        detail: phraseOf(
          `所在月份平均 ${own} °C，而该站同月为 ${usual} °C；数据是否为 °${asked}？`,
          `begins a month with ${means}; is the file in °${asked}?`,
        ),
      }
    }
  }
  return undefined
}

interface MonthMean {
  mean: number
  /** Whether so many hours or days are known that the mean says something of the month. */
  isEnough: boolean
  firstMs: number
}

/** Means by calendar month, all years together. */
function monthMeans(rows: readonly TemperatureRow[]): Map<string, MonthMean> {
  const sums = new Map<string, { sum: number; count: number; days: Set<number>; firstMs: number }>()
  for (const { atMs, temperature } of rows) {
    if (Number.isNaN(temperature)) continue
    const name = monthOf(atMs).slice(5)
    const entry = sums.get(name) ?? { sum: 0, count: 0, days: new Set(), firstMs: atMs }
    entry.sum += temperature
    entry.count += 1
    entry.days.add(dayOf(atMs))
    sums.set(name, entry)
  }
  return new Map(
    [...sums].map(([name, { sum, count, days, firstMs }]) => {
      const isEnough = count >= SHIFT_HOURS_MIN || days.size >= SHIFT_DAYS_MIN
      return [name, { mean: sum / count, isEnough, firstMs }]
    }),
  )
}
