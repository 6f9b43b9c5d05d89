// What must hold for alerts under any sequence of findings, acknowledgements and escalations, in any order of time.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Limits } from '../../../domain/alert/finding.ts'
import {
  type Alert,
  type AlertEvent,
  acknowledge,
  advance,
  advanceAll,
  alertSlot,
  canReopen,
  escalate,
  isOpen,
} from '../../../domain/alert/life.ts'
import { DAY, finding, MINUTE, NOW } from './asked.ts'

const RUNS = { numRuns: 2_000 }
const SUBJECTS = ['A', 'B', 'C']

const value = fc.option(fc.integer({ min: 0, max: 20 }), { nil: null })
const wait = fc.integer({ min: -5, max: 90 })
const limits = fc.record({
  raiseAfterMinutes: fc.constantFrom(0, 20),
  clearAfterMinutes: fc.constantFrom(0, 20),
  reopenWithinMinutes: fc.constantFrom(0, 60),
})
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('judge' as const), values: fc.tuple(value, value, value), wait, limits }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('acknowledge' as const), subject: fc.constantFrom(...SUBJECTS), wait }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('escalate' as const), subject: fc.constantFrom(...SUBJECTS), wait }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('switchOff' as const), subject: fc.constantFrom(...SUBJECTS), wait }),
  },
)

test('one open alert per subject and kind; histories only grow and are in order; each alert lives once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const slots = new Map<string, Alert>()
      const everything = new Map<string, Alert>()
      const told: AlertEvent[] = []
      let nowMs = NOW
      const keep = (alert: Alert): void => {
        const before = everything.get(alert.id)
        expect(alert.history.slice(0, before?.history.length ?? 0)).toEqual(before?.history ?? [])
        everything.set(alert.id, alert)
        slots.set(alertSlot(alert), alert)
      }
      for (const one of steps) {
        nowMs += one.wait * MINUTE
        if (one.do === 'judge') {
          const findings = SUBJECTS.map((id, index) => finding(one.values[index], one.limits, id))
          const { changed, dropped, events } = advanceAll([...slots.values()], findings, nowMs)
          for (const alert of dropped) slots.delete(alertSlot(alert))
          changed.forEach(keep)
          told.push(...events)
          continue
        }
        const alert = slots.get(`pueOverLimit:${one.subject}`)
        if (!alert) continue
        const next =
          one.do === 'acknowledge'
            ? acknowledge(alert, { who: 'li' }, nowMs)
            : one.do === 'escalate'
              ? escalate(alert, nowMs)
              : advance(alert, finding(20, { enabled: false }, one.subject), nowMs)
        if (next.alert) keep(next.alert)
        told.push(...next.events)
      }

      const all = [...everything.values()]
      const open = all.filter(isOpen).map(alertSlot)
      expect(new Set(open).size).toBe(open.length)
      // Everything that was told stands in a history, and nothing else does.
      expect(all.flatMap(({ history }) => history).length).toBe(told.length)
      for (const { history } of all) {
        expect(history.map(({ atMs }) => atMs)).toEqual(history.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
        const course = history.map(({ what }) => what).join(' ')
        expect(course).toMatch(
          /^$|^raised( escalated)*( acknowledged)?( cleared reopened( escalated)*( acknowledged)?)*( cleared)?$/,
        )
      }
    }),
    RUNS,
  )
})

test('what swings within the band raises nothing and clears nothing', () => {
  const within = fc.array(fc.integer({ min: 9, max: 10 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(fc.boolean(), within, wait, limits, (isRaised, values, minutes, set) => {
      let alert: Alert | undefined = isRaised ? advance(undefined, finding(11), NOW).alert : undefined
      const before = alert?.history
      values.forEach((swing, index) => {
        const next = advance(alert, finding(swing, set), NOW + index * Math.abs(minutes) * MINUTE)
        expect(next.events).toEqual([])
        alert = next.alert
      })
      expect(alert?.history).toEqual(before)
    }),
    RUNS,
  )
})

const DAYS = 90
/**
 * A value a day, as of quota and dual control, judged through the rounds of a store that forgets what may not come
 * back.
 */
function livedThrough(values: readonly number[], set: Partial<Limits>): AlertEvent[] {
  let kept: Alert[] = []
  return values.flatMap((daily, day) => {
    const { changed, dropped, events } = advanceAll(kept, [finding(daily, set)], NOW + day * DAY)
    const gone = [...changed, ...dropped].map(({ id }) => id)
    kept = [...kept.filter(({ id }) => !gone.includes(id)), ...changed].filter(
      (alert) => alert.state !== 'cleared' || canReopen(alert, NOW + day * DAY),
    )
    return events
  })
}
const daily = fc.record({
  raiseAfterMinutes: fc.constantFrom(0, 24 * 60, 3 * 24 * 60),
  clearAfterMinutes: fc.constantFrom(0, 24 * 60, 3 * 24 * 60),
  reopenWithinMinutes: fc.constantFrom(7 * 24 * 60, 30 * 24 * 60),
})

test('what wanders within the band for weeks, after whatever came first, raises at most once', () => {
  const first = fc.array(fc.double({ min: 10.01, max: 20, noNaN: true }), { maxLength: 5 })
  const band = fc.array(fc.double({ min: 8.01, max: 10, noNaN: true }), { minLength: DAYS, maxLength: DAYS })
  fc.assert(
    fc.property(first, band, daily, (above, within, set) => {
      const told = livedThrough([...above, ...within], set).map(({ what }) => what)
      expect(told.length).toBeLessThanOrEqual(1)
      expect(told.every((what) => what === 'raised')).toBe(true)
    }),
    RUNS,
  )
})

test('what swings across the limit is one alert that stays open, not one for each swing', () => {
  /** Below and above, each at least as long as it takes to be believed the first time, and shorter than a week. */
  const swing = fc.record({ above: fc.integer({ min: 4, max: 6 }), below: fc.integer({ min: 1, max: 6 }) })
  fc.assert(
    fc.property(fc.array(swing, { minLength: 12, maxLength: 12 }), daily, (swings, set) => {
      const values = swings.flatMap(({ above, below }) => [...Array(above).fill(11), ...Array(below).fill(5)])
      const events = livedThrough([...values, 11], set)
      expect(new Set(events.map(({ alert }) => alert)).size).toBe(1)
      const course = events.filter(({ what }) => what !== 'escalated').map(({ what }) => what)
      // Told of one clearing at most: who came back is believed only after a week or a month.
      expect(course.join(' ')).toMatch(/^raised( cleared reopened)?$/)
    }),
    RUNS,
  )
})

test('what swings from day to day is one alert where the rule raises at once, and none where it asks for more', () => {
  fc.assert(
    fc.property(daily, fc.integer({ min: 20, max: DAYS }), (set, days) => {
      const values = Array.from({ length: days }, (_, day) => (day % 2 === 0 ? 11 : 5))
      const alerts = new Set(livedThrough(values, set).map(({ alert }) => alert))
      expect(alerts.size).toBe(set.raiseAfterMinutes === 0 ? 1 : 0)
    }),
    RUNS,
  )
})
