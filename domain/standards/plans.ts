// Holds the published targets of the five-year plans: caps on totals and falls of intensities in percent. A subject has
// one of them only when a target of its own adopts it (docs/rules/dual-control.md#plans). Hebei's of the 15th plan are
// not known (目标未下达), and the national ones never stand for them.

import type { Indicator } from '../indicator.ts'
import type { Certainty } from './validity.ts'

/** Ids by which targets adopt a plan. */
export const PLAN_IDS = ['fyp14', 'fyp15'] as const
type PlanId = (typeof PLAN_IDS)[number]

export interface PlanTarget {
  id: PlanId
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

const YEARS = { id: 'fyp14', baseYear: 2020, endYear: 2025 } as const
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

/** 国管局 and 国家发展改革委; no target of 人均综合能耗 is in the digest that was read. */
const NATIONAL_15 = {
  id: 'fyp15',
  plan: '“十五五”公共机构节能降碳工作方案',
  area: 'CN',
  baseYear: 2025,
  endYear: 2030,
  baseValue: null,
  source: 'digest of 2026-08-04 quoting 人民网, one source (docs/rules/facts.md#national-plan-to-2030)',
  certainty: 'secondary',
} as const

export const FYP15_TARGETS: readonly PlanTarget[] = [
  { ...NATIONAL_15, indicator: 'co2PerArea', reductionPct: 8.5 },
  { ...NATIONAL_15, indicator: 'energyPerArea', reductionPct: 5 },
  { ...NATIONAL_15, indicator: 'waterPerCapita', reductionPct: 3 },
]

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

export const PLAN_TARGETS: readonly PlanTarget[] = [...FYP14_TARGETS, ...FYP15_TARGETS]

/** The national percentage of an indicator that a target may adopt; undefined when the plan has none. */
export const nationalFall = (id: string, indicator: string): PlanTarget | undefined =>
  PLAN_TARGETS.find(
    (row) => row.id === id && row.indicator === indicator && row.area === 'CN' && row.reductionPct !== undefined,
  )
