// Computes PUE and EUE of a data centre (数据中心机房): PUE against the grades of its standard, EUE against the quota of the
// institution's type (docs/rules/energy-and-carbon.md#data-centre). Both are total over IT electricity, each within its
// own boundary (data-centre-boundary.ts). Never computed for an area: a sum would mix in rooms whose IT is not metered.

import { HOUR_MS } from '../calendar.ts'
import type { Hours } from '../hours.ts'
import { type Rating, rate } from '../rating.ts'
import type { Institution } from '../registry/records.ts'
import { type EueQuota, PUE_GRADES, type PueGrades } from '../standards/data-centre.ts'
import { isValidOn } from '../standards/validity.ts'
import { isTooLittle, type KnownShareLimits } from './known-share.ts'

/**
 * Why there is no value. `unknownTime`: too little is known (docs/rules/data.md#known-share). `belowOne`: IT used more
 * than the total, so a meter or its place in the tree is wrong.
 */
export const PUE_PROBLEMS = ['noTotalMeter', 'noItMeter', 'unknown', 'unknownTime', 'noItLoad', 'belowOne'] as const
export type PueProblem = (typeof PUE_PROBLEMS)[number]

/** kWh of a period, over the hours in which both sides are known; null: no such meter. Add with `sumUsage`. */
export interface CentreUsage {
  totalKwh: number | null
  itKwh: number | null
  /** Elapsed hours of the period, and those in which both sides are known. */
  hoursExpected: number
  hoursKnown: number
  /** Total of the hours in which IT alone is unknown, and their number. */
  halfKnownKwh: number
  halfKnownHours: number
}

export interface Effectiveness {
  /** Total over IT electricity; null when there is a problem. Never below 1. */
  value: number | null
  problem: PueProblem | null
  /** Share of the hours in which both sides are known, 0 to 1; null for an empty period. */
  coverage: number | null
  /** Share of the total electricity that lies in those hours. */
  knownShare: number | null
  /** Total over IT electricity of those hours, although too few. */
  knownPart: number | null
  provisional: boolean
}

const NONE_HALF_KNOWN = { halfKnownKwh: 0, halfKnownHours: 0 }
/** A single hour is known or not. */
const ANY_SHARE: KnownShareLimits = { judgedFrom: 0, sureFrom: 0 }

/** Tolerance for floating point and the last digit of two registers: a PUE of 1 may compute as 0.9999999999. */
const BELOW_ONE_SLACK = 1e-9

/** PUE or EUE of a period; a problem instead of an impossible value, or where less is known than `limits` ask. */
export function effectivenessOf(usage: CentreUsage, limits: KnownShareLimits): Effectiveness {
  const { totalKwh, itKwh, hoursExpected, hoursKnown } = usage
  const coverage = hoursExpected > 0 ? hoursKnown / hoursExpected : null
  const knownShare = totalKwh === null || itKwh === null ? null : knownShareOfCentre({ ...usage, totalKwh })
  const known = { coverage, knownShare, knownPart: null, provisional: false }
  const without = (problem: PueProblem): Effectiveness => ({ ...known, value: null, problem })
  if (totalKwh === null) return without('noTotalMeter')
  if (itKwh === null) return without('noItMeter')
  if (hoursKnown === 0) return without('unknown')
  if (!(itKwh > 0)) return without('noItLoad')
  const ratio = totalKwh / itKwh
  if (ratio < 1 - BELOW_ONE_SLACK) return without('belowOne')
  const value = Math.max(1, ratio)
  if (isTooLittle(knownShare, limits)) return { ...without('unknownTime'), knownPart: value }
  return { ...known, value, problem: null, knownPart: value, provisional: (knownShare ?? 0) < limits.sureFrom }
}

/** Hours in which IT alone is unknown weigh by the total, others by the mean of the hours whose total is known. */
function knownShareOfCentre(usage: CentreUsage & { totalKwh: number }): number | null {
  const { totalKwh, halfKnownKwh, hoursExpected, hoursKnown, halfKnownHours } = usage
  if (hoursExpected === 0) return null
  const hours = hoursKnown + halfKnownHours
  const kwh = totalKwh + halfKnownKwh
  if (!(kwh > 0)) return hoursKnown / hoursExpected
  return totalKwh / ((kwh / hours) * hoursExpected)
}

/**
 * The hours of the two sides; null: no meter. Several meters of a side are added beforehand
 * (domain/registry/virtual-meter.ts).
 */
export interface CentreHours {
  total: Hours | null
  it: Hours | null
}

export interface EffectivenessHour {
  atMs: number
  value: number | null
  problem: PueProblem | null
  /** Index of HOUR_FLAGS, the worse of the two sides; null where a side is unknown. */
  flag: number | null
}

/** Hour by hour over [fromMs, toMs), whole hours; an hour is known only when both sides are. */
export function hourlyEffectiveness(
  hours: CentreHours,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): EffectivenessHour[] {
  return hoursBetween(fromMs, toMs).map((atMs) => {
    const { total, it } = { total: hourOf(hours.total, atMs), it: hourOf(hours.it, atMs) }
    const usage = {
      totalKwh: hours.total && (total?.amount ?? 0),
      itKwh: hours.it && (it?.amount ?? 0),
      hoursExpected: 1,
      hoursKnown: total && it ? 1 : 0,
      ...NONE_HALF_KNOWN,
    }
    const { value, problem } = effectivenessOf(usage, ANY_SHARE)
    return { atMs, value, problem, flag: total && it ? Math.max(total.flag, it.flag) : null }
  })
}

