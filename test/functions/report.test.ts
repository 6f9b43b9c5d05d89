// The way of a report over the HTTP API: from the draft to the lock, back with remarks, and on to a revision after late
// data; two officials at once; files as they were built; what is due; and all of it in the audit log.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../domain/calendar.ts'
import {
  differencesPageSchema,
  type ReportView,
  reportsDueSchema,
  reportsPageSchema,
  reportViewSchema,
} from '../../domain/report/view.ts'
import type { ReportMakerOf } from '../../functions/reporting/maker.ts'
import { reportKey } from '../../functions/reporting/store.ts'
import { auditKeys, verifyAudit } from '../../functions/state/audit.ts'
import { rawApiCall } from './api-call.ts'
import { derive, openTestPlatform, PROVINCE, register, send, type TestPlatform } from './province.ts'
import { testMaker } from './report-maker.ts'

const MONTH = '2026-05'
const MAY_MS = Date.UTC(2026, 4, 10, 4)

/** Ten hours of electricity of institution A in May; it is the middle of June. */
async function populated() {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  await sendHours(platform, 10)
  return platform
}
async function sendHours(platform: TestPlatform, hours: number) {
  const readings = Array.from({ length: hours }, (_, n) => ({ meter: 'A-E', at: MAY_MS + n * HOUR_MS, value: 100 + n }))
  await send(platform, 'G-A', readings)
  await derive(platform)
}

async function call(
  platform: TestPlatform,
  method: string,
  path: string,
  { body, role, makerOf = testMaker }: { body?: unknown; role?: string; makerOf?: ReportMakerOf } = {},
) {
  const result = await rawApiCall({ platform, makerOf, ...(role && { role }) }, method, path, body)
  return { status: result.statusCode, body: JSON.parse(result.body ?? '') }
}

const NAMES: Readonly<Record<string, string>> = { A: '王', '130102': '李', '130100': '张', '130000': '赵' }
/** Takes a step at the version that stands. */
async function step(platform: TestPlatform, name: string, office: string, more: Record<string, unknown> = {}) {
  const { subject = 'A', ...body } = more
  const path = `reports/${subject}/${MONTH}`
  const version = (await platform.state.get(reportKey(String(subject), MONTH)))?.version ?? 0
  return call(platform, 'POST', `${path}/${name}`, { body: { who: NAMES[office], office, version, ...body } })
}
async function walk(platform: TestPlatform, steps: readonly StepOf[]) {
  let view: ReportView | undefined
  for (const [name, office, remarks] of steps) {
    const { status, body } = await step(platform, name, office, remarks === undefined ? {} : { remarks })
    expect([name, status, body.detail]).toEqual([name, 200, undefined])
    expect(reportViewSchema.parse(body)).toEqual(body)
    view = body
  }
  return view as ReportView
}
type StepOf = readonly [name: string, office: string, remarks?: string]
const TO_LOCK: readonly StepOf[] = [
  ['build', 'A'],
  ['check', 'A'],
  ['submit', 'A'],
  ['accept', '130102'],
  ['lock', '130102'],
]

/** What the audit log says, a line an entry. */
async function logged({ state }: TestPlatform): Promise<string[]> {
  const docs = await state.query(auditKeys.entry())
  return docs.map(({ value }) => {
    const { entry } = JSON.parse(value)
    return `${entry.number} ${entry.what} ${entry.about} ${entry.who}`
  })
}

test('a report goes from draft to locked, and comes back once with remarks', async () => {
  const platform = await populated()
  expect((await call(platform, 'GET', `reports/A/${MONTH}`)).status).toBe(404)
  const returned = await walk(platform, [
    ['build', 'A'],
    ['check', 'A'],
    ['submit', 'A'],
    ['return', '130102', '三月用电缺一张发票'],
  ])
  expect(returned).toMatchObject({ state: 'returned', taskState: { code: -9, name: { zh: '已退回' } }, version: 4 })
  expect(returned.revisions[0]?.history.at(-1)).toMatchObject({
    who: '李',
    office: '130102',
    remarks: '三月用电缺一张发票',
    atMs: platform.clock.nowMs,
  })
  const locked = await walk(platform, TO_LOCK)
  expect(locked).toMatchObject({ state: 'locked', taskState: { code: 7 }, changed: false, version: 9 })
  expect(locked.steps).toEqual([{ step: 'revise', name: expect.anything(), offices: ['A', '130102'] }])
  const [revision] = locked.revisions
  // Four months of the year have nothing.
  expect(revision).toMatchObject({ number: 1, checked: { errors: 0, warnings: 4 } })
  expect(revision?.history.map(({ state }) => state)).toEqual([
    ...['draft', 'checked', 'submitted', 'returned'],
    ...['draft', 'checked', 'submitted', 'accepted', 'locked'],
  ])
  expect(await logged(platform)).toEqual(
    ['build', 'check', 'submit', 'return', 'build', 'check', 'submit', 'accept', 'lock'].map(
      (name, n) => `${n + 1} report.${name} A/${MONTH}/1 ${['return', 'accept', 'lock'].includes(name) ? '李' : '王'}`,
    ),
  )
  expect(await verifyAudit(platform.state)).toMatchObject({ entries: 9, broken: null })
})

