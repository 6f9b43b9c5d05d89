// Defines the indicators of dual control and of the quota in two tables: numerator, size, unit, names and formula, used
// by judging, explanations, alert texts, import files and the page. Two indicators have the same name in both tables
// but different numerators, so a row is found by table and name (docs/rules/dual-control.md#indicators,
// docs/rules/quota.md#indicators).

import type { Phrase } from './phrase.ts'
import { columnOf, keysOf } from './table.ts'

/** Water is judged separately from energy: an institution may meter only one of them. */
export type ResourceKind = 'energy' | 'water'

interface Row {
  /** Unit of the indicator's value. */
  unit: string
  resource: ResourceKind
  /** The numerator's field in a month's record, and the fields subtracted (domain/energy/subject-month.ts). */
  numerator: string
  less: readonly string[]
  numeratorUnit: string
  /** Numerator units per `unit` (1000 kgce per tce). */
  per: 1 | 1000
  /** The divisor; null for a total. `generalAreaM2` is floor area minus that of special functions. */
  size: string | null
  /** The rows that convert carriers to the numerator; null when the numerator is no sum over carriers. */
  carriers: 'statistics' | 'quota' | 'co2' | null
  /** The field with the kilograms of fuel left out; above 0 the value is a lower bound. */
  leavesOut: string | null
  /** The fields of what is probably missing of the numerator; null: as much as of the resource as a whole. */
  missing: readonly string[] | null
  /** Name within a sentence. */
  name: Phrase
  /** English heading on the page; the Chinese one is the name. */
  title: string
  /** Names in Chinese import files. */
  words: readonly string[]
  formula: Phrase
}

const ENERGY = {
  resource: 'energy',
  less: [],
  numeratorUnit: 'kgce',
  per: 1,
  carriers: 'statistics',
  leavesOut: 'fuelKgWithoutCoefficient',
  missing: null,
} as const
const WATER = {
  resource: 'water',
  less: [],
  numeratorUnit: 'm³',
  per: 1,
  carriers: null,
  leavesOut: null,
  missing: null,
} as const
const CO2 = {
  resource: 'energy',
  less: [],
  numeratorUnit: 'kg',
  per: 1,
  carriers: 'co2',
  leavesOut: 'fuelKgWithoutCo2',
  missing: null,
} as const

/** The seven indicators of dual control: three totals, four intensities, in display order. */
export const DUAL_CONTROL = {
  energy: {
    ...ENERGY,
    unit: 'tce',
    numerator: 'energyKgce',
    per: 1000,
    size: null,
    name: { zh: '能源消费总量', en: 'total energy' },
    title: 'Energy, total',
    words: ['能源消费总量'],
    formula: {
      zh: '能源消费总量（吨标准煤，当年累计）= Σ 月 Σ 品种（实物量 × 当量折标系数）÷ 1000',
      en: 'energy (tce, year to date) = Σ months Σ carriers (amount × coefficient) / 1000',
    },
  },
  water: {
    ...WATER,
    unit: 'm³',
    numerator: 'waterM3',
    size: null,
    name: { zh: '用水总量', en: 'total water' },
    title: 'Water, total',
    words: ['用水总量'],
    formula: { zh: '用水总量（m³，当年累计）= Σ 月用水量', en: 'water (m³, year to date) = Σ months' },
  },
  co2: {
    ...CO2,
    unit: 't',
    numerator: 'co2Kg',
    per: 1000,
    size: null,
    name: { zh: '二氧化碳排放总量', en: 'total CO2' },
    title: 'CO₂, total',
    words: ['碳排放总量'],
    formula: {
      zh: '碳排放总量（t，当年累计）= Σ 月 Σ 品种（实物量 × 排放因子）÷ 1000',
      en: 'CO2 (t, year to date) = Σ months Σ carriers (amount × factor) / 1000',
    },
  },
  energyPerArea: {
    ...ENERGY,
    unit: 'kgce/m²',
    numerator: 'energyKgceWithArea',
    size: 'floorAreaM2',
    name: { zh: '单位建筑面积能耗', en: 'energy per floor area' },
    title: 'Energy per floor area',
    words: ['单位建筑面积能耗'],
    formula: {
      zh: '单位建筑面积能耗 = 近 12 个月能耗（kgce）÷ 时间加权建筑面积（m²）',
      en: 'energy per floor area = energy of 12 months (kgce) / time-weighted floor area (m²)',
    },
  },
  energyPerCapita: {
    ...ENERGY,
    unit: 'kgce/person',
    numerator: 'energyKgceWithUsers',
    size: 'energyUsers',
    name: { zh: '人均综合能耗', en: 'energy per person' },
    title: 'Energy per person',
    words: ['人均综合能耗'],
    formula: {
      zh: '人均综合能耗 = 近 12 个月能耗（kgce）÷ 时间加权用能人数',
      en: 'energy per person = energy of 12 months (kgce) / time-weighted energy users',
    },
  },
  waterPerCapita: {
    ...WATER,
    unit: 'm³/person',
    numerator: 'waterM3WithUsers',
    size: 'waterUsers',
    name: { zh: '人均用水量', en: 'water per person' },
    title: 'Water per person',
    words: ['人均用水量'],
    formula: {
      zh: '人均用水量 = 近 12 个月用水量（m³）÷ 时间加权用水人数',
      en: 'water per person = water of 12 months (m³) / time-weighted water users',
    },
  },
  co2PerArea: {
    ...CO2,
    unit: 'kg/m²',
    numerator: 'co2KgWithArea',
    size: 'floorAreaM2',
    name: { zh: '单位建筑面积碳排放', en: 'CO2 per floor area' },
    title: 'CO₂ per floor area',
    words: ['单位建筑面积碳排放'],
    formula: {
      zh: '单位建筑面积碳排放 = 近 12 个月碳排放（kg）÷ 时间加权建筑面积（m²）',
      en: 'CO2 per floor area = CO2 of 12 months (kg) / time-weighted floor area (m²)',
    },
  },
} as const satisfies Record<string, Row>

