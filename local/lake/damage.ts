// What is wrong with the files of the lake, as far as their sizes tell; `kilowatch verify` reads them whole.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { formatInstant } from '../../domain/calendar.ts'
import { hashOf } from './file.ts'
import { readListing } from './listing.ts'
import type { LakeFile, LakeManifest } from './manifest.ts'

export interface VerifiedLake {
  files: number
  readings: number
  /** Each a sentence that names the file. */
  damage: string[]
}

/** Each a sentence that names the file, with the readings it has. */
export const damageOf = (folder: string, files: readonly LakeFile[]): string[] =>
  files.flatMap((file) => {
    const bytes = statSync(join(folder, file.path), { throwIfNoEntry: false })?.size
    if (bytes === file.bytes) return []
    return [sentence(file, bytes === undefined ? 'is missing' : `has ${bytes} bytes instead of ${file.bytes}`)]
  })

/** Goes on without the files that are damaged; what is left of them stays where it is. */
export async function forgetDamaged(
  connection: DuckDBConnection,
  folder: string,
  manifest: LakeManifest,
): Promise<void> {
  const damaged = manifest.files().filter((file) => damageOf(folder, [file]).length > 0)
  await manifest.forget(
    connection,
    damaged.map(({ path }) => path),
  )
}

/**
 * The same of their contents, by the list that lies beside them; it can be read while a host has the folder open, which
 * may merge files meanwhile.
 */
export async function verifiedLake(folder: string): Promise<VerifiedLake> {
  const files = readListing(folder)
  const damage: string[] = []
  for (const file of files) {
    const [found] = damageOf(folder, [file])
    const isOther = !found && (await hashOf(join(folder, file.path)).catch(() => '')) !== file.sha256
    if (!found && !isOther) continue
    if (readListing(folder).some(({ path }) => path === file.path))
      damage.push(found ?? sentence(file, 'is not what was written'))
  }
  return { files: files.length, readings: files.reduce((sum, { rows }) => sum + rows, 0), damage }
}

const sentence = ({ path, rows, fromMs, toMs }: LakeFile, what: string): string =>
  `lake/${path} ${what}, with ${rows} readings from ${formatInstant(fromMs)} to ${formatInstant(toMs)}`
