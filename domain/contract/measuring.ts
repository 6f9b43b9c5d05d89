// What a reviewer of measurement and verification looks at: the days of the baseline beside the model, those of the
// reporting period beside what the baseline predicts, and mean days of the week's kinds by the hour
// (docs/rules/contracts.md#charts).

import * as z from 'zod'
import { DAY_MS, dayLabel } from '../calendar.ts'
import { type FitStatistics, fitStatistics } from '../savings/fit-statistics.ts'
import { slopeCount } from '../savings/usage-model.ts'
import type { WaterDayType } from '../savings/water-baseline.ts'
import { type ContractBaseline, predictDayOf } from './baseline.ts'
import { type ContractRecord, lastRevision, type SettlementRecord } from './life.ts'
import type { PeriodSettlement } from './settlement-view.ts'

const measuredDaySchema = z.object({
  date: z.string(),
  /** °C. */
  temperature: z.number().nullable(),
  use: z.number().nullable(),
  /** By the model of the baseline, without adjustments. */
  predicted: z.number().nullable(),
  /** False: masked in the settlement, or not among the days that the model was fitted on. */
  counted: z.boolean(),
})
export type MeasuredDay = z.infer<typeof measuredDaySchema>

const profileSchema = z.object({
  of: z.enum(['baseline', 'reporting']),
  dayType: z.enum(['working', 'rest', 'holiday']),
  /** Days whose 24 hours are all measured. */
  days: z.number(),
  /** Mean of each hour. */
  hours: z.array(z.number()),
})
export type DayProfile = z.infer<typeof profileSchema>

export const measuringViewSchema = z.object({
  contract: z.string(),
  unit: z.string(),
  baseline: z.array(measuredDaySchema),
  reporting: z.array(measuredDaySchema),
  profiles: z.array(profileSchema),
})
export type MeasuringView = z.infer<typeof measuringViewSchema>

/** None before the baseline is built. A baseline by people or years predicts in settlements alone. */
export function baselineDaysOf({ baseline }: Pick<ContractRecord, 'baseline'>): MeasuredDay[] {
  if (!baseline) return []
  const { firstDay, use, temperature, method } = baseline
  const fitted = new Set(baseline.fitted)
  return use.map((amount, index) => {
    const degrees = temperature[index] ?? null
    const counted = method === 'weather' ? fitted.has(firstDay + index) : amount !== null
    const predicted = predictDayOf(baseline, degrees)
    return { date: dayLabel(firstDay + index), temperature: degrees, use: amount, predicted, counted }
  })
}

/** The days of a settled period. */
export const settledDays = ({ days }: Pick<PeriodSettlement, 'days'>): MeasuredDay[] =>
  days.map(({ date, temperature, baseline, actual, counted }) => ({
    ...{ date, temperature, use: actual, predicted: baseline, counted },
  }))

/** The days of the last revision of each settled period. */
export const reportingDays = (records: readonly SettlementRecord[]): MeasuredDay[] =>
  records.flatMap((record) => settledDays(lastRevision(record).settlement))

/** Mean use of the days of a week that count, Monday first; null where none does. */
export function weekdayMeans(days: readonly MeasuredDay[]): (number | null)[] {
  return Array.from({ length: 7 }, (_, weekday) => {
    const own = days.flatMap(({ date, use, counted }) =>
      counted && use !== null && (dayOfDate(date) + MONDAY_SHIFT) % 7 === weekday ? [use] : [],
    )
    return own.length === 0 ? null : own.reduce((sum, use) => sum + use, 0) / own.length
  })
}
/** 1970-01-01 was a Thursday. */
const MONDAY_SHIFT = 3
const dayOfDate = (date: string): number => Date.parse(date) / DAY_MS

/** How well the model fits the sums of months, of the days that it was fitted on; null without a model. */
export function monthlyFit(baseline: ContractBaseline): FitStatistics | null {
  const { model } = baseline
  if (!model) return null
  const months = Map.groupBy(
    baselineDaysOf({ baseline }).filter(({ counted }) => counted),
    ({ date }) => date.slice(0, 7),
  )
  const sums = (of: (day: MeasuredDay) => number | null): Float64Array =>
    Float64Array.from(months.values(), (days) => days.reduce((sum, day) => sum + (of(day) ?? 0), 0))
  return fitStatistics(
    sums(({ use }) => use),
    sums(({ predicted }) => predicted),
    slopeCount(model),
  )
}

/** What the charts of a settlement sheet and a plan show. */
export type MeasuredSeries = Pick<MeasuringView, 'baseline' | 'reporting' | 'profiles'>

/** Mean hours by the type of the day; types without a day are left out. */
export function dayProfiles(
  of: DayProfile['of'],
  days: ReadonlyMap<number, Float64Array>,
  dayType: (day: number) => WaterDayType,
): DayProfile[] {
  const byType = Map.groupBy([...days], ([day]) => dayType(day))
  return [...byType]
    .map(([type, own]): DayProfile => {
      const sums = new Float64Array(24)
      for (const [, amounts] of own)
        for (const [hour, amount] of amounts.entries()) sums[hour] = (sums[hour] ?? 0) + amount
      return { of, dayType: type, days: own.length, hours: [...sums].map((sum) => sum / own.length) }
    })
    .toSorted((a, b) => TYPES.indexOf(a.dayType) - TYPES.indexOf(b.dayType))
}
const TYPES: readonly WaterDayType[] = ['working', 'rest', 'holiday']
