// Consumption of one subject (institution or area) in one month: an additive record, so that judging a year needs no
// hours. An area's month is the sum of its children's. institution-month.ts computes an institution's month.

import { addMonths, type Month, monthOf, monthRange } from '../calendar.ts'
import type { ResourceKind } from '../indicator.ts'
import { weightedMean } from '../mean.ts'
import { CARRIERS, type Carrier, ENERGY_MEDIA, FUEL_CARRIERS, type FuelCarrier, MEDIA, type Medium } from '../medium.ts'

/**
 * One amount per carrier: main meters minus excluded ones (let to others), plus bills; electricity is purchased
 * electricity, without own generation. Negative when the excluded meters measure more.
 */
type CarrierField = (typeof CARRIERS)[Carrier]['field']

/** Stored as it is. Amounts add; sizes add where known, and are null when none is known. */
export interface SubjectMonth extends Record<CarrierField, number> {
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
  /** Cost by bills and tariffs; null when none is known. `hoursPriced`: how much of the metered part it covers. */
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
}

const SIZE_KEYS = [
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
] as const satisfies (keyof SubjectMonth)[]

/**
 * One month of an area: the sum of its parts, in the order given (floating point: keep one order for identical
 * results). A part without a known size adds nothing to the size and to the numerators `…WithArea`, `…WithUsers`, but
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
 * with its remaining share, so every season is in the year once. Null when one of the months has no known hour of the
 * resource: eleven months are not a year, and scaling them up would invent a heating season or leave one out. A size is
 * null unless it is known in every month of the year.
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

/** Elapsed share of a month at an instant, 0 to 1. */
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
