// Holds what the checks compare with: thresholds as dated settings that say where they come from, reference prices of
// the user, and justifications. No official list of checks is known, and no price is shipped
// (docs/rules/report.md#checks).

import * as z from 'zod'
import { areaCode } from '../registry/records.ts'
import { KNOWN_SHARE_RULES } from '../standards/known-share.ts'
import { type Certainty, datedRow, nearestOn, type Validity } from '../standards/validity.ts'
import { PERIOD_KINDS } from './forms/edition.ts'

interface Threshold {
  value: number
  source: string
  /** `recalled` with `standIn`: this product's own choice. */
  certainty: Certainty
  standIn: boolean
}
const OWN_CHOICE = 'own choice of this product'

/** Shares, 0.1 for 10 %. */
export const CHECK_THRESHOLDS = {
  /** Change of energy users or floor area on the year before. */
  sizeChange: {
    value: 0.1,
    source: '哈密 2022, http://www.tjhxgm.com/info/4454/335704.htm',
    certainty: 'secondary',
    standIn: true,
  },
  /** Change of a quantity on the same period of the year before (同比). */
  yearOnYear: {
    value: 0.1,
    source: '南充 2023, https://max.book118.com/html/2026/0111/7160062042011040.shtm',
    certainty: 'secondary',
    standIn: true,
  },
  /** Change of a quantity on the same period of a fixed base year (定比). */
  fixedBase: { value: 0.3, source: OWN_CHOICE, certainty: 'recalled', standIn: true },
  /** Difference between cost ÷ price and quantity. */
  priceDifference: { value: 0.01, source: OWN_CHOICE, certainty: 'recalled', standIn: true },
  /** The least known share of a figure. */
  knownShare: {
    value: KNOWN_SHARE_RULES[0].judgedFrom,
    source: OWN_CHOICE,
    certainty: 'recalled',
    standIn: true,
  },
} as const satisfies Record<string, Threshold>
export type CheckThreshold = keyof typeof CHECK_THRESHOLDS
const THRESHOLDS = Object.keys(CHECK_THRESHOLDS) as CheckThreshold[]

/** Rows of all areas and times; a province has some hundred areas. */
const SETTING_ROWS_MAX = 5000

/** A threshold that a user sets, for an area and those below or for all. */
export const checkThresholdSchema = z.object({
  threshold: z.enum(THRESHOLDS),
  value: z.number().positive().max(1000),
  area: areaCode.optional(),
  ...datedRow,
})
export type CheckThresholdRow = z.infer<typeof checkThresholdSchema>

/** Kinds with a quantity and a cost in NY201: how many priced units one unit of the form is, and the priced unit. */
export const PRICED = {
  electricity: { size: 1e4, unit: 'kWh' },
  water: { size: 1, unit: 'm³' },
  coal: { size: 1, unit: 't' },
  gas: { size: 1e4, unit: 'm³' },
  lpg: { size: 1, unit: 'kg' },
  petrol: { size: 1, unit: 'L' },
  diesel: { size: 1, unit: 'L' },
  heat: { size: 1, unit: 'GJ' },
} as const satisfies Record<string, { size: number; unit: string }>
export type PricedField = keyof typeof PRICED
export const PRICED_FIELDS = Object.keys(PRICED) as PricedField[]

/** 单价审核: the range in which a unit price lies, in yuan per `PRICED.unit`; `price` where it is one known price. */
export const referencePriceSchema = z
  .object({
    field: z.enum(PRICED_FIELDS),
    area: areaCode.optional(),
    min: z.number().nonnegative(),
    max: z.number().positive(),
    price: z.number().positive().optional(),
    ...datedRow,
  })
  .refine(({ min, max }) => min <= max, { path: ['max'], message: 'must not be below min' })
export type ReferencePrice = z.infer<typeof referencePriceSchema>

/** Thresholds, prices and the base year of 定比, as users set them. */
export const checkSettingsSchema = z.object({
  thresholds: z.array(checkThresholdSchema).max(SETTING_ROWS_MAX).default([]),
  prices: z.array(referencePriceSchema).max(SETTING_ROWS_MAX).default([]),
  /** The year of 定比审核; absent: there is none, and `fixedBase` checks nothing. */
  baseYear: z.number().int().min(2000).max(2999).optional(),
})
export type CheckSettings = z.output<typeof checkSettingsSchema>
export const NO_CHECK_SETTINGS: CheckSettings = { thresholds: [], prices: [] }

export interface CheckLimits {
  thresholds: Readonly<Record<CheckThreshold, Threshold>>
  prices: Partial<Record<PricedField, ReferencePrice>>
}

/** What holds on a local date for the first area of `path` that has a row; a user's row goes before the shipped one. */
export function checkLimitsOn(
  date: string,
  path: readonly string[],
  own: { thresholds?: readonly CheckThresholdRow[]; prices?: readonly ReferencePrice[] } = {},
): CheckLimits {
  const thresholds = THRESHOLDS.map((id) => {
    const row = nearest(own.thresholds?.filter(({ threshold }) => threshold === id) ?? [], date, path)
    if (!row) return [id, CHECK_THRESHOLDS[id]] as const
    const { value, source, certainty, standIn = false } = row
    return [id, { value, source, certainty, standIn }] as const
  })
  const prices = PRICED_FIELDS.flatMap((field) => {
    const row = nearest(own.prices?.filter((price) => price.field === field) ?? [], date, path)
    return row ? [[field, row] as const] : []
  })
  return { thresholds: Object.fromEntries(thresholds) as CheckLimits['thresholds'], prices: Object.fromEntries(prices) }
}

/** The newest row of an area goes before its older ones that have no end. */
const nearest = <Row extends Validity & { area?: string | undefined }>(
  rows: readonly Row[],
  date: string,
  path: readonly string[],
): Row | undefined =>
  nearestOn(
    rows.toSorted((a, b) => b.validFrom.localeCompare(a.validFrom)),
    date,
    path,
    { retroactive: false },
  )

const TEXT_MAX = 2000
const PERIOD = /^\d{4}(?:-(?:Q[1-4]|0[1-9]|1[0-2]))?$/

/** Why a finding is right as it stands. Printed with the finding; with it an error does not stop the report. */
export const justificationSchema = z.object({
  subject: z.string().min(1),
  period: z.string().regex(PERIOD, `must be a ${PERIOD_KINDS.join(', ')}: 2026-03, 2026-Q1 or 2026`),
  rule: z.string().min(1),
  /** The cell that it is about; absent: all cells of the rule. */
  cell: z.string().optional(),
  text: z.string().trim().min(1).max(TEXT_MAX),
  by: z.string().min(1),
  atMs: z.number().int(),
})
export type Justification = z.infer<typeof justificationSchema>
