// CSV files: what spreadsheets must read back as it was, and what must not become a formula.

import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { csvOf } from '../../../domain/report/csv.ts'
import type { ReportColumn } from '../../../domain/report/document.ts'
import { tableWorkbook } from '../../../domain/report/workbook.ts'

const column = (id: string, format: ReportColumn['format'], unit = ''): ReportColumn => ({
  ...{ id, format, unit },
  title: { zh: id, en: id },
})
const columns = [column('名称', 'text'), column('用量', 'decimal2', 'kWh'), column('时间', 'instant')]

test('a file has a byte order mark, units in its head, figures that are not rounded, and blanks for what is unknown', () => {
  const rows = [
    { id: '1', cells: ['甲', 1 / 3, 0] },
    { id: '2', cells: ['乙', null, null] },
  ]
  expect(csvOf({ columns, rows })).toBe(
    '\uFEFF名称,用量（kWh）,时间\r\n甲,0.3333333333333333,1970-01-01T08:00:00+08:00\r\n乙,,\r\n',
  )
})

test.each(['a,b', 'say "a"', 'two\nlines', 'two\r\nlines', 'one\rother', '𠮷野家𰻝', 'x'.repeat(200), '<b>&amp;'])(
  '%j is read back as it was',
  (name) => {
    const text = csvOf({ columns, rows: [{ id: '1', cells: [name, -1, null] }] })
    expect(parse(text, { bom: true })[1]).toEqual([name, '-1', ''])
  },
)

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1+1', '＋1', '－1', '＠x'])(
  '%j does not become a formula',
  (name) => {
    const text = csvOf({ columns, rows: [{ id: '1', cells: [name, null, null] }] })
    expect(parse(text, { bom: true })[1]?.[0]).toBe(`'${name}`)
  },
)

test.each([
  { title: '预测 / 目标 [tce]: a?*', name: '预测   目标  tce   a' },
  { title: "'quoted'", name: 'quoted' },
  { title: '名'.repeat(40), name: '名'.repeat(31) },
  { title: `${'名'.repeat(30)}𠮷`, name: '名'.repeat(30) },
  { title: '', name: 'Sheet' },
])('a sheet cannot be called $title', ({ title, name }) => {
  const table = { id: 't', title: { zh: title, en: title }, note: { zh: '', en: '' }, columns, rows: [] }
  const book = [...(tableWorkbook(table).find((part) => part.name === 'xl/workbook.xml')?.text ?? [])].join('')
  expect(/<sheet name="([^"]*)"/.exec(book)?.[1]).toBe(name)
})
