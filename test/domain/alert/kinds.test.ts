// What each kind says of plain values: found, not found, and not judged where too little is known.

import { describe, expect, test } from 'vitest'
import type { Detected } from '../../../domain/alert/finding.ts'
import { outsideLoad } from '../../../domain/alert/kinds/after-hours-load.ts'
import { highestTarget } from '../../../domain/alert/kinds/dual-control.ts'
import type { HourAmounts } from '../../../domain/alert/kinds/hours.ts'
import { nightFlow } from '../../../domain/alert/kinds/night-flow-leak.ts'
import { pue } from '../../../domain/alert/kinds/pue-over-limit.ts'
import { sunshine } from '../../../domain/alert/kinds/pv-underperformance.ts'
import { highestQuota } from '../../../domain/alert/kinds/quota.ts'
import { waitingEvents } from '../../../domain/alert/kinds/register-event.ts'
import { gatewaySilence, meterSilence } from '../../../domain/alert/kinds/silence.ts'
import { imbalance } from '../../../domain/alert/kinds/tree-imbalance.ts'
import { findingOf, type KnownFinding } from '../../../domain/alert/kinds.ts'
import { ALERT_RULES, defaultLimits } from '../../../domain/alert/rules.ts'
import { explainFinding } from '../../../domain/alert/text.ts'
import { dayLabel, dayOf, dayStartMs, hourOfDay } from '../../../domain/calendar.ts'
import type { DualControl, QuotaStatus } from '../../../domain/judge/result.ts'
import { type CalendarDay, isWeekday, type WorkingDays, workingDays } from '../../../domain/standards/working-days.ts'
import { asked, DAY, HOUR, judged, MINUTE, NOW } from './asked.ts'

const raises = ({ value, limits }: Detected<object>): boolean | null => (value === null ? null : value > limits.raise)
const clears = ({ value, limits }: Detected<object>): boolean | null => (value === null ? null : value <= limits.clear)

/** Hours of the last `days` days up to today's midnight and on to now, by local day and hour. */
function hoursOf(days: number, amountAt: (daysAgo: number, hour: number) => number): HourAmounts {
  const today = dayOf(NOW)
  const firstHourMs = dayStartMs(today - days)
  const count = Math.floor((NOW - firstHourMs) / HOUR)
  const amounts = Float64Array.from({ length: count }, (_, index) => {
    const atMs = firstHourMs + index * HOUR
    return amountAt(today - dayOf(atMs), hourOfDay(atMs))
  })
  return { firstHourMs, amounts }
}

describe('silence', () => {
  const rows = [
    { name: 'heard a minute ago', minutes: 1, every: 15, raised: false, cleared: true },
    { name: 'an hour at quarter-hour uploads is the limit', minutes: 60, every: 15, raised: false, cleared: false },
    { name: 'more than an hour at quarter-hour uploads', minutes: 61, every: 15, raised: true, cleared: false },
    { name: 'two hours at hourly uploads', minutes: 120, every: 60, raised: false, cleared: true },
    { name: 'five hours at hourly uploads', minutes: 300, every: 60, raised: true, cleared: false },
    { name: 'twenty minutes at one-minute uploads: too early', minutes: 20, every: 1, raised: false, cleared: false },
    { name: 'half an hour at one-minute uploads', minutes: 31, every: 1, raised: true, cleared: false },
  ]
  test.each(rows)('gateway: $name', ({ minutes, every, raised, cleared }) => {
    const found = gatewaySilence(asked('gatewayOffline'), {
      lastMs: NOW - minutes * MINUTE,
      everyMinutes: every,
      uploadMinutes: 0,
    })
    expect([raises(found), clears(found)]).toEqual([raised, cleared])
  })

  const daily = (hours: number) =>
    gatewaySilence(asked('gatewayOffline'), { lastMs: NOW - hours * HOUR, everyMinutes: 60, uploadMinutes: 24 * 60 })
  test('a gateway that uploads once a day is not offline between', () => {
    expect([raises(daily(24)), raises(daily(36)), raises(daily(37))]).toEqual([false, false, true])
    expect(clears(daily(1))).toBe(true)
    const text = explainFinding(findingOf('gatewayOffline', daily(37)) as KnownFinding, 'zh')
    expect(text.against).toContain('24 小时上报一次')
  })

  const meter = (lastAgo: number, gatewayAgo: number) =>
    meterSilence(asked('meterSilent'), {
      lastMs: NOW - lastAgo * MINUTE,
      everyMinutes: 15,
      gatewayHeardMs: NOW - gatewayAgo * MINUTE,
    })
  test('a meter that is silent while its gateway speaks', () => expect(raises(meter(240, 5))).toBe(true))
  test('a gateway that died explains its meters', () => expect(raises(meter(24 * 60, 24 * 60))).toBe(false))
  test('a meter that was silent before its gateway died', () => expect(raises(meter(24 * 60, 60))).toBe(true))
})

