// Prices consumption by dated tariffs (docs/rules/energy-and-carbon.md#cost): time-of-use periods (分时电价) and ladders
// (阶梯) by the hour, the basic fee (基本电费) by the day. A price belongs to an area or an institution; a new price never
// changes the cost of earlier days. Power factor adjustments and taxes are not computed: bills carry them.

import * as z from 'zod'
import { DAY_MS, dateStartMs, dayOf, dayStartMs, HOUR_MS, hourOfDay } from '../calendar.ts'
import { MEDIA, type Medium } from '../medium.ts'
import { localDate } from '../registry/records.ts'
import type { Validity } from '../standards/validity.ts'
import {
  type HourSlots,
  holidaySlots,
  slotsByMonth,
  TARIFF_PERIODS,
  type TariffPeriod,
  type TariffPeriodName,
  tariffPeriodSchema,
  tiersOf,
} from './tariff-period.ts'

/** The time over which the amounts of a ladder are cumulated. */
export const LADDERS = ['monthly', 'yearly'] as const

export const tariffSchema = z.object({
  /** An area's code or an institution's id; the institution's own tariff wins, then the nearest area's. */
  subject: z.string().min(1),
  medium: z.enum(MEDIA),
  /** Of several rows of one subject and medium that are valid on a day, the one that begins last holds. */
  validFrom: localDate,
  validTo: localDate.optional(),
  source: z.string().optional(),
  standIn: z.boolean().default(false),
  ladder: z.enum(LADDERS).optional(),
  /** Basic fee by capacity (容量电价): yuan/kVA·month, for meters with a registered `capacityKva`. */
  yuanPerKva: z.number().nonnegative().optional(),
  /** Basic fee by demand (需量电价): yuan/kW·month, for meters with a registered `demandKw`. */
  yuanPerKw: z.number().nonnegative().optional(),
  periods: z.array(tariffPeriodSchema).min(1),
})
/** `holidayNames`: the holidays of the calendar, by day; only where a period needs them (`withHolidays`). */
export type Tariff = z.infer<typeof tariffSchema> & { holidayNames?: Readonly<Record<number, string>> }

/** The name of a tariff row in a result. */
export const tariffId = ({ subject, medium, validFrom }: Pick<Tariff, 'subject' | 'medium' | 'validFrom'>): string =>
  [subject, medium, validFrom].join('/')

/** Tariffs with the holidays that their periods need. `days`: those of the calendar in force. */
export function withHolidays(
  tariffs: readonly Tariff[],
  days: readonly { date: string; kind: 'workday' | 'holiday'; name?: string | undefined }[],
): Tariff[] {
  const holidayNames = Object.fromEntries(
    days.filter(({ kind }) => kind === 'holiday').map(({ date, name = '' }) => [dayOf(dateStartMs(date)), name]),
  )
  return tariffs.map((tariff) =>
    tariff.periods.some(({ holidays }) => holidays) ? { ...tariff, holidayNames } : tariff,
  )
}

