// How rows of meters and weather become days: offsets, daylight saving, gaps, zeros, and what is refused.

import { describe, expect, test } from 'vitest'
import { must } from '../../../domain/must.ts'
import { UTC_DAYS, valueOn } from '../../../domain/savings/day-values.ts'
import { parseStamp, writtenDay } from '../../../domain/savings/stamp.ts'
import { implausibleTemperature, temperatureDays } from '../../../domain/savings/temperature-days.ts'
import { daysOfUse, type UseDays } from '../../../domain/savings/use-days.ts'

const HOUR_MS = 3_600_000
const dayNumber = (date: string): number => Date.parse(date) / (24 * HOUR_MS)

const row = (text: string, amount: number) => ({ stamp: must(parseStamp(text)), amount })
function days(rows: ReturnType<typeof row>[], zeroIsMissing = true): UseDays {
  const found = daysOfUse(rows, { zeroIsMissing })
  if ('detail' in found) throw new Error(found.detail)
  return found
}

/** Hours of an instant range, written with the offset that holds in New York. */
function newYorkHours(fromMs: number, hours: number): { text: string; ms: number }[] {
  return Array.from({ length: hours }, (_, i) => {
    const ms = fromMs + i * HOUR_MS
    const isSummer = ms >= Date.parse('2017-03-12T07:00Z') && ms < Date.parse('2017-11-05T06:00Z')
    const offset = isSummer ? -4 : -5
    return { text: `${new Date(ms + offset * HOUR_MS).toISOString().slice(0, 19)}-0${-offset}:00`, ms }
  })
}

describe('a stamp', () => {
  test.each([
    ['2017-01-02', '2017-01-02T00:00Z', '2017-01-02T00:00Z', false],
    ['2017-01-02T03:00:00+08:00', '2017-01-01T19:00Z', '2017-01-02T03:00Z', true],
    ['2017-01-02 03:00:00+0800', '2017-01-01T19:00Z', '2017-01-02T03:00Z', true],
    ['2017-01-02 03:00-05', '2017-01-02T08:00Z', '2017-01-02T03:00Z', true],
    ['2017-01-02T03:00:00Z', '2017-01-02T03:00Z', '2017-01-02T03:00Z', true],
  ])('%s', (text, at, written, hasOffset) => {
    expect(parseStamp(text)).toEqual({ atMs: Date.parse(at), writtenMs: Date.parse(written), hasOffset })
  })
  test.each(['', 'start', '2017-02-30', '2017-01-02T24:00Z', '02/01/2017', '2017-01-02T03:00+25:00'])(
    'is not %j',
    (text) => expect(parseStamp(text)).toBeUndefined(),
  )
})

describe('days of use', () => {
  test('an amount a day belongs to the date that is written', () => {
    const { days: found } = days([row('2017-01-02T00:00:00+08:00', 5), row('2017-01-03T00:00:00+08:00', 6)])
    expect(found).toEqual({ firstDay: dayNumber('2017-01-02'), values: Float64Array.of(5, 6) })
  })

  test('days of 23 and 25 hours are whole', () => {
    const hours = newYorkHours(Date.parse('2017-01-01T05:00Z'), 365 * 24)
    const found = days(hours.map(({ text }) => row(text, 2)))
    expect(valueOn(found.days, dayNumber('2017-03-12'))).toBe(46)
    expect(valueOn(found.days, dayNumber('2017-11-05'))).toBe(50)
    expect(new Set(found.days.values)).toEqual(new Set([46, 48, 50]))
  })

  test('half a day of gaps is filled with the mean of the others, more is a missing day', () => {
    const hours = (known: number) =>
      Array.from({ length: 24 }, (_, hour) =>
        row(`2017-01-02T${String(hour).padStart(2, '0')}:00:00Z`, hour < known ? 3 : Number.NaN),
      )
    expect([...days(hours(12)).days.values]).toEqual([72])
    expect([...days(hours(11)).days.values]).toEqual([Number.NaN])
  })

  test('rows that are left out are missing days and hours', () => {
    const { days: found } = days([row('2017-01-02', 5), row('2017-01-03', 5), row('2017-01-06', 7)])
    expect([...found.values]).toEqual([5, 5, Number.NaN, Number.NaN, 7])
    const hours = Array.from({ length: 48 }, (_, hour) => hour).filter((hour) => hour % 3 !== 1)
    const rows = hours.map((hour) => row(new Date(Date.UTC(2017, 0, 2, hour)).toISOString(), 1))
    expect([...days(rows).days.values]).toEqual([24, 24])
  })

  test('zero is missing for electricity and a value for gas', () => {
    const rows = [row('2017-01-02', 0), row('2017-01-03', 4)]
    expect(days(rows)).toMatchObject({ zeroValues: 1, days: { values: Float64Array.of(Number.NaN, 4) } })
    expect(days(rows, false)).toMatchObject({ zeroValues: 0, days: { values: Float64Array.of(0, 4) } })
  })

  test('order does not matter, and a row that is repeated counts once', () => {
    const rows = [row('2017-01-04', 6), row('2017-01-02', 4), row('2017-01-03', 5), row('2017-01-04', 6)]
    expect(days(rows)).toMatchObject({ repeatedRows: 1, days: { values: Float64Array.of(4, 5, 6) } })
  })

  test.each([
    ['two amounts for one time', [row('2017-01-02', 4), row('2017-01-03', 5), row('2017-01-03', 6)], 2],
    [
      'a period within another',
      [2, 3, 3.5, 4, 5, 6, 7, 8, 9]
        .map((day) => `2017-01-0${Math.floor(day)}T${day % 1 ? '12' : '00'}:00`)
        .map((at) => row(at, 1)),
      2,
    ],
    ['months', [row('2017-01-01', 30), row('2017-02-01', 28), row('2017-03-01', 31)], 1],
  ])('refuses %s', (_, rows, index) => {
    expect(daysOfUse(rows, { zeroIsMissing: true })).toMatchObject({ index, detail: expect.any(String) })
  })
})

