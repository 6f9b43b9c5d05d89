// A register that a field would give: it counts at some pace, and the gateway or the meter spoils some of its readings.
// What arrives in pieces is what the whole gives, and no fault ever makes an amount.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sumKnown } from '../../../domain/settle/case.ts'
import { changesHours, eventId } from '../../../domain/settle/review.ts'
import type { MeterProfile, Override, Samples } from '../../../domain/settle/series.ts'
import { settleSamples } from '../../../domain/settle/settle.ts'
import { runsOf } from '../../campaign.ts'
import { type Arrival, type Book, bookOf, expectSameBytes, patch, sorted } from './book.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 1, 3, 2)
const CAMPAIGN_MS = 300_000
const RUNS = { numRuns: runsOf({ test: 300, campaign: 2_000 }) }

const profileOf = (given: Partial<MeterProfile>): MeterProfile => ({
  kind: 'register',
  resolution: 0.01,
  multiplier: 1,
  factor: 1,
  intervalMinutes: 60,
  stamp: 'end',
  replacements: [],
  ...given,
})

/** A fault of `length` readings from `at` on; `scale` and `higher` may go on to the end. */
const fault = fc.record({
  at: fc.integer({ min: 10, max: 50 }),
  length: fc.constantFrom(1, 2, 3, 8, 16, 100),
  kind: fc.constantFrom('zero', 'maximum', 'stale', 'wild', 'times10', 'times1000', 'higher', 'lower'),
})
type Fault = { at: number; length: number; kind: string }

function spoil(truth: readonly number[], faults: readonly Fault[]): number[] {
  const values = [...truth]
  for (const { at, length, kind } of faults) {
    // These do not go on for long: what goes on at a pace of its own is a register.
    const end = at + (kind === 'wild' || kind === 'stale' ? Math.min(length, 8) : length)
    for (let i = at; i < Math.min(values.length, end); i++) {
      if (kind === 'zero') values[i] = 0
      else if (kind === 'maximum') values[i] = 42_949_672.95
      else if (kind === 'stale') values[i] = truth[Math.max(0, at - 9)]
      else if (kind === 'wild') values[i] += 7_000 + 13 * i
      else if (kind === 'times10') values[i] = values[i] * 10
      else if (kind === 'times1000') values[i] = values[i] * 1000
      else if (kind === 'higher') values[i] += 500_000
      else values[i] = Math.max(0, values[i] - 90_000)
    }
  }
  return values.map((value) => Math.round(value * 100) / 100)
}

const scene = fc
  .record({
    start: fc.constantFrom(0, 300, 123_456),
    paces: fc.array(fc.integer({ min: 200, max: 2_000 }), { minLength: 60, maxLength: 70 }),
    faults: fc.array(fault, { maxLength: 3 }),
    direction: fc.constantFrom('forward' as const, 'forward' as const, 'bidirectional' as const),
    ratedMaxPerHour: fc.constantFrom(undefined, undefined, 200),
    swap: fc.option(
      fc.record({ at: fc.integer({ min: 2, max: 58 }), late: fc.constantFrom(0, 0, 3 * HOUR, -3 * HOUR) }),
    ),
  })
  .map(({ start, paces, faults, direction, ratedMaxPerHour, swap }) => {
    let value = start
    const truth = paces.map((pace) => (value += pace / 100))
    const times = paces.map((_, n) => START + n * HOUR)
    const values = spoil(truth, faults)
    if (swap) for (let i = swap.at; i < values.length; i++) values[i] = Math.max(0, values[i] - truth[swap.at - 1])
    const replacements = swap
      ? [{ atMs: times[swap.at] - HOUR / 2 + swap.late, finalValue: truth[swap.at - 1], startValue: 0 }]
      : []
    const rated = ratedMaxPerHour === undefined ? {} : { ratedMaxPerHour }
    const profile = profileOf({ replacements, ...rated, ...(direction === 'forward' ? {} : { direction }) })
    return {
      profile,
      truth,
      faults: faults.length,
      final: times.map((atMs, n): Arrival => ({ atMs, value: values[n] })),
    }
  })

