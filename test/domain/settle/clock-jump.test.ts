// Which orders of arrival show a clock that jumped, and which are the ordinary disorder of the field.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HOUR_MS, MINUTE_MS } from '../../../domain/calendar.ts'
import { type Arrival, clockJumps } from '../../../domain/settle/clock-jump.ts'

const START = Date.UTC(2026, 4, 10)
const STEP_MS = 15 * MINUTE_MS

/** A register read every quarter of an hour and received at once, by a clock that is `offMs` off at reading n. */
const live = (count: number, offMs: (n: number) => number = () => 0): Arrival[] =>
  Array.from({ length: count }, (_, n) => ({
    atMs: START + n * STEP_MS + offMs(n),
    value: 100 + n,
    receivedMs: START + n * STEP_MS + 2_000,
  }))

test('a clock set back: the hours are there twice, and the register goes on', () => {
  const jumps = clockJumps(
    live(20, (n) => (n < 10 ? 0 : -HOUR_MS)),
    'register',
  )
  expect(jumps).toEqual([
    {
      kind: 'clockJump',
      atMs: START + 10 * STEP_MS - HOUR_MS,
      untilMs: START + 9 * STEP_MS,
      jumpMinutes: -60,
      receivedMs: START + 10 * STEP_MS + 2_000,
      before: 109,
      after: 110,
    },
  ])
})

test('a clock that was slow and is set right skips hours', () => {
  const [jump, ...others] = clockJumps(
    live(20, (n) => (n < 10 ? -8 * HOUR_MS : 0)),
    'register',
  )
  expect([jump, others]).toMatchObject([
    { atMs: START + 9 * STEP_MS - 8 * HOUR_MS, untilMs: START + 10 * STEP_MS, jumpMinutes: 480 },
    [],
  ])
})

test('a gateway that sends four readings at a time shows it as well, with the first reading after', () => {
  const hourly = live(40, (n) => (n < 20 ? 0 : -5 * HOUR_MS)).map((one, n) => ({
    ...one,
    receivedMs: START + (Math.floor(n / 4) * 4 + 4) * STEP_MS,
  }))
  expect(clockJumps(hourly, 'register')).toMatchObject([
    { jumpMinutes: -300, atMs: START + 20 * STEP_MS - 5 * HOUR_MS, after: 120 },
  ])
})

test('no jump: an outbox that is emptied, late readings, readings sent again, a replay, drift, a register that was slow', () => {
  const after = START + 30 * STEP_MS
  const kept = live(30).map((one, n) => (n < 10 ? one : { ...one, receivedMs: after + n * 1_000 }))
  const late = [
    ...live(10),
    ...live(30).slice(20),
    ...live(20)
      .slice(10)
      .map((one, n) => ({ ...one, receivedMs: after + n * STEP_MS })),
  ]
  const again = [...live(20), ...live(10).map((one, n) => ({ ...one, receivedMs: after + n * STEP_MS }))]
  const replay = live(30).map((one, n) => ({ ...one, receivedMs: after + n * 1_000 }))
  const drift = live(30, (n) => -n * MINUTE_MS)
  const once = live(20).map((one, n) => (n === 10 ? { ...one, receivedMs: one.receivedMs + 2 * HOUR_MS } : one))
  for (const arrivals of [kept, late, again, replay, drift, once]) expect(clockJumps(arrivals, 'register')).toEqual([])
})

test('a jump is found wherever it is and however large, once, and never where the clock kept time', () => {
  const jumpMs = fc
    .oneof(fc.integer({ min: 31, max: 3_000 }), fc.integer({ min: -3_000, max: -31 }))
    .map((n) => n * MINUTE_MS)
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 20 }),
      fc.integer({ min: 3, max: 20 }),
      jumpMs,
      fc.boolean(),
      (before, after, jump, happens) => {
        const off = (n: number): number => (n >= before && happens ? jump : 0)
        const arrivals = live(before + after, off)
        expect(clockJumps(arrivals, 'register').map((found) => found.jumpMinutes)).toEqual(
          happens ? [jump / MINUTE_MS] : [],
        )
      },
    ),
    { numRuns: 1_000 },
  )
})
