// Rules tried on hours of the past, each against hours that can be counted by hand.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dayStartMs, HOUR_MS } from '../../../domain/calendar.ts'
import {
  type BuildingRule,
  buildingRuleSchema,
  type DemandRule,
  type LeakRule,
  proposedCommands,
  type SetBackRule,
} from '../../../domain/control/building-rule.ts'
import { type PastHours, simulateRule } from '../../../domain/control/simulate.ts'

const START_MS = dayStartMs(20_000)
const days = (count: number, amountOf: (day: number, hour: number) => number): PastHours => ({
  startMs: START_MS,
  amounts: Float64Array.from({ length: 24 * count }, (_, index) => amountOf(Math.floor(index / 24), index % 24)),
})

const setBack: SetBackRule = {
  ...{ kind: 'nightSetBack', fromHour: 22, toHour: 6, savedShare: 0.1 },
  ...{ address: 100, night: 160, day: 200 },
}
const leak: LeakRule = { kind: 'leak', fromHour: 2, toHour: 5, limit: 0.2, nights: 2 }
const demand: DemandRule = { kind: 'demandLimit', limit: 100, restoreBelow: 80, load: 'L' }

test('a night set-back saves the share that was assumed, and at most what is above the lowest hour', () => {
  const found = simulateRule(
    setBack,
    days(2, (_, hour) => (hour >= 22 || hour < 6 ? 10 : 4)),
  )
  // 00–06, 22–06 and 22–24 of two days.
  expect(found.acts.map(({ fromMs, toMs }) => (toMs - fromMs) / HOUR_MS)).toEqual([6, 8, 2])
  expect(found).toMatchObject({ count: 3, hours: 48, hoursUnknown: 0, savedAtMost: 16 * 6, highest: null })
  expect(found.saved).toBeCloseTo(16)
})

test('a leak is found at the end of the second night and runs until a tight one', () => {
  const found = simulateRule(
    leak,
    days(6, (day, hour) => (day >= 1 && day < 4 ? 0.5 : 0) + (hour === 12 ? 2 : 0)),
  )
  // Nights of days 1 and 2 leak: found at 05:00 of day 2, over at 02:00 of day 4.
  expect(found.acts).toHaveLength(1)
  const [act] = found.acts
  expect((act.fromMs - START_MS) / HOUR_MS).toBe(2 * 24 + 5)
  expect((act.toMs - START_MS) / HOUR_MS).toBe(4 * 24 + 2)
  // 43 hours at 0.5 m³ until the end of day 3, and two dry ones; the water at noon was wanted.
  expect(found.saved).toBeCloseTo(43 * 0.5)
  expect(act.amount).toBeCloseTo(43 * 0.5 + 4)
})

test('one leaking night proposes nothing, and a night with an unknown hour proves nothing', () => {
  expect(
    simulateRule(
      leak,
      days(4, (day) => (day === 1 ? 0.5 : 0)),
    ).count,
  ).toBe(0)
  const unknown = days(3, (day, hour) => (day === 1 && hour === 3 ? Number.NaN : 0.5))
  expect(simulateRule(leak, unknown)).toMatchObject({ count: 1, hoursUnknown: 1 })
  expect(simulateRule({ ...leak, nights: 3 }, unknown).count).toBe(0)
})

test('a load is shed after the hour above the limit and comes back when the rest is low', () => {
  const meter = days(1, (_, hour) => (hour >= 10 && hour < 14 ? 130 : 60))
  const load = days(1, () => 20)
  const found = simulateRule(demand, meter, load)
  // Hour 10 is above; off from 11 on; hour 14 (60 − 20) is low enough.
  expect(found.acts).toEqual([
    { fromMs: START_MS + 11 * HOUR_MS, toMs: START_MS + 15 * HOUR_MS, amount: 80, saved: 80 },
  ])
  expect(found.highest).toEqual({ before: 130, after: 130 })
  const early = simulateRule({ ...demand, limit: 50, restoreBelow: 10 }, meter, load)
  expect(early.highest).toEqual({ before: 130, after: 110 })
})

test('no rule saves more than was used in its time, or anything of unknown hours', () => {
  const amount = fc.oneof(
    { weight: 5, arbitrary: fc.double({ min: 0, max: 200, noNaN: true }) },
    fc.constant(Number.NaN),
  )
  const hours = fc.array(amount, { minLength: 1, maxLength: 24 * 12 })
  fc.assert(
    fc.property(hours, fc.constantFrom<BuildingRule>(setBack, leak, demand), (amounts, rule) => {
      const meter = { startMs: START_MS, amounts: Float64Array.from(amounts) }
      const load = { startMs: START_MS, amounts: meter.amounts.map((one) => one / 3) }
      const { acts, saved, highest } = simulateRule(rule, meter, rule.kind === 'demandLimit' ? load : undefined)
      const used = amounts.filter((one) => !Number.isNaN(one)).reduce((a, b) => a + b, 0)
      expect(saved).toBeLessThanOrEqual(used * 1.000001 + 1e-9)
      for (const act of acts) expect(act.saved).toBeLessThanOrEqual(act.amount * 1.000001 + 1e-9)
      for (const [index, act] of acts.entries()) {
        expect(act.toMs).toBeGreaterThan(act.fromMs)
        if (index > 0) expect(act.fromMs).toBeGreaterThanOrEqual(acts[index - 1].toMs)
      }
      if (highest) expect(highest.after).toBeLessThanOrEqual(highest.before)
    }),
  )
})

test.each([
  [{ ...setBack, toHour: 22 }, 'toHour'],
  [{ ...demand, restoreBelow: 101 }, 'restoreBelow'],
  [{ ...leak, nights: 0 }, 'nights'],
  [{ kind: 'explode' }, 'kind'],
])('%j is refused', (rule, at) => {
  expect(buildingRuleSchema.safeParse(rule).error?.issues[0].path).toEqual([at])
})

test('says the commands that a person would confirm', () => {
  expect(proposedCommands(setBack, 'H').map(({ name, arguments: given }) => [name, given.value])).toEqual([
    ['writeRegister', 160],
    ['writeRegister', 200],
  ])
  expect(proposedCommands(leak, 'W')).toEqual([{ when: 'leakFound', name: 'valveClose', arguments: { meter: 'W' } }])
  expect(proposedCommands(demand, 'E').map(({ arguments: given }) => given.meter)).toEqual(['L', 'L'])
})
