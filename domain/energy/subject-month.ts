// What one subject, an institution or an area, consumed in one month: the addable record that judging works on, so that
// a year is judged without looking at hours. Areas are the sum of their children. An institution's month is made in
// institution-month.ts.

import { addMonths, type Month, monthOf, monthRange } from '../calendar.ts'
import type { ResourceKind } from '../indicator.ts'
import { weightedMean } from '../mean.ts'
import { CARRIERS, type Carrier, ENERGY_MEDIA, FUEL_CARRIERS, type FuelCarrier, MEDIA, type Medium } from '../medium.ts'

/**
 * One amount a carrier: main meters less excluded ones (let to others), and bills; electricity is what was purchased,
 * without own generation. May be negative when the excluded part is measured as the larger.
 */
type CarrierField = (typeof CARRIERS)[Carrier]['field']

/** Plain numbers, stored as it is. Amounts add; sizes add where known, and are null when nothing is known. */
export interface SubjectMonth extends Record<CarrierField, number> {
  month: Month
  /** Data centre as a whole and its IT equipment, in the boundary of its PUE; parts of electricityKwh. */
  dataCentreKwh: number
  dataCentreItKwh: number
  /**
   * PV and other own generation, and what of it was fed into the grid; no part of electricityKwh
   * (domain/energy/generation.ts).
   */
  generationKwh: number
  exportedKwh: number
  /** By the statistics set, fuels included; the next two are parts of it. */
  energyKgce: number
  fuelsKgce: number
  /**
   * Of vehicles (公务用车用油), which energy per area may have to leave out
   * (docs/rules/quota.md#demonstration-units).
   */
  transportEnergyKgce: number
  /** By the quota set, like the next three, which are parts of it. */
  quotaKgce: number
  /** Heat, and what else a meter's or bill's purpose calls `heating`. */
  heatingKgce: number
  /**
   * Special functions: 01D and the registered data centre. No part of non-heating energy
   * (docs/rules/energy-and-carbon.md#special-functions).
   */
  specialKgce: number
  /** Fuel of vehicles. No part of non-heating energy either. */
  transportKgce: number
  /** The sum of the next three. */
  co2Kg: number
  /** Burnt on site: gas, and fuels that have a factor. */
  co2DirectKg: number
  co2ElectricityKg: number
  co2HeatKg: number
  /**
   * Fuel that no row of the statistics set, the quota set or the CO2 factors converts: what energyKgce, quotaKgce and
   * co2Kg leave out. Where it is above 0 they are lower bounds.
   */
  fuelKgWithoutCoefficient: number
  fuelKgWithoutQuotaCoefficient: number
  fuelKgWithoutCo2: number
  /**
   * What bills say and tariffs price; null when nothing does. `hoursPriced` says how much of the metered part it
   * covers.
   */
  costYuan: number | null
  /**
   * Heat billed by area. Of a year the largest month, since the same area is billed again. Never energy
   * (docs/rules/energy-and-carbon.md#heat-billed-by-area).
   */
  areaBilledHeatM2: number
  /**
   * Numerators of the intensities: amounts of those institutions that the sizes below count, so that both sides fit.
   */
  energyKgceWithArea: number
  co2KgWithArea: number
  energyKgceWithUsers: number
  waterM3WithUsers: number
  /**
   * Sizes of those institutions whose energy is metered (one without any main meter would only dilute its area's
   * intensities): time-weighted means over the month as far as it has passed.
   */
  floorAreaM2: number | null
  heatedAreaM2: number | null
  /** Floor area of special functions, as far as it is registered. */
  specialAreaM2: number | null
  energyUsers: number | null
  /** Energy users of those institutions whose water is metered. */
  waterUsers: number | null
  /**
   * Main meters times hours of the month that have passed, and how many of these are known, or priced; water among
   * them.
   */
  hoursExpected: number
  hoursKnown: number
  hoursPriced: number
  waterHoursExpected: number
  waterHoursKnown: number
  /** Of generation meters, which are not among those above. */
  generationHoursExpected: number
  generationHoursKnown: number
}

const SIZE_KEYS = [
  'floorAreaM2',
  'heatedAreaM2',
  'specialAreaM2',
  'energyUsers',
  'waterUsers',
] as const satisfies (keyof SubjectMonth)[]
/** Media, energy first, and fuels; heat billed by area adds up otherwise. */
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
] as const satisfies (keyof SubjectMonth)[]

