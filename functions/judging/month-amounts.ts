// Computes each meter's part of a month: the sum of its known hours, their cost by the tariffs, and what is usual for a
// meter of which much is unknown.

import { addMonths, DAY_MS, dayOf, HOUR_MS, type Month, monthRange } from '../../domain/calendar.ts'
import type { Bill } from '../../domain/energy/bill.ts'
import type { MonthInput } from '../../domain/energy/institution-month.ts'
import type { DaySums, Usual } from '../../domain/energy/missing.ts'
import {
  type ConnectionSize,
  cumulatedBefore,
  noCost,
  type Pricer,
  pricerOf,
  type Tariff,
} from '../../domain/energy/tariff.ts'
import type { Medium } from '../../domain/medium.ts'
import type { Meter } from '../../domain/registry/records.ts'
import type { ConsumptionDay, ConsumptionStore } from '../platform.ts'
import { sumsOf } from '../settling/sum.ts'

type Amounts = MonthInput['amounts']

/** A month's sums by day, by meter id; `usual`: what is usual for meters of which much is unknown. */
export function amountsOfSums(
  sums: ReadonlyMap<string, DaySums>,
  month: Month,
  usual: ReadonlyMap<string, Usual> = new Map(),
): Amounts {
  const firstDay = dayOf(monthRange(month).fromMs)
  return (meter, fromMs, toMs) => {
    const own = sums.get(meter)
    const known = usual.get(meter)
    const [from, to] = [dayOf(fromMs) - firstDay, dayOf(toMs - 1) + 1 - firstDay]
    const perHour = typeof known?.perHour === 'object' ? known.perHour.subarray(from, to) : known?.perHour
    const weighed = known && perHour !== undefined ? { usual: { ...known, perHour } } : {}
    const days = {
      amounts: own?.amounts.subarray(from, to) ?? new Float64Array(to - from),
      hoursKnown: own?.hoursKnown.subarray(from, to) ?? new Uint8Array(to - from),
    }
    if (!own) return known ? { amount: 0, hoursKnown: 0, days, ...weighed } : undefined
    let amount = 0
    let hoursKnown = 0
    for (const [day, hours] of days.hoursKnown.entries()) {
      amount += days.amounts[day] ?? 0
      hoursKnown += hours
    }
    return { amount, hoursKnown, days, ...weighed }
  }
}

/**
 * Amounts from the days of `meters` in one month, each meter's in order, with their cost: meters whose consumption is
 * paid for (`main`, and `exclude`, whose cost is another's) are priced. `subjects`: those whose tariffs apply: the
 * institution's id first, then its area and those above.
 */
export function amountsOf(
  days: readonly ConsumptionDay[],
  month: Month,
  given: {
    meters: readonly Meter[]
    tariffs: readonly Tariff[]
    subjects: readonly string[]
    usual?: ReadonlyMap<string, Usual>
    /** Of the month. */
    bills?: readonly Bill[]
    /** Known amounts of the year before the month, by meter; needed by a yearly ladder alone. */
    yearBefore?: ReadonlyMap<string, number>
  },
): Amounts {
  const { meters, tariffs, subjects, bills = [], yearBefore } = given
  const { fromMs, toMs } = monthRange(month)
  const summed = amountsOfSums(sumsOf(days, dayOf(fromMs), dayOf(toMs)), month, given.usual)
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
  const daysOf = Map.groupBy(days, ({ meter }) => meter)
  const sizes = connectionsOf(meters, bills)
  return (meter, from, to) => {
    const sum = summed(meter, from, to)
    const priced = pricerOfMeter.get(meter)
    if (!sum || !priced) return sum
    const [cost, earlier] = [noCost(), noCost()]
    const before = cumulatedBefore(dayOf(fromMs), { yearly: yearBefore?.get(meter) ?? 0 })
    for (const { day, amounts: hours } of daysOf.get(meter) ?? [])
      if (day <= dayOf(to - 1)) priced.addDay(day < dayOf(from) ? earlier : cost, day, hours, before)
    if (cost.yuan === null) return sum
    const basicYuan = priced.basicYuan(sizes.get(meter) ?? {}, dayOf(from), dayOf(to - 1) + 1) ?? 0
    return { ...sum, yuan: cost.yuan + basicYuan, hoursPriced: cost.hoursPriced }
  }
}

/**
 * The sizes that a basic fee is computed from, by main electricity meter: registered ones, or the demand of the month's
 * bill where there is one main meter. None when a bill states the fee.
 */
