// Computes an institution's supply of one medium in a span of a month: the meters and bills that count, what they
// amount to by day, and what is missing. Heat billed by area is no medium and never enters here (domain/medium.ts).

import { dayOf, HOUR_MS, type Month, monthRange } from '../calendar.ts'
import { CARRIERS, type Medium } from '../medium.ts'
import { highest } from '../registry/meter-tree.ts'
import type { Meter } from '../registry/records.ts'
import { type Bill, type BilledAmount, type BillProblem, billId } from './bill.ts'
import {
  type DaySums,
  isBilledAllYear,
  type Missing,
  missingOf,
  NOTHING_MISSING,
  type Usual,
  usualBill,
} from './missing.ts'

/** A part of a month in which no registered fact changes; whole days but for the present one. */
export interface Span {
  month: Month
  fromMs: number
  toMs: number
  /** Elapsed hours. */
  hours: number
  /** Elapsed hours of each day. */
  dayHours: Float64Array
  /** The span's part of the elapsed month, 0 to 1: the part of a month's bill that falls into it. */
  share: number
}

/** `untilMs`: the end of the elapsed month. */
export function spanOf(month: Month, fromMs: number, toMs: number, untilMs = toMs): Span {
  const hours = Math.floor((toMs - fromMs) / HOUR_MS)
  const dayHours = new Float64Array(Math.max(0, dayOf(toMs - 1) - dayOf(fromMs) + 1))
  for (let hour = 0; hour < hours; hour++) {
    const day = dayOf(fromMs + hour * HOUR_MS) - dayOf(fromMs)
    dayHours[day] = (dayHours[day] ?? 0) + 1
  }
  const elapsedMs = untilMs - monthRange(month).fromMs
  return { month, fromMs, toMs, hours, dayHours, share: elapsedMs > 0 ? (toMs - fromMs) / elapsedMs : 1 }
}

/** One meter's span: amount in kWh, GJ or m³, its known hours, the cost of its priced hours, and their number. */
export type MeterAmount =
  | {
      amount: number
      hoursKnown: number
      yuan?: number
      hoursPriced?: number
      /** Absent: the amount lies evenly over the span. */
      days?: DaySums
      /** What unknown hours are weighed by; absent: the mean of the known ones. */
      usual?: Usual
    }
  | undefined

export interface MeterCount {
  amount: number
  hoursKnown: number
  /** Null when no hour has a price. */
  yuan: number | null
  hoursPriced: number
  /** Amount by day; null: evenly. */
  days: Float64Array | null
  missing: Missing
}

export interface CountInput {
  amounts: (meterId: string, fromMs: number, toMs: number) => MeterAmount
  ofMeter: ReadonlyMap<string, BilledAmount>
  /** All bills at hand: earlier ones say what is usual. */
  bills: readonly Bill[]
}

/** A meter's amount, cost and hours: from its readings, or, when offline, from its bill, which covers all hours. */
export function meterCount(meter: Meter, span: Span, { amounts, ofMeter, bills }: CountInput): MeterCount {
  const { hours, dayHours } = span
  if (meter.kind === 'offline') {
    const billed = ofMeter.get(meter.id)
    if (billed) {
      const yuan = billed.costYuan === null ? null : billed.costYuan * span.share
      const hoursPriced = yuan === null ? 0 : hours
      const amount = billed.amount * span.share
      return { amount, hoursKnown: hours, yuan, hoursPriced, days: null, missing: NOTHING_MISSING }
    }
    const own = bills.filter((bill) => bill.meter === meter.id)
    const missing = missingOf({ amount: 0, hoursKnown: 0 }, dayHours, usualBill(own, span.month))
    return { amount: 0, hoursKnown: 0, yuan: null, hoursPriced: 0, days: null, missing }
  }
  const counted = amounts(meter.id, span.fromMs, span.toMs)
  const hoursKnown = Math.min(hours, counted?.hoursKnown ?? 0)
  const known = { amount: counted?.amount ?? 0, hoursKnown, days: counted?.days }
  return {
    amount: known.amount,
    hoursKnown,
    yuan: counted?.yuan ?? null,
    hoursPriced: Math.min(hours, counted?.hoursPriced ?? 0),
    days: counted?.days?.amounts ?? null,
    missing: missingOf(known, dayHours, counted?.usual),
  }
}

export interface Supply {
  /** kWh, GJ or m³; negative when the excluded meters measure more. */
  amount: number
  /** Number of main meters, plus one for the building's bills when every main meter is offline. */
  sources: number
  hoursKnown: number
  hoursPriced: number
  yuan: number | null
  /** Meters that are added (`factor` 1) or subtracted (−1). */
  meters: CountedMeter[]
  /** Bills without a meter, with the amount that counts. */
  bills: BilledAmount[]
  unused: BillProblem[]
  /** What is missing of the meters, the excluded ones included, and of bills that did not come. */
  missing: Missing[]
}
export interface CountedMeter {
  meter: Meter
  factor: 1 | -1
  amount: number
  days: Float64Array | null
}