describe('night-flow leak', () => {
  /** Quiet nights, use by day, and from `leakDays` ago a flow that never stops. */
  const water = (leakDays: number, leak: number, quiet = 0.02) =>
    hoursOf(40, (ago, hour) => (hour < 6 ? quiet : 1.2) + (ago < leakDays ? leak : 0))
  const leak = (hours: HourAmounts, baselineM3PerHour?: number) =>
    nightFlow(asked('nightFlowLeak'), { hours, baselineM3PerHour })

  test('no leak', () => expect(raises(leak(water(0, 0)))).toBe(false))
  test('a leak of 0.5 m³/h in its third night', () => expect(raises(leak(water(3, 0.5)))).toBe(true))
  test('not in its second night: one was still quiet', () => expect(raises(leak(water(2, 0.5)))).toBe(false))
  test('below the floor it is a dripping tap', () => expect(raises(leak(water(10, 0.05)))).toBe(false))
  test('a house that always flows at night is measured by itself', () => {
    expect(raises(leak(water(0, 0, 2)))).toBe(false)
    expect(raises(leak(water(5, 0.5, 2)))).toBe(false)
    expect(raises(leak(water(5, 1.5, 2)))).toBe(true)
  })
  test('one night of filling a pool is no leak', () => {
    expect(raises(leak(hoursOf(40, (ago, hour) => (ago === 1 ? 9 : hour < 6 ? 0.02 : 1.2))))).toBe(false)
  })
  test('an old leak becomes its own baseline, unless that of the alert is kept', () => {
    expect(raises(leak(water(40, 0.5)))).toBe(false)
    expect(raises(leak(water(40, 0.5), 0.02))).toBe(true)
  })
  test('readings that come once a day: the last known night counts', () => {
    const daily = (leakDays: number) =>
      hoursOf(40, (ago, hour) => (ago === 0 ? Number.NaN : (hour < 6 ? 0.02 : 1.2) + (ago < leakDays ? 0.5 : 0)))
    expect(raises(leak(daily(4)))).toBe(true)
    expect(raises(leak(daily(3)))).toBe(false)
    expect(leak(daily(4)).facts?.lastNightMs).toBe(dayStartMs(dayOf(NOW) - 1) + 5 * HOUR)
  })
  test('a night without data is passed over, a week without is not', () => {
    const gap = (days: number) => hoursOf(40, (ago) => (ago < days ? Number.NaN : ago < 20 ? 0.6 : 0.02))
    expect(raises(leak(gap(7), 0.02))).toBe(true)
    expect(leak(gap(8), 0.02).value).toBeNull()
  })
  test('not judged without a baseline', () => {
    expect(leak(hoursOf(10, () => 1)).value).toBeNull()
  })
  test('says how much against what', () => {
    expect(leak(water(3, 0.5)).facts).toEqual({
      flowM3PerHour: 0.52,
      baselineM3PerHour: 0.02,
      limitM3PerHour: 0.1,
      nights: 3,
      lastNightMs: dayStartMs(dayOf(NOW)) + 5 * HOUR,
    })
  })
})

