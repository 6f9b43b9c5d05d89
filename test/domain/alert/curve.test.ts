// The curves of alerts: what is shown, what was lost, and from when on.

import { describe, expect, test } from 'vitest'
import type { CurveGiven, KindCurve } from '../../../domain/alert/kind.ts'
import { ALERT_KINDS, definitionOf, type KnownFinding } from '../../../domain/alert/kinds.ts'
import { defaultLimits } from '../../../domain/alert/rules.ts'
import { dayOf, dayStartMs, hourOfDay } from '../../../domain/calendar.ts'
import { meterSchema } from '../../../domain/registry/records.ts'
import { workingDays } from '../../../domain/standards/working-days.ts'
import { DAY, HOUR, NOW } from './asked.ts'

const TODAY = dayOf(NOW)
const DAYS = 40

const meter = (id: string, more: object) =>
  meterSchema.parse({ id, institution: 'I', gateway: 'G', unit: 'kWh', medium: 'electricity', ...more })

/** Hours of the last days up to now by days ago and local hour. */
const hoursBy = (amountAt: (daysAgo: number, hour: number) => number) => {
  const firstHourMs = dayStartMs(TODAY - DAYS)
  return {
    firstHourMs,
    amounts: Float64Array.from({ length: Math.floor((NOW - firstHourMs) / HOUR) }, (_, index) => {
      const atMs = firstHourMs + index * HOUR
      return amountAt(TODAY - dayOf(atMs), hourOfDay(atMs))
    }),
  }
}

function curveOf<K extends KnownFinding['kind']>(
  kind: K,
  given: Pick<CurveGiven<object>, 'subject' | 'meters' | 'hours'> & {
    value: number
    facts: object
    centre?: { total: string[]; it: string[] }
    days?: number
  },
): KindCurve {
  const { centre = { total: [], it: [] }, days = 0, ...rest } = given
  const curve = definitionOf(kind).curve({
    ...rest,
    centre,
    limits: { ...defaultLimits(kind), enabled: true },
    sinceMs: NOW - days * DAY,
    toMs: NOW,
    workingDays: workingDays([]),
  })
  if (!curve) throw new Error('no curve')
  return curve
}

const lost = ({ loss }: KindCurve): number =>
  'reason' in loss ? Number.NaN : Array.from(loss.amounts).reduce((sum, amount) => sum + (amount || 0), 0)

test('every kind has three things to check in both languages, and a curve unless an indicator has one', () => {
  for (const kind of ALERT_KINDS) {
    const { checks, group } = definitionOf(kind)
    expect(checks).toHaveLength(3)
    for (const { zh, en } of checks) {
      expect(zh).toMatch(/\p{Script=Han}/u)
      expect(en).not.toMatch(/\p{Script=Han}/u)
    }
    expect(['judged', 'silence', 'hours']).toContain(group)
  }
})

describe('a leak', () => {
  const water = meter('W', { medium: 'water', unit: 'm3', role: 'main' })
  const facts = { flowM3PerHour: 0.5, baselineM3PerHour: 0.2, limitM3PerHour: 0.3, nights: 3 }
  const given = (amountAt: (daysAgo: number, hour: number) => number) =>
    curveOf('nightFlowLeak', {
      ...{ subject: { type: 'meter', id: 'W' }, meters: [water], value: 167, facts },
      hours: new Map([['W', hoursBy(amountAt)]]),
    })
  const leaking = (days: number) => given((ago, hour) => (hour < 6 ? 0.2 : 1) + (ago < days ? 0.3 : 0))

  test('shows each night beside limit and baseline', () => {
    const { points, limit, baseline, grain } = leaking(5)
    expect([grain, limit?.value, baseline?.value]).toEqual(['night', 0.3, 0.2])
    expect(points).toHaveLength(31)
    expect(points.map(({ value }) => value).slice(-6)).toEqual([0.2, 0.5, 0.5, 0.5, 0.5, 0.5])
  })
  test('counts from the first night of its run, not from when it was raised', () => {
    // Four whole days before today, and ten hours of today.
    expect(lost(leaking(5))).toBeCloseTo(0.3 * (4 * 24 + 10), 6)
    expect(lost(leaking(10))).toBeCloseTo(0.3 * (9 * 24 + 10), 6)
  })
  test('leaves out the hours that are not known, and days of unknown nights', () => {
    const holed = given((ago, hour) => (ago === 2 ? Number.NaN : (hour < 6 ? 0.2 : 1) + (ago < 5 ? 0.3 : 0)))
    expect(lost(holed)).toBeCloseTo(0.3 * (3 * 24 + 10), 6)
  })
  test('never loses more in an hour than was used', () => {
    expect(lost(given((ago, hour) => (hour < 6 ? 0.2 + (ago < 5 ? 0.3 : 0) : 0.1)))).toBeCloseTo(
      5 * 6 * 0.3 + 4 * 18 * 0.1 + 4 * 0.1,
      6,
    )
  })
})

