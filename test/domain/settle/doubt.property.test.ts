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
/** Series of ten days take ten times as long. */
const LONG_RUNS = { numRuns: runsOf({ test: 60, campaign: 1_000 }) }

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
  kind: fc.constantFrom(
    'zero',
    'maximum',
    'stale',
    'wild',
    'times10',
    'times1000',
    'over10',
    'over1000',
    'higher',
    'lower',
  ),
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
      else if (kind === 'over10') values[i] /= 10
      else if (kind === 'over1000') values[i] /= 1000
      else if (kind === 'negative') values[i] *= -1
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
    /** From hour to hour of the scene it runs both ways. */
    netHours: fc.constantFrom(undefined, undefined, { from: -1, to: 99 }, { from: 24, to: 99 }, { from: 15, to: 40 }),
    ratedMaxPerHour: fc.constantFrom(undefined, undefined, 200),
    swap: fc.option(
      fc.record({ at: fc.integer({ min: 2, max: 58 }), late: fc.constantFrom(0, 0, 3 * HOUR, -3 * HOUR) }),
    ),
  })
  .map(({ start, paces, faults, netHours, ratedMaxPerHour, swap }) => {
    let value = start
    const truth = paces.map((pace) => (value += pace / 100))
    const times = paces.map((_, n) => START + n * HOUR)
    const values = spoil(truth, faults)
    if (swap) for (let i = swap.at; i < values.length; i++) values[i] = Math.max(0, values[i] - truth[swap.at - 1])
    const replacements = swap
      ? [{ atMs: times[swap.at] - HOUR / 2 + swap.late, finalValue: truth[swap.at - 1], startValue: 0 }]
      : []
    const rated = ratedMaxPerHour === undefined ? {} : { ratedMaxPerHour }
    const directionFrom = netHours && [
      { fromMs: Number.NEGATIVE_INFINITY, direction: 'forward' as const },
      { fromMs: START + netHours.from * HOUR, direction: 'bidirectional' as const },
      { fromMs: START + netHours.to * HOUR, direction: 'forward' as const },
    ]
    const profile = profileOf({ replacements, ...rated, ...(directionFrom && { directionFrom }) })
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

/** Amounts of a week and more with the same shape each day, or flat, of which a part has another scale. */
const scaledDays = fc
  .record({
    shape: fc.array(fc.integer({ min: 200, max: 700 }), { minLength: 1, maxLength: 24 }),
    noise: fc.infiniteStream(fc.integer({ min: 90, max: 110 })),
    isNoisy: fc.boolean(),
    scales: fc.array(
      fc.record({
        at: fc.integer({ min: 20, max: 200 }),
        length: fc.constantFrom(10, 26, 50, 170, 300),
        power: fc.constantFrom(1, -1, 2, -2),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    gap: fc.option(fc.record({ at: fc.integer({ min: 5, max: 230 }), length: fc.integer({ min: 1, max: 30 }) })),
  })
  .map(({ shape, noise, isNoisy, scales, gap }) => {
    const values = Array.from({ length: 240 }, (_, n) => {
      const wobble = isNoisy ? (noise.next().value ?? 100) : 100
      return (shape[n % shape.length] * wobble) / 100
    })
    for (const { at, length, power } of scales)
      for (let n = at; n < Math.min(values.length, at + length); n++) values[n] *= 10 ** power
    const final = values
      .map((value, n): Arrival => ({ atMs: START + n * HOUR, value }))
      .filter((_, n) => !gap || n < gap.at || n >= gap.at + gap.length)
    return { profile: profileOf({ kind: 'interval' }), final }
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
      fc.array(fc.integer({ min: 1, max: final.length > 100 ? 60 : 9 }), { minLength: 1, maxLength: 6 }),
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
    { name: 'register', story: scene, runs: RUNS },
    { name: 'interval meter', story: amounts, runs: RUNS },
    { name: 'interval meter that changes its scale', story: scaledDays, runs: LONG_RUNS },
  ]
  test.each(rows)(
    '$name',
    ({ story, runs }) => {
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
        runs,
      )
    },
    CAMPAIGN_MS,
  )
})

describe('an interval meter that changes its scale', () => {
  const DAYS = 12
  const flat = Array<number>(DAYS * 24).fill(2)
  const shaped = flat.map((_, n) => (n % 24 > 7 && n % 24 < 18 ? 9 : 3) + ((n * 7) % 5) / 10)
  const scaled = (values: readonly number[], from: number, to: number, times: number) =>
    values.map((value, n) => (n >= from && n < to ? value * times : value))
  const eventsOf = (values: readonly number[], overrides: Override[] = []) => {
    const profile = profileOf({ kind: 'interval', overrides })
    const series = settleSamples(profile, sorted(new Map(values.map((value, n) => [START + n * HOUR, value]))))
    return { events: series.events, total: sumKnown(series.amounts) }
  }
  const cases: [name: string, values: readonly number[], from: number, to: number, times: number][] = [
    ['flat, tenfold to the end', flat, 200, flat.length, 10],
    ['shaped, tenfold for five days', shaped, 100, 220, 10],
    ['shaped, MWh for kWh', shaped, 199, 260, 0.001],
    ['flat, a hundredfold for a day and a half', flat, 170, 206, 100],
  ]
  test.each(cases)('%s: unknown, and right once accepted', (_, values, from, to, times) => {
    const sent = scaled(values, from, to, times)
    const { events, total } = eventsOf(sent)
    const atMs = START + (from - 1) * HOUR
    expect(events).toMatchObject([{ kind: 'scaleJump', atMs, factor: times, proposed: 'scaled' }])
    expect(total).toBeCloseTo(sumKnown(values.filter((_, n) => n < from || n >= to)), 6)
    const right = eventsOf(sent, [{ kind: 'scaleJump', atMs, accepted: true }]).total
    expect(right).toBeCloseTo(sumKnown(values), 6)
  })
  test('one that returns behind a gap, reading by reading', () => {
    const profile = { ...profileOf({ kind: 'interval' }), overrides: [] }
    const stored = new Map<number, number>()
    const book: Book = { hours: new Map(), events: [] }
    for (const [n, value] of scaled(shaped, 28, 197, 10).entries()) {
      if (n === 197) continue
      const atMs = START + n * HOUR
      stored.set(atMs, value)
      patch(book, profile, sorted(stored), { fromMs: atMs, toMs: atMs }, { reach: 2, widening: 20 })
      expectSameBytes(book, bookOf(settleSamples(profile, sorted(stored))))
    }
    expect(book.events).toMatchObject([{ kind: 'scaleJump', untilMs: START + 196 * HOUR, factor: 10 }])
  })
  test('an amount that is given back is unknown, unless the meter counts both ways', () => {
    const sent = shaped.map((value, n) => (n === 150 || n === 151 ? -10 * value : value))
    const atMs = START + 149 * HOUR
    expect(eventsOf(sent).events).toMatchObject([{ kind: 'jump', atMs, untilMs: atMs + 2 * HOUR, proposed: 'dropped' }])
    const both = profileOf({ kind: 'interval', direction: 'bidirectional' })
    const readings = new Map(sent.map((value, n) => [START + n * HOUR, value]))
    expect(settleSamples(both, sorted(readings)).events).toEqual([])
  })
  test('a building that opens, a leak and a holiday are none', () => {
    const opened = shaped.map((value, n) => (n % 24 > 7 && n % 24 < 18 && n > 120 ? value * 10 : value))
    const leaks = shaped.map((value, n) => (n > 130 ? value + 40 : value))
    const shut = flat.map((value, n) => (n > 140 && n < 200 ? value / 7 : value))
    for (const values of [opened, leaks, shut]) expect(eventsOf(values).events).toEqual([])
  })
})

test('the end of a counter is no doubt of its own when readings arrive one by one', () => {
  const counter = Array.from({ length: 14 }, (_, n) => 123_457 + n)
  const high = Array.from({ length: 8 }, (_, n) => 7_200 + 17 * n)
  const profile = { ...profileOf({ kind: 'interval', ratedMaxPerHour: 200 }), overrides: [] }
  const stored = new Map<number, number>()
  const book: Book = { hours: new Map(), events: [] }
  for (const [n, value] of [7, ...counter, undefined, 4, 16, ...high, ...Array<number>(20).fill(9)].entries()) {
    if (value === undefined) continue
    const atMs = START + n * HOUR
    stored.set(atMs, value)
    patch(book, profile, sorted(stored), { fromMs: atMs, toMs: atMs }, { reach: 2, widening: 20 })
    expectSameBytes(book, bookOf(settleSamples(profile, sorted(stored))))
  }
})

test(
  'faults never make an amount: the total is at most that of the register',
  () => {
    fc.assert(
      fc.property(scene, fc.infiniteStream(fc.boolean()), ({ profile, truth, final, faults }, kept) => {
        // A small register cannot tell a wild value from a busy hour.
        if (profile.directionFrom || profile.replacements.length > 0 || truth[0] < 100_000 || faults > 1) return
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

test('a rise of exactly J is no edge of a dropout, despite the rounding of doubles', () => {
  const readings: [number, number][] = [
    ...([
      [60_000, 53.48],
      [120_000, 56.75],
      [120_001, 64.13],
      [120_002, 63.12],
      [180_002, 64.12],
    ] as const),
    ...([
      [240_002, 63.12],
      [300_002, 63.13],
      [1_500_002, 463.13],
    ] as const),
  ].map(([ms, value]) => [START + ms, value])
  const { events } = settleSamples(profileOf({ intervalMinutes: 15 }), sorted(new Map(readings)))
  expect(events.map(({ kind }) => kind)).toEqual(['spike', 'negativeStep'])
})
