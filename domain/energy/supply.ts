// Computes an institution's supply of one medium in a month: the meters and bills that count, and the known hours. Heat
// billed by area is no medium and never enters here (domain/medium.ts).

import type { Medium } from '../medium.ts'
import type { Meter } from '../registry/records.ts'
import { type Bill, type BilledAmount, type BillProblem, billId } from './bill.ts'

/** One meter's month: amount in kWh, GJ or m³, its known hours, the cost of its priced hours, and their number. */
export type MeterAmount = { amount: number; hoursKnown: number; yuan?: number; hoursPriced?: number } | undefined

export interface MeterCount {
  amount: number
  hoursKnown: number
  /** Null when no hour has a price. */
  yuan: number | null
  hoursPriced: number
}

/** A meter's amount, cost and hours: from its readings, or, when offline, from its bill, which covers all hours. */
export function meterCount(
  meter: Meter,
  hours: number,
  { amounts, ofMeter }: { amounts: (meterId: string) => MeterAmount; ofMeter: ReadonlyMap<string, BilledAmount> },
): MeterCount {
  if (meter.kind === 'offline') {
    const billed = ofMeter.get(meter.id)
    if (!billed) return { amount: 0, hoursKnown: 0, yuan: null, hoursPriced: 0 }
    const { amount, costYuan } = billed
    return { amount, hoursKnown: hours, yuan: costYuan, hoursPriced: costYuan === null ? 0 : hours }
  }
  const counted = amounts(meter.id)
  return {
    amount: counted?.amount ?? 0,
    hoursKnown: Math.min(hours, counted?.hoursKnown ?? 0),
    yuan: counted?.yuan ?? null,
    hoursPriced: Math.min(hours, counted?.hoursPriced ?? 0),
  }
}

export interface Supply {
  /** kWh, GJ or m³; negative when the excluded meters measure more. */
  amount: number
  /** Number of main meters, plus one for the building's bills when they count and every main meter is offline. */
  sources: number
  hoursKnown: number
  hoursPriced: number
  yuan: number | null
  /** Meters that are added (`factor` 1) or subtracted (−1). */
  meters: { meter: Meter; factor: 1 | -1; amount: number }[]
  /** Bills without a meter whose quantity counts. */
  bills: BilledAmount[]
  unused: BillProblem[]
}

/** Main meters minus excluded ones, plus the bills without a meter, of one medium. */
export function supplyOf(
  medium: Medium,
  given: {
    meters: readonly Meter[]
    loose: readonly BilledAmount[]
    hours: number
    countOf: (meter: Meter) => MeterCount
  },
): Supply {
  const { hours } = given
  const withRole = (role: Meter['role']): Meter[] =>
    given.meters.filter((meter) => meter.medium === medium && meter.role === role)
  const countsOf = (role: Meter['role'], isOffline?: boolean): MeterCount[] =>
    withRole(role)
      .filter(({ kind }) => isOffline === undefined || (kind === 'offline') === isOffline)
      .map(given.countOf)
  const read = countsOf('main', false)
  const offline = countsOf('main', true)
  const mains = [...read, ...offline]
  const excluded = countsOf('exclude')
  const own = given.loose.filter(({ bill }) => bill.carrier === medium)
  const transport = own.filter(({ bill }) => bill.purpose === 'transport')
  const building = own.filter(({ bill }) => bill.purpose !== 'transport')
  const isRead = read.some(({ hoursKnown }) => hoursKnown > 0)
  const stands = building.length > 0 && !isRead
  const bills = [...(stands ? building : []), ...transport]
  const extra = stands && read.length === 0 ? 1 : 0
  const sumOf = (counts: readonly MeterCount[], key: 'amount' | 'hoursKnown' | 'hoursPriced'): number =>
    counts.reduce((total, count) => total + count[key], 0)
  const isBilled = building.some(({ costYuan }) => costYuan !== null)
  const costs = [
    ...(isBilled ? [] : [...read.map(({ yuan }) => yuan), ...excluded.map(({ yuan }) => yuan && -yuan)]),
    ...offline.map(({ yuan }) => yuan),
  ].filter((yuan) => yuan !== null)
  return {
    amount: sumOf(mains, 'amount') - sumOf(excluded, 'amount') + bills.reduce((total, { amount }) => total + amount, 0),
    sources: mains.length + extra,
    hoursKnown: stands ? hours * (read.length + extra) + sumOf(offline, 'hoursKnown') : sumOf(mains, 'hoursKnown'),
    hoursPriced: isBilled ? hours * (read.length + extra) + sumOf(offline, 'hoursPriced') : sumOf(mains, 'hoursPriced'),
    yuan: costs.length > 0 ? costs.reduce((total, yuan) => total + yuan, 0) : null,
    meters: (['main', 'exclude'] as const).flatMap((role) =>
      withRole(role).map((meter) => {
        const { amount } = given.countOf(meter)
        return { meter, factor: role === 'main' ? (1 as const) : (-1 as const), amount }
      }),
    ),
    bills,
    unused: isRead ? building.map(({ bill }) => unusedBill(bill)) : [],
  }
}

const unusedBill = (bill: Bill): BillProblem => ({
  record: billId(bill),
  field: 'quantity',
  reason: `main meters of ${bill.carrier} were read in ${bill.month}; their amount counts, of the bill only its cost`,
})
