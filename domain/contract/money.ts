// The money of a settled period in whole fen, line by line (docs/rules/contracts.md#money). Nothing is lost in
// rounding: the lines sum to what is paid, and the parts of the parties to the value of the savings.

import { type Adjustment, feeBefore } from './adjustment.ts'
import type { PeriodDays, PeriodSums } from './period-days.ts'
import { type ContractPeriod, monthsBetween } from './periods.ts'
import type { MoneyLine, PeriodSettlement, SettledMoney, SettlementVerdict } from './settlement-view.ts'
import type { ContractTerms } from './terms.ts'

/** Sums over the periods before, and over those of the same year of the contract. */
export interface MoneyBefore {
  totalFen: number
  ownerFen: number
  contractorFen: number
  payableFen: number
  /** Losses that are still to be made up, where the contract carries them. */
  lossFen: number
  year: number
  yearPaidFen: number
  yearSavings: number
  /** Months of the year that could not be settled, for want of days: nothing is guaranteed in them. */
  yearUnsettledMonths: number
  /** Baseline of the year, and its value: the mean price of a shortfall. */
  yearBaseline: number
  yearBaselineYuan: number
}

export const noMoney = (): MoneyBefore => ({
  ...{ totalFen: 0, ownerFen: 0, contractorFen: 0, payableFen: 0, lossFen: 0 },
  ...{ year: 1, yearPaidFen: 0, yearSavings: 0, yearUnsettledMonths: 0, yearBaseline: 0, yearBaselineYuan: 0 },
})

interface MoneyInput extends PeriodSums {
  terms: ContractTerms
  period: ContractPeriod
  verdict: SettlementVerdict
  /** Accepted ones. */
  adjustments: readonly Adjustment[]
  days: PeriodDays
}

interface MadeMoney {
  money: SettledMoney
  guarantee: PeriodSettlement['guarantee']
  cumulative: Omit<PeriodSettlement['cumulative'], 'savings' | 'halfWidth'>
  after: MoneyBefore
}

const fenOf = (yuan: number): number => Math.round(yuan * 100) || 0
/** Per cent of fen; the other party gets the rest. */
const partOf = (fen: number, pct: number): number => Math.round((fen * pct) / 100) || 0

export function moneyOf(input: MoneyInput, given: MoneyBefore): MadeMoney {
  const { terms, period, days } = input
  const before = yearOf(given, period, input)
  const isSettled = input.verdict !== 'tooManyMasked'
  const totalFen = isSettled ? fenOf(input.valueYuan) : 0
  const lossFen = terms.carryLosses ? Math.max(0, before.lossFen - totalFen) : 0
  const lines = new Map<MoneyLine, number>()
  const add = (code: MoneyLine, fen: number): void => void (fen !== 0 && lines.set(code, (lines.get(code) ?? 0) + fen))
  const shareable = Math.max(0, totalFen - before.lossFen)
  const share = terms.shares?.[period.year - 1]
  if (share) add('savingsShare', partOf(shareable, share.contractorPct))
  if (terms.whenUncertain === 'withhold' && input.verdict === 'uncertain')
    add('withheld', -(lines.get('savingsShare') ?? 0))
  addFees(input, add)
  const guarantee = guaranteeOf(input, before)
  if (guarantee && terms.guarantee && guarantee.difference > 0)
    add('excess', fenOf((guarantee.difference * priceOfYear(before) * terms.guarantee.excessPct) / 100))
  addLimits(terms, { add, fen: sumOf(lines), paidFen: before.yearPaidFen })
  const paidFen = sumOf(lines)
  if (guarantee && terms.guarantee && guarantee.difference < 0)
    add('shortfall', fenOf((guarantee.difference * priceOfYear(before) * terms.guarantee.compensationPct) / 100))
  const payableFen = sumOf(lines)
  const energyFen = terms.fee ? fenOf(days.costYuan) : 0
  const contractorFen = payableFen - energyFen
  const parts = { totalFen, ownerFen: totalFen - contractorFen, contractorFen, payableFen }
  const cumulative = {
    totalFen: before.totalFen + totalFen,
    ownerFen: before.ownerFen + parts.ownerFen,
    contractorFen: before.contractorFen + contractorFen,
    payableFen: before.payableFen + payableFen,
  }
  return {
    money: { ...parts, energyFen, lines: [...lines].map(([code, fen]) => ({ code, fen })) },
    ...{ guarantee, cumulative },
    after: { ...before, ...cumulative, lossFen, yearPaidFen: before.yearPaidFen + paidFen },
  }
}

