// Late payment of a settlement: 每日万分之 of what is open, day by day (docs/rules/contracts.md#late-payment).

import { DAY_MS } from '../calendar.ts'
import type { ContractTerms } from './terms.ts'

export interface Payment {
  /** Local date. */
  paidOn: string
  fen: number
}

/** A revision that both parties signed. */
export interface OwedRevision {
  /** At least 0. */
  payableFen: number
  /** Local date of the second signature. */
  signedOn: string
}

export interface LatePayment {
  /** The last day on which the first payment is in time. */
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
 * The penalty up to and with the day `asOf`. `owed`: at least one, in order of signing; a later one raises what is owed
 * from its own due day on and lowers it at once, and takes no penalty back. A payment on a day counts from that day on.
 * Fen are rounded once, at the end.
 */
export function latePaymentOf(
  { latePayment }: Pick<ContractTerms, 'latePayment'>,
  { owed, payments, asOf }: { owed: readonly OwedRevision[]; payments: readonly Payment[]; asOf: string },
): LatePayment {
  const { perTenThousandPerDay, dueDays, capPct } = latePayment
  const revisions = owed.map(({ payableFen, signedOn }) => ({ payableFen, signed: daysOn(signedOn) }))
  const payableFen = revisions.at(-1)?.payableFen ?? 0
  const due = (revisions[0]?.signed ?? 0) + dueDays
  const owedOn = (day: number): number => {
    const stands = revisions.findLast(({ signed }) => signed <= day)?.payableFen ?? 0
    const isDue = revisions.findLast(({ signed }) => signed + dueDays < day)?.payableFen ?? 0
    return Math.min(stands, isDue)
  }
  const last = daysOn(asOf)
  const until = payments.filter(({ paidOn }) => daysOn(paidOn) <= last)
  const openOn = (day: number): number =>
    Math.max(0, owedOn(day) - until.reduce((sum, one) => sum + (daysOn(one.paidOn) <= day ? one.fen : 0), 0))
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