test('late data leave a locked report as it is, show, and open a revision with their differences', async () => {
  const platform = await populated()
  const locked = await walk(platform, TO_LOCK)
  const path = `reports/A/${MONTH}`
  expect(await step(platform, 'revise', 'A', { remarks: 'nothing' })).toMatchObject({
    status: 409,
    body: { detail: 'a report built now would not differ from the locked revision' },
  })
  await sendHours(platform, 13)
  const seen = (await call(platform, 'GET', path)).body as ReportView
  expect(seen).toEqual({ ...locked, changed: true })
  const change = { kind: 'changed', table: 'electricity', row: MONTH, column: 'kwh', part: 'value', from: 9, to: 12 }
  const now = await call(platform, 'GET', `${path}/differences`)
  expect(differencesPageSchema.parse(now.body)).toEqual({ items: [change], next: null, total: 1 })

  const revised = await walk(platform, [['revise', '130102', '补传抄表数据']])
  expect(revised).toMatchObject({ state: 'draft', taskState: { code: 8 }, changed: false })
  expect(revised.revisions[0]).toEqual(locked.revisions[0])
  expect(revised.revisions[1]).toMatchObject({ number: 2, state: 'draft', history: [{ remarks: '补传抄表数据' }] })
  const own = await call(platform, 'GET', `${path}/revisions/2/differences`)
  expect(own.body).toEqual({ items: [change], next: null, total: 1 })
  expect((await call(platform, 'GET', `${path}/revisions/1/differences`)).status).toBe(404)
  expect((await call(platform, 'GET', `${path}/differences`)).body.total).toBe(0)

  const again = await walk(platform, TO_LOCK.slice(1))
  expect(again.revisions.map(({ number, state }) => [number, state])).toEqual([
    [1, 'locked'],
    [2, 'locked'],
  ])
  expect(await verifyAudit(platform.state)).toMatchObject({ entries: 10, broken: null })
})

