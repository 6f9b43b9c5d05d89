// What must hold for every series: energy is conserved, the rules are kept, windows and increments give the same bytes.
// The generator is nasty on purpose: spikes beside spikes, falls of exactly J, gaps, rollovers, corrected first
// readings.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settleCase, sumKnown } from '../../../domain/settle/case.ts'
import { changesHours, eventId } from '../../../domain/settle/review.ts'
import type { MeterProfile, Override, Samples } from '../../../domain/settle/series.ts'
import { HOUR_FLAGS, settleSamples } from '../../../domain/settle/settle.ts'
import { type Arrival, type Book, bookOf, expectSameBytes, patch, sorted } from './book.ts'
import { settleByTheBook } from './oracle.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 1, 3, 2)
const RUNS = { numRuns: 1_000 }

interface Story {
  profile: MeterProfile
  samples: Samples
}

/** Each reading follows the one before it by one of these, in steps of the resolution (J = 100 of them). */
const move = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 900 }).map((by) => ({ by })) },
  { weight: 2, arbitrary: fc.constant({ by: 0 }) },
  { weight: 3, arbitrary: fc.constantFrom(-1, -40, -99, -100, -101, -102, -500).map((by) => ({ by })) },
  { weight: 3, arbitrary: fc.constantFrom(40_000, -40_000, 101, -101, 100).map((spike) => ({ spike })) },
  { weight: 2, arbitrary: fc.constantFrom(0, 125, 9_999, 10_000, 89_999, 90_000, 99_990).map((to) => ({ to })) },
)
type Move = { by: number } | { spike: number } | { to: number }

const MINUTE_STEPS = [1, 15, 15, 15, 30, 60, 60, 120, 121, 400, 1600]
const gapMs = fc.oneof(
  fc.constantFrom(...MINUTE_STEPS).map((minutes) => minutes * 60_000),
  fc.integer({ min: 1, max: 3 * HOUR }),
)
const startMs = fc
  .oneof(fc.constantFrom(0, 600_000, HOUR - 1), fc.integer({ min: 0, max: HOUR }))
  .map((ms) => START + ms)

function follow(startSteps: number, moves: readonly Move[]): number[] {
  let steps = startSteps
  return moves.map((by) => {
    if ('spike' in by) return steps + by.spike
    steps = 'to' in by ? by.to : steps + by.by
    // With 3 digits and resolution 0.01 the register holds 100,000 steps.
    if (steps >= 100_000) steps -= 100_000
    return steps
  })
}

function placed(on: string, ms: number, times: readonly number[]): number {
  if (on === 'reading') return times.find((at) => at >= ms) ?? times[0]
  return on === 'hour' ? Math.round(ms / HOUR) * HOUR : Math.round(ms)
}

const register = (options: { replaced: boolean }): fc.Arbitrary<Story> =>
  fc
    .record({
      startMs,
      startSteps: fc.constantFrom(0, 5_000, 90_100, 99_000),
      readings: fc.array(fc.tuple(gapMs, move as fc.Arbitrary<Move>), { minLength: 1, maxLength: 40 }),
      digits: fc.constantFrom(undefined, 3),
      multiplier: fc.constantFrom(1, 40),
      factor: fc.constantFrom(1, 1000 / 3.6),
      replacements: fc.array(
        fc.record({
          // Among the readings, on one of them, or beyond either end.
          place: fc.double({ min: -0.3, max: 1.3, noNaN: true }),
          on: fc.constantFrom('any', 'reading', 'hour'),
          finalSteps: fc.constantFrom(0, 6_000, 95_000),
          startSteps: fc.constantFrom(0, 5_000, 42_000),
        }),
        { maxLength: options.replaced ? 2 : 0 },
      ),
    })
    .map((drawn) => {
      let at = drawn.startMs
      const times = drawn.readings.map(([gap]) => (at += gap))
      const values = follow(
        drawn.startSteps,
        drawn.readings.map(([, by]) => by),
      )
      const spanMs = at - drawn.startMs
      const replacements = drawn.replacements.map(({ place, on, finalSteps, startSteps }) => ({
        atMs: placed(on, drawn.startMs + place * spanMs, times),
        finalValue: finalSteps / 100,
        startValue: startSteps / 100,
      }))
      const distinct = [...new Map(replacements.map((replacement) => [replacement.atMs, replacement])).values()]
      return {
        profile: {
          kind: 'register',
          resolution: 0.01,
          digits: drawn.digits,
          multiplier: drawn.multiplier,
          factor: drawn.factor,
          intervalMinutes: 15,
          stamp: 'end',
          replacements: distinct,
        },
        samples: { atMs: Float64Array.from(times), value: Float64Array.from(values, (steps) => steps / 100) },
      }
    })

