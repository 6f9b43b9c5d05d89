// The level of a forecast: how the last weeks stand to the same dates of the year before
// (docs/rules/dual-control.md#level).

/** After so many weeks a week weighs half: a recent change says more than an old one. */
const HALF_LIFE_WEEKS = 8
const WEEK = 7
/** A week without this many known pairs of days says nothing. */
const PAIRS_MIN = 4
/** A single week counts at most this far (in log ratio) from the median of the weeks. */
const WEEK_OUTLIER_MAX = 0.4
/** Weeks of prior belief in last year's level: n weeks weigh n / (n + 8), and from four weeks on at least a half. */
const SHRINK_WEEKS = 8
const HALF_WEIGHT_WEEKS = 4
/** Usual scatter of a building, by the backtest; weighs as SHRINK_WEEKS weeks. */
const USUAL_SCATTER = 0.05

/** How this year stands to last year. Plain numbers, so that a reader can recompute the forecast. */
export interface ForecastLevel {
  /** Weeks of this year that can be compared. */
  weeks: number
  /** This year ÷ last year, a mean over these weeks; 1 without any. */
  ratio: number
  /** Weight of the ratio against 1, 0 to 1. */
  shrink: number
  /** Median distance of the weeks' log ratios from their median, drawn to the usual scatter; null without weeks. */
  scatter: number | null
}

interface Week {
  logRatio: number
  weight: number
}

/**
 * Compares whole weeks back from `end` (a day of the year, exclusive), so that each weekday counts alike. Only days
 * known in both years are compared, and no week in which `differs` says that a date is a holiday in one year only.
 */
export function levelOf(
  thisYear: Float64Array,
  lastYear: Float64Array,
  end: number,
  differs: (dayOfYear: number) => boolean,
): ForecastLevel {
  const weeks: Week[] = []
  for (let age = 0; end - WEEK * (age + 1) >= 0; age++) {
    const found = compareWeek(thisYear, lastYear, end - WEEK * (age + 1), differs)
    if (found) weeks.push({ ...found, weight: found.before * 0.5 ** (age / HALF_LIFE_WEEKS) })
  }
  if (weeks.length === 0) return { weeks: 0, ratio: 1, shrink: 0, scatter: null }
  const middle = weightedMedian(weeks)
  const total = weeks.reduce((sum, { weight }) => sum + weight, 0)
  const held = ({ logRatio }: Week): number =>
    Math.min(middle + WEEK_OUTLIER_MAX, Math.max(middle - WEEK_OUTLIER_MAX, logRatio))
  const mean = weeks.reduce((sum, week) => sum + held(week) * week.weight, 0) / total
  return {
    weeks: weeks.length,
    ratio: Math.exp(mean),
    shrink: shrinkOf(weeks.length),
    scatter: scatterOf(weeks),
  }
}

function compareWeek(
  thisYear: Float64Array,
  lastYear: Float64Array,
  from: number,
  differs: (dayOfYear: number) => boolean,
): { logRatio: number; before: number } | undefined {
  let now = 0
  let before = 0
  let pairs = 0
  for (let day = from; day < from + WEEK; day++) {
    if (differs(day)) return undefined
    const [own, own0] = [thisYear[day] ?? Number.NaN, lastYear[day] ?? Number.NaN]
    if (Number.isNaN(own) || Number.isNaN(own0)) continue
    now += own
    before += own0
    pairs += 1
  }
  if (pairs < PAIRS_MIN || !(now > 0) || !(before > 0)) return undefined
  return { logRatio: Math.log(now / before), before }
}

/** Linear between the middles of the weights, so that two equal weeks give their mean. */
function weightedMedian(weeks: readonly Week[]): number {
  const sorted = weeks.toSorted((a, b) => a.logRatio - b.logRatio)
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2
  let passed = 0
  let before: { at: number; logRatio: number } | undefined
  for (const { logRatio, weight } of sorted) {
    const at = passed + weight / 2
    if (at >= half) {
      if (!before) return logRatio
      return before.logRatio + ((half - before.at) / (at - before.at)) * (logRatio - before.logRatio)
    }
    before = { at, logRatio }
    passed += weight
  }
  return before?.logRatio ?? 0
}

const shrinkOf = (weeks: number): number =>
  Math.max(weeks / (weeks + SHRINK_WEEKS), Math.min(weeks, HALF_WEIGHT_WEEKS) / (2 * HALF_WEIGHT_WEEKS))

function scatterOf(weeks: readonly Week[]): number {
  const middle = median(weeks.map(({ logRatio }) => logRatio))
  const own = median(weeks.map(({ logRatio }) => Math.abs(logRatio - middle)))
  return (own * weeks.length + USUAL_SCATTER * SHRINK_WEEKS) / (weeks.length + SHRINK_WEEKS)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? 0) + upper) / 2
}