test('outside working hours, what lies beyond the share was lost', () => {
  const main = meter('E', { role: 'main', purpose: '01000' })
  const curve = curveOf('afterHoursLoad', {
    ...{ subject: { type: 'institution', id: 'I' }, meters: [main], value: 70, days: 1 },
    facts: { outsideKwh: 1180, totalKwh: 1680, days: 7 },
    hours: new Map([['E', hoursBy(() => 10)]]),
  })
  // 23 November is a Monday: of the 8 days before it, Sunday to Sunday, 5 were working days of ten hours.
  expect(lost(curve)).toBeCloseTo(8 * 240 - 5 * 100 - 0.65 * 8 * 240, 6)
  expect(curve.limit?.value).toBeCloseTo(0.65 * 240, 6)
  expect(curve.points.at(-1)?.value).toBe(240)
  expect(curve.points.at(-3)?.value).toBe(140)
})

test('a PUE loses what the total uses beyond limit × IT', () => {
  const curve = curveOf('pueOverLimit', {
    ...{ subject: { type: 'institution', id: 'I' }, meters: [meter('T', {}), meter('IT', {})], value: 2 },
    facts: { totalKwh: 20, itKwh: 10 },
    centre: { total: ['T'], it: ['IT'] },
    hours: new Map([
      ['T', hoursBy((ago) => (ago <= 10 ? 20 : 14))],
      ['IT', hoursBy(() => 10)],
    ]),
  })
  expect(curve.points.at(-1)?.value).toBe(2)
  expect(lost(curve)).toBeCloseTo(10 * 24 * (20 - 15), 6)
})

test('PV that lacks a third of what remains possible loses half of what it makes', () => {
  const curve = curveOf('pvUnderperformance', {
    ...{ subject: { type: 'meter', id: 'P' }, meters: [meter('P', { role: 'generation' })], value: 33.3, days: 0 },
    facts: { kwhPerDay: 24, expectedKwhPerDay: 36, years: 1, days: 14 },
    hours: new Map([['P', hoursBy(() => 1)]]),
  })
  expect(lost(curve)).toBeCloseTo(14 * 24 * 0.5, 6)
})

test('a silent meter shows the known hours of each day, and says why nothing is lost', () => {
  const curve = curveOf('meterSilent', {
    ...{ subject: { type: 'meter', id: 'E' }, meters: [meter('E', {})], value: 9 },
    facts: { lastMs: NOW - 2 * DAY, minutes: 2880, everyMinutes: 60 },
    hours: new Map([['E', hoursBy((ago) => (ago < 2 ? Number.NaN : 1))]]),
  })
  expect(curve.points.map(({ value }) => value).slice(-4)).toEqual([24, 24, 0, 0])
  expect('reason' in curve.loss).toBe(true)
})

test('a register event stands in the middle of its hours', () => {
  const atMs = NOW - 5 * DAY
  const curve = curveOf('registerEvent', {
    ...{ subject: { type: 'meter', id: 'E' }, meters: [meter('E', {})], value: 1, facts: { event: 'spike', atMs } },
    hours: new Map([['E', hoursBy(() => 1)]]),
  })
  expect(curve.eventMs).toBe(atMs)
  expect(curve.points).toHaveLength(97)
  expect(curve.points[48]?.atMs).toBe(Math.floor(atMs / HOUR) * HOUR)
})