const amounts = fc
  .record({
    amounts: fc.array(fc.integer({ min: 200, max: 2_000 }), { minLength: 40, maxLength: 60 }),
    faults: fc.array(fault, { maxLength: 2 }),
    counter: fc.option(fc.integer({ min: 0, max: 30 })),
    ratedMaxPerHour: fc.constantFrom(undefined, 200),
  })
  .map(({ amounts, faults, counter, ratedMaxPerHour }) => {
    const values = spoil(
      amounts.map((amount) => amount / 100),
      faults,
    )
    let value = 123_456
    if (counter !== null) for (let i = counter; i < counter + 15; i++) values[i] = value += 1
    const rated = ratedMaxPerHour === undefined ? {} : { ratedMaxPerHour }
    const final = values.map((value, n): Arrival => ({ atMs: START + n * HOUR, value }))
    return { profile: profileOf({ kind: 'interval', ...rated }), final }
  })

const inBatches = (final: readonly Arrival[]): fc.Arbitrary<Arrival[][]> =>
  fc
    .tuple(
      fc.oneof(
        fc.constant([...final]),
        fc.shuffledSubarray([...final], { minLength: final.length }),
        // Most in order, some late.
        fc
          .subarray([...final], { maxLength: 6 })
          .map((late) => [...final.filter((one) => !late.includes(one)), ...late]),
      ),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
    )
    .map(([order, sizes]) => {
      const cut: Arrival[][] = []
      for (let i = 0, k = 0; i < order.length; k++) {
        cut.push(order.slice(i, i + sizes[k % sizes.length]))
        i += sizes[k % sizes.length]
      }
      return cut
    })

describe('what arrives in pieces is what the whole gives', () => {
  const rows = [
    { name: 'register', story: scene },
    { name: 'interval meter', story: amounts },
  ]
  test.each(rows)(
    '$name',
    ({ story }) => {
      const drawn = (story as fc.Arbitrary<{ profile: MeterProfile; final: Arrival[] }>).chain(({ profile, final }) =>
        fc.record({
          profile: fc.constant(profile),
          batches: inBatches(final),
          reviews: fc.array(fc.option(fc.tuple(fc.nat(9), fc.boolean()), { freq: 2 }), { minLength: 1, maxLength: 5 }),
        }),
      )
      fc.assert(
        fc.property(drawn, ({ profile: registered, batches, reviews }) => {
          const stored = new Map<number, number>()
          const book: Book = { hours: new Map(), events: [] }
          const load = { reach: 2, widening: 20 }
          let overrides: Override[] = []
          for (const [n, batch] of batches.entries()) {
            for (const { atMs, value } of batch) stored.set(atMs, value)
            const times = batch.map(({ atMs }) => atMs)
            const all = sorted(stored)
            const settled = { ...registered, overrides }
            patch(book, settled, all, { fromMs: Math.min(...times), toMs: Math.max(...times) }, load)
            expectSameBytes(book, bookOf(settleSamples(settled, all)))
            const drawn = reviews[n % reviews.length]
            const events = book.events.filter(changesHours)
            if (!drawn || events.length === 0) continue
            const event = events[drawn[0] % events.length]
            const others = overrides.filter((one) => eventId(one) !== eventId(event))
            const { kind, atMs } = event
            const isAccepted = kind === 'scaleJump' && drawn[1]
            if (others.length === overrides.length)
              overrides = [...overrides, isAccepted ? { kind, atMs, accepted: true } : { kind, atMs }]
            else overrides = others
            const profile = { ...registered, overrides }
            const toMs = 'untilMs' in event ? event.untilMs : atMs
            patch(book, profile, all, { fromMs: atMs, toMs, isReview: kind !== 'overflow' }, load)
            expectSameBytes(book, bookOf(settleSamples(profile, all)))
          }
        }),
        RUNS,
      )
    },
    CAMPAIGN_MS,
  )
})

test(
  'faults never make an amount: the total is at most that of the register',
  () => {
    fc.assert(
      fc.property(scene, fc.infiniteStream(fc.boolean()), ({ profile, truth, final, faults }, kept) => {
        // A small register cannot tell a wild value from a busy hour.
        if (
          profile.direction === 'bidirectional' ||
          profile.replacements.length > 0 ||
          truth[0] < 100_000 ||
          faults > 1
        )
          return
        // The first days and the last are kept: without them nothing is known of the pace.
        const left = final.filter((_, n) => n < 10 || n > final.length - 4 || kept.next().value)
        const samples: Samples = sorted(new Map(left.map(({ atMs, value }) => [atMs, value])))
        const total = sumKnown(settleSamples(profile, samples).amounts)
        const most = (truth.at(-1) ?? 0) - truth[0]
        expect(total).toBeLessThanOrEqual(most + 1)
      }),
      RUNS,
    )
  },
  CAMPAIGN_MS,
)
