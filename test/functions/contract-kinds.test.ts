// Each kind of contract over the HTTP API, on two years of one institution: baselines by people and by years,
// trusteeship with its adjustments, floating and tariff prices, caps and floors, what is excluded, and a mixed
// contract. Money is compared to the fen.

import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dayOf } from '../../domain/calendar.ts'
import { contractViewSchema, type SettlementView, settlementViewSchema } from '../../domain/contract/view.ts'
import { must } from '../../domain/must.ts'
import { apiCall, rawApiCall } from './api-call.ts'
import {
  BASELINE_FROM,
  builtYear,
  END,
  hourly,
  REPORTING_FROM,
  sendAll,
  signedContract,
  TERMS,
  usedOn,
} from './contract-year.ts'
import { derive, institution, meter, register, type TestPlatform } from './province.ts'

const dayAt = (date: string): number => dayOf(Date.parse(`${date}T00:00:00+08:00`))
const START = dayAt(REPORTING_FROM)
const FIRST = dayAt(BASELINE_FROM)
const PEOPLE = { before: 50, after: 60 }
/** m³ a day: a person uses 0.1 before the work and 0.075 after it, a little more and less in turn. */
const waterOn = (day: number): number =>
  (day < START ? PEOPLE.before * 0.1 : PEOPLE.after * 0.075) * (1 + (day % 2 === 0 ? 0.02 : -0.02))
const SUB_KWH = 24
const YEARS = { kind: 'years', rule: 'jst301', totals: [130_000, 125_000, 120_000] }
const BY_YEARS = { ...TERMS.baseline, method: YEARS }
/** 120,000 kWh is the latest of a series that falls. */
const PER_DAY = 120_000 / 365

let platform: TestPlatform
let remove: () => Promise<void>
beforeAll(async () => {
  const water = meter('A-W', 'A', { medium: 'water', unit: 'm³' })
  const sub = meter('A-S', 'A', { role: 'sub', parent: 'A-E' })
  platform = await builtYear({
    meters: [meter('A-E', 'A'), water, sub],
    atEnd: (end) => {
      remove = end
    },
  })
  const size = { floorAreaM2: 1000 }
  const sizes = [
    { ...size, validFrom: '2020-01-01', energyUsers: PEOPLE.before },
    { ...size, validFrom: REPORTING_FROM, energyUsers: PEOPLE.after },
  ]
  const periods = [
    { name: 'valley' as const, fromHour: 0, toHour: 12, yuanPerUnit: 0.4 },
    { name: 'peak' as const, fromHour: 12, toHour: 24, yuanPerUnit: 0.8 },
  ]
  await register(platform, { institutions: [institution('A', '130102', { sizes })] })
  const tariff = { subject: '130000', medium: 'electricity' as const, validFrom: '2020-01-01', standIn: true, periods }
  await register(platform, { tariffs: [tariff] })
  await sendAll(platform, hourly('A-W', [FIRST, END], waterOn))
  await sendAll(
    platform,
    hourly('A-S', [FIRST, END], () => SUB_KWH),
  )
}, 60_000)
afterAll(() => remove())

/** The contract signed and settled: its settlements by period. */
async function settledYear(terms: Record<string, unknown>): Promise<Map<string, SettlementView>> {
  await signedContract(platform, terms)
  return settledAgain(terms)
}
async function settledAgain({ id }: Record<string, unknown>): Promise<Map<string, SettlementView>> {
  const path = `contracts/${id}`
  const run = await apiCall(platform, 'POST', `${path}/settle`, { who: '核算' })
  expect([run.status, run.body.blocked]).toEqual([200, null])
  const { settlements } = contractViewSchema.parse((await apiCall(platform, 'GET', path)).body)
  const views = settlements.map(async ({ period }): Promise<[string, SettlementView]> => {
    const { body } = await apiCall(platform, 'GET', `${path}/settlements/${period}`)
    return [period, settlementViewSchema.parse(body)]
  })
  return new Map(await Promise.all(views))
}
const last = (views: ReadonlyMap<string, SettlementView>, period: string) =>
  must(must(views.get(period)).revisions.at(-1)).settlement