const intervals: fc.Arbitrary<Story> = fc
  .record({
    startMs,
    intervalMinutes: fc.constantFrom(7, 15, 30, 60, 90, 150),
    stamp: fc.constantFrom('start' as const, 'end' as const),
    readings: fc.array(fc.tuple(fc.constantFrom(0.5, 1, 1, 1, 1, 2, 3, 40), fc.integer({ min: -50, max: 4_000 })), {
      minLength: 1,
      maxLength: 30,
    }),
    multiplier: fc.constantFrom(1, 40),
  })
  .map(({ startMs, intervalMinutes, stamp, readings, multiplier }) => {
    let at = startMs
    const times = readings.map(([intervals]) => (at += intervals * intervalMinutes * 60_000))
    return {
      profile: { kind: 'interval', resolution: 0.01, multiplier, factor: 1, intervalMinutes, stamp, replacements: [] },
      samples: { atMs: Float64Array.from(times), value: Float64Array.from(readings, ([, cents]) => cents / 100) },
    }
  })

const anyMeter = fc.oneof({ weight: 3, arbitrary: register({ replaced: true }) }, { weight: 1, arbitrary: intervals })

const isNear = (got: number, want: number): boolean => Math.abs(got - want) <= 1e-9 * Math.max(1, Math.abs(want))

describe('a register', () => {
  test('keeps the rules as the book words them', () => {
    fc.assert(
      fc.property(register({ replaced: true }), ({ profile, samples }) => {
        const { firstHourMs, amounts, flags } = settleSamples(profile, samples)
        const { hours } = settleByTheBook(profile, samples)
        expect(Array.from(flags, (flag) => HOUR_FLAGS[flag])).toEqual(hours.map((hour) => hour.flag))
        hours.forEach((hour, i) => {
          expect(firstHourMs + i * HOUR).toBe(hour.hourMs)
          if (hour.amount === null) expect(amounts[i]).toBeNaN()
          else if (!isNear(amounts[i], hour.amount)) expect(amounts[i]).toBe(hour.amount)
        })
      }),
      RUNS,
    )
  })

  test('conserves energy: Σ hours = multiplier × (last − first per piece + rollovers)', () => {
    fc.assert(
      fc.property(register({ replaced: true }), ({ profile, samples }) => {
        const { conserved } = settleByTheBook(profile, samples)
        const total = sumKnown(settleSamples(profile, samples).amounts)
        if (!isNear(total, conserved)) expect(total).toBe(conserved)
      }),
      RUNS,
    )
  })
})

test('an interval meter gives out exactly what it was given', () => {
  fc.assert(
    fc.property(intervals, ({ profile, samples }) => {
      const total = sumKnown(settleSamples(profile, samples).amounts)
      const given = sumKnown(samples.value) * profile.multiplier
      if (!isNear(total, given)) expect(total).toBe(given)
    }),
    RUNS,
  )
})

test('the order of arrival does not matter for distinct times, nor does a reading that comes again', () => {
  fc.assert(
    fc.property(
      fc.oneof(register({ replaced: true }), intervals).chain((story) => {
        const readings = Array.from(story.samples.atMs, (atMs, i) => [atMs, story.samples.value[i]])
        const again = fc.shuffledSubarray(readings)
        return fc.record({
          story: fc.constant(story),
          readings: fc.constant(readings),
          shuffled: again.chain((copies) =>
            fc.shuffledSubarray([...readings, ...copies], { minLength: readings.length + copies.length }),
          ),
        })
      }),
      ({ story: { profile }, readings, shuffled }) => {
        const meter = { ...profile, unit: 'kWh' }
        const events = profile.replacements.map(({ atMs, ...rest }) => ({ type: 'replacement', at: atMs, ...rest }))
        expect(settleCase({ id: 'x', meter, events, readings: shuffled })).toEqual(
          settleCase({ id: 'x', meter, events, readings }),
        )
      },
    ),
    RUNS,
  )
})

test('any window of a series settles to the bytes of the whole', () => {
  fc.assert(
    fc.property(anyMeter, fc.nat(60), fc.nat(30), ({ profile, samples }, skipped, length) => {
      const whole = settleSamples(profile, samples)
      const fromMs = START + skipped * HOUR
      const toMs = fromMs + length * HOUR
      const book = bookOf(whole)
      for (const hourMs of book.hours.keys()) if (hourMs < fromMs || hourMs >= toMs) book.hours.delete(hourMs)
      book.events = book.events.filter((event) => event.atMs >= fromMs && event.atMs < toMs)
      expectSameBytes(bookOf(settleSamples(profile, samples, { fromMs, toMs })), book)
    }),
    RUNS,
  )
})

