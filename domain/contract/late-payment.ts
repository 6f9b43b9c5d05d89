// Late payment of a settlement: 每日万分之 of what is open, day by day (docs/rules/contracts.md#late-payment).

import { DAY_MS } from '../calendar.ts'
import type { ContractTerms } from './terms.ts'

export interface Payment {
  /** Local date. */
  paidOn: string
  fen: number
}

export interface LatePayment {
  /** The last day on which a payment is in time. */
  dueOn: string
  paidFen: number
  /** Below 0: more was paid than is due. */
  openFen: number
  /** Days after the due day on which something was open. */
  daysLate: number
  penaltyFen: number
}

const daysOn = (date: string): number => Date.parse(date) / DAY_MS
const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/**
 * The penalty up to and with the day `asOf`. `payableFen` above 0; a payment on a day counts from that day on. Fen are
 * rounded once, at the end.
 */
export function latePaymentOf(
  { latePayment }: Pick<ContractTerms, 'latePayment'>,
  {
    payableFen,
    signedOn,
    payments,
    asOf,
  }: { payableFen: number; signedOn: string; payments: readonly Payment[]; asOf: string },
): LatePayment {
  const { perTenThousandPerDay, dueDays, capPct } = latePayment
  const due = daysOn(signedOn) + dueDays
  const last = daysOn(asOf)
  const until = payments.filter(({ paidOn }) => daysOn(paidOn) <= last)
  const openOn = (day: number): number =>
    Math.max(0, payableFen - until.reduce((sum, one) => sum + (daysOn(one.paidOn) <= day ? one.fen : 0), 0))
  let [fenDays, daysLate] = [0, 0]
  for (let day = due + 1; day <= last; day++) {
    const open = openOn(day)
    if (open === 0) continue
    fenDays += open
    daysLate += 1
  }
  const uncapped = Math.round((fenDays * perTenThousandPerDay) / 10_000)
  const cap = capPct === undefined ? Number.POSITIVE_INFINITY : Math.round((payableFen * capPct) / 100)
  const paidFen = until.reduce((sum, { fen }) => sum + fen, 0)
  return { dueOn: dateOf(due), paidFen, openFen: payableFen - paidFen, daysLate, penaltyFen: Math.min(uncapped, cap) }
}
