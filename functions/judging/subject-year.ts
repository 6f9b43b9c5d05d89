// Stores the months of one subject in one calendar year as a document. Judging a province reads and writes one or two
// of them for every subject, so field names are written once a year, not once a month: less than half the bytes.

import type { Month } from '../../domain/calendar.ts'
import { emptyMonth, type SubjectMonth } from '../../domain/energy/subject-month.ts'
import { must } from '../../domain/must.ts'
import { docKey, type Key, type StateStore } from '../platform.ts'

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

/** Sorted by month, whatever the order of arrival, so that sums over them are the same to the last bit. */
export function storedYear(months: Iterable<SubjectMonth>): StoredYear {
  const inOrder = [...months].sort((a, b) => (a.month < b.month ? -1 : 1))
  return { fields: FIELDS, rows: inOrder.map((month) => FIELDS.map((field) => month[field] ?? null)) }
}
const FIELDS = Object.keys(emptyMonth('0000-01')) as (keyof SubjectMonth)[]

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
    // What an older release did not keep is empty; such a month is judged again (`JUDGED_SINCE` of version.ts).
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
