// Writes a table as CSV (RFC 4180): UTF-8 with a byte order mark, as Excel in China wants it, heads with their units.
// Figures are not rounded; text that a spreadsheet would take for a formula is made text.

import { formatInstant } from '../calendar.ts'
import type { ReportCell, ReportColumn, ReportTable } from './document.ts'
import { BYTE_ORDER_MARK, csvField, csvLine, withoutFormula } from './escape.ts'

/** Rows that become one piece of text. */
const ROWS_PER_PIECE = 2000

/** The text of the file, in pieces. */
export function* csvPieces({ columns, rows }: Pick<ReportTable, 'columns' | 'rows'>): Generator<string> {
  const head = columns.map(({ title, unit }) => withoutFormula(unit ? `${title.zh}（${unit}）` : title.zh))
  yield BYTE_ORDER_MARK + csvLine(head)
  for (let first = 0; first < rows.length; first += ROWS_PER_PIECE) {
    const some = rows.slice(first, first + ROWS_PER_PIECE)
    yield some.map(({ cells }) => rowText(cells, columns)).join('')
  }
}
export const csvOf = (table: Pick<ReportTable, 'columns' | 'rows'>): string => [...csvPieces(table)].join('')

/** Numbers need no quotes. */
function rowText(cells: readonly ReportCell[], columns: readonly ReportColumn[]): string {
  let line = ''
  for (let place = 0; place < columns.length; place++) {
    const cell = cells[place] ?? null
    if (place > 0) line += ','
    if (typeof cell === 'string') line += csvField(withoutFormula(cell))
    else if (cell !== null) line += columns[place]?.format === 'instant' ? formatInstant(cell) : String(cell)
  }
  return `${line}\r\n`
}
