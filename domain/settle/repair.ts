// Parses repair files: rows that correct or withdraw readings. Cells are text or JSON values. Each problem names row,
// field and reason, and one bad row refuses its file.

import { parseInstant } from '../instant.ts'
import { AT_MS_MIN, CLOCK_AHEAD_MS_MAX } from '../wire/reading.ts'

export const REPAIR_COLUMNS = ['meter', 'at', 'value', 'remove'] as const
/** Further headers of each column, besides its own name. */
export const REPAIR_HEADERS: Readonly<Record<(typeof REPAIR_COLUMNS)[number], readonly string[]>> = {
  meter: ['表计编号', '表计编码', '表号'],
  at: ['时间', '读数时间', '抄表时间'],
  value: ['读数', '表底', '示数'],
  remove: ['删除', '撤回'],
}
export type RepairCell = string | number | boolean | null | undefined
export type RepairRow = Partial<Record<(typeof REPAIR_COLUMNS)[number], RepairCell>>

/**
 * `value` in the meter's register unit; null withdraws the reading. `row` is the row of the file; the header is row 1.
 */
export interface Repair {
  row: number
  meter: string
  atMs: number
  value: number | null
}
export interface RefusedRepair {
  row: number
  field: string
  reason: string
}

const FIRST_ROW = 2
const TRUE = ['true', '1', 'yes', '是']
const FALSE = ['', 'false', '0', 'no', '否']

/** Parses rows to repairs and problems. Empty rows are ignored. No reading may lie far after `nowMs`. */
export function parseRepairs(
  rows: readonly RepairRow[],
  nowMs: number,
): { repairs: Repair[]; refused: RefusedRepair[] } {
  const repairs: Repair[] = []
  const refused: RefusedRepair[] = []
  const seen = new Map<string, number>()
  for (const [index, cells] of rows.entries()) {
    const row = index + FIRST_ROW
    const [meter = '', at = '', value = '', remove = ''] = REPAIR_COLUMNS.map((column) =>
      String(cells[column] ?? '').trim(),
    )
    if (!meter && !at && !value && !remove) continue
    const refuse = (field: string, reason: string): number => refused.push({ row, field, reason })
    const before = refused.length
    if (!meter) refuse('meter', 'is missing')
    const atMs = /^\d{1,15}$/.test(at) ? Number(at) : parseInstant(at)
    if (atMs === undefined) refuse('at', `"${at}" is neither RFC 3339 with an offset nor epoch milliseconds`)
    else if (atMs > nowMs + CLOCK_AHEAD_MS_MAX) refuse('at', 'lies in the future')
    else if (atMs < AT_MS_MIN) refuse('at', 'lies before 2000')
    const isRemoved = TRUE.includes(remove.toLowerCase())
    if (!isRemoved && !FALSE.includes(remove.toLowerCase())) refuse('remove', `"${remove}" is neither true nor false`)
    const number = decimalOf(cells.value)
    if (isRemoved && value) refuse('value', 'must be empty where the reading is removed')
    if (!isRemoved && number === undefined) refuse('value', `"${value}" is no number in plain decimals such as 1234.5`)
    const same = seen.get(`${meter} ${atMs}`)
    if (same !== undefined && atMs !== undefined) refuse('at', `is given for this meter in row ${same} already`)
    seen.set(`${meter} ${atMs}`, row)
    if (refused.length === before && atMs !== undefined)
      repairs.push({ row, meter, atMs, value: isRemoved ? null : (number ?? null) })
  }
  return { repairs, refused }
}

const DECIMAL = /^-?\d+(\.\d+)?$/

/**
 * A number of JSON, or text in plain decimals. Number() would read an empty cell as 0 and 0x10 as 16, and a spreadsheet
 * writes 1.23E+05 where digits are gone (docs/rules/interfaces.md#repair-files).
 */
function decimalOf(cell: RepairCell): number | undefined {
  const value = typeof cell === 'number' ? cell : DECIMAL.test(String(cell ?? '').trim()) ? Number(cell) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}