describe('load outside working hours', () => {
  const office = (night: number) => (ago: number, hour: number) =>
    isWeekday(dayOf(NOW) - ago) && hour >= 8 && hour < 18 ? 50 : night
  const today = dayOf(NOW)
  const load = (hours: HourAmounts, calendar: readonly CalendarDay[] = [], more: Partial<WorkingDays> = {}) =>
    outsideLoad(asked('afterHoursLoad'), { hours, workingDays: { ...workingDays(calendar), ...more } })
  /** A holiday of nine days up to yesterday, in which the office is as by night. */
  const holidays = Array.from({ length: 9 }, (_, n) => ({ date: dayLabel(today - 1 - n), kind: 'holiday' as const }))
  const closed = (ago: number, hour: number) => (ago <= 9 ? 12 : office(12)(ago, hour))

  test('an office that switches off', () => expect(raises(load(hoursOf(8, office(5))))).toBe(false))
  test('a load that never changes: 118 of 168 hours are outside', () => {
    const found = load(hoursOf(8, office(50)))
    expect(found.value).toBeCloseTo((100 * 118) / 168, 9)
    expect(raises(found)).toBe(true)
  })
  test('a closed office in its holidays has the share of the week before', () => {
    const share = (100 * (5 * 14 * 12 + 2 * 24 * 12)) / (5 * (10 * 50 + 14 * 12) + 2 * 24 * 12)
    expect(load(hoursOf(33, closed), holidays).value).toBeCloseTo(share, 9)
  })
  test('a load that is left on in the holidays is found', () => {
    const found = load(
      hoursOf(33, (ago, hour) => (ago <= 14 ? 50 : office(12)(ago, hour))),
      holidays,
    )
    expect(raises(found)).toBe(true)
  })
  test('a Saturday that is worked for a holiday is a working day', () => {
    const worked = [{ date: dayLabel(today - 2), kind: 'workday' as const }]
    const found = load(
      hoursOf(33, (ago, hour) => (ago === 2 && hour >= 8 && hour < 18 ? 50 : office(5)(ago, hour))),
      worked,
    )
    expect(isWeekday(today - 2)).toBe(false)
    expect(found.facts?.outsideKwh).toBe(5 * 14 * 5 + 2 * 24 * 5)
  })
  test('in a year without a calendar a closed weekday is a day off, and the text says what is assumed', () => {
    const found = load(hoursOf(33, closed), [], { knows: () => false, isWorkday: isWeekday, differing: new Map() })
    expect(raises(found)).toBe(false)
    const text = explainFinding(findingOf('afterHoursLoad', found) as KnownFinding, 'zh').measured
    expect(text).toContain('节假日历')
    expect(
      raises(load(hoursOf(33, office(50)), [], { knows: () => false, isWorkday: isWeekday, differing: new Map() })),
    ).toBe(true)
  })
  test('not judged with two days missing, nor without load', () => {
    expect(load(hoursOf(8, (ago) => (ago <= 2 ? Number.NaN : 50))).value).toBeNull()
    expect(load(hoursOf(8, () => 0)).value).toBeNull()
  })
  test('knows the week', () => {
    expect(isWeekday(dayOf(NOW))).toBe(true)
    expect([isWeekday(dayOf(NOW) - 1), isWeekday(dayOf(NOW) - 2), isWeekday(-4), isWeekday(-5)]).toEqual([
      false,
      false,
      false,
      false,
    ])
  })
})

describe('main and sub meters', () => {
  const tree = (mainAmount: number | null, subAmounts: (number | null)[]) =>
    imbalance(asked('treeImbalance'), { mainAmount, subAmounts, unit: 'kWh' })
  const rows = [
    { name: 'a few percent of losses', main: 1000, subs: [600, 350], raised: false },
    { name: 'a sub meter stands still', main: 1000, subs: [600, 0], raised: true },
    { name: 'sub meters count more than the main one', main: 1000, subs: [700, 450], raised: true },
    { name: 'one is not known', main: 1000, subs: [600, null], raised: null },
    { name: 'no sub meters', main: 1000, subs: [], raised: null },
    { name: 'next to nothing used', main: 3, subs: [0], raised: null },
    { name: 'the main meter is not known', main: null, subs: [1], raised: null },
  ]
  test.each(rows)('$name', ({ main, subs, raised }) => expect(raises(tree(main, subs))).toBe(raised))
  test('10 % apart is the limit', () => expect(tree(1000, [1100]).value).toBeCloseTo(10, 12))
})

