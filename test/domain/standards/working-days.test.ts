// The shipped days of the State Council's notices, and what an imported calendar changes.

import { expect, test } from 'vitest'
import { DAY_MS } from '../../../domain/calendar.ts'
import { parseRows } from '../../../domain/import/file.ts'
import { daysInForce, workingDays } from '../../../domain/standards/working-days.ts'

const day = (date: string): number => Date.parse(date) / DAY_MS
const known = workingDays([])

test.each([
  ['2026-02-16', false, 'a Monday of Spring Festival'],
  ['2026-02-14', true, 'a Saturday that is worked for it'],
  ['2026-02-24', true, 'the first Tuesday after it'],
  ['2026-02-07', false, 'a plain Saturday'],
  ['2025-10-08', false, 'the eighth day off of National Day and Mid-Autumn'],
  ['2024-04-07', true, 'a Sunday that is worked for Qingming'],
  ['2024-02-09', true, 'the eve of 2024: employers were asked to let people rest, but it is no day off'],
])('%s is a working day: %s (%s)', (date, wanted) => expect(known.isWorkday(day(date))).toBe(wanted))

test('each published year has as many days worked at weekends as days off on weekdays, save the holidays by law', () => {
  const isWeekend = (date: string) => [0, 6].includes(new Date(date).getUTCDay())
  for (const { date, kind } of daysInForce([])) if (kind === 'workday') expect(isWeekend(date)).toBe(true)
  const count = (year: number, kind: string) =>
    daysInForce([]).filter((one) => one.date.startsWith(`${year}`) && one.kind === kind).length
  expect([2024, 2025, 2026].map((year) => [count(year, 'holiday'), count(year, 'workday')])).toEqual([
    [28, 8],
    [28, 5],
    [33, 6],
  ])
})

test('knows the years of which it has holidays', () => {
  expect([2023, 2024, 2026, 2027].map((year) => known.knows(year))).toEqual([false, true, true, false])
  expect(workingDays([{ date: '2027-01-01', kind: 'holiday' }]).knows(2027)).toBe(true)
  expect(workingDays([{ date: '2027-01-02', kind: 'workday' }]).knows(2027)).toBe(false)
})

test('an imported day takes the place of the shipped one', () => {
  const own = workingDays([{ date: '2026-02-16', kind: 'workday' }])
  expect([own.isWorkday(day('2026-02-16')), own.isWorkday(day('2026-02-17'))]).toEqual([true, false])
})

test('reads the file in Chinese and in English', () => {
  const chinese = parseRows('calendar', [{ 日期: '2027-01-01', 类型: '节假日', 名称: '元旦' }])
  const english = parseRows('calendar', [{ date: '2027-01-01', kind: 'holiday', name: '元旦' }])
  expect(chinese.records).toEqual([{ date: '2027-01-01', kind: 'holiday', name: '元旦' }])
  expect(english.records).toEqual(chinese.records)
  expect(parseRows('calendar', [{ date: '2027-02-30', kind: 'holiday', name: '' }]).refused).toHaveLength(1)
})
