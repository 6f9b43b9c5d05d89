// The list of the lake's files as a file beside them (docs/rules/lake.md#list), for people and programs that do not
// open readings.duckdb. It is written after each pass that changed something; the truth is in the DuckDB file.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { LakeFile } from './manifest.ts'

const LISTING = 'files.json'
const LISTING_VERSION = 1

const listingSchema = z.object({
  version: z.literal(LISTING_VERSION),
  files: z.array(
    z.object({
      ...{ path: z.string(), county: z.string(), month: z.templateLiteral([z.number(), '-', z.number()]) },
      ...{ rows: z.number(), bytes: z.number(), sha256: z.string() },
      ...{ fromMs: z.number(), toMs: z.number(), receivedFromMs: z.number(), receivedToMs: z.number() },
    }),
  ),
})

export function writeListing(folder: string, files: readonly LakeFile[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = join(folder, `.${LISTING}`)
  writeFileSync(draft, `${JSON.stringify({ version: LISTING_VERSION, files })}\n`, { mode: 0o600 })
  renameSync(draft, join(folder, LISTING))
}

/** None where there is no lake. Throws an Error with a sentence when the list is missing or cannot be read. */
export function readListing(folder: string): LakeFile[] {
  if (!existsSync(folder)) return []
  const path = join(folder, LISTING)
  try {
    return listingSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).files
  } catch (error) {
    throw new Error(`"${path}" is missing or is no list of files: start kilowatch, which writes it anew`, {
      cause: error,
    })
  }
}
