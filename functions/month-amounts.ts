// What each meter of an institution counted in a month: the sum of its known hours, and what they cost by the tariffs.

import type { Medium, Meter } from '../domain/registry.ts'
import type { MeterAmount } from '../domain/supply.ts'
import { noCost, type Pricer, pricerOf, type Tariff, type TariffCost } from '../domain/tariff.ts'
import type { ConsumptionDay } from './platform.ts'

/**
 * Amounts by meter id from the days of `meters` in one month, meter by meter and each meter's in order. Meters whose consumption is paid for
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
  // A province has six million days of meters a month: one look-up a meter, nothing but sums a day.
  for (let first = 0, end = 0; first < days.length; first = end) {
    const { meter } = days[first]
    const priced = pricerOfMeter.get(meter)
    const cost = priced && noCost()
    let amount = 0
    let hoursKnown = 0
    for (end = first; end < days.length && days[end].meter === meter; end++) {
      const hours = days[end].amounts
      for (let hour = 0; hour < hours.length; hour++) {
        const one = hours[hour]
        if (Number.isNaN(one)) continue
        amount += one
        hoursKnown++
      }
      if (priced && cost) priced.addDay(cost, days[end].day, hours)
    }
    sums.set(meter, { amount, hoursKnown, cost })
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
