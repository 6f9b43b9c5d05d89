// Makes the report of a data folder once, in a process of its own, as `kilowatch report` does it: what it takes of
// time and memory is the maker's alone. Sends the figures to its parent, or prints them.

import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { monthRange } from '../domain/calendar.ts'
import { must } from '../domain/must.ts'
import { reportDocument } from '../functions/reporting/document.ts'
import { filed, type ManifestFile, reportFiles } from '../functions/reporting/package.ts'
import { partsInTurn } from '../functions/reporting/shard-part.ts'
import { partsInHelpers } from '../local/report-helpers.ts'
import { openReportStores } from '../local/report-stores.ts'
import { PROVINCE } from './province.ts'

export const REPORT_MONTH = '2026-10'
export interface MadeReport {
  seconds: number
  /** Until the document stands; the rest is writing its files. */
  documentSeconds: number
  cpuSeconds: number
  cells: number
  bytes: number
  rssMib: number
}

async function madeOf(folder: string): Promise<MadeReport> {
  const startedMs = performance.now()
  const nowMs = monthRange(REPORT_MONTH).toMs
  const stores = openReportStores(join(folder, 'state.sqlite'))
  const head = await stores.registry.refresh()
  const question = { type: 'area' as const, id: PROVINCE, month: REPORT_MONTH } as const
  const sources = { ...stores, head, nowMs }
  const parts = partsInHelpers(join(folder, 'state.sqlite'), partsInTurn(sources))
  const document = await reportDocument(question, { ...sources, parts })
  const documentSeconds = (performance.now() - startedMs) / 1000
  const files: ManifestFile[] = []
  for (const file of reportFiles(document)) {
    const path = openSync(join(folder, 'made'), 'w')
    files.push(await filed(file, (piece) => void writeSync(path, piece)))
    closeSync(path)
  }
  stores.db.close()
  const { user, system } = process.cpuUsage()
  const institutions = must(document.tables.find(({ id }) => id === 'institutions'))
  if (institutions.rows.length !== head.institutions) throw new Error('the report leaves institutions out')
  return {
    seconds: (performance.now() - startedMs) / 1000,
    documentSeconds,
    cpuSeconds: (user + system) / 1e6,
    cells: document.tables.reduce((sum, { rows, columns }) => sum + rows.length * columns.length, 0),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    rssMib: process.resourceUsage().maxRSS / 1024,
  }
}

const [, , folder] = process.argv
if (import.meta.main && folder !== undefined) {
  const made = await madeOf(folder)
  if (process.send) process.send(made)
  else process.stdout.write(`${JSON.stringify(made)}\n`)
}
