// The monthly report over the platform of one machine: its totals against the raw readings themselves, hostile names in
// every file, the same bytes twice, and LibreOffice as an official's Excel.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { parse } from 'csv-parse/sync'
import { strFromU8, unzipSync } from 'fflate'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { officePath } from '../../../bin/install-test-peers.mjs'
import { dateStartMs, HOUR_MS, type Month, monthRange } from '../../../domain/calendar.ts'
import { must } from '../../../domain/must.ts'
import { csvOf } from '../../../domain/report/csv.ts'
import { type ReportDocument, type ReportTable, reportDocumentSchema } from '../../../domain/report/document.ts'
import { registryReader } from '../../../functions/registry/reader.ts'
import { reportDocument } from '../../../functions/reporting/document.ts'
import { bytesOf, filed, manifestOf, type ReportFile, reportFiles } from '../../../functions/reporting/package.ts'
import type { ReportQuestion } from '../../../functions/reporting/question.ts'
import { derive, openTestPlatform, PROVINCE, register, send, type TestPlatform } from '../province.ts'

const MONTH: Month = '2026-05'
const NOW_MS = dateStartMs('2026-06-03')
const FIRST_MS = dateStartMs('2025-04-01')
const LIBRE_MS_MAX = 180_000

/** 200 characters, formulas, markup, line breaks, quotes and Han characters beyond the BMP. */
const HOSTILE = [
  '=HYPERLINK("http://x","y")',
  '+1+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '<script>alert(1)</script>&amp;',
  '甲,"乙"\n丙',
  `𠮷${'很'.repeat(199)}`,
]

let platform: TestPlatform
let closing: (() => Promise<void>)[] = []
/** Use in each hour: 3 kWh and 0.5 m³ at A, twice as much at B, and so on; a month of A's water is missing. */
beforeAll(async () => {
  closing = []
  platform = await openTestPlatform(undefined, (close) => closing.push(close))
  platform.clock.nowMs = NOW_MS
  await register(platform, PROVINCE)
  for (const [place, id] of ['A', 'B', 'C', 'D'].entries())
    for (const [kind, perHour] of [
      ['E', 3],
      ['W', 0.5],
    ] as const)
      for (let from = FIRST_MS; from < NOW_MS; from += 60 * 24 * HOUR_MS) {
        const hours = Math.min(60 * 24, (NOW_MS - from) / HOUR_MS)
        const readings = Array.from({ length: hours + 1 }, (_, hour) => from + hour * HOUR_MS)
          .filter((at) => id !== 'A' || kind !== 'W' || at < dateStartMs('2026-05-01'))
          .map((at) => ({ meter: `${id}-${kind}`, at, value: ((at - FIRST_MS) / HOUR_MS) * perHour * (place + 1) }))
        if (readings.length > 0) await send(platform, `G-${id}`, readings)
      }
  await derive(platform)
  await derive(platform)
  return async () => {
    for (const close of closing) await close()
  }
}, 120_000)

async function reportOf(question: Partial<ReportQuestion> = {}): Promise<ReportDocument> {
  const registry = registryReader(platform.state)
  const head = await registry.refresh()
  const asked = { type: 'area' as const, id: '130000', month: MONTH, ...question }
  return reportDocument(asked, { ...platform, registry, head, nowMs: NOW_MS })
}
const tableOf = ({ tables }: ReportDocument, id: string): ReportTable => must(tables.find((table) => table.id === id))
function cell(document: ReportDocument, table: string, row: string, column: string) {
  const { columns, rows } = tableOf(document, table)
  const place = columns.findIndex(({ id }) => id === column)
  if (place === -1) throw new Error(`no column ${column}`)
  return must(rows.find(({ id }) => id === row)).cells[place]
}

/** Of a meter in a month, straight from the raw readings: the last register minus the first. */
async function rawAmount(meters: string, month: Month): Promise<number> {
  const { fromMs, toMs } = monthRange(month)
  const instance = await DuckDBInstance.create(join(platform.folder, 'readings.duckdb'))
  const connection = await instance.connect()
  const rows = await connection.runAndReadAll(
    `SELECT sum(amount) FROM (SELECT max(value) - min(value) AS amount FROM readings JOIN meter_keys ON meter = key
     WHERE id LIKE '${meters}' AND at_ms BETWEEN ${fromMs} AND ${toMs} GROUP BY id)`,
  )
  connection.closeSync()
  instance.closeSync()
  return Number(rows.getRows()[0]?.[0])
}