describe('PV', () => {
  /** Two weeks, every other day under clouds. */
  const weeks = (clear: number, cloudy = clear * 0.3, known = 14) =>
    Array.from({ length: 14 }, (_, n) => (n < 14 - known ? null : n % 2 === 0 ? clear : cloudy))
  const pv = (current: (number | null)[], earlier = [weeks(100), weeks(110), weeks(500, 500, 3)]) =>
    sunshine(asked('pvUnderperformance'), { current, earlier })

  test('the usual weeks', () => expect(raises(pv(weeks(100)))).toBe(false))
  test('a third is missing on every day', () => expect(raises(pv(weeks(67, 20)))).toBe(true))
  test('clouds on half of the days are no fault', () => expect(pv(weeks(105, 0)).value).toBe(0))
  test('sunny weeks are no fault', () => expect(pv(weeks(130, 130)).value).toBe(0))
  test('snow on the same days of both years is no fault', () => {
    const snow = Array.from({ length: 14 }, (_, n) => (n < 11 ? 30 : 100))
    expect(pv(snow, [snow]).value).toBe(0)
  })
  test('a week after a repair it is over', () => {
    const repaired = Array.from({ length: 14 }, (_, n) => (n < 7 ? 50 : 100))
    expect(clears(pv(repaired, [Array.from({ length: 14 }, () => 100)]))).toBe(true)
  })
  test('only days that are known now are held against earlier ones', () => {
    const current = Array.from({ length: 14 }, (_, n) => (n < 4 ? null : 50))
    const earlier = Array.from({ length: 14 }, (_, n) => (n < 4 ? 100 : 50))
    expect(pv(current, [earlier]).value).toBe(0)
  })
  test('too few days, or no history', () => {
    expect(pv(weeks(50, 50, 9)).value).toBeNull()
    expect(pv(weeks(50), []).value).toBeNull()
  })
})

describe('register events', () => {
  const event = (kind: string, daysAgo: number, reviewed = false) => ({ kind, atMs: NOW - daysAgo * DAY, reviewed })
  const found = (...events: ReturnType<typeof event>[]) => waitingEvents(asked('registerEvent'), events)
  test('one that nobody looked at', () => expect(raises(found(event('reset', 1)))).toBe(true))
  test('reviewed: cleared', () => expect(clears(found(event('reset', 1, true)))).toBe(true))
  test('a replacement was registered by somebody', () => expect(raises(found(event('replacement', 1)))).toBe(false))
  test('an old one is left to the list', () => expect(raises(found(event('spike', 31)))).toBe(false))
})

