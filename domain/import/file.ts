// Parses rows of a registry file, already split by a CSV or XLSX reader, to records. Reports every refused field of
// every row at once. The caller decides whether one refused row stops the file; domain/import/check.ts checks the
// records against each other.

import type * as z from 'zod'
import { must } from '../must.ts'
import { readCell } from './cell.ts'
import type { Column } from './columns.ts'
import type { JoinedRows } from './joined.ts'
import { RECORD_KINDS } from './kinds.ts'
import type { RegistryKind, RegistryRecords } from './registry.ts'
import { VALUE_WORDS } from './words.ts'

/** More than twice the province's 200,000 meters; a few hundred MB while being read. */
export const FILE_ROWS_MAX = 500_000
const QUOTE_CHARS_MAX = 80

/** `row` counts from 1, where row 1 is the header; `field` is the header as the file writes it. */
export interface RefusedField {
  row: number
  field: string
  reason: string
}

export interface ParsedRows<K extends RegistryKind> {
  records: RegistryRecords[K][]
  /** The row of each record; the first of several rows. */
  rowOf: number[]
  refused: RefusedField[]
  /** The fields that the file has a column for. */
  stated: string[]
}

/** The fields of a kind that parsing its rows needs. */
type KindOfRows<T> = {
  schema: z.ZodType<T>
  joined?: JoinedRows<T, unknown, unknown>
  idField: string
  idIsField?: true
}

/** Header → cell. A reader that leaves out empty lines shifts the row numbers. */
export type Row = Readonly<Record<string, string>>

/**
 * Parses the rows of one file. Headers are English or Chinese (domain/import/columns.ts); an empty cell means: not
 * given. Several rows of one institution or meter are its dated rows, several rows of one tariff its periods, several
 * rows of one set its coefficients. Records of refused rows are left out. Never throws.
 */
export function parseRows<K extends RegistryKind>(kind: K, rows: readonly Row[]): ParsedRows<K>
export function parseRows(kind: RegistryKind, rows: readonly Row[]): ParsedRows<RegistryKind> {
  if (rows.length > FILE_ROWS_MAX)
    return refuseFile([{ row: FILE_ROWS_MAX + 2, field: '', reason: `the file has more than ${FILE_ROWS_MAX} rows` }])
  if (rows.length === 0) return refuseFile([])
  const header = readHeader(kind, rows)
  if (header.refused.length > 0) return refuseFile(header.refused)
  const drafts = rows.flatMap((row, index) => (isEmpty(row) ? [] : [readDraft(kind, header.written, row, index + 2)]))
  const read = recordsOf<unknown>(drafts, RECORD_KINDS[kind]) as Omit<ParsedRows<RegistryKind>, 'stated'>
  return { ...read, stated: [...header.written.keys()] }
}

const refuseFile = (refused: RefusedField[]) => ({ records: [], rowOf: [], refused, stated: [] })

/** Field → header as the file writes it. */
type Written = ReadonlyMap<string, string>

function readHeader(kind: RegistryKind, rows: readonly Row[]): { written: Written; refused: RefusedField[] } {
  const { columns, fields } = RECORD_KINDS[kind]
  const written = new Map<string, string>()
  const refused: RefusedField[] = []
  const refuse = (field: string, reason: string) => refused.push({ row: 1, field, reason })
  for (const cell of headersOf(rows)) {
    const name = cell.replace(/^\uFEFF/, '').trim()
    const column = columns.find((known) => known.name === name || known.aliases.includes(name))
    const earlier = column && written.get(column.name)
    if (column === undefined) refuse(cell, `unknown column ${quote(name)}; ${kind} have ${namesOf(columns)}`)
    else if (earlier !== undefined)
      refuse(cell, `columns ${quote(earlier)} and ${quote(cell)} both mean ${column.name}`)
    else written.set(column.name, cell)
  }
  for (const { name, aliases } of columns)
    if (!written.has(name) && !fields[name]?.safeParse(undefined).success)
      refuse(name, `required column ${name} (${aliases[0]}) is missing`)
  return { written, refused }
}

/** All headers of all rows. Spreadsheets leave columns without a header; such a column counts only when not empty. */
function headersOf(rows: readonly Row[]): Set<string> {
  const headers = new Set<string>()
  for (const row of rows)
    for (const header of Object.keys(row)) if (header.trim() !== '' || row[header]?.trim() !== '') headers.add(header)
  return headers
}

const namesOf = (columns: readonly Column[]): string => columns.map(({ name }) => name).join(', ')

const isEmpty = (row: Row): boolean => Object.values(row).every((cell) => cell.trim() === '')

/** One row during parsing: the values read, and the fields refused. */
interface Draft {
  row: number
  values: Record<string, unknown>
  refused: Map<string, RefusedField>
  written: Written
}

function readDraft(kind: RegistryKind, written: Written, row: Row, rowNumber: number): Draft {
  const draft: Draft = { row: rowNumber, values: {}, refused: new Map(), written }
  for (const { name, type } of RECORD_KINDS[kind].columns) {
    const text = cellOf(row, written.get(name))
    if (text === '') continue
    const cell = readCell(type, translate(`${kind}.${name}`, text))
    if ('value' in cell) draft.values[name] = cell.value
    else refuse(draft, name, `${shown(name, text)} ${cell.reason}`)
  }
  return draft
}

const cellOf = (row: Row, header: string | undefined): string =>
  header !== undefined && Object.hasOwn(row, header) ? (row[header]?.trim() ?? '') : ''