/** Main meters minus excluded ones, plus the bills without a meter, of one medium. */
export function supplyOf(
  medium: Medium,
  given: {
    meters: readonly Meter[]
    loose: readonly BilledAmount[]
    bills: readonly Bill[]
    span: Span
    countOf: (meter: Meter) => MeterCount
  },
): Supply {
  const { span } = given
  const { hours } = span
  const own = given.meters.filter((meter) => meter.medium === medium)
  const counted = [...mainMeters(own), ...outermostOf(own, 'exclude')].map((meter) => ({
    meter,
    count: given.countOf(meter),
  }))
  const mains = counted.filter(({ meter }) => meter.role === 'main')
  const read = mains.filter(({ meter }) => meter.kind !== 'offline').map(({ count }) => count)
  const offline = mains.filter(({ meter }) => meter.kind === 'offline').map(({ count }) => count)
  const excluded = counted.filter(({ meter }) => meter.role === 'exclude').map(({ count }) => count)
  const billed = billsThatCount(medium, given, read)
  const expected = mains.length === 0 && billed.building.length === 0 ? missingBill(medium, given.bills, span) : null
  const extra = read.length === 0 && (billed.building.length > 0 || expected) ? 1 : 0
  const isBilled = billed.building.some(({ costYuan }) => costYuan !== null)
  const costs = [
    ...(isBilled ? [] : [...read.map(({ yuan }) => yuan), ...excluded.map(({ yuan }) => yuan && -yuan)]),
    ...offline.map(({ yuan }) => yuan),
  ].filter((yuan) => yuan !== null)
  const all = [...read, ...offline]
  const byBill = billed.fills > 0 ? hours * (read.length + (expected ? 0 : extra)) : sumOf(read, 'hoursKnown')
  return {
    amount:
      sumOf(all, 'amount') - sumOf(excluded, 'amount') + billed.bills.reduce((total, { amount }) => total + amount, 0),
    sources: mains.length + extra,
    hoursKnown: byBill + sumOf(offline, 'hoursKnown'),
    hoursPriced:
      (isBilled ? hours * (read.length + extra) : sumOf(read, 'hoursPriced')) + sumOf(offline, 'hoursPriced'),
    yuan: costs.length > 0 ? costs.reduce((total, yuan) => total + yuan, 0) : null,
    meters: counted.map(({ meter, count: { amount, days } }) => ({
      meter,
      factor: meter.role === 'main' ? 1 : -1,
      amount,
      days,
    })),
    bills: billed.bills,
    unused: billed.unused,
    missing: [
      ...(billed.fills > 0 ? [] : read.map(({ missing }) => missing)),
      ...[...offline, ...excluded].map(({ missing }) => missing),
      ...(expected ? [expected] : []),
    ],
  }
}

const sumOf = (counts: readonly MeterCount[], key: 'amount' | 'hoursKnown' | 'hoursPriced'): number =>
  counts.reduce((total, count) => total + count[key], 0)

/** Main meters that are not below another one: what lies below a main meter is part of it. */
export const mainMeters = (meters: readonly Meter[]): Meter[] => outermostOf(meters, 'main')

export const outermostOf = (meters: readonly Meter[], role: 'main' | 'exclude'): Meter[] =>
  highest(
    meters.filter((meter) => meter.role === role),
    meters,
  )

/**
 * The bills without a meter that count. Those of vehicles always do. Those of the building count for the time that
 * main meters do not know: all of it without a read meter, the days before in the month in which metering begins.
 */
function billsThatCount(
  medium: Medium,
  { loose, span }: { loose: readonly BilledAmount[]; span: Span },
  read: readonly MeterCount[],
) {
  const own = loose
    .filter(({ bill }) => bill.carrier === medium)
    .map((one) => ({ ...one, amount: one.amount * span.share }))
  const transport = own.filter(({ bill }) => bill.purpose === 'transport')
  const building = own.filter(({ bill }) => bill.purpose !== 'transport')
  const expected = read.length * span.hours
  const unknown = expected - sumOf(read, 'hoursKnown')
  const fills = building.length === 0 ? 0 : expected > 0 ? unknown / expected : 1
  const filling = fills > 0 ? building.map((one) => ({ ...one, amount: one.amount * fills })) : []
  const unused = read.length > 0 ? building.map(({ bill }) => unusedBill(bill, fills)) : []
  return { building, bills: [...filling, ...transport], fills, unused }
}

const unusedBill = (bill: Bill, fills: number): BillProblem => ({
  record: billId(bill),
  field: 'quantity',
  reason: `${partOfBill(bill, fills)}; a bill of another building needs an offline meter of its own`,
})
const partOfBill = ({ carrier, month }: Bill, fills: number): string =>
  fills === 0
    ? `main meters of ${carrier} were read in ${month}; their amount counts, of the bill only its cost`
    : `main meters of ${carrier} are registered; the bill counts for the ${(100 * fills).toFixed(1)} % of ${month} that they do not know`

/**
 * What is missing when a medium without main meters was billed before, and has no bill in this month. Of media that may
 * be used in a season alone, a bill is missing in the months that were billed a year ago; where bills do not go back a
 * year, bills outside of every heating season say that the medium is used all year.
 */
function missingBill(medium: Medium, bills: readonly Bill[], span: Span): Missing | null {
  const building = bills.filter(
    ({ carrier, purpose, meter }) => carrier === medium && purpose !== 'transport' && meter === undefined,
  )
  const usual = usualBill(building, span.month)
  if (!usual) return null
  if (CARRIERS[medium].seasonal && usual.basis !== 'lastYear' && !isBilledAllYear(building, span.month)) return null
  return missingOf({ amount: 0, hoursKnown: 0 }, span.dayHours, usual)
}