/**
 * The usage of [fromMs, toMs), whole hours up to now. Only hours in which both sides are known count, since an outage
 * of one of the two meters would otherwise look like efficiency or waste.
 */
export function usageOfHours(hours: CentreHours, { fromMs, toMs }: { fromMs: number; toMs: number }): CentreUsage {
  const [totalKwh, itKwh] = [hours.total && 0, hours.it && 0]
  const usage: CentreUsage = { totalKwh, itKwh, hoursExpected: 0, hoursKnown: 0, ...NONE_HALF_KNOWN }
  for (const atMs of hoursBetween(fromMs, toMs)) {
    usage.hoursExpected++
    const total = hourOf(hours.total, atMs)
    const it = hourOf(hours.it, atMs)
    if (total && !it) {
      usage.halfKnownKwh += total.amount
      usage.halfKnownHours++
    }
    if (!total || !it || usage.totalKwh === null || usage.itKwh === null) continue
    usage.totalKwh += total.amount
    usage.itKwh += it.amount
    usage.hoursKnown++
  }
  return usage
}

/** Sums months into a year. The kWh of a month without one of the meters do not count, but its expected hours do. */
export function sumUsage(parts: readonly CentreUsage[]): CentreUsage {
  const sumOf = (key: 'totalKwh' | 'itKwh'): number | null => {
    if (parts.every((part) => part[key] === null)) return null
    const both = parts.filter((part) => part.totalKwh !== null && part.itKwh !== null)
    return both.reduce((sum, part) => sum + (part[key] ?? 0), 0)
  }
  const added = (key: 'hoursExpected' | 'hoursKnown' | 'halfKnownKwh' | 'halfKnownHours'): number =>
    parts.reduce((sum, part) => sum + part[key], 0)
  return {
    totalKwh: sumOf('totalKwh'),
    itKwh: sumOf('itKwh'),
    hoursExpected: added('hoursExpected'),
    hoursKnown: added('hoursKnown'),
    halfKnownKwh: added('halfKnownKwh'),
    halfKnownHours: added('halfKnownHours'),
  }
}

/**
 * Lower bound of the PUE where only IT (01D1A) and its cooling (01D1B) are metered: (IT + cooling) / IT. Never shown as
 * the PUE itself. Null without an IT load.
 */
export const pueLowerBound = ({ itKwh, coolingKwh }: { itKwh: number; coolingKwh: number }): number | null =>
  itKwh > 0 ? (itKwh + Math.max(0, coolingKwh)) / itKwh : null

export interface PueGrade {
  /** 1 is best; `overLimit` is worse than the limit value; null: see `reason`. */
  grade: 1 | 2 | 3 | 'overLimit' | null
  /** `edge`: too small for the standard. `noTable`: no table in force. `noValue`: see the effectiveness's problem. */
  reason: 'edge' | 'noTable' | 'noValue' | null
  /** PUE reduction needed for the next better grade; null at the best. */
  toNextGrade: number | null
  table: PueGrades | null
}

/** The grade of a year's PUE on a local date; a value equal to a limit meets it. Without `racks`: not edge. */
export function pueGrade(
  value: number | null,
  { date, racks, tables = PUE_GRADES }: { date: string; racks?: number; tables?: readonly PueGrades[] },
): PueGrade {
  const table = tables.find((row) => isValidOn(row, date)) ?? null
  const none = (reason: PueGrade['reason']): PueGrade => ({ grade: null, reason, toNextGrade: null, table })
  if (!table) return none('noTable')
  if (racks !== undefined && racks <= table.edgeRacksMax) return none('edge')
  if (value === null) return none('noValue')
  const reached = table.grades.findIndex((max) => value <= max)
  const better = table.grades[reached === -1 ? table.grades.length - 1 : reached - 1]
  return {
    grade: ([1, 2, 3] as const)[reached] ?? 'overLimit',
    reason: null,
    toNextGrade: better === undefined ? null : value - better,
    table,
  }
}

export interface EueRating {
  rating: Rating | null
  quota: EueQuota | null
}

/** A year's EUE against the quota of the institution's type; an imported row takes precedence over a stand-in. */
export function rateEue(
  value: number | null,
  { type, date, quotas }: { type: Institution['type']; date: string; quotas: readonly EueQuota[] },
): EueRating {
  const quota =
    quotas
      .filter((row) => row.type === type && isValidOn(row, date))
      .toSorted((a, b) => Number(a.standIn ?? false) - Number(b.standIn ?? false))
      .at(0) ?? null
  return { rating: quota && value !== null ? rate(value, quota) : null, quota }
}

/** Throws RangeError when the bounds are not whole hours. */
function hoursBetween(fromMs: number, toMs: number): number[] {
  if (fromMs % HOUR_MS !== 0 || toMs % HOUR_MS !== 0) throw new RangeError('a period starts and ends on whole hours')
  return Array.from({ length: Math.max(0, (toMs - fromMs) / HOUR_MS) }, (_, index) => fromMs + index * HOUR_MS)
}

function hourOf(hours: Hours | null, atMs: number): { amount: number; flag: number } | undefined {
  const index = hours ? (atMs - hours.firstHourMs) / HOUR_MS : -1
  const amount = hours?.amounts[index]
  const flag = hours?.flags[index]
  return amount !== undefined && flag !== undefined && !Number.isNaN(amount) ? { amount, flag } : undefined
}