describe('temperature', () => {
  test('the mean of a local day, by the offsets of the meter', () => {
    const hours = newYorkHours(Date.parse('2017-01-01T05:00Z'), 365 * 24)
    const { cut } = days(hours.map(({ text }) => row(text, 1)))
    // Each hour has the number of its local date, so a day that is cut right has a whole number.
    const rows = hours.map(({ text, ms }) => ({ atMs: ms, temperature: writtenDay(must(parseStamp(text))) % 50 }))
    const found = temperatureDays(rows, cut)
    expect(found.values).toHaveLength(365)
    for (const [i, value] of found.values.entries()) expect(value).toBe((found.firstDay + i) % 50)
  })

  test('values of an hour are averaged first, and half a day is enough', () => {
    const at = (minutes: number, temperature: number) => ({ atMs: minutes * 60_000, temperature })
    const hourly = Array.from({ length: 48 }, (_, hour) => at(hour * 60, hour < 12 ? 10 : 20))
    const withNoise = [...hourly.slice(0, 12), at(11 * 60 + 30, 30), ...hourly.slice(12)]
    const [first, second] = temperatureDays(withNoise, UTC_DAYS).values
    expect(first).toBeCloseTo((11 * 10 + 20 + 12 * 20) / 24, 12)
    expect(second).toBe(20)
    expect([...temperatureDays(hourly.slice(12), UTC_DAYS).values]).toEqual([20, 20])
    expect([...temperatureDays(hourly.slice(13), UTC_DAYS).values]).toEqual([Number.NaN, 20])
  })

  const year = (celsius: (hour: number) => number) =>
    Array.from({ length: 8760 }, (_, hour) => ({ atMs: hour * HOUR_MS, temperature: celsius(hour) }))
  const seasons = (hour: number) => 10 - 15 * Math.cos((2 * Math.PI * hour) / 8760)
  test('tells °F from °C', () => {
    expect(implausibleTemperature(year(seasons), 'C')).toBeUndefined()
    expect(
      implausibleTemperature(
        year((hour) => seasons(hour) * 1.8 + 32),
        'F',
      ),
    ).toBeUndefined()
    expect(
      implausibleTemperature(
        year((hour) => seasons(hour) * 1.8 + 32),
        'C',
      ),
    ).toMatchObject({
      detail: { en: expect.stringContaining('is the file in °F?'), zh: expect.stringContaining('数据是否为 °F？') },
    })
    expect(implausibleTemperature(year(seasons), 'F')).toMatchObject({
      detail: { en: expect.stringContaining('is the file in °C?'), zh: expect.stringContaining('数据是否为 °C？') },
    })
    expect(
      implausibleTemperature(
        year((hour) => (hour === 77 ? -999 : seasons(hour))),
        'C',
      )?.index,
    ).toBe(77)
  })
})
