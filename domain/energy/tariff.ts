// Prices hours of consumption by dated time-of-use tariffs (分时电价). A price belongs to an area or an institution; a new
// price never changes the cost of earlier days. Basic fees, power factor and taxes are not computed: bills carry them.

import * as z from 'zod'
import { DAY_MS, dateStartMs, dayOf, dayStartMs, HOUR_MS, hourOfDay } from '../calendar.ts'
import { MEDIA, type Medium } from '../medium.ts'
import { localDate } from '../registry/records.ts'
import type { Validity } from '../standards/validity.ts'

/** 尖峰, 高峰, 平段, 低谷, 深谷; dearest first. */
export const TARIFF_PERIODS = ['sharp', 'peak', 'flat', 'valley', 'deepValley'] as const
export type TariffPeriodName = (typeof TARIFF_PERIODS)[number]

/** Hours of the local day, [fromHour, toHour); `toHour` at or before `fromHour` runs past midnight. */
export const tariffPeriodSchema = z.object({
  name: z.enum(TARIFF_PERIODS),
  fromHour: z.number().int().min(0).max(23),
  toHour: z.number().int().min(1).max(24),
  /** Months in which the period holds, 1 to 12; absent: all. */
  months: z.array(z.number().int().min(1).max(12)).min(1).optional(),
  /** Per kWh, m³ or GJ. */
  yuanPerUnit: z.number().nonnegative(),
})
export type TariffPeriod = z.infer<typeof tariffPeriodSchema>

export const tariffSchema = z.object({
  /** An area's code or an institution's id; the institution's own tariff wins, then the nearest area's. */
  subject: z.string().min(1),
  medium: z.enum(MEDIA),
  /** Without `validTo` the tariff holds until the next one of the same subject and medium begins. */
  validFrom: localDate,
  validTo: localDate.optional(),
  source: z.string().optional(),
  standIn: z.boolean().default(false),
  periods: z.array(tariffPeriodSchema).min(1),
})
export type Tariff = z.infer<typeof tariffSchema>

/** The name of a tariff row in a result. */
export const tariffId = ({ subject, medium, validFrom }: Pick<Tariff, 'subject' | 'medium' | 'validFrom'>): string =>
  [subject, medium, validFrom].join('/')

/** The running sum of priced hours; `addDay` adds to it. */
export interface TariffCost {
  /** Null when no hour has both a price and a known consumption. */
  yuan: number | null
  /** The periods that occurred, in the order of TARIFF_PERIODS. Amounts in kWh, m³ or GJ. */
  periods: { name: TariffPeriodName; amount: number; yuan: number; hours: number }[]
  hoursPriced: number
  /** Consumption is known, a price is not. */
  hoursUnpriced: number
  /** Consumption is not known. */
  hoursUnknown: number
  /** `tariffId` of the rows used, in order of first use. */
  tariffs: string[]
}
export const noCost = (): TariffCost => ({
  yuan: null,
  periods: [],
  hoursPriced: 0,
  hoursUnpriced: 0,
  hoursUnknown: 0,
  tariffs: [],
})

/** Prices whole local days: 24 amounts, NaN where unknown. */
export interface Pricer {
  addDay(cost: TariffCost, day: number, amounts: ArrayLike<number>): void
}

/**
 * The prices of one medium for one institution. `subjects`: its id, then its area and those above (`areaPathOf`); the
 * first subject with a row valid on a day prices that day. Undefined when no subject has a row.
 */
export function pricerOf(
  tariffs: readonly Tariff[],
  { subjects, medium }: { subjects: readonly string[]; medium: Medium },
): Pricer | undefined {
  const tables = subjects
    .map((subject) => tariffs.filter((row) => row.subject === subject && row.medium === medium))
    .filter((rows) => rows.length > 0)
    .map((rows) => rows.toSorted((a, b) => (a.validFrom < b.validFrom ? 1 : -1)).map(priced))
  if (tables.length === 0) return undefined
  return {
    addDay(cost, day, amounts) {
      const row = firstValid(tables, day)
      const before = cost.hoursPriced
      addHours(cost, amounts, row?.months[new Date(day * DAY_MS).getUTCMonth()])
      if (row && cost.hoursPriced > before && !cost.tariffs.includes(row.id)) cost.tariffs.push(row.id)
    },
  }
}

/**
 * The cost of consecutive hours. `firstHourMs` on a full hour; `amounts` in kWh, m³ or GJ, NaN where unknown. An amount
 * may be negative (a part let to others).
 */
export function costOfHours(input: {
  tariffs: readonly Tariff[]
  subjects: readonly string[]
  medium: Medium
  firstHourMs: number
  amounts: ArrayLike<number>
}): TariffCost {
  const { firstHourMs, amounts } = input
  const cost = noCost()
  const pricer = pricerOf(input.tariffs, input)
  for (let index = 0; index < amounts.length; ) {
    const atMs = firstHourMs + index * HOUR_MS
    const day = dayOf(atMs)
    const end = Math.min(amounts.length, (dayStartMs(day + 1) - firstHourMs) / HOUR_MS)
    const hours = new Float64Array(24).fill(Number.NaN)
    for (let i = index; i < end; i++) hours[hourOfDay(atMs) + i - index] = amounts[i] ?? Number.NaN
    const outside = 24 - (end - index)
    if (pricer) pricer.addDay(cost, day, hours)
    else addHours(cost, hours, undefined)
    cost.hoursUnknown -= outside
    index = end
  }
  return cost
}

