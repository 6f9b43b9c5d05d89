// Computes an institution's pace against its quota: use since 1 January against the share of the year's quota due by
// now, and the amount left for the next better rating. The formulae stay in domain/judge/quota.ts, which computes a
// whole year whose remaining months are 0.

import { addMonths, type Month, monthOf, monthRange, monthsThrough, yearOf, yearRange } from '../calendar.ts'
import { byMonth, cutMonth, type SubjectMonth } from '../energy/subject-month.ts'
import { DUAL_CONTROL, type QuotaIndicator } from '../indicator.ts'
import { RATINGS, type Rating, rate } from '../rating.ts'
import type { Institution } from '../registry/records.ts'
import type { Quota } from '../standards/quota.ts'
import { knownShareLimits, knownShareOf, type UnknownReason } from './known-share.ts'
import { quotaStatus } from './quota.ts'
import type { QuotaStatus } from './result.ts'

export interface QuotaPace {
  indicator: QuotaIndicator
  unit: string
  /** Used since 1 January, per m² or person; null for `reason`. */
  yearToDate: number | null
  /** Share of the year to date that is known, 0 to 1; `provisional` as in a rating (docs/rules/data.md#known-share). */
  knownShare: number | null
  provisional: boolean
  /** Why there is no year to date; `incompleteYear`: a month of it has no record. */
  reason: UnknownReason | null
  /** The share of a year's use that is due by now, 0 to 1. */
  share: number | null
  /**
   * `ownProfile`: last year's own months, each known for 90 %; `days`: elapsed days; `complete`: the year has passed.
   */
  basis: 'ownProfile' | 'days' | 'complete' | null
  /** yearToDate over the constraint's share; above 1 the year is heading for 需整改. */
  paceRatio: number | null
  /** yearToDate / share: the whole year at the present pace, and its rating. */
  projected: number | null
  projectedRating: Rating | null
  /** The next better rating than the projected one; null at the best, or without a row. */
  next: NextRating | null
  standard: string | null
  standIn: boolean
}

/** Per m² or person. */
export interface NextRating {
  rating: Rating
  limit: number
  /** Amount that may still be used until the year's end; negative when it is too late. */
  left: number
  /** `left` for each month left, the current one by its remaining part; null when the year has passed. */
  leftPerMonth: number | null
  /** Months left of the year, with fraction. */
  monthsLeft: number
  /** Amount by which the projected use must fall. */
  toSave: number
  /** False when the year has passed or nothing is left to use. */
  reachable: boolean
}

/**
 * The pace of each of the four indicators as of an instant. `months`: this institution's, in any order; those of this
 * year and of the year before are used, the current one as of `asOfMs`. Rows are those in force on that day.
 */
export function quotaPace(
  institution: Institution,
  months: readonly SubjectMonth[],
  quotas: readonly Quota[],
  asOfMs: number,
): QuotaPace[] {
  const year = yearOf(asOfMs - 1)
  const map = byMonth(months)
  // The row must be the one in force now, although the year computed below ends later.
  const rows = quotaStatus(institution, [], quotas, asOfMs)
  const actualsOf = (parts: readonly SubjectMonth[] | null, given: number) =>
    parts && quotaStatus(institution, parts, quotas, yearRange(given).toMs)
  const toDate = actualsOf(yearToDate(map, year, asOfMs), year)
  const lastYear = yearOfProfile(map, year - 1)
  const wholeYear = actualsOf(lastYear, year - 1)
  const lastYearToDate = actualsOf(lastYear && elapsedLastYear(lastYear, asOfMs), year - 1)
  return rows.map((row, index) => {
    const used: YearToDate = toDate?.[index] ?? {
      actual: null,
      knownShare: null,
      provisional: false,
      reason: 'incompleteYear',
    }
    const due = dueOf(lastYearToDate?.[index]?.actual, wholeYear?.[index]?.actual, year, asOfMs)
    return paceOf(row, used, due, monthsLeftOf(year, asOfMs))
  })
}

type YearToDate = Pick<QuotaStatus, 'actual' | 'knownShare' | 'provisional' | 'reason'>

/** The known part of the year to date stands for its share of what is due. */
function paceOf(
  row: QuotaStatus,
  { actual: used, knownShare: known, provisional, reason }: YearToDate,
  due: Due,
  monthsLeft: number,
): QuotaPace {
  const { indicator, unit, standard, standIn } = row
  const limits = limitsOf(row)
  const { share, basis } = due
  const projected = used !== null && share !== null && share > 0 && known !== null ? used / known / share : null
  const rating = limits && projected !== null ? rate(projected, limits) : null
  return {
    indicator,
    unit,
    yearToDate: used,
    knownShare: known,
    provisional,
    reason,
    share,
    basis,
    paceRatio: limits && projected !== null ? projected / limits.constraint : null,
    projected,
    projectedRating: rating,
    next:
      limits && rating && used !== null && projected !== null
        ? nextOf({ limits, rating, used, projected, monthsLeft })
        : null,
    standard,
    standIn,
  }
}

