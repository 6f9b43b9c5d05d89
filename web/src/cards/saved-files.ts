// Writes a saved table as CSV or XLSX, by the writers of the monthly report. Loaded when a reader saves a file.

import { strToU8 } from 'fflate'
import type { Language } from '../../../domain/phrase.ts'
import { csvOf } from '../../../domain/report/csv.ts'
import type { ReportTable } from '../../../domain/report/document.ts'
import { tableWorkbook } from '../../../domain/report/workbook.ts'
import { zipFiles } from '../api/zip.ts'
import type { SavedTable } from './saved-table.ts'

export const SAVED_KINDS = ['csv', 'xlsx'] as const
export type SavedKind = (typeof SAVED_KINDS)[number]
const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** `note`: stands below the title of a workbook. Throws what loading the rows throws. */
export async function savedFile(
  table: SavedTable,
  { kind, note, language }: { kind: SavedKind; note: string; language: Language },
): Promise<Blob> {
  const loaded = await table.load(language)
  if (kind === 'csv') return new Blob([csvOf(loaded)], { type: 'text/csv; charset=utf-8' })
  const { title } = table
  const whole: ReportTable = { id: 'table', title: { zh: title, en: title }, note: { zh: note, en: note }, ...loaded }
  const parts = tableWorkbook(whole).map(({ name, text }) => [name, strToU8([...text].join(''))] as const)
  return zipFiles(Object.fromEntries(parts), XLSX_TYPE)
}