const translate = (column: string, text: string): string =>
  VALUE_WORDS.get(column)?.get(text) ?? (DATE_COLUMN.test(column) ? writtenDate(text) : text)

const DATE_COLUMN = /\.(validFrom|validTo|openedOn|date)$/
const LOOSE_DATE = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/

/** 2026/1/1, 2026.1.1 and 2026年1月1日 as 2026-01-01; anything else as it is. */
function writtenDate(text: string): string {
  const [, year, month = '', day = ''] = LOOSE_DATE.exec(text) ?? []
  return year === undefined ? text : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

/** Keeps the first reason: a field that could not be read is not refused again as absent. */
function refuse(draft: Draft, field: string, reason: string): void {
  if (draft.refused.has(field)) return
  draft.refused.set(field, { row: draft.row, field: draft.written.get(field) ?? field, reason })
}

function recordsOf<T>(drafts: readonly Draft[], kind: KindOfRows<T>) {
  return kind.joined ? joinRows(drafts, kind.joined) : parseEach(drafts, kind)
}

function parseEach<T>(drafts: readonly Draft[], { schema, idField, idIsField }: KindOfRows<T>) {
  const records: T[] = []
  const rowOf: number[] = []
  const firstRows = new Map<unknown, number>()
  for (const draft of drafts) {
    const record = parseDraft(draft, schema)
    if (idIsField) refuseRepeated(draft, idField, firstRows)
    if (record === undefined || draft.refused.size > 0) continue
    records.push(record)
    rowOf.push(draft.row)
  }
  return { records, rowOf, refused: refusedOf(drafts) }
}

/** The record; undefined when refused, with every reason in the draft. */
function parseDraft<T>(draft: Draft, schema: z.ZodType<T>): T | undefined {
  const parsed = schema.safeParse(draft.values)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) {
    const field = String(issue.path[0] ?? '')
    refuse(draft, field, reasonOf(field, draft.values[field], issue.message))
  }
  return undefined
}

function reasonOf(field: string, value: unknown, message: string): string {
  if (value === undefined) return message.startsWith('Invalid input') ? 'is empty' : message
  return typeof value === 'object' ? message : `${shown(field, String(value))}: ${message}`
}

/** A refused password must not reach a log or a screen. */
const shown = (field: string, text: string): string => (field === 'password' ? 'the password' : quote(text))

function refuseRepeated(draft: Draft, key: string, firstRows: Map<unknown, number>, idField?: string): void {
  const value = draft.values[key]
  if (value === undefined && idField === undefined) return
  const firstRow = firstRows.get(value)
  const field = value === undefined && idField !== undefined ? idField : key
  if (firstRow === undefined) firstRows.set(value, draft.row)
  else refuse(draft, field, `${quote(String(draft.values[field]))} stands in row ${firstRow} already`)
}

function joinRows<T, Head, Part>(drafts: readonly Draft[], rule: JoinedRows<T, Head, Part>) {
  const records: T[] = []
  const rowOf: number[] = []
  for (const group of Map.groupBy(drafts, ({ row, values }) => rule.keyOf(values) ?? row).values()) {
    const record = joinGroup(group, rule)
    if (record === undefined) continue
    records.push(record)
    rowOf.push(must(group[0]).row)
  }
  return { records, rowOf, refused: refusedOf(drafts) }
}

function joinGroup<T, Head, Part>(group: readonly Draft[], rule: JoinedRows<T, Head, Part>): T | undefined {
  const [first, ...later] = group
  if (first === undefined) return undefined
  const head = parseDraft(first, rule.head)
  for (const draft of later) refuseOtherHead(draft, first, rule)
  repeatFields(group, rule)
  const firstRows = new Map<unknown, number>()
  const parts: Part[] = []
  for (const draft of group) {
    const part = parseDraft(draft, rule.part)
    if (rule.distinct !== undefined) refuseRepeated(draft, rule.distinct, firstRows, rule.idField)
    if (part !== undefined) parts.push(part)
  }
  if (head === undefined || group.some(({ refused }) => refused.size > 0)) return undefined
  const record = rule.record(head, parts)
  const found = rule.findings?.(record).filter(({ field }) => first.written.has(field)) ?? []
  for (const { field, message } of found) refuse(first, field, reasonOf(field, first.values[field], message))
  return found.length > 0 ? undefined : record
}

/** A field that a row leaves empty is that of the row before it by date; the earliest takes that of the first row. */
function repeatFields<T, Head, Part>(
  group: readonly Draft[],
  { distinct = '', repeated = [] }: JoinedRows<T, Head, Part>,
) {
  const day = ({ values }: Draft): string => String(values[distinct] ?? '')
  let before = must(group[0]).values
  for (const { values } of group.toSorted((a, b) => day(a).localeCompare(day(b)))) {
    for (const field of repeated) values[field] ??= before[field]
    before = values
  }
}

/** A later row may omit the head's fields, but not contradict them. */
function refuseOtherHead<T, Head, Part>(draft: Draft, first: Draft, { head, rule }: JoinedRows<T, Head, Part>): void {
  for (const field of Object.keys(head.shape)) {
    const value = draft.values[field]
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(first.values[field]))
      refuse(draft, field, `${quote(String(value))} differs from row ${first.row} ${rule}`)
  }
}

const refusedOf = (drafts: readonly Draft[]): RefusedField[] => drafts.flatMap(({ refused }) => [...refused.values()])

const quote = (text: string): string =>
  `"${(text.length > QUOTE_CHARS_MAX ? `${text.slice(0, QUOTE_CHARS_MAX)}…` : text).toWellFormed()}"`
