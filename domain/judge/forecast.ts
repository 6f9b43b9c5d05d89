// Forecasts the use of a calendar year from its days so far, with an 80 % band and the chance of exceeding a target
// (docs/rules/dual-control.md#forecast). Known use counts as it is; all that is not known, past days and days to come,
// is expected from season × level. Divides by the known part of the profile, never by elapsed time.

import { type ForecastLevel, levelOf } from './forecast-level.ts'
import {
  type DailyAmounts,
  daysIn,
  dropContradictedZeros,
  fillFromWeeks,
  firstDayOf,
  knownAmountOn,
  knownDays,
  knownShareOn,
  lastYearByDate,
  sameDateBefore,
  wholeAmountOn,
} from './forecast-profile.ts'

/** Least known share of the year so far, weighted by the profile. */
export const FORECAST_KNOWN_MIN = 0.9
/** Least share of last year's days that are known for a subject's own profile. */
export const OWN_PROFILE_KNOWN_MIN = 0.5
/** Least part of a kind's profile that must lie behind: its season is not the subject's own. */
export const KIND_PROFILE_PASSED_MIN = 0.2
/** Half width of the 80 % band on the log of what is not known: √(BASE² + (SLOPE × scatter)²), by the backtest. */
const BAND_BASE = 0.11
const BAND_SLOPE = 2.1
/** The same without a week to compare, and by the profile of a kind. */
const BAND_UNSEEN = 0.3
const BAND_KIND = 0.5

export interface DayForecastInput {
  /** The calendar year to forecast. */
  year: number
  /** The first day that is not over (`dayOf`). Its known part counts when `days.known` says it; later days do not. */
  asOfDay: number
  days: DailyAmounts
  /** Days that differ from Monday to Friday: holidays, and weekends that are worked (调休). */
  calendar?: ReadonlyMap<number, 'workday' | 'holiday'>
  /** The mean profile of the subject's kind (`meanProfile`), for one without a year before. */
  kindProfile?: Float64Array
  /** To be added to last year's amount on the date of each day: its members are not those of now. */
  seasonDays?: ArrayLike<number>
  /** The first day of the year, 1 January being 0, from which on nothing is used any more. */
  closedFrom?: number
}

/** Why there is no forecast. */
export type ForecastGap = 'notBegun' | 'yearToDateUnknown' | 'noProfile' | 'tooEarlyForKind'
export type DayForecastBasis = 'complete' | 'lastYear' | 'kind'

/** Amounts in the unit of the days. `forecast` = known + (missing + remaining), and each part can be recomputed. */
export interface DayForecast {
  basis: DayForecastBasis
  forecast: number
  /** The actual total lies in this band in 80 % of cases. */
  low80: number
  high80: number
  /** The known use of the year so far, as measured. */
  known: number
  /** Expected use of days, or parts of days, that lie behind and are not known. */
  missing: number
  /** Expected use of the days to come. */
  remaining: number
  /** Known share of the year so far, weighted by the profile. */
  knownShare: number
  /** The profile's share of the year that is known: `knownShare` of what lies behind. */
  profileKnownShare: number
  /** Last year's use on the days to come, before the level; of a kind's profile: at the subject's own level. */
  remainingSeason: number
  level: ForecastLevel
  /** Half width of the band on the log of missing + remaining. */
  bandLog: number
}

export type DayForecastResult = DayForecast | { basis: null; reason: ForecastGap; known: number; knownShare: number }

export function forecastYear(input: DayForecastInput): DayForecastResult {
  const { year, days } = input
  const first = firstDayOf(year)
  const length = daysIn(year)
  const end = Math.min(length, input.asOfDay - first)
  if (end < 0) return { basis: null, reason: 'notBegun', known: 0, knownShare: 0 }

  // Today, the day `end`, is taken apart: its known part lies behind, the rest is to come.
  const behind = Math.min(length, end + 1)
  const shares = new Float64Array(behind).map((_, day) =>
    day < end || days.known ? knownShareOn(days, first + day) : 0,
  )
  const known = shares.reduce((sum, share, day) => sum + (share > 0 ? knownAmountOn(days, first + day) : 0), 0)
  const thisYear = new Float64Array(end).map((_, day) => wholeAmountOn(days, first + day))
  const lastYear = dropContradictedZeros(changedBy(lastYearByDate(days, year), input.seasonDays), thisYear)
  const isOwn = knownDays(lastYear) >= OWN_PROFILE_KNOWN_MIN && lastYear.some((amount) => amount > 0)
  const profile = closedAt(isOwn ? fillFromWeeks(lastYear) : input.kindProfile, input.closedFrom)
  const parts = partsOf(profile ?? new Float64Array(length).fill(1), shares, end)
  const none = (reason: ForecastGap): DayForecastResult => ({
    basis: null,
    reason,
    known,
    knownShare: parts.knownShare,
  })

  if (parts.knownShare < FORECAST_KNOWN_MIN) return none('yearToDateUnknown')
  if (end === length && parts.known === parts.passed) return complete(known)
  if (!profile) return none('noProfile')
  if (!isOwn && parts.passed / parts.total < KIND_PROFILE_PASSED_MIN) return none('tooEarlyForKind')
  if (!isOwn && !(parts.known > 0)) return none('noProfile')

  const ownLevel = parts.known > 0 ? known / parts.known : 1
  const level = isOwn ? levelOf(thisYear, lastYear, end, differingDays(input)) : ONE_LEVEL
  const season = isOwn ? profile : profile.map((share) => share * ownLevel)
  const remainingSeason = sumOf(season, end, 1 - (shares[end] ?? 0))
  const remaining = remainingOf(season, { end, todayLeft: 1 - (shares[end] ?? 0), level })
  const missing = (parts.passed - parts.known) * ownLevel
  const bandLog = isOwn ? bandLogOf(level) : BAND_KIND
  return {
    basis: end === length ? 'complete' : isOwn ? 'lastYear' : 'kind',
    forecast: known + missing + remaining,
    low80: known + (missing + remaining) * Math.exp(-bandLog),
    high80: known + (missing + remaining) * Math.exp(bandLog),
    ...{ known, missing, remaining },
    knownShare: parts.knownShare,
    profileKnownShare: parts.total > 0 ? parts.known / parts.total : 0,
    ...{ remainingSeason, level, bandLog },
  }
}

