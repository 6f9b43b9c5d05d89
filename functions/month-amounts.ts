// What each meter of an institution counted in a month: the sum of its known hours, and what they cost by the tariffs.

import type { Medium, Meter } from '../domain/registry.ts'
import type { MeterAmount } from '../domain/supply.ts'
import { noCost, type Pricer, pricerOf, type Tariff, type TariffCost } from '../domain/tariff.ts'
import type { ConsumptionDay } from './platform.ts'

/**
 * Amounts by meter id from the days of `meters` in one month, each meter's in order. Meters whose consumption is paid for
 * (`main`, and `exclude`, whose cost is another's) are priced. `subjects`: whose tariffs hold, the institution's id first,
 * then its area and those above.
 */
export function amountsOf(
  days: readonly ConsumptionDay[],
  { meters, tariffs, subjects }: { meters: readonly Meter[]; tariffs: readonly Tariff[]; subjects: readonly string[] },
): (meter: string) => MeterAmount {
  const pricers = new Map<Medium, Pricer | undefined>()
  const pricer = (medium: Medium): Pricer | undefined => {
    if (!pricers.has(medium)) pricers.set(medium, pricerOf(tariffs, { subjects, medium }))
    return pricers.get(medium)
  }
  const pricerOfMeter = new Map(
    meters
      .filter(({ role }) => tariffs.length > 0 && (role === 'main' || role === 'exclude'))
      .map(({ id, medium }) => [id, pricer(medium)]),
  )
  const sums = new Map<string, { amount: number; hoursKnown: number; cost: TariffCost | undefined }>()
  for (const { meter, day, amounts: hours } of days) {
    const priced = pricerOfMeter.get(meter)
    const sum = sums.get(meter) ?? { amount: 0, hoursKnown: 0, cost: priced && noCost() }
    let { amount: total, hoursKnown } = sum
    for (let hour = 0; hour < hours.length; hour++) {
      const amount = hours[hour]
      if (Number.isNaN(amount)) continue
      total += amount
      hoursKnown++
    }
    sum.amount = total
    sum.hoursKnown = hoursKnown
    if (priced && sum.cost) priced.addDay(sum.cost, day, hours)
    sums.set(meter, sum)
  }
  return (meter) => {
    const sum = sums.get(meter)
    if (!sum) return undefined
    const { amount, hoursKnown, cost } = sum
    return cost === undefined || cost.yuan === null
      ? { amount, hoursKnown }
      : { amount, hoursKnown, yuan: cost.yuan, hoursPriced: cost.hoursPriced }
  }
}