/**
 * One month of an area: the sum of its parts, in the order given (floating point: keep one order for identical
 * results). A part without a known size adds nothing to the size, nor to the numerators `…WithArea`, `…WithUsers`, but
 * all of its consumption to the totals. Throws RangeError when a part is of another month. No parts: an empty month.
 */
export function sumSubjects(month: Month, parts: readonly SubjectMonth[]): SubjectMonth {
  const stray = parts.find((part) => part.month !== month)
  if (stray) throw new RangeError(`cannot add a subject of ${stray.month} to the month ${month}`)
  const total = {
    month,
    costYuan: sumOfKnown(parts.map(({ costYuan }) => costYuan)),
    areaBilledHeatM2: parts.reduce((sum, { areaBilledHeatM2 }) => sum + areaBilledHeatM2, 0),
  } as SubjectMonth // filled below: every other key is in one of the two lists
  for (const key of AMOUNT_KEYS) total[key] = parts.reduce((sum, part) => sum + part[key], 0)
  for (const key of SIZE_KEYS) total[key] = sumOfKnown(parts.map((part) => part[key]))
  return total
}

/** Null when none is known. */
function sumOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null
}

/**
 * The sum of one year of months; sizes are time-weighted means, costs those of the months that have some. `month` is
 * the last one.
 */
export type SubjectYear = SubjectMonth

/** Hours of one resource's main meters in a month. */
export const resourceHours = (part: SubjectMonth, resource: ResourceKind): { expected: number; known: number } =>
  resource === 'water'
    ? { expected: part.waterHoursExpected, known: part.waterHoursKnown }
    : { expected: part.hoursExpected - part.waterHoursExpected, known: part.hoursKnown - part.waterHoursKnown }

/**
 * The 12 months that end at `endMs` (exclusive). When that is within a month, the month a year before counts with the
 * share of it that lies inside, so the year always has every season once. Null when one of the months has no known hour
 * of the resource: eleven months are not a year, and scaling them up would invent a heating season or leave one out. A
 * size is null unless it is known in every month of the year.
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

/** The same from a list, which is not changed afterwards: dual control and quota ask for one year of one list. */
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
  const weighted = monthsOfYear(months, endMs)
  const isKnown = (resource: ResourceKind): boolean =>
    weighted.every(({ part }) => resourceHours(part, resource).known > 0)
  const known = { energy: weighted.length > 0 && isKnown('energy'), water: weighted.length > 0 && isKnown('water') }
  const year = known.energy || known.water ? weightedYear(weighted) : null
  return { energy: known.energy ? year : null, water: known.water ? year : null }
}

interface WeightedMonth {
  part: SubjectMonth
  weight: number
  ms: number
}

/** Empty when one of the months has no record. */
function monthsOfYear(months: ReadonlyMap<Month, SubjectMonth>, endMs: number): WeightedMonth[] {
  const last = monthOf(endMs - 1)
  const remaining = 1 - elapsedShare(last, endMs)
  const weighted: WeightedMonth[] = []
  for (let back = 12; back >= 0; back--) {
    const weight = back === 12 ? remaining : 1
    if (weight === 0) continue
    const month = addMonths(last, -back)
    const part = months.get(month)
    if (!part) return []
    const { fromMs, toMs } = monthRange(month)
    weighted.push({ part, weight, ms: (Math.min(toMs, endMs) - fromMs) * weight })
  }
  return weighted
}

/** The last month names the year. */
function weightedYear(weighted: readonly WeightedMonth[]): SubjectYear {
  const year = {
    month: weighted.at(-1)?.part.month,
    costYuan: sumOfKnown(weighted.map(({ part, weight }) => part.costYuan && part.costYuan * weight)),
    areaBilledHeatM2: Math.max(...weighted.map(({ part }) => part.areaBilledHeatM2)),
  } as SubjectYear // filled below: every other key is in one of the two lists
  for (const key of AMOUNT_KEYS) {
    let sum = 0
    for (const { part, weight } of weighted) sum += part[key] * weight
    year[key] = sum
  }
  for (const key of SIZE_KEYS) {
    const isKnown = weighted.every(({ part }) => part[key] !== null)
    year[key] = isKnown ? weightedMean(weighted.map(({ part, ms }) => ({ value: part[key], weight: ms }))) : null
  }
  return year
}

/** How much of a month has passed at an instant, 0 to 1. */
function elapsedShare(month: Month, atMs: number): number {
  const { fromMs, toMs } = monthRange(month)
  return Math.min(1, Math.max(0, (atMs - fromMs) / (toMs - fromMs)))
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
