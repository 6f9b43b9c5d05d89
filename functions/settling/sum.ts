// Sums hours, the same on every host to the last bit: the known hours of a day in their order, then the days.

import type { ConsumptionDay, ConsumptionStore, ConsumptionSum } from '../platform.ts'

/** Sum of one day. */
export function daySum(hours: ArrayLike<number>): ConsumptionSum {
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

/** Adds a day to a meter's sum. */
export function addDay(sums: Map<string, ConsumptionSum>, meter: string, { amount, hoursKnown }: ConsumptionSum): void {
  const sum = sums.get(meter)
  if (!sum) {
    sums.set(meter, { amount, hoursKnown })
    return
  }
  sum.amount += amount
  sum.hoursKnown += hoursKnown
}

/** By meter; each meter's days are in order. */
export function sumsOf(days: readonly ConsumptionDay[]): Map<string, ConsumptionSum> {
  const sums = new Map<string, ConsumptionSum>()
  for (const { meter, amounts } of days) addDay(sums, meter, daySum(amounts))
  return sums
}

/** Adds `sums` to a store that keeps no sums: they are computed from its days. */
export const withSums = (store: Omit<ConsumptionStore, 'sums'>): ConsumptionStore => ({
  ...store,
  sums: async (...asked) => sumsOf(await store.get(...asked)),
})
