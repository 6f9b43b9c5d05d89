// Who should have a contract: an indicator above its 基准值 or 约束值, or a year's energy that reaches a dated
// threshold, and what reaching the next better rating saves
// (docs/rules/contracts.md#candidates).

import * as z from 'zod'
import { QUOTA_INDICATORS } from '../indicator.ts'
import type { QuotaStatus } from '../judge/result.ts'
import { RATINGS } from '../rating.ts'
import type { Size } from '../registry/size.ts'
import { amount } from '../schema.ts'

/** Worse than 合理: above the benchmark; 需整改 is above the constraint. */
export const CANDIDATE_RATINGS = ['rectify', 'compliant'] as const

export const candidateSchema = z.object({
  institution: z.string(),
  name: z.string(),
  /** Null, as all up to the savings: at a threshold, where no indicator has a better rating left. */
  indicator: z.enum(QUOTA_INDICATORS).nullable(),
  unit: z.string().nullable(),
  actual: amount,
  rating: z.enum(RATINGS).nullable(),
  /** The value of the next better rating. */
  limit: amount,
  /** A year's energy to save, by the coefficients of the quota; null for water. */
  savingKgce: amount,
  /** The same as electricity, its cost by the tariff in force and its CO2; null for water, cost without a tariff. */
  savingKwh: amount,
  savingYuan: amount,
  savingTco2: amount,
  savingM3: amount,
  /** Energy of the last 12 months by the statistics' coefficients, where every month is known. */
  energyTce: amount,
  /** The threshold of key energy users in force that `energyTce` reaches; null: it reaches none. */
  threshold: z.object({ tce: z.number(), validFrom: z.string(), source: z.string() }).nullable(),
  standard: z.string().nullable(),
  /** True: the quota is a stand-in. */
  standIn: z.boolean(),
})
export type ContractCandidate = z.infer<typeof candidateSchema>

export const candidatesPageSchema = z.object({
  items: z.array(candidateSchema),
  next: z.string().nullable(),
  /** Institutions that come into question by their rating, on all pages. */
  institutions: z.number(),
})

export type CandidatesPage = z.infer<typeof candidatesPageSchema>

/** What a kWh is in the units of the list. */
export interface PerKwh {
  kgce: number
  kgCo2: number
  yuan: number | null
}

type Found = Omit<ContractCandidate, 'institution' | 'name' | 'energyTce' | 'threshold'>

/** What a row says of an institution at a threshold that no indicator asks to become better. */
export const NO_INDICATOR: Found = {
  ...{ indicator: null, unit: null, actual: null, rating: null, limit: null, standard: null, standIn: false },
  ...{ savingKgce: null, savingKwh: null, savingYuan: null, savingTco2: null, savingM3: null },
}

/**
 * Undefined for an indicator without a value, size or better rating; for one that is reasonable, unless `anyRating`.
 */
export function contractCandidateOf(
  status: QuotaStatus,
  size: Size,
  { anyRating = false, ...per }: PerKwh & { anyRating?: boolean },
): Found | undefined {
  const { indicator, unit, actual, rating, toNextRating, standard, standIn } = status
  const isBad = CANDIDATE_RATINGS.some((one) => one === rating)
  const divisor = sizeOf(indicator, size)
  if (!(isBad || anyRating) || rating === null || actual === null || toNextRating === null || divisor === null)
    return undefined
  const saving = toNextRating * divisor
  const common = { indicator, unit, actual, rating, limit: actual - toNextRating, standard, standIn }
  if (indicator === 'waterPerCapita')
    return { ...common, savingKgce: null, savingKwh: null, savingYuan: null, savingTco2: null, savingM3: saving }
  const savingKwh = saving / per.kgce
  return {
    ...common,
    ...{ savingKgce: saving, savingKwh, savingYuan: per.yuan === null ? null : savingKwh * per.yuan },
    ...{ savingTco2: (savingKwh * per.kgCo2) / 1000, savingM3: null },
  }
}

function sizeOf(indicator: QuotaStatus['indicator'], size: Size): number | null {
  if (indicator === 'heatingPerArea') return size.heatedAreaM2
  if (indicator !== 'nonHeatingPerArea') return size.energyUsers
  return size.floorAreaM2 === null ? null : size.floorAreaM2 - (size.specialAreaM2 ?? 0)
}
