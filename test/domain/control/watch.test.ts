// A rule in force sees what its simulation sees, however the hours come, and gives each order once.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY_MS, dayStartMs, HOUR_MS, MINUTE_MS } from '../../../domain/calendar.ts'
import type { BuildingRule } from '../../../domain/control/building-rule.ts'
import { advanced, decided, hasBegun, withDueOrder } from '../../../domain/control/orders.ts'
import { type PastHours, simulateRule } from '../../../domain/control/simulate.ts'
import { isOpenOrder, permissionProblem, type RuleOrder, type StoredRule } from '../../../domain/control/stored-rule.ts'
import { newWatch, type RuleWatch, watchedOn } from '../../../domain/control/watch.ts'

const START_MS = dayStartMs(20_000)
const setBack: BuildingRule = {
  ...{ kind: 'nightSetBack', fromHour: 22, toHour: 6, savedShare: 0.1 },
  ...{ address: 100, night: 160, day: 200 },
}
const leak: BuildingRule = { kind: 'leak', fromHour: 1, toHour: 5, limit: 0.2, nights: 2 }
const demand: BuildingRule = { kind: 'demandLimit', limit: 100, restoreBelow: 80, load: 'L' }

const part = ({ startMs, amounts }: PastHours, from: number, to: number): PastHours => ({
  startMs: startMs + from * HOUR_MS,
  amounts: amounts.slice(from, to),
})

/** Runs of the watch at these numbers of hours that are over; the times at which it changed. */
function seenAt(rule: BuildingRule, runs: readonly number[], meter: PastHours, load?: PastHours): RuleWatch[] {
  const changes: RuleWatch[] = []
  let watch = newWatch(START_MS)
  for (const end of runs) {
    const from = (watch.lookedMs - START_MS) / HOUR_MS
    if (from >= end) continue
    const before = watch.changedMs
    watch = watchedOn(rule, watch, part(meter, from, end), load && part(load, from, end))
    if (watch.changedMs !== before) changes.push(watch)
  }
  return changes
}

const amount = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(0, 0.1, 0.5, 60, 90, 130) }, fc.constant(Number.NaN))
const DAYS = 6
const series = fc
  .array(amount, { minLength: DAYS * 24, maxLength: DAYS * 24 })
  .map((amounts): PastHours => ({ startMs: START_MS, amounts: Float64Array.from(amounts) }))
const everyHour = Array.from({ length: DAYS * 24 }, (_, index) => index + 1)

test('a demand limit in force sheds and restores when its simulation does, whenever it is looked at', () => {
  fc.assert(
    fc.property(series, series, fc.subarray(everyHour), (meter, load, some) => {
      const changes = seenAt(demand, everyHour, meter, load)
      const spans: [number, number][] = []
      for (const { isOn, changedMs } of changes)
        if (isOn) spans.push([changedMs as number, START_MS + DAYS * DAY_MS])
        else if (spans.length > 0) spans[spans.length - 1][1] = changedMs as number
      const acts = simulateRule(demand, meter, load).acts.map(({ fromMs, toMs }) => [fromMs, toMs])
      expect(spans.filter(([from, to]) => to > from)).toEqual(acts)
      // Seldom runs end with the same state.
      const stateAfter = (runs: readonly number[]) => {
        const { isOn, changedMs } = seenAt(demand, runs, meter, load).at(-1) ?? newWatch(START_MS)
        return { isOn, changedMs }
      }
      expect(stateAfter([...some, DAYS * 24])).toEqual(stateAfter(everyHour))
    }),
  )
})

test('a leak in force is found at the hour at which its simulation finds it', () => {
  fc.assert(
    fc.property(series, (meter) => {
      const found = seenAt(leak, everyHour, meter).flatMap(({ isOn, changedMs }) => (isOn ? [changedMs] : []))
      const last = meter.amounts.findLastIndex((one) => !Number.isNaN(one)) + 1
      const acts = simulateRule(leak, meter).acts.map(({ fromMs }) => fromMs)
      // A night whose last hours never come is not over for a rule in force.
      expect(found).toEqual(acts.filter((ms) => ms <= START_MS + last * HOUR_MS))
    }),
  )
})

