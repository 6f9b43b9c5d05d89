// How each number of dual control and quota is made of a month's record: numerator, terms, size and the formula in
// words.

import { entriesOf, type LedgerCoefficient, type LedgerFactor } from '../energy/carbon-source.ts'
import type { StandardsInForce } from '../energy/conversion.ts'
import type { Resource, SubjectMonth } from '../energy/subject-month.ts'
import type { ExplainedIndicator, ExplainRow, ExplainTable, ExplainTerm } from '../view/explain.ts'

export type SizeKey = 'floorAreaM2' | 'heatedAreaM2' | 'energyUsers' | 'waterUsers' | 'generalAreaM2'
export interface ExplainRule {
  resource: Resource
  /** Amount of a month's record; what the terms must sum to. */
  numerator(part: SubjectMonth): number
  terms(part: SubjectMonth, sets: StandardsInForce): ExplainTerm[]
  size: SizeKey | null
  /** Of the result's unit in one of the numerator's. */
  scale: number
  numeratorUnit: string
  formula: { zh: string; en: string }
}

const rowOf = (row: LedgerCoefficient | LedgerFactor): ExplainRow => ({
  name:
    'name' in row
      ? row.name
      : [row.series, row.dataYear, row.areaName, row.publisher]
          .filter((part) => part !== null && part !== '')
          .join(' '),
  value: row.value,
  unit: row.unit,
  source: row.source,
  certainty: row.certainty,
  validFrom: row.validFrom,
  validTo: row.validTo ?? null,
  retroactive: row.retroactive,
})
const UNIT_OF: Record<string, string> = { electricity: 'kWh', heat: 'GJ', gas: 'm³' }

const energyTerms = (part: SubjectMonth, sets: StandardsInForce): ExplainTerm[] =>
  entriesOf(part, sets)
    .filter(({ source }) => source !== 'heatByArea')
    .map(({ source, activity, coefficient }) => ({
      kind: 'carrier',
      source,
      amount: activity,
      unit: UNIT_OF[source] ?? 'kg',
      row: coefficient && rowOf(coefficient),
      adds: coefficient && activity * coefficient.value,
      sources: [],
    }))
const quotaTerms = (part: SubjectMonth, sets: StandardsInForce): ExplainTerm[] =>
  energyTerms(part, { ...sets, statistics: sets.quota })
const co2Terms = (part: SubjectMonth, sets: StandardsInForce): ExplainTerm[] =>
  entriesOf(part, sets)
    .filter(({ source }) => source !== 'heatByArea')
    .map(({ source, activity, factor, emissionsT }) => ({
      kind: 'carrier',
      source,
      amount: activity,
      unit: UNIT_OF[source] ?? 'kg',
      row: factor && rowOf(factor),
      adds: emissionsT === null ? null : emissionsT * 1000,
      sources: [],
    }))
const partTerm = (source: string, value: number, unit: string, sign: 1 | -1 = 1): ExplainTerm => ({
  kind: 'part',
  source,
  amount: value,
  unit,
  row: null,
  adds: sign * value,
  sources: [],
})
const waterTerms = ({ waterM3 }: SubjectMonth): ExplainTerm[] => [partTerm('water', waterM3, 'm³')]

const ENERGY = { resource: 'energy', terms: energyTerms, numeratorUnit: 'kgce' } as const
const WATER = { resource: 'water', terms: waterTerms, numeratorUnit: 'm³', scale: 1 } as const
const CO2 = { resource: 'energy', terms: co2Terms, numeratorUnit: 'kg' } as const

