// The periods that a contract is settled by, and its years (docs/rules/contracts.md#periods).

import { addMonths, dateStartMs, dayOf, type Month, monthOf, monthRange } from '../calendar.ts'

export const PERIOD_MONTHS = [1, 3, 6, 12] as const

interface Reporting {
  from: string
  /** The day after the last one. */
  to: string
}

export interface ContractPeriod {
  /** Its first month. */
  id: Month
  /** Counted from 0. */
  index: number
  firstDay: number
  endDay: number
  /** Year of the contract, from 1; years begin with the reporting period. */
  year: number
  /** True for the last period of a year of the contract, and for the last of all. */
  endsYear: boolean
}

export const monthsBetween = ({ from, to }: Reporting): number => {
  const index = (date: string): number => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7))
  return index(to) - index(from)
}

export const contractYears = (reporting: Reporting): number => Math.ceil(monthsBetween(reporting) / 12)

/** All periods of a contract, in order. */
export function contractPeriods(reporting: Reporting & { everyMonths: number }): ContractPeriod[] {
  const first = monthOf(dateStartMs(reporting.from))
  const months = monthsBetween(reporting)
  const periods: ContractPeriod[] = []
  for (let at = 0, index = 0; at < months; at += reporting.everyMonths, index++) {
    const id = addMonths(first, at)
    const after = at + reporting.everyMonths
    periods.push({
      ...{
        id,
        index,
        firstDay: dayOf(monthRange(id).fromMs),
        endDay: dayOf(monthRange(addMonths(first, after)).fromMs),
      },
      year: Math.floor(at / 12) + 1,
      endsYear: after % 12 === 0 || after >= months,
    })
  }
  return periods
}