export function connectionsOf(meters: readonly Meter[], bills: readonly Bill[]): Map<string, ConnectionSize> {
  const billed = bills.filter(({ carrier, meter }) => carrier === 'electricity' && meter === undefined)
  if (billed.some(({ basicYuan }) => basicYuan !== undefined)) return new Map()
  const mains = meters.filter(
    ({ medium, role, kind }) => medium === 'electricity' && role === 'main' && kind !== 'offline',
  )
  const measured = mains.length === 1 ? billed.find(({ demandKw }) => demandKw !== undefined)?.demandKw : undefined
  return new Map(mains.map(({ id, capacityKva, demandKw }) => [id, { capacityKva, demandKw: measured ?? demandKw }]))
}

/** Known amounts from January to the month, by meter: on what step of a yearly ladder the month begins. */
export async function usedBefore(
  consumption: Pick<ConsumptionStore, 'sums'>,
  meters: readonly string[],
  { month, tariffs }: { month: Month; tariffs: readonly Tariff[] },
): Promise<Map<string, number>> {
  const { fromMs } = monthRange(month)
  if (month.endsWith('-01') || !tariffs.some(({ ladder }) => ladder === 'yearly')) return new Map()
  const sums = await consumption.sums(
    meters,
    dayOf(monthRange(`${month.slice(0, 4)}-01` as Month).fromMs),
    dayOf(fromMs),
  )
  return new Map([...sums].map(([id, { amounts }]) => [id, amounts.reduce((total, amount) => total + amount, 0)]))
}

/** Unknown hours of a month from which on the year before is read: fewer weigh like the other hours of the month. */
const UNKNOWN_HOURS_MIN = 48
/** Known hours of a year from which a mean follows. */
const KNOWN_HOURS_MIN = 24
const YEAR_DAYS = 366
/** Days beside a month in which the season is still its own. */
const SEASON_DAYS = 45
const isMean = ({ known }: { known: number }): boolean => known >= KNOWN_HOURS_MIN

/** What is usual for meters of which much of a month is unknown: the same days of last year, or the year's mean. */
export async function usualOf(
  consumption: Pick<ConsumptionStore, 'sums'>,
  meters: readonly Meter[],
  { month, asOfMs, sums }: { month: Month; asOfMs: number; sums: ReadonlyMap<string, DaySums> },
): Promise<Map<string, Usual>> {
  const { fromMs, toMs } = monthRange(month)
  const expected = (Math.min(toMs, asOfMs) - fromMs) / HOUR_MS
  const unknown = meters.filter((meter) => {
    const known = sums.get(meter.id)?.hoursKnown.reduce((total, hours) => total + hours, 0) ?? 0
    return isWeighed(meter) && expected - known > UNKNOWN_HOURS_MIN
  })
  if (unknown.length === 0) return new Map()
  const [firstDay, endDay] = [dayOf(fromMs), dayOf(toMs)]
  const years = await consumption.sums(
    unknown.map(({ id }) => id),
    firstDay - YEAR_DAYS,
    endDay,
  )
  const sameMonth = dayOf(monthRange(addMonths(month, -12)).fromMs) - (firstDay - YEAR_DAYS)
  const days = Math.round((toMs - fromMs) / DAY_MS)
  return new Map(
    [...years].flatMap(([id, year]) => usualIn(year, sameMonth, days).map((usual) => [id, usual] as const)),
  )
}

/** Meters that a figure needs. */
const isWeighed = ({ role, purpose, kind }: Meter): boolean =>
  kind !== 'offline' && role !== 'check' && (role !== 'sub' || purpose !== undefined)

function usualIn(year: DaySums, sameMonth: number, days: number): Usual[] {
  const meanOf = (from: number, to: number): { perHour: number; known: number } => {
    let [amount, known] = [0, 0]
    for (let day = from; day < to; day++) {
      amount += year.amounts[day] ?? 0
      known += year.hoursKnown[day] ?? 0
    }
    return { perHour: known > 0 ? amount / known : 0, known }
  }
  const last = meanOf(sameMonth, sameMonth + days)
  if (last.known >= (days * 24) / 2) {
    const perHour = Float64Array.from({ length: days }, (_, day) => {
      const known = year.hoursKnown[sameMonth + day] ?? 0
      return known > 0 ? (year.amounts[sameMonth + day] ?? 0) / known : last.perHour
    })
    return [{ basis: 'lastYear', perHour }]
  }
  // None of the weeks before, last year's around the same days and the mean of a year says how a season begins: the
  // largest of them weighs enough.
  const end = year.amounts.length
  const around = meanOf(Math.max(0, sameMonth - SEASON_DAYS), sameMonth + days + SEASON_DAYS)
  const before = [days, days + SEASON_DAYS, end].map((back) => meanOf(end - back, end))
  const means = [last, around, ...before].filter(isMean)
  const own = means.toSorted((a, b) => b.perHour - a.perHour)[0]
  return own ? [{ basis: 'ownProfile', perHour: own.perHour }] : []
}
