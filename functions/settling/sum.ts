// Sums hours by day, the same on every host to the last bit: the known hours of a day in their order.

import type { DaySums } from '../../domain/energy/missing.ts'
import type { ConsumptionDay, ConsumptionStore } from '../platform.ts'

/** Sum of one day. */
export function daySum(hours: ArrayLike<number>): { amount: number; hoursKnown: number } {
  let amount = 0
  let hoursKnown = 0
  for (let hour = 0; hour < hours.length; hour++) {
    const one = hours[hour] ?? Number.NaN
    if (Number.isNaN(one)) continue
    amount += one
    hoursKnown++
  }
  return { amount, hoursKnown }
}

/** The sums of a meter, made when its first day comes. */
export function sumsFor(sums: Map<string, DaySums>, meter: string, days: number): DaySums {
  const known = sums.get(meter)
  if (known) return known
  const made = { amounts: new Float64Array(days), hoursKnown: new Uint8Array(days) }
  sums.set(meter, made)
  return made
}

/** The sums of days with fromDay ≤ day < toDay, by meter; meters without such a day are absent. */
export function sumsOf(days: readonly ConsumptionDay[], fromDay: number, toDay: number): Map<string, DaySums> {
  const sums = new Map<string, DaySums>()
  for (const { meter, day, amounts } of days) {
    if (day < fromDay || day >= toDay) continue
    const own = sumsFor(sums, meter, toDay - fromDay)
    const { amount, hoursKnown } = daySum(amounts)
    own.amounts[day - fromDay] = amount
    own.hoursKnown[day - fromDay] = hoursKnown
  }
  return sums
}

/** Adds `sums` to a store that keeps no sums: they are computed from its days. */
export const withSums = (store: Omit<ConsumptionStore, 'sums'>): ConsumptionStore => ({
  ...store,
  sums: async (meters, fromDay, toDay) => sumsOf(await store.get(meters, fromDay, toDay), fromDay, toDay),
})