describe('of two officials at once one wins', () => {
  test('and the other is told who was first', async () => {
    const platform = await populated()
    await walk(platform, [
      ['build', 'A'],
      ['check', 'A'],
      ['submit', 'A'],
    ])
    const at = (name: string, who: string, remarks?: string) =>
      call(platform, 'POST', `reports/A/${MONTH}/${name}`, { body: { who, office: '130102', version: 3, remarks } })
    const answers = await Promise.all([at('accept', '李'), at('return', '孙', '缺发票')])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    const [won, lost] = answers.toSorted((a, b) => (a.status ?? 0) - (b.status ?? 0))
    const entry = won?.body.revisions[0].history.at(-1)
    expect(lost?.body).toMatchObject({
      version: 4,
      last: entry,
      detail: `${entry.who} (130102) was first: ${entry.step}`,
    })
    expect(await verifyAudit(platform.state)).toMatchObject({ entries: 4, broken: null })
  })

  test('when both build, no files of the other are left', async () => {
    const platform = await populated()
    const put: string[] = []
    const kept = new Set<string>()
    const objects: TestPlatform['objects'] = {
      ...platform.objects,
      async put(key, ...more) {
        put.push(key)
        kept.add(key)
        return platform.objects.put(key, ...more)
      },
      async delete(key) {
        kept.delete(key)
        return platform.objects.delete(key)
      },
    }
    const both = await Promise.all(
      ['王', '孙'].map((who) =>
        call({ ...platform, objects }, 'POST', `reports/A/${MONTH}/build`, { body: { who, office: 'A', version: 0 } }),
      ),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
    expect([put.length, kept.size]).toEqual([6, 3])
    await step({ ...platform, objects }, 'build', 'A')
    expect([put.length, kept.size]).toEqual([9, 3])
  })

  test('what one saw before the other acted is not decided on', async () => {
    const platform = await populated()
    await walk(platform, [
      ['build', 'A'],
      ['check', 'A'],
      ['submit', 'A'],
      ['return', '130102', '缺发票'],
      ['build', 'A'],
      ['check', 'A'],
      ['submit', 'A'],
    ])
    const body = { who: '李', office: '130102', version: 3 }
    expect(await call(platform, 'POST', `reports/A/${MONTH}/accept`, { body })).toMatchObject({
      status: 409,
      body: { version: 7, last: { step: 'submit', who: '王' } },
    })
  })
})

test('files are given as they were built, with the SHA-256 of the record', async () => {
  const platform = await populated()
  const { revisions } = await walk(platform, TO_LOCK)
  await sendHours(platform, 13)
  await walk(platform, [['revise', 'A', '补传抄表数据']])
  const files = revisions[0]?.files ?? []
  expect(files.map(({ name }) => name)).toEqual(['报告.json', 'electricity.csv'])
  for (const { name, sha256, bytes } of files) {
    const path = `reports/A/${MONTH}/revisions/1/files/${encodeURIComponent(name)}`
    const { statusCode, headers, body, isBase64Encoded } = await rawApiCall({ platform }, 'GET', path)
    const content = Buffer.from(body ?? '', 'base64')
    expect([statusCode, isBase64Encoded, content.length]).toEqual([200, true, bytes])
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256)
    expect(headers).toMatchObject({
      'content-disposition': expect.stringContaining(`UTF-8''${encodeURIComponent(name)}`),
    })
  }
  const other = (name: string) =>
    call(platform, 'GET', `reports/A/${MONTH}/revisions/1/files/${encodeURIComponent(name)}`)
  for (const name of ['../document', 'nothing.csv']) expect((await other(name)).status).toBe(404)
  const kept = await platform.state.get(reportKey('A', MONTH))
  const folder = kept?.value.revisions[0]?.build.folder
  await platform.objects.put(`${folder}/files/electricity.csv`, new Uint8Array(1), { contentType: 'text/csv' })
  // Bytes that are no longer those of the record are our fault: they are not handed out.
  const { error } = console
  console.error = () => {}
  expect((await other('electricity.csv')).status).toBe(500)
  console.error = error
})

describe('a step is refused', () => {
  test.each<[string, name: string, office: string, more: Record<string, unknown>, status: number, detail: RegExp]>([
    ['of another office', 'check', '130102', {}, 403, /"check" is a step of A/],
    ['of the province over an institution', 'build', '130000', {}, 403, /is a step of A/],
    ['in the wrong state', 'submit', 'A', {}, 409, /state "draft" does not take the step "submit"/],
    ['without a name', 'check', 'A', { who: ' ' }, 400, /who/],
    ['without a version', 'check', 'A', { version: undefined }, 400, /version/],
    ['of an unknown subject', 'check', 'A', { subject: 'Z' }, 404, /"Z"/],
  ])('%s', async (_why, name, office, more, status, detail) => {
    const platform = await populated()
    await walk(platform, [['build', 'A']])
    const answer = await step(platform, name, office, more)
    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(detail)])
    expect((await platform.state.get(reportKey('A', MONTH)))?.version).toBe(1)
    expect(await logged(platform)).toHaveLength(1)
  })

  test('without remarks where it must say why', async () => {
    const platform = await populated()
    await walk(platform, TO_LOCK.slice(0, 3))
    expect(await step(platform, 'return', '130102', { remarks: ' ' })).toMatchObject({
      status: 400,
      body: { field: 'remarks' },
    })
  })

  test('of anybody but an administrator', async () => {
    const platform = await populated()
    const body = { who: '王', office: 'A', version: 0 }
    expect((await call(platform, 'POST', `reports/A/${MONTH}/build`, { body, role: 'anyone' })).status).toBe(401)
  })

  test('when the check finds errors, which are listed', async () => {
    const platform = await populated()
    await step(platform, 'build', 'D', { subject: 'D', who: '钱' })
    const kept = (await platform.state.get(reportKey('D', MONTH)))?.value
    const empty: ReportMakerOf = (sources) => ({
      ...testMaker(sources),
      check: () => ({
        errors: [{ rule: 'rows', severity: 'error', text: { zh: '没有数据', en: 'there is no row' } }],
        warnings: 0,
      }),
    })
    const body = { who: '钱', office: 'D', version: 1 }
    const answer = await call(platform, 'POST', `reports/D/${MONTH}/check`, { body, makerOf: empty })
    expect(answer).toMatchObject({ status: 422, body: { problems: [{ rule: 'rows', severity: 'error' }] } })
    expect((await platform.state.get(reportKey('D', MONTH)))?.value).toEqual(kept)
  })

  test('to submit before the month has ended, and to build one that has not begun', async () => {
    const platform = await populated()
    const at = (name: string, month: string, version: number) =>
      call(platform, 'POST', `reports/A/${month}/${name}`, { body: { who: '王', office: 'A', version } })
    for (const [version, name] of ['build', 'check'].entries())
      expect((await at(name, '2026-06', version)).status).toBe(200)
    expect(await at('submit', '2026-06', 2)).toMatchObject({ status: 422, body: { field: 'month' } })
    expect(await at('build', '2026-07', 0)).toMatchObject({ status: 422, body: { field: 'month' } })
    expect(await at('build', '2026-13', 0)).toMatchObject({ status: 400, body: { field: 'month' } })
  })
})

