// The monthly report of a whole province from judged months: document, workbook, tables and manifest, from
// fourteen months of each institution, made in a process of its own. The reference is reading the same documents.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monthRange } from '../domain/calendar.ts'
import { must } from '../domain/must.ts'
import { assess } from '../functions/assess.ts'
import { monthsOf, SUBJECT_YEARS } from '../functions/judging/subject-year.ts'
import type { Platform } from '../functions/platform.ts'
import { rollup } from '../functions/rollup.ts'
import { openPlatform } from '../local/platform.ts'
import { type FamilyUse, nextMessage, started, watchFamily } from './process.ts'
import { settledProvince } from './province.ts'
import { type MadeReport, REPORT_MONTH } from './report-maker.ts'
import { type BenchRow, median } from './table.ts'

const INSTITUTIONS = 31_600
const COUNTIES = 170
const ROUNDS = 2
const BAR = { seconds: 60 }
const NOW_MS = monthRange(REPORT_MONTH).toMs
const MAKER = new URL('./report-maker.ts', import.meta.url)

export async function benchReport(scale: number, say: (line: string) => void): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
  const size = { institutions: Math.ceil(INSTITUTIONS * scale), counties: Math.ceil(COUNTIES * scale) }
  try {
    const reference = await filledFolder(folder, size)
    const rounds: (MadeReport & FamilyUse)[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const maker = started(MAKER, [folder])
      const family = watchFamily(must(maker.pid))
      const made = { ...(await nextMessage<MadeReport>(maker)), ...family.stop() }
      rounds.push(made)
      say(
        `report, round ${round}: ${made.seconds.toFixed(2)} s (document ${made.documentSeconds.toFixed(2)}), CPU ${made.cpuSeconds.toFixed(2)} s, ${made.rssMib.toFixed(0)} MiB`,
      )
    }
    const seconds = median(rounds.map((one) => one.seconds))
    return [
      {
        what: `report, ${size.institutions} institutions`,
        seconds,
        reference: { what: 'reading the same documents', seconds: reference },
        ratio: seconds / reference,
        bar: BAR,
        rounds: rounds.map((one) => one.seconds),
        cpuSeconds: median(rounds.map((one) => one.cpuSeconds)),
        more: {
          cells: must(rounds[0]).cells,
          'MB of files': must(rounds[0]).bytes / 1e6,
          'MiB RSS at most': Math.max(...rounds.map((one) => one.rssMib)),
        },
      },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Writes the province; the seconds that reading its months takes. */
async function filledFolder(folder: string, size: { institutions: number; counties: number }): Promise<number> {
  const platform = await openPlatform(folder, () => NOW_MS)
  try {
    await settledProvince(platform, size, NOW_MS - 1, REPORT_MONTH)
    await assess(platform)({ shards: [] })
    await rollup(platform)({ shards: [] })
    return await readingSeconds(platform)
  } finally {
    await platform.close()
  }
}

async function readingSeconds({ state }: Platform): Promise<number> {
  const startedMs = performance.now()
  for (const { value } of await state.query(SUBJECT_YEARS)) monthsOf(value)
  return (performance.now() - startedMs) / 1000
}
