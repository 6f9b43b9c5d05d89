// Writes tables as the parts of a workbook (XLSX): one sheet a table, header rows frozen, filtered and repeated on each
// printed page. Writes the sheets' XML itself, since a library's cell objects take nine times as long for a province
// (docs/decisions/0027-workbook.md); texts are inline strings, so none can become a formula. The caller zips the parts.

import { must } from '../must.ts'
import type { Language, Phrase } from '../phrase.ts'
import { chartContentTypes, chartParts, chartReference, chartRoom } from './chart-xml.ts'
import type { ReportCell, ReportColumn, ReportDocument, ReportTable } from './document.ts'
import { escapeXml } from './escape.ts'
import { SHEET_HEAD_ROWS, sheetColumn, sheetNameOf } from './trace.ts'
import { SIGN_LINES, titleOf } from './words.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Days from Excel's day 0 to 1970-01-01. */
const EXCEL_EPOCH_DAYS = 25_569
const UTC_PLUS_8_MS = 8 * HOUR_MS

/** Cell styles in the order of STYLES_XML. */
const STYLE = {
  general: 0,
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

/** A file of the workbook's ZIP. */
export interface WorkbookPart {
  name: string
  text: Iterable<string>
}

/** The parts of a report's workbook; its first table is the page that is signed. */
export const reportWorkbook = (document: ReportDocument): WorkbookPart[] => workbookParts(document.tables, document)

/** The parts of a workbook of plain tables. */
export const tablesWorkbook = (tables: readonly ReportTable[]): WorkbookPart[] => workbookParts(tables, null)
/** The parts of a workbook of one table. */
export const tableWorkbook = (table: ReportTable): WorkbookPart[] => tablesWorkbook([table])

/** `cover`: the document whose first page is the first sheet; null: every sheet is a plain table. */
function workbookParts(tables: readonly ReportTable[], cover: ReportDocument | null): WorkbookPart[] {
  return [
    { name: '[Content_Types].xml', text: [contentTypes(tables)] },
    { name: '_rels/.rels', text: [ROOT_RELS] },
    { name: 'xl/workbook.xml', text: [workbookXml(tables, cover)] },
    { name: 'xl/_rels/workbook.xml.rels', text: [workbookRels(tables.length)] },
    { name: 'xl/styles.xml', text: [STYLES_XML] },
    ...tables.map((table, index) => ({
      name: `xl/worksheets/sheet${index + 1}.xml`,
      text: index === 0 && cover ? firstSheet(cover, table) : sheetXml(table),
    })),
    ...tables.flatMap((table, index) => chartParts(table, index + 1)),
  ]
}

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const SHEET_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

const contentTypes = (tables: readonly ReportTable[]): string =>
  `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${SHEET_TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${SHEET_TYPE}.styles+xml"/>${tables
    .map(
      (table, index) =>
        `<Override PartName="/xl/worksheets/sheet${index + 1}.xml" ContentType="${SHEET_TYPE}.worksheet+xml"/>${chartContentTypes(table, index + 1)}`,
    )
    .join('')}</Types>`

const ROOT_RELS = `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`

const workbookRels = (sheets: number): string =>
  `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${numbers(sheets)
    .map((n) => `<Relationship Id="rId${n}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${n}.xml"/>`)
    .join('')}<Relationship Id="rId${sheets + 1}" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`

/** Rows above a table: title, note, header. The first page has its headline instead of the note. */
const HEADER_ROW = SHEET_HEAD_ROWS

function workbookXml(tables: readonly ReportTable[], cover: ReportDocument | null): string {
  const names = tables.map((table) => escapeXml(sheetNameOf(table)))
  const sheets = names.map((name, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`)
  const definedNames = tables.flatMap((table, index) => {
    const isCover = index === 0 && cover !== null
    const sheet = `'${must(names[index]).replaceAll('&#39;', '&#39;&#39;')}'`
    const room = chartRoom(table)
    const below = isCover ? 1 + belowFirst(cover, table).length : room.rows
    const lastRow = HEADER_ROW + table.rows.length + below
    const last = sheetColumn(table.columns.length - 1)
    const lastPrinted = sheetColumn(table.columns.length - 1 + (isCover ? 0 : room.columns))
    const defined = (name: string, value: string, hidden = false) =>
      `<definedName name="_xlnm.${name}" localSheetId="${index}"${hidden ? ' hidden="1"' : ''}>${value}</definedName>`
    return [
      ...(isCover
        ? []
        : [defined('_FilterDatabase', `${sheet}!$A$${HEADER_ROW}:$${last}$${HEADER_ROW + table.rows.length}`, true)]),
      defined('Print_Area', `${sheet}!$A$1:$${lastPrinted}$${lastRow}`),
      defined('Print_Titles', `${sheet}!$${HEADER_ROW}:$${HEADER_ROW}`),
    ]
  })
  return `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${sheets.join('')}</sheets><definedNames>${definedNames.join('')}</definedNames></workbook>`
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

/** Names and words stand in many cells. Longer texts, and more of them than the institutions of a province, do not. */
const ESCAPED_CHARS_MAX = 40
const ESCAPED_MAX = 100_000
const escapedTexts = new Map<string, string>()
function escaped(text: string): string {
  if (text.length > ESCAPED_CHARS_MAX) return escapeXml(text)
  const known = escapedTexts.get(text)
  if (known !== undefined) return known
  const made = escapeXml(text)
  if (escapedTexts.size >= ESCAPED_MAX) escapedTexts.clear()
  escapedTexts.set(text, made)
  return made
}

/** `start`: the element up to the style's number. */
const textFrom = (start: string, text: string, style: number): string =>
  `${start}${style}" t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`
const textCell = (reference: string, text: string, style: number): string =>
  textFrom(`<c r="${reference}" s="`, text, style)

function cellXml(start: string, cell: ReportCell | undefined, { format }: ReportColumn): string {
  if (typeof cell === 'string') return textFrom(start, cell, STYLE.text)
  if (cell === null || cell === undefined) return `${start}${STYLE[format]}"/>`
  const value = format === 'instant' ? (cell + UTC_PLUS_8_MS) / DAY_MS + EXCEL_EPOCH_DAYS : cell
  return `${start}${STYLE[format]}"><v>${value}</v></c>`
}

const headerText = ({ title, unit }: ReportColumn, language: Language = 'zh'): string => {
  if (!unit) return title[language]
  return language === 'zh' ? `${title.zh}\n（${unit}）` : `${title.en}\n(${unit})`
}

const WIDTHS: Record<Exclude<ReportColumn['format'], 'text'>, number> = {
  general: 14,
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

/** Of a column of mixed values, whose rows are as high as one line: a SHA-256 has 64 digits. */
const MIXED_WIDTH_MAX = 68

function textWidth({ title, format }: ReportColumn, place: number, rows: ReportTable['rows']): number {
  const texts = rows.slice(0, ROWS_MEASURED).map(({ cells }) => cells[place] ?? '')
  if (format !== 'text') {
    const widths = texts.filter((text) => typeof text === 'string').map(widthOf)
    return Math.min(MIXED_WIDTH_MAX, Math.max(WIDTHS.general, ...widths))
  }
  return Math.min(
    TEXT_WIDTH.max,
    Math.max(TEXT_WIDTH.min, widthOf(title.zh), ...texts.map((text) => widthOf(String(text)))),
  )
}

const colsXml = ({ columns, rows }: ReportTable): string => {
  const cols = columns.map((column, place) => {
    const { format } = column
    const width = format === 'text' || format === 'general' ? textWidth(column, place, rows) : WIDTHS[format]
    return `<col min="${place + 1}" max="${place + 1}" width="${width}" customWidth="1"/>`
  })
  return `<cols>${cols.join('')}</cols>`
}

/** Rows of a longer table are as high as one line: it has names and figures, and measuring each text takes its time. */
const ROWS_FITTED_MAX = 100
const ROW_LINE_PT = 13.5

/** The height of a row with a text of more than a line of its column: not every program fits it by itself. */
function fittedHeight(table: ReportTable, cells: ReportTable['rows'][number]['cells']): string {
  if (table.rows.length > ROWS_FITTED_MAX) return ''
  const lines = table.columns.map((column, place) => {
    const text = cells[place]
    if (typeof text !== 'string' || column.format !== 'text') return 1
    return Math.ceil(widthOf(text) / textWidth(column, place, table.rows))
  })
  const most = Math.max(...lines)
  return most > 1 ? ` ht="${most * ROW_LINE_PT}" customHeight="1"` : ''
}

function* rowsXml(table: ReportTable, names: readonly string[], height?: string) {
  const { columns, rows } = table
  const starts = names.map((name) => `<c r="${name}`)
  for (const [index, { cells }] of rows.entries()) {
    const row = HEADER_ROW + 1 + index
    let made = `<row r="${row}"${height ?? fittedHeight(table, cells)}>`
    for (const [place, column] of columns.entries())
      made += cellXml(`${starts[place]}${row}" s="`, cells[place], column)
    yield `${made}</row>`
  }
}

const sheetStart = (table: ReportTable): string =>
  `${HEAD}<worksheet xmlns="${MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0"><pane ySplit="${HEADER_ROW}" topLeftCell="A${HEADER_ROW + 1}" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>${colsXml(table)}<sheetData>`

const PAGE = '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
const PAGE_NUMBERS: Phrase = { zh: '第 &amp;P 页，共 &amp;N 页', en: 'Page &amp;P of &amp;N' }
const pageSetup = (fitToHeight: 0 | 1, language: Language = 'zh'): string =>
  `${PAGE}<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="${fitToHeight}"/><headerFooter><oddFooter>&amp;C${PAGE_NUMBERS[language]}</oddFooter></headerFooter>`

function* sheetXml(table: ReportTable): Iterable<string> {
  const { columns, rows } = table
  const names = columns.map((_, index) => sheetColumn(index))
  const last = must(names.at(-1))
  yield sheetStart(table)
  yield `<row r="1" ht="28" customHeight="1">${textCell('A1', table.title.zh, STYLE.title)}</row>`
  yield `<row r="2" ht="26" customHeight="1">${textCell('A2', table.note.zh, STYLE.note)}</row>`
  yield headerRow(table, names)
  yield* rowsXml(table, names)
  yield `</sheetData><autoFilter ref="A${HEADER_ROW}:${last}${HEADER_ROW + rows.length}"/>`
  yield `<mergeCells count="2"><mergeCell ref="A1:${last}1"/><mergeCell ref="A2:${last}2"/></mergeCells>`
  yield `${pageSetup(0, table.language)}${chartReference(table)}</worksheet>`
}

/** High enough for the longest title in its column. */
const HEADER_LINE_PT = 14
const HEADER_LINES_MIN = 2
function headerHeight({ columns, language }: ReportTable): number {
  const lines = columns.map((column) => {
    const width = column.format === 'text' ? TEXT_WIDTH.max : WIDTHS[column.format]
    return headerText(column, language)
      .split('\n')
      .reduce((sum, line) => sum + Math.ceil(widthOf(line) / width), 0)
  })
  return HEADER_LINE_PT * Math.max(HEADER_LINES_MIN, ...lines) + HEADER_LINE_PT / 2
}

const headerRow = (table: ReportTable, names: readonly string[]): string =>
  `<row r="${HEADER_ROW}" ht="${headerHeight(table)}" customHeight="1">${table.columns
    .map((column, place) =>
      textCell(`${must(names[place])}${HEADER_ROW}`, headerText(column, table.language), STYLE.header),
    )
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
  const names = table.columns.map((_, index) => sheetColumn(index))
  const last = must(names.at(-1))
  const row = (number: number, height: number, text: string, style: number): string =>
    `<row r="${number}" ht="${height}" customHeight="1">${textCell(`A${number}`, text, style)}</row>`
  yield sheetStart(table)
  yield row(1, 40, titleOf(document), STYLE.title)
  yield row(2, 36, document.headline.zh, STYLE.headline)
  yield headerRow(table, names)
  yield* rowsXml(table, names, ' ht="26" customHeight="1"')
  const first = HEADER_ROW + table.rows.length + 2
  const below = belowFirst(document, table)
  for (const [index, { text, style, height }] of below.entries()) yield row(first + index, height, text, style)
  const merged = [1, 2, ...below.map((_, index) => first + index)]
  yield `</sheetData><mergeCells count="${merged.length}">${merged.map((one) => `<mergeCell ref="A${one}:${last}${one}"/>`).join('')}</mergeCells>`
  yield `${pageSetup(1)}</worksheet>`
}
