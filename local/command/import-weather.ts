// `kilowatch import stations.csv temperatures.csv`: weather stations and their temperatures
// (docs/rules/savings.md#weather-station). Names file, row and field of each refused cell; nothing is stored when a row
// is wrong by itself or beside the station's stored years. What a host took before it failed is named row by row.

import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { UTC8_MS } from '../../domain/calendar.ts'
import type { RefusedCell } from '../../domain/import/gather.ts'
import { phraseOf } from '../../domain/phrase.ts'
import type { TemperatureUnit } from '../../domain/savings/fit-settings.ts'
import { parseStamp } from '../../domain/savings/stamp.ts'
import type { TemperatureRow } from '../../domain/savings/temperature-days.ts'
import { type StationRecord, stationSchema, wrongTemperature } from '../../domain/savings/weather-series.ts'
import { addTemperatures, putStations } from '../../functions/contracting/weather.ts'
import { openPlatform } from '../platform.ts'
import { ApiError, chosenHost, clientOf } from './client.ts'
import { cellsOf, type ImportOptions } from './import-cells.ts'

const STEMS = ['stations', 'temperatures'] as const
const stemOf = (file: string) =>
  STEMS.find((stem) => new RegExp(`^${stem}([-.].*)?\\.(csv|xlsx)$`, 'i').test(basename(file)))
export const isWeatherFile = (file: string): boolean => stemOf(file) !== undefined

/** Rows of one request. */
const BATCH_ROWS = 20_000

interface WeatherRows {
  stations: StationRecord[]
  series: { file: string; station: string; unit: TemperatureUnit; rows: TemperatureRow[]; places: number[] }[]
  refused: RefusedCell[]
  /** Temperatures that were stored: of a station all rows of a file from `firstRow` through `lastRow`. */
  taken: { file: string; station: string; firstRow: number; lastRow: number; count: number }[]
}

export async function importWeather(files: readonly string[], options: ImportOptions): Promise<void> {
  const read: WeatherRows = { stations: [], series: [], refused: [], taken: [] }
  for (const file of files) {
    const cells = await cellsOf(file, await readFile(file))
    if (stemOf(file) === 'stations') readStations(file, cells, read)
    else readTemperatures(file, cells, read)
  }
  for (const { file, unit, rows, places } of read.series) {
    const wrong = wrongTemperature(rows, unit, new Map())
    if (wrong) read.refused.push({ file, row: places[wrong.index] ?? 0, field: 'temperature', reason: wrong.detail.en })
  }
  try {
    if (read.refused.length === 0) await stored(read, options)
  } catch (error) {
    // The host went away, or was closed: what it had taken stays.
    if (read.taken.length > 0) process.stderr.write(`${takenText(read)}\n`)
    throw error
  }
  tell(read, options)
}

const rowsOf = (cells: readonly string[][]) => {
  const [header = [], ...rows] = cells
  const names = header.map((name) => name.trim())
  return rows.flatMap((row, index) => {
    if (row.every((cell) => cell.trim() === '')) return []
    return [{ row: index + 2, of: Object.fromEntries(names.map((name, place) => [name, (row[place] ?? '').trim()])) }]
  })
}

function readStations(file: string, cells: readonly string[][], { stations, refused }: WeatherRows): void {
  for (const { row, of } of rowsOf(cells)) {
    const { latitudeDeg, longitudeDeg, ...texts } = Object.fromEntries(
      Object.entries(of).filter(([, value]) => value !== ''),
    )
    const degrees = { latitudeDeg: numberOf(latitudeDeg), longitudeDeg: numberOf(longitudeDeg) }
    const parsed = stationSchema.safeParse({ ...texts, ...degrees })
    if (parsed.success) stations.push(parsed.data)
    else
      for (const { path, message } of parsed.error.issues)
        refused.push({ file, row, field: path.join('.'), reason: message })
  }
}

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text))

/** Names of the column of values; most say their unit. */
const VALUE_COLUMNS: Readonly<Record<string, TemperatureUnit>> = {
  temperature: 'C',
  temperatureC: 'C',
  tempC: 'C',
  temperatureF: 'F',
  tempF: 'F',
}
const TIME_COLUMNS = ['at', 'dt'] as const
const MISSING = /^(|nan|null|na|n\/a|none|-)$/i

