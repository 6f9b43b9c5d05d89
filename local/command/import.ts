// `kilowatch import FILES`: imports registry files (CSV in UTF-8, with or without BOM, or XLSX). Names field and reason
// of each refused row; writes nothing unless every row of every file is good.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  gatherRecords,
  isGuideFile,
  kindOfFile,
  places,
  REASON_COLUMN,
  type ReadTable,
  type RefusedCell,
  tableOfCells,
} from '../../domain/import/gather.ts'
import type { RegistryKind } from '../../domain/import/registry.ts'
import { importInto } from '../../functions/judging/import-records.ts'
import { openPlatform } from '../platform.ts'
import { ApiError, chosenHost, clientOf } from './client.ts'
import { cellsOf, type ImportOptions } from './import-cells.ts'

interface Outcome {
  institutions: number
  meters: number
  /** By kind: records that were not there before. */
  created: Partial<Record<string, number>>
  /** Imported records whose results will lack something. */
  warnings: { kind: string; id: string; field: string; reason: string }[]
  secrets: { id: string; secret: string }[]
}

/** Weather comes in files of its own (import-weather.ts). */
export async function importFiles(files: string[], options: ImportOptions): Promise<void> {
  const { isWeatherFile, importWeather } = await import('./import-weather.ts')
  const weather = files.filter(isWeatherFile)
  if (weather.length === 0) return importRecords(files, options)
  const others = files.filter((file) => !isWeatherFile(file))
  if (others.length > 0) throw new Error(`${others[0]}: files of the registry and of the weather are imported apart`)
  return importWeather(weather, options)
}

async function importRecords(given: string[], options: ImportOptions): Promise<void> {
  const files = given.filter((file) => !isGuideFile(basename(file)))
  if (files.length === 0) throw new Error(`${given.join(', ')}: this is the guide to the columns; name the other files`)
  const tables = await Promise.all(files.map((file) => readTable(file, kindOfFile(basename(file), file))))
  const gathered = gatherRecords(tables)
  const { records, stated, refused } = gathered
  let outcome: Outcome | undefined
  if (refused.length === 0) {
    try {
      outcome = await store(records, stated, options)
    } catch (error) {
      if (!(error instanceof ApiError) || !error.problem.problems) throw error
      // A problem's index counts all records of the registry; this file's are found by id.
      const placeOf = places(gathered)
      refused.push(...error.problem.problems.map((problem) => ({ ...placeOf(problem), ...problem })))
    }
  }
  if (options.refused) await writeRefused(options.refused, tables, refused)
  const placeOf = places(gathered)
  const warnings = (outcome?.warnings ?? []).map(
    (one): RefusedCell => ({ ...placeOf(one), field: one.field, reason: one.reason }),
  )
  report({ refused, warnings, outcome, counts: countsOf(records, outcome) }, options)
}

/** E.g. `3 areas (1 new), 2 meters`. */
const countsOf = (records: Record<string, unknown[]>, { created = {} }: Partial<Outcome> = {}): string =>
  Object.entries(records)
    .map(([kind, all]) => `${counted(all.length, kind)}${created[kind] ? ` (${created[kind]} new)` : ''}`)
    .join(', ')

/** `1 meter`, `2 meters`, `1 entry` … from the plural. */
const counted = (count: number, plural: string): string =>
  `${count} ${count === 1 ? plural.replace(/ies$/, 'y').replace(/s$/, '') : plural}`

/** The rows of a registry file. Throws an Error with a sentence for the user when the file cannot be read at all. */
export async function readTable(file: string, kind: RegistryKind): Promise<ReadTable> {
  return tableOfCells(file, kind, await cellsOf(file, await readFile(file)))
}

/** By HTTP into the running host; directly into the data folder when no host runs on it. */
async function store(
  records: Record<string, unknown[]>,
  stated: Record<string, string[]>,
  options: ImportOptions,
): Promise<Outcome> {
  const host = chosenHost(options)
  const { rewritePast } = options
  if (host) return clientOf(host).put<Outcome>('registry', { ...records, stated, rewritePast })
  const platform = await openPlatform(options.data)
  try {
    const outcome = await importInto(platform, records, { stated, rewritePast })
    if ('problems' in outcome) throw new ApiError(422, outcome)
    return outcome
  } finally {
    await platform.close()
  }
}

/**
 * Writes the refused rows as files, one for each input file under its name, with the reason in front, so that they can
 * be corrected and imported as they are. Each begins with a BOM: without it, Excel misreads Chinese in UTF-8.
 */
async function writeRefused(
  folder: string,
  tables: readonly ReadTable[],
  refused: readonly RefusedCell[],
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const { file, cells } of tables) {
    const rows = Map.groupBy(
      refused.filter((one) => one.file === file && one.row > 1),
      ({ row }) => row,
    )
    if (rows.size === 0) continue
    const reasonsOf = (row: RefusedCell[]): string =>
      row.map(({ field, reason }) => `${field && `${field}: `}${reason}`).join('; ')
    const lines = [...rows].map(([row, own]) => [reasonsOf(own), ...(cells[row - 1] ?? [])])
    const text = [[REASON_COLUMN, ...(cells[0] ?? [])], ...lines].map((line) => line.map(cell).join(',')).join('\n')
    await writeFile(join(folder, basename(file)), `\uFEFF${text}\n`)
  }
}
/** Rows that a person reads; `--json` and `--refused` have all. */
const ROWS_TOLD_MAX = 100

function tell(cells: readonly RefusedCell[], mark: string): void {
  for (const { file, row, field, reason } of cells.slice(0, ROWS_TOLD_MAX))
    process.stderr.write(`${file} row ${row}: ${mark}${field && `${field}: `}${reason}\n`)
  const left = cells.length - ROWS_TOLD_MAX
  if (left > 0) process.stderr.write(`${mark}and ${left} more\n`)
}

const cell = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

function report(
  {
    refused,
    warnings,
    outcome,
    counts,
  }: {
    refused: readonly RefusedCell[]
    warnings: readonly RefusedCell[]
    outcome: Outcome | undefined
    counts: string
  },
  { json }: ImportOptions,
): void {
  if (!outcome) process.exitCode = 1
  if (json) {
    process.stdout.write(`${JSON.stringify({ imported: outcome !== undefined, ...outcome, warnings, refused })}\n`)
    return
  }
  tell(refused, '')
  tell(warnings, 'warning: ')
  if (!outcome) {
    process.stderr.write(`kilowatch: nothing was imported: ${refused.length} refused\n`)
    return
  }
  const warned = warnings.length > 0 ? `; ${counted(warnings.length, 'warnings')}` : ''
  process.stdout.write(
    `imported ${counts}${warned}; the registry has ${counted(outcome.institutions, 'institutions')} and ${counted(outcome.meters, 'meters')}\n`,
  )
  for (const { id, secret } of outcome.secrets)
    process.stdout.write(`gateway ${id}: password ${secret} (shown this once)\n`)
}
