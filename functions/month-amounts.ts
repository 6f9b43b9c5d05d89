// What each meter of an institution counted in a month: the sum of its known hours, and what they cost by the tariffs.

import { dayOf, type Month, monthRange } from '../domain/calendar.ts'
import type { MeterAmount } from '../domain/institution-month.ts'
import type { Medium, Meter } from '../domain/registry.ts'
import { noCost, type Pricer, pricerOf, type Tariff, type TariffCost } from '../domain/tariff.ts'
import type { ConsumptionStore } from './platform.ts'

/**
 * Amounts by meter id. Meters whose consumption is paid for (`main`, and `exclude`, whose cost is another's) are priced.
 * `subjects`: whose tariffs hold, the institution's id first, then its area and those above.
 */
export async function monthAmounts(
  consumption: ConsumptionStore,
  of: { meters: readonly Meter[]; month: Month; tariffs: readonly Tariff[]; subjects: readonly string[] },
): Promise<(meter: string) => MeterAmount> {
  const { meters, tariffs, subjects } = of
  const { fromMs, toMs } = monthRange(of.month)
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
  const ids = meters.map((meter) => meter.id)
  for (const { meter, day, amounts: hours } of await consumption.get(ids, dayOf(fromMs), dayOf(toMs))) {
    const priced = pricerOfMeter.get(meter)
    const sum = sums.get(meter) ?? { amount: 0, hoursKnown: 0, cost: priced && noCost() }
    for (const amount of hours) {
      if (Number.isNaN(amount)) continue
      sum.amount += amount
      sum.hoursKnown++
    }
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
