// `kilowatch import FILES`: registry files (CSV, with or without BOM) into the registry. Each refused row is named with its
// field and reason; nothing is written unless every row of every file is good.

import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parse } from 'csv-parse/sync'
import { type Bill, billId } from '../domain/bill.ts'
import { REGISTRY_KINDS, type RegistryKind } from '../domain/registry-columns.ts'
import { parseRows, type Row } from '../domain/registry-file.ts'
import { type Tariff, tariffId } from '../domain/tariff.ts'
import { importRegistry } from '../functions/registry-import.ts'
import { ApiError, chosenHost, clientOf } from './client.ts'
import { openPlatform } from './platform.ts'

export interface ImportOptions {
  json?: boolean
  refused?: string
  data: string
  api?: string
  token?: string
}
interface Refused {
  file: string
  row: number
  field: string
  reason: string
}
interface Outcome {
  institutions: number
  meters: number
  secrets: { id: string; secret: string }[]
}

export async function importFiles(files: string[], options: ImportOptions): Promise<void> {
  const tables = await Promise.all(files.map(readTable))
  const refused: Refused[] = []
  const records: Record<string, unknown[]> = {}
  const origin: Record<string, { file: string; row: number }[]> = {}
  for (const { file, kind, rows } of tables) {
    const parsed = parseRows(kind, rows)
    refused.push(...parsed.refused.map((one) => ({ file, ...one })))
    records[kind] = [...(records[kind] ?? []), ...parsed.records]
    origin[kind] = [...(origin[kind] ?? []), ...parsed.rowOf.map((row) => ({ file, row }))]
  }
  let outcome: Outcome | undefined
  if (refused.length === 0) {
    try {
      outcome = await store(records, options)
    } catch (error) {
      if (!(error instanceof ApiError) || !error.problem.problems) throw error
      // A problem's index counts all records of the registry; ours are found by their id.
      refused.push(...error.problem.problems.map((problem) => ({ ...placeOf(problem, records, origin), ...problem })))
    }
  }
  if (options.refused) await writeFile(options.refused, refusedCsv(refused))
  report(refused, outcome, options)
}

async function readTable(file: string): Promise<{ file: string; kind: RegistryKind; rows: Row[] }> {
  const stem = basename(file).replace(/\.csv$/i, '')
  const kind = REGISTRY_KINDS.find(
    (known) => stem === known || stem.startsWith(`${known}-`) || stem.startsWith(`${known}.`),
  )
  if (!kind) throw new Error(`${file}: the name must begin with one of ${REGISTRY_KINDS.join(', ')}`)
  const rows = parse(await readFile(file), {
    bom: true,
    columns: true,
    skip_empty_lines: false,
    relax_column_count: false,
  })
  return { file, kind, rows: rows as Row[] }
}

/** Into the running host by HTTP; into the data folder itself when no host runs on it. */
async function store(records: Record<string, unknown[]>, options: ImportOptions): Promise<Outcome> {
  const host = chosenHost(options)
  if (host) return clientOf(host).put<Outcome>('registry', records)
  const platform = await openPlatform(options.data)
  try {
    const gateways = (records.gateways ?? []) as { id: string; institution: string; password?: string }[]
    const part = { ...records, gateways: gateways.map(({ password: _, ...gateway }) => gateway) }
    const { problems, head } = await importRegistry(platform.state, part)
    if (problems.length > 0) throw new ApiError(422, { problems })
    const secrets = await platform.devices.provision(gateways)
    return { institutions: head.institutions, meters: head.meters, secrets }
  } finally {
    await platform.close()
  }
}

function placeOf(
  { kind, id }: { kind: string; id: string },
  records: Record<string, unknown[]>,
  origin: Record<string, { file: string; row: number }[]>,
): { file: string; row: number } {
  const index = (records[kind] ?? []).findIndex((record) => {
    if (kind === 'bills') return billId(record as Bill) === id
    if (kind === 'tariffs') return tariffId(record as Tariff) === id
    const { id: own, code } = record as { id?: string; code?: string }
    return (own ?? code) === id
  })
  return origin[kind]?.[index] ?? { file: kind, row: 0 }
}

const refusedCsv = (refused: readonly Refused[]): string =>
  [
    'file,row,field,reason',
    ...refused.map(({ file, row, field, reason }) => [file, row, field, reason].map(cell).join(',')),
  ]
    .join('\n')
    .concat('\n')
const cell = (value: string | number): string =>
  /[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value)

function report(refused: readonly Refused[], outcome: Outcome | undefined, { json }: ImportOptions): void {
  if (!outcome) process.exitCode = 1
  if (json) {
    process.stdout.write(`${JSON.stringify({ imported: outcome !== undefined, ...outcome, refused })}\n`)
    return
  }
  for (const { file, row, field, reason } of refused) process.stderr.write(`${file} row ${row}: ${field}: ${reason}\n`)
  if (!outcome) {
    process.stderr.write(`kilowatch: nothing was imported: ${refused.length} refused\n`)
    return
  }
  process.stdout.write(`imported; the registry has ${outcome.institutions} institutions and ${outcome.meters} meters\n`)
  for (const { id, secret } of outcome.secrets)
    process.stdout.write(`gateway ${id}: password ${secret} (shown this once)\n`)
}