// The heart of settling as readings arrive (docs/rules/settling.md#late-readings): what stands after any batch is
// what a rebuild would give.
describe('incremental settlement is byte for byte a rebuild', () => {
  const batches = (story: Story): fc.Arbitrary<Arrival[][]> => {
    const { atMs, value } = story.samples
    const final = Array.from(atMs, (at, i): Arrival => ({ atMs: at, value: value[i] }))
    // Wrong values that arrive at the same times; whichever comes last holds, right or wrong.
    const wrong = fc
      .subarray(final)
      .chain((some) =>
        fc.tuple(
          ...some.map(({ atMs, value }) =>
            fc
              .constantFrom(0, ...[-100, -101, 30_000, 50].map((by) => (Math.round(value * 100) + by) / 100))
              .map((other) => ({ atMs, value: other })),
          ),
        ),
      )
    return wrong.chain((corrected) => {
      const all = [...final, ...corrected]
      const inSomeOrder = fc.oneof(
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.constant(all),
        fc.constant([...all].reverse()),
      )
      return fc
        .tuple(inSomeOrder, fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }))
        .map(([order, sizes]) => {
          const cut: Arrival[][] = []
          for (let i = 0, k = 0; i < order.length; k++) {
            const size = sizes[k % sizes.length]
            cut.push(order.slice(i, i + size))
            i += size
          }
          return cut
        })
    })
  }

  const rows: { name: string; story: fc.Arbitrary<Story>; numRuns: number }[] = [
    { name: 'register', story: register({ replaced: false }), numRuns: 1_000 },
    { name: 'replaced register', story: register({ replaced: true }), numRuns: 1_000 },
    { name: 'interval meter', story: intervals, numRuns: 1_000 },
  ]
  test.each(rows)('$name', ({ story, numRuns }) => {
    const scene = story.chain((drawn) =>
      fc.record({
        profile: fc.constant(drawn.profile),
        batches: batches(drawn),
        reach: fc.nat(4),
        widening: fc.integer({ min: 1, max: 5 }),
      }),
    )
    fc.assert(
      fc.property(scene, ({ profile, batches, reach, widening }) => {
        const stored = new Map<number, number>()
        const book: Book = { hours: new Map(), events: [] }
        for (const batch of batches) {
          for (const { atMs, value } of batch) stored.set(atMs, value)
          const times = batch.map((reading) => reading.atMs)
          const all = sorted(stored)
          patch(book, profile, all, { fromMs: Math.min(...times), toMs: Math.max(...times) }, { reach, widening })
          expectSameBytes(book, bookOf(settleSamples(profile, all)))
          expectConserved(book, profile, all)
        }
      }),
      { numRuns },
    )
  })

  // An event that is undone, and one that is taken for what it is again, re-open what a reading at its place would.
  test('register of which events are undone and reopened', () => {
    const scene = register({ replaced: true }).chain((drawn) =>
      fc.record({
        profile: fc.constant(drawn.profile),
        batches: batches(drawn),
        reviews: fc.array(fc.option(fc.nat(50)), { minLength: 1, maxLength: 12 }),
        reach: fc.nat(4),
      }),
    )
    fc.assert(
      fc.property(scene, ({ profile: registered, batches, reviews, reach }) => {
        const stored = new Map<number, number>()
        const book: Book = { hours: new Map(), events: [] }
        const seen = new Map<string, Override & { toMs: number }>()
        let overrides: Override[] = []
        for (const [n, batch] of batches.entries()) {
          for (const { atMs, value } of batch) stored.set(atMs, value)
          const times = batch.map((reading) => reading.atMs)
          const all = sorted(stored)
          const load = { reach, widening: 2 }
          const settled = { ...registered, overrides }
          patch(book, settled, all, { fromMs: Math.min(...times), toMs: Math.max(...times) }, load)
          expectSameBytes(book, bookOf(settleSamples(settled, all)))
          for (const event of book.events.filter(changesHours)) {
            const { kind, atMs } = event
            seen.set(eventId(event), { kind, atMs, toMs: 'untilMs' in event ? event.untilMs : atMs })
          }
          const drawn = reviews[n % reviews.length]
          if (drawn === null || seen.size === 0) continue
          const { toMs, ...reviewed } = [...seen.values()][drawn % seen.size]
          const others = overrides.filter((one) => eventId(one) !== eventId(reviewed))
          overrides = others.length < overrides.length ? others : [...overrides, reviewed]
          const profile = { ...registered, overrides }
          patch(book, profile, all, { fromMs: reviewed.atMs, toMs }, load)
          expectSameBytes(book, bookOf(settleSamples(profile, all)))
        }
      }),
      RUNS,
    )
  })
})

/** Σ hours is what the book says was counted, or what intervals gave, whatever arrived in whatever order. */
function expectConserved(book: Book, profile: MeterProfile, all: Samples): void {
  const total = sumKnown([...book.hours.values()].map(({ amount }) => amount))
  const interval = profile.kind === 'interval'
  // Hours of negative amounts are unknown, with what else lies in them.
  if (interval && book.events.length > 0) return
  const want = interval ? sumKnown(all.value) * profile.multiplier : settleByTheBook(profile, all).conserved
  if (!isNear(total, want)) expect(total).toBe(want)
}
