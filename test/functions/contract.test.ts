// A contract over the HTTP API: a year from the baseline to signed settlements with a non-routine event, a shortfall
// and a dispute; late data; payments; bad input; and all of it in the audit log.

import { unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAY_MS, dayOf, dayStartMs, HOUR_MS } from '../../domain/calendar.ts'
import { contractViewSchema, settlementViewSchema } from '../../domain/contract/view.ts'
import { contract } from '../../functions/contract.ts'
import { auditKeys, verifyAudit } from '../../functions/state/audit.ts'
import { apiCall, rawApiCall } from './api-call.ts'
import { builtYear, END, hourly, sendAll, signedContract, TERMS, usedOn } from './contract-year.ts'
import { meter, oneInstitution, openTestPlatform, register, type TestPlatform } from './province.ts'

const PATH = 'contracts/EPC-1'
const dayAt = (date: string): number => dayOf(Date.parse(`${date}T00:00:00+08:00`))
async function ok(platform: TestPlatform, method: string, path: string, body?: unknown) {
  const { status, body: answer } = await apiCall(platform, method, path, body)
  expect([path, status, answer.detail]).toEqual([path, 200, undefined])
  return answer
}
async function signPeriod(platform: TestPlatform, period: string, revision: number) {
  for (const party of ['owner', 'contractor'])
    await ok(platform, 'POST', `${PATH}/settlements/${period}/sign`, { party, who: party, revision })
}
const logged = async ({ state }: TestPlatform): Promise<string[]> =>
  (await state.query(auditKeys.entry())).map(({ value }) => {
    const { entry } = JSON.parse(value)
    return `${entry.what} ${entry.about}`
  })

test('a year goes from the baseline to signed settlements, with an event, a shortfall and a dispute', async () => {
  /** From September on a server room of 60 kWh a day, which nobody saves. */
  const used = (day: number): number => usedOn(day) + (day >= dayAt('2025-09-01') ? 60 : 0)
  const platform = await builtYear({ used })
  const guarantee = { amountPerYear: 40_000, compensationPct: 100 }
  const compare = { rule: 'jst301', totals: [140_000, 135_000, 130_000] }
  await signedContract(platform, { ...TERMS, kind: 'mixed', guarantee, baseline: { ...TERMS.baseline, compare } })
  const before = contractViewSchema.parse(await ok(platform, 'GET', PATH))
  expect(before).toMatchObject({ state: 'running', baseline: { station: { id: '53698' }, disqualified: [] } })
  expect(before.baseline?.model?.kind).toBe('cdd_hdd')

  const run = await ok(platform, 'POST', `${PATH}/settle`, { who: '核算' })
  expect(run.settled).toHaveLength(12)
  const september = settlementViewSchema.parse(await ok(platform, 'GET', `${PATH}/settlements/2025-09`))
  expect(september.revisions[0]?.settlement.verdict).toBe('uncertain')

  // The contractor disputes September; the owner accepts an adjustment for the server room.
  await ok(platform, 'POST', `${PATH}/settlements/2025-09/dispute`, {
    ...{ party: 'contractor', who: '李', revision: 1, reason: '新增机房用电' },
  })
  expect(
    await apiCall(platform, 'POST', `${PATH}/settlements/2025-09/sign`, { party: 'owner', who: '王', revision: 1 }),
  ).toMatchObject({ status: 409, body: { detail: expect.stringContaining('disputes it: 新增机房用电') } })
  const change = { kind: 'perDay', from: '2025-09-01', to: '2026-05-01', amountPerDay: 60 }
  await ok(platform, 'POST', `${PATH}/adjustments`, { party: 'contractor', who: '李', reason: '新增机房', change })
  expect(
    await apiCall(platform, 'POST', `${PATH}/adjustments/1/accept`, { party: 'contractor', who: '李' }),
  ).toMatchObject({ status: 422, body: { field: 'party' } })
  await ok(platform, 'POST', `${PATH}/adjustments/1/accept`, { party: 'owner', who: '王' })
  const end = { party: 'owner', who: '王', revision: 1, outcome: 'upheld', note: '见调整 1' }
  await ok(platform, 'POST', `${PATH}/settlements/2025-09/resolve`, end)
  const again = await ok(platform, 'POST', `${PATH}/settle`, { who: '核算' })
  expect(again.settled.map(({ period }: { period: string }) => period)).toEqual([
    ...['2025-09', '2025-10', '2025-11', '2025-12', '2026-01', '2026-02', '2026-03', '2026-04'],
  ])

  const rows = (await ok(platform, 'GET', `${PATH}/settlements`)).items
  for (const { period, revision } of rows) await signPeriod(platform, period, revision)
  const view = contractViewSchema.parse(await ok(platform, 'GET', PATH))
  expect(view.settlements.map(({ state }) => state)).toEqual(new Array(12).fill('signed'))
  const saved = Array.from({ length: 365 }, (_, n) => END - 365 + n).reduce((sum, day) => sum + usedOn(day) / 4, 0)
  expect(Math.abs(view.position.savings - saved)).toBeLessThan(view.position.halfWidth ?? 0)
  expect(view.position.ownerFen + view.position.contractorFen).toBe(view.position.totalFen)

  // April ends the year: what lacks to 40,000 kWh is paid back at the price.
  const april = await ok(platform, 'GET', `${PATH}/settlements/2026-04`)
  const { settlement } = april.revisions.at(-1)
  expect(settlement.guarantee.difference).toBeCloseTo(view.position.savings - 40_000, 3)
  const shortfall = settlement.money.lines.find(({ code }: { code: string }) => code === 'shortfall').fen
  expect(shortfall).toBe(Math.round(settlement.guarantee.difference * 62))
  expect(settlement.money.payableFen).toBe(Math.round(settlement.money.totalFen * 0.8) + shortfall)

  for (const [name, text] of [
    ['settlements/2025-09/files/settlement-zh.html', '节能量'],
    ['settlements/2025-09/files/settlement-en.html?revision=1', 'savings are smaller than their uncertainty'],
    ['plan/plan-zh.html', '两种年基准之差'],
    ['plan/plan-en.html', 'Energy against temperature'],
    ['settlements/2026-04/files/settlement-zh.xlsx', ''],
    ['plan/plan-en.xlsx', ''],
  ] as const) {
    const { statusCode, body = '', isBase64Encoded } = await rawApiCall({ platform }, 'GET', `${PATH}/${name}`)
    const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
    expect([name, statusCode]).toEqual([name, 200])
    if (text === '') expect(Object.keys(unzipSync(bytes))).toContain('xl/worksheets/sheet2.xml')
    else for (const part of [text, '<svg']) expect(bytes.toString('utf8')).toContain(part)
  }
  expect((await apiCall(platform, 'GET', `${PATH}/plan/plan-de.html`)).status).toBe(404)

  const log = await logged(platform)
  expect(log.filter((line) => line.startsWith('settlement.'))).toHaveLength(2 + 24)
  expect(log).toContain('contract.accept EPC-1/1')
  expect(await verifyAudit(platform.state)).toMatchObject({ broken: null, entries: log.length })
})