const linesOf = (settlement: ReturnType<typeof last>): Record<string, number> =>
  Object.fromEntries(settlement.money.lines.map(({ code, fen }) => [code, fen]))
const daysIn = (period: string): number[] => {
  const from = dayAt(`${period}-01`)
  const next = new Date(`${period}-01T00:00:00Z`)
  next.setUTCMonth(next.getUTCMonth() + 1)
  return Array.from({ length: dayAt(next.toISOString().slice(0, 10)) - from }, (_, index) => from + index)
}
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

test('a water contract follows people: more of them are no waste, and less a person is saved', async () => {
  const views = await settledYear({
    ...{ ...TERMS, id: 'WATER', kind: 'waterSaving', medium: 'water', boundary: [{ meter: 'A-W' }] },
    baseline: { ...TERMS.baseline, method: { kind: 'people' } },
    price: { kind: 'fixed', yuanPerUnit: 5.5 },
  })
  expect(views.size).toBe(12)
  const june = last(views, '2025-06')
  const expected = 30 * PEOPLE.after * 0.1
  expect(Math.abs(june.baseline / expected - 1)).toBeLessThan(0.01)
  expect(june.actual).toBeCloseTo(sum(daysIn('2025-06').map(waterOn)), 1)
  expect(june.savings).toBeCloseTo(june.baseline - june.actual, 5)
  expect(Math.abs(june.savings - expected / 4)).toBeLessThan(must(june.halfWidth ?? undefined))
  expect([june.verdict, june.money.totalFen]).toEqual(['saved', Math.round(june.savings * 550)])
  expect(linesOf(june)).toEqual({ savingsShare: Math.round(june.money.totalFen * 0.8) })
})

describe('a baseline by three years', () => {
  test.each([
    ['falls: the latest', [130_000, 125_000, 120_000], 120_000],
    ['exactly 10 % above and below the mean: the mean', [110_000, 90_000, 100_000], 100_000],
    ['within 10 %: the mean', [100_000, 105_000, 95_000], 100_000],
    ['beyond 10 %: none, and it cannot be signed', [100_000, 150_000, 110_000], null],
  ])('%s', async (_, totals, want) => {
    const terms = { ...TERMS, id: 'YEARS', baseline: { ...BY_YEARS, method: { ...YEARS, totals } } }
    await apiCall(platform, 'PUT', 'contracts/YEARS', { terms })
    const { body } = await apiCall(platform, 'POST', 'contracts/YEARS/baseline', { who: '王' })
    expect(body.baseline.amountPerYear).toBe(want)
    const sign = { party: 'owner', who: '王', version: body.version }
    const signed = await apiCall(platform, 'POST', 'contracts/YEARS/sign', sign)
    expect([signed.status, signed.body.field]).toEqual(want === null ? [422, 'baseline'] : [200, undefined])
  })

  test('has no interval, and pays a 365th a day', async () => {
    const views = await settledYear({ ...TERMS, id: 'YEARS-2', baseline: BY_YEARS })
    const june = last(views, '2025-06')
    expect(june).toMatchObject({ verdict: 'noInterval', halfWidth: null, countedDays: 30 })
    expect(june.baseline).toBeCloseTo(30 * PER_DAY, 4)
    expect(june.actual).toBeCloseTo(sum(daysIn('2025-06').map((day) => usedOn(day))), 1)
    expect(june.money.totalFen).toBe(Math.round(june.savings * 62))
  })

  test('stands beside one by the weather in the plan, with the difference', async () => {
    const compare = { rule: 'jst301', totals: [140_000, 135_000, 130_000] }
    await signedContract(platform, { ...TERMS, id: 'COMPARE', baseline: { ...TERMS.baseline, compare } })
    const { baseline } = contractViewSchema.parse((await apiCall(platform, 'GET', 'contracts/COMPARE')).body)
    expect([baseline?.method, baseline?.amountPerYear]).toEqual(['weather', 130_000])
    const { body = '' } = await rawApiCall({ platform }, 'GET', 'contracts/COMPARE/plan/plan-en.html')
    const plan = Buffer.from(body, 'base64').toString('utf8')
    const percent = (100 * (130_000 / must(baseline?.measuredPerYear ?? undefined) - 1)).toFixed(1)
    for (const text of ['A year by the rule of three years', `${percent} %`])
      expect(plan.includes(text), text).toBe(true)
  })
})

