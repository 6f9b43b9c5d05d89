// Settles the periods of a contract, each with all that is before it: savings and their interval, the split of the
// money, and the position so far (docs/rules/contracts.md#settlement). Pure: the same terms, baseline, adjustments and
// days give the same result, whenever and in whatever order they came.

import { dayLabel } from '../calendar.ts'
import { acceptedOf, addedOn } from './adjustment.ts'
import { predictionOf } from './baseline.ts'
import { type MoneyBefore, moneyOf, noMoney } from './money.ts'
import {
  daysOf,
  type PeriodDays,
  type PeriodInput,
  periodSums,
  rounded,
  roundedOrNull,
  type SettlementInput,
} from './period-days.ts'
import { contractPeriods } from './periods.ts'
import type { PeriodSettlement, SettlementVerdict } from './settlement-view.ts'
import type { ContractTerms } from './terms.ts'

/** What is carried from period to period. */
interface Before {
  counted: number[]
  savings: number
  money: MoneyBefore
}

/** Settles the periods that end at or before `untilDay`, in order. */
export function settlePeriods(input: SettlementInput, untilDay: number): PeriodSettlement[] {
  const prediction = predictionOf(input.baseline, input.series, input.terms)
  const accepted = acceptedOf(input.adjustments)
  let before: Before = { counted: [], savings: 0, money: noMoney() }
  const settled: PeriodSettlement[] = []
  for (const period of contractPeriods(input.terms.reporting)) {
    if (period.endDay > untilDay) break
    const made = settleOne({ ...input, adjustments: accepted, prediction, period }, before)
    settled.push(made.settlement)
    before = made.after
  }
  return settled
}

function settleOne(input: PeriodInput, before: Before): { settlement: PeriodSettlement; after: Before } {
  const { terms, period, prediction } = input
  const days = daysOf(input)
  const counted = days.counted.map(({ day }) => day)
  const all = [...before.counted, ...counted]
  const halfWidth = counted.length === 0 ? null : prediction.halfWidth(counted)
  const sums = periodSums(days, terms)
  const verdict = verdictOf({ ...sums, halfWidth, masked: days.masked.length }, terms)
  const money = moneyOf({ terms, period, verdict, adjustments: input.adjustments, ...sums, days }, before.money)
  const savings = before.savings + sums.savings
  const settlement: PeriodSettlement = {
    period: period.id,
    ...{ from: dayLabel(period.firstDay), to: dayLabel(period.endDay), year: period.year },
    ...{ countedDays: counted.length, masked: days.masked, maskedTreatment: terms.masked.treatment },
    baseline: rounded(sums.baseline),
    adjustments: adjustmentsIn(input, days),
    adjustedBaseline: rounded(sums.adjusted),
    ...{ actual: rounded(sums.actual), savings: rounded(sums.savings), maskedSavings: rounded(sums.maskedSavings) },
    ...{ halfWidth: halfWidth === null ? null : rounded(halfWidth), confidence: terms.confidence, verdict },
    prices: days.prices,
    unpricedDays: days.unpriced,
    ...{ money: money.money, guarantee: money.guarantee },
    cumulative: {
      ...{ savings: rounded(savings), halfWidth: roundedOrNull(all.length === 0 ? null : prediction.halfWidth(all)) },
      ...money.cumulative,
    },
    days: days.list,
  }
  return { settlement, after: { counted: all, savings, money: money.after } }
}

function verdictOf(
  { savings, halfWidth, masked }: { savings: number; halfWidth: number | null; masked: number },
  terms: ContractTerms,
): SettlementVerdict {
  if (masked > terms.masked.daysMax) return 'tooManyMasked'
  if (halfWidth === null) return 'noInterval'
  if (Math.abs(savings) <= halfWidth) return 'uncertain'
  return savings > 0 ? 'saved' : 'lost'
}

const adjustmentsIn = ({ adjustments }: PeriodInput, { counted }: PeriodDays): PeriodSettlement['adjustments'] =>
  adjustments.flatMap((one) => {
    const amount = counted.reduce((sum, { day, baseline }) => sum + addedOn(one, day, baseline), 0)
    return amount === 0 ? [] : [{ number: one.number, reason: one.reason, amount: rounded(amount) }]
  })
