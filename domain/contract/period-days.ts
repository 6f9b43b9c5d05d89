// The days of a period of a contract: those that count, those that are masked and why, and their sums
// (docs/rules/contracts.md#masked-days).

import { dayLabel } from '../calendar.ts'
import { valueOn } from '../savings/day-values.ts'
import { type Adjustment, addedOn } from './adjustment.ts'
import type { ContractBaseline, ContractSeries, Prediction } from './baseline.ts'
import type { ContractPeriod } from './periods.ts'
import type { MaskReason, PeriodSettlement, PriceRow } from './settlement-view.ts'
import type { ContractTerms } from './terms.ts'

export interface SettlementInput {
  terms: ContractTerms
  baseline: ContractBaseline
  adjustments: readonly Adjustment[]
  series: ContractSeries
}

export interface PeriodInput extends SettlementInput {
  prediction: Prediction
  period: ContractPeriod
}

export interface CountedDay {
  day: number
  baseline: number
  added: number
  actual: number
  price: number
}
export interface PeriodDays {
  counted: CountedDay[]
  masked: PeriodSettlement['masked']
  /** Prices of masked days, for savings that the contract gives them. */
  maskedPrices: number[]
  /** Known use of every day at its price, masked or not. */
  costYuan: number
  unpriced: number
  prices: PriceRow[]
  list: PeriodSettlement['days']
}

export function daysOf({ terms, series, prediction, adjustments, period }: PeriodInput): PeriodDays {
  const days: PeriodDays = {
    ...{ counted: [], masked: [], maskedPrices: [], costYuan: 0, unpriced: 0, prices: [], list: [] },
  }
  for (let day = period.firstDay; day < period.endDay; day++) {
    const actual = valueOn(series.use, day)
    const baseline = prediction.on(day)
    const price = series.priceOn(day)
    if (price === null) days.unpriced += 1
    if (!Number.isNaN(actual)) days.costYuan += actual * (price ?? 0)
    const reason = maskedBy(terms, { day, actual, baseline })
    const temperature = valueOn(series.temperature, day)
    days.list.push({
      date: dayLabel(day),
      temperature: roundedOrNull(temperature),
      baseline: roundedOrNull(baseline),
      actual: roundedOrNull(actual),
      counted: reason === null,
    })
    if (reason !== null) {
      days.masked.push({ date: dayLabel(day), reason })
      days.maskedPrices.push(price ?? 0)
      continue
    }
    const added = adjustments.reduce((sum, one) => sum + addedOn(one, day, baseline), 0)
    days.counted.push({ day, baseline, added, actual, price: price ?? 0 })
    addPrice(days.prices, { day, price: price ?? 0, savings: baseline + added - actual })
  }
  return days
}

function maskedBy(
  { excludedDays }: ContractTerms,
  { day, actual, baseline }: { day: number; actual: number; baseline: number },
): MaskReason | null {
  const date = dayLabel(day)
  if (excludedDays.some(({ from, to }) => date >= from && date < to)) return 'excluded'
  if (Number.isNaN(actual)) return Number.isNaN(baseline) ? 'neither' : 'noUse'
  return Number.isNaN(baseline) ? 'noBaseline' : null
}

/** Runs of days of one price. */
function addPrice(prices: PriceRow[], { day, price, savings }: { day: number; price: number; savings: number }): void {
  const last = prices.at(-1)
  if (last && last.yuanPerUnit === price) last.savings = rounded(last.savings + savings)
  else prices.push({ from: dayLabel(day), yuanPerUnit: price, savings: rounded(savings) })
}

export interface PeriodSums {
  baseline: number
  adjusted: number
  actual: number
  /** With what masked days are given. */
  savings: number
  maskedSavings: number
  valueYuan: number
}

export function periodSums({ counted, maskedPrices }: PeriodDays, { masked }: ContractTerms): PeriodSums {
  const sums = { baseline: 0, adjusted: 0, actual: 0, savings: 0, maskedSavings: 0, valueYuan: 0 }
  for (const { baseline, added, actual, price } of counted) {
    const saved = baseline + added - actual
    sums.baseline += baseline
    sums.adjusted += baseline + added
    sums.actual += actual
    sums.savings += saved
    sums.valueYuan += saved * price
  }
  if (masked.treatment === 'notCounted' || counted.length === 0) return sums
  const mean = sums.savings / counted.length
  sums.maskedSavings = mean * maskedPrices.length
  sums.savings += sums.maskedSavings
  for (const price of maskedPrices) sums.valueYuan += mean * price
  return sums
}

/** To a millionth: what is stored and compared does not hang on the last bit of a sum. */
export const rounded = (value: number): number => Math.round(value * 1e6) / 1e6 || 0
export const roundedOrNull = (value: number | null): number | null =>
  value === null || Number.isNaN(value) ? null : rounded(value)