test('a trusteeship pays its fee; price and conditions adjust it, and the contractor pays the energy', async () => {
  const rows = [
    { validFrom: '2025-01-01', yuanPerUnit: 0.6 },
    { validFrom: '2025-11-01', yuanPerUnit: 0.75 },
  ]
  const fee = {
    ...{ baselineYuan: 100_000, coefficient: 0.95 },
    priceAdjust: { basePrice: 0.6, bandPct: 10, energySharePct: 80 },
  }
  const terms = {
    ...{ ...TERMS, id: 'TRUST', kind: 'trusteeship', shares: undefined, baseline: BY_YEARS },
    ...{ price: { kind: 'floating', rows }, fee },
  }
  const views = await settledYear(terms)
  const all = [...views.keys()]
  expect(sum(all.map((period) => must(linesOf(last(views, period)).fee)))).toBe(9_500_000)
  expect(linesOf(last(views, '2025-10'))).toEqual({ fee: must(linesOf(last(views, '2025-10')).fee) })
  const november = last(views, '2025-11')
  const { fee: feeFen = 0, priceAdjustment } = linesOf(november)
  // 25 % dearer: 15 % beyond the band, of the 80 % that are energy.
  expect(priceAdjustment).toBe(Math.round(feeFen * 0.15 * 0.8))
  expect(november.prices.map(({ yuanPerUnit }) => yuanPerUnit)).toEqual([0.75])
  expect(november.money.energyFen).toBe(Math.round(november.actual * 75))
  expect(november.money.contractorFen).toBe(november.money.payableFen - november.money.energyFen)

  const change = { kind: 'fee', from: '2026-01-01', to: '2026-03-02', yuan: 6000 }
  const propose = { party: 'contractor', who: '李', reason: '扩大服务范围', change }
  await apiCall(platform, 'POST', 'contracts/TRUST/adjustments', propose)
  expect((await settledAgain(terms)).get('2026-01')?.revisions).toHaveLength(1)
  await apiCall(platform, 'POST', 'contracts/TRUST/adjustments/1/accept', { party: 'owner', who: '王' })
  const again = await settledAgain(terms)
  expect(all.flatMap((period) => linesOf(last(again, period)).conditionAdjustment ?? [])).toEqual([
    ...[310_000, 280_000, 10_000],
  ])
  expect(again.get('2026-01')?.revisions.map(({ cause }) => cause)).toEqual(['first', 'adjustment'])
  expect(again.get('2025-12')?.revisions).toHaveLength(1)
})

test('a tariff prices each day by its own hours', async () => {
  const views = await settledYear({ ...TERMS, id: 'TARIFF', baseline: BY_YEARS, price: { kind: 'tariff' } })
  const june = last(views, '2025-06')
  expect(june.unpricedDays).toBe(0)
  for (const { yuanPerUnit } of june.prices) expect(yuanPerUnit).toBeCloseTo(0.6, 4)
  expect(Math.abs(june.money.totalFen - june.savings * 60)).toBeLessThan(2)
})

test('a contract without a price of a day cannot be signed off', async () => {
  const terms = {
    ...{ ...TERMS, id: 'NO-PRICE', kind: 'waterSaving', medium: 'water', boundary: [{ meter: 'A-W' }] },
    ...{ baseline: { ...TERMS.baseline, method: { kind: 'people' } }, price: { kind: 'tariff' } },
  }
  const views = await settledYear(terms)
  expect(last(views, '2025-06')).toMatchObject({ unpricedDays: 30, money: { totalFen: 0 } })
  const sign = { party: 'owner', who: '王', revision: 1 }
  const refused = await apiCall(platform, 'POST', 'contracts/NO-PRICE/settlements/2025-06/sign', sign)
  expect([refused.status, refused.body.detail]).toEqual([409, 'price: 30 days have no price'])
})

