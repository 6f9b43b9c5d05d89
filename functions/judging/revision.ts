// Records a revision when a closed month changes: the values before and after, when and why. A month is closed some
// days after its end; the first result noticed then is no revision.

import { DAY_MS, type Month, monthRange } from '../../domain/calendar.ts'
import { COST_FIELDS } from '../../domain/energy/cost.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import { type Cause, listedCauses } from '../../domain/judge/revision-cause.ts'
import { type DocWrite, docKey, type StateStore } from '../platform.ts'
import { subjectMonthDocs } from './judgement.ts'
import { readYear, subjectYearKey, type YearDocument, type YearMonths } from './subject-year.ts'

/** The compared and recorded numbers of a month: all except those that say how much data was awaited. */
export type RevisedAmounts = Record<string, number | null>
export interface Revision {
  subject: string
  month: Month
  /** Counts from 1. */
  number: number
  atMs: number
  before: RevisedAmounts
  after: RevisedAmounts
  /** Empty: no cause is known. Absent in revisions from before causes were recorded. */
  causes?: Cause[]
}
const NUMBER_DIGITS = 4
export const revisionKey = (subject: string, month = '', number?: number) =>
  docKey<Revision>(
    `revision/${subject}/${month}${number === undefined ? '' : `/${String(number).padStart(NUMBER_DIGITS, '0')}`}`,
  )
/** The months of a year that a subject was judged for when they were closed. */
const closedKey = (subject: string, year: string) => docKey<Month[]>(`closed/${subject}/${year}`)
/**
 * The months as they stood before a rebuild, while it runs: it begins by deleting the months that it has to compare
 * with.
 */
export const rebuiltKey = (subject = '', year = '') =>
  docKey<YearDocument>(`rebuilt/${subject}${year === '' ? '' : `/${year}`}`)

/** Days after a month's end at which it is closed, `{"afterDays": 5}`; 0 when not set. */
export const CLOSING_KEY = docKey<{ afterDays: number }>('setting/closing')
export async function closingDays(state: StateStore): Promise<number> {
  return (await state.get(CLOSING_KEY))?.value.afterDays ?? 0
}

/** Documents of a subject's months. `recorded`: groups that must be put together, one a year with its revisions. */
export interface RevisedMonths {
  plain: DocWrite[]
  recorded: DocWrite[][]
  /**
   * Closed months that changed, for the area above, each with its revision number; null where no month was stored
   * before.
   */
  revised: { month: Month; number: number | null }[]
}
interface When {
  nowMs: number
  afterDays: number
  /** Called only for months that changed. */
  causesOf: (month: Month) => Promise<readonly Cause[]>
}

/** Replaces stored months of a subject and records the revisions among them. */
export async function revisedYears(
  state: StateStore,
  subject: string,
  months: readonly SubjectMonth[],
  when: When,
): Promise<RevisedMonths> {
  const made: RevisedMonths = { plain: [], recorded: [], revised: [] }
  for (const [year, own] of Map.groupBy(months, ({ month }) => month.slice(0, 4))) {
    const { docs, revised } = await revisionDocs(state, { subject, year }, own, when)
    const years = await subjectMonthDocs(state, subject, own)
    if (docs.length > 0) made.recorded.push([...docs, ...years])
    else made.plain.push(...years)
    made.revised.push(...revised)
  }
  return made
}

async function revisionDocs(
  state: StateStore,
  { subject, year }: { subject: string; year: string },
  months: readonly SubjectMonth[],
  { nowMs, afterDays, causesOf }: When,
): Promise<{ docs: DocWrite[]; revised: RevisedMonths['revised'] }> {
  const closed = months.filter(({ month }) => monthRange(month).toMs + afterDays * DAY_MS <= nowMs)
  const docs: DocWrite[] = []
  const revised: RevisedMonths['revised'] = []
  if (closed.length === 0) return { docs, revised }
  const known = await state.get(closedKey(subject, year))
  const judged = new Set(known?.value)
  const fresh = closed.map(({ month }) => month).filter((month) => !judged.has(month))
  if (fresh.length > 0) docs.push({ key: closedKey(subject, year), value: [...judged, ...fresh].sort() })
  const stored = await storedYearOf(state, subject, year)
  for (const after of closed) {
    const { month } = after
    const before = stored?.[month]
    // A month of which nothing was known is judged for the first time.
    const isFirst = !before || (before.hoursKnown === 0 && before.energyKgce === 0)
    if (isFirst) revised.push({ month, number: null })
    if (!judged.has(month) || isFirst) continue
    const amounts = { before: amountsOf(before), after: amountsOf(after) }
    if (changedShares(amounts.before, amounts.after).length === 0) continue
    const number = (await state.query(docKey<Revision>(`${revisionKey(subject, month)}/`))).length + 1
    const causes = listedCauses(await causesOf(month))
    const value: Revision = {
      subject,
      month,
      number,
      atMs: nowMs,
      ...amounts,
      causes,
    }
    docs.push({ key: revisionKey(subject, month, number), value })
    revised.push({ month, number })
  }
  return { docs, revised }
}

/** A smaller relative change is rounding: sums of another order, or of days instead of hours. */
const CHANGE_SHARE_MIN = 1e-9
/** Below one kWh, m³, kgce, yuan …, the share is that of one: a difference of large numbers is near to nothing. */
const AMOUNT_MIN = 1

/**
 * The amounts that changed, each with its relative change; 1 where one of them is unknown. An amount that only one
 * version of Kilowatch keeps is none (docs/rules/data.md#revisions).
 */
export function changedShares(before: RevisedAmounts, after: RevisedAmounts): [name: string, share: number][] {
  return Object.entries(before).flatMap(([name, old]): [string, number][] => {
    const now = after[name]
    if (now === undefined || now === old) return []
    // Parts of a cost that an older version kept as one sum: read as unknown, and the sum is compared.
    if (old === null && COST_FIELDS.some((field) => field === name)) return []
    if (now === null || old === null) return [[name, 1]]
    const share = Math.abs(now - old) / Math.max(Math.abs(now), Math.abs(old), AMOUNT_MIN)
    return share > CHANGE_SHARE_MIN ? [[name, share]] : []
  })
}

async function storedYearOf(state: StateStore, subject: string, year: string): Promise<YearMonths | undefined> {
  return (await readYear(state, subjectYearKey(subject, year))) ?? (await readYear(state, rebuiltKey(subject, year)))
}

/** The numbers of a month, sorted by name. */
function amountsOf(month: SubjectMonth): RevisedAmounts {
  const numbers = Object.entries(month).filter(
    (entry): entry is [string, number | null] => typeof entry[1] === 'number' || entry[1] === null,
  )
  return Object.fromEntries(numbers.filter(([name]) => !IS_ESTIMATE.test(name)).sort(([a], [b]) => (a < b ? -1 : 1)))
}
/** What is expected and probably missing: no amount of the month. */
const IS_ESTIMATE = /^hoursExpected$|Missing|WithoutUsual$/
