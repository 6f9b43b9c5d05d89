// Differences of two documents of a report: by table, row and column, from what to what.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareReports, contentOf, type ReportDifference } from '../../../domain/report/differences.ts'
import type { ReportCell, ReportDocument, ReportTable } from '../../../domain/report/document.ts'

const table = (
  id: string,
  columns: readonly string[],
  rows: Readonly<Record<string, readonly ReportCell[]>>,
): ReportTable => ({
  id,
  title: { zh: `表 ${id}`, en: id },
  note: { zh: '', en: '' },
  columns: columns.map((column) => ({ id: column, title: { zh: column, en: column }, unit: 't', format: 'decimal2' })),
  rows: Object.entries(rows).map(([row, cells]) => ({ id: row, cells: [...cells] })),
})
const documentOf = (tables: ReportTable[], asOfMs = 1): ReportDocument => ({
  version: 1,
  subject: { type: 'area', id: '130102', name: '长安区' },
  month: '2026-10',
  asOfMs,
  headline: { zh: '', en: '' },
  highlights: [],
  tables,
})
const compare = (a: ReportTable[], b: ReportTable[]): Partial<ReportDifference>[] => [
  ...compareReports(documentOf(a), documentOf(b, 2)),
]

test('a cell that changed, became known or unknown has its value before and after', () => {
  const a = [table('t', ['energy', 'name'], { A: [1, '甲'], B: [null, '乙'], C: [3, '丙'] })]
  const b = [table('t', ['energy', 'name'], { C: [null, '丙'], A: [1.5, '甲'], B: [2, '乙'] })]
  const cell = { kind: 'changed', table: 't', column: 'energy', part: 'value' }
  expect(compare(a, b)).toEqual([
    { ...cell, row: 'C', from: 3, to: null },
    { ...cell, row: 'A', from: 1, to: 1.5 },
    { ...cell, row: 'B', from: null, to: 2 },
  ])
})

test('rows, columns and tables that were added or removed are listed cell by cell', () => {
  const a = [table('t', ['x'], { A: [1], B: [2] }), table('u', ['x'], { A: [1] })]
  const b = [table('t', ['y', 'x'], { A: [7, 1], C: [8, 9] })]
  const said = compare(a, b).map(({ kind, table, row, column, part, from, to }) =>
    [kind, table, row, column, part, from, to].map((one) => one ?? '–').join(' '),
  )
  expect(said).toEqual([
    'added t – y title – y',
    'added t – y unit – t',
    'added t A y value – 7',
    'added t C y value – 8',
    'added t C x value – 9',
    'removed t B x value 2 –',
    'removed u – – title 表 u –',
    'removed u – – note  –',
    'removed u – x title x –',
    'removed u – x unit t –',
    'removed u A x value 1 –',
  ])
})

test('a unit that changed is a difference though the number did not', () => {
  const [before] = [table('t', ['x'], { A: [1] })]
  const after = { ...before, columns: before.columns.map((column) => ({ ...column, unit: '万吨' })) }
  expect(compare([before], [after])).toMatchObject([{ row: null, column: 'x', part: 'unit', from: 't', to: '万吨' }])
})

const cells = fc.oneof(fc.constantFrom(0, 1, 2), fc.constantFrom('', 'a'), fc.constant(null))
const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', '__proto__'), { minLength: 1 })
const tables = fc.uniqueArray(
  fc.tuple(fc.constantFrom('t', 'u'), ids, ids).chain(([id, columns, rows]) =>
    fc
      .array(fc.array(cells, { minLength: columns.length, maxLength: columns.length }), {
        minLength: rows.length,
        maxLength: rows.length,
      })
      .map((values) => ({
        ...table(id, columns, {}),
        rows: rows.map((row, index) => ({ id: row, cells: values[index] ?? [] })),
      })),
  ),
  { selector: ({ id }) => id },
)

test('two documents have no differences exactly when their contents are equal', () => {
  fc.assert(
    fc.property(tables, tables, (a, b) => {
      const isSame = contentOf(documentOf(a)) === contentOf(documentOf(b, 2))
      expect(compare(a, b).length === 0).toBe(isSame)
    }),
    { numRuns: 2000 },
  )
})

test('the order of tables, columns and rows is no difference', () => {
  fc.assert(
    fc.property(tables, (given) => {
      const turned = given.toReversed().map((one) => ({
        ...one,
        columns: one.columns.toReversed(),
        rows: one.rows.toReversed().map((row) => ({ ...row, cells: row.cells.toReversed(), trace: 'x' })),
      }))
      expect(compare(given, turned)).toEqual([])
      expect(contentOf(documentOf(turned))).toBe(contentOf(documentOf(given)))
    }),
  )
})
