// The statistics forms over the HTTP API and in the package: what is computed, what a person fills in and justifies,
// when a report passes its check, the forms of a quarter, settings and the spot check; all of it in the audit log.

import { Workbook } from '@cj-tech-master/excelts'
import { expect, onTestFinished, test } from 'vitest'
import { dateStartMs, HOUR_MS, type Month } from '../../../domain/calendar.ts'
import { must } from '../../../domain/must.ts'
import { type ReportDocument, reportDocumentSchema } from '../../../domain/report/document.ts'
import { formsViewSchema } from '../../../domain/report/view.ts'
import { registryReader } from '../../../functions/registry/reader.ts'
import { reportDocument } from '../../../functions/reporting/document.ts'
import { reportKey } from '../../../functions/reporting/store.ts'
import { auditKeys, verifyAudit } from '../../../functions/state/audit.ts'
import { apiCall, rawApiCall } from '../api-call.ts'
import { derive, openTestPlatform, PROVINCE, register, send, type TestPlatform } from '../province.ts'

const NOW_MS = dateStartMs('2026-07-03')
const APRIL_MS = dateStartMs('2026-04-01')
const HOURS = (NOW_MS - APRIL_MS) / HOUR_MS

/** From April on, A uses 3 kWh and 0.5 m³ an hour, B twice as much; C and D never send anything. */
async function populated(): Promise<TestPlatform> {
  const platform = await openTestPlatform(undefined, onTestFinished)
  platform.clock.nowMs = NOW_MS
  await register(platform, PROVINCE)
  for (const [id, times] of [
    ['A', 1],
    ['B', 2],
  ] as const)
    for (const [kind, perHour] of [
      ['E', 3],
      ['W', 0.5],
    ] as const)
      for (let first = 0; first < HOURS; first += 1000) {
        const readings = Array.from({ length: Math.min(1000, HOURS - first) + 1 }, (_, hour) => ({
          ...{ meter: `${id}-${kind}`, at: APRIL_MS + (first + hour) * HOUR_MS },
          value: (first + hour) * perHour * times,
        }))
        await send(platform, `G-${id}`, readings)
      }
  await derive(platform)
  return platform
}

async function documentOf(platform: TestPlatform, id: string, month: Month = '2026-06'): Promise<ReportDocument> {
  const registry = registryReader(platform.state)
  const head = await registry.refresh()
  const type = /^\d+$/.test(id) ? ('area' as const) : ('institution' as const)
  return reportDocument({ type, id, month }, { ...platform, registry, head, nowMs: NOW_MS })
}
function cell({ tables }: Pick<ReportDocument, 'tables'>, table: string, row: string, column: string) {
  const { columns, rows } = must(tables.find(({ id }) => id === table))
  return must(rows.find(({ id }) => id === row)).cells[columns.findIndex(({ id }) => id === column)]
}
const formOf = (platform: TestPlatform, path: string) => apiCall(platform, 'GET', `forms/${path}`)

async function step(platform: TestPlatform, subject: string, name: string, office = subject) {
  const version = (await platform.state.get(reportKey(subject, '2026-06')))?.version ?? 0
  return apiCall(platform, 'POST', `reports/${subject}/2026-06/${name}`, { who: '王', office, version })
}

