// Reads what a contract is settled from: use of its boundary by the day, temperatures of its station, people, kinds of
// days, and prices (docs/rules/contracts.md#days).

import { dateStartMs, dayOf, dayStartMs } from '../../domain/calendar.ts'
import { baselineRange, type ContractBaseline, type ContractSeries } from '../../domain/contract/baseline.ts'
import type { ContractTerms } from '../../domain/contract/terms.ts'
import { cumulatedBefore, noCost, type Pricer, pricerOf } from '../../domain/energy/tariff.ts'
import type { Institution } from '../../domain/registry/records.ts'
import { sizeOn } from '../../domain/registry/size.ts'
import { type DayValues, dayValues } from '../../domain/savings/day-values.ts'
import type { DayRange } from '../../domain/savings/metered-savings.ts'
import { MISSING_SHARE_MAX } from '../../domain/savings/use-days.ts'
import type { WaterDayType } from '../../domain/savings/water-baseline.ts'
import { stationDays } from '../../domain/savings/weather-series.ts'
import type { Platform } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { monthsWithin, stationOfArea, weatherKeys } from './weather.ts'

export interface ContractSources {
  platform: Pick<Platform, 'state' | 'consumption' | 'now'>
  registry: RegistryReader
}

const NO_DAYS: DayValues = { firstDay: 0, values: new Float64Array(0) }
const HOURS = 24

/** The series of a contract over a range of days. `station`: where its temperatures come from; null: nowhere. */
export async function contractSeries(
  { platform, registry }: ContractSources,
  { terms, institution, station }: { terms: ContractTerms; institution: Institution; station: string | null },
  range: DayRange,
): Promise<ContractSeries> {
  const hours = await hoursOf(platform, terms, range)
  const rangeMs = { fromMs: dayStartMs(range.firstDay), toMs: dayStartMs(range.endDay) }
  const temperature = station === null ? NO_DAYS : stationDays(await monthsWithin(platform.state, station, rangeMs))
  const workdays = await registry.workingDays()
  const { medium } = terms
  const tariffs = terms.price.kind === 'tariff' ? await registry.tariffs() : []
  const subjects = [institution.id, ...(await registry.path(institution.area))]
  const pricer = pricerOf(tariffs, { subjects, medium })
  return {
    use: usedDays(hours, medium === 'electricity'),
    temperature,
    people: (day) => sizeOn(institution.sizes, dayStartMs(day)).energyUsers ?? Number.NaN,
    dayType: dayTypeBy(workdays),
    priceOn: priceBy(terms, pricer, hours),
  }
}

/** The kinds of days by a calendar of working days. */
export const dayTypeBy =
  (workdays: Awaited<ReturnType<RegistryReader['workingDays']>>) =>
  (day: number): WaterDayType => {
    if (workdays.isWorkday(day)) return 'working'
    return workdays.differing.get(day) === 'holiday' ? 'holiday' : 'rest'
  }

/** Meters of a contract with the sign by which they count: those of the boundary 1, excluded ones −1. */
export const signedMeters = ({ boundary, excluded }: ContractTerms): ReadonlyMap<string, number> =>
  new Map([...boundary.map(({ meter }) => [meter, 1] as const), ...excluded.map(({ meter }) => [meter, -1] as const)])

/** Hours of each day: those of the boundary less those of excluded meters; NaN where one of them is not known. */
async function hoursOf(
  { consumption }: ContractSources['platform'],
  terms: ContractTerms,
  { firstDay, endDay }: DayRange,
): Promise<ReadonlyMap<number, Float64Array>> {
  const signs = signedMeters(terms)
  const sums = new Map<number, { amounts: Float64Array; meters: number }>()
  for (const { meter, day, amounts } of await consumption.get([...signs.keys()], firstDay, endDay)) {
    const sum = sums.get(day) ?? { amounts: new Float64Array(HOURS), meters: 0 }
    for (const [hour, amount] of amounts.entries())
      sum.amounts[hour] = (sum.amounts[hour] ?? 0) + amount * (signs.get(meter) ?? 0)
    sum.meters += 1
    sums.set(day, sum)
  }
  return new Map([...sums].flatMap(([day, { amounts, meters }]) => (meters < signs.size ? [] : [[day, amounts]])))
}

/** Days with at most half of their hours missing, filled with the mean of the others (CalTRACK 2.2.2.1, 2.2.1.4). */
function usedDays(hours: ReadonlyMap<number, Float64Array>, zeroIsMissing: boolean): DayValues {
  const days = [...hours].map(([day, amounts]): [number, number] => {
    const known = amounts.filter((amount) => !Number.isNaN(amount))
    if (known.length < (1 - MISSING_SHARE_MAX) * HOURS) return [day, Number.NaN]
    const sum = (known.reduce((total, amount) => total + amount, 0) * HOURS) / known.length
    return [day, zeroIsMissing && sum === 0 ? Number.NaN : sum]
  })
  return dayValues(new Map(days))
}

function priceBy(
  { price }: ContractTerms,
  pricer: Pricer | undefined,
  hours: ReadonlyMap<number, Float64Array>,
): ContractSeries['priceOn'] {
  if (price.kind === 'fixed') return () => price.yuanPerUnit
  if (price.kind === 'floating') {
    const rows = price.rows.map((row) => ({ ...row, day: dayOf(dateStartMs(row.validFrom)) }))
    return (day) => rows.findLast((row) => row.day <= day)?.yuanPerUnit ?? null
  }
  return (day) => (pricer === undefined ? null : meanPrice(pricer, day, hours.get(day)))
}

/** What a unit cost on a day, by its hours; a day without use has the mean of the 24 hours. */
export function meanPrice(pricer: Pricer, day: number, known: Float64Array | undefined): number | null {
  const flat = new Float64Array(HOURS).fill(1)
  const own = known?.map((amount) => (Number.isNaN(amount) ? 0 : Math.max(0, amount)))
  const amounts = own?.some((amount) => amount > 0) ? own : flat
  const cost = noCost()
  pricer.addDay(cost, day, amounts, cumulatedBefore(day))
  const total = amounts.reduce((sum, amount) => sum + amount, 0)
  return cost.yuan === null || cost.hoursUnpriced > 0 ? null : cost.yuan / total
}

/** The station that a baseline by weather takes: the one that the terms name, else that of the institution's area. */
export async function stationOfContract(
  { platform, registry }: ContractSources,
  terms: ContractTerms,
  institution: Institution,
): Promise<ContractBaseline['station']> {
  const { method } = terms.baseline
  if (method.kind !== 'weather') return null
  const { firstDay, endDay } = baselineRange(terms)
  const range = { fromMs: dayStartMs(firstDay), toMs: dayStartMs(endDay) }
  const only = method.station === undefined ? {} : { only: method.station }
  const areas = await registry.areas()
  const found = await stationOfArea(platform.state, { code: institution.area, areas, range, ...only })
  const choice = found?.choice
  if (choice) {
    const { station, distanceKm, isOtherZone, isFar } = choice
    return { id: station.id, distanceKm: Math.round(distanceKm * 10) / 10, isOtherZone, isFar }
  }
  const isNamed = method.station !== undefined && (await platform.state.get(weatherKeys.station(method.station)))
  return isNamed && method.station ? { id: method.station, distanceKm: null, isOtherZone: false, isFar: false } : null
}
