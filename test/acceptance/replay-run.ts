// Runs `npx kilowatch …` as a user does.

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
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

/** Writes a wide table and the list of buildings A and B; returns the options that name them. */
export function wideFiles(folder: string, rows: readonly string[]): string[] {
  const [readings, buildings] = [join(folder, 'readings.csv'), join(folder, 'buildings.csv')]
  writeFileSync(readings, rows.join('\n'))
  writeFileSync(buildings, 'building_id,sqm\nA,100\nB,200\nC,\n办公楼 一/3,50\n')
  return ['--readings', readings, '--buildings', buildings, '--json']
}

/**
 * Two buildings whose readings of 2 × `hours` hours begin before 2000: arguments of a replay, and how many it refuses.
 */
export function hoursAround2000(folder: string): { args: string[]; hours: number; refused: number } {
  // Twelve days before 2000, then the 31 days in which a clock that was never set may stand, then nine good days.
  const [firstMs, hours] = [Date.UTC(1999, 11, 20), 52 * 24]
  const rows = Array.from({ length: hours }, (_, hour) => {
    const time = new Date(firstMs + hour * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
    return `${time},1,2`
  })
  return { args: wideFiles(folder, ['timestamp,A,B', ...rows]), hours, refused: 2 * (12 + 31) * 24 }
}
