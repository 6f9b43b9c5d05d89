// Converts the units of registers, readings and bills. Sizes are whole numbers, so that a conversion multiplies and
// divides by integers, without avoidable rounding.

import { CARRIERS, type Medium } from './medium.ts'

/** Sizes in joule (energy), litre (volume), kilogram and square metre. 1 Wh = 3600 J exactly. */
const ENERGY = new Map([
  ['Wh', 3_600],
  ['kWh', 3_600_000],
  ['MWh', 3_600_000_000],
  ['MJ', 1_000_000],
  ['GJ', 1_000_000_000],
])
const VOLUME = new Map([
  ['L', 1],
  ['m³', 1_000],
  ['m3', 1_000],
])

const MASS = new Map([
  ['kg', 1],
  ['t', 1_000],
])
const AREA = new Map([
  ['m²', 1],
  ['m2', 1],
])

/** The units that a register of each medium may count in. */
export const registerUnits = (medium: Medium): readonly string[] => CARRIERS[medium].registerUnits

export type AmountUnit = (typeof CARRIERS)[Medium]['amountUnit']
/** The unit in which consumption of a medium is stored and shown. */
export const amountUnit = (medium: Medium): AmountUnit => CARRIERS[medium].amountUnit

/** True when a register or a reading of `medium` may have `unit`. */
export const isUnitOf = (unit: string, medium: Medium): boolean => registerUnits(medium).includes(unit)

/** `value` of unit `from` in unit `to`; undefined when a unit is unknown or the two measure different things. */
export function convert(value: number, from: string, to: string): number | undefined {
  const ratio = ratioOf(from, to)
  return ratio && (value * ratio.times) / ratio.per
}

/**
 * Amount units per register unit, before the meter's multiplier: 1000 for MWh of electricity, 0.0036 for kWh of heat.
 * Undefined when `unit` is not a unit of the medium.
 */
export function factorToAmount(unit: string, medium: Medium): number | undefined {
  return isUnitOf(unit, medium) ? convert(1, unit, amountUnit(medium)) : undefined
}

/** In lowest terms: one of the two is 1 when the units are whole multiples of each other. */
function ratioOf(from: string, to: string): { times: number; per: number } | undefined {
  const table = [ENERGY, VOLUME, MASS, AREA].find((sizes) => sizes.has(from))
  const times = table?.get(from)
  const per = table?.get(to)
  if (times === undefined || per === undefined) return undefined
  const divisor = greatestCommonDivisor(times, per)
  return { times: times / divisor, per: per / divisor }
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))
