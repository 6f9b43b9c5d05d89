// Files that a reader saves from a table: every figure unrounded, its unit in the head, names that cannot do harm.

import { strFromU8, unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import type { IndicatorStatus } from '../../../domain/judge/result.ts'
import { fileName } from '../../../web/src/api/save.ts'
import { dualControlFile, institutionsFile } from '../../../web/src/cards/files-status.ts'
import { savedFile } from '../../../web/src/cards/saved-files.ts'
import { columnsOf, type Speech, savedTable } from '../../../web/src/cards/saved-table.ts'
import { en } from '../../../web/src/words/en.ts'
import { zh } from '../../../web/src/words/zh.ts'

interface Row {
  name: string
  kwh: number | null
}
const speechOf = (language: 'zh' | 'en'): Speech => ({
  language,
  text: language === 'zh' ? zh : en,
  toggle: () => undefined,
  nameOf: (thing) => (language === 'en' && thing.nameEn) || thing.name,
})
const { words, figure, share, time } = columnsOf<Row>()
const ROWS: Row[] = [
  { name: '=HYPERLINK("http://x")', kwh: 1 / 3 },
  { name: '甲，"乙"\n丙', kwh: null },
  { name: '<b>𠮷</b>&', kwh: Number.NaN },
]
const table = savedTable({
  title: '日用量',
  rows: ROWS,
  columns: [
    words('名称', ({ name }) => name),
    figure('用量', 'kWh', ({ kwh }) => kwh),
    share('已知', () => 0.5),
    time('时间', () => 0),
  ],
})
const csvOfRows = async (language: 'zh' | 'en') =>
  await (await savedFile(table, { kind: 'csv', note: '', language })).text()

test('a CSV holds unrounded figures, units in the heads, and no formula', async () => {
  // Blob.text() takes the byte order mark away; the bytes have it.
  const file = await savedFile(table, { kind: 'csv', note: '', language: 'zh' })
  expect([...new Uint8Array(await file.arrayBuffer()).slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  expect(await csvOfRows('zh')).toBe(
    [
      '名称,用量（kWh）,已知,时间',
      `"'=HYPERLINK(""http://x"")",0.3333333333333333,0.5,1970-01-01T08:00:00+08:00`,
      '"甲，""乙""\n丙",,0.5,1970-01-01T08:00:00+08:00',
      '<b>𠮷</b>&,,0.5,1970-01-01T08:00:00+08:00',
      '',
    ].join('\r\n'),
  )
  expect(await csvOfRows('en')).toContain('用量 (kWh)')
})

test('an XLSX holds the same, as one sheet with its title and note', async () => {
  const file = await savedFile(table, { kind: 'xlsx', note: '石家庄市 · 2026-10', language: 'zh' })
  const parts = unzipSync(new Uint8Array(await file.arrayBuffer()))
  const textOf = (name: string) => strFromU8(parts[name])
  expect(textOf('xl/workbook.xml')).toContain('<sheet name="日用量"')
  const sheet = textOf('xl/worksheets/sheet1.xml')
  for (const part of [
    '石家庄市 · 2026-10',
    '<v>0.3333333333333333</v>',
    '=HYPERLINK(&quot;',
    '&lt;b&gt;𠮷&lt;/b&gt;&amp;',
  ])
    expect(sheet).toContain(part)
  // A text is an inline string, and nothing is a formula.
  expect(sheet).not.toContain('<f>')
})

test('rows that are not on the page yet are loaded when the file is saved', async () => {
  let loads = 0
  const rows = async () => {
    loads++
    return ROWS
  }
  const lazy = savedTable({ title: 't', rows, columns: [words('名称', ({ name }) => name)] })
  expect(loads).toBe(0)
  expect((await lazy.load('zh')).rows).toHaveLength(3)
  expect(loads).toBe(1)
  expect(institutionsFile('机构', 'institutions?area=130000', speechOf('zh')).title).toBe('机构')
})

test('dual control is saved with what stands behind each figure', async () => {
  const row: Partial<IndicatorStatus> = {
    ...{ indicator: 'energyPerArea', unit: 'kgce/m²', status: 'atRisk', actual: 15.3706123, knownShare: 0.98 },
    ...{ knownPart: 15.1, reason: null, forecast: 16.1, low80: 15, high80: 17, forecastBasis: 'ownProfile' },
    ...{ target: 16.9, targetSource: '试', targetStandIn: true, ratio: 0.953, chance: 0.2 },
  }
  const dualControl = { indicators: [row] } as never
  const { columns, rows } = await dualControlFile('双控', dualControl, speechOf('en')).load('en')
  const cellOf = (title: string) => rows[0]?.cells[columns.findIndex((column) => column.title.en === title)]
  expect(cellOf('Unit')).toBe('kgce/m²')
  expect(cellOf('Actual')).toBe(15.3706123)
  expect(cellOf('Forecast / target')).toBe(0.953)
  expect(rows[0]?.cells).not.toContain(undefined)
})

test.each([
  { parts: ['石家庄市', '双控状态', '2026-10'], name: '石家庄市_双控状态_2026-10.csv' },
  { parts: ['a/b:c*?"<>|', ''], name: 'a b c.csv' },
  { parts: ['..', 'x'], name: '_x.csv' },
  { parts: ['很'.repeat(200)], name: `${'很'.repeat(60)}.csv` },
])('a file is named $name', ({ parts, name }) => {
  expect(fileName(parts, 'csv')).toBe(name)
})
