// Dual-control targets of the demo province. Each is a demo figure, set from the simulated use so that every status and
// verdict occurs; no authority issued any. Hebei's own caps (docs/rules/facts.md#hebei-2020-and-2025) belong to 31,600
// real institutions and are not used, except that the demo's caps may grow in the proportion that the plan
// allowed from 2020 to 2025.

import { yearOf } from '../../domain/calendar.ts'
import { type Indicator, isTotal } from '../../domain/indicator.ts'
import { planYears } from '../../domain/judge/target-plan.ts'
import { targetValue } from '../../domain/judge/target-value.ts'
import { must } from '../../domain/must.ts'
import type { Target } from '../../domain/registry/records.ts'

export const DEMO_TARGET_SOURCE = '演示目标值，非下达指标 (demo figure, not an issued target)'

/** The indicators that the demo sets targets for. */
const DEMO_INDICATORS = [
  'energy',
  'water',
  'co2',
  'energyPerArea',
  'energyPerCapita',
  'waterPerCapita',
  'co2PerArea',
] as const satisfies readonly Indicator[]
type DemoIndicator = (typeof DEMO_INDICATORS)[number]

/** A year's expected result of one subject. Units as in `targetSchema`. */
export type YearlyResult = Record<DemoIndicator, number>

/** Expected result as a share of the target, per indicator: ≤ 0.95 on track, ≤ 1 at risk, above it over. */
type Shares = Record<DemoIndicator, number>

const shares = (
  [energy, water, co2]: readonly [number, number, number],
  [energyPerArea, energyPerCapita, waterPerCapita, co2PerArea]: readonly [number, number, number, number],
): Shares => ({ energy, water, co2, energyPerArea, energyPerCapita, waterPerCapita, co2PerArea })

/** The totals of the province are the sums of its cities'. */
const PROVINCE = shares([0.99, 0.93, 0.985], [0.92, 0.93, 0.9, 0.93])

/** In the order of the 14 city-level areas. */
const CITIES: readonly Shares[] = [
  shares([0.99, 0.91, 0.985], [0.92, 0.91, 0.9, 0.92]), // 石家庄
  shares([1.07, 0.975, 1.08], [1.05, 1.04, 0.93, 1.06]), // 唐山
  shares([0.88, 0.86, 0.89], [0.87, 0.88, 0.85, 0.88]), // 秦皇岛
  shares([1.05, 0.92, 1.04], [0.92, 0.93, 0.91, 0.93]), // 邯郸
  shares([0.91, 0.9, 0.9], [1.05, 1.06, 0.92, 1.04]), // 邢台
  shares([0.985, 1.06, 0.98], [0.985, 0.98, 1.05, 0.98]), // 保定
  shares([0.9, 0.975, 0.91], [0.9, 0.91, 0.97, 0.9]), // 张家口
  shares([0.85, 0.84, 0.86], [0.86, 0.85, 0.83, 0.86]), // 承德
  shares([1.03, 1.04, 1.04], [0.975, 0.975, 0.97, 0.97]), // 沧州
  shares([0.92, 0.91, 1.06], [0.91, 0.92, 0.9, 0.93]), // 廊坊
  shares([0.985, 0.9, 0.99], [0.93, 0.92, 0.9, 0.93]), // 衡水
  shares([0.89, 1.08, 0.9], [0.88, 0.9, 1.06, 0.89]), // 辛集
  shares([0.93, 0.88, 0.92], [0.985, 0.98, 0.88, 0.98]), // 定州
  shares([0.82, 0.8, 0.83], [0.84, 0.83, 0.82, 0.84]), // 雄安
]
const INSTITUTIONS: readonly Shares[] = [
  shares([0.91, 0.9, 0.91], [0.9, 0.91, 0.9, 0.91]),
  shares([0.985, 0.92, 0.985], [0.98, 0.98, 0.92, 0.98]),
  shares([0.88, 0.97, 0.88], [0.89, 0.9, 0.96, 0.89]),
  shares([1.08, 0.93, 1.08], [1.06, 1.07, 0.92, 1.06]),
  shares([0.93, 1.1, 0.93], [0.92, 0.92, 0.93, 0.92]),
  shares([0.92, 0.91, 0.92], [1.07, 1.08, 0.93, 1.07]),
]

