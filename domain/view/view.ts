// Defines the answers of the HTTP API (docs/rules/interfaces.md#http-api) as zod schemas, shared by the OpenAPI
// document, the web page and the CLI. Amounts have their unit in the field name; instants are epoch milliseconds; an
// unknown value is null, never 0.

import * as z from 'zod'
import { dualControlSchema, quotaStatusSchema, STATUSES } from '../judge/result.ts'
import { MEDIA } from '../medium.ts'
import { RATINGS } from '../rating.ts'
import {
  AREA_LEVELS,
  datedInstitutionSchema,
  datedMeterSchema,
  HEATING_KINDS,
  INSTITUTION_LEVELS,
  INSTITUTION_TYPES,
  METER_KINDS,
  METER_ROLES,
  VENUE_KINDS,
} from '../registry/records.ts'
import { amount, asMonth } from '../schema.ts'
import { HOUR_FLAGS } from '../settle/settle.ts'

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

/** `GET /areas/{code}/status`: the judgement of the area and, for the table, of each child. */
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

/** `GET /areas/{code}/freshness`: number of readings; `upToDate`: the totals of the area and above include them. */
export const freshnessViewSchema = z.object({ upToDate: z.boolean(), readings: z.number() })

const institutionRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  nameEn: z.string().nullable(),
  area: z.string(),
  areaName: z.string(),
  type: z.enum(INSTITUTION_TYPES),
  venueKind: z.enum(VENUE_KINDS).nullable(),
  level: z.enum(INSTITUTION_LEVELS).nullable(),
  /** The month of the values below; null before the first judgement. */
  month: asMonth(z.string()).nullable(),
  /** Worst rating of the quota indicators; null when no quota row applies (定额未下达) or too little is known. */
  rating: z.enum(RATINGS).nullable(),
  /** Whether a quota row applies; null before the first judgement. */
  quotaIssued: z.boolean().nullable(),
  status: z.enum(STATUSES).nullable(),
  /** True when no indicator of dual control is over its target; null when none could be judged. */
  targetsMet: z.boolean().nullable(),
  energyPerAreaKgce: amount,
  energyPerCapitaKgce: amount,
  waterPerCapitaM3: amount,
  /** Known share of the year to date, and whether something in the row is not known whole. */
  coverage: amount,
  provisional: z.boolean(),
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
  /** The meter above; null for the topmost. */
  parent: z.string().nullable(),
  unit: z.string(),
  /** Of the register: ratio of its transformers. */
  multiplier: z.number(),
  kind: z.enum(METER_KINDS),
  /** Unit of the consumption amounts: kWh, GJ or m³. */
  amountUnit: z.string(),
  /** Its dated rows; empty for a meter that is the same all the time. The fields above are those of the last row. */
  rows: z.array(datedMeterSchema),
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
  openedOn: z.string().nullable(),
  /** Its dated rows; empty for an institution that is the same all the time. */
  rows: z.array(datedInstitutionSchema),
  /** By sub-item codes of its meters, or by the PUE or EUE meters named in its record. */
  hasDataCentre: z.boolean(),
  meters: z.array(meterViewSchema),
})
export type InstitutionView = z.infer<typeof institutionViewSchema>

export const institutionStatusViewSchema = z.object({
  institution: z.string(),
  dualControl: dualControlSchema.nullable(),
  quota: z.array(quotaStatusSchema),
})
export type InstitutionStatusView = z.infer<typeof institutionStatusViewSchema>

/** `GET /meters/{id}/series`. Points of `hour` have a flag; points of `day` and `month` a count of known hours. */
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

const rejectionViewSchema = z.object({
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
  /** Progress of the host's start, for the page's progress display. */
  progress: z.object({ stage: z.string(), done: z.number(), total: z.number() }).nullable(),
  institutions: z.number(),
  meters: z.number(),
  /** Code of the top area, where the page begins. */
  rootArea: z.string().nullable(),
  demo: z.boolean(),
  /** What is wrong with the host, for its operator. */
  problems: z.array(z.object({ code: z.string(), en: z.string(), zh: z.string() })),
  eventLoop: z
    .object({ seconds: z.number(), p50Ms: z.number(), p99Ms: z.number(), p999Ms: z.number(), maxMs: z.number() })
    .nullable()
    .meta({ description: 'For how long the event loop stopped during the last `seconds`; null in AWS' }),
})
export type HealthView = z.infer<typeof healthViewSchema>

/** A page of a list; `next` is the cursor of the following page, null at the end. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() })
export interface Page<T> {
  items: T[]
  next: string | null
}

/** `GET /institutions`. */
export const institutionsPageSchema = pageOf(institutionRowSchema).extend({
  total: z.number().meta({ description: 'How many there are on all pages' }),
  ratings: z.record(z.string(), z.number()).meta({ description: 'Of all of them, by rating or `none`' }),
})
export type InstitutionListView = z.infer<typeof institutionsPageSchema>

export const rejectionsPageSchema = pageOf(rejectionViewSchema).extend({
  counts: z.record(z.string(), z.number()).meta({ description: 'All that was refused so far, by code' }),
})
/** `POST /readings`: numbers of readings. */
export const storedViewSchema = z.object({
  stored: z.number(),
  rejected: z.number(),
  aside: z.number().optional().meta({ description: 'Kept until the clock of the host is right; absent: none' }),
})

/** RFC 9457. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().optional(),
  /** The detail in both languages, where it has them. */
  said: z.object({ zh: z.string(), en: z.string() }).optional(),
  field: z.string().optional(),
  problems: z.array(z.looseObject({ field: z.string(), reason: z.string() })).optional(),
})
