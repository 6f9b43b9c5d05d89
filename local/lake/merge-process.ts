// The process that merges files of the lake, of lower priority than all else: it reads and writes files alone, so that
// neither the host's processor time nor its memory goes into it.

import { setPriority } from 'node:os'
import { DuckDBInstance } from '@duckdb/node-api'
import { type FilePlace, madeFile } from './file.ts'
import { readFiles } from './format.ts'
import type { LakeFile } from './manifest.ts'

/** `replaces`: the files to merge, in order of receipt. */
export type MergeAsked = FilePlace & Required<Pick<FilePlace, 'replaces'>>
export type MergeAnswer = { file: LakeFile } | { error: string }

const LOWEST = 19
/** A month of a large county is 10 million rows; beyond this DuckDB sorts on disk. */
const MEMORY = '1GB'

setPriority(LOWEST)
process.once('disconnect', () => process.exit())
// Ctrl-C reaches the whole process group; the host disconnects when it is done.
process.on('SIGINT', () => undefined)
const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY, threads: '1' })
const connection = await instance.connect()

process.on('message', async (asked: MergeAsked) => {
  try {
    // Rows of one meter, time and receipt are of one file, and stay in its order.
    const rows = `SELECT * EXCLUDE (file_row_number) FROM ${readFiles(asked.folder, asked.replaces)}
      ORDER BY meter, at_ms, received_ms, file_row_number`
    answer({ file: await madeFile(connection, rows, asked) })
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) })
  }
})

const answer = (message: MergeAnswer): void => void process.send?.(message)