/** The running sum of priced hours; `addDay` adds to it. */
export interface TariffCost {
  /** Null when no hour has both a price and a known consumption. Without the basic fee. */
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

/** Known amounts since the first of the month and of the year, which say on what step of a ladder the next one lies. */
export interface Cumulated {
  monthly: number
  yearly: number
  /** `YYYY-MM` of the amounts. */
  month: string
}
export const noCost = (): TariffCost => ({
  yuan: null,
  periods: [],
  hoursPriced: 0,
  hoursUnpriced: 0,
  hoursUnknown: 0,
  tariffs: [],
})

/** Registered sizes of a meter's connection: transformers in kVA, or agreed demand in kW. */
export interface ConnectionSize {
  capacityKva?: number | undefined
  demandKw?: number | undefined
}

export interface Pricer {
  /** Prices a whole local day: 24 amounts, NaN where unknown. Days come in order; `before` goes from day to day. */
  addDay(cost: TariffCost, day: number, amounts: ArrayLike<number>, before?: Cumulated): void
  /** True when amounts since January say what an hour costs. */
  isYearly: boolean
  /** The basic fee of [fromDay, toDay): each day its part of the month. Null without a size and a price. */
  basicYuan(size: ConnectionSize, fromDay: number, toDay: number): number | null
}

/** Amounts before a day: `yearly` of the same year, `monthly` of the same month. */
export const cumulatedBefore = (day: number, { monthly = 0, yearly = 0 } = {}): Cumulated => ({
  monthly,
  yearly,
  month: monthOfDay(day),
})

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
    addDay(cost, day, amounts, before = cumulatedBefore(day)) {
      carry(before, day)
      const row = firstValid(tables, day)
      const priced = cost.hoursPriced
      addHours(cost, amounts, { row, day, before })
      if (row && cost.hoursPriced > priced && !cost.tariffs.includes(row.id)) cost.tariffs.push(row.id)
    },
    isYearly: tables.some((rows) => rows.some(({ tariff }) => tariff.ladder === 'yearly')),
    basicYuan(size, fromDay, toDay) {
      let yuan: number | null = null
      for (let day = fromDay; day < toDay; day++) {
        const monthly = monthlyFee(firstValid(tables, day)?.tariff, size)
        if (monthly !== null) yuan = (yuan ?? 0) + monthly / daysInMonth(day)
      }
      return yuan
    },
  }
}

const monthlyFee = (tariff: Tariff | undefined, { capacityKva, demandKw }: ConnectionSize): number | null => {
  if (capacityKva !== undefined && tariff?.yuanPerKva !== undefined) return capacityKva * tariff.yuanPerKva
  if (demandKw !== undefined && tariff?.yuanPerKw !== undefined) return demandKw * tariff.yuanPerKw
  return null
}

/**
 * The cost of consecutive hours. `firstHourMs` on a full hour; `amounts` in kWh, m³ or GJ, NaN where unknown. An amount
 * may be negative (a part let to others). `before`: amounts before the first hour, of its month and its year.
 */
export function costOfHours(input: {
  tariffs: readonly Tariff[]
  subjects: readonly string[]
  medium: Medium
  firstHourMs: number
  amounts: ArrayLike<number>
  before?: { monthly?: number; yearly?: number }
}): TariffCost {
  const { firstHourMs, amounts } = input
  const cost = noCost()
  const pricer = pricerOf(input.tariffs, input)
  const before = cumulatedBefore(dayOf(firstHourMs), input.before)
  for (let index = 0; index < amounts.length; ) {
    const atMs = firstHourMs + index * HOUR_MS
    const day = dayOf(atMs)
    const end = Math.min(amounts.length, (dayStartMs(day + 1) - firstHourMs) / HOUR_MS)
    const hours = new Float64Array(24).fill(Number.NaN)
    for (let i = index; i < end; i++) hours[hourOfDay(atMs) + i - index] = amounts[i] ?? Number.NaN
    const outside = 24 - (end - index)
    if (pricer) pricer.addDay(cost, day, hours, before)
    else addHours(cost, hours, { row: undefined, day, before })
    cost.hoursUnknown -= outside
    index = end
  }
  return cost
}

interface Priced {
  id: string
  tariff: Tariff
  fromDay: number
  toDay: number
  /** First amounts of the steps of the ladder, in order; [0] without one. */
  tiers: readonly number[]
  /** The periods of each hour by month and tier, on days that are no holidays of the tariff. */
  months: readonly (readonly HourSlots<TariffPeriod>[])[]
  /** The same on a day, with the periods of its holiday. */
  onDay(day: number): readonly HourSlots<TariffPeriod>[]
}

const pricedTariffs = new WeakMap<Tariff, Priced>()

