// Runs `npx kilowatch …` as a user does.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from './host-process.ts'

export const REPLAY_MS_MAX = 240_000

export interface Run {
  code: number
  stdout: string
  stderr: string
}
/** Runs `npx kilowatch …`. */
export function kilowatch(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(projectRoot, 'bin', 'kilowatch.mjs'), ...args],
      { maxBuffer: 16 * 1024 * 1024, timeout: REPLAY_MS_MAX },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    )
  })
}

/** What a replay printed, without how long it took. */
export const withoutSeconds = (stdout: string): string => stdout.replace(/,"seconds":[\d.]+\}\s*$/, '}')