/**
 * Growth of the caps within five years: 357/294.86 and 2.25/1.85 (docs/rules/facts.md#implied-figures); CO2 as energy.
 */
const CAP_GROWTH = { energy: 357 / 294.86, water: 2.25 / 1.85, co2: 357 / 294.86 }
/**
 * Reductions within five years, %. The nation's for 2025 (docs/rules/facts.md#national-plan-to-2025), as a demo
 * assumption.
 */
const INTENSITY_FALL_PCT = { energyPerArea: 5, energyPerCapita: 6, waterPerCapita: 6, co2PerArea: 7 }

export interface TargetSubject {
  id: string
  kind: 'province' | 'city' | 'institution'
  /** Position among subjects of its kind. */
  index: number
  result: YearlyResult
}

/** The year before the five-year plan that contains the demo's start. Targets of CO2 are on its factors. */
export const demoBaseYear = (startMs: number): number => yearOf(startMs) - 1 - ((yearOf(startMs) - 1) % 5)

/** Targets for the plan that contains the demo's start. The caps of the cities sum to those of the province. */
export function demoTargets(subjects: readonly TargetSubject[], startMs: number): Target[] {
  const year = yearOf(startMs)
  const baseYear = demoBaseYear(startMs)
  const plan = { baseYear, endYear: baseYear + 5, elapsed: (year - baseYear) / 5, year }
  const targetsOf = (subject: TargetSubject): Target[] =>
    DEMO_INDICATORS.filter((indicator) => applies(subject, indicator)).map((indicator) =>
      target(subject, indicator, plan),
    )
  const cities = subjects.filter(({ kind }) => kind === 'city').flatMap(targetsOf)
  return subjects.flatMap((subject) =>
    targetsOf(subject).map((one) => (subject.kind === 'province' && isTotal(one.indicator) ? sumOf(one, cities) : one)),
  )
}

/** A cap of the province: year by year the sum of its cities'. */
function sumOf({ baseValue: _, cap: __, ...province }: Target, cities: readonly Target[]): Target {
  const own = cities.filter(({ indicator }) => indicator === province.indicator)
  const years = planYears(province).map((year) => [
    String(year),
    own.reduce((sum, city) => sum + targetValue(city, year), 0),
  ])
  return { ...province, years: Object.fromEntries(years) }
}

/** Institutions have targets for energy and water; areas also for CO2. */
const applies = ({ kind }: TargetSubject, indicator: DemoIndicator): boolean =>
  kind !== 'institution' || (indicator !== 'co2' && indicator !== 'co2PerArea')

interface Plan {
  baseYear: number
  endYear: number
  /** Share of the plan's years that have passed at the end of the current year. */
  elapsed: number
  year: number
}

function target({ id, kind, index, result }: TargetSubject, indicator: DemoIndicator, plan: Plan): Target {
  const rows = kind === 'province' ? [PROVINCE] : kind === 'city' ? CITIES : INSTITUTIONS
  const thisYear = result[indicator] / must(rows[index % rows.length])[indicator]
  const { baseYear, endYear, elapsed } = plan
  const common = { subject: id, indicator, baseYear, endYear, source: DEMO_TARGET_SOURCE, standIn: true }
  if (indicator === 'energy' || indicator === 'water' || indicator === 'co2') {
    // Every third subject gets its caps year by year, as an authority might assign them.
    if (kind !== 'province' && index % 3 === 2) return { ...common, path: 'linear', years: yearlyRows(thisYear, plan) }
    const growth = CAP_GROWTH[indicator]
    const baseValue = significant(thisYear / (1 + (growth - 1) * elapsed))
    return { ...common, path: 'linear', baseValue, cap: significant(baseValue * growth) }
  }
  const reductionPct = INTENSITY_FALL_PCT[indicator]
  return {
    ...common,
    path: 'linear',
    baseValue: significant(thisYear / (1 - (reductionPct / 100) * elapsed)),
    reductionPct,
  }
}

/** Rows that rise by 2 % a year through this year's value. */
function yearlyRows(thisYear: number, { baseYear, endYear, year }: Plan): Record<string, number> {
  const rows: Record<string, number> = {}
  for (let row = baseYear + 1; row <= endYear; row++) rows[row] = significant(thisYear * (1 + 0.02 * (row - year)))
  return rows
}

/** Four significant digits, as in a printed plan. */
const significant = (value: number): number => Number(value.toPrecision(4))
