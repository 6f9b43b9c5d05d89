// What one subject, an institution or an area, consumed in one month: the addable record that judging works on, so that
// a year is judged without looking at hours. Areas are the sum of their children. Which meters count: design §3.

import { meanSize, weightedMean } from './attribute.ts'
import { addMonths, HOUR_MS, type Month, monthOf, monthRange } from './calendar.ts'
import { co2KgOf, kgceOf, type StandardsInForce } from './energy.ts'
import type { Institution, Medium, Meter } from './registry.ts'
import { ENERGY_MEDIA } from './standards/co2-factors.ts'

/** Plain numbers, stored as it is. Amounts add; sizes add where known, and are null when nothing is known. */
export interface SubjectMonth {
  month: Month
  /** Main meters less excluded ones (let to others); may be negative when the excluded part is measured as the larger. */
  electricityKwh: number
  heatGj: number
  gasM3: number
  waterM3: number
  /** Data centre as a whole (01D10) and its IT equipment (01D1A); parts of electricityKwh. */
  dataCentreKwh: number
  dataCentreItKwh: number
  /** By the statistics set. */
  energyKgce: number
  /** By the quota set, like the next two, which are parts of it. */
  quotaKgce: number
  /** Heat, and gas or electricity whose meter's purpose is `heating`. */
  heatingKgce: number
  /** Special functions 01D: data centre, kitchen, special equipment. No part of non-heating energy (facts §3.3). */
  specialKgce: number
  co2Kg: number
  /** Numerators of the intensities: amounts of those institutions that the sizes below count, so that both sides fit. */
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
  energyUsers: number | null
  /** Energy users of those institutions whose water is metered. */
  waterUsers: number | null
  /** Main meters times hours of the month that have passed, and how many of these are known; water among them. */
  hoursExpected: number
  hoursKnown: number
  waterHoursExpected: number
  waterHoursKnown: number
}

const SIZE_KEYS = ['floorAreaM2', 'heatedAreaM2', 'energyUsers', 'waterUsers'] as const satisfies (keyof SubjectMonth)[]
const AMOUNT_KEYS = [
  'electricityKwh',
  'heatGj',
  'gasM3',
  'waterM3',
  'dataCentreKwh',
  'dataCentreItKwh',
  'energyKgce',
  'quotaKgce',
  'heatingKgce',
  'specialKgce',
  'co2Kg',
  'energyKgceWithArea',
  'co2KgWithArea',
  'energyKgceWithUsers',
  'waterM3WithUsers',
  'hoursExpected',
  'hoursKnown',
  'waterHoursExpected',
  'waterHoursKnown',
] as const satisfies (keyof SubjectMonth)[]

/** Sub-item codes of facts §7.1. */
export const DATA_CENTRE = '01D10'
export const DATA_CENTRE_IT = '01D1A'
const SPECIAL = /^01D/
/** The purpose of a gas or electricity meter that serves heating alone; the official codes have none for it. */
export const HEATING = 'heating'

/** One meter's month: kWh, GJ or m³, and how many of its hours are known. Undefined: nothing is. */
export type MeterAmount = { amount: number; hoursKnown: number } | undefined

/**
 * The month of one institution as of an instant. `meters` are those of the institution. `main` counts, `exclude` is
 * subtracted, `sub` only explains (data centre, heating, special functions); `check` and `generation` do not count.
 * A sub meter below another of the same purpose is part of it and is not counted twice.
 */
