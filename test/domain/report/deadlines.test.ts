// What is due when: the latest period of each kind, the report that answers for it, and its last day.

import { expect, test } from 'vitest'
import { daysBetween, duePeriods } from '../../../domain/report/deadlines.ts'
import { REPORT_DEADLINES, type ReportDeadline } from '../../../domain/standards/report-deadlines.ts'

const PATH = ['130102', '130100', '130000']
const due = (on: string, rules = REPORT_DEADLINES) =>
  duePeriods(rules, PATH, on).map(({ label, month, dueOn }) => `${label} by ${month}: ${dueOn}`)

test.each([
  ['2026-06-15', ['2026-05 by 2026-05: 2026-06-10', '2026-Q1 by 2026-03: 2026-04-15', '2025 by 2025-12: 2026-03-31']],
  ['2026-01-01', ['2025-12 by 2025-12: 2026-01-10', '2025-Q4 by 2025-12: 2026-01-15', '2025 by 2025-12: 2026-03-31']],
  ['2026-12-31', ['2026-11 by 2026-11: 2026-12-10', '2026-Q3 by 2026-09: 2026-10-15', '2025 by 2025-12: 2026-03-31']],
])('on %s these are due: %j', (on, wanted) => {
  expect(due(on)).toEqual(wanted)
})

const rule = (more: Partial<ReportDeadline>): ReportDeadline => ({
  period: 'quarter',
  monthsAfter: 1,
  day: 15,
  remindDays: [],
  validFrom: '2020-01-01',
  source: 'test',
  certainty: 'supplied',
  ...more,
})

test('the nearest area with a deadline decides', () => {
  const rules = [rule({ day: 20 }), rule({ area: '130000', day: 5 }), rule({ area: '130200', day: 1 })]
  expect(due('2026-06-15', rules)).toEqual(['2026-Q1 by 2026-03: 2026-04-05'])
})

test('a later row does not move the day of an earlier period', () => {
  const rules = [rule({ validTo: '2026-07-01' }), rule({ validFrom: '2026-07-01', day: 8 })]
  expect([due('2026-06-30', rules), due('2026-07-01', rules)]).toEqual([
    ['2026-Q1 by 2026-03: 2026-04-15'],
    ['2026-Q2 by 2026-06: 2026-07-08'],
  ])
})

test('a day that a month does not have is its last', () => {
  expect(due('2026-02-15', [rule({ period: 'month', day: 31 })])).toEqual(['2026-01 by 2026-01: 2026-02-28'])
  expect(daysBetween('2026-02-27', '2026-03-01')).toBe(2)
  expect(daysBetween('2026-03-01', '2026-02-27')).toBe(-2)
})

test('what no source prescribes for a province says so', () => {
  expect(REPORT_DEADLINES.map(({ period, certainty, standIn = false }) => [period, certainty, standIn])).toEqual([
    ['month', 'recalled', true],
    ['quarter', 'secondary', true],
    ['year', 'recalled', false],
  ])
})