const PERMITTED_MS = START_MS + 12 * HOUR_MS
const stored = (rule: BuildingRule, more: Partial<StoredRule> = {}): StoredRule => ({
  ...{ id: 'r1', meter: 'M', rule, by: 'zhang', atMs: START_MS },
  trial: {
    ...{ by: 'zhang', atMs: START_MS, fromMs: 0, toMs: 0, hours: 240, hoursUnknown: 0, count: 1, saved: 1 },
  },
  permission: {
    ...{ by: 'zhang', byId: null, fromMs: PERMITTED_MS, untilMs: PERMITTED_MS + 30 * DAY_MS },
    ...{ endedMs: null, endedBy: null },
  },
  ...more,
})
const done = (orders: readonly RuleOrder[]): RuleOrder[] =>
  orders.map((one) => (isOpenOrder(one) ? { ...one, state: 'done', mayHaveActed: true } : one))
const at = (nowMs: number, watch?: RuleWatch) => ({ watch, nowMs })
const NIGHT_MS = START_MS + 22 * HOUR_MS

test('a set-back orders the night and the day once each, in the name of who permitted it', () => {
  const rule = stored(setBack)
  // At noon, in the middle of the day, nothing is due: the day was not begun by the rule.
  expect(withDueOrder(rule, [], at(PERMITTED_MS))).toEqual([])
  let orders = withDueOrder(rule, [], at(NIGHT_MS))
  expect(orders).toMatchObject([
    { when: 'nightBegins', state: 'confirmed', by: 'zhang', arguments: { meter: 'M', address: 100, value: 160 } },
  ])
  expect(withDueOrder(rule, orders, at(NIGHT_MS + 5 * HOUR_MS))).toBe(orders)
  orders = withDueOrder(rule, done(orders), at(NIGHT_MS + 8 * HOUR_MS))
  expect(orders[1]).toMatchObject({ when: 'nightEnds', state: 'confirmed', arguments: { value: 200 } })
  expect(hasBegun(orders)).toBe(true)
  expect(hasBegun(done(orders))).toBe(false)
})

test('a set-back whose night was not begun does not end it', () => {
  const orders = withDueOrder(stored(setBack), [], at(NIGHT_MS))
  const refused = orders.map((one): RuleOrder => ({ ...one, state: 'refused' }))
  expect(withDueOrder(stored(setBack), refused, at(NIGHT_MS + 8 * HOUR_MS))).toBe(refused)
})

test.each([
  ['was withdrawn', { endedMs: NIGHT_MS - 1, endedBy: 'li' }],
  ['has run out', { untilMs: NIGHT_MS }],
  ['begins in the night', { fromMs: NIGHT_MS + 1 }],
])('a permission that %s begins no night', (_, more) => {
  const { permission } = stored(setBack)
  const rule = stored(setBack, { permission: permission && { ...permission, ...more } })
  expect(withDueOrder(rule, [], at(NIGHT_MS + HOUR_MS))).toEqual([])
  expect(withDueOrder(stored(setBack, { permission: null }), [], at(NIGHT_MS))).toEqual([])
})

test('what a withdrawn permission has begun is proposed to be ended; what one that ran out has begun is ended', () => {
  const on: RuleWatch = { ...newWatch(PERMITTED_MS), isOn: true, changedMs: PERMITTED_MS + HOUR_MS }
  const nowMs = PERMITTED_MS + 2 * HOUR_MS
  const rule = stored(demand)
  const begun = done(withDueOrder(rule, [], at(nowMs, on)))
  expect(begun).toMatchObject([{ name: 'relayOff', arguments: { meter: 'L' } }])
  const over = (more: object) => stored(demand, { permission: { ...must(rule.permission), ...more } })
  const proposed = withDueOrder(over({ endedMs: nowMs }), begun, at(nowMs, on))
  expect(proposed[1]).toMatchObject({ name: 'relayOn', state: 'proposed', by: null, byPermission: false })
  const ended = withDueOrder(over({ untilMs: nowMs }), begun, at(nowMs, on))
  expect(ended[1]).toMatchObject({ name: 'relayOn', state: 'confirmed', by: 'zhang' })
})
const must = <T>(value: T | null): T => {
  if (value === null) throw new Error('no value')
  return value
}

