// Settles as a service does, for tests: loads a few readings around the touched ones, widens while told to, and
// replaces what the window holds.

import { expect } from 'vitest'
import { NO_HOUR } from '../../../domain/hours.ts'
import type { HourSeries, MeterProfile, Samples } from '../../../domain/settle/series.ts'
import { planWindow, settleSamples, widenedTouch } from '../../../domain/settle/settle.ts'
import type { TouchedSpan } from '../../../domain/settle/window.ts'

const HOUR = 3_600_000

export interface Arrival {
  atMs: number
  value: number
}
export interface Book {
  hours: Map<number, { amount: number; flag: number }>
  events: HourSeries['events']
}

export function bookOf({ firstHourMs, amounts, flags, events }: HourSeries): Book {
  const hours = new Map<number, { amount: number; flag: number }>()
  amounts.forEach((amount, i) => {
    hours.set(firstHourMs + i * HOUR, { amount, flag: flags[i] })
  })
  return { hours, events }
}

/** toEqual compares numbers as Object.is does: NaN equals NaN, and every bit of a double counts. */
export function expectSameBytes(got: Book, want: Book): void {
  expect([...got.hours].sort(([a], [b]) => a - b)).toEqual([...want.hours])
  expect(got.events).toEqual(want.events)
}

export function sorted(stored: Map<number, number>): Samples {
  const rows = [...stored].sort(([a], [b]) => a - b)
  return { atMs: Float64Array.from(rows, ([at]) => at), value: Float64Array.from(rows, ([, value]) => value) }
}

/** Settles what a touched span can change; `load`: readings loaded beside it at first, and more each time. */
export function patch(
  book: Book,
  profile: MeterProfile,
  all: Samples,
  touched: TouchedSpan,
  load: { reach: number; widening: number },
): void {
  const count = all.atMs.length
  let from = Math.max(0, all.atMs.findIndex((ms) => ms >= touched.fromMs) - load.reach)
  let to = Math.min(count, all.atMs.findLastIndex((ms) => ms <= touched.toMs) + 1 + load.reach)
  for (let span: TouchedSpan = touched; ; ) {
    const loaded = { atMs: all.atMs.subarray(from, to), value: all.value.subarray(from, to) }
    const plan = planWindow(profile, loaded, span, { reachesStart: from === 0, reachesEnd: to === count })
    if ('more' in plan) {
      if (plan.more === 'before') {
        expect(from).toBeGreaterThan(0)
        from = Math.max(0, from - load.widening)
      } else {
        expect(to).toBeLessThan(count)
        to = Math.min(count, to + load.widening)
      }
      continue
    }
    const isOutside = (ms: number): boolean => ms < plan.fromMs || ms >= plan.toMs
    const series = settleSamples(profile, loaded, plan)
    const flagAt = (hourMs: number): number => book.hours.get(hourMs)?.flag ?? NO_HOUR
    const state = { flagAt, endsInDoubt: series.endsInDoubt ?? false, lastMs: all.atMs[count - 1] }
    const wider = widenedTouch(span, plan, state)
    if (wider) {
      span = wider
      continue
    }
    const fresh = bookOf(series)
    for (const hourMs of book.hours.keys()) if (!isOutside(hourMs)) book.hours.delete(hourMs)
    for (const [hourMs, hour] of fresh.hours) book.hours.set(hourMs, hour)
    const before = book.events.filter((event) => event.atMs < plan.fromMs)
    const after = book.events.filter((event) => event.atMs >= plan.toMs)
    book.events = [...before, ...fresh.events, ...after]
    return
  }
}
