// A pace holds in any second, whatever is asked of it and whenever.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pace } from '../../devices/pace.ts'

test('spends in no second more than it may, and never stops', () => {
  const costs = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.double({ min: 0, max: 700, noNaN: true })), {
    minLength: 1,
    maxLength: 200,
  })
  fc.assert(
    fc.property(
      costs,
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 5, max: 20 }),
      (asked, perSecond, atOnce) => {
        const pace = new Pace({ perSecond, atOnce })
        const spent: { units: number; atMs: number }[] = []
        let nowMs = 0
        for (const [units, idleMs] of asked) {
          nowMs += idleMs
          nowMs += pace.waitMs(units, nowMs)
          pace.spend(units, nowMs)
          spent.push({ units, atMs: nowMs })
        }
        for (const { atMs } of spent) {
          const within = spent.filter((one) => one.atMs >= atMs && one.atMs < atMs + 1000)
          expect(within.reduce((sum, { units }) => sum + units, 0)).toBeLessThanOrEqual(perSecond + atOnce + 1e-6)
        }
        const units = spent.reduce((sum, one) => sum + one.units, 0)
        const idleMs = asked.reduce((sum, [, idle]) => sum + idle, 0)
        expect(nowMs).toBeLessThanOrEqual(idleMs + (units / perSecond) * 1000 + 1e-6)
      },
    ),
  )
})

test('lets what is larger than a burst go when nothing is owed', () => {
  const pace = new Pace({ perSecond: 10, atOnce: 2 })
  expect(pace.waitMs(100, 0)).toBe(0)
  pace.spend(100, 0)
  expect(pace.waitMs(1, 0)).toBe(9_900)
})

test('without a limit nobody waits', () => {
  const pace = new Pace({ perSecond: Number.POSITIVE_INFINITY, atOnce: Number.POSITIVE_INFINITY })
  pace.spend(1e9, 5)
  expect(pace.waitMs(1e9, 5)).toBe(0)
})