test('late readings make a new revision of what they touch, and leave the signed one as it was', async () => {
  const platform = await builtYear({ used: (day) => (day >= dayAt('2026-04-25') ? 0 : usedOn(day)) })
  await signedContract(platform)
  expect(await contract(platform)({ shards: [] })).toEqual({ failed: [] })
  const first = await ok(platform, 'GET', `${PATH}/settlements/2026-04`)
  expect(first.revisions[0].settlement).toMatchObject({ countedDays: 24, verdict: 'saved' })
  expect(first.revisions[0].settlement.masked.map(({ date }: { date: string }) => date)).toEqual([
    ...['2026-04-25', '2026-04-26', '2026-04-27', '2026-04-28', '2026-04-29', '2026-04-30'],
  ])
  await signPeriod(platform, '2026-04', 1)
  // The same again changes nothing, on the same day and on the next.
  for (const days of [0, 1]) {
    platform.clock.nowMs += days * DAY_MS
    await contract(platform)({ shards: [] })
  }
  expect(await ok(platform, 'GET', `${PATH}/settlements/2026-04`)).toEqual(
    expect.objectContaining({ state: 'signed', revisions: [expect.objectContaining({ number: 1 })] }),
  )
  const { body } = await apiCall(
    platform,
    'GET',
    `meters/A-E/series?grain=raw&from=${dayStartMs(dayAt('2026-04-25'))}&to=${dayStartMs(dayAt('2026-04-25')) + HOUR_MS}`,
  )
  await sendAll(platform, hourly('A-E', [dayAt('2026-04-25'), END], usedOn, body.points[0].value))
  platform.clock.nowMs += DAY_MS
  await contract(platform)({ shards: [] })
  const late = await ok(platform, 'GET', `${PATH}/settlements/2026-04`)
  expect(late.revisions.map(({ cause }: { cause: string }) => cause)).toEqual(['first', 'lateData'])
  expect(late.revisions[0]).toMatchObject({ ...first.revisions[0], signatures: expect.anything() })
  expect(late.revisions[1].settlement).toMatchObject({ countedDays: 30, masked: [] })
  expect((await ok(platform, 'GET', `${PATH}/settlements/2026-03`)).revisions).toHaveLength(1)
  // What is owed is what was signed.
  const { payableFen } = first.revisions[0].settlement.money
  platform.clock.nowMs += 40 * DAY_MS
  const owed = await ok(platform, 'POST', `${PATH}/settlements/2026-04/pay`, {
    who: '出纳',
    paidOn: '2026-06-17',
    fen: 1000,
  })
  expect(owed.late).toMatchObject({ paidFen: 1000, openFen: payableFen - 1000 })
  const ahead = { who: '出纳', paidOn: '2027-01-01', fen: 1000 }
  expect(await apiCall(platform, 'POST', `${PATH}/settlements/2026-04/pay`, ahead)).toMatchObject({
    ...{ status: 422, body: { field: 'paidOn' } },
  })
})