/** Days are kept as 32-bit floats: a rest of this relative size is none. */
const REST_MIN = 1e-6

function changedBy(lastYear: Float64Array, seasonDays: ArrayLike<number> | undefined): Float64Array {
  if (!seasonDays) return lastYear
  return lastYear.map((amount, day) => {
    const changed = amount + (seasonDays[day] ?? 0)
    return changed < amount * REST_MIN ? 0 : changed
  })
}

const closedAt = (profile: Float64Array | undefined, closedFrom: number | undefined): Float64Array | undefined =>
  profile && closedFrom !== undefined ? profile.slice().fill(0, closedFrom) : profile

/**
 * The chance, 0 to 1, that the year's use exceeds `target`. The log of what is not known has a Laplace distribution:
 * a half at the forecast, a tenth at the band's edge, a fifth of that for each further band width.
 */
export function chanceOfExceeding({ forecast, known, bandLog }: DayForecast, target: number): number {
  const unknown = forecast - known
  if (!(unknown > 0) || bandLog === 0) return forecast > target * (1 + 1e-9) ? 1 : 0
  if (target <= known) return 1
  const distance = Math.log((target - known) / unknown)
  const tail = 0.5 * 0.2 ** (Math.abs(distance) / bandLog)
  return distance >= 0 ? tail : 1 - tail
}

const ONE_LEVEL: ForecastLevel = { weeks: 0, ratio: 1, shrink: 0, scatter: null }

const complete = (known: number): DayForecast => ({
  basis: 'complete',
  forecast: known,
  ...{ low80: known, high80: known, known, missing: 0, remaining: 0, knownShare: 1, profileKnownShare: 1 },
  ...{ remainingSeason: 0, level: ONE_LEVEL, bandLog: 0 },
})

/** Sums of the profile: what lies behind, the known part of it, and the whole year. */
function partsOf(profile: Float64Array, shares: Float64Array, end: number) {
  let passed = 0
  let known = 0
  for (let day = 0; day < shares.length; day++) {
    const share = shares[day] ?? 0
    passed += (profile[day] ?? 0) * (day < end ? 1 : share)
    known += (profile[day] ?? 0) * share
  }
  const knownShare = passed > 0 ? known / passed : (knownDaysShare(shares, end) ?? 1)
  return { passed, known, total: sumOf(profile, 0, 1), knownShare }
}

/** Where the profile has no use so far (heat in summer), days count alike. */
const knownDaysShare = (shares: Float64Array, end: number): number | undefined =>
  end > 0 ? shares.subarray(0, end).reduce((sum, share) => sum + share, 0) / end : undefined

function sumOf(profile: Float64Array, from: number, firstPart: number): number {
  let sum = (profile[from] ?? 0) * firstPart
  for (let day = from + 1; day < profile.length; day++) sum += profile[day] ?? 0
  return sum
}

/**
 * Season × level^(shrink × fade). Of a change against last year the part that last year had seen by the same date
 * is in the season already, so the level fades evenly to nothing over a year (docs/rules/dual-control.md#level).
 */
function remainingOf(
  season: Float64Array,
  { end, todayLeft, level }: { end: number; todayLeft: number; level: ForecastLevel },
): number {
  const exponent = Math.log(level.ratio) * level.shrink
  let sum = 0
  for (let day = end; day < season.length; day++) {
    const fade = 1 - (day - end + 0.5) / season.length
    sum += (season[day] ?? 0) * (day === end ? todayLeft : 1) * (exponent === 0 ? 1 : Math.exp(exponent * fade))
  }
  return sum
}

const bandLogOf = ({ scatter }: ForecastLevel): number =>
  scatter === null ? BAND_UNSEEN : Math.hypot(BAND_BASE, BAND_SLOPE * scatter)

/** Dates that the calendar treats differently in the two years: a moved holiday must not pass for a change of level. */
function differingDays({ calendar, year }: DayForecastInput): (dayOfYear: number) => boolean {
  if (!calendar || calendar.size === 0) return () => false
  const first = firstDayOf(year)
  const dateBefore = sameDateBefore(year)
  return (dayOfYear) => {
    const before = dateBefore(dayOfYear)
    return before !== undefined && calendar.get(first + dayOfYear) !== calendar.get(before)
  }
}