test('caps and floors take and add what the lines say', async () => {
  const limits = { periodFloorYuan: 900, periodCapYuan: 1100, yearCapYuan: 9000 }
  const views = await settledYear({ ...TERMS, id: 'LIMITS', baseline: BY_YEARS, limits })
  let paid = 0
  for (const period of views.keys()) {
    const { savingsShare = 0, cap = 0, floor = 0 } = linesOf(last(views, period))
    const most = Math.min(110_000, Math.max(0, 900_000 - paid))
    const want = Math.min(most, Math.max(90_000, savingsShare))
    expect([period, savingsShare + cap + floor, last(views, period).money.payableFen]).toEqual([period, want, want])
    paid += want
  }
  expect(paid).toBe(900_000)
  const codes = new Set([...views.keys()].flatMap((period) => Object.keys(linesOf(last(views, period)))))
  expect([...codes].toSorted()).toEqual(['cap', 'floor', 'savingsShare'])
})

test('an excluded meter is subtracted on both sides, and excluded days count on neither', async () => {
  const terms = {
    ...{ ...TERMS, id: 'EXCLUDED', excluded: [{ meter: 'A-S', why: '租户用电' }] },
    excludedDays: [{ from: '2025-06-10', to: '2025-06-13', why: '停业检修' }],
  }
  const views = await settledYear(terms)
  const june = last(views, '2025-06')
  const out = [dayAt('2025-06-10'), dayAt('2025-06-11'), dayAt('2025-06-12')]
  const used = daysIn('2025-06').filter((day) => !out.includes(day))
  expect(june.masked).toEqual(['10', '11', '12'].map((day) => ({ date: `2025-06-${day}`, reason: 'excluded' })))
  expect(june.actual).toBeCloseTo(sum(used.map((day) => usedOn(day) - SUB_KWH)), 1)
  const { baseline } = contractViewSchema.parse((await apiCall(platform, 'GET', 'contracts/EXCLUDED')).body)
  const year = Array.from({ length: 365 }, (_, index) => START - 365 + index)
  expect(baseline?.measuredPerYear).toBeCloseTo(sum(year.map((day) => usedOn(day) - SUB_KWH)), 0)
})

test('a mixed contract pays its shares and its fee, each in a line', async () => {
  const fee = { baselineYuan: 12_000, coefficient: 1 }
  const views = await settledYear({ ...TERMS, id: 'MIXED', kind: 'mixed', baseline: BY_YEARS, fee })
  const june = last(views, '2025-06')
  const { savingsShare, fee: feeFen } = linesOf(june)
  expect([savingsShare, feeFen]).toEqual([Math.round(june.money.totalFen * 0.8), 100_000])
  expect(june.money.payableFen).toBe(must(savingsShare) + 100_000)
  expect(june.money.ownerFen + june.money.contractorFen).toBe(june.money.totalFen)
})

test('an English sheet and plan have no Chinese in any cell', async () => {
  const guarantee = { amountPerYear: 1, compensationPct: 100 }
  const terms = {
    ...{ ...TERMS, id: 'ENGLISH', name: 'Offices', number: 'No. 7', kind: 'mixed', guarantee },
    parties: { owner: { name: 'Owner' }, contractor: { name: 'Contractor' } },
    excludedDays: [{ from: '2025-06-10', to: '2025-06-11', why: 'closed' }],
    excluded: [{ meter: 'A-S', why: 'tenant' }],
    latePayment: { perTenThousandPerDay: 5, dueDays: 30 },
    price: { kind: 'tariff' },
  }
  await settledYear(terms)
  const change = { kind: 'perDay', from: '2025-07-01', to: '2025-08-01', amountPerDay: 5 }
  const act = { party: 'owner', who: 'Wang' }
  await apiCall(platform, 'POST', 'contracts/ENGLISH/adjustments', { ...act, reason: 'ward', change })
  const settlement = 'contracts/ENGLISH/settlements/2025-06'
  await apiCall(platform, 'POST', `${settlement}/dispute`, { ...act, revision: 1, reason: 'no' })
  const end = { ...act, revision: 1, outcome: 'withdrawn', note: 'yes' }
  await apiCall(platform, 'POST', `${settlement}/resolve`, end)
  for (const path of [`${settlement}/files/settlement-en.xlsx`, 'contracts/ENGLISH/plan/plan-en.xlsx']) {
    const { statusCode, body = '' } = await rawApiCall({ platform }, 'GET', path)
    expect([path, statusCode]).toEqual([path, 200])
    const parts = unzipSync(Buffer.from(body, 'base64'))
    const texts = Object.entries(parts).filter(([name]) =>
      /sharedStrings|worksheets\/sheet|workbook\.xml|charts\//.test(name),
    )
    expect(texts.length).toBeGreaterThan(2)
    const chinese = texts.flatMap(([name, bytes]) =>
      [...strFromU8(bytes).matchAll(/[^<>"]*[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef][^<>"]*/g)].map(
        ([text]) => `${name}: ${text}`,
      ),
    )
    expect(chinese).toEqual([])
  }
})

