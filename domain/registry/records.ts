// Defines the registered records as zod schemas: areas, institutions, gateways, meters and targets. Tariffs and bills
// are in domain/energy/, quotas in domain/standards/. Attributes that change have `validFrom`; a new value never
// rewrites the past (docs/rules/data.md#dated-attributes).

import * as z from 'zod'
import { INDICATORS } from '../indicator.ts'
import { MEDIA } from '../medium.ts'
import { month } from '../schema.ts'
import { creditCodeFinding } from './credit-code.ts'
import { mappingSchema } from './mapping.ts'
import { MAPPING_NAMES } from './mappings.ts'

/** Gateway ids double as MQTT client ids and AWS thing names (docs/rules/interfaces.md#mqtt-topics). */
export const GATEWAY_ID = /^[A-Za-z0-9_-]{1,64}$/
/** Ids of institutions and meters, and of recipients of alerts. */
export const RECORD_ID = /^[A-Za-z0-9._-]{1,64}$/

export const recordId = z.string().regex(RECORD_ID, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
export const gatewayId = z.string().regex(GATEWAY_ID, 'must be 1 to 64 letters, digits, dashes or underscores')
/** A local calendar date `YYYY-MM-DD` in UTC+8. */
export const localDate = z.iso.date()
/** 行政区划代码, six digits (GB/T 2260); a data set of its own may use another id. */
export const areaCode = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/)