type Limits = Pick<Quota, 'constraint' | 'benchmark' | 'guide'>

const limitsOf = ({ constraint, benchmark, guide }: QuotaStatus): Limits | null =>
  constraint === null || benchmark === null || guide === null ? null : { constraint, benchmark, guide }

function nextOf(given: {
  limits: Limits
  rating: Rating
  used: number
  projected: number
  monthsLeft: number
}): NextRating | null {
  const { limits, rating, used, projected, monthsLeft } = given
  const better = RATINGS.indexOf(rating) - 1
  const next = RATINGS[better]
  const limit = [limits.guide, limits.benchmark, limits.constraint][better]
  if (next === undefined || limit === undefined) return null
  const left = limit - used
  return {
    rating: next,
    limit,
    left,
    leftPerMonth: monthsLeft > 0 ? left / monthsLeft : null,
    monthsLeft,
    toSave: projected - limit,
    reachable: monthsLeft > 0 && left > 0,
  }
}

interface Due {
  share: number | null
  basis: QuotaPace['basis']
}

function dueOf(toDate: number | null | undefined, whole: number | null | undefined, year: number, asOfMs: number): Due {
  const { fromMs, toMs } = yearRange(year)
  if (asOfMs >= toMs) return { share: 1, basis: 'complete' }
  if (toDate !== null && toDate !== undefined && whole !== null && whole !== undefined && whole > 0) {
    return { share: toDate / whole, basis: 'ownProfile' }
  }
  return { share: (asOfMs - fromMs) / (toMs - fromMs), basis: 'days' }
}

/** The year with its remaining months set to 0; null when a month so far has no record. */
function yearToDate(map: ReadonlyMap<Month, SubjectMonth>, year: number, asOfMs: number): SubjectMonth[] | null {
  const now = monthOf(asOfMs - 1)
  const passed = monthsThrough(`${year}-01`, now).map((month) => map.get(month))
  const last = passed.at(-1)
  if (!last || passed.includes(undefined)) return null
  const rest = monthsThrough(addMonths(now, 1), `${year}-12`).map((month) => emptied({ ...last, month }))
  return [...passed.filter((part) => part !== undefined), ...rest]
}

/** Last year's twelve months, when each is known well enough for a profile. */
function yearOfProfile(map: ReadonlyMap<Month, SubjectMonth>, year: number): SubjectMonth[] | null {
  const parts = monthsThrough(`${year}-01`, `${year}-12`).flatMap((month) => map.get(month) ?? [])
  const { judgedFrom } = knownShareLimits(`${year}-12-31`)
  const wellKnown = parts.filter((part) => {
    const ofEnergy = knownShareOf(part, DUAL_CONTROL.energy)
    return (ofEnergy ?? knownShareOf(part, DUAL_CONTROL.water) ?? 0) >= judgedFrom
  })
  return wellKnown.length === 12 ? parts : null
}

/** Last year up to the same day of the year; the rest is 0. */
function elapsedLastYear(lastYear: readonly SubjectMonth[], asOfMs: number): SubjectMonth[] {
  const now = monthOf(asOfMs - 1)
  const sinceMonth = asOfMs - monthRange(now).fromMs
  return lastYear.map((part) => {
    const place = part.month.slice(5).localeCompare(now.slice(5))
    if (place < 0) return part
    if (place > 0) return emptied(part)
    return cutMonth(part, { toMs: monthRange(part.month).fromMs + sinceMonth })
  })
}

/** A month in which nothing was used; its sizes stay. */
const emptied = (part: SubjectMonth): SubjectMonth => cutMonth(part, { toMs: monthRange(part.month).fromMs })

function elapsedShare(month: Month, atMs: number): number {
  const { fromMs, toMs } = monthRange(month)
  return Math.min(1, Math.max(0, (atMs - fromMs) / (toMs - fromMs)))
}

/** Months left in the year, the current one by its remaining part. */
const monthsLeftOf = (year: number, asOfMs: number): number =>
  monthsThrough(`${year}-01`, `${year}-12`).reduce((sum, month) => sum + 1 - elapsedShare(month, asOfMs), 0)
