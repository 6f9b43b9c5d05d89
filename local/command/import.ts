// `kilowatch import FILES`: imports registry files (CSV in UTF-8, with or without BOM, or XLSX). Names field and reason
// of each refused row; writes nothing unless every row of every file is good.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { billId } from '../../domain/energy/bill.ts'
import { tariffId } from '../../domain/energy/tariff.ts'
import { parseRows, type Row } from '../../domain/import/file.ts'
import { RECORD_KINDS, REGISTRY_KINDS } from '../../domain/import/kinds.ts'
import type { RegistryKind } from '../../domain/import/registry.ts'
import { targetId } from '../../domain/judge/target-plan.ts'
import { TABLE_KINDS, type TableRow, tableRowId } from '../../domain/standards/tables.ts'
import { importInto } from '../../functions/judging/import-records.ts'
import { openPlatform } from '../platform.ts'
import { ApiError, chosenHost, clientOf } from './client.ts'
import { cellsOf, type ImportOptions, type RefusedCell } from './import-cells.ts'

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

async function importRecords(files: string[], options: ImportOptions): Promise<void> {
  const tables = await Promise.all(files.map((file) => readTable(file, kindOf(file))))
  const refused: RefusedCell[] = []
  const records: Record<string, unknown[]> = {}
  const origin: Record<string, { file: string; row: number }[]> = {}
  const stated: Record<string, string[]> = {}
  for (const { file, kind, rows, malformed } of tables) {
    const parsed = parseRows(kind, rows)
    refused.push(...malformed, ...parsed.refused.map((one) => ({ file, ...one })))
    const known = RECORD_KINDS[kind].merge && parsed.records.length > 0 ? stated[kind] : undefined
    const other =
      known && [...known, ...parsed.stated].find((field, _, all) => all.indexOf(field) === all.lastIndexOf(field))
    if (other)
      refused.push({
        file,
        row: 1,
        field: other,
        reason: `is a column of only one of the files of ${kind}; import them apart`,
      })
    if (parsed.records.length > 0) stated[kind] = parsed.stated
    records[kind] = [...(records[kind] ?? []), ...parsed.records]
    origin[kind] = [...(origin[kind] ?? []), ...parsed.rowOf.map((row) => ({ file, row }))]
  }
  let outcome: Outcome | undefined
  if (refused.length === 0) {
    try {
      outcome = await store(records, stated, options)
    } catch (error) {
      if (!(error instanceof ApiError) || !error.problem.problems) throw error
      // A problem's index counts all records of the registry; this file's are found by id.
      const placeOf = places(records, origin)
      refused.push(...error.problem.problems.map((problem) => ({ ...placeOf(problem), ...problem })))
    }
  }
  if (options.refused) await writeRefused(options.refused, tables, refused)
  const placeOf = places(records, origin)
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

export interface ReadTable {
  file: string
  kind: RegistryKind
  rows: Row[]
  malformed: RefusedCell[]
  /** The file's cells as they are, the header first. */
  cells: string[][]
}
/** Column added in front of a refused row; ignored when the corrected file is imported. */
const REASON_COLUMN = 'refused'

function kindOf(file: string): RegistryKind {
  const stem = basename(file).replace(/\.(csv|xlsx)$/i, '')
  const kind = REGISTRY_KINDS.find(
    (known) => stem === known || stem.startsWith(`${known}-`) || stem.startsWith(`${known}.`),
  )
  if (!kind) throw new Error(`${file}: the name must begin with one of ${REGISTRY_KINDS.join(', ')}`)
  return kind
}

/** The rows of a registry file. Throws an Error with a sentence for the user when the file cannot be read at all. */
export async function readTable(file: string, kind: RegistryKind): Promise<ReadTable> {
  const bytes = await readFile(file)
  const cells = withoutReasons(await cellsOf(file, bytes))
  const [header = [], ...records] = cells
  if (header.every((name) => name.trim() === ''))
    throw new Error(`${file} is empty: the first row must name the columns`)
  const malformed: RefusedCell[] = header
    .filter((name, index) => name.trim() !== '' && header.indexOf(name) !== index)
    .map((name) => ({ file, row: 1, field: name, reason: 'the column stands twice' }))
  // A row that is left out stays as an empty one, so that the other rows keep their numbers in the file.
  const rows = records.map((cells, index): Row => {
    if (cells.length === header.length)
      return Object.fromEntries(header.map((name, column) => [name, cells[column] ?? '']))
    if (cells.some((cell) => cell.trim() !== '')) {
      const reason = `the row has ${cells.length} cells, the header ${header.length}`
      malformed.push({ file, row: index + 2, field: '', reason })
    }
    return Object.fromEntries(header.map((name) => [name, '']))
  })
  return { file, kind, rows, malformed, cells }
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

/** Finds the first row of a record; looks through the records of a kind once, however many are asked for. */
export function places(
  records: Record<string, unknown[]>,
  origin: Record<string, { file: string; row: number }[]>,
): (one: { kind: string; id: string }) => { file: string; row: number } {
  const idsOf: Partial<Record<string, (record: never) => string>> = {
    targets: targetId,
    bills: billId,
    tariffs: tariffId,
    ...Object.fromEntries(TABLE_KINDS.map((table) => [table, (row: TableRow) => tableRowId(table, row)])),
  }
  const ofKind = new Map<string, ReadonlyMap<string, number>>()
  const indexesOf = (kind: string): ReadonlyMap<string, number> => {
    const idOf = idsOf[kind] ?? (({ id, code }: { id?: string; code?: string }) => id ?? code ?? '')
    const all = [...(records[kind] ?? []).entries()]
    return new Map(all.reverse().map(([index, record]) => [idOf(record as never), index]))
  }
  return ({ kind, id }) => {
    const indexes = ofKind.get(kind) ?? indexesOf(kind)
    ofKind.set(kind, indexes)
    const index = indexes.get(id)
    return (index === undefined ? undefined : origin[kind]?.[index]) ?? { file: kind, row: 0 }
  }
}

const withoutReasons = (cells: string[][]): string[][] =>
  cells[0]?.[0] === REASON_COLUMN ? cells.map((row) => row.slice(1)) : cells

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
