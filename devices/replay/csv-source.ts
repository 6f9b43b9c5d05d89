// Reads files of real readings: the wide table of hourly kWh, its list of buildings, and the cumulative heat meter.
// Parses a file row by row into columns of numbers, completely before anything is sent: a bad row on the last line must
// not leave half a file in a store.

import { HOUR_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import {
  type CsvCell,
  CsvError,
  type CsvRow,
  cellError,
  indexHeader,
  readInstant,
  readLocalTime,
  readNumber,
  readRows,
} from './csv-table.ts'

/** 8 bytes a cell: 800 MB, or a thousand buildings for eleven years of hours. */
const CELLS_MAX = 100_000_000
const WIDE_TIME = 'timestamp'
const HEAT_TIME = 'time_rounded'
const HEAT_METER = 'meter_id'
/** The heat meter's four registers with their units; no unit of the registry fits the last two. */
const HEAT_REGISTERS: ReadonlyMap<string, string> = new Map([
  ['energy_heat_kwh', 'kWh'],
  ['volume_flow_m3', 'm³'],
  ['inlet_flow_energy_m3xC', 'm³·°C'],
  ['back_flow_energy_m3xC', 'm³·°C'],
])

/** Readings of one column. Sorted by time, one per time; NaN = missing. */
export interface BuildingSeries {
  atMs: Float64Array
  value: Float64Array
}

/** A wide table: one column a building, kWh per hour. */
export interface WideTable {
  /** Column names in the order of the file. */
  buildings: readonly string[]
  /** By column; all share one `atMs`, the starts of the hours. */
  series: ReadonlyMap<string, BuildingSeries>
  /** Start of the first hour and end of the last. */
  fromMs: number
  toMs: number
  /** Cells with a value, repeated ones counted once. */
  readings: number
  /** Unusual rows that are no errors; building and hour identify a reading, so order does not matter. */
  notes: WideNotes
}

export interface WideNotes {
  /** Rows earlier than their predecessor. */
  unsortedRows: number
  /** Rows whose hour occurred earlier in the file. */
  repeatedRows: number
  /** Cells changed by such a row: the one read last counts; an empty cell changes nothing. */
  changedCells: number
  /** Line of the first unsorted or repeated row. */
  firstLine: number | undefined
}

/** One row of buildings.csv; unknown fields are absent. */
export interface Building {
  id: string
  site?: string
  /** BDG2's primaryspaceusage, e.g. `Education`, and its refinement. */
  use?: string
  subUse?: string
  /** Absent when unknown; the replay needs it for the buildings that it sends. */
  floorAreaM2?: number
  occupants?: number
  yearBuilt?: number
  timeZone?: string
}

/** One cumulative register of one meter. */
export interface RegisterSeries extends BuildingSeries {
  meter: string
  /** Name of the column. */
  register: string
  unit: string
}

/** The layout of a file, by its header. Throws CsvError when it is neither. */
export async function csvLayoutOf(file: string): Promise<'wide' | 'heatMeter'> {
  for await (const header of readRows(file)) {
    const columns = indexHeader(file, header)
    if (columns.has(HEAT_TIME) && columns.has(HEAT_METER)) return 'heatMeter'
    if (columns.get(WIDE_TIME) === 0) return 'wide'
    throw new CsvError(file, header, `begins neither with "${WIDE_TIME}" nor has "${HEAT_METER}" and "${HEAT_TIME}"`)
  }
  throw new CsvError(file, { line: 1 }, 'the file is empty')
}

/**
 * Reads a wide table. First column `timestamp`: naive local time, read as UTC+8, the start of an hour; one column a
 * building: kWh in that hour, empty = missing. Rows may come in any order and more than once (see `notes`).
 * Throws CsvError naming line and column: bad number or time, ragged row, column not among `known`.
 */
export async function readWideCsv(file: string, known?: { has(building: string): boolean }): Promise<WideTable> {
  let draft: WideDraft | undefined
  for await (const row of readRows(file)) {
    if (draft) draft.add(row)
    else draft = new WideDraft(file, wideColumns(file, row, known))
  }
  if (!draft) throw new CsvError(file, { line: 1 }, 'the file is empty')
  return draft.finish()
}

/** Reads buildings.csv. Throws CsvError for a missing or repeated id, and for an invalid area or number of people. */
export async function readBuildingsCsv(file: string): Promise<Map<string, Building>> {
  const buildings = new Map<string, Building>()
  let columns: Map<string, number> | undefined
  for await (const row of readRows(file)) {
    if (!columns) {
      columns = requireColumns(file, row, ['building_id', 'sqm'])
      continue
    }
    const building = readBuilding(cellReader(file, row, columns))
    if (buildings.has(building.id))
      throw new CsvError(file, { ...row, column: 'building_id' }, `"${building.id}" stands twice`)
    buildings.set(building.id, building)
  }
  return buildings
}

/**
 * Reads cumulative heat registers: `meter_id`, `time_rounded` (RFC 3339) and the four register columns, of one or more
 * meters; empty = not read. One series per meter and register, in the file's order of meters. Throws CsvError like
 * `readWideCsv`, and where the time of a meter does not rise.
 */
export async function readHeatMeterCsv(file: string): Promise<RegisterSeries[]> {
  const meters = new Map<string, { atMs: number[]; values: number[][] }>()
  const registers = [...HEAT_REGISTERS]
  let columns: Map<string, number> | undefined
  for await (const row of readRows(file)) {
    if (!columns) {
      columns = requireColumns(file, row, [HEAT_METER, HEAT_TIME, ...HEAT_REGISTERS.keys()])
      continue
    }
    const cell = cellReader(file, row, columns)
    const id = requireText(cell(HEAT_METER))
    const meter = meters.get(id) ?? { atMs: [], values: registers.map(() => []) }
    meters.set(id, meter)
    const time = cell(HEAT_TIME)
    const atMs = readInstant(time)
    if (atMs <= (meter.atMs.at(-1) ?? Number.NEGATIVE_INFINITY))
      throw cellError(time, `is not after the row before of meter ${id}`)
    meter.atMs.push(atMs)
    for (const [index, [register]] of registers.entries()) must(meter.values[index]).push(readNumber(cell(register)))
  }
  if (meters.size === 0) throw new CsvError(file, { line: 1 }, 'there are no rows under the header')
  return [...meters].flatMap(([meter, { atMs, values }]) =>
    registers.map(([register, unit], index) => ({
      ...{ meter, register, unit },
      atMs: Float64Array.from(atMs),
      value: Float64Array.from(must(values[index])),
    })),
  )
}

/** The columns of a wide table while rows are read. */
class WideDraft {
  readonly #file: string
  readonly #columns: readonly string[]
  readonly #rowOf = new Map<number, number>()
  readonly #notes: WideNotes = { unsortedRows: 0, repeatedRows: 0, changedCells: 0, firstLine: undefined }
  #values: Float64Array[]
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(file: string, columns: readonly string[]) {
    this.#file = file
    this.#columns = columns
    this.#values = columns.map(() => new Float64Array(1024))
  }

  add({ line, cells }: CsvRow): void {
    const time: CsvCell = { file: this.#file, line, column: WIDE_TIME, text: cells[0] ?? '' }
    const atMs = readLocalTime(time)
    if (atMs % HOUR_MS !== 0) throw cellError(time, 'is not the start of an hour')
    const row = this.#rowFor(atMs, line)
    for (const [index, column] of this.#columns.entries()) {
      const text = cells[index + 1] ?? ''
      if (text === '') continue
      const value = readNumber({ file: this.#file, line, column, text })
      const own = must(this.#values[index])
      const before = own[row] ?? Number.NaN
      if (Number.isNaN(value) || value === before) continue
      if (!Number.isNaN(before)) this.#notes.changedCells += 1
      own[row] = value
    }
  }

  finish(): WideTable {
    if (this.#rowOf.size === 0) throw new CsvError(this.#file, { line: 1 }, 'there are no rows under the header')
    const order = [...this.#rowOf].sort(([a], [b]) => a - b)
    const atMs = Float64Array.from(order, ([ms]) => ms)
    let readings = 0
    const series = new Map<string, BuildingSeries>()
    for (const [index, column] of this.#columns.entries()) {
      const own = must(this.#values[index])
      const value = Float64Array.from(order, ([, row]) => own[row] ?? Number.NaN)
      for (const kwh of value) if (!Number.isNaN(kwh)) readings += 1
      series.set(column, { atMs, value })
    }
    const toMs = must(atMs.at(-1)) + HOUR_MS
    return { buildings: this.#columns, series, fromMs: must(atMs[0]), toMs, readings, notes: this.#notes }
  }

  #rowFor(atMs: number, line: number): number {
    const known = this.#rowOf.get(atMs)
    if (known !== undefined) this.#notes.repeatedRows += 1
    else if (atMs < this.#lastMs) this.#notes.unsortedRows += 1
    if (known !== undefined || atMs < this.#lastMs) this.#notes.firstLine ??= line
    this.#lastMs = atMs
    return known ?? this.#newRow(atMs, line)
  }

  #newRow(atMs: number, line: number): number {
    const row = this.#rowOf.size
    if ((row + 1) * this.#columns.length > CELLS_MAX) {
      throw new CsvError(this.#file, { line }, `more than ${CELLS_MAX} cells; split the file`)
    }
    this.#rowOf.set(atMs, row)
    this.#values = this.#values.map((column) => (row < column.length ? column : doubled(column)))
    for (const column of this.#values) column[row] = Number.NaN
    return row
  }
}

function doubled(column: Float64Array): Float64Array {
  const larger = new Float64Array(column.length * 2)
  larger.set(column)
  return larger
}

function wideColumns(file: string, header: CsvRow, known?: { has(building: string): boolean }): string[] {
  const [time, ...columns] = indexHeader(file, header).keys()
  if (time !== WIDE_TIME) throw new CsvError(file, header, `the first column is "${time}", not "${WIDE_TIME}"`)
  if (columns.length === 0) throw new CsvError(file, header, 'there is no column of a building')
  const stranger = columns.find((column) => known && !known.has(column))
  if (stranger !== undefined)
    throw new CsvError(file, { ...header, column: stranger }, 'is not in the list of buildings')
  return columns
}

function requireColumns(file: string, header: CsvRow, required: readonly string[]): Map<string, number> {
  const columns = indexHeader(file, header)
  for (const column of required) {
    if (!columns.has(column)) throw new CsvError(file, { ...header, column }, 'is missing')
  }
  return columns
}

/** Cells of a row by column name; a column that the file lacks reads as empty. */
const cellReader =
  (file: string, { line, cells }: CsvRow, columns: ReadonlyMap<string, number>) =>
  (column: string): CsvCell => ({ file, line, column, text: cells[columns.get(column) ?? -1] ?? '' })

function readBuilding(cell: (column: string) => CsvCell): Building {
  const area = cell('sqm')
  const floorAreaM2 = optionalNumber(area)
  if (floorAreaM2 !== undefined && floorAreaM2 <= 0) throw cellError(area, 'is not an area in m²')
  const people = cell('occupants')
  const occupants = optionalNumber(people)
  if (occupants !== undefined && occupants < 0) throw cellError(people, 'is not a number of people')
  return {
    id: requireText(cell('building_id')),
    site: optionalText(cell('site_id')),
    use: optionalText(cell('primaryspaceusage')),
    subUse: optionalText(cell('sub_primaryspaceusage')),
    floorAreaM2,
    occupants,
    yearBuilt: optionalNumber(cell('yearbuilt')),
    timeZone: optionalText(cell('timezone')),
  }
}

function requireText(cell: CsvCell): string {
  const text = optionalText(cell)
  if (text === undefined) throw cellError(cell, 'must not be empty')
  return text
}

const optionalText = ({ text }: CsvCell): string | undefined => text.trim() || undefined

function optionalNumber(cell: CsvCell): number | undefined {
  const value = readNumber(cell)
  return Number.isNaN(value) ? undefined : value
}