test('a report that ends a quarter has the forms of its month and its quarter, and an area their sums', async () => {
  const platform = await populated()
  const own = await documentOf(platform, 'A')
  expect(own.tables.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['ny101-2026-06', 'ny201-2026-Q2', 'ny203-2026-Q2']),
  )
  expect(cell(own, 'ny201-2026-06', 'NY201_110', 'value')).toBeCloseTo((720 * 3) / 1e4, 9)
  expect(cell(own, 'ny201-2026-Q2', 'NY201_110', 'value')).toBeCloseTo((2184 * 3) / 1e4, 9)
  const county = await documentOf(platform, '130102')
  expect(cell(county, 'ny301-2026-Q2', 'NY301_110', 'S001')).toBeCloseTo((2184 * 9) / 1e4, 9)
  expect(cell(county, 'ny301-2026-Q2', 'NY301_110', 'S004')).toBeCloseTo((2184 * 6) / 1e4, 9)
  expect(cell(county, 'ny301-2026-Q2', 'NY301_100', 'S001')).toBe(2)
  const province = await documentOf(platform, '130000')
  expect(cell(province, 'ny304-2026-Q2', '130100', 'institutions')).toBe(3)
  expect(cell(province, 'coal-equivalent-2026-Q2', 'electricity', 'value')).toBeCloseTo((2184 * 9 * 0.1229) / 1e3, 6)
  const may = await documentOf(platform, 'A', '2026-05')
  expect(may.tables.map(({ id }) => id).filter((id) => id.startsWith('ny201'))).toEqual(['ny201-2026-05'])
  for (const document of [own, county, province]) {
    expect(reportDocumentSchema.parse(document)).toEqual(document)
    const sheets = document.tables.map(({ sheet, title }) => sheet ?? title.zh)
    expect(new Set(sheets).size).toBe(sheets.length)
    for (const name of sheets) expect(name).toMatch(/^[^[\]:*?/\\']{1,31}$/)
    const ids = document.tables.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  }
})

test('entries go before computed values, hold on where they are no flows, and are logged', async () => {
  const platform = await populated()
  const put = (period: string, body: Record<string, unknown>) =>
    apiCall(platform, 'PUT', `forms/A/${period}/entries`, { who: '王', ...body })
  const values = { NY201_103: 3, NY201_130: 12, NY101_category: '01' }
  const first = await put('2026-Q1', { version: 0, values })
  expect([first.status, formsViewSchema.parse(first.body)]).toEqual([200, first.body])
  // A stock of the first quarter stands in the second, a flow does not.
  const second = (await formOf(platform, 'A/2026-Q2')).body
  expect(cell(second, 'ny201-2026-Q2', 'NY201_103', 'value')).toBe(3)
  expect(cell(second, 'ny201-2026-Q2', 'NY201_103', 'basis')).toBe('填报')
  expect(cell(second, 'ny201-2026-Q2', 'NY201_130', 'value')).toBeNull()
  expect(second).toMatchObject({ entries: { values: {} }, entriesVersion: 1 })
  // Of two at once one wins.
  expect((await put('2026-Q2', { version: 0, values: {} })).status).toBe(409)
  expect((await put('2026-Q2', { version: 1, values: { NY201_130: 5 } })).status).toBe(200)
  expect(cell(await documentOf(platform, '130102'), 'ny301-2026-Q2', 'NY301_130', 'S002')).toBe(5)
  const log = (await platform.state.query(auditKeys.entry())).map(({ value }) => JSON.parse(value).entry)
  expect(log.map(({ what, about }) => `${what} ${about}`)).toEqual(['form.entries A/2026-Q1', 'form.entries A/2026-Q2'])
  expect(log[0].detail.entries).toEqual({ values })
})

test.each([
  ['forms/A/2026-Q5', {}, 400, /no period/],
  ['forms/A/2027', {}, 422, /2027 has not begun/],
  ['forms/nobody/2026', {}, 404, /no institution "nobody"/],
  ['forms/A/2026-Q1', { values: { NY201_230: 1 } }, 400, /NY201_230 is no cell of the forms of edition 2025/],
  ['forms/A/2026-Q1', { values: { NY201_110: '很多' } }, 400, /NY201_110 takes a number/],
])('entries of %s with %o are refused', async (path, more, status, reason) => {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  const answer = await apiCall(platform, 'PUT', `${path}/entries`, { who: '王', version: 0, ...more })
  expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(reason)])
  expect(await verifyAudit(platform.state)).toMatchObject({ entries: 0 })
})

