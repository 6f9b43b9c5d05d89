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
export async function madeFile(connection: DuckDBConnection, rows: string, place: FilePlace): Promise<LakeFile> {
  const { folder, path } = place
  const draft = join(folder, `${path}${DRAFT_SUFFIX}`)
  await mkdir(dirname(draft), { recursive: true, mode: 0o700 })
  await connection.run(`COPY (${rows}) TO ${quoted(draft)} ${copyOptions(place)}`)
  const file = await open(draft)
  await file.sync().finally(() => file.close())
  await rename(draft, join(folder, path))
  return await describedFile(connection, place)
}

/** What the manifest says of a file that is there. */
export async function describedFile(connection: DuckDBConnection, place: Omit<FilePlace, 'rows'>): Promise<LakeFile> {
  const { folder, path, county, month } = place
  const sums = await connection.runAndReadAll(
    `SELECT count(*)::DOUBLE, min(at_ms)::DOUBLE, max(at_ms)::DOUBLE, min(received_ms)::DOUBLE, max(received_ms)::DOUBLE
     FROM ${readFiles(folder, [path])}`,
  )
  const [count = 0, fromMs = 0, toMs = 0, receivedFromMs = 0, receivedToMs = 0] = must(sums.getRows()[0]).map(Number)
  const { size } = await stat(join(folder, path))
  return {
    ...{ path, county, month, sha256: await hashOf(join(folder, path)), rows: count, bytes: size },
    ...{ fromMs, toMs, receivedFromMs, receivedToMs },
  }
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
