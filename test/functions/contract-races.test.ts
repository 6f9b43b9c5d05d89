// Two who act on a contract at one moment: what each wrote stands or was refused with a reason, money sums, and a
// settlement that was computed before an act never follows one that was computed after it.

import { expect, test } from 'vitest'
import { lastRevision } from '../../domain/contract/life.ts'
import { must } from '../../domain/must.ts'
import { contractKeys, settlementsOf } from '../../functions/contracting/store.ts'
import { alteredContract } from '../../functions/contracting/verify.ts'
import { settleContract } from '../../functions/contracting/work.ts'
import { VersionConflict } from '../../functions/platform.ts'
import { registryReader } from '../../functions/registry/reader.ts'
import { verifyAudit } from '../../functions/state/audit.ts'
import { apiCall } from './api-call.ts'
import { BASELINE_FROM, builtYear, END, REPORTING_FROM, signedContract, TERMS } from './contract-year.ts'
import type { TestPlatform } from './province.ts'

const PATH = 'contracts/EPC-1'
const YEARS = { kind: 'years', rule: 'jst301', totals: [130_000, 125_000, 120_000] }
const BY_YEARS = { from: BASELINE_FROM, to: REPORTING_FROM, method: YEARS }
const OWNER = { party: 'owner', who: '王' }
const CONTRACTOR = { party: 'contractor', who: '李' }
const CHANGE = { kind: 'perDay', from: '2025-09-01', to: '2025-11-01', amountPerDay: 60 }

async function contractYear(): Promise<TestPlatform> {
  const platform = await builtYear()
  await signedContract(platform, { ...TERMS, baseline: BY_YEARS })
  await apiCall(platform, 'POST', `${PATH}/settle`, { who: '核算' })
  return platform
}

async function holds(platform: TestPlatform): Promise<void> {
  for (const { value } of await settlementsOf(platform.state, 'EPC-1'))
    for (const { settlement } of value.revisions) {
      const { totalFen, ownerFen, contractorFen, payableFen, lines } = settlement.money
      expect(ownerFen + contractorFen).toBe(totalFen)
      expect(lines.reduce((sum, { fen }) => sum + fen, 0)).toBe(payableFen)
    }
  expect(await verifyAudit(platform.state)).toMatchObject({ broken: null })
  expect(await alteredContract(platform.state)).toBeNull()
}

test('proposals, signatures, answers and payments at one moment', async () => {
  const platform = await contractYear()
  const post = (path: string, body: unknown) => apiCall(platform, 'POST', `${PATH}/${path}`, body)
  const proposed = await Promise.all(
    [OWNER, CONTRACTOR, OWNER].map((one) => post('adjustments', { ...one, reason: one.who, change: CHANGE })),
  )
  expect(proposed.map(({ status }) => status)).toEqual([200, 200, 200])
  const { adjustments } = (await apiCall(platform, 'GET', PATH)).body
  expect(adjustments.map(({ number }: { number: number }) => number)).toEqual([1, 2, 3])
  const second = adjustments.find(
    ({ proposed: { party } }: (typeof adjustments)[number]) => party === 'contractor',
  ).number
  const answers = await Promise.all([
    post(`adjustments/${second}/accept`, OWNER),
    post(`adjustments/${second}/reject`, OWNER),
    post(`adjustments/${second}/withdraw`, CONTRACTOR),
  ])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409])
  for (const { status, body } of answers)
    if (status === 409) expect(body).toMatchObject({ field: 'number', detail: expect.stringMatching(/it was \w+ by/) })
  const may = 'settlements/2025-05'
  const signed = await Promise.all(
    [OWNER, CONTRACTOR, OWNER].map((one) => post(`${may}/sign`, { ...one, revision: 1 })),
  )
  expect(signed.map(({ status }) => status)).toEqual([200, 200, 409])
  expect(signed[2]?.body.detail).toBe('party: the owner has signed it')
  const june = 'settlements/2025-06'
  const [sign, dispute] = await Promise.all([
    post(`${june}/sign`, { ...OWNER, revision: 1 }),
    post(`${june}/dispute`, { ...OWNER, revision: 1, reason: '?' }),
  ])
  expect([sign.status, dispute.status].toSorted()).toEqual([200, 409])
  const paid = await Promise.all([1, 2, 3].map((fen) => post(`${may}/pay`, { who: '出纳', paidOn: '2026-05-02', fen })))
  expect(paid.map(({ status }) => status)).toEqual([200, 200, 200])
  expect((await apiCall(platform, 'GET', `${PATH}/${may}`)).body.late.paidFen).toBe(6)
  await holds(platform)
})

