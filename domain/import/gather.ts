// Reads files of the registry, already split into cells, into the records of one import: which kind a file holds, its
// rows by header, and where each record stands. The command line and the page read files alike.

import { billId } from '../energy/bill.ts'
import { tariffId } from '../energy/tariff.ts'
import { targetId } from '../judge/target-plan.ts'
import { TABLE_KINDS, type TableRow, tableRowId } from '../standards/tables.ts'
import { parseRows, type Row } from './file.ts'
import { RECORD_KINDS, REGISTRY_KINDS } from './kinds.ts'
import type { RegistryKind } from './registry.ts'

export interface RefusedCell {
  file: string
  row: number
  field: string
  reason: string
}
export interface ReadTable {
  file: string
  kind: RegistryKind
  rows: Row[]
  malformed: RefusedCell[]
  /** The file's cells as they are, the header first. */
  cells: string[][]
}
/** Column added in front of a refused row; ignored when the corrected file is imported. */
export const REASON_COLUMN = 'refused'

/** `name`: without folders. Throws an Error that says which names there are. */
export function kindOfFile(name: string, shown: string = name): RegistryKind {
  const stem = name.replace(/\.(csv|xlsx)$/i, '')
  const kind = REGISTRY_KINDS.find(
    (known) => stem === known || stem.startsWith(`${known}-`) || stem.startsWith(`${known}.`),
  )
  if (!kind) throw new Error(`${shown}: the name must begin with one of ${REGISTRY_KINDS.join(', ')}`)
  return kind
}

/** The table of columns and legal values that `kilowatch template` writes beside the files; it is no registry file. */
export const GUIDE_FILE = '说明-columns.csv'
/** Also when a file system or a spreadsheet has added to its name. */
export const isGuideFile = (name: string): boolean => name.normalize('NFC').startsWith(GUIDE_FILE.replace('.csv', ''))

/** What separates the cells of the header: spreadsheets write semicolons and tabs in some settings. */
export const delimiterOf = (text: string): string => {
  const [header = ''] = text.split(/\r?\n/, 1)
  return [',', ';', '\t'].find((one) => header.includes(one)) ?? ','
}

/** The rows of a registry file. Throws an Error with a sentence for the user when it has no header. */
export function tableOfCells(file: string, kind: RegistryKind, given: string[][]): ReadTable {
  const cells = withoutReasons(given)
  const [header = [], ...records] = cells
  if (header.every((name) => name.trim() === ''))
    throw new Error(`${file} is empty: the first row must name the columns`)
  const malformed: RefusedCell[] = header
    .filter((name, index) => name.trim() !== '' && header.indexOf(name) !== index)
    .map((name) => ({ file, row: 1, field: name, reason: 'the column stands twice' }))
  // A row that is left out stays as an empty one, so that the other rows keep their numbers in the file.
  const rows = records.map((cells, index): Row => {
    if (cells.length === header.length)
      return Object.fromEntries(header.map((name, column) => [name, cells[column] ?? '']))
    if (cells.some((cell) => cell.trim() !== '')) {
      const reason = `the row has ${cells.length} cells, the header ${header.length}`
      malformed.push({ file, row: index + 2, field: '', reason })
    }
    return Object.fromEntries(header.map((name) => [name, '']))
  })
  return { file, kind, rows, malformed, cells }
}

const withoutReasons = (cells: string[][]): string[][] =>
  cells[0]?.[0] === REASON_COLUMN ? cells.map((row) => row.slice(1)) : cells

export interface GatheredRecords {
  /** By kind. */
  records: Record<string, unknown[]>
  stated: Record<string, string[]>
  /** File and row of each record, by kind. */
  origin: Record<string, { file: string; row: number }[]>
  refused: RefusedCell[]
}

/** The records of several files; with a refused cell none of them may be imported. */
export function gatherRecords(tables: readonly ReadTable[]): GatheredRecords {
  const gathered: GatheredRecords = { records: {}, stated: {}, origin: {}, refused: [] }
  const { records, stated, origin, refused } = gathered
  for (const { file, kind, rows, malformed } of withoutTwins(tables, refused)) {
    const parsed = parseRows(kind, rows)
    refused.push(...malformed, ...parsed.refused.map((one) => ({ file, ...one })))
    const known = RECORD_KINDS[kind].merge && parsed.records.length > 0 ? stated[kind] : undefined
    const other =
      known && [...known, ...parsed.stated].find((field, _, all) => all.indexOf(field) === all.lastIndexOf(field))
    if (other)
      refused.push({
        file,
        row: 1,
        field: other,
        reason: `is a column of only one of the files of ${kind}; import them apart`,
      })
    if (parsed.records.length > 0) stated[kind] = parsed.stated
    records[kind] = [...(records[kind] ?? []), ...parsed.records]
    origin[kind] = [...(origin[kind] ?? []), ...parsed.rowOf.map((row) => ({ file, row }))]
  }
  return gathered
}

/**
 * A workbook and a table of one name in one folder, as `template` writes them, are one file when their rows are the
 * same. Where they are not, nobody can say which one was filled in.
 */
function withoutTwins(tables: readonly ReadTable[], refused: RefusedCell[]): ReadTable[] {
  const stemOf = ({ file, kind }: ReadTable): string => `${kind} ${file.replace(/\.(csv|xlsx)$/i, '')}`
  return tables.filter((table, index) => {
    const twin = tables.slice(0, index).find((one) => one.file !== table.file && stemOf(one) === stemOf(table))
    if (!twin) return true
    if (JSON.stringify(twin.rows) === JSON.stringify(table.rows)) return false
    const reason = `says other than ${twin.file}; import one of the two`
    refused.push({ file: table.file, row: 1, field: '', reason })
    return false
  })
}

/** Finds the first row of a record; looks through the records of a kind once, however many are asked for. */
export function places({
  records,
  origin,
}: Pick<GatheredRecords, 'records' | 'origin'>): (one: { kind: string; id: string }) => { file: string; row: number } {
  const idsOf: Partial<Record<string, (record: never) => string>> = {
    targets: targetId,
    bills: billId,
    tariffs: tariffId,
    ...Object.fromEntries(TABLE_KINDS.map((table) => [table, (row: TableRow) => tableRowId(table, row)])),
  }
  const ofKind = new Map<string, ReadonlyMap<string, number>>()
  const indexesOf = (kind: string): ReadonlyMap<string, number> => {
    const idOf = idsOf[kind] ?? (({ id, code }: { id?: string; code?: string }) => id ?? code ?? '')
    const all = [...(records[kind] ?? []).entries()]
    return new Map(all.reverse().map(([index, record]) => [idOf(record as never), index]))
  }
  return ({ kind, id }) => {
    const indexes = ofKind.get(kind) ?? indexesOf(kind)
    ofKind.set(kind, indexes)
    const index = indexes.get(id)
    return (index === undefined ? undefined : origin[kind]?.[index]) ?? { file: kind, row: 0 }
  }
}