const sumOf = (lines: ReadonlyMap<MoneyLine, number>): number => [...lines.values()].reduce((sum, fen) => sum + fen, 0)

/** The sums of the year of the contract with this period's savings and baseline in them. */
function yearOf(
  given: MoneyBefore,
  { year }: ContractPeriod,
  { savings, verdict, days, terms }: MoneyInput,
): MoneyBefore {
  const fresh = { year, yearPaidFen: 0, yearSavings: 0, yearUnsettledMonths: 0, yearBaseline: 0, yearBaselineYuan: 0 }
  const sums = given.year === year ? { ...given } : { ...given, ...fresh }
  if (verdict === 'tooManyMasked') {
    sums.yearUnsettledMonths += terms.reporting.everyMonths
    return sums
  }
  sums.yearSavings += savings
  for (const { baseline, added, price } of days.counted) {
    sums.yearBaseline += baseline + added
    sums.yearBaselineYuan += (baseline + added) * price
  }
  return sums
}

const priceOfYear = ({ yearBaseline, yearBaselineYuan }: MoneyBefore): number =>
  yearBaseline > 0 ? yearBaselineYuan / yearBaseline : 0

type AddLine = (code: MoneyLine, fen: number) => void

/** Fees by the month: differences of rounded sums, so that the months of a year sum to the fee of the year. */
function addFees({ terms, period, adjustments, days }: MoneyInput, add: AddLine): void {
  const { fee, guarantee, reporting } = terms
  const months = (yuan: number): number => {
    const part = (count: number): number => Math.round((yuan * 100 * count) / 12)
    return part((period.index + 1) * reporting.everyMonths) - part(period.index * reporting.everyMonths)
  }
  if (guarantee) add('serviceFee', months(guarantee.feeYuanPerYear))
  if (!fee) return
  const fen = months(fee.baselineYuan * fee.coefficient)
  add('fee', fen)
  const { priceAdjust } = fee
  const known = days.counted.filter(({ price }) => price > 0)
  if (priceAdjust && known.length > 0) {
    const price = known.reduce((sum, one) => sum + one.price, 0) / known.length
    const change = price / priceAdjust.basePrice - 1
    const band = priceAdjust.bandPct / 100
    const beyond = Math.sign(change) * Math.max(0, Math.abs(change) - band)
    // 1e-9: a change of exactly the band is within, whatever the division rounds to.
    if (Math.abs(change) > band + 1e-9)
      add('priceAdjustment', Math.round((fen * beyond * priceAdjust.energySharePct) / 100))
  }
  for (const one of adjustments)
    add('conditionAdjustment', feeBefore(one, period.endDay) - feeBefore(one, period.firstDay))
}

/**
 * The year's guarantee: a part of it for a last year that is shorter than one, and for months that could not be
 * settled, in which neither party is to gain from what is not known.
 */
function guaranteeOf(
  { terms, period }: MoneyInput,
  { yearSavings, yearUnsettledMonths }: MoneyBefore,
): PeriodSettlement['guarantee'] {
  if (!terms.guarantee || !period.endsYear) return null
  const inYear = Math.min(12, monthsBetween(terms.reporting) - (period.year - 1) * 12)
  const months = Math.max(0, inYear - yearUnsettledMonths)
  const guaranteed = (terms.guarantee.amountPerYear * months) / 12
  const round = (value: number): number => Math.round(value * 1e6) / 1e6 || 0
  return { guaranteed: round(guaranteed), saved: round(yearSavings), difference: round(yearSavings - guaranteed) }
}

function addLimits(
  { limits }: ContractTerms,
  { add, fen, paidFen }: { add: AddLine; fen: number; paidFen: number },
): void {
  const { periodFloorYuan, periodCapYuan, yearCapYuan } = limits
  const caps = [
    ...(periodCapYuan === undefined ? [] : [fenOf(periodCapYuan)]),
    ...(yearCapYuan === undefined ? [] : [Math.max(0, fenOf(yearCapYuan) - paidFen)]),
  ]
  const cap = Math.min(...caps)
  if (fen > cap) add('cap', cap - fen)
  else if (periodFloorYuan !== undefined && fen < Math.min(cap, fenOf(periodFloorYuan)))
    add('floor', Math.min(cap, fenOf(periodFloorYuan)) - fen)
}
