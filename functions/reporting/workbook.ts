// Writes the tables of a report as a workbook (XLSX): one sheet a table, header rows frozen, filtered and repeated on
// each printed page. Writes the sheets' XML itself, since a library's cell objects take nine times as long for a
// province (docs/decisions/0027-workbook.md); texts are inline strings, so none can become a formula.

import { strToU8, Zip, ZipDeflate } from 'fflate'
import { must } from '../../domain/must.ts'
import type { ReportCell, ReportColumn, ReportDocument, ReportTable } from '../../domain/report/document.ts'
import { SIGN_LINES, titleOf } from '../../domain/report/words.ts'
import { escapeXml } from './escape.ts'

/** Text is handed to the compressor in pieces of this length. */
const CHUNK_CHARS = 1_000_000
/** Times in a ZIP are of 1980 and later; a constant, so that the same report is the same bytes. */
const ZIP_TIME = new Date(1980, 0, 1)
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Days from Excel's day 0 to 1970-01-01. */
const EXCEL_EPOCH_DAYS = 25_569
const UTC_PLUS_8_MS = 8 * HOUR_MS

/** Cell styles in the order of STYLES_XML. */
const STYLE = {
  plain: 0,
  text: 1,
  integer: 2,
  decimal1: 3,
  decimal2: 4,
  decimal4: 5,
  percent: 6,
  instant: 7,
  header: 8,
  title: 9,
  note: 10,
  line: 11,
  headline: 12,
} as const

const FORMATS = ['General', '@', '#,##0', '#,##0.0', '#,##0.00', '#,##0.0000', '0.0%', 'yyyy-mm-dd hh:mm'] as const

/** The bytes of the workbook. */
export function workbookOf(document: ReportDocument): Uint8Array {
  const pieces: Uint8Array[] = []
  const zip = new Zip((error, bytes) => {
    if (error) throw error
    pieces.push(bytes)
  })
  const add = (name: string, parts: Iterable<string>): void => {
    const file = new ZipDeflate(name, { level: 6 })
    file.mtime = ZIP_TIME
    zip.add(file)
    let waiting = ''
    for (const part of parts) {
      waiting += part
      if (waiting.length < CHUNK_CHARS) continue
      file.push(strToU8(waiting))
      waiting = ''
    }
    file.push(strToU8(waiting), true)
  }
  const { tables } = document
  add('[Content_Types].xml', [contentTypes(tables.length)])
  add('_rels/.rels', [ROOT_RELS])
  add('xl/workbook.xml', [workbookXml(document)])
  add('xl/_rels/workbook.xml.rels', [workbookRels(tables.length)])
  add('xl/styles.xml', [STYLES_XML])
  for (const [index, table] of tables.entries())
    add(`xl/worksheets/sheet${index + 1}.xml`, index === 0 ? firstSheet(document, table) : sheetXml(table))
  zip.end()
  return joined(pieces)
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const SHEET_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

const contentTypes = (sheets: number): string =>
  `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${SHEET_TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${SHEET_TYPE}.styles+xml"/>${numbers(
    sheets,
  )
    .map((n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${SHEET_TYPE}.worksheet+xml"/>`)
    .join('')}</Types>`

const ROOT_RELS = `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`

const workbookRels = (sheets: number): string =>
  `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${numbers(sheets)
    .map((n) => `<Relationship Id="rId${n}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${n}.xml"/>`)
    .join('')}<Relationship Id="rId${sheets + 1}" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`

/** Rows above a table: title, note, header. The first page has its headline instead of the note. */
const HEADER_ROW = 3

function workbookXml(document: ReportDocument): string {
  const { tables } = document
  const sheets = tables.map(
    ({ title }, index) => `<sheet name="${escapeXml(title.zh)}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`,
  )
  const names = tables.flatMap((table, index) => {
    const sheet = `'${escapeXml(table.title.zh)}'`
    const lastRow = HEADER_ROW + table.rows.length + (index === 0 ? 1 + belowFirst(document, table).length : 0)
    const last = columnName(table.columns.length - 1)
    const defined = (name: string, value: string, hidden = false) =>
      `<definedName name="_xlnm.${name}" localSheetId="${index}"${hidden ? ' hidden="1"' : ''}>${value}</definedName>`
    return [
      ...(index === 0
        ? []
        : [defined('_FilterDatabase', `${sheet}!$A$${HEADER_ROW}:$${last}$${HEADER_ROW + table.rows.length}`, true)]),
      defined('Print_Area', `${sheet}!$A$1:$${last}$${lastRow}`),
      defined('Print_Titles', `${sheet}!$${HEADER_ROW}:$${HEADER_ROW}`),
    ]
  })
  return `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${sheets.join('')}</sheets><definedNames>${names.join('')}</definedNames></workbook>`
}

