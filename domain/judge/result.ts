// Defines the results of judging as zod schemas: the rules return them, the API and the page show them.

import * as z from 'zod'
import { INDICATORS, QUOTA_INDICATORS } from '../indicator.ts'
import { RATINGS } from '../rating.ts'
import { amount, month } from '../schema.ts'

export const STATUSES = ['onTrack', 'atRisk', 'over'] as const

export const VERDICTS = ['bothMet', 'totalOver', 'intensityOver', 'bothOver'] as const

/** Why a figure has no value. */
export const UNKNOWN_REASONS = [
  'noData',
  'unknownTime',
  'incompleteYear',
  'noSize',
  'belowZero',
  'withoutRow',
  'notApart',
] as const

/** How much of a figure is known, beside each figure over time. */
const known = {
  /** Known amount over itself and what is probably missing, 0 to 1; null when nothing is expected. */
  knownShare: amount,
  /** The figure of the known part alone; shown where the actual is null. */
  knownPart: amount,
  /** Why the actual is null; null when it is not. */
  reason: z.enum(UNKNOWN_REASONS).nullable(),
  /** Known well enough to be judged, but not whole (docs/rules/data.md#known-share). */
  provisional: z.boolean(),
}

export const FORECAST_BASES = ['ownProfile', 'areaProfile', 'days', 'complete'] as const

/** One indicator of dual control for one subject and month. Units as in `targetSchema`. */
export const indicatorStatusSchema = z.object({
  indicator: z.enum(INDICATORS),
  unit: z.string(),
  /** Totals: year to date. Intensities: rolling 12 months. Null when too little is known to be judged. */
  actual: amount,
  ...known,
  /** Totals: expected amount of the whole year. Intensities: the actual. */
  forecast: amount,
  forecastBasis: z.enum(FORECAST_BASES).nullable(),
  /** Totals: the year's amount lies in this band in 80 % of cases. */
  low80: amount,
  high80: amount,
  target: amount,
  /** forecast / target. */
  ratio: amount,
  /** Totals: the chance that the year exceeds its target, 0 to 1; the status follows from it. */
  chance: amount,
  /** Null when there is no target (目标未下达) or nothing to judge. */
  status: z.enum(STATUSES).nullable(),
  /** Source of the target. */
  targetSource: z.string().nullable(),
  targetStandIn: z.boolean(),
  /**
   * CO2 with a target, when factors changed since its base: the same use by the target's factors. Ratio, chance and
   * status follow from it (docs/rules/dual-control.md#factors-of-a-target).
   */
  onTargetFactors: z
    .object({
      factorMonth: month,
      co2Factor: z.string(),
      actual: amount,
      forecast: amount,
      /** The actual by the factors in force minus the actual here: what new factors alone changed; no saving. */
      factorEffect: amount,
    })
    .optional(),
  /** True: no row converts some burnt fuel, so actual and forecast are lower bounds, and only `over` is certain. */
  lowerBound: z.boolean().optional(),
})

export type IndicatorStatus = z.infer<typeof indicatorStatusSchema>

export const dualControlSchema = z.object({
  subject: z.string(),
  month,
  /** Data up to this instant were judged. */
  asOfMs: z.number(),
  indicators: z.array(indicatorStatusSchema),
  /** Worst status of the indicators; null when none could be judged. */
  status: z.enum(STATUSES).nullable(),
  verdict: z.enum(VERDICTS).nullable(),
  /** Known share of the year to date, the worse of energy and water; 0 to 1. */
  coverage: amount,
  /** The coverage, or the known share of an indicator, is below 98 %, or an indicator is a lower bound. */
  provisional: z.boolean(),
  coefficientSet: z.string(),
  co2Factor: z.string(),
})

export type DualControl = z.infer<typeof dualControlSchema>

export const quotaStatusSchema = z.object({
  indicator: z.enum(QUOTA_INDICATORS),
  unit: z.string(),
  /** Rolling 12 months. Null when too little is known to be judged. */
  actual: amount,
  ...known,
  rating: z.enum(RATINGS).nullable(),
  constraint: amount,
  benchmark: amount,
  guide: amount,
  /** Amount to save per m² or person to reach the next better rating; null at the best or when unknown. */
  toNextRating: amount,
  standard: z.string().nullable(),
  standIn: z.boolean(),
  /** Name of the set that converted the actual; null for water. A stand-in has it in its name. */
  coefficientSet: z.string().nullable(),
})

export type QuotaStatus = z.infer<typeof quotaStatusSchema>