/** Finds hours of one tariff that have several prices or none; each finding names its months. */
export function periodFindings({ periods }: Pick<Tariff, 'periods'>): string[] {
  const months = hoursByMonth(periods)
  const findings = new Map<string, number[]>()
  months.forEach((hours, month) => {
    for (const [what, from, to] of runsOf(hours.map((holding) => conflictOf(holding, periods)))) {
      const text = `${what} ${clock(from)}–${clock(to)}`
      findings.set(text, [...(findings.get(text) ?? []), month + 1])
    }
  })
  return [...findings].map(([text, named]) => (named.length === 12 ? text : `${text} in month ${named.join(', ')}`))
}

interface Priced {
  id: string
  fromDay: number
  toDay: number
  /** The period of each hour, by month. */
  months: (TariffPeriod | undefined)[][]
}

const pricedTariffs = new WeakMap<Tariff, Priced>()

/** Expands a tariff by month and hour. Cached: a province asks for the same tariff a hundred thousand times. */
function priced(tariff: Tariff): Priced {
  const known = pricedTariffs.get(tariff)
  if (known) return known
  const { validFrom, validTo, periods } = tariff
  const spread = {
    id: tariffId(tariff),
    fromDay: dayOf(dateStartMs(validFrom)),
    toDay: validTo === undefined ? Number.POSITIVE_INFINITY : dayOf(dateStartMs(validTo)),
    months: hoursByMonth(periods).map((hours) => hours.map((holding) => holding.at(0))),
  }
  pricedTariffs.set(tariff, spread)
  return spread
}

function firstValid(tables: readonly (readonly Priced[])[], day: number): Priced | undefined {
  for (const rows of tables) {
    const row = rows.find(({ fromDay, toDay }) => fromDay <= day && day < toDay)
    if (row) return row
  }
  return undefined
}

/** Adds 24 hours; `periods` has the period of each hour, undefined where none is known. */
function addHours(
  cost: TariffCost,
  amounts: ArrayLike<number>,
  periods: readonly (TariffPeriod | undefined)[] | undefined,
): void {
  let last: TariffPeriod | undefined
  let sum: TariffCost['periods'][number] | undefined
  for (let hour = 0; hour < 24; hour++) {
    const amount = amounts[hour] ?? Number.NaN
    const period = periods?.[hour]
    if (Number.isNaN(amount)) cost.hoursUnknown++
    else if (period === undefined) cost.hoursUnpriced++
    else {
      if (sum === undefined || period !== last) sum = sumOf(cost, period.name)
      last = period
      const yuan = amount * period.yuanPerUnit
      sum.amount += amount
      sum.yuan += yuan
      sum.hours++
      cost.yuan = (cost.yuan ?? 0) + yuan
      cost.hoursPriced++
    }
  }
}

function sumOf(cost: TariffCost, name: TariffPeriodName): TariffCost['periods'][number] {
  const known = cost.periods.find((period) => period.name === name)
  if (known) return known
  const sum = { name, amount: 0, yuan: 0, hours: 0 }
  cost.periods.push(sum)
  cost.periods.sort((a, b) => TARIFF_PERIODS.indexOf(a.name) - TARIFF_PERIODS.indexOf(b.name))
  return sum
}

/** The periods that hold in each hour of a day of each month. */
function hoursByMonth(periods: readonly TariffPeriod[]): TariffPeriod[][][] {
  return Array.from({ length: 12 }, (_, month) =>
    Array.from({ length: 24 }, (_, hour) => periods.filter((period) => holds(period, month + 1, hour))),
  )
}

function holds({ fromHour, toHour, months }: TariffPeriod, month: number, hour: number): boolean {
  if (months !== undefined && !months.includes(month)) return false
  return toHour > fromHour ? hour >= fromHour && hour < toHour : hour >= fromHour || hour < toHour
}

function conflictOf(holding: readonly TariffPeriod[], all: readonly TariffPeriod[]): string | undefined {
  if (holding.length === 0) return 'no period holds at'
  if (holding.length === 1) return undefined
  return `periods ${holding.map((period) => `${all.indexOf(period) + 1} (${period.name})`).join(' and ')} both hold at`
}

/** Runs of equal entries, [what, from, to), without the undefined ones. */
function runsOf(hours: readonly (string | undefined)[]): [what: string, from: number, to: number][] {
  const runs: [string, number, number][] = []
  hours.forEach((what, hour) => {
    const last = runs.at(-1)
    if (what === undefined) return
    if (last && last[0] === what && last[2] === hour) last[2] = hour + 1
    else runs.push([what, hour, hour + 1])
  })
  return runs
}

const clock = (hour: number): string => `${String(hour).padStart(2, '0')}:00`

/** The first of `others` that begins between `validFrom` and `validTo` of `row`; undefined: none, or no `validTo`. */
export const beginsWithin = (row: Validity, others: readonly Validity[]): Validity | undefined =>
  others.find((other) => row.validTo !== undefined && other.validFrom > row.validFrom && other.validFrom < row.validTo)
