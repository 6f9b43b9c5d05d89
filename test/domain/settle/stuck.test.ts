// Which standstills are a stuck register, and which are a meter that rests: told from the weeks before, and the same
// from any neighbourhood that is wide enough.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY_MS, dayStartMs, HOUR_MS } from '../../../domain/calendar.ts'
import { STUCK_HOURS_MIN, STUCK_REACH, standstills, stuckRegisters } from '../../../domain/settle/stuck.ts'

/** Monday, 2026-05-04 at midnight in UTC+8. */
const MONDAY_MS = dayStartMs(20577)
const WEEK_HOURS = 168

/** Hours from five weeks before MONDAY_MS on: as `usual` says of an hour of the week, but as `now` from MONDAY_MS. */
function hoursOf(usual: (hourOfWeek: number) => number, now: readonly number[]) {
  const before = Array.from({ length: 5 * WEEK_HOURS }, (_, hour) => usual(hour % WEEK_HOURS))
  return { firstHourMs: MONDAY_MS - 5 * WEEK_HOURS * HOUR_MS, amounts: Float64Array.from([...before, ...now]) }
}
const zeros = (hours: number): number[] => new Array<number>(hours).fill(0)
const office = (hour: number): number => (hour % 24 >= 8 && hour % 24 < 18 && hour < 120 ? 5 : 0)
const RANGE = { fromMs: MONDAY_MS - DAY_MS, toMs: MONDAY_MS + 60 * DAY_MS }
const found = (hours: ReturnType<typeof hoursOf>, medium: 'electricity' | 'heat' = 'electricity') =>
  stuckRegisters(hours, RANGE, medium)

test('a meter that never rested is stuck after three days, with what it should have counted', () => {
  expect(found(hoursOf(() => 2, zeros(71)))).toEqual([])
  expect(found(hoursOf(() => 2, [...zeros(72), 3]))).toEqual([
    { kind: 'stuck', atMs: MONDAY_MS, untilMs: MONDAY_MS + 72 * HOUR_MS, usualHours: 72, usualAmount: 144 },
  ])
})

test('an office is not stuck over the longest holiday, but after eight working days', () => {
  // It rests from Friday evening on: 54 hours before MONDAY_MS.
  const holiday = hoursOf(office, [...zeros(7 * 24), ...zeros(8), 5])
  expect([found(holiday), standstills(holiday, { ...RANGE, fromMs: 0 }).length]).toEqual([[], 1])
  const [stuck] = stuckRegisters(
    hoursOf(office, zeros(11 * 24)),
    { ...RANGE, fromMs: MONDAY_MS - 3 * DAY_MS },
    'electricity',
  )
  expect(stuck).toMatchObject({ atMs: MONDAY_MS - 54 * HOUR_MS, usualHours: 90, usualAmount: 450 })
})

test('a meter that often stands still is not stuck, nor one of which too few weeks are known', () => {
  const random = (hour: number): number => (hour % 3 === 0 ? 0 : 1)
  const shifting = hoursOf(() => 2, zeros(200))
  for (let hour = WEEK_HOURS; hour < 2 * WEEK_HOURS; hour++) shifting.amounts[hour] = 0
  expect([found(hoursOf((hour) => random(hour + (hour % 2)), zeros(90))), found(shifting)]).toEqual([[], []])
  const young = hoursOf(() => 2, zeros(200))
  young.amounts.fill(Number.NaN, 0, 3 * WEEK_HOURS)
  expect(found(young)).toEqual([])
})

test('heat that is turned off in spring is no stuck register; in midwinter it is one', () => {
  expect(
    found(
      hoursOf(() => 2, zeros(200)),
      'heat',
    ),
  ).toEqual([])
  const january = { ...hoursOf(() => 2, zeros(200)), firstHourMs: dayStartMs(20466) }
  const atMs = january.firstHourMs + 5 * WEEK_HOURS * HOUR_MS
  expect(stuckRegisters(january, { fromMs: atMs, toMs: atMs + 1 }, 'heat').map(({ usualHours }) => usualHours)).toEqual(
    [200],
  )
})

test('a standstill of months ends where it is no longer looked at, and is one event', () => {
  const [stuck, ...others] = found(hoursOf(() => 2, zeros(100 * 24)))
  expect([stuck.untilMs - stuck.atMs, others]).toEqual([STUCK_REACH.afterMs, []])
})

test('any range sees what the whole series does, from the neighbourhood that STUCK_REACH names', () => {
  const run = fc.tuple(fc.constantFrom(0, 0, 1, 2.5, Number.NaN), fc.integer({ min: 1, max: 130 }))
  const week = fc.constantFrom(
    () => 1,
    office,
    (hour: number) => (hour % 5 === 0 ? 0 : 0.1),
  )
  fc.assert(
    fc.property(
      week,
      fc.array(run, { minLength: 1, maxLength: 20 }),
      fc.nat(90),
      fc.integer({ min: 1, max: 40 }),
      (usual, runs, skipped, days) => {
        const whole = hoursOf(
          usual,
          runs.flatMap(([amount, hours]) => new Array<number>(hours).fill(amount)),
        )
        const fromMs = whole.firstHourMs + skipped * DAY_MS
        const range = { fromMs, toMs: fromMs + days * DAY_MS }
        const first = Math.max(0, (range.fromMs - STUCK_REACH.beforeMs - whole.firstHourMs) / HOUR_MS)
        const near = {
          firstHourMs: whole.firstHourMs + first * HOUR_MS,
          amounts: whole.amounts.slice(first, (range.toMs + STUCK_REACH.afterMs - whole.firstHourMs) / HOUR_MS),
        }
        const all = stuckRegisters(
          whole,
          { fromMs: whole.firstHourMs, toMs: whole.firstHourMs + 400 * DAY_MS },
          'electricity',
        )
        expect(all.every(({ usualHours }) => usualHours >= STUCK_HOURS_MIN)).toBe(true)
        expect(stuckRegisters(near, range, 'electricity')).toEqual(
          all.filter(({ atMs }) => atMs >= range.fromMs && atMs < range.toMs),
        )
      },
    ),
    { numRuns: 1_000 },
  )
})
