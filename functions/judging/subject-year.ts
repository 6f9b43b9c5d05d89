// Stores the months of one subject in one calendar year as a document, and the days of each month in one of their own
// (docs/decisions/0062). Judging a province reads and writes one or two years of every subject, and hardly any days.
// Field names are written once a year, not once a month: less than half the bytes.

import type { Month } from '../../domain/calendar.ts'
import { emptyMonth, type SubjectMonth } from '../../domain/energy/subject-month.ts'
import { must } from '../../domain/must.ts'
import { type DocWrite, docKey, type Key, type StateStore } from '../platform.ts'

/** The months of one subject (institution or area) in one calendar year, by month and in their order. */
export type YearMonths = Readonly<Record<Month, SubjectMonth>>
export type YearDocument = StoredYear | OlderYear
/** Prefix of all of them. */
export const SUBJECT_YEARS = docKey<YearDocument>('subject/')
export const subjectYearKey = (subject: string, year: number | string) =>
  docKey<YearDocument>(`subject/${subject}/${year}`)

/** Stored form: the field names, and one row of values a month. */
export interface StoredYear {
  fields: readonly string[]
  rows: readonly (readonly unknown[])[]
}

/**
 * Sorted by month, whatever the order of arrival, so that sums over them are the same to the last bit. Fields in which
 * no month has anything are left out: most have few of the media. Their days are for `yearDocs` to keep.
 */
export function storedYear(months: Iterable<SubjectMonth>): StoredYear {
  const inOrder = [...months].sort((a, b) => (a.month < b.month ? -1 : 1))
  const fields = FIELDS.filter((field) => inOrder.some((month) => storedValue(month, field) !== EMPTY[field]))
  return { fields, rows: inOrder.map((month) => fields.map((field) => storedValue(month, field))) }
}
const EMPTY = emptyMonth('0000-01')
const FIELDS = Object.keys(EMPTY) as (keyof SubjectMonth)[]
const storedValue = (month: SubjectMonth, field: keyof SubjectMonth): unknown =>
  field === 'byDay' ? Boolean(month.byDay) || null : (month[field] ?? null)

/** A month's days as packed text, empty without use. */
export const monthDaysKey = (subject: string, month: Month) => docKey<string>(`subject-days/${subject}/${month}`)

/** The documents of a year in which `changed` take the place of what stands, in the order of writing. */
export function yearDocs(
  subject: string,
  { stands = {}, changed }: { stands?: YearMonths | undefined; changed: readonly SubjectMonth[] },
): DocWrite[] {
  const months: Record<Month, SubjectMonth> = { ...stands }
  for (const month of changed) months[month.month] = month
  // Years of older releases have their days within. An emptied month leaves none. Days go before the year that names
  // them: a reader between the two finds all.
  const inside = Object.values(stands).filter(
    ({ byDay, month }) => typeof byDay === 'string' && months[month] === stands[month],
  )
  const days = [...inside, ...changed].filter(({ byDay }) => byDay !== true)
  const year = must(Object.keys(months)[0]).slice(0, 4)
  return [
    ...days.map(({ month, byDay }) => ({ key: monthDaysKey(subject, month), value: byDay ?? '' })),
    { key: subjectYearKey(subject, year), value: storedYear(Object.values(months)) },
  ]
}

/** Which days are read with months: those of some months. */
export type DaysRead = (month: Month) => boolean
export const ALL_DAYS: DaysRead = () => true
export const NO_DAYS: DaysRead = () => false
/** Of a month and the same one of other years, which a year that ends within it cuts. */
export const daysToCut =
  (month: Month): DaysRead =>
  (one) =>
    one.slice(4) === month.slice(4)

/** The months with their days, as far as these are asked for and were not read yet. */
export async function withDays(
  state: StateStore,
  subject: string,
  months: readonly SubjectMonth[],
  isAsked: DaysRead = ALL_DAYS,
): Promise<readonly SubjectMonth[]> {
  const asked = months.filter(({ month }) => isAsked(month)).map((part) => ({ subject, part }))
  const read = new Map((await partsWithDays(state, asked)).map(({ part }) => [part.month, part]))
  return read.size === 0 ? months : months.map((part) => read.get(part.month) ?? part)
}

/** The same for months of many subjects. */
export async function partsWithDays<T extends { subject: string; part: SubjectMonth }>(
  state: StateStore,
  parts: readonly T[],
): Promise<readonly T[]> {
  const keyOf = ({ subject, part }: T) => monthDaysKey(subject, part.month)
  const keys = parts.filter(({ part }) => part.byDay === true).map(keyOf)
  if (keys.length === 0) return parts
  const days = new Map((await state.getMany(keys)).map(({ key, value }) => [key, value]))
  return parts.map((one) => {
    const byDay = one.part.byDay === true ? days.get(keyOf(one)) : undefined
    return byDay === undefined ? one : { ...one, part: { ...one.part, byDay } }
  })
}

/** Stored form of 0.1.0: by month. Such a year stays until one of its months is judged again. */
type OlderYear = YearMonths & { rows?: undefined }

const opened = new WeakMap<StoredYear, YearMonths>()

/** All readers of a document share the result: nobody may change it. */
export function monthsOf(stored: StoredYear | OlderYear): YearMonths {
  if (!isRows(stored)) return stored
  const known = opened.get(stored)
  if (known) return known
  const { fields, rows } = stored
  const months: Record<string, SubjectMonth> = {}
  for (const row of rows) {
    // What was left out, or not kept by an older release, is empty; such a month is judged again (version.ts).
    const month = emptyMonth('0000-01') as SubjectMonth & Record<string, unknown>
    for (let place = 0; place < fields.length; place++) {
      const value = row[place]
      if (value !== null) month[must(fields[place])] = value
    }
    months[month.month] = month
  }
  opened.set(stored, months)
  return months
}

const isRows = (stored: StoredYear | OlderYear): stored is StoredYear => Array.isArray(stored.rows)

/** The stored ones, in the order of `keys`. */
export async function readYears(state: StateStore, keys: readonly Key<YearDocument>[]): Promise<YearMonths[]> {
  return (await state.getMany(keys)).map(({ value }) => monthsOf(value))
}

/** Undefined when the key has no document. */
export async function readYear(state: StateStore, key: Key<YearDocument>): Promise<YearMonths | undefined> {
  const stored = await state.get(key)
  return stored && monthsOf(stored.value)
}

/** All years of a subject. */
export async function allYears(state: StateStore, subject: string): Promise<YearMonths[]> {
  return (await state.query(subjectYearKey(subject, ''))).map(({ value }) => monthsOf(value))
}
