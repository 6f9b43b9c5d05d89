// Defines the answer of an explanation: the chain from a number of dual control or quota down to the readings, and the
// checks that each level adds up to the level above.

import * as z from 'zod'
import { INDICATOR_TABLES, type Indicator, type QuotaIndicator } from '../indicator.ts'
import { UNKNOWN_REASONS } from '../judge/result.ts'
import { BILL_CARRIERS, MEDIA } from '../medium.ts'
import { METER_KINDS, METER_ROLES } from '../registry/records.ts'
import { asMonth } from '../schema.ts'

export type ExplainedIndicator = Indicator | QuotaIndicator

/** From the top down; a check of a level compares it with the level below. */
export const EXPLAIN_LEVELS = ['rating', 'value', 'size', 'month', 'carrier', 'meter', 'hour'] as const
const checkSchema = z.object({
  level: z.enum(EXPLAIN_LEVELS),
  name: z.string(),
  /** The value at this level. */
  want: z.union([z.number(), z.string()]).nullable(),
  /** The sum of the level below. */
  got: z.union([z.number(), z.string()]).nullable(),
  ok: z.boolean(),
})
export type ExplainCheck = z.infer<typeof checkSchema>

const amount = z.number().nullable()
const rowSchema = z.object({
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  source: z.string(),
  certainty: z.string(),
  validFrom: z.string(),
  validTo: z.string().nullable(),
  /** Used for a month before its first day (追溯). */
  retroactive: z.boolean(),
})
const sourceSchema = z.object({
  kind: z.enum(['meter', 'bill']),
  id: z.string(),
  carrier: z.enum(BILL_CARRIERS),
  /** −1: subtracted. */
  factor: z.union([z.literal(1), z.literal(-1)]),
  amount: z.number(),
})
const termSchema = z.object({
  /**
   * `carrier`: an amount times a row. `part`: an amount of the month's record as it is. `child`: a part of an area.
   * `others`: the sum of the children listed on other pages.
   */
  kind: z.enum(['carrier', 'part', 'child', 'others']),
  source: z.string(),
  amount: z.number(),
  unit: z.string(),
  row: rowSchema.nullable(),
  /** Amount added to the numerator; negative when subtracted. Null: no row converts it, and it is left out. */
  adds: amount,
  /** Institution: the meters and bills behind the amount. */
  sources: z.array(sourceSchema),
})
const explainedMonthSchema = z.object({
  month: asMonth(z.string()),
  /** Share of the month in the window. */
  weight: z.number(),
  terms: z.array(termSchema),
  numerator: z.number(),
  /** m² or people; null for totals and where unknown. */
  size: amount,
  sizeWeightMs: z.number(),
  hoursExpected: z.number(),
  hoursKnown: z.number(),
  /** Known amount over itself and what is probably missing, 0 to 1. */
  knownShare: amount,
})
const explainedMeterSchema = z.object({
  meter: z.string(),
  medium: z.enum(MEDIA),
  role: z.enum(METER_ROLES),
  kind: z.enum(METER_KINDS),
  purpose: z.string().nullable(),
  unit: z.string(),
  months: z.array(
    z.object({
      month: asMonth(z.string()),
      amount,
      hoursKnown: z.number(),
      /** Number of hours with each flag. */
      flags: z.record(z.string(), z.number()),
    }),
  ),
  /** API path of the hours behind it. */
  series: z.string(),
  readings: z.object({ count: z.number(), firstMs: amount, lastMs: amount }),
})
/** Hours of one meter and day with the readings around them. */
const detailSchema = z.object({
  meter: z.string(),
  day: z.string(),
  unit: z.string(),
  hours: z.array(
    z.object({
      atMs: z.number(),
      amount,
      /** `none`: the hour was not settled, as one to come. */
      flag: z.string(),
      /** The registers at both ends: `(to − from) × times` is the amount. Null: the amount is no such difference. */
      step: z.object({ from: z.number(), to: z.number(), times: z.number() }).nullable(),
    }),
  ),
  /** Virtual meter: the terms of its hours. */
  formula: z.array(z.object({ meter: z.string(), factor: z.number() })),
  /** In order of time, corrections included: of equal times the one with the latest `receivedMs` counts. */
  readings: z.array(
    z.object({ atMs: z.number(), value: z.number(), receivedMs: z.number(), quality: z.string(), unit: z.string() }),
  ),
  /** Number of further readings in the day. */
  readingsLeft: z.number(),
})
export const explainViewSchema = z.object({
  subject: z.string(),
  kind: z.enum(['institution', 'area']),
  table: z.enum(INDICATOR_TABLES),
  indicator: z.string(),
  unit: z.string(),
  month: asMonth(z.string()),
  asOfMs: z.number(),
  formula: z.object({ zh: z.string(), en: z.string() }),
  clause: z.object({ zh: z.string(), en: z.string() }),
  /** The number in the status answer. */
  shown: amount,
  /** Computed from `months` alone. Null: see `why`. */
  result: amount,
  matches: z.boolean(),
  /** Checks of every level against the level below, over all meters and children, listed or not. */
  checks: z.array(checkSchema),
  /** True: hours were settled after the judgement; a check of them may fail until the next judgement. */
  pending: z.boolean(),
  why: z.enum(UNKNOWN_REASONS).nullable(),
  /** How much of the number is known, by the months below: a step of its own before the number is judged. */
  knownShare: amount,
  /** The number of the known part alone, whether it is judged or not. */
  knownPart: amount,
  /** Limits of the known share in force: below `judgedFrom` a number is not judged, below `sureFrom` provisional. */
  limits: z.object({ judgedFrom: z.number(), sureFrom: z.number() }),
  /** True: the number is a lower bound, since no row converts some burnt fuel. */
  lowerBound: z.boolean(),
  window: z.object({ fromMs: z.number(), toMs: z.number() }),
  months: z.array(explainedMonthSchema),
  /** Institution only; an area has its children in the terms of the months. */
  meters: z.array(explainedMeterSchema),
  bills: z.array(
    z.object({
      id: z.string(),
      carrier: z.string(),
      month: asMonth(z.string()),
      quantity: z.number(),
      unit: z.string(),
      source: z.string().nullable(),
    }),
  ),
  /** Target or quota row that the number is compared with; null when none was issued. */
  against: z.object({ name: z.string(), source: z.string(), standIn: z.boolean(), row: z.unknown() }).nullable(),
  status: z.unknown(),
  /** CO2 with a target whose factors have changed since: the step from the result to what is compared. */
  targetFactors: z
    .object({
      factorMonth: asMonth(z.string()),
      co2Factor: z.string(),
      /** By the target's factors; of the status, and of the months below. */
      actual: amount,
      result: amount,
      forecast: amount,
      factorEffect: amount,
      /** amount × (target's factor − factor in force). */
      changes: z.array(
        z.object({
          carrier: z.string(),
          amount: z.number(),
          unit: z.string(),
          inForce: z.string(),
          target: z.string(),
          changeKg: z.number(),
        }),
      ),
      /** False: areas below have factors of their own; their changes are in the actual, not in the list. */
      isWhole: z.boolean(),
    })
    .nullable(),
  /** Present when the request names a meter and a day. */
  detail: detailSchema.nullable(),
  /** Cursor of the next children of an area, or meters of an institution; null at the end. */
  next: z.string().nullable(),
})
export type ExplainView = z.infer<typeof explainViewSchema>
export type ExplainedMonth = z.infer<typeof explainedMonthSchema>
export type ExplainedMeter = z.infer<typeof explainedMeterSchema>
export type ExplainTerm = z.infer<typeof termSchema>
export type ExplainRow = z.infer<typeof rowSchema>
export type ExplainDetail = z.infer<typeof detailSchema>

/** `GET /alerts/{id}/explain`: measured amount, compared value, clause, and the chain below. */
export const alertExplainViewSchema = z.object({
  id: z.string(),
  kind: z.string(),
  subject: z.unknown(),
  state: z.string(),
  value: z.number(),
  asOfMs: z.number(),
  facts: z.unknown(),
  limits: z.unknown(),
  zh: z.object({ measured: z.string(), against: z.string(), clause: z.string() }),
  en: z.object({ measured: z.string(), against: z.string(), clause: z.string() }),
  chain: explainViewSchema.nullable().meta({ description: 'Of an alert on a quota or target: its indicator' }),
  detail: detailSchema.nullable().meta({ description: 'Of an alert on a meter: its last day, down to the readings' }),
  checks: z.array(checkSchema),
  now: z.object({ value: amount, asOfMs: z.number() }).nullable().meta({
    description: 'What the chain leads to now; `facts` are as of `asOfMs`, and hours may have come since',
  }),
  evidence: z.array(z.string()).meta({ description: 'Paths of what else it rests on' }),
})