const border = (side: string): string => `<${side} style="thin"><color rgb="FFBFBFBF"/></${side}>`
const STYLES_XML = `${HEAD}<styleSheet xmlns="${MAIN}"><numFmts count="${FORMATS.length}">${FORMATS.map(
  (code, index) => `<numFmt numFmtId="${164 + index}" formatCode="${escapeXml(code)}"/>`,
).join(
  '',
)}</numFmts><fonts count="5"><font><sz val="10"/><name val="宋体"/></font><font><b/><sz val="10"/><name val="宋体"/></font><font><b/><sz val="16"/><name val="宋体"/></font><font><sz val="9"/><color rgb="FF595959"/><name val="宋体"/></font><font><b/><sz val="12"/><name val="宋体"/></font></fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE7EEF7"/></patternFill></fill></fills><borders count="2"><border/><border>${['left', 'right', 'top', 'bottom'].map(border).join('')}</border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="13">${FORMATS.map(
  (_, index) =>
    `<xf numFmtId="${164 + index}" fontId="0" borderId="1" applyNumberFormat="1" applyBorder="1" applyAlignment="1"><alignment vertical="center"${index === STYLE.text ? ' wrapText="1"' : ''}/></xf>`,
).join(
  '',
)}<xf fontId="1" fillId="2" borderId="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment horizontal="center" vertical="center" wrapText="1"/></xf><xf fontId="2" applyFont="1" applyAlignment="1"><alignment horizontal="center" vertical="center"/></xf><xf fontId="3" applyFont="1" applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf><xf fontId="0" applyFont="1" applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf><xf fontId="4" applyFont="1" applyAlignment="1"><alignment horizontal="center" vertical="center" wrapText="1"/></xf></cellXfs></styleSheet>`

/** A to Z, AA …, by the place of the column from 0. */
function columnName(index: number): string {
  let name = ''
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26))
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name
  return name
}

const textCell = (reference: string, text: string, style: number): string =>
  `<c r="${reference}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escapeXml(text)}</t></is></c>`

function cellXml(reference: string, cell: ReportCell, { format }: ReportColumn): string {
  if (cell === null) return `<c r="${reference}" s="${STYLE[format]}"/>`
  if (typeof cell === 'string') return textCell(reference, cell, STYLE.text)
  const value = format === 'instant' ? (cell + UTC_PLUS_8_MS) / DAY_MS + EXCEL_EPOCH_DAYS : cell
  return `<c r="${reference}" s="${STYLE[format]}"><v>${value}</v></c>`
}

const headerText = ({ title, unit }: ReportColumn): string => (unit ? `${title.zh}\n（${unit}）` : title.zh)

const WIDTHS: Record<Exclude<ReportColumn['format'], 'text'>, number> = {
  integer: 11,
  decimal1: 14,
  decimal2: 14,
  decimal4: 14,
  percent: 10,
  instant: 17,
}
/** Rows that decide how wide a column of text is. */
const ROWS_MEASURED = 200
const TEXT_WIDTH = { min: 8, max: 36 } as const

/** In columns of one Latin letter; a Chinese one takes two. */
const widthOf = (text: string): number =>
  [...text].reduce((sum, character) => sum + ((character.codePointAt(0) ?? 0) > 0x2e7f ? 2 : 1), 2)

function textWidth({ title }: ReportColumn, place: number, rows: ReportTable['rows']): number {
  const widths = rows.slice(0, ROWS_MEASURED).map(({ cells }) => widthOf(String(cells[place] ?? '')))
  return Math.min(TEXT_WIDTH.max, Math.max(TEXT_WIDTH.min, widthOf(title.zh), ...widths))
}

