// `kilowatch repair FILE`: corrects or withdraws readings, through a running host or in the data folder itself.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parse } from 'csv-parse/sync'
import { REPAIR_COLUMNS, REPAIR_HEADERS, type RefusedRepair, type RepairRow } from '../../domain/settle/repair.ts'
import { decodeText } from '../../domain/wire/text.ts'
import { type RepairFile, type RepairRecord, repair } from '../../functions/settling/repair.ts'
import { openPlatform } from '../platform.ts'
import { ApiError, chosenHost, clientOf } from './client.ts'

export interface RepairOptions {
  who: string
  note?: string
  json?: boolean
  data: string
  api?: string
  token?: string
}

export async function repairFile(file: string, options: RepairOptions): Promise<void> {
  const { who, note, json } = options
  const { refused, record } = await sent({ file: basename(file), who, note, rows: await readRows(file) }, options)
  if (refused.length > 0) process.exitCode = 1
  if (json) {
    process.stdout.write(`${JSON.stringify({ repaired: record !== undefined, ...record, refused })}\n`)
    return
  }
  if (record) process.stdout.write(`${record.rows.length} readings repaired (${record.id})\n`)
  for (const { row, field, reason } of refused) process.stderr.write(`${file} row ${row}: ${field}: ${reason}\n`)
  if (!record) process.stderr.write(`kilowatch: nothing was repaired: ${refused.length} refused\n`)
}

async function readRows(file: string): Promise<RepairRow[]> {
  const decoded = decodeText(await readFile(file))
  if ('encoding' in decoded) throw new Error(`${file} is not UTF-8 but ${decoded.encoding}; save it as "CSV UTF-8"`)
  let cells: string[][]
  try {
    cells = parse(decoded.text, { columns: false, relax_column_count: true, skip_empty_lines: false })
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  const header = (cells[0] ?? []).map((name) => name.trim())
  const places = REPAIR_COLUMNS.map((column): [string, number] => {
    const place = header.findIndex((name) => name === column || REPAIR_HEADERS[column].includes(name))
    if (place < 0 && column !== 'remove') throw new Error(`${file}: the column "${column}" is missing`)
    return [column, place]
  })
  return cells.slice(1).map((row) => Object.fromEntries(places.map(([column, place]) => [column, row[place] ?? ''])))
}

async function sent(
  file: RepairFile,
  options: RepairOptions,
): Promise<{ refused: readonly RefusedRepair[]; record: RepairRecord | undefined }> {
  const host = chosenHost(options)
  if (host) {
    try {
      const record = await clientOf(host).post<RepairRecord>('repairs', file)
      return { refused: record.refused ?? [], record }
    } catch (error) {
      const refused = error instanceof ApiError ? (error.problem.problems as unknown as RefusedRepair[]) : undefined
      if (!refused) throw error
      return { refused, record: undefined }
    }
  }
  if (!existsSync(options.data)) throw new Error(`there is no data folder "${options.data}"`)
  const platform = await openPlatform(options.data)
  try {
    return await repair(platform, file)
  } finally {
    await platform.close()
  }
}