test('a run that began before an adjustment was accepted adds nothing after it', async () => {
  const platform = await contractYear()
  const post = (path: string, body: unknown) => apiCall(platform, 'POST', `${PATH}/${path}`, body)
  await post('adjustments', { ...CONTRACTOR, reason: '机房', change: CHANGE })
  const before = must(await platform.state.get(contractKeys.contract('EPC-1')))
  const run = { who: 'late', untilDay: END }
  const late = () => settleContract({ platform, registry: registryReader(platform.state) }, before, run)
  expect((await post('adjustments/1/accept', OWNER)).status).toBe(200)
  const now = await post('settle', { who: '核算' })
  expect(now.body.settled.length).toBeGreaterThan(2)
  await expect(late()).rejects.toThrow(VersionConflict)
  for (const { value } of await settlementsOf(platform.state, 'EPC-1'))
    if (value.period >= '2025-09') expect(lastRevision(value).adjustments).toEqual([1])
  await holds(platform)
})

test('two runs, a proposal and a signature at one moment end as if in turn', async () => {
  const platform = await builtYear()
  await signedContract(platform, { ...TERMS, baseline: BY_YEARS })
  const post = (path: string, body: unknown) => apiCall(platform, 'POST', `${PATH}/${path}`, body)
  const all = await Promise.all([
    post('settle', { who: 'a' }),
    post('settle', { who: 'b' }),
    post('adjustments', { ...CONTRACTOR, reason: '机房', change: CHANGE }),
  ])
  expect(all.map(({ status, body }) => [status, body.detail])).toEqual(new Array(3).fill([200, undefined]))
  const records = await settlementsOf(platform.state, 'EPC-1')
  expect(records.map(({ value }) => value.revisions.length)).toEqual(new Array(12).fill(1))
  const settled = [...all[0].body.settled, ...all[1].body.settled].map(({ period }: { period: string }) => period)
  expect(settled.toSorted()).toEqual(records.map(({ value }) => value.period))
  await holds(platform)
})

test('the window of a dispute ends with its last millisecond, and a superseded revision takes no act', async () => {
  const platform = await contractYear()
  const post = (path: string, body: unknown) => apiCall(platform, 'POST', `${PATH}/${path}`, body)
  const issuedMs = platform.clock.nowMs
  const dispute = (period: string, revision = 1) =>
    post(`settlements/${period}/dispute`, { ...OWNER, revision, reason: '?' })
  platform.clock.nowMs = issuedMs + 15 * 86_400_000
  expect((await dispute('2025-05')).status).toBe(200)
  platform.clock.nowMs += 1
  expect(await dispute('2025-06')).toMatchObject({ status: 409, body: { detail: expect.stringContaining('closed') } })
  await post('adjustments', { ...CONTRACTOR, reason: '机房', change: CHANGE })
  await post('adjustments/1/accept', OWNER)
  await post('settle', { who: '核算' })
  for (const [step, more] of [
    ['sign', {}],
    ['dispute', { reason: '?' }],
    ['resolve', { outcome: 'upheld' }],
  ] as const)
    expect(await post(`settlements/2025-09/${step}`, { ...OWNER, revision: 1, ...more })).toMatchObject({
      ...{ status: 409, body: { field: 'revision', detail: 'revision: revision 2 stands now' } },
    })
  // The new revision has a window of its own.
  expect((await dispute('2025-09', 2)).status).toBe(200)
  await holds(platform)
})

test('numbers of adjustments are given once in the life of a contract; who proposed withdraws', async () => {
  const platform = await builtYear()
  const post = (path: string, body: unknown) => apiCall(platform, 'POST', `${PATH}/${path}`, body)
  const put = (name: string) => apiCall(platform, 'PUT', PATH, { terms: { ...TERMS, name, baseline: BY_YEARS } })
  await put('草案一')
  for (const reason of ['一', '二']) await post('adjustments', { ...OWNER, reason, change: CHANGE })
  await put('草案二')
  await put('草案三')
  const { body } = await post('adjustments', { ...OWNER, reason: '三', change: CHANGE })
  expect(body.adjustments.map(({ number }: { number: number }) => number)).toEqual([3])
  expect(await post('adjustments/3/withdraw', CONTRACTOR)).toMatchObject({
    ...{ status: 422, body: { field: 'party', detail: 'party: only the owner can withdraw it' } },
  })
  const { status, body: withdrawn } = await post('adjustments/3/withdraw', OWNER)
  expect([status, withdrawn.adjustments[0].answered]).toEqual([
    200,
    { ...OWNER, who: '王', atMs: platform.now(), answer: 'withdrawn' },
  ])
  expect((await post('adjustments/3/accept', CONTRACTOR)).status).toBe(409)
  await holds(platform)
})
