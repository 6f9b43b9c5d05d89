// Holds the published targets of the 14th five-year plan (2021–2025): caps on totals and falls of intensities in
// percent. Users derive the targets of subjects from them; the 15th plan is not known (目标未下达).

import type { Indicator } from '../indicator.ts'
import type { Certainty } from './validity.ts'

export interface PlanTarget {
  plan: string
  /** `CN` or a six-digit division code. */
  area: string
  indicator: Indicator
  baseYear: number
  endYear: number
  /** The base year's result in the indicator's unit (domain/registry/records.ts); null when not published. */
  baseValue: number | null
  /** Upper limit of a total. It may lie above the base value: the caps of 2025 allow growth while intensities fall. */
  cap?: number
  /** Fall of an intensity against the base year, percent. */
  reductionPct?: number
  source: string
  certainty: Certainty
}

const YEARS = { baseYear: 2020, endYear: 2025 }
const NATIONAL = {
  plan: '“十四五”公共机构节约能源资源工作规划',
  area: 'CN',
  ...YEARS,
  source: 'http://www.kcqsx.com/news/202106/1294721.html',
  certainty: 'secondary',
} as const
const HEBEI = {
  plan: '河北省机关事务工作“十四五”规划',
  area: '130000',
  ...YEARS,
  source: '冀事管〔2021〕120号',
  certainty: 'official',
} as const

/** Hebei's plan has no percentages; using the national ones would be an assumption, so Hebei has no such rows. */
export const FYP14_TARGETS: readonly PlanTarget[] = [
  { ...NATIONAL, indicator: 'energy', baseValue: 1.64e8, cap: 1.89e8 },
  { ...NATIONAL, indicator: 'water', baseValue: 106.97e8, cap: 124e8 },
  { ...NATIONAL, indicator: 'co2', baseValue: null, cap: 4e8 },
  { ...NATIONAL, indicator: 'energyPerArea', baseValue: 18.48, reductionPct: 5 },
  { ...NATIONAL, indicator: 'energyPerCapita', baseValue: 329.56, reductionPct: 6 },
  { ...NATIONAL, indicator: 'waterPerCapita', baseValue: 21.53, reductionPct: 6 },
  { ...NATIONAL, indicator: 'co2PerArea', baseValue: null, reductionPct: 7 },
  { ...HEBEI, indicator: 'energy', baseValue: 294.86e4, cap: 357e4 },
  { ...HEBEI, indicator: 'water', baseValue: 1.85e8, cap: 2.25e8 },
  { ...HEBEI, indicator: 'co2', baseValue: null, cap: 1394e4 },
]
