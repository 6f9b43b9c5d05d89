// Register → hours: the readings of one meter as a person would check them by hand, and the edges of each rule.
// The rules at large stand in register.property.test.ts, the cases with exact truth in settle-case.test.ts.

import { describe, expect, test } from 'vitest'
import type { HourSeries, MeterProfile, Samples } from '../../../domain/settle/series.ts'
import { HOUR_FLAGS, type HourFlag, planWindow, settleSamples } from '../../../domain/settle/settle.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
const TEN = Date.UTC(2026, 10, 23, 10)

const register: MeterProfile = {
  kind: 'register',
  resolution: 0.01,
  multiplier: 1,
  intervalMinutes: 15,
  stamp: 'end',
  replacements: [],
  factor: 1,
}

/** Rows of `[hh:mm after ten o'clock, value]`, written `[h, m, value]`. */
const read = (...rows: [hour: number, minute: number, value: number][]): Samples => ({
  atMs: Float64Array.from(rows, ([hour, minute]) => at(hour, minute)),
  value: Float64Array.from(rows, ([, , value]) => value),
})
const at = (hour: number, minute = 0): number => TEN + hour * HOUR + minute * MINUTE

const table = ({ amounts, flags }: HourSeries): [number | null, HourFlag][] =>
  Array.from(amounts, (amount, i) => [Number.isNaN(amount) ? null : amount, HOUR_FLAGS[flags[i]]])

const rows: { name: string; profile?: Partial<MeterProfile>; samples: Samples; want: [number | null, HourFlag][] }[] = [
  { name: 'no readings, no hours', samples: read(), want: [] },
  {
    name: 'a single reading inside an hour: nothing is known of its energy but the flag says so',
    samples: read([0, 23, 7]),
    want: [[0, 'partial']],
  },
  { name: 'a single reading on the hour: no hour', samples: read([0, 0, 7]), want: [] },
  {
    name: 'differences of decimals are decimals, however high the register stands',
    samples: read([0, 0, 999_921.34], [1, 0, 999_935.01], [2, 0, 999_935.02]),
    want: [
      [13.67, 'measured'],
      [0.01, 'measured'],
    ],
  },
  {
    name: 'GJ to kWh with a transformer',
    profile: { factor: 1000 / 3.6, multiplier: 40 },
    samples: read([0, 0, 350_000.01], [1, 0, 350_000.1]),
    want: [[1000, 'measured']],
  },
  {
    name: 'a fall of exactly J is kept, whatever the doubles make of it',
    samples: read([0, 0, 5120.4], [1, 0, 5119.4], [2, 0, 5118.39]),
    want: [
      [-1, 'measured'],
      [null, 'reset'],
    ],
  },
  {
    name: 'two rollovers within an hour',
    profile: { digits: 2, multiplier: 2 },
    samples: read([0, 0, 95], [0, 15, 5], [0, 30, 60], [0, 40, 96], [0, 50, 1], [1, 0, 2]),
    want: [[214, 'measured']],
  },
  {
    name: 'a fall from the last tenth to beyond the first is a reset',
    profile: { digits: 2 },
    samples: read([0, 0, 95], [0, 30, 10.01], [1, 0, 11]),
    want: [[0.99, 'reset']],
  },
  {
    name: 'the first reading is kept though it is the one that is wrong',
    samples: read([0, 0, 900], [0, 30, 5], [1, 0, 6]),
    want: [[1, 'reset']],
  },
  {
    name: 'a replacement before the first reading begins the series',
    profile: { replacements: [{ atMs: at(0, 30), finalValue: 500, startValue: 3 }] },
    samples: read([1, 0, 4], [2, 0, 6]),
    want: [
      [1, 'partial'],
      [2, 'measured'],
    ],
  },
  {
    name: 'a replacement after the last reading ends it',
    profile: { replacements: [{ atMs: at(2, 0), finalValue: 9, startValue: 0 }] },
    samples: read([0, 0, 4], [1, 0, 6]),
    want: [
      [2, 'measured'],
      [3, 'measured'],
    ],
  },
  {
    name: 'a reading at the very time of a replacement gives way to it',
    profile: { replacements: [{ atMs: at(1), finalValue: 10, startValue: 100 }] },
    samples: read([0, 0, 4], [1, 0, 100], [2, 0, 101]),
    want: [
      [6, 'measured'],
      [1, 'measured'],
    ],
  },
  {
    name: 'daily intervals are spread, and are estimates',
    profile: { kind: 'interval', intervalMinutes: 180, stamp: 'start' },
    samples: read([0, 0, 6], [3, 0, 3]),
    want: [
      [2, 'estimated'],
      [2, 'estimated'],
      [2, 'estimated'],
      [1, 'estimated'],
      [1, 'estimated'],
      [1, 'estimated'],
    ],
  },
  {
    name: 'intervals that overlap add up and cover once',
    profile: { kind: 'interval', intervalMinutes: 60, stamp: 'start' },
    samples: read([0, 0, 6], [0, 30, 4]),
    want: [
      [8, 'measured'],
      [2, 'partial'],
    ],
  },
  {
    name: 'an interval of zero is measured, a gap is missing',
    profile: { kind: 'interval', intervalMinutes: 60, multiplier: 3 },
    samples: read([1, 0, 0], [3, 0, 2]),
    want: [
      [0, 'measured'],
      [null, 'missing'],
      [6, 'measured'],
    ],
  },
]

test.each(rows)('$name', ({ profile, samples, want }) => {
  expect(table(settleSamples({ ...register, ...profile }, samples))).toEqual(want)
})

