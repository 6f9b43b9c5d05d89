// What undoing an event means for the hours, kind by kind; and that a window settled with overrides is the whole, cut
// out.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../../domain/calendar.ts'
import { type EventReview, eventId, parseEventId, reviewed, withOverride } from '../../../domain/settle/review.ts'
import { type MeterProfile, type Override, WALKED_KINDS } from '../../../domain/settle/series.ts'
import { planWindow, settleSamples } from '../../../domain/settle/settle.ts'

const START = Date.UTC(2026, 4, 10)
const PROFILE: MeterProfile = {
  kind: 'register',
  resolution: 0.01,
  multiplier: 1,
  factor: 1,
  intervalMinutes: 60,
  stamp: 'end',
  replacements: [],
}
const hourly = (...value: number[]) => ({
  atMs: Float64Array.from(value, (_, n) => START + n * HOUR_MS),
  value: Float64Array.from(value),
})
const undo = (kind: Override['kind'], hour: number): Override => ({ kind, atMs: START + hour * HOUR_MS })

describe('an event that is undone', () => {
  const cases: [name: string, values: number[], digits: number | undefined, undone: Override[], amounts: number[]][] = [
    ['spike: as it was', [10, 12, 500, 14, 15], undefined, [], [2, 1, 1, 1]],
    [
      'spike: a good reading, and a reset after it',
      [10, 12, 500, 14, 15],
      undefined,
      [undo('spike', 2)],
      [2, 488, Number.NaN, 1],
    ],
    [
      'spike and the reset after it: the way up and down',
      [10, 12, 500, 14, 15],
      undefined,
      [undo('spike', 2), undo('reset', 2)],
      [2, 488, -486, 1],
    ],
    ['rollover: as it was', [998, 999, 1, 2], 3, [], [1, 2, 1]],
    ['rollover: a reset', [998, 999, 1, 2], 3, [undo('rollover', 1)], [1, Number.NaN, 1]],
    ['reset: counted with its sign', [50, 52, 10, 11], undefined, [undo('reset', 1)], [2, -42, 1]],
    ['negative step: a reset', [50, 52, 51.5, 53], undefined, [undo('negativeStep', 1)], [2, Number.NaN, 1.5]],
  ]
  test.each(cases)('%s', (_, values, digits, overrides, amounts) => {
    expect([...settleSamples({ ...PROFILE, digits, overrides }, hourly(...values)).amounts]).toEqual(amounts)
  })

  test('is no event any more', () => {
    const { events } = settleSamples({ ...PROFILE, overrides: [undo('reset', 1)] }, hourly(50, 52, 10, 11))
    expect(events).toEqual([])
  })
})

describe('a register that sends MWh for kWh', () => {
  // 2.5 kWh an hour; from hour 6 on 15 readings in MWh.
  const truth = Array.from({ length: 30 }, (_, n) => 123_456 + 2.5 * n)
  const sent = truth.map((value, n) => (n >= 6 && n < 21 ? Math.round(value) / 1000 : value))
  const totalOf = (overrides: Override[], values: number[]) => {
    const { amounts, events } = settleSamples({ ...PROFILE, overrides }, hourly(...values))
    return { total: amounts.reduce((sum, one) => sum + (one || 0), 0), events }
  }

  test('is left out when it returns', () => {
    const { total, events } = totalOf([], sent)
    expect(total).toBeCloseTo(2.5 * 29, 6)
    expect(events).toMatchObject([{ kind: 'scaleJump', factor: 0.001, proposed: 'dropped' }])
  })
  test('is unknown while it goes on, and counts a thousandfold once accepted', () => {
    const cut = sent.slice(0, 20)
    expect(totalOf([], cut)).toMatchObject({ total: 2.5 * 5, events: [{ kind: 'scaleJump', proposed: 'scaled' }] })
    const { total } = totalOf([{ ...undo('scaleJump', 5), accepted: true }], cut)
    expect(Math.abs(total - 2.5 * 19)).toBeLessThan(1)
  })
  test('is a new register when the scale is undone', () => {
    expect(totalOf([undo('scaleJump', 5)], sent.slice(0, 20)).events).toMatchObject([{ kind: 'reset' }])
  })
})

test('a review keeps its history and the event as it was', () => {
  const event = { kind: 'reset', atMs: START, untilMs: START + HOUR_MS, before: 5, after: 1 } as const
  const entry = (state: EventReview['state'], atMs: number) => ({ state, who: 'w', note: null, atMs })
  const first = reviewed(undefined, { meter: 'M', event }, entry('undone', 1))
  const second = reviewed(first, { meter: 'M', event: { ...event, before: 6 } }, entry('open', 2))
  expect(second).toEqual({ meter: 'M', event, state: 'open', history: [entry('undone', 1), entry('open', 2)] })
  const undone = withOverride([], event, 'undone')
  expect([undone, withOverride(undone, event, 'undone'), withOverride(undone, event, 'open')]).toEqual([
    [{ kind: 'reset', atMs: START }],
    [{ kind: 'reset', atMs: START }],
    [],
  ])
  expect(parseEventId(eventId(event))).toEqual({ kind: 'reset', atMs: START })
  expect(['reset', 'reset:x', 'burp:1', 'reset:1:2'].map(parseEventId)).toEqual(Array(4).fill(undefined))
})

test('a window settles to the same bytes as the whole, whatever is undone', () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.constantFrom(0, 1, 50, 900, 999, 10_000))
  const kind = fc.constantFrom(...WALKED_KINDS)
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 3, maxLength: 30 }),
      fc.array(fc.record({ kind, at: fc.nat(29) }), { maxLength: 12 }),
      fc.nat(29),
      fc.constantFrom(undefined, 3),
      (values, undone, touched, digits) => {
        const overrides = undone.map((one) => undo(one.kind, one.at / 2))
        const profile = { ...PROFILE, digits, overrides }
        const samples = { ...hourly(...values), atMs: Float64Array.from(values, (_, n) => START + (n * HOUR_MS) / 2) }
        const atMs = START + (Math.min(touched, values.length - 1) * HOUR_MS) / 2
        const plan = planWindow(
          profile,
          samples,
          { fromMs: atMs, toMs: atMs },
          { reachesStart: true, reachesEnd: true },
        )
        if ('more' in plan) throw new Error('all was loaded')
        const whole = settleSamples(profile, samples)
        const part = settleSamples(profile, samples, plan)
        const first = (part.firstHourMs - whole.firstHourMs) / HOUR_MS
        expect(part.amounts).toEqual(whole.amounts.slice(first, first + part.amounts.length))
        expect(part.flags).toEqual(whole.flags.slice(first, first + part.flags.length))
        expect(part.events).toEqual(whole.events.filter((one) => one.atMs >= plan.fromMs && one.atMs < plan.toMs))
      },
    ),
    { numRuns: 1_000 },
  )
})
