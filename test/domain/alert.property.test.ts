// What must hold for alerts under any sequence of findings, acknowledgements and escalations, in any order of time.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Alert,
  type AlertEvent,
  acknowledge,
  advance,
  advanceAll,
  alertSlot,
  escalate,
  isOpen,
} from '../../domain/alert.ts'
import { finding, MINUTE, NOW } from './alert-asked.ts'

const RUNS = { numRuns: 2_000 }
const SUBJECTS = ['A', 'B', 'C']

const value = fc.option(fc.integer({ min: 0, max: 20 }), { nil: null })
const wait = fc.integer({ min: -5, max: 90 })
const limits = fc.record({
  raiseAfterMinutes: fc.constantFrom(0, 20),
  clearAfterMinutes: fc.constantFrom(0, 20),
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
        expect(course).toMatch(/^$|^raised( escalated)*( acknowledged)?( cleared)?$/)
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
