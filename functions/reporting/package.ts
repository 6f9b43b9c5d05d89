// Makes the files of a report from its document, and the manifest that names each with its SHA-256.

import { stringify } from 'csv-stringify/sync'
import { formatInstant } from '../../domain/calendar.ts'
import type { ReportCell, ReportColumn, ReportDocument, ReportTable } from '../../domain/report/document.ts'
import { withoutFormula } from './escape.ts'
import { printableOf } from './printable.ts'
import { workbookOf } from './workbook.ts'

export interface ReportFile {
  name: string
  contentType: string
  bytes: Uint8Array
}

/** Name of the workbook and of the printable document in a package. */
const WORKBOOK = 'report.xlsx'
const PRINTABLE = 'report.html'
const DOCUMENT = 'report.json'

/** The same document gives the same bytes. */
export function reportFiles(document: ReportDocument): ReportFile[] {
  const text = (content: string): Uint8Array => new TextEncoder().encode(content)
  return [
    {
      name: WORKBOOK,
      contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      bytes: workbookOf(document),
    },
    { name: PRINTABLE, contentType: 'text/html; charset=utf-8', bytes: text(printableOf(document)) },
    { name: DOCUMENT, contentType: 'application/json', bytes: text(`${JSON.stringify(document)}\n`) },
    ...document.tables.map((table) => ({
      name: `tables/${table.id}.csv`,
      contentType: 'text/csv; charset=utf-8',
      bytes: text(csvOf(table)),
    })),
  ]
}

/** UTF-8 with a byte order mark, as Excel in China wants it, Chinese heads with their units. */
export function csvOf({ columns, rows }: ReportTable): string {
  const head = columns.map(({ title, unit }) => (unit ? `${title.zh}（${unit}）` : title.zh))
  const body = rows.map(({ cells }) => columns.map((column, place) => csvCell(cells[place] ?? null, column)))
  return stringify([head, ...body], { bom: true, record_delimiter: 'windows' })
}

function csvCell(cell: ReportCell, { format }: ReportColumn): string {
  if (cell === null) return ''
  if (typeof cell === 'string') return withoutFormula(cell)
  return format === 'instant' ? formatInstant(cell) : String(cell)
}

export interface ReportManifest {
  version: 1
  subject: ReportDocument['subject']
  month: string
  asOfMs: number
  /** When the package was made: the only thing that differs when it is made twice from the same data. */
  madeMs: number
  files: { name: string; bytes: number; sha256: string }[]
}

export async function manifestOf(
  { subject, month, asOfMs }: ReportDocument,
  files: readonly ReportFile[],
  madeMs: number,
): Promise<ReportManifest> {
  const named = await Promise.all(
    files.map(async ({ name, bytes }) => ({ name, bytes: bytes.length, sha256: await sha256Of(bytes) })),
  )
  return { version: 1, subject, month, asOfMs, madeMs, files: named }
}

async function sha256Of(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Buffer.from(digest).toString('hex')
}
