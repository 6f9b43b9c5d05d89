// `kilowatch export`: what a host has, as files for other tools (docs/rules/lake.md#export), or one day as the package
// that an upper centre asks for (docs/rules/devices.md#upload-to-an-upper-centre).

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { unzipSync } from 'fflate'
import { parse } from 'yaml'
import type { ExportView } from '../../domain/view/export.ts'
import type { UploadView } from '../../domain/view/upload.ts'
import { megabytes } from './backup.ts'
import { askMachine } from './machine.ts'

export interface ExportOptions {
  data: string
  parquet?: true
  csv?: true
  area?: string
  from?: string
  to?: string
  uploadXml?: string
  day?: string
  json?: boolean
}

/** Throws an Error with a sentence where the options do not go together, or the host refuses. */
export async function exportData(folder: string, options: ExportOptions): Promise<void> {
  const { data, parquet, csv, area, from, to, json, uploadXml, day } = options
  if (uploadXml !== undefined) return await exportUpload(folder, { ...options, uploadXml })
  if (day !== undefined) throw new Error('--day goes with --upload-xml; months are --from and --to')
  if (parquet && csv) throw new Error('--parquet and --csv: one of the two')
  const body = { folder: resolve(folder), format: csv ? 'csv' : 'parquet', area, from, to }
  const made = await askMachine<ExportView>(data, 'exports', body)
  process.stdout.write(json ? `${JSON.stringify(made)}\n` : `${exportText(made)}\n`)
}

function exportText({ folder, months, meters, readings, hours, files, bytes }: ExportView): string {
  const span = months.length === 0 ? 'no month has any' : `${months[0]} to ${months.at(-1)}`
  return `${folder}: ${readings} readings and ${hours} hours of ${meters} meters, ${span}; ${files} files, ${megabytes(bytes)}`
}

/** Writes the packed file, and beside it the folder that is in it. */
async function exportUpload(folder: string, options: ExportOptions & { uploadXml: string }): Promise<void> {
  const { data, day, json, uploadXml } = options
  for (const name of ['parquet', 'csv', 'area', 'from', 'to'] as const)
    if (options[name] !== undefined) throw new Error(`--${name} does not go with --upload-xml`)
  if (day === undefined) throw new Error('--upload-xml needs --day YYYY-MM-DD')
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`"${folder}" is not empty: export to a new folder`)
  const body = { date: day, settings: settingsOf(uploadXml) }
  const { zip, ...made } = await askMachine<UploadView>(data, 'upload-packages', body)
  const bytes = Buffer.from(zip, 'base64')
  for (const [name, content] of Object.entries(unzipSync(bytes))) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  await writeFile(join(folder, `${made.name}.zip`), bytes)
  const { name, files, buildings, hours, hoursUnknown } = made
  const unknown = hoursUnknown > 0 ? `; ${hoursUnknown} hours are not known and left out` : ''
  process.stdout.write(
    json
      ? `${JSON.stringify({ folder, ...made })}\n`
      : `${join(folder, `${name}.zip`)}: ${files.length} files, ${hours} hours of ${buildings} buildings${unknown}\n`,
  )
}

function settingsOf(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8')) as unknown
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
