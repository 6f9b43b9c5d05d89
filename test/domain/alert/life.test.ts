// The life of an alert, step by step: each row is a story of values over time and of what is told meanwhile.

import { describe, expect, test } from 'vitest'
import type { Limits } from '../../../domain/alert/finding.ts'
import { type Alert, acknowledge, advance, advanceAll, escalate, retire } from '../../../domain/alert/life.ts'
import { asked, DAY, finding, HOUR, judged, MINUTE, NOW } from './asked.ts'

/** Runs values ten minutes apart; a word is what somebody does, or the state that follows. */
function live(values: readonly (number | null)[], limits: Partial<Limits> = {}) {
  let alert: Alert | undefined
  const told: string[] = []
  values.forEach((value, step) => {
    const next = advance(alert, finding(value, limits), NOW + step * 10 * MINUTE)
    alert = next.alert
    told.push(...next.events.map(({ what }) => `${step} ${what}`))
  })
  return { told, state: alert?.state ?? 'none' }
}

const after20 = { raiseAfterMinutes: 20 }
const over20 = { clearAfterMinutes: 20 }
const stories: { name: string; values: (number | null)[]; limits?: Partial<Limits>; told: string[]; state: string }[] =
  [
    { name: 'nothing below the limit', values: [1, 9, 10], told: [], state: 'none' },
    { name: 'a value equal to the limit meets it', values: [10], told: [], state: 'none' },
    { name: 'rounding is no excess', values: [10 * (1 + 1e-12)], told: [], state: 'none' },
    { name: 'raised above the limit', values: [11], told: ['0 raised'], state: 'raised' },
    { name: 'raised once', values: [11, 12, 30, 11], told: ['0 raised'], state: 'raised' },
    { name: 'the band changes nothing', values: [11, 9, 10, 9], told: ['0 raised'], state: 'raised' },
    { name: 'cleared at the clearing value', values: [11, 8], told: ['0 raised', '1 cleared'], state: 'cleared' },
    { name: 'raised anew', values: [11, 8, 11], told: ['0 raised', '1 cleared', '2 raised'], state: 'raised' },
    { name: 'not judged: not raised', values: [null, null], told: [], state: 'none' },
    { name: 'not judged: not cleared', values: [11, null], told: ['0 raised'], state: 'raised' },
    { name: 'waits before raising', values: [11, 11], limits: after20, told: [], state: 'pending' },
    { name: 'raised after the wait', values: [11, 11, 11], limits: after20, told: ['2 raised'], state: 'raised' },
    { name: 'a short excess is not told', values: [11, 11, 8, 11, 11], limits: after20, told: [], state: 'pending' },
    {
      name: 'the band does not reset the wait',
      values: [11, 9, 9, 11],
      limits: after20,
      told: ['3 raised'],
      state: 'raised',
    },
    {
      name: 'a gap does not reset the wait',
      values: [11, null, 11],
      limits: after20,
      told: ['2 raised'],
      state: 'raised',
    },
    { name: 'waits before clearing', values: [11, 8, 8], limits: over20, told: ['0 raised'], state: 'raised' },
    {
      name: 'a short dip clears nothing',
      values: [11, 8, 9, 8, 8],
      limits: over20,
      told: ['0 raised'],
      state: 'raised',
    },
    {
      name: 'cleared after the wait',
      values: [11, 8, 8, 8],
      limits: over20,
      told: ['0 raised', '3 cleared'],
      state: 'cleared',
    },
    { name: 'a rule that is off says nothing', values: [99], limits: { enabled: false }, told: [], state: 'none' },
  ]
test.each(stories)('$name', ({ values, limits, told, state }) => {
  expect(live(values, limits)).toEqual({ told, state })
})

const raised = (): Alert => advance(undefined, finding(11), NOW).alert as Alert

describe('people', () => {
  test('whoever acknowledges is in the history, once', () => {
    const first = acknowledge(raised(), { who: 'li', note: 'on my way' }, NOW + MINUTE)
    expect(first.events).toMatchObject([{ what: 'acknowledged', who: 'li', note: 'on my way', atMs: NOW + MINUTE }])
    expect(acknowledge(first.alert as Alert, { who: 'wang' }, NOW + HOUR).events).toEqual([])
  })

  test('an acknowledged alert clears like any other, and keeps what happened', () => {
    const { alert } = acknowledge(raised(), { who: 'li' }, NOW + MINUTE)
    const cleared = advance(alert, finding(3), NOW + HOUR).alert
    expect(cleared?.history.map(({ what, who }) => [what, who])).toEqual([
      ['raised', 'system'],
      ['acknowledged', 'li'],
      ['cleared', 'system'],
    ])
  })

  test('nobody acknowledges: three reminders at equal distance, then silence', () => {
    let alert = raised()
    const told: string[] = []
    for (let minutes = 0; minutes <= 600; minutes += 15) {
      const next = escalate(alert, NOW + minutes * MINUTE)
      alert = next.alert as Alert
      told.push(...next.events.map(({ level }) => `${minutes} level ${level}`))
    }
    expect(told).toEqual(['60 level 1', '120 level 2', '180 level 3'])
  })

  test('an acknowledged alert is not escalated', () => {
    const { alert } = acknowledge(raised(), { who: 'li' }, NOW)
    expect(escalate(alert as Alert, NOW + DAY).events).toEqual([])
  })
})