test('totals are those of the raw readings', async () => {
  const document = await reportOf()
  const kwh = await rawAmount('%-E', MONTH)
  expect(kwh).toBe((1 + 2 + 3 + 4) * 3 * 744)
  expect(cell(document, 'energy', 'electricity', 'month')).toBeCloseTo(kwh, 6)
  expect(cell(document, 'energy', 'energy', 'month')).toBeCloseTo(kwh * 0.1229, 6)
  // The province has 万吨标准煤.
  expect(cell(document, 'firstPage', 'energy', 'month')).toBeCloseTo((kwh * 0.1229) / 1e7, 12)
  const april = await rawAmount('%-E', '2026-04')
  expect(cell(document, 'firstPage', 'energy', 'onMonth')).toBeCloseTo(kwh / april - 1, 12)
  expect(cell(document, 'firstPage', 'energy', 'onYear')).toBeNull()
  expect(cell(document, 'institutions', 'B', 'monthEnergy')).toBeCloseTo(
    ((await rawAmount('B-E', MONTH)) * 0.1229) / 1000,
    9,
  )
})

test('water of which a month is missing is blank where too little is known, and named', async () => {
  const document = await reportOf()
  expect(cell(document, 'quality', 'A', 'finding')).toBe('用水没有任何数据')
  const own = await reportOf({ type: 'institution', id: 'A' })
  expect(cell(own, 'energy', 'water', 'month')).toBeNull()
  expect(cell(own, 'energy', 'electricity', 'month')).toBeCloseTo(3 * 744, 6)
  expect(csvOf(tableOf(own, 'energy'))).toMatch(/^水,m³,,/m)
})

test('data quality names silent meters, estimated hours and who has not submitted', async () => {
  const county = await reportOf({ id: '130102' })
  expect(cell(county, 'quality', 'B', 'meters')).toBe(2)
  expect(cell(county, 'quality', 'B', 'estimated')).toBe(0)
  expect(cell(county, 'quality', 'B', 'silent')).toBe(0)
  expect(tableOf(county, 'submissions').rows.map(({ cells }) => cells)).toEqual([
    ['A', 'A 机构', '机构', '未录入', '否'],
    ['B', 'B 机构', '机构', '未录入', '否'],
  ])
  // The hours of a province are not read for its report.
  expect(cell(await reportOf(), 'quality', 'B', 'estimated')).toBeNull()
})

test('a county, a city and an institution have reports of their own', async () => {
  for (const [id, institutions] of [
    ['130102', ['A', 'B']],
    ['130200', ['D']],
  ] as const) {
    const document = await reportOf({ id })
    expect(tableOf(document, 'institutions').rows.map((row) => row.id)).toEqual([...institutions])
  }
  const own = await reportOf({ type: 'institution', id: 'B' })
  expect(own.tables.map(({ id }) => id)).not.toContain('areas')
  expect(own.headline.zh).toContain('B 机构2026年5月')
})

test.each([
  [{ month: '2026-07' as Month }, /2026-07 has not begun/],
  [{ id: '999999' }, /area "999999" is not registered/],
  [{ type: 'institution' as const, id: 'nobody' }, /institution "nobody" is not registered/],
])('%o is refused', async (question, reason) => {
  await expect(reportOf(question)).rejects.toThrow(reason)
})

test('the document keeps to the published schema', async () => {
  const published: unknown = JSON.parse(readFileSync('docs/report.schema.json', 'utf8'))
  expect(published).toEqual(z.toJSONSchema(reportDocumentSchema))
  expect(reportDocumentSchema.parse(await reportOf())).toBeDefined()
})

test('the same data give the same bytes', async () => {
  const [one, two] = [reportFiles(await reportOf()), reportFiles(await reportOf())]
  expect(one.map(({ name }) => name)).toContain('tables/institutions.csv')
  for (const [index, file] of one.entries())
    expect(Buffer.compare(bytesOf(file), bytesOf(must(two[index]))), file.name).toBe(0)
  const document = await reportOf()
  const filesOf = (files: readonly ReportFile[]) => Promise.all(files.map((file) => filed(file)))
  const [first, second] = [manifestOf(document, await filesOf(one), 1), manifestOf(document, await filesOf(two), 2)]
  expect({ ...first, madeMs: 0 }).toEqual({ ...second, madeMs: 0 })
})

