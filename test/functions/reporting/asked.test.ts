// Steps of the report of an area with areas below: answered 202 at once, taken by the trigger `reports` from parts, and
// then seen in the report; refused at once or later; one waits at a time; a run may be cut off anywhere.

import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, type Month, monthRange } from '../../../domain/calendar.ts'
import { must } from '../../../domain/must.ts'
import { latest } from '../../../domain/report/life.ts'
import { askedStepSchema, reportsPageSchema, reportViewSchema } from '../../../domain/report/view.ts'
import { INSTITUTIONS_AT_ONCE_MAX } from '../../../functions/reporting/asked.ts'
import { reportKey } from '../../../functions/reporting/store.ts'
import { reports } from '../../../functions/reports.ts'
import { auditKeys } from '../../../functions/state/audit.ts'
import { apiCall } from '../api-call.ts'
import {
  derive,
  documents,
  dyingPlatform,
  INSTITUTIONS,
  openTestPlatform,
  PROVINCE,
  register,
  send,
  type TestPlatform,
} from '../province.ts'

const MONTH: Month = '2026-06'
const FROM_MS = monthRange(MONTH).fromMs

let filled: string
const ended: (() => Promise<void>)[] = []
beforeAll(async () => {
  const platform = await filledJune()
  await platform.close()
  filled = platform.folder
})
afterAll(async () => {
  for (const end of ended) await end()
})

/** Half a June: no report of it is due on schedule. */
async function halfJune(): Promise<TestPlatform> {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-asked-'))
  cpSync(filled, folder, { recursive: true })
  return openTestPlatform(folder)
}
async function filledJune(): Promise<TestPlatform> {
  const platform = await openTestPlatform(undefined, (end) => ended.push(end))
  // More than are built within a request.
  const more = Array.from({ length: INSTITUTIONS_AT_ONCE_MAX }, (_, n) => ({
    ...must(INSTITUTIONS[0]),
    id: `more-${n}`,
    name: `more ${n}`,
  }))
  await register(platform, { ...PROVINCE, institutions: [...INSTITUTIONS, ...more] })
  for (const { id } of INSTITUTIONS) {
    const readings = Array.from({ length: 14 }, (_, n) => ({
      meter: `${id}-E`,
      at: FROM_MS + n * DAY_MS,
      value: 24 * n,
    }))
    await send(platform, `G-${id}`, readings)
  }
  await derive(platform)
  // What is due of May is built first.
  await run(platform)
  return platform
}
async function run(platform: TestPlatform | ReturnType<typeof dyingPlatform>): Promise<void> {
  for (let round = 0; round < 4; round++) expect(await reports(platform)({ shards: [] })).toEqual({ failed: [] })
}
const post = (platform: TestPlatform, step: string, body: object, subject = '130000') =>
  apiCall(platform, 'POST', `reports/${subject}/${MONTH}/${step}`, { who: '李', office: subject, version: 0, ...body })
const page = async (platform: TestPlatform) =>
  reportsPageSchema.parse((await apiCall(platform, 'GET', 'reports/130000')).body)

test('a build of the province is answered at once and taken later, with the data up to the asking', async () => {
  const platform = await halfJune()
  const askedMs = platform.clock.nowMs
  const answer = await post(platform, 'build', {})
  expect(answer.status).toBe(202)
  expect(askedStepSchema.parse(answer.body)).toMatchObject({
    month: MONTH,
    step: 'build',
    who: '李',
    askedMs,
    refused: null,
  })
  expect((await page(platform)).asked).toMatchObject({ step: 'build', refused: null })
  expect(await platform.state.get(reportKey('130000', MONTH))).toBeUndefined()
  platform.clock.nowMs += HOUR_MS
  await run(platform)
  const view = reportViewSchema.parse((await apiCall(platform, 'GET', `reports/130000/${MONTH}`)).body)
  expect(view).toMatchObject({ state: 'draft', version: 1, asked: null, revisions: [{ asOfMs: askedMs }] })
  expect(await documents(platform, 'report-asked/')).toEqual({})
  expect(await documents(platform, 'report-part/')).toEqual({})
  const entries = (await platform.state.query(auditKeys.entry())).map(({ value }) => JSON.parse(value).entry)
  expect(entries.at(-1)).toMatchObject({ what: 'report.build', about: `130000/${MONTH}/1`, who: '李' })
  expect((await post(platform, 'check', { version: 1 })).status).toBe(202)
  await run(platform)
  const stored = must(await platform.state.get(reportKey('130000', MONTH)))
  expect([latest(stored.value).state, (await page(platform)).asked]).toEqual(
    latest(stored.value).state === 'checked'
      ? ['checked', null]
      : ['draft', expect.objectContaining({ step: 'check' })],
  )
})

test('a county is built at once; what is refused is refused before it waits; one waits at a time', async () => {
  const platform = await halfJune()
  expect((await post(platform, 'build', {}, '130102')).status).toBe(200)
  expect((await post(platform, 'build', { version: 7 })).status).toBe(409)
  expect((await post(platform, 'revise', { remarks: '数据更正' })).status).toBe(409)
  expect((await post(platform, 'build', { office: '130100' })).status).toBe(403)
  expect((await page(platform)).asked).toBeNull()
  expect((await post(platform, 'build', { who: '王' })).status).toBe(202)
  const second = await post(platform, 'build', {})
  expect(second).toMatchObject({ status: 409, body: { detail: `王 (130000) asked first: build of ${MONTH}` } })
})

test('what changed while it waited refuses it, and the reason is kept until the next one', async () => {
  const platform = await halfJune()
  expect((await post(platform, 'build', {})).status).toBe(202)
  await run(platform)
  platform.clock.nowMs += HOUR_MS
  expect((await post(platform, 'build', { version: 1 })).status).toBe(202)
  const stored = must(await platform.state.get(reportKey('130000', MONTH)))
  await platform.state.put([{ key: reportKey('130000', MONTH), value: stored.value }])
  await run(platform)
  expect((await page(platform)).asked?.refused).toMatchObject({ status: 409, version: 2 })
  expect((await post(platform, 'build', { version: 2 })).status).toBe(202)
  await run(platform)
  expect((await page(platform)).asked).toBeNull()
})

test('a run that is cut off anywhere is taken up, and the step is taken once', async () => {
  const platform = await halfJune()
  expect((await post(platform, 'build', {})).status).toBe(202)
  const whole = dyingPlatform(platform)
  await run(whole)
  const calls = whole.calls()
  const digest = latest(must(await platform.state.get(reportKey('130000', MONTH))).value).build.digest
  for (const part of [0.2, 0.8]) {
    await platform.state.delete([reportKey('130000', MONTH)])
    expect((await post(platform, 'build', {})).status).toBe(202)
    await run(dyingPlatform(platform, Math.floor(calls * part))).catch(() => undefined)
    await run(platform)
    const { value, version } = must(await platform.state.get(reportKey('130000', MONTH)))
    expect([version, latest(value).build.digest]).toEqual([1, digest])
    expect((await page(platform)).asked).toBeNull()
  }
})
