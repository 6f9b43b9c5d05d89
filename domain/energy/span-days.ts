// Computes the figures of a span by day, and what is missing in it, from the meters and bills that count.

import { ENERGY_MEDIA, MEDIA, type Medium } from '../medium.ts'
import type { Meter } from '../registry/records.ts'
import type { CoefficientSet } from '../standards/coefficients.ts'
import { co2KgOf, kgceOf, type StandardsInForce } from './conversion.ts'
import { type DaySeries, emptyDays } from './day-amounts.ts'
import type { Deducted } from './deductions.ts'
import type { Fuels } from './fuel.ts'
import type { MeterCount, Span, Supply } from './supply.ts'

export type Supplied = Readonly<Record<Medium, Supply>>
export interface Purpose {
  kgce: number
  deducted: readonly Deducted[]
  /** kgce of bills and fuels: without days of their own. */
  billedKgce: number
}
export interface Purposes {
  heating: Purpose
  special: Purpose
  transportKgce: number
}

/** Everything that counts in a span. */
export interface SpanParts {
  span: Span
  supplied: Supplied
  fuels: Fuels
  purposes: Purposes
  usedOnSite: readonly Deducted[]
  countOf: (meter: Meter) => MeterCount
  sets: StandardsInForce
}

/** What is missing in a span: of all energy by both sets, of heating and special functions, and of water. */
export function missingOfSpan(given: SpanParts) {
  const { supplied, purposes, sets } = given
  const ofSupplies = (set: CoefficientSet): number =>
    ENERGY_MEDIA.reduce(
      (total, medium) =>
        total + supplied[medium].missing.reduce((sum, { amount }) => sum + kgceOf(medium, amount, set), 0),
      0,
    )
  const ofMeters = (chosen: readonly Deducted[]): number =>
    chosen.reduce(
      (total, { meter }) => total + kgceOf(meter.medium, given.countOf(meter).missing.amount, sets.quota),
      0,
    )
  const heat = supplied.heat.missing.reduce((sum, { amount }) => sum + kgceOf('heat', amount, sets.quota), 0)
  const hoursOf = (supplies: readonly Supply[]): number =>
    supplies.reduce((total, { missing }) => total + missing.reduce((sum, one) => sum + one.hoursWithoutUsual, 0), 0)
  return {
    energyMissingKgce: ofSupplies(sets.statistics),
    quotaMissingKgce: ofSupplies(sets.quota) + ofMeters(given.usedOnSite),
    heatingMissingKgce: heat + ofMeters(purposes.heating.deducted),
    specialMissingKgce: ofMeters(purposes.special.deducted),
    waterMissingM3: supplied.water.missing.reduce((sum, { amount }) => sum + amount, 0),
    hoursWithoutUsual: hoursOf(ENERGY_MEDIA.map((medium) => supplied[medium])),
    waterHoursWithoutUsual: hoursOf([supplied.water]),
    partHoursWithoutUsual: [purposes.heating.deducted, purposes.special.deducted, given.usedOnSite]
      .flat()
      .reduce((total, { meter }) => total + given.countOf(meter).missing.hoursWithoutUsual, 0),
  }
}

/** The figures of a span by its days; what has no days of its own lies evenly over the elapsed hours. */
export function daysOfSpan(given: SpanParts): DaySeries {
  const { span, supplied, fuels, purposes, sets } = given
  const { dayHours, hours } = span
  const days = emptyDays(dayHours.length)
  const add = (to: Float64Array, amount: number, own: Float64Array | null, factor: number): void => {
    if (amount === 0 && own === null) return
    for (let day = 0; day < to.length; day++) {
      const one = own ? (own[day] ?? 0) : hours > 0 ? (amount * (dayHours[day] ?? 0)) / hours : 0
      to[day] = (to[day] ?? 0) + one * factor
    }
  }
  for (const medium of MEDIA) {
    const { meters, bills, missing } = supplied[medium]
    const isWater = medium === 'water'
    const factors: [Float64Array, number][] = isWater
      ? [[days.waterM3, 1]]
      : [
          [days.energyKgce, kgceOf(medium, 1, sets.statistics)],
          [days.quotaKgce, kgceOf(medium, 1, sets.quota)],
          [days.co2Kg, co2KgOf(medium, 1, sets.co2)],
        ]
    if (medium === 'heat') factors.push([days.heatingKgce, kgceOf(medium, 1, sets.quota)])
    const parts = [...meters, ...bills.map(({ amount }) => ({ amount, days: null, factor: 1 }))]
    for (const { amount, days: own, factor } of parts)
      for (const [to, per] of factors) add(to, amount, own, factor * per)
    const gone = isWater ? days.waterMissingM3 : days.energyMissingKgce
    for (const one of missing) add(gone, one.amount, one.days, isWater ? 1 : kgceOf(medium, 1, sets.statistics))
  }
  add(days.energyKgce, fuels.kgce, null, 1)
  add(days.quotaKgce, fuels.quotaKgce, null, 1)
  add(days.co2Kg, fuels.co2Kg, null, 1)
  for (const [to, { deducted, billedKgce }] of [
    [days.heatingKgce, purposes.heating],
    [days.specialKgce, purposes.special],
  ] as const) {
    for (const { meter, factor } of deducted) {
      const { amount, days: own } = given.countOf(meter)
      add(to, amount, own, factor * kgceOf(meter.medium, 1, sets.quota))
    }
    add(to, billedKgce, null, 1)
  }
  for (const { meter, factor } of given.usedOnSite) {
    const { amount, days: own } = given.countOf(meter)
    add(days.quotaKgce, amount, own, factor * kgceOf('electricity', 1, sets.quota))
  }
  return days
}
