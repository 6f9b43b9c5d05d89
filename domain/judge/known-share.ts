// Says how much of a figure is known: the known amount over itself and what is probably missing. Unknown time is never
// counted as zero use (docs/rules/data.md#known-share).

import { dayLabel, dayOf, type Month } from '../calendar.ts'
import { resourceHours, rollingYears, type SubjectMonth, type SubjectYear } from '../energy/subject-month.ts'
import { DUAL_CONTROL, type IndicatorRow, type ResourceKind } from '../indicator.ts'
import { KNOWN_SHARE_RULES } from '../standards/known-share.ts'
import { isValidOn } from '../standards/validity.ts'
import { numeratorOf } from './indicator-value.ts'
import type { IndicatorStatus, UNKNOWN_REASONS } from './result.ts'

/** Tolerance for floating point: a share equal to a limit meets it. */
const SHARE_SLACK = 1e-9

export type UnknownReason = (typeof UNKNOWN_REASONS)[number]

/** Limits of a figure's known share. */
export interface KnownShareLimits {
  /** Below it a figure is not judged. */
  judgedFrom: number
  /** Below it a judged figure is provisional. */
  sureFrom: number
}

/** The limits in force on a local date. */
export function knownShareLimits(date: string): KnownShareLimits {
  const row = KNOWN_SHARE_RULES.findLast((rule) => isValidOn(rule, date)) ?? KNOWN_SHARE_RULES[0]
  return { judgedFrom: row.judgedFrom, sureFrom: row.sureFrom }
}

/** True when less is known than a judgement asks. */
export const isTooLittle = (share: number | null, { judgedFrom }: KnownShareLimits): boolean =>
  share !== null && share < judgedFrom - SHARE_SLACK

/**
 * The known share of an indicator in a month, or in a sum of months, 0 to 1. What is missing weighs as much energy as
 * was probably used in it; hours of which nothing says that weigh by their number. Null when nothing is expected.
 */
export function knownShareOf(part: SubjectMonth, row: IndicatorRow): number | null {
  const { resource, missing } = row
  const hours =
    resource === 'water'
      ? { ...resourceHours(part, resource), without: part.waterHoursWithoutUsual }
      : {
          ...resourceHours(part, resource),
          without: part.hoursWithoutUsual + (missing ? part.partHoursWithoutUsual : 0),
        }
  if (hours.expected <= 0) return null
  const ofResource = RESOURCE_FIELDS[resource]
  const known = Math.max(0, missing ? numeratorOf(part, row) : part[ofResource.known])
  const gone = (missing ?? [ofResource.missing]).reduce((sum, field) => sum + part[field], 0)
  const byHours = Math.max(0, 1 - hours.without / hours.expected)
  return known + gone > 0 ? (known / (known + gone)) * byHours : Math.min(1, hours.known / hours.expected)
}

/** The worse known share of a month's energy and water; null when nothing is expected. */
export function worstKnownShare(part: SubjectMonth): number | null {
  const shares = [DUAL_CONTROL.energy, DUAL_CONTROL.water].flatMap((row) => knownShareOf(part, row) ?? [])
  return shares.length > 0 ? Math.min(...shares) : null
}

const RESOURCE_FIELDS = {
  energy: { known: 'energyKgce', missing: 'energyMissingKgce' },
  water: { known: 'waterM3', missing: 'waterMissingM3' },
} as const

type Known = Pick<IndicatorStatus, 'actual' | 'knownShare' | 'knownPart' | 'reason' | 'provisional'>

/** A figure with what is known of it. `value`: of the known part; `why`: a reason other than unknown time. */
export function knownFigure(
  value: number | null,
  { share, why, limits }: { share: number | null; why: UnknownReason | null; limits: KnownShareLimits },
): Known {
  const tooLittle = share === null ? 'noData' : isTooLittle(share, limits) ? 'unknownTime' : null
  const reason =
    value === null ? (why ?? tooLittle ?? 'noData') : (tooLittle ?? why ?? (value < 0 ? 'belowZero' : null))
  return {
    actual: reason === null ? value : null,
    knownShare: share,
    knownPart: value,
    reason,
    provisional: reason === null && share !== null && share < limits.sureFrom,
  }
}

/** A rolling year, null where too little is known to judge it, and how much is known; null when nothing is expected. */
export interface KnownYear {
  year: SubjectYear | null
  knownShare: number | null
  provisional: boolean
}

/** The 12 months that end at `endMs` by resource. */
export function knownYears(months: ReadonlyMap<Month, SubjectMonth>, endMs: number): Record<ResourceKind, KnownYear> {
  const years = rollingYears(months, endMs)
  const limits = knownShareLimits(dayLabel(dayOf(endMs - 1)))
  const known = (row: IndicatorRow): KnownYear => {
    const year = years[row.resource]
    const knownShare = year && knownShareOf(year, row)
    const isJudged = knownShare !== null && !isTooLittle(knownShare, limits)
    return { year: isJudged ? year : null, knownShare, provisional: isJudged && knownShare < limits.sureFrom }
  }
  return { energy: known(DUAL_CONTROL.energy), water: known(DUAL_CONTROL.water) }
}
