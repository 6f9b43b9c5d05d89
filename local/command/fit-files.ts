// The two files of `kilowatch fit`: use (`start,value`) and temperature (`dt,temperature`), plain or gzipped. Errors
// name file, line and column (docs/rules/savings.md#files).

import { CsvError, type CsvRow, cellError, indexHeader, readRows } from '../../devices/replay/csv-table.ts'
import { must } from '../../domain/must.ts'
import { type DayCut, type DayValues, UTC_DAYS } from '../../domain/savings/day-values.ts'
import type { TemperatureUnit } from '../../domain/savings/fit-settings.ts'
import { parseStamp, type Stamp } from '../../domain/savings/stamp.ts'
import { temperatureDays } from '../../domain/savings/temperature-days.ts'
import { daysOfUse, implausibleUse, type UseDays } from '../../domain/savings/use-days.ts'
import { wrongTemperature } from '../../domain/savings/weather-series.ts'

/** A row of a file of times and numbers; NaN = missing. */
interface NumberRow {
  line: number
  text: string
  stamp: Stamp
  value: number
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
): Promise<UseDays & { hasOffsets: boolean }> {
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
  return { ...found, hasOffsets: rows.every(({ stamp }) => stamp.hasOffset) }
}

export interface TemperatureFile {
  unit: TemperatureUnit
  days: DayValues
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
  return { unit, days: temperatureDays(temperatures, isLocal && !isWritten ? cut : UTC_DAYS) }
}

async function readNumbers(file: string, time: string, numbers: readonly string[]): Promise<NumberTable> {
  let columns: { time: number; number: number; name: string } | undefined
  const rows: NumberRow[] = []
  for await (const row of readRows(file)) {
    if (columns) rows.push(readNumberRow(file, row, { ...columns, timeName: time }))
    else columns = columnsOf(file, row, { time, numbers })
  }
  if (!columns || rows.length === 0) throw new CsvError(file, { line: 1 }, 'there are no rows under the header')
  return { rows, time, number: columns.name }
}

function columnsOf(file: string, header: CsvRow, { time, numbers }: { time: string; numbers: readonly string[] }) {
  const positions = indexHeader(file, header)
  // Spreadsheets and people write "Start" and "VALUE"; of two that differ by this alone, the one as written counts.
  const placeOf = (name: string): number | undefined =>
    positions.get(name) ?? [...positions].find(([own]) => own.toLowerCase() === name.toLowerCase())?.[1]
  const at = placeOf(time)
  const wanted = `the header must name "${time}" and "${numbers[0]}", separated by commas; it is "${header.cells.join(',').slice(0, 80)}"`
  if (at === undefined) throw new CsvError(file, { ...header, column: time }, `is missing; ${wanted}`)
  const name = numbers.find((one) => placeOf(one) !== undefined)
  if (name === undefined) throw new CsvError(file, { ...header, column: must(numbers[0]) }, `is missing; ${wanted}`)
  return { time: at, number: must(placeOf(name)), name }
}

function readNumberRow(
  file: string,
  { line, cells }: CsvRow,
  columns: { time: number; number: number; name: string; timeName: string },
): NumberRow {
  const time = { file, line, column: columns.timeName, text: cells[columns.time] ?? '' }
  const stamp = parseStamp(time.text)
  if (!stamp) throw cellError(time, 'is not a time such as 2017-01-02T03:00:00+08:00')
  const number = { file, line, column: columns.name, text: (cells[columns.number] ?? '').trim() }
  if (MISSING.test(number.text)) return { line, text: time.text, stamp, value: Number.NaN }
  const value = DECIMAL.test(number.text) ? Number(number.text) : Number.NaN
  if (!Number.isFinite(value)) throw cellError(number, 'is not a number')
  return { line, text: time.text, stamp, value }
}