test('sheet and plan have the charts of a reviewer, on the page and in the workbook', async () => {
  await settledYear({ ...TERMS, id: 'CHARTS' })
  const file = async (path: string): Promise<Buffer> =>
    Buffer.from((await rawApiCall({ platform }, 'GET', `contracts/CHARTS/${path}`)).body ?? '', 'base64')
  const common = ['用量与气温', '残差（实测 − 模型）', '按星期的平均用量', '按日类型的逐时平均']
  const kinds = { temperature: 'scatterChart', residual: 'lineChart', week: 'barChart', profiles: 'lineChart' }
  for (const [path, more, cumulative] of [
    ['plan/plan-zh', [], 0],
    ['settlements/2025-07/files/settlement-zh', ['累计节能量'], 1],
  ] as const) {
    const page = (await file(`${path}.html`)).toString()
    const drawn = [...page.matchAll(/<svg [^>]*aria-label="([^"]+)"/g)].map(([, title]) => title)
    expect([path, drawn]).toEqual([path, [...common, ...more]])
    const parts = Object.entries(unzipSync(await file(`${path}.xlsx`)))
    const charts = parts.filter(([name]) => name.includes('charts/chart')).map(([, bytes]) => strFromU8(bytes))
    const count = (kind: string): number => charts.filter((xml) => xml.includes(`<c:${kind}>`)).length
    expect(count(kinds.temperature)).toBe(1)
    expect(count(kinds.residual)).toBe(2 + cumulative)
    expect(count(kinds.week)).toBe(1 + cumulative)
    // The fitted line is a line, the days are dots.
    const scatter = charts.find((xml) => xml.includes('<c:scatterChart>')) ?? ''
    expect(scatter.match(/<c:symbol val="none"\/>/g)).toHaveLength(1)
  }
  const plan = (await file('plan/plan-zh.html')).toString()
  expect(plan).toMatch(/ASHRAE 14 月度 CV\(RMSE\)、NMBE（≤ 15 %, ± 5 %）<\/td><td>[\d.]+ %，-?[\d.]+ %：符合/)
})

test('where heat is billed by area, the plan compares the energy without heating', async () => {
  const sub = meter('A-H', 'A', { role: 'sub', parent: 'A-E', purpose: 'heating', gateway: 'G-A' })
  const billed = await builtYear({ meters: [meter('A-E', 'A'), sub] })
  const bill = { institution: 'A', carrier: 'heatByArea', quantity: 900, unit: 'm²', costYuan: 22_500 } as const
  const months = ['2024-11', '2024-12', '2025-01', '2025-02', '2025-03'] as const
  await register(billed, { bills: months.map((month) => ({ ...bill, month })) })
  // A tenth of what the building used is for heating.
  await sendAll(
    billed,
    hourly('A-H', [FIRST, END], (day) => usedOn(day) / 10),
  )
  await derive(billed)
  await signedContract(billed)
  const { baseline } = contractViewSchema.parse((await apiCall(billed, 'GET', 'contracts/EPC-1')).body)
  const intensity = baseline?.intensity
  expect(intensity).toMatchObject({ isHeatBilledByArea: true, compared: 'nonHeating' })
  expect(Number(intensity?.nonHeatingKgcePerM2) / Number(intensity?.comprehensiveKgcePerM2)).toBeCloseTo(0.9, 6)
  const { body = '', isBase64Encoded } = await rawApiCall(
    { platform: billed },
    'GET',
    'contracts/EPC-1/plan/plan-zh.html',
  )
  const plan = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString()
  for (const words of ['供热按面积计费', '单位面积非供暖能耗', '合同比较口径']) expect(plan).toContain(words)
})
