// Consumption of one subject (institution or area) in one month: an additive record, so that judging a year needs no
// hours. An area's month is the sum of its children's. institution-month.ts computes an institution's month.

import { addMonths, type Month, monthOf, monthRange } from '../calendar.ts'
import type { ResourceKind } from '../indicator.ts'
import { weightedMean } from '../mean.ts'
import { CARRIERS, type Carrier, ENERGY_MEDIA, FUEL_CARRIERS, type FuelCarrier, MEDIA, type Medium } from '../medium.ts'
import { must } from '../must.ts'
import { COST_FIELDS, type CostField } from './cost.ts'
import { addDays, type DayField, daysInMonth, emptyDays, packDays, shareFrom } from './day-amounts.ts'

/**
 * One amount per carrier: main meters minus excluded ones (let to others), plus bills; electricity is purchased
 * electricity, without own generation. Negative when the excluded meters measure more.
 */
type CarrierField = (typeof CARRIERS)[Carrier]['field']

/** Stored as it is. Amounts add; sizes add where known, and are null when none is known. */
export interface SubjectMonth extends Record<CarrierField, number>, Record<CostField, number | null> {
  month: Month
  /** Total and IT electricity of the data centre, in the boundary of its PUE; parts of electricityKwh. */
  dataCentreKwh: number
  dataCentreItKwh: number
  /**
   * PV and other own generation, and the part fed into the grid; not in electricityKwh
   * (domain/energy/generation.ts).
   */
  generationKwh: number
  exportedKwh: number
  /** By the statistics set, fuels included; the next two are parts of it. */
  energyKgce: number
  fuelsKgce: number
  /**
   * Energy of vehicles (公务用车用油), which energy per area may have to leave out
   * (docs/rules/quota.md#demonstration-units).
   */
  transportEnergyKgce: number
  /** By the quota set, like the next three, which are parts of it. */
  quotaKgce: number
  /** Heat, and other energy whose meter or bill has the purpose `heating`. */
  heatingKgce: number
  /**
   * Special functions: 01D and the registered data centre. Not in non-heating energy
   * (docs/rules/energy-and-carbon.md#special-functions).
   */
  specialKgce: number
  /** Energy of vehicles. Not in non-heating energy either. */
  transportKgce: number
  /** The sum of the next three. */
  co2Kg: number
  /** Burnt on site: gas, and fuels that have a factor. */
  co2DirectKg: number
  co2ElectricityKg: number
  co2HeatKg: number
  /**
   * Fuel that the statistics set, the quota set or the CO2 factors have no row for: energyKgce, quotaKgce and co2Kg
   * leave it out. Above 0 they are lower bounds.
   */
  fuelKgWithoutCoefficient: number
  fuelKgWithoutQuotaCoefficient: number
  fuelKgWithoutCo2: number
  /**
   * Cost by bills and tariffs; null when none is known. `hoursPriced`: how much of the metered part it covers. The
   * costs of domain/energy/cost.ts are parts of it.
   */
  costYuan: number | null
  /**
   * Heat billed by area. A year has its largest month, since the same area is billed repeatedly. Never energy
   * (docs/rules/energy-and-carbon.md#heat-billed-by-area).
   */
  areaBilledHeatM2: number
  /** Numerators of the intensities: amounts of the institutions whose sizes are counted below. */
  energyKgceWithArea: number
  co2KgWithArea: number
  energyKgceWithUsers: number
  waterM3WithUsers: number
  /**
   * Sizes of the institutions whose energy is metered or billed (others would only dilute their area's intensities):
   * time-weighted means over the elapsed part of the month.
   */
  floorAreaM2: number | null
  heatedAreaM2: number | null
  /** Registered floor area of special functions. */
  specialAreaM2: number | null
  energyUsers: number | null
  /** Energy users of the institutions whose water is metered or billed. */
  waterUsers: number | null
  /** Main meters × elapsed hours of the month, and how many of these are known or priced; water included. */
  hoursExpected: number
  hoursKnown: number
  hoursPriced: number
  waterHoursExpected: number
  waterHoursKnown: number
  /** Hours of generation meters, which the hours above leave out. */
  generationHoursExpected: number
  generationHoursKnown: number
  /**
   * What was probably used in unknown time (domain/energy/missing.ts): of all energy by the statistics set and by the
   * quota set, of heating, of special functions, and of water. Never part of an amount: it weighs what is unknown.
   */
  energyMissingKgce: number
  quotaMissingKgce: number
  heatingMissingKgce: number
  specialMissingKgce: number
  waterMissingM3: number
  /** Unknown hours for which nothing says what was probably used; parts of the expected hours. */
  hoursWithoutUsual: number
  waterHoursWithoutUsual: number
  /** The same, of meters that the quota takes off or adds; they are no part of the expected hours. */
  partHoursWithoutUsual: number
  /**
   * Figures by day (domain/energy/day-amounts.ts); null without use, and in a month of a release that kept none. True:
   * kept in a document of their own, which was not read.
   */
  byDay: string | true | null
}

