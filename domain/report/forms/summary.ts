// Adds institutions' forms to the summaries of an authority: NY301 to NY303 by category, NY304 by area below. The sums
// are a plain JSON value, so that counties add theirs and a province adds counties. A blank adds nothing: a column in
// which no institution has a value stays blank, never 0.

import * as z from 'zod'
import { columnsOfCategory, SUMMARY_COLUMNS, type SummaryColumnId } from './category.ts'
import { EDITIONS, type Edition } from './edition.ts'
import { COUNT_FIELDS, formFields, SUM_FORMS, SUMMED, type SumForm } from './fields.ts'
import type { FormValues, InstitutionForms } from './values.ts'

const COLUMNS = Object.keys(SUMMARY_COLUMNS) as SummaryColumnId[]

/** A sum of known values, and how many institutions (NY302: rooms) have one. */
const summarySum = z.object({ sum: z.number(), known: z.number().int() })
type SummarySum = z.infer<typeof summarySum>
/** By form, meaning of the field, and column. */
const formSums = z.record(z.string(), z.partialRecord(z.enum(COLUMNS), summarySum))
export const formSummarySchema = z.object({
  edition: z.enum(EDITIONS),
  forms: z.object({ NY301: formSums, NY302: formSums, NY303: formSums }),
  /** Institutions that count in S001 alone, since their category is not known. */
  uncategorised: z.number().int(),
})
export type FormSummary = z.infer<typeof formSummarySchema>
type FormSums = z.infer<typeof formSums>

export const emptySummary = (edition: Edition): FormSummary => ({
  edition,
  forms: { NY301: {}, NY302: {}, NY303: {} },
  uncategorised: 0,
})

/** Adds one institution, in place: a province adds 31,600. Throws RangeError for forms of another edition. */
export function addToSummary(summary: FormSummary, forms: InstitutionForms): void {
  if (forms.edition !== summary.edition)
    throw new RangeError(`cannot add a form of edition ${forms.edition} to a summary of ${summary.edition}`)
  const { category = null } = forms.NY101
  const columns = columnsOfCategory(typeof category === 'string' ? category : null)
  if (columns.length === 1) summary.uncategorised++
  const addRow = (form: SumForm, values: FormValues) => {
    for (const [id, value] of Object.entries(values))
      if (typeof value === 'number') addValue(summary.forms[form], id, columns, value)
  }
  addValue(summary.forms.NY301, COUNT_FIELDS.NY301.id, columns, 1)
  addRow('NY301', forms.NY201)
  if (forms.NY202.length > 0) addValue(summary.forms.NY302, COUNT_FIELDS.NY302.id, columns, forms.NY202.length)
  for (const room of forms.NY202) addRow('NY302', room.values)
  addRow('NY303', forms.NY203)
}

function addValue(sums: FormSums, id: string, columns: readonly SummaryColumnId[], value: number): void {
  sums[id] ??= {}
  const row = sums[id]
  for (const column of columns) row[column] = added(row[column], { sum: value, known: 1 })
}
const added = (a: SummarySum | undefined, b: SummarySum): SummarySum =>
  a ? { sum: a.sum + b.sum, known: a.known + b.known } : b

/** The sum of summaries of one edition, in the order given. */
export function mergeSummaries(edition: Edition, parts: readonly FormSummary[]): FormSummary {
  const whole = emptySummary(edition)
  for (const part of parts) {
    if (part.edition !== edition)
      throw new RangeError(`cannot add a summary of edition ${part.edition} to one of ${edition}`)
    whole.uncategorised += part.uncategorised
    for (const form of SUM_FORMS)
      for (const [id, row] of Object.entries(part.forms[form])) {
        whole.forms[form][id] ??= {}
        const own = whole.forms[form][id]
        for (const column of COLUMNS) {
          const value = row[column]
          if (value) own[column] = added(own[column], value)
        }
      }
  }
  return whole
}

/** The fields of a summary with the sums of their ten columns; null where nothing is known. */
export const summaryRows = (summary: FormSummary, form: SumForm) =>
  formFields(summary.edition, form).map((field) => ({
    field,
    values: COLUMNS.map((column) => summary.forms[form][field.id]?.[column]?.sum ?? null),
  }))

/** One column of NY301 to NY303 as values of the form that it sums; S001: all institutions. */
export function columnValues(summary: FormSummary, form: SumForm, column: SummaryColumnId = 'S001'): FormValues {
  const values = formFields(summary.edition, SUMMED[form]).map(
    ({ id }) => [id, summary.forms[form][id]?.[column]?.sum ?? null] as const,
  )
  return Object.fromEntries(values)
}

/** A child of NY304: an area or department below, and how many institutions it has. */
export interface SubordinateRow {
  code: string
  name: string
  /** Null: not reported. */
  institutions: number | null
}

/** Rows whose columns do not add up: S001 = S002 + S003 + S010 and S003 = S004 to S009, where all are categorised. */
export const unevenRows = (summary: FormSummary): { form: SumForm; id: string }[] =>
  summary.uncategorised > 0
    ? []
    : SUM_FORMS.flatMap((form) =>
        Object.entries(summary.forms[form]).flatMap(([id, row]) => {
          const sumOf = (columns: readonly SummaryColumnId[]) =>
            columns.reduce((sum, column) => sum + (row[column]?.sum ?? 0), 0)
          const isEven =
            near(sumOf(['S001']), sumOf(['S002', 'S003', 'S010'])) &&
            near(sumOf(['S003']), sumOf(['S004', 'S005', 'S006', 'S007', 'S008', 'S009']))
          return isEven ? [] : [{ form, id }]
        }),
      )
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b))