test('an error without a justification keeps a report from being checked; a justified one is printed', async () => {
  const platform = await populated()
  expect((await step(platform, '130104', 'build')).status).toBe(200)
  const refused = await step(platform, '130104', 'check')
  expect(refused).toMatchObject({ status: 422, body: { problems: [{ rule: 'noData', severity: 'error' }] } })
  const reason = { rule: 'noData', text: '=新建，尚未接入' }
  const put = (who: string, version: number, justifications: unknown[]) =>
    apiCall(platform, 'PUT', 'forms/C/2026-Q2/justifications', { who, version, justifications })
  const given = await put('张', 0, [reason])
  const justified = expect.objectContaining({ rule: 'noData', justification: expect.objectContaining({ by: '张' }) })
  expect(given).toMatchObject({ status: 200, body: { findings: expect.arrayContaining([justified]) } })
  // What stands keeps its author.
  const more = { rule: 'knownShare', text: '表坏' }
  const kept = (await put('李', 1, [reason, more])).body.justifications
  expect(kept.map(({ by }: { by: string }) => by)).toEqual(['张', '李'])
  // It counts when it is printed: with the next build.
  expect((await step(platform, '130104', 'check')).status).toBe(422)
  await step(platform, '130104', 'build')
  expect((await step(platform, '130104', 'check')).body).toMatchObject({ state: 'checked' })
  const document = await documentOf(platform, '130104')
  expect(cell(document, 'check-findings', 'C/noData/0', 'justification')).toBe(reason.text)
  expect(cell(document, 'checks', 'noData', 'open')).toBe(0)
  expect(document.highlights.map(({ zh }) => zh)).toContainEqual(expect.stringContaining('错误 1 条（未说明 0 条）'))
})

test('thresholds, prices and the base year are settings with a version, in the audit log', async () => {
  const platform = await populated()
  const row = { validFrom: '2020-01-01', source: '省机关事务管理局' }
  const prices = [{ field: 'electricity', min: 0.3, max: 0.9, ...row }]
  const thresholds = [{ threshold: 'knownShare', value: 0.5, area: '130102', ...row }]
  const body = { who: '王', version: 0, thresholds, prices, baseYear: 2025 }
  const set = await apiCall(platform, 'PUT', 'settings/report-checks', body)
  expect(set).toMatchObject({
    status: 200,
    body: { version: 1, baseYear: 2025, shipped: { yearOnYear: { value: 0.1 } } },
  })
  expect((await apiCall(platform, 'PUT', 'settings/report-checks', body)).status).toBe(409)
  const wrong = { ...body, version: 1, prices: [{ ...prices[0], min: 2 }] }
  expect((await apiCall(platform, 'PUT', 'settings/report-checks', wrong)).body.detail).toContain(
    'must not be below min',
  )
  const document = await documentOf(platform, '130102')
  expect(cell(document, 'check-limits', 'knownShare', 'value')).toBe(0.5)
  expect(cell(document, 'check-limits', 'price-electricity', 'max')).toBe(0.9)
  expect(cell(await documentOf(platform, '130202'), 'check-limits', 'knownShare', 'value')).toBe(0.9)
  expect(await verifyAudit(platform.state)).toMatchObject({ entries: 1, broken: null })
})

test('the spot check is drawn once a year, recorded, and printed', async () => {
  const platform = await populated()
  const path = 'areas/130000/spot-checks/2026'
  expect((await apiCall(platform, 'GET', path)).status).toBe(404)
  const drawn = await apiCall(platform, 'POST', path, { who: '王', seed: '2026 河北', share: 0.3 })
  expect(drawn).toMatchObject({ status: 200, body: { candidates: 4, by: '王', institutions: [{}, {}] } })
  expect(await apiCall(platform, 'POST', path, { who: '李', seed: 'again' })).toMatchObject({
    ...{ status: 409, body: { detail: '王 drew the spot check of 2026 on 2026-07-03' } },
  })
  expect((await apiCall(platform, 'POST', path, { who: '李', seed: 'x', share: 0.01 })).status).toBe(400)
  const document = await documentOf(platform, '130000')
  expect(must(document.tables.find(({ id }) => id === 'spot-check')).rows.map(({ id }) => id)).toEqual(drawn.body.drawn)
  expect(await verifyAudit(platform.state)).toMatchObject({ entries: 1, broken: null })
})