export const SIZE_KEYS = [
  'floorAreaM2',
  'heatedAreaM2',
  'specialAreaM2',
  'energyUsers',
  'waterUsers',
] as const satisfies (keyof SubjectMonth)[]
/** Media, energy first, and fuels; heat billed by area is added separately. */
const ADDED_CARRIERS = [...new Set([...ENERGY_MEDIA, ...MEDIA]), ...FUEL_CARRIERS]
type AddedField = (typeof CARRIERS)[Medium | FuelCarrier]['field']
/** The amounts of a month's record, in its order. */
export const carrierAmounts = (amountOf: (carrier: Medium | FuelCarrier) => number) =>
  Object.fromEntries(ADDED_CARRIERS.map((carrier) => [CARRIERS[carrier].field, amountOf(carrier)])) as Record<
    AddedField,
    number
  >

const AMOUNT_KEYS = [
  ...ADDED_CARRIERS.map((carrier) => CARRIERS[carrier].field),
  'dataCentreKwh',
  'dataCentreItKwh',
  'generationKwh',
  'exportedKwh',
  'energyKgce',
  'fuelsKgce',
  'transportEnergyKgce',
  'quotaKgce',
  'heatingKgce',
  'specialKgce',
  'transportKgce',
  'co2Kg',
  'co2DirectKg',
  'co2ElectricityKg',
  'co2HeatKg',
  'fuelKgWithoutCoefficient',
  'fuelKgWithoutQuotaCoefficient',
  'fuelKgWithoutCo2',
  'energyKgceWithArea',
  'co2KgWithArea',
  'energyKgceWithUsers',
  'waterM3WithUsers',
  'hoursExpected',
  'hoursKnown',
  'hoursPriced',
  'waterHoursExpected',
  'waterHoursKnown',
  'generationHoursExpected',
  'generationHoursKnown',
  'energyMissingKgce',
  'quotaMissingKgce',
  'heatingMissingKgce',
  'specialMissingKgce',
  'waterMissingM3',
  'hoursWithoutUsual',
  'waterHoursWithoutUsual',
  'partHoursWithoutUsual',
] as const satisfies (keyof SubjectMonth)[]
export type AmountKey = (typeof AMOUNT_KEYS)[number]

const COST_KEYS = ['costYuan', ...COST_FIELDS] as const

/** A month in which nothing is expected, known or used. Reading it from JSON makes it one of V8's fast objects. */
const NOTHING = JSON.parse(
  JSON.stringify({
    month: '',
    ...Object.fromEntries(AMOUNT_KEYS.map((key) => [key, 0])),
    costYuan: null,
    ...Object.fromEntries(COST_FIELDS.map((field) => [field, null])),
    areaBilledHeatM2: 0,
    ...Object.fromEntries(SIZE_KEYS.map((key) => [key, null])),
    byDay: null,
  }),
)
/**
 * A record to be filled. All records are such copies and so of one shape, which the sums over a province's years read
 * several times as fast as objects that were built key by key.
 */
export const emptyMonth = (month: Month): SubjectMonth => ({ ...NOTHING, month })