/** Words of a sentence, not a name alone. */
const CHINESE = /[\u4e00-\u9fff]{2}/

describe('bad terms', () => {
  let platform: TestPlatform
  let remove: () => Promise<void>
  beforeAll(async () => {
    platform = await openTestPlatform(undefined, (end) => {
      remove = end
    })
    const replacements = [{ atMs: Date.parse('2025-07-10T10:00:00+08:00'), finalValue: 5, startValue: 0 }]
    const water = meter('A-W', 'A', { medium: 'water', unit: 'm³' })
    await register(platform, oneInstitution([meter('A-E', 'A'), water, meter('A-R', 'A', { replacements })]))
  })
  afterAll(() => remove())

  test.each<[string, (terms: typeof TERMS) => object, string]>([
    [
      'periods that overlap',
      (t) => ({ ...t, reporting: { ...t.reporting, from: '2025-04-01' } }),
      'terms.reporting.from',
    ],
    ['a negative price', (t) => ({ ...t, price: { kind: 'fixed', yuanPerUnit: -0.1 } }), 'terms.price.yuanPerUnit'],
    [
      'a negative floating price',
      (t) => ({ ...t, price: { kind: 'floating', rows: [{ validFrom: '2025-01-01', yuanPerUnit: -1 }] } }),
      'terms.price.rows.0.yuanPerUnit',
    ],
    [
      'shares that do not sum',
      (t) => ({ ...t, shares: [{ year: 1, ownerPct: 30, contractorPct: 80 }] }),
      'terms.shares.0',
    ],
    [
      'a schedule of too many years',
      (t) => ({ ...t, shares: [1, 2].map((year) => ({ year, ownerPct: 20, contractorPct: 80 })) }),
      'terms.shares',
    ],
    ['a short baseline', (t) => ({ ...t, baseline: { ...t.baseline, from: '2024-08-01' } }), 'terms.baseline.from'],
    ['an unknown meter', (t) => ({ ...t, boundary: [{ meter: 'A-X' }] }), 'terms.boundary.0.meter'],
    ['a meter of another medium', (t) => ({ ...t, boundary: [{ meter: 'A-W' }] }), 'terms.boundary.0.meter'],
    ['a meter twice', (t) => ({ ...t, boundary: [{ meter: 'A-E' }, { meter: 'A-E' }] }), 'terms.boundary.1.meter'],
    ['a replaced meter', (t) => ({ ...t, boundary: [{ meter: 'A-E' }, { meter: 'A-R' }] }), 'terms.boundary.1.meter'],
    ['an unknown institution', (t) => ({ ...t, institution: 'Z' }), 'terms.institution'],
    ['no schedule', (t) => ({ ...t, shares: undefined }), 'terms.shares'],
    [
      'a baseline that ends before it begins',
      (t) => ({ ...t, baseline: { ...t.baseline, to: '2024-01-01' } }),
      'terms.baseline.to',
    ],
    [
      'a period that is no multiple',
      (t) => ({ ...t, reporting: { ...t.reporting, to: '2026-03-01', everyMonths: 3 } }),
      'terms.reporting.to',
    ],
    [
      'a reporting period that begins within a month',
      (t) => ({ ...t, reporting: { ...t.reporting, from: '2025-05-15' } }),
      'terms.reporting.from',
    ],
    [
      'a floating price that comes too late',
      (t) => ({ ...t, price: { kind: 'floating', rows: [{ validFrom: '2025-06-01', yuanPerUnit: 1 }] } }),
      'terms.price.rows.0.validFrom',
    ],
    [
      'floating prices out of order',
      (t) => ({
        ...t,
        price: {
          kind: 'floating',
          rows: ['2025-04-01', '2025-03-01'].map((validFrom) => ({ validFrom, yuanPerUnit: 1 })),
        },
      }),
      'terms.price.rows.1.validFrom',
    ],
    [
      'a floor above the cap',
      (t) => ({ ...t, limits: { periodFloorYuan: 2, periodCapYuan: 1 } }),
      'terms.limits.periodFloorYuan',
    ],
    [
      'excluded days that end before they begin',
      (t) => ({ ...t, excludedDays: [{ from: '2025-06-02', to: '2025-06-01', why: 'x' }] }),
      'terms.excludedDays.0.to',
    ],
    [
      'water by the weather',
      (t) => ({ ...t, kind: 'waterSaving', medium: 'water', boundary: [{ meter: 'A-W' }] }),
      'terms.baseline.method.kind',
    ],
    ['a water contract of electricity', (t) => ({ ...t, kind: 'waterSaving' }), 'terms.medium'],
    ['a guarantee below 0', (t) => ({ ...t, guarantee: { amountPerYear: -1 } }), 'terms.guarantee.amountPerYear'],
    ['a mixed contract of one part', (t) => ({ ...t, kind: 'mixed' }), 'terms.kind'],
  ])('refuses %s by field', async (_, change, field) => {
    const { status, body } = await apiCall(platform, 'PUT', PATH, { terms: change(TERMS) })
    expect([(status ?? 0) >= 400 && (status ?? 0) < 500, body.field]).toEqual([true, field])
    expect(body.detail).toContain(field)
    expect(body.said.en).toBe(body.detail)
    expect(body.said.zh).toMatch(CHINESE)
    expect(body.said.zh).toContain(field)
    expect(body.said.zh).not.toContain(body.problems[0].reason)
  })
})

