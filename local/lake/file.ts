// Writes one file of the lake: beside its place, synced, then renamed.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { must } from '../../domain/must.ts'
import { copyOptions, DRAFT_SUFFIX, type FileContent, quoted, readFiles } from './format.ts'
import type { LakeFile } from './manifest.ts'

export interface FilePlace extends FileContent {
  /** The lake's folder. */
  folder: string
  path: string
}

/** Writes the rows of a query, which come in the order of the format. The caller syncs the folder of the file. */
export async function madeFile(
  connection: Pick<DuckDBConnection, 'runAndReadAll'>,
  rows: string,
  place: FilePlace,
): Promise<LakeFile> {
  const { folder, path } = place
  const draft = join(folder, `${path}${DRAFT_SUFFIX}`)
  await mkdir(dirname(draft), { recursive: true, mode: 0o700 })
  const copied = await connection.runAndReadAll(`COPY (${rows}) TO ${quoted(draft)} ${copyOptions(place)}`)
  const file = await open(draft)
  await file.sync().finally(() => file.close())
  await rename(draft, join(folder, path))
  return await withHash(place, spanOf(copied.getRowsJson() as unknown as CopyResult))
}

/** What a COPY with RETURN_STATS says; the maps are lists of pairs. */
type CopyResult = [
  [
    path: string,
    rows: string,
    bytes: string,
    footer: string,
    columns: { key: string; value: { key: string; value: string }[] }[],
  ],
]
type FileSpan = Pick<LakeFile, 'rows' | 'fromMs' | 'toMs' | 'receivedFromMs' | 'receivedToMs'>

/** Reading the new file for it would leave its metadata in DuckDB's memory, though most files are merged soon. */
function spanOf([[, rows, , , columns]]: CopyResult): FileSpan {
  const figure = (column: string, name: 'min' | 'max'): number => {
    const own = columns.find(({ key }) => key === `"${column}"`)?.value.find(({ key }) => key === name)
    return Number(must(own, `the ${name} of ${column}`).value)
  }
  return {
    ...{ rows: Number(rows), fromMs: figure('at_ms', 'min'), toMs: figure('at_ms', 'max') },
    ...{ receivedFromMs: figure('received_ms', 'min'), receivedToMs: figure('received_ms', 'max') },
  }
}

/** What the manifest says of a file that is there. */
export async function describedFile(connection: DuckDBConnection, place: Omit<FilePlace, 'rows'>): Promise<LakeFile> {
  const { folder, path } = place
  const sums = await connection.runAndReadAll(
    `SELECT count(*)::DOUBLE, min(at_ms)::DOUBLE, max(at_ms)::DOUBLE, min(received_ms)::DOUBLE, max(received_ms)::DOUBLE
     FROM ${readFiles(folder, [path])}`,
  )
  const [rows = 0, fromMs = 0, toMs = 0, receivedFromMs = 0, receivedToMs = 0] = must(sums.getRows()[0]).map(Number)
  return await withHash(place, { rows, fromMs, toMs, receivedFromMs, receivedToMs })
}

async function withHash({ folder, path, county, month }: Omit<FilePlace, 'rows'>, span: FileSpan): Promise<LakeFile> {
  const { size } = await stat(join(folder, path))
  return { path, county, month, sha256: await hashOf(join(folder, path)), bytes: size, ...span }
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