export const RULES: Record<ExplainTable, Partial<Record<ExplainedIndicator, ExplainRule>>> = {
  dualControl: {
    energy: {
      ...ENERGY,
      numerator: (part) => part.energyKgce,
      size: null,
      scale: 1 / 1000,
      formula: {
        zh: '能源消费总量（吨标准煤，当年累计）= Σ 月 Σ 品种（实物量 × 当量折标系数）÷ 1000',
        en: 'energy (tce, year to date) = Σ months Σ carriers (amount × coefficient) / 1000',
      },
    },
    water: {
      ...WATER,
      numerator: (part) => part.waterM3,
      size: null,
      formula: { zh: '用水总量（m³，当年累计）= Σ 月用水量', en: 'water (m³, year to date) = Σ months' },
    },
    co2: {
      ...CO2,
      numerator: (part) => part.co2Kg,
      size: null,
      scale: 1 / 1000,
      formula: {
        zh: '碳排放总量（t，当年累计）= Σ 月 Σ 品种（实物量 × 排放因子）÷ 1000',
        en: 'CO2 (t, year to date) = Σ months Σ carriers (amount × factor) / 1000',
      },
    },
    energyPerArea: {
      ...ENERGY,
      numerator: (part) => part.energyKgceWithArea,
      size: 'floorAreaM2',
      scale: 1,
      formula: {
        zh: '单位建筑面积能耗 = 近 12 个月能耗（kgce）÷ 时间加权建筑面积（m²）',
        en: 'energy per floor area = energy of 12 months (kgce) / time-weighted floor area (m²)',
      },
    },
    energyPerCapita: {
      ...ENERGY,
      numerator: (part) => part.energyKgceWithUsers,
      size: 'energyUsers',
      scale: 1,
      formula: {
        zh: '人均综合能耗 = 近 12 个月能耗（kgce）÷ 时间加权用能人数',
        en: 'energy per person = energy of 12 months (kgce) / time-weighted energy users',
      },
    },
    waterPerCapita: {
      ...WATER,
      numerator: (part) => part.waterM3WithUsers,
      size: 'waterUsers',
      formula: {
        zh: '人均用水量 = 近 12 个月用水量（m³）÷ 时间加权用水人数',
        en: 'water per person = water of 12 months (m³) / time-weighted water users',
      },
    },
    co2PerArea: {
      ...CO2,
      numerator: (part) => part.co2KgWithArea,
      size: 'floorAreaM2',
      scale: 1,
      formula: {
        zh: '单位建筑面积碳排放 = 近 12 个月碳排放（kg）÷ 时间加权建筑面积（m²）',
        en: 'CO2 per floor area = CO2 of 12 months (kg) / time-weighted floor area (m²)',
      },
    },
  },
  quota: {
    heatingPerArea: {
      ...ENERGY,
      numerator: (part) => part.heatingKgce,
      terms: (part) => [partTerm('heating', part.heatingKgce, 'kgce')],
      size: 'heatedAreaM2',
      scale: 1,
      formula: {
        zh: '供暖能耗指标 = 近 12 个月供暖能耗（kgce，定额折标系数）÷ 供暖面积（m²）',
        en: 'heating per heated area = heating energy of 12 months (kgce, quota coefficients) / heated area (m²)',
      },
    },
    nonHeatingPerArea: {
      ...ENERGY,
      numerator: (part) => part.quotaKgce - part.heatingKgce - part.specialKgce - part.transportKgce,
      terms: (part, sets) => [
        ...quotaTerms(part, sets),
        partTerm('heating', part.heatingKgce, 'kgce', -1),
        partTerm('special', part.specialKgce, 'kgce', -1),
        partTerm('transport', part.transportKgce, 'kgce', -1),
      ],
      size: 'generalAreaM2',
      scale: 1,
      formula: {
        zh: '非供暖能耗指标 =（E − 供暖 − 特殊功能 − 交通）÷（建筑面积 − 特殊功能面积）',
        en: 'non-heating per area = (E − heating − special functions − transport) / (floor area − special area)',
      },
    },
    energyPerCapita: {
      ...ENERGY,
      numerator: (part) => part.quotaKgce,
      terms: quotaTerms,
      size: 'energyUsers',
      scale: 1,
      formula: {
        zh: '人均综合能耗指标 = 近 12 个月综合能耗（kgce，定额折标系数）÷ 用能人数',
        en: 'energy per person = energy of 12 months (kgce, quota coefficients) / energy users',
      },
    },
    waterPerCapita: {
      ...WATER,
      numerator: (part) => part.waterM3,
      size: 'waterUsers',
      formula: {
        zh: '人均用水量指标 = 近 12 个月用水量（m³）÷ 用水人数',
        en: 'water per person = water of 12 months / water users',
      },
    },
  },
}

/** Undefined when the table has no such indicator. */
export const formulaOf = (table: ExplainTable, indicator: ExplainedIndicator) => RULES[table][indicator]?.formula
