// Gives every table and form of a report the path that explains its numbers, and finds a cell by its address, so that
// each number can be followed (docs/rules/report.md#trace).

import type { ReportCell, ReportColumn, ReportDocument, ReportRow, ReportTable } from './document.ts'

type Subject = ReportDocument['subject']
const pathOf = ({ type, id }: Pick<Subject, 'type' | 'id'>): string =>
  `${type === 'area' ? 'areas' : 'institutions'}/${encodeURIComponent(id)}`

/** The table with its path; rows of forms have their own. `month`: of the report. */
export function traced(table: ReportTable, subject: Pick<Subject, 'type' | 'id'>, month: string): ReportTable {
  const own = pathOf(subject)
  const energy = `${own}/explain?table=dualControl&indicator=energy&month=${month}`
  const year = month.slice(0, 4)
  const registered = subject.type === 'area' ? `institutions?area=${subject.id}` : own
  const [, form, period] = /^(ny\d{3}|coal-equivalent)-(.+)$/.exec(table.id) ?? []
  if (form !== undefined && period !== undefined) {
    const filled = subject.type === 'area' ? registered : `forms/${encodeURIComponent(subject.id)}/${period}`
    if (form === 'coal-equivalent') return { ...table, trace: energy }
    return { ...table, trace: filled, rows: table.rows.map((row) => formRow(row, { filled, energy })) }
  }
  const paths: Record<string, string> = {
    types: registered,
    costs: subject.type === 'area' ? registered : `${own}/cost?month=${month}`,
    carbon: `${own}/carbon?year=${year}`,
    renewable: subject.type === 'area' ? energy : `${own}/tree?month=${month}`,
    access: `${own}/access`,
    submissions: `${own}/reports-due`,
    checks: 'settings/report-checks',
    'check-limits': 'settings/report-checks',
    'spot-check': `${own}/spot-checks/${year}`,
    methods: 'tables/coefficients',
  }
  const trace = paths[table.id]
  return trace === undefined ? table : { ...table, trace }
}

/** Amounts are explained by dual control; sizes and what a person filled in by the registry or the form. */
function formRow(row: ReportRow, { filled, energy }: { filled: string; energy: string }): ReportRow {
  const unit = String(row.cells[2] ?? '')
  const isWater = /_(?:120|121|310|311)$/.test(row.id)
  const isAmount = /千瓦时|立方米|吉焦|升|千克|吨|^元$/.test(unit)
  if (!isAmount) return { ...row, trace: filled }
  return { ...row, trace: isWater ? energy.replace('indicator=energy', 'indicator=water') : energy }
}

/** Rows of a sheet above those of its table: title, note and head. */
export const SHEET_HEAD_ROWS = 3

export interface FoundCell {
  table: ReportTable
  row: ReportRow
  column: ReportColumn
  value: ReportCell
  /** Its address in the workbook, e.g. `首页!E4`. */
  sheetCell: string
  trace: string | null
}

/** The cell at `TABLE/ROW/COLUMN` (ids; a row's may have slashes), or at `SHEET!E4` of the workbook. */
export function cellAtAddress({ tables }: Pick<ReportDocument, 'tables'>, address: string): FoundCell | undefined {
  const [, sheet, letters = '', digits] = /^'?(.+?)'?!\$?([A-Za-z]{1,3})\$?(\d+)$/.exec(address) ?? []
  if (sheet !== undefined) {
    const table = tables.find((one) => sheetNameOf(one) === sheet)
    return table && found(table, Number(digits) - SHEET_HEAD_ROWS - 1, columnPlace(letters))
  }
  const [id = '', ...rest] = address.split('/')
  const column = rest.pop()
  const table = tables.find((one) => one.id === id)
  if (!table) return undefined
  const place = table.columns.findIndex((one) => one.id === column)
  const row = table.rows.findIndex((one) => one.id === rest.join('/'))
  return found(table, row, place)
}

function found(table: ReportTable, rowPlace: number, columnPlace: number): FoundCell | undefined {
  const [row, column] = [table.rows[rowPlace], table.columns[columnPlace]]
  if (!row || !column) return undefined
  const sheetCell = `${sheetNameOf(table)}!${sheetColumn(columnPlace)}${rowPlace + SHEET_HEAD_ROWS + 1}`
  return {
    table,
    row,
    column,
    value: row.cells[columnPlace] ?? null,
    sheetCell,
    trace: row.trace ?? table.trace ?? null,
  }
}

export const sheetNameOf = ({ title, sheet }: Pick<ReportTable, 'title' | 'sheet'>): string =>
  excelName(sheet ?? title.zh)

const SHEET_NAME_MAX = 31
/** A name that Excel accepts: without its eight forbidden characters, an apostrophe at an end, or a half character. */
const excelName = (title: string): string =>
  title
    .replace(/[\\/?*:[\]]/g, ' ')
    .slice(0, SHEET_NAME_MAX)
    .replace(/^'+|'+$/g, '')
    .toWellFormed()
    .replace(/\uFFFD$/, '')
    .trim() || 'Sheet'

/** A to Z, AA …, by the place of the column from 0. */
export function sheetColumn(place: number): string {
  let name = ''
  for (let rest = place + 1; rest > 0; rest = Math.floor((rest - 1) / 26))
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name
  return name
}
const columnPlace = (letters: string): number =>
  [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