export function institutionMonth(input: {
  institution: Institution
  meters: readonly Meter[]
  month: Month
  asOfMs: number
  amounts: (meterId: string) => MeterAmount
  sets: StandardsInForce
}): SubjectMonth {
  const { institution, meters, month, asOfMs, amounts, sets } = input
  const { fromMs, toMs } = monthRange(month)
  const endMs = Math.max(fromMs, Math.min(toMs, asOfMs))
  const amountOf = (meter: Meter): number => amounts(meter.id)?.amount ?? 0
  const sum = (chosen: readonly Meter[]): number => chosen.reduce((total, meter) => total + amountOf(meter), 0)
  const net = (medium: Medium): number => {
    const ofRole = (role: Meter['role']) => meters.filter((meter) => meter.medium === medium && meter.role === role)
    return sum(ofRole('main')) - sum(ofRole('exclude'))
  }
  const electricityKwh = net('electricity')
  const heatGj = net('heat')
  const gasM3 = net('gas')
  const waterM3 = net('water')
  const byMedium = { electricity: electricityKwh, heat: heatGj, gas: gasM3 }
  const energyKgce = ENERGY_MEDIA.reduce(
    (total, medium) => total + kgceOf(medium, byMedium[medium], sets.statistics),
    0,
  )
  const quotaKgce = ENERGY_MEDIA.reduce((total, medium) => total + kgceOf(medium, byMedium[medium], sets.quota), 0)
  const co2Kg = ENERGY_MEDIA.reduce((total, medium) => total + co2KgOf(medium, byMedium[medium], sets.co2), 0)

  const quotaOf = (chosen: readonly Meter[]): number =>
    chosen.reduce((total, meter) => total + kgceOf(meter.medium, amountOf(meter), sets.quota), 0)
  const heatingKgce =
    kgceOf('heat', heatGj, sets.quota) +
    quotaOf(outermost(meters, ({ medium, purpose }) => purpose === HEATING && medium !== 'heat'))
  const specialKgce = quotaOf(outermost(meters, ({ purpose }) => purpose !== undefined && SPECIAL.test(purpose)))

  const mains = meters.filter((meter) => meter.role === 'main')
  const waterMains = mains.filter((meter) => meter.medium === 'water')
  const hours = Math.floor((endMs - fromMs) / HOUR_MS)
  const known = (chosen: readonly Meter[]): number =>
    chosen.reduce((total, meter) => total + Math.min(hours, amounts(meter.id)?.hoursKnown ?? 0), 0)

  const stated = meanSize(institution.sizes, fromMs, endMs)
  const size = mains.length > waterMains.length ? stated : { floorAreaM2: null, heatedAreaM2: null, energyUsers: null }
  const waterUsers = waterMains.length > 0 ? stated.energyUsers : null
  return {
    month,
    electricityKwh,
    heatGj,
    gasM3,
    waterM3,
    dataCentreKwh: sum(outermost(meters, ({ purpose }) => purpose === DATA_CENTRE)),
    dataCentreItKwh: sum(outermost(meters, ({ purpose }) => purpose === DATA_CENTRE_IT)),
    energyKgce,
    quotaKgce,
    heatingKgce,
    specialKgce,
    co2Kg,
    energyKgceWithArea: size.floorAreaM2 === null ? 0 : energyKgce,
    co2KgWithArea: size.floorAreaM2 === null ? 0 : co2Kg,
    energyKgceWithUsers: size.energyUsers === null ? 0 : energyKgce,
    waterM3WithUsers: waterUsers === null ? 0 : waterM3,
    ...size,
    waterUsers,
    hoursExpected: hours * mains.length,
    hoursKnown: known(mains),
    waterHoursExpected: hours * waterMains.length,
    waterHoursKnown: known(waterMains),
  }
}

/**
 * One month of an area: the sum of its parts, in the order given (floating point: keep one order for identical results).
 * A part without a known size adds nothing to the size, nor to the numerators `…WithArea`, `…WithUsers`, but all of its
 * consumption to the totals. Throws RangeError when a part is of another month. No parts: an empty month.
 */
