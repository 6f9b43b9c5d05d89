// The months of the reports view: what is not built is listed too.

import { expect, test } from 'vitest'
import { answeredPeriods, monthRows } from '../../../web/src/cards/report-months.tsx'

const report = (month: string) => ({ month, state: 'draft' }) as never

test('lists the months back from the running one, and every other one with a report or chosen', () => {
  const rows = monthRows([report('2026-10'), report('2024-12')], { current: '2026-11', chosen: '2025-03', count: 3 })
  expect(rows.map(({ month, report: found }) => [month, found !== undefined])).toEqual([
    ['2026-11', false],
    ['2026-10', true],
    ['2026-09', false],
    ['2025-03', false],
    ['2024-12', true],
  ])
})

test.each([
  { month: '2026-10', periods: [] },
  { month: '2026-09', periods: ['quarter'] },
  { month: '2026-12', periods: ['quarter', 'year'] },
] as const)('the report of $month answers for $periods as well', ({ month, periods }) => {
  expect(answeredPeriods(month)).toEqual(periods)
})