test('a county, a city and the province hand their reports upward; the province decides on its own', async () => {
  const platform = await populated()
  for (const [subject, above] of [
    ['130102', '130100'],
    ['130100', '130000'],
    ['130000', '130000'],
  ] as const) {
    for (const name of ['build', 'check', 'submit'])
      expect((await step(platform, name, subject, { subject })).status).toBe(200)
    for (const name of ['accept', 'lock']) expect((await step(platform, name, above, { subject })).status).toBe(200)
  }
  expect((await call(platform, 'GET', `reports/130000/${MONTH}`)).body).toMatchObject({ state: 'locked' })
})

test('reports of a subject are listed, the latest month first, by pages', async () => {
  const platform = await populated()
  for (const month of ['2025-12', '2026-04', '2026-05'])
    await call(platform, 'POST', `reports/A/${month}/build`, { body: { who: '王', office: 'A', version: 0 } })
  const first = (await call(platform, 'GET', 'reports/A?limit=2')).body
  expect(reportsPageSchema.parse(first)).toEqual(first)
  expect(first.items.map(({ month }: { month: string }) => month)).toEqual(['2026-05', '2026-04'])
  expect(first.items[0]).toMatchObject({ state: 'draft', taskState: { code: 8 }, changed: false, last: { who: '王' } })
  const rest = (await call(platform, 'GET', `reports/A?limit=2&cursor=${first.next}`)).body
  expect([rest.items.map(({ month }: { month: string }) => month), rest.next]).toEqual([['2025-12'], null])
  expect((await call(platform, 'GET', 'reports/Z')).status).toBe(404)
})

test('what is due names who has not submitted', async () => {
  const platform = await populated()
  const due = async (area: string, on: string) => {
    const { body } = await call(platform, 'GET', `areas/${area}/reports-due?on=${on}`)
    expect(reportsDueSchema.parse(body)).toEqual(body)
    return body.periods[0]
  }
  const ids = ({ missing }: { missing: { id: string }[] }) => missing.map(({ id }) => id)
  expect(await due('130102', '2026-06-05')).toMatchObject({
    ...{ period: 'month', label: MONTH, month: MONTH, dueOn: '2026-06-10', daysLeft: 5, parts: 2, submitted: 0 },
    rule: { standIn: true },
    own: { state: null, taskState: { code: 9 } },
  })
  await walk(platform, TO_LOCK.slice(0, 3))
  expect(await due('130102', '2026-06-12')).toMatchObject({
    ...{ daysLeft: -2, parts: 2, submitted: 1 },
    missing: [{ id: 'B', type: 'institution', state: null, taskState: { code: 9, name: { zh: '未录入' } } }],
  })
  await walk(platform, [['return', '130102', '缺发票']])
  const after = await due('130102', '2026-06-12')
  expect([ids(after), after.missing[0].taskState.code]).toEqual([['A', 'B'], -9])
  expect(ids(await due('130100', '2026-06-12'))).toEqual(['130102', '130104'])
  expect(ids(await due('130000', '2026-06-12'))).toEqual(['130100', '130200'])
})