export function sumSubjects(month: Month, parts: readonly SubjectMonth[]): SubjectMonth {
  const stray = parts.find((part) => part.month !== month)
  if (stray) throw new RangeError(`cannot add a subject of ${stray.month} to the month ${month}`)
  const total = { month } as SubjectMonth // filled below: every key is in one of the two lists
  for (const key of AMOUNT_KEYS) total[key] = parts.reduce((sum, part) => sum + part[key], 0)
  for (const key of SIZE_KEYS) {
    const sizes = parts.map((part) => part[key]).filter((size) => size !== null)
    total[key] = sizes.length > 0 ? sizes.reduce((sum, size) => sum + size, 0) : null
  }
  return total
}

/** The sum of one year of months; sizes are time-weighted means. `month` is the last month of the year. */
export type SubjectYear = SubjectMonth

/** Water is known apart from energy: an institution may meter the one and not the other. */
export type Resource = 'energy' | 'water'

/** Hours of one resource's main meters in a month. */
export const hoursOf = (part: SubjectMonth, resource: Resource): { expected: number; known: number } =>
  resource === 'water'
    ? { expected: part.waterHoursExpected, known: part.waterHoursKnown }
    : { expected: part.hoursExpected - part.waterHoursExpected, known: part.hoursKnown - part.waterHoursKnown }

/**
 * The 12 months that end at `endMs` (exclusive). When that is within a month, the month a year before counts with the
 * share of it that lies inside, so the year always has every season once. Null when one of the months has no known hour of
 * the resource: eleven months are not a year, and scaling them up would invent a heating season or leave one out. A size
 * is null unless it is known in every month of the year.
 */
export function rollingYear(
  months: ReadonlyMap<Month, SubjectMonth>,
  endMs: number,
  resource: Resource,
): SubjectYear | null {
  const last = monthOf(endMs - 1)
  const remaining = 1 - elapsedShare(last, endMs)
  const weighted: { part: SubjectMonth; weight: number; ms: number }[] = []
  for (let back = 12; back >= 0; back--) {
    const weight = back === 12 ? remaining : 1
    if (weight === 0) continue
    const month = addMonths(last, -back)
    const part = months.get(month)
    if (!part || hoursOf(part, resource).known <= 0) return null
    const { fromMs, toMs } = monthRange(month)
    weighted.push({ part, weight, ms: (Math.min(toMs, endMs) - fromMs) * weight })
  }
  const year = { month: last } as SubjectYear // filled below: every key is in one of the two lists
  for (const key of AMOUNT_KEYS) year[key] = weighted.reduce((sum, { part, weight }) => sum + part[key] * weight, 0)
  for (const key of SIZE_KEYS) {
    const known = weighted.every(({ part }) => part[key] !== null)
    year[key] = known ? weightedMean(weighted.map(({ part, ms }) => ({ value: part[key], weight: ms }))) : null
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

/**
 * The meters of role main or sub that fit, less those that are part of another one that fits: below it in the meter tree,
 * or of a sub-item of its code (01D1A belongs to 01D10) where the tree does not say.
 */
function outermost(meters: readonly Meter[], fits: (meter: Meter) => boolean): Meter[] {
  const chosen = meters.filter((meter) => (meter.role === 'main' || meter.role === 'sub') && fits(meter))
  if (chosen.length < 2) return chosen
  const byId = new Map(meters.map((meter) => [meter.id, meter]))
  const chosenIds = new Set(chosen.map((meter) => meter.id))
  const codes = new Set(chosen.map((meter) => meter.purpose))
  return chosen.filter((meter) => {
    if (parentCodes(meter.purpose ?? '').some((code) => codes.has(code))) return false
    const seen = new Set<string>()
    for (let above = meter.parent; above !== undefined && !seen.has(above); above = byId.get(above)?.parent) {
      if (chosenIds.has(above)) return false
      seen.add(above)
    }
    return true
  })
}

/** `01D1A` → `01D10`, `01D00`. */
function parentCodes(code: string): string[] {
  if (!/^\d\d[A-Z][0-9][A-Z0-9]$/.test(code)) return []
  return [`${code.slice(0, 4)}0`, `${code.slice(0, 3)}00`].filter((parent) => parent !== code)
}
