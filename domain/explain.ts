// Where a number of dual control or quota comes from: the months of its window, in each the amounts and the coefficient or
// factor rows that made them count, and the result computed once more from these alone, so that a chain that does not
// lead to the number shown is seen.

import * as z from 'zod'
import { weightedMean } from './attribute.ts'
import { addMonths, type Month, monthOf, monthRange, monthsThrough } from './calendar.ts'
import { entriesOf, type LedgerCoefficient, type LedgerFactor } from './carbon-source.ts'
import type { StandardsInForce } from './energy.ts'
import { type Indicator, MEDIA, METER_KINDS, METER_ROLES, type QUOTA_INDICATORS, TOTAL_INDICATORS } from './registry.ts'
import { hoursOf, type Resource, type SubjectMonth } from './subject.ts'

export const EXPLAIN_TABLES = ['dualControl', 'quota'] as const
export type ExplainTable = (typeof EXPLAIN_TABLES)[number]
export type ExplainedIndicator = Indicator | (typeof QUOTA_INDICATORS)[number]

const amount = z.number().nullable()
const rowSchema = z.object({
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  source: z.string(),
  certainty: z.string(),
  validFrom: z.string(),
  validTo: z.string().nullable(),
  /** Used for a month before its first day (追溯). */
  retroactive: z.boolean(),
})
const termSchema = z.object({
  /** `carrier`: an amount times a row. `part`: an amount of the month's record as it stands. `child`: a part of an area. */
  kind: z.enum(['carrier', 'part', 'child']),
  source: z.string(),
  amount: z.number(),
  unit: z.string(),
  row: rowSchema.nullable(),
  /** What it adds to the numerator; negative where it is taken off. Null: no row converts it, and it is left out. */
  adds: amount,
})
const explainedMonthSchema = z.object({
  month: z.string(),
  /** Share of the month in the window. */
  weight: z.number(),
  terms: z.array(termSchema),
  numerator: z.number(),
  /** m² or people; null for totals and where unknown. */
  size: amount,
  sizeWeightMs: z.number(),
  hoursExpected: z.number(),
  hoursKnown: z.number(),
})
const explainedMeterSchema = z.object({
  meter: z.string(),
  medium: z.enum(MEDIA),
  role: z.enum(METER_ROLES),
  kind: z.enum(METER_KINDS),
  purpose: z.string().nullable(),
  unit: z.string(),
  months: z.array(
    z.object({
      month: z.string(),
      amount,
      hoursKnown: z.number(),
      /** How many hours carry each flag. */
      flags: z.record(z.string(), z.number()),
    }),
  ),
  /** Path of the hours behind it. */
  series: z.string(),
  readings: z.object({ count: z.number(), firstMs: amount, lastMs: amount }),
})
export const explainViewSchema = z.object({
  subject: z.string(),
  kind: z.enum(['institution', 'area']),
  table: z.enum(EXPLAIN_TABLES),
  indicator: z.string(),
  unit: z.string(),
  month: z.string(),
  asOfMs: z.number(),
  formula: z.object({ zh: z.string(), en: z.string() }),
  clause: z.object({ zh: z.string(), en: z.string() }),
  /** What status shows. */
  shown: amount,
  /** Computed from `months` alone. Null: see `why`. */
  result: amount,
  matches: z.boolean(),
  why: z.enum(['incompleteYear', 'noData', 'noSize', 'notApart', 'withoutRow']).nullable(),
  /** The number is a lower bound: fuel that no row converts was burnt. */
  lowerBound: z.boolean(),
  window: z.object({ fromMs: z.number(), toMs: z.number() }),
  months: z.array(explainedMonthSchema),
  /** Of an institution; an area names its children in the terms of the months. */
  meters: z.array(explainedMeterSchema),
  bills: z.array(
    z.object({
      id: z.string(),
      carrier: z.string(),
      month: z.string(),
      quantity: z.number(),
      unit: z.string(),
      source: z.string().nullable(),
    }),
  ),
  /** Target or quota row that it is held against; null when none was issued. */
  against: z.object({ name: z.string(), source: z.string(), standIn: z.boolean(), row: z.unknown() }).nullable(),
  status: z.unknown(),
})
export type ExplainView = z.infer<typeof explainViewSchema>
export type ExplainedMonth = z.infer<typeof explainedMonthSchema>
export type ExplainedMeter = z.infer<typeof explainedMeterSchema>
type Term = z.infer<typeof termSchema>
type Row = z.infer<typeof rowSchema>