test('each event can be looked at: what stood before and after, and what it added', () => {
  const profile = {
    ...register,
    digits: 2,
    multiplier: 10,
    replacements: [{ atMs: at(3, 30), finalValue: 45, startValue: 1 }],
  }
  const samples = read([0, 0, 98], [0, 30, 3], [1, 0, 80], [1, 30, 4], [2, 0, 3.5], [2, 30, 40], [3, 0, 5], [4, 0, 2])
  expect(settleSamples(profile, samples).events).toEqual([
    { kind: 'rollover', atMs: at(0), untilMs: at(0, 30), before: 98, after: 3, amount: 50 },
    { kind: 'spike', atMs: at(1), value: 80, before: 3, after: 4 },
    { kind: 'negativeStep', atMs: at(1, 30), untilMs: at(2), before: 4, after: 3.5, amount: -5 },
    { kind: 'spike', atMs: at(2, 30), value: 40, before: 3.5, after: 5 },
    { kind: 'replacement', atMs: at(3, 30), finalValue: 45, startValue: 1 },
  ])
})

test.each([
  { name: 'times that do not rise', samples: read([0, 0, 1], [0, 0, 2]), reason: /row 1/ },
  { name: 'a value that is not a number', samples: read([0, 0, 1], [0, 15, Number.NaN], [0, 30, 2]), reason: /number/ },
  { name: 'a series of centuries', samples: read([0, 0, 1], [5_000_000, 0, 2]), reason: /time stamp/ },
])('refuses $name', ({ samples, reason }) => {
  expect(() => settleSamples(register, samples)).toThrow(reason)
})

describe('planWindow', () => {
  /** A clean register read every quarter of an hour for ten days. */
  const clean: Samples = {
    atMs: Float64Array.from({ length: 960 }, (_, i) => TEN + i * 15 * MINUTE),
    value: Float64Array.from({ length: 960 }, (_, i) => 1000 + i),
  }
  const around = (from: number, to: number): Samples => ({
    atMs: clean.atMs.subarray(from, to),
    value: clean.value.subarray(from, to),
  })
  const inside = { reachesStart: false, reachesEnd: false }

  test('one late reading within clean data re-opens five hours, and twenty readings before it are enough', () => {
    const touched = { fromMs: clean.atMs[401], toMs: clean.atMs[401] }
    const plan = planWindow(register, around(381, 960), touched, { reachesStart: false, reachesEnd: true })
    expect(plan).toMatchObject({ fromMs: at(99), toMs: at(104), opensSeries: false, closesSeries: false })
  })

  test('a new last reading re-opens its own hour and at most the one before', () => {
    const touched = { fromMs: clean.atMs[959], toMs: clean.atMs[959] }
    const plan = planWindow(register, around(939, 960), touched, { reachesStart: false, reachesEnd: true })
    expect(plan).toMatchObject({ fromMs: at(238), toMs: at(240), closesSeries: true })
  })

  test('asks for more where what is loaded holds no surely good reading', () => {
    const touched = { fromMs: clean.atMs[401], toMs: clean.atMs[401] }
    expect(planWindow(register, around(400, 412), touched, inside)).toEqual({ more: 'before' })
    expect(planWindow(register, around(381, 403), touched, inside)).toEqual({ more: 'after' })
    expect(planWindow(register, read(), touched, inside)).toEqual({ more: 'before' })
  })

  test('a meter without readings has nothing to settle', () => {
    const everything = { reachesStart: true, reachesEnd: true }
    const plan = planWindow(register, read(), { fromMs: at(1, 5), toMs: at(2) }, everything)
    if ('more' in plan) throw new Error('nothing more can be loaded')
    expect(plan).toMatchObject({ fromMs: at(1), toMs: at(3) })
    expect(table(settleSamples(register, read(), plan))).toEqual([])
  })

  test('an event at the very end of the series lies within the last window', () => {
    const profile = { ...register, replacements: [{ atMs: at(2), finalValue: 9, startValue: 0 }] }
    const samples = read([0, 0, 4], [1, 0, 6])
    const plan = planWindow(profile, samples, { fromMs: at(1), toMs: at(1) }, { reachesStart: true, reachesEnd: true })
    if ('more' in plan) throw new Error('nothing more can be loaded')
    expect(settleSamples(profile, samples, plan)).toEqual(settleSamples(profile, samples))
  })

  test('a replacement beyond the loaded readings does not make a spike of the last of them', () => {
    const profile = { ...register, replacements: [{ atMs: at(239, 7), finalValue: 30, startValue: 0 }] }
    const samples = read(...Array.from({ length: 230 }, (_, n): [number, number, number] => [n, 0, 50 * n]))
    const plan = planWindow(profile, samples, { fromMs: at(0), toMs: at(0) }, { reachesStart: true, reachesEnd: false })
    if ('more' in plan) throw new Error('a clean week follows')
    expect(plan).toMatchObject({ fromMs: at(0), toMs: at(13), lastIndex: 13 })
    expect(table(settleSamples(profile, samples, plan))).toEqual(Array(13).fill([50, 'measured']))
  })

  test('a gap before an interval that arrives at the end becomes missing hours', () => {
    const profile: MeterProfile = { ...register, kind: 'interval', intervalMinutes: 60 }
    const samples = read([1, 0, 5], [2, 0, 6], [5, 0, 7])
    const touched = { fromMs: at(5), toMs: at(5) }
    const plan = planWindow(profile, samples, touched, { reachesStart: true, reachesEnd: true })
    expect(plan).toMatchObject({ fromMs: at(0), toMs: at(5) })
  })
})
