// Schemas of the API's answers about contracts, shared by the API and the page.

import * as z from 'zod'
import { asMonth } from '../schema.ts'
import { adjustmentSchema } from './adjustment.ts'
import { type ContractBaseline, contractBaselineSchema } from './baseline.ts'
import { type LatePayment, latePaymentOf } from './late-payment.ts'
import {
  type ContractRecord,
  contractRecordSchema,
  isSignedByBoth,
  lastRevision,
  owedRevision,
  SETTLEMENT_STATES,
  type SettlementRecord,
  settlementRecordSchema,
  signedMsOf,
  stateOf,
} from './life.ts'
import { SETTLEMENT_VERDICTS } from './settlement-view.ts'

/** `draft`: a party has still to sign. `running`: both have; `ended`: its last period is settled and signed. */
const CONTRACT_STATES = ['draft', 'running'] as const

const baselineViewSchema = contractBaselineSchema.omit({ use: true, temperature: true, fitted: true }).extend({
  fittedDays: z.number(),
})
const latePaymentSchema = z.object({
  ...{ dueOn: z.string(), paidFen: z.number(), openFen: z.number(), daysLate: z.number(), penaltyFen: z.number() },
})

const settledRowSchema = z.object({
  period: asMonth(z.string()),
  ...{ from: z.string(), to: z.string(), revision: z.number() },
  state: z.enum(SETTLEMENT_STATES),
  verdict: z.enum(SETTLEMENT_VERDICTS),
  ...{ baseline: z.number(), adjustedBaseline: z.number(), actual: z.number(), savings: z.number() },
  halfWidth: z.number().nullable(),
  maskedDays: z.number(),
  ...{ totalFen: z.number(), ownerFen: z.number(), contractorFen: z.number(), payableFen: z.number() },
  cumulativeSavings: z.number(),
  cumulativeHalfWidth: z.number().nullable(),
  /** Of the latest revision that both parties signed; null: none is signed. */
  late: latePaymentSchema.nullable(),
})
export type SettledRow = z.infer<typeof settledRowSchema>

/** What stands by all settled periods together. */
const positionSchema = z.object({
  periods: z.number(),
  settled: z.number(),
  signed: z.number(),
  savings: z.number(),
  halfWidth: z.number().nullable(),
  ...{ totalFen: z.number(), ownerFen: z.number(), contractorFen: z.number(), payableFen: z.number() },
  ...{ paidFen: z.number(), penaltyFen: z.number() },
})

export const contractViewSchema = z.object({
  terms: contractRecordSchema.shape.terms,
  version: z.number(),
  unit: z.string(),
  state: z.enum(CONTRACT_STATES),
  baseline: baselineViewSchema.nullable(),
  signatures: contractRecordSchema.shape.signatures,
  adjustments: z.array(adjustmentSchema),
  blocked: contractRecordSchema.shape.blocked,
  settlements: z.array(settledRowSchema),
  position: positionSchema,
})
export type ContractView = z.infer<typeof contractViewSchema>

const contractRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  institution: z.string(),
  medium: z.string(),
  from: z.string(),
  to: z.string(),
  state: z.enum(CONTRACT_STATES),
})
export const contractsPageSchema = z.object({ items: z.array(contractRowSchema), next: z.string().nullable() })

export const settlementViewSchema = settlementRecordSchema.extend({
  unit: z.string(),
  state: z.enum(SETTLEMENT_STATES),
  late: latePaymentSchema.nullable(),
})
export type SettlementView = z.infer<typeof settlementViewSchema>
export const settlementsViewSchema = z.object({ contract: z.string(), items: z.array(settledRowSchema) })
export const settledNowSchema = z.object({
  settled: z.array(z.object({ period: z.string(), revision: z.number() })),
  blocked: contractRecordSchema.shape.blocked,
})

export const contractRow = ({ terms, signatures }: ContractRecord): z.infer<typeof contractRowSchema> => ({
  ...{ id: terms.id, name: terms.name, kind: terms.kind, institution: terms.institution, medium: terms.medium },
  ...{ from: terms.reporting.from, to: terms.reporting.to },
  state: isSignedByBoth(signatures) ? 'running' : 'draft',
})

export function baselineView({ use: _, temperature: _t, fitted, ...rest }: ContractBaseline) {
  return { ...rest, fittedDays: fitted.length }
}

/** What is late of what both parties signed; a settlement in which the contractor pays is due as well. */
export function lateView(
  { terms }: Pick<ContractRecord, 'terms'>,
  record: SettlementRecord,
  { asOf, dateOfMs }: { asOf: string; dateOfMs(ms: number): string },
): LatePayment | null {
  const owed = owedRevision(record)
  if (!owed) return null
  const sign = Math.sign(owed.settlement.money.payableFen) || 1
  // What the other party owed before is no debt of the one that pays now.
  const revisions = record.revisions
    .filter(({ signatures }) => isSignedByBoth(signatures))
    .map((one) => ({
      payableFen: Math.max(0, sign * one.settlement.money.payableFen),
      signedOn: dateOfMs(signedMsOf(one)),
    }))
  return latePaymentOf(terms, { owed: revisions, payments: record.payments, asOf })
}

export function settledRow(record: SettlementRecord, late: LatePayment | null): SettledRow {
  const revision = lastRevision(record)
  const { settlement } = revision
  const { totalFen, ownerFen, contractorFen, payableFen } = settlement.money
  return {
    ...{ period: record.period, from: settlement.from, to: settlement.to, revision: revision.number },
    ...{ state: stateOf(revision), verdict: settlement.verdict },
    ...{ baseline: settlement.baseline, adjustedBaseline: settlement.adjustedBaseline, actual: settlement.actual },
    ...{ savings: settlement.savings, halfWidth: settlement.halfWidth, maskedDays: settlement.masked.length },
    ...{ totalFen, ownerFen, contractorFen, payableFen },
    cumulativeSavings: settlement.cumulative.savings,
    ...{ cumulativeHalfWidth: settlement.cumulative.halfWidth, late },
  }
}

/** The position by the last settled period: its sums hold all that is before it. */
export function positionOf(rows: readonly SettledRow[], records: readonly SettlementRecord[], periods: number) {
  const last = records.at(-1)
  const cumulative = last && lastRevision(last).settlement.cumulative
  const {
    savings = 0,
    halfWidth = null,
    totalFen = 0,
    ownerFen = 0,
    contractorFen = 0,
    payableFen = 0,
  } = cumulative ?? {}
  return {
    ...{ periods, settled: rows.length, signed: rows.filter(({ state }) => state === 'signed').length },
    ...{ savings, halfWidth, totalFen, ownerFen, contractorFen, payableFen },
    paidFen: netOf(records, rows, ({ paidFen }) => paidFen),
    penaltyFen: netOf(records, rows, ({ penaltyFen }) => penaltyFen),
  }
}

/** The sum of what the owner paid or owes, less what the contractor did: payments are noted without a sign. */
const netOf = (
  records: readonly SettlementRecord[],
  rows: readonly SettledRow[],
  partOf: (late: LatePayment) => number,
): number =>
  rows.reduce((sum, { late }, index) => {
    const record = records[index]
    const owed = record && owedRevision(record)
    return late && owed ? sum + Math.sign(owed.settlement.money.payableFen) * partOf(late) : sum
  }, 0)