describe('what was judged', () => {
  const row = (actual: number | null, constraint: number | null): QuotaStatus => ({
    indicator: 'nonHeatingPerArea',
    coefficientSet: null,
    unit: 'kgce/m²',
    actual,
    ...{ knownShare: 1, knownPart: actual, reason: null, provisional: false },
    rating: null,
    constraint,
    benchmark: null,
    guide: null,
    toNextRating: null,
    standard: 'DB37/T 2672-2019',
    standIn: true,
  })
  const quota = (...rows: QuotaStatus[]) => highestQuota(asked('quotaExceeded'), rows)
  test('a value equal to the constraint meets it', () => expect(raises(quota(row(22.3, 22.3)))).toBe(false))
  test('the worst indicator speaks, and says how many are over', () => {
    expect(quota(row(23, 22.3), row(44.6, 22.3), row(1, 2))).toMatchObject({
      value: 200,
      facts: { amount: 44.6, over: 2 },
    })
  })
  test('nothing rated, nothing said', () => expect(quota(row(null, 22.3), row(20, null)).value).toBeNull())

  const status = (ratio: number | null, isJudged = ratio !== null) =>
    ({
      provisional: true,
      indicators: [
        {
          indicator: 'energy',
          unit: 'tce',
          actual: 1,
          forecast: ratio,
          forecastBasis: 'days',
          target: 1,
          ratio,
          status: isJudged ? 'over' : null,
          targetSource: '计划',
          targetStandIn: false,
          provisional: true,
          knownShare: 0.96,
        },
      ],
    }) as unknown as DualControl
  test.each([
    { ratio: 0.95, risk: false, over: false },
    { ratio: 0.97, risk: true, over: false },
    { ratio: 1, risk: true, over: false },
    { ratio: 1.01, risk: true, over: true },
    { ratio: null, risk: null, over: null },
  ])('a forecast of $ratio of the target', ({ ratio, risk, over }) => {
    expect(raises(highestTarget(asked('dualControlAtRisk'), status(ratio)))).toBe(risk)
    expect(raises(highestTarget(asked('dualControlOver'), status(ratio)))).toBe(over)
  })
  test('a provisional forecast raises an alarm that says so', () => {
    const found = highestTarget(asked('dualControlOver'), status(2))
    expect(found).toMatchObject({ value: 200, facts: { knownShare: 0.96 } })
    if (found.facts === null) throw new Error('unjudged')
    const over = judged('dualControlOver', asked('dualControlOver'), { value: 200, facts: found.facts })
    expect(explainFinding(over, 'zh').measured).toBe('能源消费总量预计 2 tce（暂定，已知 96%）')
    expect(explainFinding(over, 'en').measured).toBe('total energy, forecast: 2 tce (provisional, 96% known)')
  })
  test('a forecast without a status raises no alarm', () => {
    expect(highestTarget(asked('dualControlOver'), status(2, false)).value).toBeNull()
    expect(highestTarget(asked('dualControlOver'), null).value).toBeNull()
  })

  test.each([
    { total: 150, it: 100, raised: false },
    { total: 160, it: 100, raised: true },
    { total: 90, it: 100, raised: null },
    { total: 150, it: 0, raised: null },
    { total: 150, it: null, raised: null },
  ])('PUE $total / $it', ({ total, it, raised }) => {
    expect(raises(pue(asked('pueOverLimit'), { totalKwh: total, itKwh: it }))).toBe(raised)
  })
})

describe('the table of rules', () => {
  test.each(Object.entries(ALERT_RULES))(
    '%s: the clearing value is not above the raising one, and a reason is given',
    (_, rule) => {
      expect(rule.defaults.clear).toBeLessThanOrEqual(rule.defaults.raise)
      expect(rule.reason.length).toBeGreaterThan(40)
      expect(rule.yieldsTo === undefined || ALERT_RULES[rule.yieldsTo].yieldsTo === undefined).toBe(true)
    },
  )

  test('office hours are not asked of hospitals', () => {
    expect(defaultLimits('afterHoursLoad', 'government').enabled).toBe(true)
    expect(defaultLimits('afterHoursLoad', 'healthcare').enabled).toBe(false)
  })

  test('says how much, against what and by which clause, in both languages', () => {
    const over = judged('quotaExceeded', asked('quotaExceeded'), {
      value: 112.56,
      facts: {
        indicator: 'nonHeatingPerArea',
        unit: 'kgce/m²',
        amount: 25.1,
        constraint: 22.3,
        standard: 'DB37/T 2672-2019',
        standIn: true,
        over: 1,
      },
    })
    expect(explainFinding(over, 'zh')).toEqual({
      measured: '单位建筑面积非供暖能耗近12个月 25.1 kgce/m²',
      against: '约束值 22.3 kgce/m²（DB37/T 2672-2019）（替代值，非正式下达），为其 112.6%',
      clause: expect.stringContaining('《河北省公共机构节能办法》'),
    })
    expect(explainFinding(over, 'en')).toEqual({
      measured: 'non-heating energy per floor area, last 12 months: 25.1 kgce/m²',
      against: 'constraint value 22.3 kgce/m² (DB37/T 2672-2019) (a stand-in, not officially issued), 112.6% of it',
      clause: expect.stringContaining('decree 10 of 2009'),
    })
  })
})
