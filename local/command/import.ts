// `kilowatch import FILES`: imports registry files (CSV in UTF-8, with or without BOM). Names field and reason of each
// refused row; writes nothing unless every row of every file is good.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { billId } from '../../domain/energy/bill.ts'
import { tariffId } from '../../domain/energy/tariff.ts'
import { parseRows, type Row } from '../../domain/import/file.ts'
import { RECORD_KINDS, REGISTRY_KINDS } from '../../domain/import/kinds.ts'
import type { RegistryKind } from '../../domain/import/registry.ts'
import { targetId } from '../../domain/judge/target-plan.ts'
import { TABLE_KINDS, type TableRow, tableRowId } from '../../domain/standards/tables.ts'
import { decodeText } from '../../domain/wire/text.ts'
import { importInto } from '../../functions/judging/import-records.ts'
import { openPlatform } from '../platform.ts'
import { ApiError, chosenHost, clientOf } from './client.ts'

export interface ImportOptions {
  json?: boolean
  refused?: string
  data: string
  api?: string
  token?: string
  /** Closed months may change. */
  rewritePast?: boolean
}
export interface RefusedCell {
  file: string
  row: number
  field: string
  reason: string
}
interface Outcome {
  institutions: number
  meters: number
  /** Imported records whose results will lack something. */
  warnings: { kind: string; id: string; field: string; reason: string }[]
  secrets: { id: string; secret: string }[]
}

export async function importFiles(files: string[], options: ImportOptions): Promise<void> {
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
      refused.push(...error.problem.problems.map((problem) => ({ ...placeOf(problem, records, origin), ...problem })))
    }
  }
  if (options.refused) await writeRefused(options.refused, tables, refused)
  const warnings = (outcome?.warnings ?? []).map(
    (one): RefusedCell => ({ ...placeOf(one, records, origin), field: one.field, reason: one.reason }),
  )
  report({ refused, warnings, outcome }, options)
}

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
  const stem = basename(file).replace(/\.csv$/i, '')
  const kind = REGISTRY_KINDS.find(
    (known) => stem === known || stem.startsWith(`${known}-`) || stem.startsWith(`${known}.`),
  )
  if (!kind) throw new Error(`${file}: the name must begin with one of ${REGISTRY_KINDS.join(', ')}`)
  return kind
}

/** The rows of a registry file. Throws an Error with a sentence for the user when the file cannot be read at all. */
export async function readTable(file: string, kind: RegistryKind): Promise<ReadTable> {
  const cells = withoutReasons(cellsOf(file, await readFile(file)))
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

/** Throws an Error naming the file when it is not CSV in UTF-8. Excel's plain "CSV" uses the system's code page. */
function cellsOf(file: string, bytes: Uint8Array): string[][] {
  const decoded = decodeText(bytes)
  if ('encoding' in decoded) throw new Error(`${file} is not UTF-8 but ${decoded.encoding}; save it as "CSV UTF-8"`)
  try {
    return parse(decoded.text, { columns: false, relax_column_count: true, skip_empty_lines: false })
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
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

function placeOf(
  { kind, id }: { kind: string; id: string },
  records: Record<string, unknown[]>,
  origin: Record<string, { file: string; row: number }[]>,
): { file: string; row: number } {
  const idsOf: Partial<Record<string, (record: never) => string>> = {
    targets: targetId,
    bills: billId,
    tariffs: tariffId,
    ...Object.fromEntries(TABLE_KINDS.map((table) => [table, (row: TableRow) => tableRowId(table, row)])),
  }
  const idOf = idsOf[kind] ?? (({ id, code }: { id?: string; code?: string }) => id ?? code)
  const index = (records[kind] ?? []).findIndex((record) => idOf(record as never) === id)
  return origin[kind]?.[index] ?? { file: kind, row: 0 }
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
const cell = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

function report(
  {
    refused,
    warnings,
    outcome,
  }: { refused: readonly RefusedCell[]; warnings: readonly RefusedCell[]; outcome: Outcome | undefined },
  { json }: ImportOptions,
): void {
  if (!outcome) process.exitCode = 1
  if (json) {
    process.stdout.write(`${JSON.stringify({ imported: outcome !== undefined, ...outcome, warnings, refused })}\n`)
    return
  }
  for (const { file, row, field, reason } of refused)
    process.stderr.write(`${file} row ${row}: ${field && `${field}: `}${reason}\n`)
  for (const { file, row, field, reason } of warnings)
    process.stderr.write(`${file} row ${row}: warning: ${field}: ${reason}\n`)
  if (!outcome) {
    process.stderr.write(`kilowatch: nothing was imported: ${refused.length} refused\n`)
    return
  }
  process.stdout.write(`imported; the registry has ${outcome.institutions} institutions and ${outcome.meters} meters\n`)
  for (const { id, secret } of outcome.secrets)
    process.stdout.write(`gateway ${id}: password ${secret} (shown this once)\n`)
}
