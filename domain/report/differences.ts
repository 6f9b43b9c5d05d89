// Compares two documents of a report by table, row and column, so that a correction after the lock shows cell by cell
// (docs/rules/report.md#the-way-of-a-report). The order of rows, the instant of the build and the links of the trace
// are no difference.

import { canonicalJson } from '../canonical.ts'
import type { ReportCell, ReportDocument, ReportTable } from './document.ts'

export interface ReportDifference {
  kind: 'added' | 'removed' | 'changed'
  table: string
  /** Null: of the table or the column itself. */
  row: string | null
  /** Null: of the whole table. */
  column: string | null
  /** `value`: of a cell. The others are texts of tables and columns; `name` is of the subject. */
  part: 'value' | 'title' | 'note' | 'unit' | 'name'
  /** Null where nothing was known, and before what was added. */
  from: ReportCell
  /** Null where nothing is known, and after what was removed. */
  to: ReportCell
}

/** In the order of the new document, table by table; what was removed stands after what is there. */
export function* compareReports(before: ReportDocument, after: ReportDocument): Generator<ReportDifference> {
  if (before.subject.name !== after.subject.name)
    yield {
      ...{ kind: 'changed', table: '', row: null, column: null, part: 'name' },
      ...{ from: before.subject.name, to: after.subject.name },
    }
  const old = new Map(comparedTables(before).map((table) => [table.id, table]))
  for (const table of comparedTables(after)) {
    yield* tableDifferences(old.get(table.id), table)
    old.delete(table.id)
  }
  for (const table of old.values()) yield* tableDifferences(table, undefined)
}

/** Without those that say how things stood at the build. */
const comparedTables = ({ tables }: Pick<ReportDocument, 'tables'>): ReportTable[] =>
  tables.filter(({ asOfBuild }) => !asOfBuild)

function* tableDifferences(
  before: ReportTable | undefined,
  after: ReportTable | undefined,
): Generator<ReportDifference> {
  const table = (after ?? before)?.id ?? ''
  yield* changes({ table, row: null }, labelsOf(before), labelsOf(after))
  const old = new Map(before?.rows.map((row) => [row.id, row]))
  for (const row of after?.rows ?? []) {
    yield* changes({ table, row: row.id }, cellsOf(before, old.get(row.id)), cellsOf(after, row))
    old.delete(row.id)
  }
  for (const row of old.values()) yield* changes({ table, row: row.id }, cellsOf(before, row), new Map())
}

type Slot = Pick<ReportDifference, 'column' | 'part'>
/** By a name that is unique in its row. */
type Values = ReadonlyMap<string, Slot & { value: ReportCell }>

function* changes(where: { table: string; row: string | null }, before: Values, after: Values) {
  for (const name of new Set([...after.keys(), ...before.keys()])) {
    const [was, is] = [before.get(name), after.get(name)]
    if (was && is && was.value === is.value) continue
    const { column, part } = (is ?? was) as Slot
    const kind = was && is ? 'changed' : is ? 'added' : 'removed'
    yield { kind, ...where, column, part, from: was?.value ?? null, to: is?.value ?? null } satisfies ReportDifference
  }
}

/** Texts of a table and its columns, in Chinese: an official's text. */
function labelsOf(table: ReportTable | undefined): Values {
  if (!table) return new Map()
  const own: (Slot & { value: string })[] = [
    { column: null, part: 'title', value: table.title.zh },
    { column: null, part: 'note', value: table.note.zh },
    ...table.columns.flatMap(({ id, title, unit }): (Slot & { value: string })[] => [
      { column: id, part: 'title', value: title.zh },
      { column: id, part: 'unit', value: unit },
    ]),
  ]
  return new Map(own.map((label) => [`${label.part} ${label.column ?? ''}`, label]))
}

const cellsOf = (table: ReportTable | undefined, row: ReportTable['rows'][number] | undefined): Values =>
  new Map(
    row &&
      table?.columns.map(({ id }, index) => [
        id,
        { column: id, part: 'value' as const, value: row.cells[index] ?? null },
      ]),
  )

/** A text that is equal for two documents between which `compareReports` finds nothing; its hash is their digest. */
export function contentOf({ subject, month, tables }: ReportDocument): string {
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)
  const content = comparedTables({ tables })
    .toSorted(byId)
    .map(({ id, title, note, columns, rows }) => {
      const places = columns.map((column, place) => ({ ...column, place })).sort(byId)
      return {
        id,
        labels: [title.zh, note.zh, ...places.flatMap((column) => [column.id, column.title.zh, column.unit])],
        rows: rows.toSorted(byId).map((row) => [row.id, ...places.map(({ place }) => row.cells[place] ?? null)]),
      }
    })
  return canonicalJson({ subject, month, content })
}