/** Expands a tariff by month and hour. Cached: a province asks for the same tariff a hundred thousand times. */
function priced(tariff: Tariff): Priced {
  const known = pricedTariffs.get(tariff)
  if (known) return known
  const { validFrom, validTo, periods, holidayNames = {} } = tariff
  const tiers = tiersOf(periods)
  const months = slotsByMonth(periods, tiers)
  const monthOf = (day: number): number => new Date(day * DAY_MS).getUTCMonth()
  const holidays = new Map<number, readonly HourSlots<TariffPeriod>[]>()
  const spread: Priced = {
    id: tariffId(tariff),
    tariff,
    fromDay: dayOf(dateStartMs(validFrom)),
    toDay: validTo === undefined ? Number.POSITIVE_INFINITY : dayOf(dateStartMs(validTo)),
    tiers,
    months,
    onDay(day) {
      const month = monthOf(day)
      const ordinary = months[month] ?? []
      const name = holidayNames[day]
      if (name === undefined) return ordinary
      const slots = holidays.get(day) ?? holidaySlots(ordinary, { periods, tiers, month, name })
      holidays.set(day, slots)
      return slots
    },
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

/** Begins the amounts anew with a month and with a year. */
function carry(before: Cumulated, day: number): void {
  const month = monthOfDay(day)
  if (month === before.month) return
  before.monthly = 0
  if (month.slice(0, 4) !== before.month.slice(0, 4)) before.yearly = 0
  before.month = month
}

/** Adds 24 hours. An hour in which the period changes is priced half by each: its use within the hour is not known. */
function addHours(
  cost: TariffCost,
  amounts: ArrayLike<number>,
  { row, day, before }: { row: Priced | undefined; day: number; before: Cumulated },
): void {
  const tiers = row?.onDay(day)
  const cycle = row?.tariff.ladder ?? 'monthly'
  for (let hour = 0; hour < 24; hour++) {
    const amount = amounts[hour] ?? Number.NaN
    if (Number.isNaN(amount)) {
      cost.hoursUnknown++
      continue
    }
    const slots = tiers?.[0]?.[hour]
    if (!row || !tiers || !slots) cost.hoursUnpriced++
    else if (row.tiers.length === 1) addAmount(cost, amount, { slots, hours: 1 })
    else {
      const parts = byTier(amount, before[cycle], row.tiers)
      for (const [tier, part] of parts) {
        const own = tiers[tier]?.[hour] ?? slots
        addAmount(cost, part, { slots: own, hours: amount === 0 ? 1 : part / amount })
      }
    }
    if (row && slots) cost.hoursPriced++
    before.monthly += amount
    before.yearly += amount
  }
}

/** Splits an amount by the steps of a ladder that it lies on. */
function byTier(amount: number, before: number, tiers: readonly number[]): [tier: number, part: number][] {
  const last = tiers.length - 1
  const tierAt = Math.max(
    0,
    tiers.findLastIndex((from) => from <= before),
  )
  if (!(amount > 0)) return [[tierAt, amount]]
  const parts: [number, number][] = []
  let [left, at] = [amount, before]
  for (let tier = tierAt; left > 0; tier++) {
    const room = tier === last ? left : Math.max(0, (tiers[tier + 1] ?? 0) - at)
    const part = Math.min(left, room)
    if (part > 0) parts.push([tier, part])
    left -= part
    at += part
  }
  return parts
}

/** Adds an amount to the periods of its hour, half to each of two. */
function addAmount(
  cost: TariffCost,
  amount: number,
  { slots, hours }: { slots: readonly TariffPeriod[]; hours: number },
): void {
  for (const period of slots) {
    const part = amount / slots.length
    const sum = sumOf(cost, period.name)
    const yuan = part * period.yuanPerUnit
    sum.amount += part
    sum.yuan += yuan
    sum.hours += hours / slots.length
    cost.yuan = (cost.yuan ?? 0) + yuan
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

const monthOfDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 7)

const daysInMonth = (day: number): number => {
  const at = new Date(day * DAY_MS)
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate()
}

/** The first of `others` that begins between `validFrom` and `validTo` of `row`; undefined: none, or no `validTo`. */
export const beginsWithin = (row: Validity, others: readonly Validity[]): Validity | undefined =>
  others.find((other) => row.validTo !== undefined && other.validFrom > row.validFrom && other.validFrom < row.validTo)
