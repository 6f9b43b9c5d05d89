// The monthly report of a whole province from judged months: document, workbook, tables and manifest, from
// fourteen months of each institution. The reference is reading the same documents.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monthRange } from '../domain/calendar.ts'
import { must } from '../domain/must.ts'
import { assess } from '../functions/assess.ts'
import { monthsOf, SUBJECT_YEARS } from '../functions/judging/subject-year.ts'
import type { Platform } from '../functions/platform.ts'
import { registryReader } from '../functions/registry/reader.ts'
import { reportDocument } from '../functions/reporting/document.ts'
import { manifestOf, reportFiles } from '../functions/reporting/package.ts'
import { rollup } from '../functions/rollup.ts'
import { openPlatform } from '../local/platform.ts'
import { PROVINCE, settledProvince } from './province.ts'
import { type BenchRow, median } from './table.ts'

const INSTITUTIONS = 31_600
const COUNTIES = 170
const ROUNDS = 2
const BAR = { seconds: 60 }
const MONTH = '2026-10'
const NOW_MS = monthRange(MONTH).toMs

export async function benchReport(scale: number, say: (line: string) => void): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-bench-'))
  const platform = await openPlatform(folder, () => NOW_MS)
  try {
    const size = { institutions: Math.ceil(INSTITUTIONS * scale), counties: Math.ceil(COUNTIES * scale) }
    await settledProvince(platform, size, NOW_MS - 1, MONTH)
    await assess(platform)({ shards: [] })
    await rollup(platform)({ shards: [] })
    const rounds: { seconds: number; cpuSeconds: number; cells: number; bytes: number }[] = []
    const reads: number[] = []
    let rssMax = 0
    const watch = setInterval(() => {
      rssMax = Math.max(rssMax, process.memoryUsage().rss)
    }, 50)
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push(await reportOnce(platform))
      reads.push(await readOnceMore(platform))
      say(
        `report, round ${round}: ${must(rounds[round]).seconds.toFixed(2)} s, reading ${must(reads[round]).toFixed(2)} s`,
      )
    }
    clearInterval(watch)
    const seconds = median(rounds.map((one) => one.seconds))
    const reference = median(reads)
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
          'MiB RSS at most': rssMax / 2 ** 20,
        },
      },
    ]
  } finally {
    await platform.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function reportOnce({ state }: Platform) {
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  const registry = registryReader(state)
  const head = await registry.refresh()
  const question = { type: 'area' as const, id: PROVINCE, month: MONTH } as const
  const document = await reportDocument(question, { state, registry, head, nowMs: NOW_MS })
  const files = reportFiles(document)
  await manifestOf(document, files, NOW_MS)
  const seconds = (performance.now() - startedMs) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const institutions = must(document.tables.find(({ id }) => id === 'institutions'))
  if (institutions.rows.length !== head.institutions) throw new Error('the report leaves institutions out')
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    cells: document.tables.reduce((sum, { rows, columns }) => sum + rows.length * columns.length, 0),
    bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
  }
}

async function readOnceMore({ state }: Platform): Promise<number> {
  const startedMs = performance.now()
  for (const { value } of await state.query(SUBJECT_YEARS)) monthsOf(value)
  return (performance.now() - startedMs) / 1000
}
