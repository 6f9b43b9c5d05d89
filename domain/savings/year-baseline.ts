// Baselines from yearly totals by the domestic rules, beside those that follow the weather
// (docs/rules/savings.md#baselines-by-years). The rules are rows, so a province's own rule is one more.

/** Against what a year may differ by the rule's share: the mean of the three, or the year before. */
export type YearComparison = 'mean' | 'yearBefore'

export interface YearBaselineRule {
  id: string
  /** What the latest year stands alone for. */
  latestWhen: 'falls' | 'fallsOrRises'
  /** A series within this share of its comparison counts as steady: the mean holds. */
  steadyShare: number
  /** The texts read do not state it: a setting. */
  comparison: YearComparison
  /**
   * For a series that neither moves one way nor is steady: its mean, flagged, or nothing where the text read is silent.
   */
  otherwise: 'mean' | 'notStated'
  source: string
  certainty: 'secondary' | 'supplied'
}

export const YEAR_BASELINE_RULES = [
  {
    id: 'jst301',
    latestWhen: 'falls',
    steadyShare: 0.1,
    comparison: 'mean',
    otherwise: 'notStated',
    source: 'JS/T 301-2024 公共机构能源费用托管实施规程 4.3',
    certainty: 'secondary',
  },
  {
    id: 'shandong',
    latestWhen: 'fallsOrRises',
    steadyShare: 0.1,
    comparison: 'mean',
    otherwise: 'mean',
    source: '山东省公共建筑节能改造节能量核定办法 4.0.2',
    certainty: 'secondary',
  },
] as const satisfies readonly YearBaselineRule[]

export type YearBaselineFlag = 'outsideRange' | 'notThreeYears'

export interface YearBaseline {
  /** Null when the years do not suffice, or the rule does not say. */
  amount: number | null
  basis: 'latestYear' | 'mean' | null
  /** Least and greatest of the years; what a person looks at when the series is not steady. */
  range: { low: number; high: number } | null
  flags: YearBaselineFlag[]
}

const YEARS = 3

/** Baseline from the totals of the last three years, the earliest first: quantities or costs. NaN = not known. */
export function yearBaseline(
  totals: readonly number[],
  rule: Pick<YearBaselineRule, 'latestWhen' | 'steadyShare' | 'comparison' | 'otherwise'>,
): YearBaseline {
  const [first, second, last] = totals
  if (totals.length !== YEARS || first === undefined || second === undefined || last === undefined) return NOT_ENOUGH
  if (totals.some((total) => !Number.isFinite(total) || total < 0)) return NOT_ENOUGH
  const range = { low: Math.min(...totals), high: Math.max(...totals) }
  const falls = first > second && second > last
  const rises = first < second && second < last
  if (falls || (rises && rule.latestWhen === 'fallsOrRises'))
    return { amount: last, basis: 'latestYear', range, flags: [] }
  const mean = (first + second + last) / YEARS
  const isSteady =
    rule.comparison === 'mean'
      ? totals.every((total) => isNear(total, mean, rule.steadyShare))
      : isNear(second, first, rule.steadyShare) && isNear(last, second, rule.steadyShare)
  if (isSteady) return { amount: mean, basis: 'mean', range, flags: [] }
  const isMean = rule.otherwise === 'mean'
  return { amount: isMean ? mean : null, basis: isMean ? 'mean' : null, range, flags: ['outsideRange'] }
}

const NOT_ENOUGH: YearBaseline = { amount: null, basis: null, range: null, flags: ['notThreeYears'] }

/** Equality is within, with room for rounding. */
const isNear = (value: number, other: number, share: number): boolean =>
  Math.abs(value - other) <= share * other * (1 + 1e-12)

/**
 * Energy per m² that a contract compares where heat is billed by area: all energy but that for heating, else all energy
 * (京机管发〔2022〕21号 arts. 7–9). Energy in one unit, area above 0.
 */
export function comparedIntensity({
  energy,
  heatingEnergy,
  isHeatBilledByArea,
  floorAreaM2,
}: {
  energy: number
  heatingEnergy: number
  isHeatBilledByArea: boolean
  floorAreaM2: number
}): { basis: 'nonHeating' | 'comprehensive'; perM2: number } {
  return isHeatBilledByArea
    ? { basis: 'nonHeating', perM2: (energy - heatingEnergy) / floorAreaM2 }
    : { basis: 'comprehensive', perM2: energy / floorAreaM2 }
}

/** Beijing's fall of intensity over a contract: 5 years at least 10 %, and a fifth more of it for each further year. */
const BEIJING_YEARS = 5
const BEIJING_FALL = 0.1
const BEIJING_FURTHER_YEAR = 0.2

/**
 * The share by which intensity has to fall over a contract of `years` ≥ 5 in Beijing. "Each further year raises the
 * rate by at least 20 %" is read as 20 % of the rate of five years.
 */
export const beijingIntensityFall = (years: number): number =>
  BEIJING_FALL * (1 + BEIJING_FURTHER_YEAR * Math.max(0, years - BEIJING_YEARS))
