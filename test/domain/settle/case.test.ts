// Every settle-case with exact truth holds: hours, flags, totals, calendar sums in UTC+8, and what was known at an
// instant. And bad input is answered with its case, its row and its reason, without harm to its neighbours.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { dayLabel, dayOf, monthOf, yearOf } from '../../../domain/calendar.ts'
import { type SettledCase, settleCase, settleCases, sumKnown } from '../../../domain/settle/case.ts'
import { describeShared } from '../../shared.ts'

const stateSchema = z.object({
  hours: z.array(z.tuple([z.number(), z.number().nullable(), z.string()])),
  total: z.number(),
})
const sumsSchema = z.array(z.tuple([z.string(), z.number(), z.number()]))
const fileSchema = z.object({
  cases: z.array(
    z.looseObject({
      id: z.string(),
      truth: stateSchema.extend({
        calendar: z.object({ days: sumsSchema, months: sumsSchema, years: sumsSchema }).optional(),
        asOf: z.array(stateSchema.extend({ receivedMs: z.number() })).optional(),
      }),
    }),
  ),
})
type State = z.infer<typeof stateSchema>

describeShared('settle-cases with exact truth', ['data/settle-cases/cases.json'], (path) => {
  const { cases } = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))

  test('there are cases', () => expect(cases.length).toBeGreaterThanOrEqual(46))

  test.each(cases)('$id', (row) => {
    expectState(settleCase(row), row.truth)
    for (const state of row.truth.asOf ?? []) expectState(settleCase(row, { receivedByMs: state.receivedMs }), state)
  })

  const dated = cases.filter((row) => row.truth.calendar)
  test.each(dated)('$id, by day, month and year in UTC+8', (row) => {
    const { days, months, years } = row.truth.calendar ?? { days: [], months: [], years: [] }
    const { hours } = settled(settleCase(row))
    expectSums(
      sumBy(hours, (ms) => dayLabel(dayOf(ms))),
      days,
    )
    expectSums(sumBy(hours, monthOf), months)
    expectSums(
      sumBy(hours, (ms) => String(yearOf(ms))),
      years,
    )
  })
})

const meter = { unit: 'kWh', resolution: 0.01 }
const readings = [
  [3_600_000, 1],
  [7_200_000, 3],
]
const good = { id: 'good', meter, readings }

describe('a bad case', () => {
  test.each([
    {
      name: 'a value that is no number',
      bad: { ...good, readings: [...readings, [1, '7']] },
      error: /good: readings row 3, value: .*number/,
    },
    { name: 'a time that is no epoch', bad: { ...good, readings: [[1.5, 2]] }, error: /readings row 1, epochMs/ },
    { name: 'a reading without value', bad: { ...good, readings: [[1]] }, error: /readings row 1/ },
    { name: 'null for a value', bad: { ...good, readings: [[1, null]] }, error: /readings row 1, value/ },
    { name: 'an unknown unit', bad: { ...good, meter: { ...meter, unit: 'BTU' } }, error: /meter.unit/ },
    {
      name: 'an interval meter without stamp',
      bad: { ...good, meter: { ...meter, kind: 'interval', intervalMinutes: 15 } },
      error: /meter.stamp/,
    },
    { name: 'an unknown event', bad: { ...good, events: [{ type: 'flood', at: 1 }] }, error: /events row 1, type/ },
    {
      name: 'a time of another age',
      bad: { ...good, readings: [...readings, [9e15, 4]] },
      error: /good: .*time stamp/,
    },
    { name: 'no meter', bad: { id: 'good', readings }, error: /meter/ },
    { name: 'no id', bad: { meter, readings: 7 }, error: /case #2: id: .*; readings: / },
    { name: 'no case at all', bad: 7, error: /case #2: case: / },
  ])('with $name says so and leaves its neighbours alone', ({ bad, error }) => {
    const results = settleCases([good, bad, good])
    expect(results[1]).toMatchObject({ error: expect.stringMatching(error) })
    for (const neighbour of [results[0], results[2]]) {
      expect(neighbour).toEqual({ id: 'good', hours: [[3_600_000, 2, 'measured']], total: 2 })
    }
  })

  test('with many bad rows names the first few and counts the rest', () => {
    const result = settleCase({ ...good, readings: Array.from({ length: 1000 }, () => ['x', 1]) })
    expect(result).toMatchObject({ error: expect.stringMatching(/readings row 5, epochMs: .*; and 995 more$/) })
  })

  test('is not confused with a file of another kind', () => {
    expect(() => settleCases({ format: 2, cases: [] })).toThrow(/settle-cases/)
    expect(() => settleCases(null)).toThrow(TypeError)
  })
})

test('reads {format: 1, cases}, a bare list, and ignores fields that it does not know', () => {
  const extra = {
    ...good,
    truth: 'later',
    meter: { ...meter, colour: 'blue' },
    readings: readings.map((row) => [...row, 5, 'x']),
  }
  expect(settleCases({ format: 1, cases: [extra], more: 1 })).toEqual(settleCases([good]))
})

test('settles register units to kWh', () => {
  const total = (unit: string): number => settled(settleCase({ ...good, meter: { ...meter, unit } })).total
  expect(['kWh', 'MWh', 'Wh', 'GJ'].map(total)).toEqual([2, 2000, 0.002, 2000 / 3.6])
})

test('sums without losing the small beside the large', () => {
  expect(sumKnown([1e16, 1, Number.NaN, -1e16, 1])).toBe(2)
})

function settled(result: SettledCase): Exclude<SettledCase, { error: string }> {
  if ('error' in result) throw new Error(result.error)
  return result
}

/** 1e-9 relative to max(1, |kWh|), flags equal: as docs/rules/settling.md#settle-cases-file asks. */
function expectState(result: SettledCase, truth: State): void {
  const { hours, total } = settled(result)
  const shape = (state: State['hours']): unknown => state.map(([ms, kWh, flag]) => [ms, kWh === null, flag])
  expect(shape(hours)).toEqual(shape(truth.hours))
  hours.forEach(([, kWh], i) => {
    expectNear(kWh ?? 0, truth.hours[i][1] ?? 0)
  })
  expectNear(total, truth.total)
}

function expectNear(got: number, want: number): void {
  expect(Math.abs(got - want), `${got} instead of ${want}`).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(want)))
}

function sumBy(hours: State['hours'], labelOf: (ms: number) => string): Map<string, number[]> {
  const sums = new Map<string, number[]>()
  for (const [ms, kWh] of hours) {
    if (kWh !== null) sums.set(labelOf(ms), [...(sums.get(labelOf(ms)) ?? []), kWh])
  }
  return sums
}

function expectSums(got: Map<string, number[]>, want: z.infer<typeof sumsSchema>): void {
  expect([...got].map(([label, amounts]) => [label, amounts.length])).toEqual(want.map(([label, , n]) => [label, n]))
  for (const [label, kWh] of want) expectNear(sumKnown(got.get(label) ?? []), kWh)
}