test('a new alert has an id of its own, even in the same millisecond', () => {
  const first = raised()
  const cleared = advance(first, finding(0), NOW).alert
  const second = advance(cleared, finding(11), NOW).alert
  expect(second?.state).toBe('raised')
  expect(second?.id).not.toBe(first.id)
})

describe('what comes back', () => {
  const week = { reopenWithinMinutes: 7 * 24 * 60 }
  const cleared = (): Alert =>
    advance(advance(undefined, finding(11, week), NOW).alert, finding(3, week), NOW + DAY).alert as Alert

  test('within the time is the same alert, open as on the first day, with its history', () => {
    const taken = acknowledge(raised(), { who: 'li' }, NOW).alert as Alert
    const before = advance({ ...taken, escalations: 2 }, finding(3, week), NOW + DAY).alert as Alert
    const { alert, events } = advance(before, finding(12, week), NOW + 8 * DAY)
    expect(events).toMatchObject([{ what: 'reopened', alert: before.id, atMs: NOW + 8 * DAY, level: 0 }])
    expect(alert).toMatchObject({ id: before.id, state: 'raised', raisedMs: NOW + 8 * DAY, escalations: 0, worst: 12 })
    expect(alert?.history.map(({ what }) => what)).toEqual(['raised', 'acknowledged', 'cleared', 'reopened'])
  })

  test('later, or after its rule was switched off, is a new alert', () => {
    const late = advance(cleared(), finding(11, week), NOW + 8 * DAY + MINUTE)
    expect([late.alert?.id === cleared().id, late.events[0].what]).toEqual([false, 'raised'])
    const off = advance(raised(), finding(11, { ...week, enabled: false }), NOW + HOUR).alert
    expect(advance(off, finding(11, week), NOW + 2 * HOUR).events[0].what).toBe('raised')
  })

  test('is over only when it has been over for as long', () => {
    let alert = advance(cleared(), finding(11, week), NOW + 2 * DAY).alert
    const told: string[] = []
    for (let day = 3; day <= 12; day++) {
      const next = advance(alert, finding(3, week), NOW + day * DAY)
      alert = next.alert
      told.push(...next.events.map(({ what }) => `${day} ${what}`))
    }
    expect(told).toEqual(['10 cleared'])
  })
})

test('a clock that runs backwards does not disorder the history', () => {
  const { alert } = advance(raised(), finding(0), NOW - HOUR)
  expect(alert?.history.map(({ atMs }) => atMs)).toEqual([NOW, NOW])
})

test('an open alert whose rule is switched off, or whose subject is gone, is closed with the reason', () => {
  expect(advance(raised(), finding(11, { enabled: false }), NOW).events).toMatchObject([{ reason: 'disabled' }])
  expect(retire(raised(), NOW).events).toMatchObject([{ what: 'cleared', reason: 'retired' }])
})

test('a finding of another subject is refused', () => {
  expect(() => advance(raised(), finding(11, {}, 'other'), NOW)).toThrow(/does not concern/)
})

describe('a stronger kind takes the place of the weaker', () => {
  const now = { raiseAfterMinutes: 0, clearAfterMinutes: 0 }
  const target = (pct: number) =>
    (['dualControlAtRisk', 'dualControlOver'] as const).map((kind) =>
      judged(kind, asked(kind, 'S', now), {
        value: pct,
        facts: {
          indicator: 'energy' as const,
          unit: 'tce',
          forecast: pct,
          target: 100,
          targetSource: '',
          standIn: false,
          over: 1,
        },
      }),
    )

  test('at risk, over, at risk again', () => {
    let open: Alert[] = []
    const told: string[] = []
    for (const [step, pct] of [96, 102, 99.5, 98].entries()) {
      const { changed, events } = advanceAll(open, target(pct), NOW + step * DAY)
      const closed = new Set(changed.map(({ id }) => id))
      open = [...open.filter(({ id }) => !closed.has(id)), ...changed.filter(({ state }) => state !== 'cleared')]
      told.push(...events.map(({ kind, what, reason }) => [step, kind, what, reason ?? ''].join(' ').trim()))
    }
    expect(told).toEqual([
      '0 dualControlAtRisk raised',
      '1 dualControlOver raised',
      '1 dualControlAtRisk cleared yielded',
      '3 dualControlOver cleared over',
      '3 dualControlAtRisk raised',
    ])
  })

  test('two findings for one subject and kind are a mistake of the caller', () => {
    expect(() => advanceAll([], [finding(1), finding(2)], NOW)).toThrow(/two findings/)
  })
})