const colsXml = ({ columns, rows }: ReportTable): string => {
  const cols = columns.map((column, place) => {
    const width = column.format === 'text' ? textWidth(column, place, rows) : WIDTHS[column.format]
    return `<col min="${place + 1}" max="${place + 1}" width="${width}" customWidth="1"/>`
  })
  return `<cols>${cols.join('')}</cols>`
}

function* rowsXml({ columns, rows }: ReportTable, names: readonly string[], height = '') {
  for (const [index, { cells }] of rows.entries()) {
    const row = HEADER_ROW + 1 + index
    const made = columns.map((column, place) => cellXml(`${must(names[place])}${row}`, cells[place] ?? null, column))
    yield `<row r="${row}"${height}>${made.join('')}</row>`
  }
}

const sheetStart = (table: ReportTable): string =>
  `${HEAD}<worksheet xmlns="${MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0"><pane ySplit="${HEADER_ROW}" topLeftCell="A${HEADER_ROW + 1}" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>${colsXml(table)}<sheetData>`

const PAGE = '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
const pageSetup = (orientation: 'landscape' | 'portrait', fitToHeight: 0 | 1): string =>
  `${PAGE}<pageSetup paperSize="9" orientation="${orientation}" fitToWidth="1" fitToHeight="${fitToHeight}"/><headerFooter><oddFooter>&amp;C第 &amp;P 页，共 &amp;N 页</oddFooter></headerFooter>`

function* sheetXml(table: ReportTable): Iterable<string> {
  const { columns, rows } = table
  const names = columns.map((_, index) => columnName(index))
  const last = must(names.at(-1))
  yield sheetStart(table)
  yield `<row r="1" ht="28" customHeight="1">${textCell('A1', table.title.zh, STYLE.title)}</row>`
  yield `<row r="2" ht="26" customHeight="1">${textCell('A2', table.note.zh, STYLE.note)}</row>`
  yield headerRow(columns, names)
  yield* rowsXml(table, names)
  yield `</sheetData><autoFilter ref="A${HEADER_ROW}:${last}${HEADER_ROW + rows.length}"/>`
  yield `<mergeCells count="2"><mergeCell ref="A1:${last}1"/><mergeCell ref="A2:${last}2"/></mergeCells>`
  yield `${pageSetup('landscape', 0)}</worksheet>`
}

const headerRow = (columns: readonly ReportColumn[], names: readonly string[]): string =>
  `<row r="${HEADER_ROW}" ht="32" customHeight="1">${columns
    .map((column, place) => textCell(`${must(names[place])}${HEADER_ROW}`, headerText(column), STYLE.header))
    .join('')}</row>`

/** Below the table of the first page: an empty row, its note, the highlights, and the lines to sign. */
const belowFirst = (
  document: ReportDocument,
  table: ReportTable,
): { text: string; style: number; height: number }[] => [
  { text: table.note.zh, style: STYLE.note, height: 20 },
  ...document.highlights.map(({ zh }) => ({ text: zh, style: STYLE.line, height: 32 })),
  ...SIGN_LINES.map((text) => ({ text, style: STYLE.line, height: 36 })),
]

/** One A4 page: title, the verdict in one sentence, the indicators, who is over, and the lines to sign. */
function* firstSheet(document: ReportDocument, table: ReportTable): Iterable<string> {
  const names = table.columns.map((_, index) => columnName(index))
  const last = must(names.at(-1))
  const row = (number: number, height: number, text: string, style: number): string =>
    `<row r="${number}" ht="${height}" customHeight="1">${textCell(`A${number}`, text, style)}</row>`
  yield sheetStart(table)
  yield row(1, 40, titleOf(document), STYLE.title)
  yield row(2, 36, document.headline.zh, STYLE.headline)
  yield headerRow(table.columns, names)
  yield* rowsXml(table, names, ' ht="26" customHeight="1"')
  const first = HEADER_ROW + table.rows.length + 2
  const below = belowFirst(document, table)
  for (const [index, { text, style, height }] of below.entries()) yield row(first + index, height, text, style)
  const merged = [1, 2, ...below.map((_, index) => first + index)]
  yield `</sheetData><mergeCells count="${merged.length}">${merged.map((one) => `<mergeCell ref="A${one}:${last}${one}"/>`).join('')}</mergeCells>`
  yield `${pageSetup('landscape', 1)}</worksheet>`
}
