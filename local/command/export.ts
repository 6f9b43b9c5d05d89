// `kilowatch export`: what a host has, as files for other tools (docs/rules/lake.md#export).

import { resolve } from 'node:path'
import type { ExportView } from '../../domain/view/export.ts'
import { megabytes } from './backup.ts'
import { askMachine } from './machine.ts'

export interface ExportOptions {
  data: string
  parquet?: true
  csv?: true
  area?: string
  from?: string
  to?: string
  json?: boolean
}

/** Throws an Error with a sentence where the options do not go together, or the host refuses. */
export async function exportData(folder: string, options: ExportOptions): Promise<void> {
  const { data, parquet, csv, area, from, to, json } = options
  if (parquet && csv) throw new Error('--parquet and --csv: one of the two')
  const body = { folder: resolve(folder), format: csv ? 'csv' : 'parquet', area, from, to }
  const made = await askMachine<ExportView>(data, 'exports', body)
  process.stdout.write(json ? `${JSON.stringify(made)}\n` : `${exportText(made)}\n`)
}

function exportText({ folder, months, meters, readings, hours, files, bytes }: ExportView): string {
  const span = months.length === 0 ? 'no month has any' : `${months[0]} to ${months.at(-1)}`
  return `${folder}: ${readings} readings and ${hours} hours of ${meters} meters, ${span}; ${files} files, ${megabytes(bytes)}`
}
