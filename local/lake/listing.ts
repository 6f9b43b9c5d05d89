// The list of the lake's files as a file beside them (docs/rules/lake.md#list), for people and programs that do not
// open readings.duckdb. It is written after each pass that changed something; the truth is in the DuckDB file.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LakeFile } from './manifest.ts'

const LISTING = 'files.json'
const LISTING_VERSION = 1

interface Listing {
  version: number
  files: LakeFile[]
}

export function writeListing(folder: string, files: readonly LakeFile[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = join(folder, `.${LISTING}`)
  writeFileSync(draft, `${JSON.stringify({ version: LISTING_VERSION, files })}\n`, { mode: 0o600 })
  renameSync(draft, join(folder, LISTING))
}

/** Without files where there is no lake. Throws an Error with a sentence when the list cannot be read. */
export function readListing(folder: string): Listing {
  const path = join(folder, LISTING)
  if (!existsSync(path)) return { version: LISTING_VERSION, files: [] }
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Listing
  } catch (error) {
    throw new Error(`"${path}" cannot be read: start kilowatch, which writes it anew`, { cause: error })
  }
}
