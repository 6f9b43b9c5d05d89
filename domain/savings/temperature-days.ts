// Mean temperature a day from hourly values, and whether a series can be in the unit it claims
// (docs/rules/savings.md#temperature).

import { DAY_MS, HOUR_MS } from '../calendar.ts'
import { must } from '../must.ts'
import { type Phrase, phraseOf } from '../phrase.ts'
import { type DayCut, type DayValues, dayValues } from './day-values.ts'
import type { TemperatureUnit } from './fit-settings.ts'
import { MISSING_SHARE_MAX, usualStep } from './use-days.ts'

/** A temperature at an instant, or at a clock read as if it were UTC; NaN = not known. */
export interface TemperatureRow {
  atMs: number
  temperature: number
}

/**
 * Mean of each day: values of one hour are averaged first; a day that lacks more than half of its values has none
 * (CalTRACK 2.2.2.3). Rows a day apart are means already.
 */
export function temperatureDays(rows: readonly TemperatureRow[], cut: DayCut): DayValues {
  const known = rows.filter(({ temperature }) => !Number.isNaN(temperature)).sort((a, b) => a.atMs - b.atMs)
  const hours: { hour: number; sum: number; count: number }[] = []
  for (const { atMs, temperature } of known) {
    const hour = Math.floor(atMs / HOUR_MS)
    const last = hours.at(-1)
    if (last?.hour === hour) {
      last.sum += temperature
      last.count += 1
    } else hours.push({ hour, sum: temperature, count: 1 })
  }
  const stepMs = usualStep(hours.map(({ hour }) => hour * HOUR_MS))
  const days = new Map<number, { sum: number; count: number }>()
  for (const { hour, sum, count } of hours) {
    const day = cut.dayAt(hour * HOUR_MS)
    const entry = days.get(day) ?? { sum: 0, count: 0 }
    entry.sum += sum / count
    entry.count += 1
    days.set(day, entry)
  }
  return dayValues(
    new Map(
      [...days].map(([day, { sum, count }]) => {
        const expected = Math.max(1, (cut.startMs(day + 1) - cut.startMs(day)) / Math.min(stepMs, DAY_MS))
        return [day, count < (1 - MISSING_SHARE_MAX) * expected ? Number.NaN : sum / count]
      }),
    ),
  )
}

/** No air near the ground was colder or warmer: −89.2 °C and 56.7 °C are the records. */
const CELSIUS_MIN = -90
const CELSIUS_MAX = 60
const toFahrenheit = (celsius: number): number => celsius * 1.8 + 32
const BOUNDS: Record<TemperatureUnit, { min: number; max: number }> = {
  C: { min: CELSIUS_MIN, max: CELSIUS_MAX },
  F: { min: toFahrenheit(CELSIUS_MIN), max: toFahrenheit(CELSIUS_MAX) },
}

/** A series this long has warm days wherever a public building stands. */
const SEASONS_DAYS_MIN = 300
/** Their warm hours reach more than this: 50 °F is 10 °C. */
const WARM_HOURS_SHARE = 0.01
const WARM_F_MIN = 50

export interface ImplausibleTemperature {
  /** Position of the value that shows it. */
  index: number
  /** Follows the value. */
  detail: Phrase
}

const NAMES: Record<TemperatureUnit, string> = { C: '°C', F: '°F' }

/** What contradicts the unit: a value that no air has, or a year in °F whose warm hours are those of °C. */
export function implausibleTemperature(
  rows: readonly TemperatureRow[],
  unit: TemperatureUnit,
): ImplausibleTemperature | undefined {
  const { min, max } = BOUNDS[unit]
  const index = rows.findIndex(({ temperature }) => temperature < min || temperature > max)
  const name = NAMES[unit]
  if (index >= 0) {
    const other =
      unit === 'C' ? phraseOf(`；数据是否为 ${NAMES.F}？`, `; is the file in ${NAMES.F}?`) : phraseOf('', '')
    const detail = phraseOf(
      `不是以 ${name} 计的气温（${min} 至 ${max}）${other.zh}`,
      `is no air temperature in ${name} (${min} to ${max})${other.en}`,
    )
    return { index, detail }
  }
  if (unit === 'C') return undefined
  const known = rows.flatMap(({ temperature }, at) => (Number.isNaN(temperature) ? [] : [{ at, temperature }]))
  const [first, last] = [rows[0], rows.at(-1)]
  if (!first || !last || Math.abs(last.atMs - first.atMs) < SEASONS_DAYS_MIN * DAY_MS) return undefined
  const warm = known.sort((a, b) => b.temperature - a.temperature)[Math.floor(known.length * WARM_HOURS_SHARE)]
  if (!warm || warm.temperature >= WARM_F_MIN) return undefined
  const detail = phraseOf(
    `竟是一年中以 ${name} 计最热的时段之一；数据是否为 ${NAMES.C}？`,
    `is among the warmest hours of a year in ${name}; is the file in ${NAMES.C}?`,
  )
  return { index: must(warm).at, detail }
}
