// Names the editions of the statistics system and the periods of its forms. Which edition a period has is a dated
// setting, because the first period of the later editions is not known (docs/rules/report.md#editions).

import { addMonths, type Month, monthRange, monthsThrough } from '../../calendar.ts'

/** Each is the one before with the known changes of its notice. */
export const EDITIONS = ['2020', '2022', '2025'] as const
export type Edition = (typeof EDITIONS)[number]

/** True when `edition` lies in `from` to `until`, both included; absent: no bound. */
export const isInEdition = (
  edition: Edition,
  { from, until }: { from?: Edition | undefined; until?: Edition | undefined },
): boolean => (from === undefined || edition >= from) && (until === undefined || edition <= until)

export interface EditionStart {
  edition: Edition
  /** The first month whose forms have the edition. */
  firstMonth: Month
  source: string
}
/** Own choices, since no text that was read states the first period (docs/rules/report.md#editions). */
export const EDITION_STARTS: readonly EditionStart[] = [
  { edition: '2020', firstMonth: '2020-01', source: 'own choice: the year in the codes of its forms' },
  { edition: '2022', firstMonth: '2022-10', source: 'own choice: the month after 国管节能〔2022〕301号' },
  { edition: '2025', firstMonth: '2026-01', source: 'own choice: the year after the notice of 2025-11-10' },
]

/** The edition of a period is that of its last month; before the first one known, the first. */
export function editionOf({ months }: Pick<ReportPeriod, 'months'>, starts = EDITION_STARTS): Edition {
  const last = months.at(-1) ?? ''
  const started = starts
    .filter(({ firstMonth }) => firstMonth <= last)
    .toSorted((a, b) => a.firstMonth.localeCompare(b.firstMonth))
  return started.at(-1)?.edition ?? EDITIONS[0]
}

export const PERIOD_KINDS = ['month', 'quarter', 'year'] as const
/** A month of the ledger (台账), a quarter or a year. */
export interface ReportPeriod {
  /** `2026-03`, `2026-Q1` or `2026`. */
  id: string
  kind: (typeof PERIOD_KINDS)[number]
  months: readonly Month[]
  fromMs: number
  /** Exclusive. */
  toMs: number
}

const PERIOD_ID = /^(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$/
const MONTHS_PER_QUARTER = 3

/** Each institution of a province asks for the same few; all periods of four digits are 170,000. */
const periods = new Map<string, ReportPeriod>()

/** The period of an id; throws RangeError when it is none. */
export function periodOf(id: string): ReportPeriod {
  const known = periods.get(id)
  if (known) return known
  const match = PERIOD_ID.exec(id)
  if (!match) throw new RangeError(`"${id}" is no period; write 2026-03, 2026-Q1 or 2026`)
  const [, year, quarter, monthNumber] = match
  const january = `${year}-01` as Month
  const first =
    monthNumber !== undefined
      ? (id as Month)
      : quarter !== undefined
        ? addMonths(january, (Number(quarter) - 1) * MONTHS_PER_QUARTER)
        : january
  const kind = monthNumber !== undefined ? 'month' : quarter !== undefined ? 'quarter' : 'year'
  const count = { month: 1, quarter: MONTHS_PER_QUARTER, year: 12 }[kind]
  const last = addMonths(first, count - 1)
  const months = monthsThrough(first, last)
  const period = { id, kind, months, fromMs: monthRange(first).fromMs, toMs: monthRange(last).toMs } as const
  periods.set(id, period)
  return period
}

/**
 * The periods that the report of a month answers for, the shortest first: the month, the quarter that it ends, and in
 * December the year (docs/rules/report.md#periods-of-a-report).
 */
export function periodsOfReport(month: Month): ReportPeriod[] {
  const [year = '', number] = month.split('-')
  const isLastOfQuarter = Number(number) % MONTHS_PER_QUARTER === 0
  const quarter = isLastOfQuarter ? [`${year}-Q${Number(number) / MONTHS_PER_QUARTER}`] : []
  return [month, ...quarter, ...(number === '12' ? [year] : [])].map(periodOf)
}

/** The quarters of a year, and the months of a quarter: the periods whose flows add up to its. */
export const partsOfPeriod = ({ id, kind, months }: ReportPeriod): ReportPeriod[] =>
  kind === 'year' ? quartersOf(Number(id)) : kind === 'quarter' ? months.map(periodOf) : []

/** The same period of the year before (同比). */
export const yearBefore = (period: Pick<ReportPeriod, 'id'>): ReportPeriod =>
  samePeriodIn(Number(period.id.slice(0, 4)) - 1, period)

/** The same period of another year. */
export const samePeriodIn = (year: number, { id }: Pick<ReportPeriod, 'id'>): ReportPeriod =>
  periodOf(`${String(year).padStart(4, '0')}${id.slice(4)}`)

/** The quarters of a year. */
export const quartersOf = (year: number): ReportPeriod[] =>
  [1, 2, 3, 4].map((quarter) => periodOf(`${String(year).padStart(4, '0')}-Q${quarter}`))