test('a leak is proposed, waits for a person, and lapses when it is over', () => {
  const found: RuleWatch = { ...newWatch(START_MS), isOn: true, changedMs: START_MS + 29 * HOUR_MS, nights: 2 }
  const nowMs = START_MS + 30 * HOUR_MS
  const [order] = withDueOrder(stored(leak, { permission: null }), [], at(nowMs, found))
  expect(order).toMatchObject({ name: 'valveClose', state: 'proposed', by: null })
  const on = { nowMs, answer: undefined, forbidden: 'the permission is over', isStillOn: true }
  expect(advanced(order, on)).toEqual({ order })
  expect(advanced(order, { ...on, isStillOn: false }).order).toMatchObject({ state: 'lapsed' })
  const confirmed = decided(order, { state: 'confirmed', by: 'li', nowMs })
  expect(confirmed && advanced(confirmed, on)).toMatchObject({ order: { state: 'sent', by: 'li' }, send: 'first' })
  expect(confirmed && decided(confirmed, { state: 'declined', by: 'li', nowMs })).toBeUndefined()
})

test('an order is sent in two steps, asked again without an answer, and ends with the word of the gateway', () => {
  const [order] = withDueOrder(stored(setBack), [], at(NIGHT_MS))
  const step = (one: RuleOrder, minutes: number, answer?: object, forbidden?: string) =>
    advanced(one, { nowMs: NIGHT_MS + minutes * MINUTE_MS, answer, forbidden, isStillOn: false })
  const sent = step(order, 0)
  expect(sent).toMatchObject({ send: 'first', order: { state: 'sent', attempt: 1 } })
  expect(step(sent.order, 9)).toEqual({ order: sent.order })
  const silent = step(sent.order, 10).order
  expect(silent).toMatchObject({ state: 'confirmed', reason: 'the gateway did not answer' })
  expect(step(silent, 19)).toEqual({ order: silent })
  expect(step(silent, 20)).toMatchObject({ send: 'first', order: { attempt: 2 } })
  expect(step(sent.order, 1, { state: 'refused', reason: 'no' }).order).toMatchObject({
    state: 'refused',
    reason: 'no',
  })
  const second = step(sent.order, 1, { state: 'confirm', token: 't' })
  expect(second).toMatchObject({ send: 'second', order: { state: 'confirming', mayHaveActed: true } })
  expect(step(second.order, 2, { state: 'done' }).order).toMatchObject({ state: 'done', reason: null })
  expect(step(second.order, 2, { state: 'failed', reason: 'silent' }).order).toMatchObject({ state: 'confirmed' })
  // Nothing begins once the permission is over, whatever the gateway has prepared.
  expect(step(order, 0, undefined, 'over').order).toMatchObject({ state: 'lapsed', reason: 'over' })
  expect(step(sent.order, 1, { state: 'confirm', token: 't' }, 'over')).toMatchObject({ order: { state: 'lapsed' } })
  expect(step(order, 8 * 60)).toMatchObject({ order: { state: 'lapsed' } })
})

test.each([
  ['without a trial', { trial: null }, DAY_MS, 'not been tried'],
  ['with a trial of a day', { trial: { ...must(stored(demand).trial), hoursUnknown: 200 } }, DAY_MS, 'knows 40 hours'],
  ['with an old trial', { trial: { ...must(stored(demand).trial), atMs: START_MS - 32 * DAY_MS } }, DAY_MS, '31 days'],
  ['for ever', {}, 93 * DAY_MS, '92 days'],
  ['for the past', {}, -1, 'past'],
  ['of a leak', { rule: leak }, DAY_MS, 'confirmed by itself'],
])('no permission %s', (_, more, forMs, problem) => {
  expect(permissionProblem(stored(demand, more), START_MS + forMs, START_MS)?.en).toContain(problem)
  expect(permissionProblem(stored(demand), START_MS + DAY_MS, START_MS)).toBeUndefined()
})