function readTemperatures(file: string, cells: readonly string[][], { series, refused }: WeatherRows): void {
  const header = (cells[0] ?? []).map((name) => name.trim())
  const time = TIME_COLUMNS.find((name) => header.includes(name))
  const column = Object.keys(VALUE_COLUMNS).find((name) => header.includes(name))
  const missing = time === undefined ? 'at' : column === undefined ? 'temperature' : undefined
  if (time === undefined || column === undefined) {
    refused.push({ file, row: 1, field: missing ?? '', reason: 'the column is missing' })
    return
  }
  const unit = VALUE_COLUMNS[column] ?? 'C'
  /** Of a file of one station, whose name says which: temperatures-53698.csv. */
  const named = /^temperatures-(.+)\.(?:csv|xlsx)$/i.exec(basename(file))?.[1] ?? ''
  const byStation = new Map<string, WeatherRows['series'][number]>()
  for (const { row, of } of rowsOf(cells)) {
    const station = of.station ?? named
    const stamp = parseStamp(of[time] ?? '')
    const text = of[column] ?? ''
    const value = MISSING.test(text) ? Number.NaN : Number(text)
    const refuse = (field: string, reason: string) => refused.push({ file, row, field, reason })
    if (station === '') refuse('station', 'is empty, and the name of the file is not temperatures-STATION.csv')
    else if (!stamp) refuse(time, `"${of[time]}" is not a time such as 2026-01-02T03:00:00+08:00`)
    else if (!MISSING.test(text) && !Number.isFinite(value)) refuse(column, `"${text}" is not a number`)
    else {
      const own = byStation.get(station) ?? { file, station, unit, rows: [], places: [] }
      byStation.set(station, own)
      own.rows.push({ atMs: stamp.hasOffset ? stamp.atMs : stamp.writtenMs - UTC8_MS, temperature: value })
      own.places.push(row)
    }
  }
  series.push(...byStation.values())
}

/**
 * By HTTP into the running host, in requests of BATCH_ROWS; directly into the data folder when no host runs on it, a
 * station at once. All of them are checked before the first is stored; then each is stored whole or not at all, and
 * the first that is refused ends it.
 */
async function stored(read: WeatherRows, options: ImportOptions): Promise<void> {
  const { stations, series, refused, taken } = read
  const host = chosenHost(options)
  const platform = host ? undefined : await openPlatform(options.data)
  const client = host && clientOf(host)
  const put = (batch: Batch, check: boolean) => {
    const { station, unit, rows } = batch
    return platform
      ? addTemperatures(platform.state, { station, rows, unit, check })
      : sent(client, { station, unit, rows, check })
  }
  try {
    if (stations.length > 0) {
      if (client) await client.put('weather/stations', { stations })
      else if (platform) await putStations(platform.state, stations)
    }
    const batches = series.flatMap((one) => inBatches(one, platform ? one.rows.length : BATCH_ROWS))
    for (const check of [true, false])
      for (const batch of batches) {
        const { file, station, places } = batch
        const outcome = await put(batch, check)
        if ('wrong' in outcome) {
          const { index, detail } = outcome.wrong
          refused.push({ file, row: places[index] ?? 0, field: 'temperature', reason: detail.en })
          return
        }
        const [firstRow = 0, lastRow = 0] = [places[0], places.at(-1)]
        if (!check) taken.push({ file, station, firstRow, lastRow, count: places.length })
      }
  } finally {
    await platform?.close()
  }
}

type Batch = WeatherRows['series'][number]
function inBatches(series: Batch, size: number): Batch[] {
  const batches: Batch[] = []
  for (let first = 0; first < series.rows.length; first += size)
    batches.push({
      ...series,
      rows: series.rows.slice(first, first + size),
      places: series.places.slice(first, first + size),
    })
  return batches
}

async function sent(
  client: ReturnType<typeof clientOf> | undefined,
  { station, rows, ...more }: Pick<Batch, 'station' | 'unit' | 'rows'> & { check: boolean },
) {
  const body = rows.map(({ atMs, temperature }) => ({
    at: atMs,
    temperature: Number.isNaN(temperature) ? null : temperature,
  }))
  try {
    await client?.put(`weather/stations/${encodeURIComponent(station)}/temperatures`, { ...more, rows: body })
    return { hours: rows.length }
  } catch (error) {
    const [problem] = error instanceof ApiError ? (error.problem.problems ?? []) : []
    if (!problem) throw error
    return { wrong: { index: problem.index, detail: phraseOf(problem.reason, problem.reason) } }
  }
}

function tell(read: WeatherRows, { json }: ImportOptions): void {
  const { stations, series, refused, taken } = read
  const imported = refused.length === 0
  if (!imported) process.exitCode = 1
  const rows = series.reduce((sum, one) => sum + one.rows.length, 0)
  if (json) {
    const kept = taken.reduce((sum, { count }) => sum + count, 0)
    const counts = { stations: stations.length, temperatures: rows, kept, taken }
    process.stdout.write(`${JSON.stringify({ imported, ...counts, refused: refused.slice(0, 1000) })}\n`)
    return
  }
  for (const { file, row, field, reason } of refused.slice(0, 100))
    process.stderr.write(`${file} row ${row}: ${field}: ${reason}\n`)
  if (imported) process.stdout.write(`imported ${stations.length} weather stations and ${rows} temperatures\n`)
  else process.stderr.write(`kilowatch: ${refused.length} refused; ${takenText(read)}\n`)
}

function takenText({ taken }: WeatherRows): string {
  if (taken.length === 0) return 'no temperature was stored'
  const parts = taken.map(
    ({ file, station, firstRow, lastRow, count }) =>
      `${file} rows ${firstRow} to ${lastRow}, ${count} of the station ${station}`,
  )
  return `stored were: ${parts.join('; ')}. Correct the rest and import the file again: an hour that is there is replaced`
}
