// Computes each meter's month: the sum of its known hours, and their cost by the tariffs.

import type { MeterAmount } from '../../domain/energy/supply.ts'
import { noCost, type Pricer, pricerOf, type Tariff, type TariffCost } from '../../domain/energy/tariff.ts'
import type { Medium } from '../../domain/medium.ts'
import type { Meter } from '../../domain/registry/records.ts'
import type { ConsumptionDay } from '../platform.ts'
import { sumsOf } from '../settling/sum.ts'

/**
 * Amounts by meter id from the days of `meters` in one month, each meter's in order. Meters whose consumption is paid
 * for (`main`, and `exclude`, whose cost is another's) are priced. `subjects`: those whose tariffs apply: the
 * institution's id first, then its area and those above.
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
  const sums = sumsOf(days)
  const costs = new Map<string, TariffCost>()
  for (const { meter, day, amounts: hours } of days) {
    const priced = pricerOfMeter.get(meter)
    if (!priced) continue
    const cost = costs.get(meter) ?? noCost()
    costs.set(meter, cost)
    priced.addDay(cost, day, hours)
  }
  return (meter) => {
    const sum = sums.get(meter)
    const cost = costs.get(meter)
    return sum === undefined || cost === undefined || cost.yuan === null
      ? sum
      : { ...sum, yuan: cost.yuan, hoursPriced: cost.hoursPriced }
  }
}
