// Reads CSV files row by row, plain or gzipped, with errors that name file, line and column. Knows no layout;
// `csv-source.ts` does.

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { parseInstant } from '../../domain/instant.ts'

/** A longer row is no table of readings but a file without line ends. */
const ROW_CHARS_MAX = 1024 * 1024
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const LOCAL_TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?$/

/** Invalid content. `line` counts from 1, the header included; `column` is its name. */
export class CsvError extends Error {
  override name = 'CsvError'
  readonly file: string
  readonly line: number
  readonly column: string | undefined
  constructor(file: string, { line, column }: { line: number; column?: string }, detail: string) {
    super(`${file}, line ${line}${column === undefined ? '' : `, column ${column}`}: ${detail}`)
    this.file = file
    this.line = line
    this.column = column
  }
}

export interface CsvRow {
  /** The last line of the row, from 1. */
  line: number
  cells: readonly string[]
}

/** One cell and its position. */
export interface CsvCell {
  file: string
  line: number
  column: string
  text: string
}

/**
 * The rows of a file, the header first; empty lines are skipped. A gzip file of any name is unpacked. Throws CsvError
 * for broken quoting or compression, an empty file, and rows with more or fewer cells than the header.
 */
export async function* readRows(file: string): AsyncGenerator<CsvRow> {
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: ROW_CHARS_MAX,
  })
  const isPacked = await isGzip(file)
  const bytes = createReadStream(file)
  // Any failure destroys the parser, and the loop below throws it.
  if (isPacked) pipeline(bytes, createGunzip(), parser, () => {})
  else pipeline(bytes, parser, () => {})
  let width: number | undefined
  let line = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      width ??= record.length
      if (record.length !== width) {
        throw new CsvError(file, { line: info.lines }, `${record.length} cells where the header has ${width}`)
      }
      line = info.lines
      yield { line, cells: record }
    }
  } catch (error) {
    if (isParseError(error)) throw new CsvError(file, { line: error.lines }, error.message)
    if (isZlibError(error)) throw new CsvError(file, { line: line + 1 }, `the gzip file is damaged: ${error.message}`)
    throw error
  }
  if (width === undefined) throw new CsvError(file, { line: 1 }, 'the file is empty')
}

/** Column positions by name. Throws CsvError when a name is empty or repeated. */
export function indexHeader(file: string, { line, cells }: CsvRow): Map<string, number> {
  const positions = new Map<string, number>()
  for (const [index, cell] of cells.entries()) {
    const column = cell.trim()
    if (column === '') throw new CsvError(file, { line }, `column ${index + 1} has no name`)
    if (positions.has(column)) throw new CsvError(file, { line, column }, 'stands twice')
    positions.set(column, index)
  }
  return positions
}

/** A finite decimal number; NaN for an empty cell. Throws CsvError for any other text, "NaN" and "1,5" included. */
export function readNumber(cell: CsvCell): number {
  const text = cell.text.trim()
  if (text === '') return Number.NaN
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN
  if (!Number.isFinite(value)) throw cellError(cell, 'is not a number')
  return value
}

/** Epoch ms of `YYYY-MM-DD HH:MM[:SS]` without offset, read as UTC+8. Throws CsvError for any other text. */
export function readLocalTime(cell: CsvCell): number {
  const match = LOCAL_TIME.exec(cell.text.trim())
  const atMs = match ? parseInstant(`${match[1]}T${match[2]}${match[3] ?? ':00'}+08:00`) : undefined
  if (atMs === undefined) throw cellError(cell, 'is not a local time YYYY-MM-DD HH:MM:SS')
  return atMs
}

/** Epoch ms of an RFC 3339 time with offset. Throws CsvError for any other text. */
export function readInstant(cell: CsvCell): number {
  const atMs = parseInstant(cell.text.trim())
  if (atMs === undefined) throw cellError(cell, 'is not a time with an offset, such as 2018-01-02T23:00:00Z')
  return atMs
}

export const cellError = (cell: CsvCell, detail: string): CsvError =>
  new CsvError(cell.file, cell, `"${cell.text.slice(0, 40)}" ${detail}`)

const isParseError = (error: unknown): error is Error & { lines: number } =>
  error instanceof Error && 'lines' in error && typeof error.lines === 'number'

const isZlibError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')

/** By its first two bytes (RFC 1952): people rename files, and some downloads arrive unpacked. */
async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    if ((await handle.stat()).isDirectory()) throw new CsvError(file, { line: 1 }, 'is a folder')
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}