test('acts out of turn are refused by field, in both languages', async () => {
  const platform = await builtYear()
  await signedContract(platform)
  const act = { party: 'owner', who: '王' }
  const settled = await ok(platform, 'POST', `${PATH}/settle`, { who: '核算' })
  const period = `${PATH}/settlements/${settled.settled[0].period}`
  await ok(platform, 'POST', `${period}/sign`, { ...act, revision: 1 })
  const change = { kind: 'perDay', from: '2025-07-01', to: '2025-08-01', amountPerDay: 5 }
  await ok(platform, 'POST', `${PATH}/adjustments`, { ...act, reason: '新增', change })
  const cases: [path: string, body: object, field: string, method?: 'PUT'][] = [
    [`${period}/sign`, { ...act, revision: 1 }, 'party'],
    [`${period}/sign`, { ...act, revision: 2 }, 'revision'],
    [`${period}/dispute`, { ...act, revision: 1, reason: '不符' }, 'party'],
    [`${period}/resolve`, { ...act, revision: 1, outcome: 'upheld' }, 'party'],
    [`${period}/pay`, { who: '王', paidOn: '2999-01-01', fen: 1 }, 'paidOn'],
    [`${period}/pay`, { who: '王', paidOn: '2026-05-02', fen: 0.5 }, 'fen'],
    [`${PATH}/adjustments/1/accept`, act, 'party'],
    [`${PATH}/adjustments/9/accept`, act, 'number'],
    [`${PATH}/adjustments`, { ...act, reason: '', change }, 'reason'],
    [`${PATH}/adjustments`, { ...act, reason: '反', change: { ...change, to: '2025-07-01' } }, 'change.to'],
    [`${PATH}/baseline`, { who: '王' }, 'baseline'],
    [PATH, { who: '王', terms: TERMS }, 'id', 'PUT'],
  ]
  for (const [path, body, field, method = 'POST'] of cases) {
    const answer = await apiCall(platform, method, path, body)
    expect([path, Math.floor((answer.status ?? 0) / 100) === 4, answer.body.field]).toEqual([path, true, field])
    expect(answer.body.said.en).toBe(answer.body.detail)
    expect([path, answer.body.said.zh]).toEqual([path, expect.stringMatching(CHINESE)])
  }
})

test('a meter replaced while the contract runs halts it by field, until both parties know of it', async () => {
  const platform = await builtYear()
  await signedContract(platform)
  const atMs = Date.parse('2025-11-10T00:00:00+08:00')
  const { points } = await ok(platform, 'GET', `meters/A-E/series?grain=raw&from=${atMs}&to=${atMs + HOUR_MS}`)
  const replacements = [{ atMs, finalValue: points[0].value, startValue: points[0].value }]
  await ok(platform, 'PUT', 'registry', { meters: [meter('A-E', 'A', { replacements })], rewritePast: true })
  const halted = await ok(platform, 'POST', `${PATH}/settle`, { who: '核算' })
  expect(halted.settled).toHaveLength(6)
  expect(halted.blocked).toMatchObject({ field: 'boundary.0.meter', fromPeriod: '2025-11' })
  expect((await ok(platform, 'GET', PATH)).blocked.reason).toContain('"A-E" was replaced on 2025-11-10')
  const change = { kind: 'meterReplacement', meter: 'A-E', on: '2025-11-10' }
  await ok(platform, 'POST', `${PATH}/adjustments`, { party: 'owner', who: '王', reason: '换表', change })
  await ok(platform, 'POST', `${PATH}/adjustments/1/accept`, { party: 'contractor', who: '李' })
  const went = await ok(platform, 'POST', `${PATH}/settle`, { who: '核算' })
  expect([went.settled.length, went.blocked]).toEqual([6, null])
})
