// What the HTTP API answers (design §2), as zod schemas: the OpenAPI document, the web page and the CLI read the same shapes.
// Amounts carry their unit in the field name; instants are epoch milliseconds; a value that is not known is null, never 0.

import * as z from 'zod'
import { HOUR_FLAGS } from './register.ts'
import {
  AREA_LEVELS,
  HEATING_KINDS,
  INDICATORS,
  INSTITUTION_LEVELS,
  INSTITUTION_TYPES,
  MEDIA,
  METER_KINDS,
  METER_ROLES,
  QUOTA_INDICATORS,
  VENUE_KINDS,
} from './registry.ts'

export const STATUSES = ['onTrack', 'atRisk', 'over'] as const
export const VERDICTS = ['bothMet', 'totalOver', 'intensityOver', 'bothOver'] as const
export const RATINGS = ['advanced', 'reasonable', 'compliant', 'rectify'] as const
export const FORECAST_BASES = ['ownProfile', 'areaProfile', 'days', 'complete'] as const

const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/)
const amount = z.number().nullable()

/** One indicator of dual control for one subject and month. Units as in `targetSchema`. */
export const indicatorStatusSchema = z.object({
  indicator: z.enum(INDICATORS),
  unit: z.string(),
  /** Totals: year to date. Intensities: rolling 12 months. */
  actual: amount,
  /** Totals: expected at the year's end. Intensities: the actual. */
  forecast: amount,
  forecastBasis: z.enum(FORECAST_BASES).nullable(),
  target: amount,
  /** forecast / target. */
  ratio: amount,
  /** Null when there is no target (目标未下达) or nothing to judge. */
  status: z.enum(STATUSES).nullable(),
  /** Where the target comes from; a stand-in says so. */
  targetSource: z.string().nullable(),
  targetStandIn: z.boolean(),
  /** True: fuel was burnt that no row converts, so actual and forecast are lower bounds, and only `over` is certain. */
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
  /** Known over expected hours of the year to date, of energy or water, whichever is worse; 0 to 1. */
  coverage: amount,
  /** The coverage, or that of a rolling year, is below 90 %, or an indicator is a lower bound. */
  provisional: z.boolean(),
  coefficientSet: z.string(),
  co2Factor: z.string(),
})
export type DualControl = z.infer<typeof dualControlSchema>

export const quotaStatusSchema = z.object({
  indicator: z.enum(QUOTA_INDICATORS),
  unit: z.string(),
  /** Rolling 12 months. */
  actual: amount,
  rating: z.enum(RATINGS).nullable(),
  constraint: amount,
  benchmark: amount,
  guide: amount,
  /** Amount to save per m² or person to reach the next better rating; null at the best or when unknown. */
  toNextRating: amount,
  standard: z.string().nullable(),
  standIn: z.boolean(),
  /** What made standard coal of the actual; null of water. A stand-in says so in its name. */
  coefficientSet: z.string().nullable(),
})
export type QuotaStatus = z.infer<typeof quotaStatusSchema>

export const areaViewSchema = z.object({
  code: z.string(),
  name: z.string(),
  nameEn: z.string().nullable(),
  level: z.enum(AREA_LEVELS),
  parent: z.string().nullable(),
  children: z.array(z.object({ code: z.string(), name: z.string(), nameEn: z.string().nullable() })),
  institutionCount: z.number(),
})
export type AreaView = z.infer<typeof areaViewSchema>

/** `GET /areas/{code}/status`: the area's own judgement and, for the table, that of each child. */
export const areaStatusViewSchema = z.object({
  area: areaViewSchema,
  dualControl: dualControlSchema.nullable(),
  children: z.array(
    z.object({
      code: z.string(),
      name: z.string(),
      nameEn: z.string().nullable(),
      institutionCount: z.number(),
      dualControl: dualControlSchema.nullable(),
    }),
  ),
})
export type AreaStatusView = z.infer<typeof areaStatusViewSchema>