test('every number of a report has an address and a path that answers', async () => {
  const platform = await populated()
  await step(platform, '130102', 'build')
  for (const document of [await documentOf(platform, '130102'), await documentOf(platform, 'A')]) {
    const paths = new Map<string, string>()
    for (const { id, rows, trace } of document.tables)
      for (const row of rows) {
        if (!row.cells.some((value) => typeof value === 'number')) continue
        const own = row.trace ?? trace
        expect([id, row.id, own]).toEqual([id, row.id, expect.any(String)])
        paths.set(`${id} ${own?.replace(/indicator=\w+/, '')}`, must(own))
      }
    for (const path of paths.values()) {
      const { status } = await apiCall(platform, 'GET', path)
      expect([path, status]).toEqual([path, 200])
    }
  }
  const explained = (cell: string) =>
    apiCall(platform, 'GET', `reports/130102/2026-06/explain?cell=${encodeURIComponent(cell)}`)
  const found = await explained('energy/electricity/month')
  expect(found.body).toMatchObject({
    value: expect.closeTo(720 * 9, 6),
    unit: '',
    sheetCell: '能源资源消费!C4',
    revision: 1,
  })
  expect((await explained(found.body.sheetCell)).body).toEqual(found.body)
  expect((await apiCall(platform, 'GET', found.body.trace)).body).toMatchObject({ subject: '130102', matches: true })
  expect((await explained("'NY301 2026-Q2'!D15")).body.address).toMatch(/^ny301-2026-Q2\/NY301_\d+\/S001$/)
  for (const cell of ['energy/electricity/none', '缺!A1', '首页!A1', 'x/y/z'])
    expect((await explained(cell)).body).toMatchObject({ status: 404, detail: expect.stringContaining(cell) })
})

test('a template of the user is filled with the forms of a built report', async () => {
  const platform = await populated()
  await step(platform, 'A', 'build')
  const book = new Workbook()
  const sheet = book.addWorksheet('表')
  sheet.mergeCells('A1:B1')
  sheet.getCell('A3').value = { formula: 'A2*2', result: 0 }
  book.definedNames.add('表!$A$2', 'NY201_110')
  const template = Buffer.from(await book.xlsx.writeBuffer()).toString('base64')
  const fill = (body: Record<string, unknown>) =>
    rawApiCall({ platform }, 'POST', 'reports/A/2026-06/template', { template, ...body })
  const valueIn = async (bytes: Uint8Array, at: string) => {
    const read = new Workbook()
    await read.xlsx.load(bytes)
    return read.getWorksheet('表')?.getCell(at).value
  }
  const quarter = await fill({})
  expect(quarter.headers?.['content-disposition']).toContain('template.xlsx')
  expect(await valueIn(Buffer.from(quarter.body ?? '', 'base64'), 'A2')).toBeCloseTo(0.6552, 9)
  const month = await fill({ period: '2026-06', mapping: 'NY201_120,表!B7' })
  expect(await valueIn(Buffer.from(month.body ?? '', 'base64'), 'B7')).toBeCloseTo(360, 6)
  for (const [body, reason] of [
    [{ period: '2026' }, 'no forms of 2026; it has those of 2026-06, 2026-Q2'],
    [{ mapping: 'NY201_120,缺!A1' }, 'the sheet'],
    [{ template: Buffer.from('no workbook').toString('base64') }, 'no XLSX'],
  ] as const) {
    const refused = await fill(body)
    expect([refused.statusCode, JSON.parse(refused.body ?? '').detail]).toEqual([422, expect.stringContaining(reason)])
  }
})