/** The days by which an amount is cut; the others have the days of energy, and hours those of time. */
const CUT_BY: Partial<Record<AmountKey, DayField | null>> = {
  waterM3: 'waterM3',
  waterM3WithUsers: 'waterM3',
  quotaKgce: 'quotaKgce',
  heatingKgce: 'heatingKgce',
  specialKgce: 'specialKgce',
  co2Kg: 'co2Kg',
  co2DirectKg: 'co2Kg',
  co2ElectricityKg: 'co2Kg',
  co2HeatKg: 'co2Kg',
  co2KgWithArea: 'co2Kg',
  energyMissingKgce: 'energyMissingKgce',
  quotaMissingKgce: 'energyMissingKgce',
  heatingMissingKgce: 'energyMissingKgce',
  specialMissingKgce: 'energyMissingKgce',
  waterMissingM3: 'waterMissingM3',
  hoursWithoutUsual: null,
  waterHoursWithoutUsual: null,
  partHoursWithoutUsual: null,
  hoursExpected: null,
  hoursKnown: null,
  hoursPriced: null,
  waterHoursExpected: null,
  waterHoursKnown: null,
  generationHoursExpected: null,
  generationHoursKnown: null,
}

/**
 * One month of an area: the sum of its parts, in the order given (floating point: keep one order for identical
 * results). A part without a known size adds nothing to the size and to the numerators `…WithArea`, `…WithUsers`, but
 * all of its consumption to the totals. Throws RangeError when a part is of another month. No parts: an empty month.
 */
export function sumSubjects(month: Month, parts: readonly SubjectMonth[]): SubjectMonth {
  const stray = parts.find((part) => part.month !== month)
  if (stray) throw new RangeError(`cannot add a subject of ${stray.month} to the month ${month}`)
  const total = emptyMonth(month)
  for (const key of COST_KEYS) total[key] = sumOfKnown(parts, (part) => part[key])
  total.areaBilledHeatM2 = parts.reduce((sum, { areaBilledHeatM2 }) => sum + areaBilledHeatM2, 0)
  for (const key of AMOUNT_KEYS) total[key] = parts.reduce((sum, part) => sum + part[key], 0)
  for (const key of SIZE_KEYS) total[key] = sumOfKnown(parts, (part) => part[key])
  const days = emptyDays(daysInMonth(month))
  for (const part of parts) addDays(days, part)
  // Null in a part means that nothing was used, or that it is of a release that kept no days.
  const isKept = parts.every(({ byDay, energyKgce, waterM3 }) => byDay || (energyKgce === 0 && waterM3 === 0))
  total.byDay = isKept ? packDays(days) : null
  return total
}

/** Null when none is known. */
function sumOfKnown<Part>(parts: readonly Part[], figureOf: (part: Part) => number | null): number | null {
  let sum: number | null = null
  for (const part of parts) {
    const value = figureOf(part)
    if (value !== null) sum = (sum ?? 0) + value
  }
  return sum
}

/**
 * The sum of the months of one year; sizes are time-weighted means, months without a cost add none. `month` is the last
 * month.
 */
export type SubjectYear = SubjectMonth

/** Hours of one resource's main meters in a month. */
export const resourceHours = (part: SubjectMonth, resource: ResourceKind): { expected: number; known: number } =>
  resource === 'water'
    ? { expected: part.waterHoursExpected, known: part.waterHoursKnown }
    : { expected: part.hoursExpected - part.waterHoursExpected, known: part.hoursKnown - part.waterHoursKnown }

/**
 * The 12 months that end at `endMs` (exclusive). When that is within a month, the same month of the year before counts
 * from the same day on, so every day of a year is in it once. Null when one of the months has no record, or no hour of
 * the resource is known. How much of the year is known is for the reader to ask (domain/judge/known-share.ts). A size
 * is null unless it is known in every month of the year.
 */
export function rollingYear(
  months: ReadonlyMap<Month, SubjectMonth>,
  endMs: number,
  resource: ResourceKind,
): SubjectYear | null {
  return rollingYears(months, endMs)[resource]
}

const rolled = new WeakMap<
  readonly SubjectMonth[],
  { endMs: number; years: Record<ResourceKind, SubjectYear | null> }
>()

/** Like `rollingYears`, cached by list: dual control and quota ask for the same year. The list must not change. */
export function rollingYearsOf(
  months: readonly SubjectMonth[],
  endMs: number,
): Record<ResourceKind, SubjectYear | null> {
  const known = rolled.get(months)
  if (known?.endMs === endMs) return known.years
  const years = rollingYears(byMonth(months), endMs)
  rolled.set(months, { endMs, years })
  return years
}

