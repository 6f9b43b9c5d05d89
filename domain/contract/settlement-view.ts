// The schema of a settled period (docs/rules/contracts.md#settlement). Amounts are in the unit of the medium, money is
// in whole fen.

import * as z from 'zod'
import { asMonth } from '../schema.ts'

const fen = z.number().int()

/** `noBaseline`: no temperature, or no rate for the kind of day. */
const MASK_REASONS = ['noUse', 'noBaseline', 'neither', 'excluded'] as const
export type MaskReason = (typeof MASK_REASONS)[number]

/** `uncertain`: the savings are smaller than their uncertainty. `noInterval`: the method states none. */
export const SETTLEMENT_VERDICTS = ['saved', 'uncertain', 'lost', 'noInterval', 'tooManyMasked'] as const
export type SettlementVerdict = (typeof SETTLEMENT_VERDICTS)[number]

/** What the owner pays the contractor, line by line; below 0 the contractor pays. */
export const MONEY_LINES = [
  'savingsShare',
  'serviceFee',
  'fee',
  'priceAdjustment',
  'conditionAdjustment',
  'excess',
  'cap',
  'floor',
  'withheld',
  'shortfall',
] as const
export type MoneyLine = (typeof MONEY_LINES)[number]

const moneySchema = z.object({
  /** The value of the savings; ownerFen + contractorFen = totalFen. */
  totalFen: fen,
  ownerFen: fen,
  contractorFen: fen,
  /** What the owner pays: the sum of the lines. contractorFen = payableFen − energyFen. */
  payableFen: fen,
  /** Energy that the contractor pays for: of a trusteeship. */
  energyFen: fen,
  lines: z.array(z.object({ code: z.enum(MONEY_LINES), fen })),
})
export type SettledMoney = z.infer<typeof moneySchema>

const priceRowSchema = z.object({ from: z.string(), yuanPerUnit: z.number(), savings: z.number() })
export type PriceRow = z.infer<typeof priceRowSchema>

const guaranteeViewSchema = z.object({
  guaranteed: z.number(),
  /** Savings of the year of the contract. */
  saved: z.number(),
  /** Negative where less was saved. */
  difference: z.number(),
})

export const periodSettlementSchema = z.object({
  period: asMonth(z.string()),
  from: z.string(),
  to: z.string(),
  year: z.number(),
  countedDays: z.number(),
  masked: z.array(z.object({ date: z.string(), reason: z.enum(MASK_REASONS) })),
  maskedTreatment: z.enum(['notCounted', 'meanOfPeriod']),
  baseline: z.number(),
  adjustments: z.array(z.object({ number: z.number(), reason: z.string(), amount: z.number() })),
  adjustedBaseline: z.number(),
  actual: z.number(),
  savings: z.number(),
  /** The part of the savings that masked days are given. */
  maskedSavings: z.number(),
  halfWidth: z.number().nullable(),
  confidence: z.number(),
  verdict: z.enum(SETTLEMENT_VERDICTS),
  prices: z.array(priceRowSchema),
  unpricedDays: z.number(),
  money: moneySchema,
  /** At the end of a year of a contract with a guarantee. */
  guarantee: guaranteeViewSchema.nullable(),
  cumulative: z.object({
    savings: z.number(),
    halfWidth: z.number().nullable(),
    ...{ totalFen: fen, ownerFen: fen, contractorFen: fen, payableFen: fen },
  }),
  days: z.array(
    z.object({
      date: z.string(),
      temperature: z.number().nullable(),
      baseline: z.number().nullable(),
      actual: z.number().nullable(),
      counted: z.boolean(),
    }),
  ),
})
export type PeriodSettlement = z.infer<typeof periodSettlementSchema>