type SizeKey = 'floorAreaM2' | 'heatedAreaM2' | 'energyUsers' | 'waterUsers' | 'generalAreaM2'
interface Rule {
  resource: Resource
  /** Amount of a month's record; what the terms must sum to. */
  numerator(part: SubjectMonth): number
  terms(part: SubjectMonth, sets: StandardsInForce): Term[]
  size: SizeKey | null
  /** Of the result's unit in one of the numerator's. */
  scale: number
  numeratorUnit: string
  formula: { zh: string; en: string }
}

const rowOf = (row: LedgerCoefficient | LedgerFactor): Row => ({
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

const energyTerms = (part: SubjectMonth, sets: StandardsInForce): Term[] =>
  entriesOf(part, sets)
    .filter(({ source }) => source !== 'heatByArea')
    .map(({ source, activity, coefficient }) => ({
      kind: 'carrier',
      source,
      amount: activity,
      unit: UNIT_OF[source] ?? 'kg',
      row: coefficient && rowOf(coefficient),
      adds: coefficient && activity * coefficient.value,
    }))
const quotaTerms = (part: SubjectMonth, sets: StandardsInForce): Term[] =>
  energyTerms(part, { ...sets, statistics: sets.quota })
const co2Terms = (part: SubjectMonth, sets: StandardsInForce): Term[] =>
  entriesOf(part, sets)
    .filter(({ source }) => source !== 'heatByArea')
    .map(({ source, activity, factor, emissionsT }) => ({
      kind: 'carrier',
      source,
      amount: activity,
      unit: UNIT_OF[source] ?? 'kg',
      row: factor && rowOf(factor),
      adds: emissionsT === null ? null : emissionsT * 1000,
    }))
const partTerm = (source: string, value: number, unit: string, sign: 1 | -1 = 1): Term => ({
  kind: 'part',
  source,
  amount: value,
  unit,
  row: null,
  adds: sign * value,
})
const waterTerms = ({ waterM3 }: SubjectMonth): Term[] => [partTerm('water', waterM3, 'm³')]

const ENERGY = { resource: 'energy', terms: energyTerms, numeratorUnit: 'kgce' } as const
const WATER = { resource: 'water', terms: waterTerms, numeratorUnit: 'm³', scale: 1 } as const
const CO2 = { resource: 'energy', terms: co2Terms, numeratorUnit: 'kg' } as const

const RULES: Record<ExplainTable, Partial<Record<ExplainedIndicator, Rule>>> = {
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

/** The months that count as of `endMs`, with the share of each: the year to date, or the 12 months that end there. */
export function explainWindow(
  table: ExplainTable,
  indicator: ExplainedIndicator,
  endMs: number,
): { month: Month; weight: number; ms: number }[] {
  const last = monthOf(endMs - 1)
  const isTotal = table === 'dualControl' && (TOTAL_INDICATORS as readonly string[]).includes(indicator)
  const { fromMs, toMs } = monthRange(last)
  const remaining = 1 - Math.min(1, (endMs - fromMs) / (toMs - fromMs))
  const first = isTotal ? `${last.slice(0, 4)}-01` : addMonths(last, remaining > 0 ? -12 : -11)
  return monthsThrough(first, last).map((month, index) => {
    const weight = !isTotal && remaining > 0 && index === 0 ? remaining : 1
    const range = monthRange(month)
    return { month, weight, ms: (Math.min(range.toMs, endMs) - range.fromMs) * weight }
  })
}

/** Months and result. `children`: of an area, its parts with their months; the terms are theirs then. */
export function explainMonths(input: {
  table: ExplainTable
  indicator: ExplainedIndicator
  endMs: number
  months: readonly SubjectMonth[]
  standards: (month: Month) => StandardsInForce
  children?: readonly { subject: string; months: readonly SubjectMonth[] }[]
}): Pick<ExplainView, 'months' | 'result' | 'why' | 'lowerBound'> {
  const { table, indicator, children } = input
  const rule = RULES[table][indicator]
  if (!rule) throw new RangeError(`${table} has no indicator ${indicator}`)
  const byName = new Map(input.months.map((part) => [part.month, part]))
  const childMonths = children?.map(({ subject, months }) => ({
    subject,
    months: new Map(months.map((part) => [part.month, part])),
  }))
  const window = explainWindow(table, indicator, input.endMs)
  const isKnown = (month: Month): boolean => {
    const part = byName.get(month)
    return part !== undefined && hoursOf(part, rule.resource).known > 0
  }
  const known = window.filter(({ month }) => isKnown(month))
  let lowerBound = false
  const months = known.map(({ month, weight, ms }): ExplainedMonth => {
    const part = byName.get(month)
    if (!part) throw new RangeError(`${month} was known before`)
    const counts = rule.numerator(part) !== 0 || rule.size === null
    const own = !counts
      ? []
      : childMonths
        ? childMonths.flatMap(({ subject, months: of }): Term[] => {
            const child = of.get(month)
            if (!child) return []
            const adds = rule.numerator(child)
            return [{ kind: 'child', source: subject, amount: adds, unit: rule.numeratorUnit, row: null, adds }]
          })
        : rule.terms(part, input.standards(month))
    lowerBound ||= withoutRowOf(table, indicator, part) > 0
    const hours = hoursOf(part, rule.resource)
    return {
      month,
      weight,
      terms: own,
      numerator: own.reduce((sum, { adds }) => sum + (adds ?? 0), 0),
      size: rule.size && sizeOf(part, rule.size),
      sizeWeightMs: ms,
      hoursExpected: hours.expected,
      hoursKnown: hours.known,
    }
  })
  const without = (why: ExplainView['why']) => ({ months, result: null, why, lowerBound })
  if (known.length === 0) return without('noData')
  if (rule.size !== null && known.length < window.length) return without('incompleteYear')
  if (table === 'quota' && lowerBound) return without('withoutRow')
  return { ...resultOf(months, rule), months, lowerBound }
}

/** The number that a chain of months leads to. */
function resultOf(months: readonly ExplainedMonth[], rule: Rule): Pick<ExplainView, 'result' | 'why'> {
  const numerator = months.reduce((sum, month) => sum + month.numerator * month.weight, 0)
  if (rule.size === null) return { result: numerator * rule.scale, why: null }
  const isSized = months.every(({ size }) => size !== null)
  const size = isSized ? weightedMean(months.map((month) => ({ value: month.size, weight: month.sizeWeightMs }))) : null
  return size !== null && size > 0
    ? { result: (numerator * rule.scale) / size, why: null }
    : { result: null, why: 'noSize' }
}

function sizeOf(part: SubjectMonth, key: SizeKey): number | null {
  if (key !== 'generalAreaM2') return part[key]
  return part.floorAreaM2 === null ? null : part.floorAreaM2 - (part.specialAreaM2 ?? 0)
}

/** Kilograms of fuel that the indicator leaves out because no row converts it. */
function withoutRowOf(table: ExplainTable, indicator: ExplainedIndicator, part: SubjectMonth): number {
  if (indicator === 'water' || indicator === 'waterPerCapita') return 0
  if (table === 'quota') return part.fuelKgWithoutQuotaCoefficient
  return indicator === 'co2' || indicator === 'co2PerArea' ? part.fuelKgWithoutCo2 : part.fuelKgWithoutCoefficient
}