export const institutionRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  nameEn: z.string().nullable(),
  area: z.string(),
  areaName: z.string(),
  type: z.enum(INSTITUTION_TYPES),
  venueKind: z.enum(VENUE_KINDS).nullable(),
  level: z.enum(INSTITUTION_LEVELS).nullable(),
  /** As of which month; null when nothing was judged yet. */
  month: z.string().nullable(),
  /** Worst rating of the quota indicators; null when no quota row applies (定额未下达). */
  rating: z.enum(RATINGS).nullable(),
  status: z.enum(STATUSES).nullable(),
  /** No indicator of dual control is over its target; null when none could be judged. */
  targetsMet: z.boolean().nullable(),
  energyPerAreaKgce: amount,
  energyPerCapitaKgce: amount,
  waterPerCapitaM3: amount,
  coverage: amount,
})
export type InstitutionRow = z.infer<typeof institutionRowSchema>

export const meterViewSchema = z.object({
  id: z.string(),
  institution: z.string(),
  /** Null for virtual and offline meters. */
  gateway: z.string().nullable(),
  name: z.string().nullable(),
  medium: z.enum(MEDIA),
  purpose: z.string().nullable(),
  role: z.enum(METER_ROLES),
  unit: z.string(),
  kind: z.enum(METER_KINDS),
  /** Unit of the consumption amounts: kWh, GJ or m³. */
  amountUnit: z.string(),
  lastReadingAtMs: z.number().nullable(),
})
export type MeterView = z.infer<typeof meterViewSchema>

export const institutionViewSchema = institutionRowSchema.extend({
  heatingKind: z.enum(HEATING_KINDS).nullable(),
  climateZone: z.string().nullable(),
  floorAreaM2: amount,
  heatedAreaM2: amount,
  specialAreaM2: amount,
  energyUsers: amount,
  meters: z.array(meterViewSchema),
})
export type InstitutionView = z.infer<typeof institutionViewSchema>

export const institutionStatusViewSchema = z.object({
  institution: z.string(),
  dualControl: dualControlSchema.nullable(),
  quota: z.array(quotaStatusSchema),
})
export type InstitutionStatusView = z.infer<typeof institutionStatusViewSchema>

/** `GET /meters/{id}/series`. Points of `raw` have no flag; of `day` and `month` a count of known hours. */
export const seriesViewSchema = z.object({
  meter: z.string(),
  grain: z.enum(['raw', 'hour', 'day', 'month']),
  unit: z.string(),
  fromMs: z.number(),
  toMs: z.number(),
  points: z.array(
    z.object({
      atMs: z.number(),
      value: amount,
      flag: z.enum(HOUR_FLAGS).optional(),
      hoursKnown: z.number().optional(),
      hoursExpected: z.number().optional(),
    }),
  ),
})
export type SeriesView = z.infer<typeof seriesViewSchema>

export const rejectionViewSchema = z.object({
  gateway: z.string(),
  receivedMs: z.number(),
  code: z.string(),
  detail: z.string(),
  /** Place of the reading within its message; null when the whole message was refused. */
  index: z.number().nullable(),
  meter: z.string().nullable(),
})
export type RejectionView = z.infer<typeof rejectionViewSchema>

export const healthViewSchema = z.object({
  status: z.enum(['starting', 'ok']),
  version: z.string(),
  /** What the host is busy with while it starts, for the page's progress display. */
  progress: z.object({ stage: z.string(), done: z.number(), total: z.number() }).nullable(),
  institutions: z.number(),
  meters: z.number(),
  /** The area at the top, where a page begins. */
  rootArea: z.string().nullable(),
  demo: z.boolean(),
})
export type HealthView = z.infer<typeof healthViewSchema>

/** A page of a list; `next` is the cursor of the following page, null at the end. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() })
export interface Page<T> {
  items: T[]
  next: string | null
}

/** RFC 9457. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().optional(),
  field: z.string().optional(),
  problems: z.array(z.looseObject({ field: z.string(), reason: z.string() })).optional(),
})