const QUOTA_ENERGY = {
  ...ENERGY,
  carriers: 'quota',
  leavesOut: 'fuelKgWithoutQuotaCoefficient',
  missing: ['quotaMissingKgce'],
} as const

/** The four indicators of the quota: kgce by the quota's coefficient set, water in m³; all over 12 months. */
export const QUOTA = {
  heatingPerArea: {
    ...QUOTA_ENERGY,
    unit: 'kgce/m²',
    numerator: 'heatingKgce',
    carriers: null,
    missing: ['heatingMissingKgce'],
    size: 'heatedAreaM2',
    name: { zh: '单位采暖建筑面积供暖能耗', en: 'heating energy per heated area' },
    title: 'Heating per heated area',
    words: ['单位采暖建筑面积供暖能耗'],
    formula: {
      zh: '供暖能耗指标 = 近 12 个月供暖能耗（kgce，定额折标系数）÷ 供暖面积（m²）',
      en: 'heating per heated area = heating energy of 12 months (kgce, quota coefficients) / heated area (m²)',
    },
  },
  nonHeatingPerArea: {
    ...QUOTA_ENERGY,
    unit: 'kgce/m²',
    numerator: 'quotaKgce',
    less: ['heatingKgce', 'specialKgce', 'transportKgce'],
    missing: ['quotaMissingKgce', 'heatingMissingKgce', 'specialMissingKgce'],
    size: 'generalAreaM2',
    name: { zh: '单位建筑面积非供暖能耗', en: 'non-heating energy per floor area' },
    title: 'Non-heating per floor area',
    words: ['单位建筑面积非供暖能耗'],
    formula: {
      zh: '非供暖能耗指标 =（E − 供暖 − 特殊功能 − 交通）÷（建筑面积 − 特殊功能面积）',
      en: 'non-heating per area = (E − heating − special functions − transport) / (floor area − special area)',
    },
  },
  energyPerCapita: {
    ...QUOTA_ENERGY,
    unit: 'kgce/person',
    numerator: 'quotaKgce',
    size: 'energyUsers',
    name: { zh: '人均综合能耗', en: 'energy per person' },
    title: 'Energy per person',
    words: ['人均综合能耗'],
    formula: {
      zh: '人均综合能耗指标 = 近 12 个月综合能耗（kgce，定额折标系数）÷ 用能人数',
      en: 'energy per person = energy of 12 months (kgce, quota coefficients) / energy users',
    },
  },
  waterPerCapita: {
    ...WATER,
    unit: 'm³/person',
    numerator: 'waterM3',
    size: 'waterUsers',
    name: { zh: '人均用水量', en: 'water per person' },
    title: 'Water per person',
    words: ['人均用水量'],
    formula: {
      zh: '人均用水量指标 = 近 12 个月用水量（m³）÷ 用水人数',
      en: 'water per person = water of 12 months / water users',
    },
  },
} as const satisfies Record<string, Row>

type Rows = typeof DUAL_CONTROL
export type Indicator = keyof Rows
export type TotalIndicator = { [I in Indicator]: Rows[I]['size'] extends null ? I : never }[Indicator]
export type IntensityIndicator = Exclude<Indicator, TotalIndicator>
export type QuotaIndicator = keyof typeof QUOTA

export type IndicatorRow = Rows[Indicator] | (typeof QUOTA)[QuotaIndicator]
/** The size that an indicator divides by. */
export type IndicatorSize = NonNullable<IndicatorRow['size']>

export const INDICATOR_TABLES = ['dualControl', 'quota'] as const
export type IndicatorTable = (typeof INDICATOR_TABLES)[number]
/** Undefined when the table has no such indicator. */
export function indicatorRow(table: IndicatorTable, indicator: Indicator | QuotaIndicator): IndicatorRow | undefined {
  const rows: Partial<Record<Indicator | QuotaIndicator, IndicatorRow>> = table === 'quota' ? QUOTA : DUAL_CONTROL
  return rows[indicator]
}

export const INDICATORS = keysOf(DUAL_CONTROL)
export const isTotal = (indicator: Indicator): indicator is TotalIndicator => DUAL_CONTROL[indicator].size === null
export const TOTAL_INDICATORS = INDICATORS.filter(isTotal)
export const INTENSITY_INDICATORS = INDICATORS.filter(
  (indicator): indicator is IntensityIndicator => !isTotal(indicator),
)
export const QUOTA_INDICATORS = keysOf(QUOTA)

export const INDICATOR_NAMES: Readonly<Record<Indicator | QuotaIndicator, Phrase>> = {
  ...columnOf(QUOTA, ({ name }) => name),
  ...columnOf(DUAL_CONTROL, ({ name }) => name),
}
