// The process that merges files of the lake, of lower priority than all else: it reads and writes files alone, so that
// neither the host's processor time nor its memory goes into it. Two threads of one core disturb each other whatever
// their priorities, so it also pauses while readings come (docs/decisions/0059).

import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { DuckDBInstance, DuckDBPendingResultState, type DuckDBResultReader } from '@duckdb/node-api'
import { helpHost } from '../helper-process.ts'
import { type FilePlace, madeFile } from './file.ts'
import { readFiles } from './format.ts'
import type { LakeFile } from './manifest.ts'
import { BUSY_MS, type READINGS_COME, SHARE } from './pace.ts'

/** `replaces`: the files to merge, in order of receipt. */
export type MergeAsked = FilePlace & Required<Pick<FilePlace, 'replaces'>>
/** Work between two pauses, in ms. */
const SLICE_MS = 10
export type MergeAnswer = { file: LakeFile } | { error: string }

const LOWEST = 19
/** A month of a large county is 10 million rows; beyond this DuckDB sorts on disk. */
const MEMORY = '1GB'

setPriority(LOWEST)
const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY, threads: '1' })
const connection = await instance.connect()

let busyUntilMs = 0

/** Runs a statement task by task, all of them on this thread, with pauses. */
async function runAndReadAll(sql: string): Promise<DuckDBResultReader> {
  const pending = await connection.start(sql)
  let workMs = 0
  for (;;) {
    const beganMs = performance.now()
    const state = pending.runTask()
    workMs += performance.now() - beganMs
    if (state === DuckDBPendingResultState.RESULT_READY) return await pending.readAll()
    if (workMs < SLICE_MS) continue
    await sleep(performance.now() < busyUntilMs ? workMs * (SHARE - 1) : 0)
    workMs = 0
  }
}

const answer = helpHost<MergeAsked | typeof READINGS_COME, MergeAnswer>(async (asked) => {
  if ('readingsCome' in asked) {
    busyUntilMs = performance.now() + BUSY_MS
    return
  }
  try {
    // Rows of one meter, time and receipt are of one file, and stay in its order.
    const rows = `SELECT * EXCLUDE (file_row_number) FROM ${readFiles(asked.folder, asked.replaces)}
      ORDER BY meter, at_ms, received_ms, file_row_number`
    answer({ file: await madeFile({ runAndReadAll }, rows, asked) })
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) })
  }
})
