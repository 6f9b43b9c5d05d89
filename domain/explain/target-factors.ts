// Explains the comparison of CO2 with a target as a step of its own: the carriers whose factor changed since the
// target's base, and the result by the target's factors (docs/rules/dual-control.md#factors-of-a-target).

import type { Month } from '../calendar.ts'
import type { StandardsInForce } from '../energy/conversion.ts'
import { carrierChanges } from '../energy/factor-change.ts'
import type { SubjectMonth } from '../energy/subject-month.ts'
import type { IndicatorRow } from '../indicator.ts'
import type { IndicatorStatus } from '../judge/result.ts'
import { CARRIERS } from '../medium.ts'
import type { ExplainCheck, ExplainView } from '../view/explain.ts'
import { explainedResult, sameNumber } from './chain.ts'

interface TargetFactorsInput {
  row: IndicatorRow
  status: IndicatorStatus | null
  /** The months of the chain, and the records behind them. */
  explained: ExplainView['months']
  months: readonly SubjectMonth[]
  standards: (month: Month) => StandardsInForce
  /** False: areas below have factors of their own, so the changes listed are not all. */
  isWhole: boolean
}

/** Null when the target is compared on the factors in force, or there is none. */
export function explainTargetFactors(given: TargetFactorsInput): {
  targetFactors: ExplainView['targetFactors']
  checks: ExplainCheck[]
} {
  const { row, status, explained, months, standards, isWhole } = given
  const rebased = status?.onTargetFactors
  if (!rebased) return { targetFactors: null, checks: [] }
  const target = standards(rebased.factorMonth)
  const byName = new Map(months.map((part) => [part.month, part]))
  const byCarrier = new Map<string, NonNullable<ExplainView['targetFactors']>['changes'][number]>()
  const changed = explained.map((one) => {
    const part = byName.get(one.month)
    if (!part) return one
    let changeKg = 0
    for (const { carrier, amount, inForce, target: then, changeKg: kg } of carrierChanges(
      part,
      standards(one.month),
      target,
    )) {
      changeKg += kg
      const key = `${carrier} ${inForce}`
      const before = byCarrier.get(key) ?? {
        carrier,
        unit: CARRIERS[carrier].amountUnit,
        amount: 0,
        inForce,
        target: then,
        changeKg: 0,
      }
      const sum = { amount: before.amount + amount * one.weight, changeKg: before.changeKg + kg * one.weight }
      byCarrier.set(key, { ...before, ...sum })
    }
    const ratio = part.co2Kg === 0 ? 1 : (part.co2Kg + changeKg) / part.co2Kg
    return { ...one, numerator: one.numerator * ratio }
  })
  const { result } = explainedResult(changed, row)
  const name = `${status.indicator} by the factors of ${rebased.factorMonth}`
  return {
    targetFactors: { ...rebased, changes: [...byCarrier.values()], isWhole, result: isWhole ? result : rebased.actual },
    checks: isWhole && rebased.actual !== null ? [sameNumber('value', name, [rebased.actual, result])] : [],
  }
}