/** `rollingYear` of both resources: one sum, since they differ only in the months that must be known. */
export function rollingYears(
  months: ReadonlyMap<Month, SubjectMonth>,
  endMs: number,
): Record<ResourceKind, SubjectYear | null> {
  const parts = monthsOfYear(months, endMs)
  const isKnown = (resource: ResourceKind): boolean => parts.some(({ part }) => resourceHours(part, resource).known > 0)
  const known = { energy: isKnown('energy'), water: isKnown('water') }
  const year = known.energy || known.water ? addedYear(parts) : null
  return { energy: known.energy ? year : null, water: known.water ? year : null }
}

interface YearMonth {
  part: SubjectMonth
  /** The time of the year that it covers. */
  ms: number
}

/** Empty when one of the months has no record. */
function monthsOfYear(months: ReadonlyMap<Month, SubjectMonth>, endMs: number): YearMonth[] {
  const last = monthOf(endMs - 1)
  const { fromMs, toMs } = monthRange(last)
  const whole: YearMonth[] = []
  for (let back = endMs < toMs ? 12 : 11; back >= 0; back--) {
    const month = addMonths(last, -back)
    const part = months.get(month)
    if (!part) return []
    const range = monthRange(month)
    const cutMs = Math.min(range.toMs, range.fromMs + (endMs - fromMs))
    if (back === 12) whole.push({ part: cutMonth(part, { fromMs: cutMs }), ms: range.toMs - cutMs })
    else whole.push({ part, ms: Math.min(range.toMs, endMs) - range.fromMs })
  }
  return whole
}

/**
 * The part of a month from an instant on, or before it: each amount by its own days, so that a heating season that
 * ends within the month lies where it was.
 */
export function cutMonth(part: SubjectMonth, at: { fromMs: number } | { toMs: number }): SubjectMonth {
  const ms = 'fromMs' in at ? at.fromMs : at.toMs
  const shares = new Map<DayField | null, number>()
  const shareOf = (field: DayField | null): number => {
    const after = shares.get(field) ?? shareFrom(part, field, ms)
    shares.set(field, after)
    return 'fromMs' in at ? after : 1 - after
  }
  const cut = { ...part, byDay: null }
  for (const key of COST_KEYS) {
    const cost = part[key]
    cut[key] = cost && cost * shareOf(key === 'waterYuan' ? 'waterM3' : 'energyKgce')
  }
  for (const key of AMOUNT_KEYS) cut[key] = part[key] * shareOf(CUT_BY[key] === undefined ? 'energyKgce' : CUT_BY[key])
  return cut
}

/** The sum of the months of a year so far; sizes are time-weighted means. The last month names it. */
export const sumOfMonths = (months: readonly SubjectMonth[], endMs: number): SubjectYear =>
  addedYear(
    months.map((part) => {
      const { fromMs, toMs } = monthRange(part.month)
      return { part, ms: Math.min(toMs, endMs) - fromMs }
    }),
  )

function addedYear(months: readonly YearMonth[]): SubjectYear {
  const year = emptyMonth(must(months.at(-1)).part.month)
  for (const key of COST_KEYS) year[key] = sumOfKnown(months, ({ part }) => part[key])
  year.areaBilledHeatM2 = Math.max(...months.map(({ part }) => part.areaBilledHeatM2))
  for (const key of AMOUNT_KEYS) {
    let sum = 0
    for (const { part } of months) sum += part[key]
    year[key] = sum
  }
  for (const key of SIZE_KEYS) {
    const isKnown = months.every(({ part }) => part[key] !== null)
    year[key] = isKnown ? weightedMean(months.map(({ part, ms }) => ({ value: part[key], weight: ms }))) : null
  }
  return year
}

/** Months by their name, in any order. Throws RangeError when one is given twice. */
export function byMonth(months: readonly SubjectMonth[]): Map<Month, SubjectMonth> {
  const map = new Map<Month, SubjectMonth>()
  for (const part of months) {
    if (map.has(part.month)) throw new RangeError(`the month ${part.month} is given twice`)
    map.set(part.month, part)
  }
  return map
}
