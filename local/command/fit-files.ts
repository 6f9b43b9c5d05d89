// The two files of `kilowatch fit`: use (`start,value`) and temperature (`dt,temperature`), plain or gzipped. Errors
// name file, line and column (docs/rules/savings.md#files).

import { CsvError, type CsvRow, cellError, indexHeader, readRows } from '../../devices/replay/csv-table.ts'
import { must } from '../../domain/must.ts'
import type { BillingRead } from '../../domain/savings/billing-periods.ts'
import { type DayCut, type DayValues, UTC_DAYS } from '../../domain/savings/day-values.ts'
import type { TemperatureUnit } from '../../domain/savings/fit-settings.ts'
import { parseStamp, type Stamp, writtenDay } from '../../domain/savings/stamp.ts'
import { type TemperatureRow, temperatureDays } from '../../domain/savings/temperature-days.ts'
import { daysOfUse, implausibleUse, type UseDays, type UseRow } from '../../domain/savings/use-days.ts'
import { wrongTemperature } from '../../domain/savings/weather-series.ts'

/** A row of a file of times and numbers; NaN = missing. */
interface NumberRow {
  line: number
  text: string
  stamp: Stamp
  value: number
  /** The cell of a further column; empty without one. */
  more: string
}

interface NumberTable {
  rows: NumberRow[]
  /** Names of its two columns. */
  time: string
  number: string
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
/** CalTRACK 2.2.1.3: NULL, NaN, or similar. */
const MISSING = /^(|nan|null|na|n\/a|none|-)$/i
const USE_COLUMNS = ['value']
/** Two of the names say their unit. */
const TEMPERATURE_COLUMNS = ['temperature', 'tempF', 'tempC']
const UNIT_OF_COLUMN = new Map<string, TemperatureUnit>([
  ['tempF', 'F'],
  ['tempC', 'C'],
])

/** Days of a meter file. Throws CsvError for what is no such file. */
export async function readUseFile(
  file: string,
  rule: { zeroIsMissing: boolean },
): Promise<UseDays & { hasOffsets: boolean; amounts: UseRow[] }> {
  const { rows, time, number } = await readNumbers(file, 'start', USE_COLUMNS)
  const amounts = rows.map(({ stamp, value }) => ({ stamp, amount: value }))
  const wrong = implausibleUse(amounts)
  if (wrong) {
    const { line, value } = must(rows[wrong.index])
    throw new CsvError(file, { line, column: number }, `${value} ${wrong.detail}`)
  }
  const found = daysOfUse(amounts, rule)
  if ('detail' in found) {
    const { line, text } = must(rows[found.index])
    throw new CsvError(file, { line, column: time }, `"${text}": ${found.detail}`)
  }
  return { ...found, amounts, hasOffsets: rows.every(({ stamp }) => stamp.hasOffset) }
}

/** Cells of the column `estimated` that say yes. */
const SAYS_YES = /^(1|true|yes|y|是)$/i

/**
 * Bills: a row's amount is that of the days until the next row; the last row only ends the one before. Throws CsvError
 * for what is no such file.
 */
export async function readBillFile(file: string): Promise<BillingRead[]> {
  const { rows, time, number } = await readNumbers(file, 'start', USE_COLUMNS, 'estimated')
  if (rows.length < 2) throw new CsvError(file, { line: 2, column: time }, 'a bill needs a row after it, which ends it')
  const ordered = rows.toSorted((a, b) => a.stamp.writtenMs - b.stamp.writtenMs)
  const wrong = implausibleUse(ordered.slice(0, -1).map(({ stamp, value }) => ({ stamp, amount: value })))
  if (wrong) {
    const { line, value } = must(ordered[wrong.index])
    throw new CsvError(file, { line, column: number }, `${value} ${wrong.detail}`)
  }
  return ordered.slice(0, -1).map(({ stamp, value, more }, index) => {
    const next = must(ordered[index + 1])
    const [startDay, endDay] = [writtenDay(stamp), writtenDay(next.stamp)]
    if (endDay === startDay)
      throw new CsvError(file, { line: next.line, column: time }, `"${next.text}": a bill begins on this day already`)
    return { startDay, endDay, amount: value, isEstimated: SAYS_YES.test(more) }
  })
}

export interface TemperatureFile {
  unit: TemperatureUnit
  days: DayValues
  /** The values; their clock is that of the rows as written where one of the files has no offsets. */
  values: TemperatureRow[]
  isWritten: boolean
}

/**
 * Mean temperature a day. `local`: the days of the meter file, else those of UTC. Throws CsvError for what is no such
 * file, and for temperatures that cannot be in their unit.
 */
export async function readTemperatureFile(
  file: string,
  asked: TemperatureUnit | undefined,
  daysFor: (unit: TemperatureUnit) => { isLocal: boolean; cut: DayCut; hasOffsets: boolean },
): Promise<TemperatureFile> {
  const { rows, number } = await readNumbers(file, 'dt', TEMPERATURE_COLUMNS)
  const named = UNIT_OF_COLUMN.get(number)
  if (asked && named && asked !== named)
    throw new CsvError(file, { line: 1, column: number }, `the name says °${named}, the option --unit says °${asked}`)
  const unit = asked ?? named ?? 'C'
  const { isLocal, cut, hasOffsets } = daysFor(unit)
  const isWritten = isLocal && !(hasOffsets && rows.every(({ stamp }) => stamp.hasOffset))
  const temperatures = rows.map(({ stamp, value }) => ({
    atMs: isWritten ? stamp.writtenMs : stamp.atMs,
    temperature: value,
  }))
  const wrong = wrongTemperature(temperatures, unit, new Map())
  if (wrong) {
    const { line, value } = must(rows[wrong.index])
    throw new CsvError(file, { line, column: number }, `${value} ${wrong.detail.en}`)
  }
  const days = temperatureDays(temperatures, isLocal && !isWritten ? cut : UTC_DAYS)
  return { unit, days, values: temperatures, isWritten }
}

/** `further`: a column that may be there. */
async function readNumbers(
  file: string,
  time: string,
  numbers: readonly string[],
  further?: string,
): Promise<NumberTable> {
  let columns: Columns | undefined
  const rows: NumberRow[] = []
  for await (const row of readRows(file)) {
    if (columns) rows.push(readNumberRow(file, row, { ...columns, timeName: time }))
    else columns = columnsOf(file, row, { time, numbers, further })
  }
  if (!columns || rows.length === 0) throw new CsvError(file, { line: 1 }, 'there are no rows under the header')
  return { rows, time, number: columns.name }
}

interface Columns {
  time: number
  number: number
  name: string
  more: number | undefined
}

function columnsOf(
  file: string,
  header: CsvRow,
  { time, numbers, further }: { time: string; numbers: readonly string[]; further: string | undefined },
): Columns {
  const positions = indexHeader(file, header)
  // Spreadsheets and people write "Start" and "VALUE"; of two that differ by this alone, the one as written counts.
  const placeOf = (name: string): number | undefined =>
    positions.get(name) ?? [...positions].find(([own]) => own.toLowerCase() === name.toLowerCase())?.[1]
  const at = placeOf(time)
  const wanted = `the header must name "${time}" and "${numbers[0]}", separated by commas; it is "${header.cells.join(',').slice(0, 80)}"`
  if (at === undefined) throw new CsvError(file, { ...header, column: time }, `is missing; ${wanted}`)
  const name = numbers.find((one) => placeOf(one) !== undefined)
  if (name === undefined) throw new CsvError(file, { ...header, column: must(numbers[0]) }, `is missing; ${wanted}`)
  return { time: at, number: must(placeOf(name)), name, more: further === undefined ? undefined : placeOf(further) }
}

function readNumberRow(file: string, { line, cells }: CsvRow, columns: Columns & { timeName: string }): NumberRow {
  const time = { file, line, column: columns.timeName, text: cells[columns.time] ?? '' }
  const stamp = parseStamp(time.text)
  if (!stamp) throw cellError(time, 'is not a time such as 2017-01-02T03:00:00+08:00')
  const number = { file, line, column: columns.name, text: (cells[columns.number] ?? '').trim() }
  const more = columns.more === undefined ? '' : (cells[columns.more] ?? '').trim()
  if (MISSING.test(number.text)) return { line, text: time.text, stamp, value: Number.NaN, more }
  const value = DECIMAL.test(number.text) ? Number(number.text) : Number.NaN
  if (!Number.isFinite(value)) throw cellError(number, 'is not a number')
  return { line, text: time.text, stamp, value, more }
}
