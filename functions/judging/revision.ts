// A closed month that changes leaves a revision behind: what stood, what stands now, when and why. A month is closed
// some days after its end; what it is judged to be when that was first noticed is no revision.

import { DAY_MS, type Month, monthRange } from '../../domain/calendar.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import { type Cause, listedCauses } from '../../domain/judge/revision-cause.ts'
import { must } from '../../domain/must.ts'
import { type DocWrite, docKey, type StateStore } from '../platform.ts'
import { subjectMonthDocs } from './judgement.ts'
import { readYear, subjectYearKey, type YearDocument, type YearMonths } from './subject-year.ts'

/** What of a month is compared and kept: its numbers, but those that say how long it was waited for. */
export type RevisedAmounts = Record<string, number | null>
export interface Revision {
  subject: string
  month: Month
  /** Counts from 1. */
  number: number
  atMs: number
  before: RevisedAmounts
  after: RevisedAmounts
  /** Empty: nothing that is known. Revisions from before causes were noted have none. */
  causes?: Cause[]
}
const NUMBER_DIGITS = 4
export const revisionKey = (subject: string, month = '', number?: number) =>
  docKey<Revision>(
    `revision/${subject}/${month}${number === undefined ? '' : `/${String(number).padStart(NUMBER_DIGITS, '0')}`}`,
  )
/** The months of a year that a subject was judged for when they were closed. */
const closedKey = (subject: string, year: string) => docKey<Month[]>(`closed/${subject}/${year}`)
/** What stood before a rebuild, while it runs: it begins by deleting the months that it has to be compared with. */
export const rebuiltKey = (subject = '', year = '') =>
  docKey<YearDocument>(`rebuilt/${subject}${year === '' ? '' : `/${year}`}`)

/** Days after its end when a month is closed, `{"afterDays": 5}`; 0 when not set. */
export const CLOSING_KEY = docKey<{ afterDays: number }>('setting/closing')
export async function closingDays(state: StateStore): Promise<number> {
  return (await state.get(CLOSING_KEY))?.value.afterDays ?? 0
}

/** Documents of a subject's months: those with a record of what they revise go together, a group a year. */
export interface RevisedMonths {
  plain: DocWrite[]
  recorded: DocWrite[][]
  /**
   * Closed months that changed, for the area above: with the number of the revision, null where nothing stood before.
   */
  revised: { month: Month; number: number | null }[]
}
interface When {
  nowMs: number
  afterDays: number
  /** Asked only of months that changed. */
  causesOf: (month: Month) => Promise<readonly Cause[]>
}

/** Puts months of a subject in the place of those that stood, and records what of it is a revision. */
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
    if (!before) revised.push({ month, number: null })
    if (!judged.has(month) || !before) continue
    const amounts = [amountsOf(before), amountsOf(after)]
    if (JSON.stringify(amounts[0]) === JSON.stringify(amounts[1])) continue
    const number = (await state.query(docKey<Revision>(`${revisionKey(subject, month)}/`))).length + 1
    const causes = listedCauses(await causesOf(month))
    const value: Revision = {
      subject,
      month,
      number,
      atMs: nowMs,
      before: must(amounts[0]),
      after: must(amounts[1]),
      causes,
    }
    docs.push({ key: revisionKey(subject, month, number), value })
    revised.push({ month, number })
  }
  return { docs, revised }
}

async function storedYearOf(state: StateStore, subject: string, year: string): Promise<YearMonths | undefined> {
  return (await readYear(state, subjectYearKey(subject, year))) ?? (await readYear(state, rebuiltKey(subject, year)))
}

/** The numbers of a month, in the order of their names. */
function amountsOf(month: SubjectMonth): RevisedAmounts {
  const numbers = Object.entries(month).filter(
    (entry): entry is [string, number | null] => typeof entry[1] === 'number' || entry[1] === null,
  )
  return Object.fromEntries(numbers.filter(([name]) => name !== 'hoursExpected').sort(([a], [b]) => (a < b ? -1 : 1)))
}