test('hostile names are text in every file, and whole', async () => {
  const hostile = { ...(await reportOf()), subject: { type: 'area' as const, id: '1', name: HOSTILE[0] ?? '' } }
  const table = tableOf(hostile, 'ranking')
  const rows = HOSTILE.map((name, index) => ({
    ...must(table.rows[0]),
    id: `h${index}`,
    cells: ['h', name, name, '医疗', 1, 1, 1, 1],
  }))
  hostile.tables = hostile.tables.map((one) => (one === table ? { ...table, rows } : one))
  const files = new Map(reportFiles(hostile).map((file) => [file.name, bytesOf(file)]))
  const csv: string[][] = parse(Buffer.from(must(files.get('tables/ranking.csv'))), { bom: true })
  expect(csv.slice(1).map(([, name]) => name?.replace(/^'/, ''))).toEqual(HOSTILE)
  for (const [, name = ''] of csv.slice(1)) expect(name).not.toMatch(/^[=+\-@\t]/)
  const html = Buffer.from(must(files.get('report.html'))).toString()
  expect(html).not.toContain('<script')
  expect(html).toContain('&lt;script&gt;')
  const sheets = Object.entries(unzipSync(must(files.get('report.xlsx')))).filter(([name]) => name.includes('sheets/'))
  const xml = sheets.map(([, bytes]) => strFromU8(bytes)).join('')
  expect(xml).not.toContain('<f>')
  expect(xml).toContain('𠮷')
})

test('LibreOffice opens the workbook, finds no error, and has our numbers', { timeout: LIBRE_MS_MAX }, async () => {
  const document = await reportOf()
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-report-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const workbook = must(reportFiles(document).find(({ name }) => name === 'report.xlsx'))
  writeFileSync(join(folder, 'report.xlsx'), bytesOf(workbook))
  const convert = (to: string) =>
    execFileSync(
      must(officePath()),
      [
        ...['--headless', `-env:UserInstallation=file://${join(folder, 'profile')}`],
        ...['--convert-to', to, '--outdir', folder, join(folder, 'report.xlsx')],
      ],
      { stdio: 'ignore', timeout: LIBRE_MS_MAX },
    )
  // Every sheet as CSV, values as stored and not as shown.
  convert('csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1')
  const sheets = readdirSync(folder).filter((name) => name.endsWith('.csv'))
  expect(sheets.length).toBe(document.tables.length)
  for (const table of document.tables) {
    const file = must(sheets.find((name) => name === `report-${table.sheet ?? table.title.zh}.csv`))
    const sheet: string[][] = parse(readFileSync(join(folder, file)), { relax_column_count: true })
    expect(sheet.flat().join(' ')).not.toMatch(/#(REF|VALUE|NAME|DIV|N\/A|NUM)/)
    for (const [index, { cells }] of table.rows.entries())
      for (const [place, value] of cells.entries()) {
        const shown = sheet[3 + index]?.[place] ?? ''
        if (value === null) expect(shown).toBe('')
        else if (typeof value === 'number' && table.columns[place]?.format !== 'instant') {
          const read = shown.endsWith('%') ? Number(shown.slice(0, -1)) / 100 : Number(shown)
          expect(Math.abs(read - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)))
        } else if (typeof value === 'string') expect(shown).toBe(value)
      }
  }
  convert('pdf')
  expect(readFileSync(join(folder, 'report.pdf')).subarray(0, 5).toString()).toBe('%PDF-')
})

test('the months and the areas have a chart over their cells, the other sheets none', async () => {
  const document = await reportOf()
  const files = unzipSync(bytesOf(must(reportFiles(document).find(({ name }) => name === 'report.xlsx'))))
  const charts = Object.keys(files).filter((name) => name.startsWith('xl/charts/'))
  const places = document.tables.flatMap(({ chart }, place) => (chart ? [`xl/charts/chart${place + 1}.xml`] : []))
  expect(charts).toEqual(places)
  expect(places).toHaveLength(2)
  const monthly = strFromU8(must(files[must(places[1])]))
  // January to May: the header is the third row, and energy the second column.
  expect(monthly).toContain('!$B$4:$B$8')
  expect(cell(document, 'monthly', MONTH, 'electricity')).toBe(
    (cell(document, 'energy', 'electricity', 'month') as number) / 1e4,
  )
})