/** 统一社会信用代码 (docs/rules/data.md#credit-codes). */
const creditCode = z.string().superRefine((text, context) => {
  const message = creditCodeFinding(text)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

export const AREA_LEVELS = ['province', 'city', 'county'] as const
/** The days from which and up to which (exclusive) a row holds; absent: from the beginning, until the next row. */
const rowDays = { validFrom: localDate.optional(), validTo: localDate.optional() }

const areaObject = z.object({
  code: areaCode,
  name: z.string().min(1),
  nameEn: z.string().optional(),
  level: z.enum(AREA_LEVELS),
  parent: areaCode.optional(),
  /** Where its weather station is looked for; absent: where the area above is. */
  latitudeDeg: z.number().min(-90).max(90).optional(),
  longitudeDeg: z.number().min(-180).max(180).optional(),
  /** Climate zone (建筑气候区划) of its weather station. */
  climateZone: z.string().optional(),
})
export const DATED_AREA_FIELDS = { parent: true } as const
/** The area above from a day on. Areas change with whole months (docs/rules/data.md#areas-by-date). */
export const datedAreaSchema = areaObject.pick(DATED_AREA_FIELDS).extend(rowDays)
export type DatedArea = z.infer<typeof datedAreaSchema>
/** `rows`: of an area that came to another one, was made or ended by date. */
export const areaSchema = areaObject.extend({ rows: z.array(datedAreaSchema).min(1).optional() })
export type Area = z.infer<typeof areaSchema>

/**
 * 公共机构 by kind. The current official code set is not known to us (docs/rules/data.md#institution-types), so these
 * are names, not codes.
 */
export const INSTITUTION_TYPES = [
  'government',
  'education',
  'healthcare',
  'venue',
  'serviceCentre',
  'research',
  'other',
] as const
/** Venue kinds with their own quota rows (docs/rules/data.md#institution-types). */
export const VENUE_KINDS = ['library', 'museum', 'theatre', 'stadium', 'scienceMuseum'] as const
/** Levels in quota tables: of government and venues, and of hospitals (三级, 二级, 一级). */
export const INSTITUTION_LEVELS = ['provincial', 'municipal', 'county', 'tertiary', 'secondary', 'primary'] as const
/** Main way of heating, as quota tables distinguish it. */
export const HEATING_KINDS = ['districtHeatMetered', 'airConditioning', 'gasOrOil', 'none'] as const

/** Sizes that intensities divide by, from a date on. Areas in m², people as 用能人数. */
export const institutionSizeSchema = z.object({
  validFrom: localDate,
  floorAreaM2: z.number().positive(),
  heatedAreaM2: z.number().nonnegative().optional(),
  /** The part of the floor area for special functions: data centre, kitchen, special equipment. Quotas exclude it. */
  specialAreaM2: z.number().nonnegative().optional(),
  energyUsers: z.number().positive().optional(),
})
export type InstitutionSize = z.infer<typeof institutionSizeSchema>

const institutionObject = z.object({
  id: recordId,
  name: z.string().min(1),
  nameEn: z.string().optional(),
  /** The county (shard) the institution belongs to. */
  area: areaCode,
  type: z.enum(INSTITUTION_TYPES),
  venueKind: z.enum(VENUE_KINDS).optional(),
  level: z.enum(INSTITUTION_LEVELS).optional(),
  /**
   * Climate zone by the quota table's name, e.g. `A`, `B`; no default (docs/rules/quota.md#rows-and-classes).
   */
  climateZone: z.string().optional(),
  heatingKind: z.enum(HEATING_KINDS).optional(),
  creditCode: creditCode.optional(),
  /**
   * Boundaries of the PUE and the EUE of its data centre: meter ids, or purposes. Absent: the PUE has the codes 01D10
   * and 01D1A, and the EUE the boundary of the PUE (domain/energy/data-centre-boundary.ts).
   */
  pueTotal: z.array(z.string().min(1)).min(1).optional(),
  pueIt: z.array(z.string().min(1)).min(1).optional(),
  eueTotal: z.array(z.string().min(1)).min(1).optional(),
  eueIt: z.array(z.string().min(1)).min(1).optional(),
  sizes: z.array(institutionSizeSchema).min(1),
  /** The day of opening; absent: open from the beginning. The first size is no opening: sizes may be stated later. */
  openedOn: localDate.optional(),
})
/** The fields of an institution that may change by date; sizes apart. */
export const DATED_INSTITUTION_FIELDS = {
  area: true,
  type: true,
  venueKind: true,
  level: true,
  climateZone: true,
  heatingKind: true,
} as const
/** What an institution is from a day on. */
export const datedInstitutionSchema = institutionObject.pick(DATED_INSTITUTION_FIELDS).extend(rowDays)
export type DatedInstitution = z.infer<typeof datedInstitutionSchema>
/**
 * `rows`: the dated rows of an institution that changed or closed, in order of their days; the fields beside them are
 * those of the last row (docs/rules/data.md#dated-attributes).
 */
export const institutionSchema = institutionObject.extend({ rows: z.array(datedInstitutionSchema).min(1).optional() })
export type Institution = z.infer<typeof institutionSchema>

export const gatewaySchema = z.object({
  id: gatewayId,
  institution: recordId,
  name: z.string().optional(),
  /** How often it sends what it has; absent: learned (docs/rules/alerts.md#cadence). */
  uploadMinutes: z.number().positive().optional(),
  /** How its messages become readings, where it does not send ours (docs/rules/interfaces.md#mappings). */
  mapping: z
    .union([
      z.enum(MAPPING_NAMES as [string, ...string[]], { error: `is no mapping; there is ${MAPPING_NAMES.join(', ')}` }),
      mappingSchema,
    ])
    .optional(),
})
export type Gateway = z.infer<typeof gatewaySchema>

export const METER_ROLES = ['main', 'sub', 'check', 'generation', 'exclude'] as const
/**
 * `register`: cumulative; `interval`: the energy of one interval (rules: domain/settle/settle.ts). `virtual`: the sum
 * of other meters, each with a factor. `offline`: no readings, one bill per month.
 */
export const METER_KINDS = ['register', 'interval', 'virtual', 'offline'] as const
export const METER_DIRECTIONS = ['forward', 'bidirectional'] as const
/** Purpose of a `generation` meter that counts the generation fed into the grid. */
export const EXPORT = 'export'

/** No building has more feeders. */
export const FORMULA_PARTS_MAX = 256
/** One part of a virtual meter: its hours count `factor` times; −1 subtracts. */
export const formulaPartSchema = z.object({
  meter: recordId,
  factor: z.number().refine((factor) => factor !== 0, 'must not be 0'),
})
export type FormulaPart = z.infer<typeof formulaPartSchema>

/**
 * A register replaced in the field: at `atMs` the old one stood at `finalValue`, the new one at `startValue`. The new
 * one may have another multiplier and unit, from that instant until a row says otherwise.
 */
export const replacementSchema = z.object({
  atMs: z.number().int(),
  finalValue: z.number(),
  startValue: z.number(),
  multiplier: z.number().positive().optional(),
  unit: z.string().optional(),
})
export type Replacement = z.infer<typeof replacementSchema>

const meterObject = z.object({
  id: recordId,
  institution: recordId,
  /** The gateway of a meter that sends readings; virtual and offline meters have none. */
  gateway: gatewayId.optional(),
  name: z.string().optional(),
  medium: z.enum(MEDIA),
  /**
   * Sub-item code (docs/rules/data.md#sub-item-codes), e.g. `01000` whole electricity, `01D10` data centre, `01D1A`
   * its IT equipment.
   */
  purpose: z.string().optional(),
  role: z.enum(METER_ROLES).default('main'),
  parent: recordId.optional(),
  kind: z.enum(METER_KINDS).default('register'),
  /** Virtual meters only. */
  formula: z.array(formulaPartSchema).min(1).max(FORMULA_PARTS_MAX).optional(),
  /** Unit of the register; virtual meter: unit of its medium's amounts, kWh, GJ or m³. */
  unit: z.string(),
  /** Smallest step of the register, in its own unit. */
  resolution: z.number().positive().default(0.01),
  /** Digits before the decimal point, if known; the register rolls over at 10^digits. */
  digits: z.number().int().min(1).max(15).optional(),
  /** Factor of the current and voltage transformers. */
  multiplier: z.number().positive().default(1),
  /** Connection that a basic fee is paid for: transformers in kVA, or agreed demand in kW. */
  capacityKva: z.number().positive().optional(),
  demandKw: z.number().positive().optional(),
  intervalMinutes: z.number().positive().default(60),
  /** Interval meters: the time marks the interval's start or its end. */
  stamp: z.enum(['start', 'end']).default('end'),
  /** `bidirectional`: the register runs both ways; its falls are amounts below zero. */
  direction: z.enum(METER_DIRECTIONS).optional(),
  /** Rated maximum of an hour, in the unit of the medium's amounts: kW, GJ/h, m³/h. */
  ratedMaxPerHour: z.number().positive().optional(),
  replacements: z.array(replacementSchema).default([]),
})
/** The fields of a meter that may change by date. */
export const DATED_METER_FIELDS = {
  institution: true,
  gateway: true,
  purpose: true,
  role: true,
  parent: true,
  formula: true,
  unit: true,
  resolution: true,
  digits: true,
  multiplier: true,
  direction: true,
} as const
/** What a meter is from a day on. */
export const datedMeterSchema = meterObject.pick(DATED_METER_FIELDS).extend(rowDays)
export type DatedMeter = z.infer<typeof datedMeterSchema>
/** `rows` as of an institution: those of a meter that changed, began or ended by date. */
export const meterRecordSchema = meterObject.extend({ rows: z.array(datedMeterSchema).min(1).optional() })
export type Meter = z.infer<typeof meterRecordSchema>

/** Combinations of kind, gateway and formula that a meter has; each names the missing or superfluous field. */
const METER_RULES: readonly {
  field: 'gateway' | 'formula'
  message: string
  holds(meter: Pick<Meter, 'kind' | 'gateway' | 'formula'>): boolean
}[] = [
  {
    field: 'gateway',
    message: 'is empty; a meter that sends readings has a gateway',
    holds: ({ kind, gateway }) => !isReadKind(kind) || gateway !== undefined,
  },
  {
    field: 'gateway',
    message: 'a virtual or offline meter has none',
    holds: ({ kind, gateway }) => isReadKind(kind) || gateway === undefined,
  },
  {
    field: 'formula',
    message: 'is empty; a virtual meter is made of others',
    holds: ({ kind, formula }) => kind !== 'virtual' || formula !== undefined,
  },
  {
    field: 'formula',
    message: 'only a virtual meter has one',
    holds: ({ kind, formula }) => kind === 'virtual' || formula === undefined,
  },
]
/** The rules of METER_RULES that a meter breaks. */
export const brokenMeterRules = (meter: Pick<Meter, 'kind' | 'gateway' | 'formula'>) =>
  METER_RULES.filter(({ holds }) => !holds(meter))

/** A meter whose fields fit together. */
export const meterSchema = meterRecordSchema.superRefine((meter, context) => {
  for (const { field, message } of brokenMeterRules(meter)) context.addIssue({ code: 'custom', path: [field], message })
})

/** A meter that sends readings; the hours of a virtual one are computed, and an offline one has bills. */
export type ReadMeter = Meter & { kind: 'register' | 'interval'; gateway: string }
export const isRead = (meter: Meter): meter is ReadMeter => isReadKind(meter.kind)

const isReadKind = (kind: (typeof METER_KINDS)[number]): boolean => kind === 'register' || kind === 'interval'

/**
 * One target of one subject (an institution id or an area code). Exactly one of `cap` (totals: tce, m³, t),
 * `reductionPct` (fall against `baseValue` at `endYear`) and `years` (explicit yearly values) sets the value.
 * Units of values: energy tce, water m³, co2 t, energyPerArea kgce/m², energyPerCapita kgce/person,
 * waterPerCapita m³/person, co2PerArea kg/m².
 */
export const targetSchema = z
  .object({
    subject: z.string().min(1),
    indicator: z.enum(INDICATORS),
    baseYear: z.number().int(),
    endYear: z.number().int(),
    baseValue: z.number().positive().optional(),
    cap: z.number().positive().optional(),
    reductionPct: z.number().min(-100).max(100).optional(),
    path: z.enum(['linear', 'compound']).default('linear'),
    /**
     * CO2: the month whose factors convert (docs/rules/dual-control.md#factors-of-a-target); absent: December of the
     * base year.
     */
    factorMonth: month.optional(),
    /** The shipped plan that the target adopts (domain/standards/plans.ts). */
    plan: z.string().optional(),
    years: z.record(z.string().regex(/^\d{4}$/), z.number().positive()).optional(),
    source: z.string(),
    /** True for a stand-in, an assumption or a demo value; every screen that shows the target says so. */
    standIn: z.boolean().default(false),
  })
  .refine((t) => t.endYear > t.baseYear, { path: ['endYear'], message: 'must be after baseYear' })
  .refine((t) => [t.cap, t.reductionPct, t.years].filter((v) => v !== undefined).length === 1, {
    path: ['cap'],
    message: 'give exactly one of cap, reductionPct and years',
  })
  .refine((t) => t.years !== undefined || t.baseValue !== undefined, {
    path: ['baseValue'],
    message: 'a path to cap or reductionPct starts at baseValue',
  })
export type Target = z.infer<typeof targetSchema>
