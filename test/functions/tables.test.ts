// Tables that a user supplies: laid over the shipped ones by one rule, refused by name when they leave a gap, and what
// rests on them judged anew, with a revision where a closed month changes.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DAY_MS, type Month, monthRange } from '../../domain/calendar.ts'
import { billSchema } from '../../domain/energy/bill.ts'
import type { SubjectMonth } from '../../domain/energy/subject-month.ts'
import { parseRows, type Row } from '../../domain/import/file.ts'
import { QUOTAS_SHANDONG } from '../../domain/standards/quotas-shandong.ts'
import { SHIPPED_TABLES, TABLE_KINDS, type TableKind, tablesInForce } from '../../domain/standards/tables.ts'
import { assess } from '../../functions/assess.ts'
import { quotaOf } from '../../functions/judging/judgement.ts'
import { type Revision, revisionKey } from '../../functions/judging/revision.ts'
import { readYear, subjectYearKey } from '../../functions/judging/subject-year.ts'
import { importRegistry } from '../../functions/registry/import.ts'
import { registryReader } from '../../functions/registry/reader.ts'
import { derive, institution, openTestPlatform, PROVINCE, register, type TestPlatform } from './province.ts'

/** The records of a file; fails the test when a row is refused. */
function recordsOf<K extends TableKind | 'calendar'>(kind: K, rows: Row[]) {
  const { records, refused } = parseRows(kind, rows)
  expect(refused).toEqual([])
  return records
}
const petrol = recordsOf('fuelFactors', [
  {
    能源资源种类: '汽油',
    因子系列: '化石燃料燃烧二氧化碳排放因子',
    区划代码: '130000',
    区域名称: '河北',
    发布机构: '示例',
    排放因子: '2.9',
    单位: 'kgCO2/kg',
    生效日期: '2020-01-01',
    依据: 'test',
    可信度: '用户提供',
  },
])
const HEBEI_SET = {
  purpose: 'quota',
  name: '河北定额折标系数',
  standard: 'DB13/T',
  validFrom: '2019-01-01',
  source: 'test',
}
const hebeiSet = recordsOf(
  'coefficients',
  [
    { carrier: '电', value: '0.1229', unit: 'kgce/kWh' },
    { carrier: '热力', value: '34.12', unit: 'kgce/GJ' },
    { carrier: '天然气', value: '1.2143', unit: 'kgce/m³' },
  ].map((row) => ({ ...HEBEI_SET, ...row })),
)
const bill = billSchema.parse({ institution: 'A', carrier: 'petrol', month: '2026-03', quantity: 100, unit: 'kg' })

const monthOf = async ({ state }: TestPlatform, month: Month): Promise<SubjectMonth> => {
  const year = await readYear(state, subjectYearKey('A', month.slice(0, 4)))
  return year?.[month] as SubjectMonth
}
const revisions = async ({ state }: TestPlatform): Promise<Revision[]> =>
  (await state.query(revisionKey('A'))).map(({ value }) => value)

test('a fuel without a factor is a lower bound until its factor is imported; the closed month is revised', async () => {
  const platform = await openTestPlatform()
  await register(platform, { ...PROVINCE, bills: [bill] })
  await derive(platform)
  expect(await monthOf(platform, '2026-03')).toMatchObject({ petrolKg: 100, co2Kg: 0, fuelKgWithoutCo2: 100 })
  expect(await revisions(platform)).toEqual([])

  await register(platform, { fuelFactors: petrol })
  expect(await assess(platform)({ shards: ['130102'] })).toEqual({ failed: [] })
  const after = await monthOf(platform, '2026-03')
  expect(after).toMatchObject({ fuelKgWithoutCo2: 0 })
  expect(after.co2Kg).toBeCloseTo(290, 9)
  expect(await revisions(platform)).toMatchObject([
    { month: '2026-03', before: { co2Kg: 0, fuelKgWithoutCo2: 100 }, after: { fuelKgWithoutCo2: 0 } },
  ])
})

test('litres are refused until the area adopts a set that weighs them', async () => {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  const litres = billSchema.parse({ ...bill, unit: 'L' })
  const refused = await importRegistry(platform.state, { bills: [litres] })
  expect(refused.problems).toMatchObject([
    { kind: 'bills', field: 'unit', reason: expect.stringMatching(/no density/) },
  ])

  const [adoption] = recordsOf('adoptions', [
    { 采用口径: 'statistics-2015', 区划代码: '130100', 生效日期: '2026-01-01', 依据: '市发〔2026〕1号' },
  ])
  await register(platform, { adoptions: [adoption], bills: [litres] })
  await derive(platform)
  // 100 L × 0.73 kg/L = 73 kg, × 1.4714 = 107.4122 kgce.
  const march = await monthOf(platform, '2026-03')
  expect(march.petrolKg).toBeCloseTo(73, 9)
  expect(march.energyKgce).toBeCloseTo(107.4122, 9)
  expect(march).toMatchObject({ fuelKgWithoutCoefficient: 0 })
})

test('a table that does not concern an institution judges nothing of it anew', async () => {
  const platform = await openTestPlatform()
  await register(platform, { ...PROVINCE, bills: [bill] })
  await derive(platform)
  await register(platform, { fuelFactors: petrol.map((row) => ({ ...row, area: '370000' })) })
  expect(await assess(platform)({ shards: ['130102'] })).toEqual({ failed: [] })
  expect(await monthOf(platform, '2026-03')).toMatchObject({ fuelKgWithoutCo2: 100 })
  expect(await revisions(platform)).toEqual([])
})

test('an imported set of coefficients takes the place of the stand-in, whose label is gone', async () => {
  const platform = await openTestPlatform()
  await register(platform, { ...PROVINCE, bills: [bill] })
  await derive(platform)
  const before = await monthOf(platform, '2026-03')
  expect(before.quotaKgce).toBeCloseTo(147.14, 9)
  await register(platform, { coefficients: hebeiSet })
  expect(await assess(platform)({ shards: ['130102'] })).toEqual({ failed: [] })
  // The set of this test has no petrol: what it cannot convert is said, not kept from the old set.
  expect(await monthOf(platform, '2026-03')).toMatchObject({ quotaKgce: 0, fuelKgWithoutQuotaCoefficient: 100 })
  const registry = registryReader(platform.state)
  await registry.refresh()
  const { coefficients } = await registry.tables()
  expect(coefficients.filter(({ purpose }) => purpose === 'quota').map(({ name, standIn }) => [name, standIn])).toEqual(
    [['河北定额折标系数', undefined]],
  )
})

test('an imported quota goes before the stand-in of its class, whose label is gone', async () => {
  const platform = await openTestPlatform()
  const own = institution('A', '130102', { level: 'county', climateZone: 'A' })
  await register(platform, { ...PROVINCE, institutions: [own, ...(PROVINCE.institutions ?? []).slice(1)] })
  await register(platform, { quotas: QUOTAS_SHANDONG })
  const question = { institution: own, month: '2026-05' as const, nowMs: monthRange('2026-05').toMs }
  const perCapita = async () => {
    const registry = registryReader(platform.state)
    await registry.refresh()
    return (await quotaOf(platform.state, registry, question)).find(({ indicator }) => indicator === 'energyPerCapita')
  }
  expect(await perCapita()).toMatchObject({ constraint: 1197.8, standIn: true })
  await register(platform, {
    quotas: recordsOf('quotas', [
      {
        标准: 'DB13/T 1',
        机构类型: '党政机关',
        机构级别: '县级',
        气候区划: 'A',
        指标: '人均综合能耗',
        约束值: '1000',
        基准值: '800',
        引导值: '500',
        生效日期: '2022-01-01',
        依据: 'test',
      },
    ]),
  })
  expect(await perCapita()).toMatchObject({ constraint: 1000, standard: 'DB13/T 1', standIn: false })
})

const YEAR_2024 = { ...SHIPPED_TABLES.co2Factors[0], area: '130000', areaName: '河北', dataYear: 2024, notice: null }
test.each([
  {
    name: 'a gap between imported rows',
    part: {
      co2Factors: [
        { ...YEAR_2024, area: '130100', validFrom: '2026-01-01', validTo: '2026-06-01' },
        { ...YEAR_2024, area: '130100', validFrom: '2026-07-01', validTo: undefined },
      ],
    },
    want: {
      kind: 'co2Factors',
      id: 'electricity of 130100|2026-07-01',
      field: 'validFrom',
      reason: 'no row is valid from 2026-06-01 until 2026-07-01',
    },
  },
  {
    name: 'an overlap with a shipped row that has an end',
    part: { co2Factors: [{ ...YEAR_2024, validFrom: '2025-06-01', validTo: undefined }] },
    want: {
      kind: 'co2Factors',
      id: 'electricity of 130000|2025-06-01',
      field: 'validFrom',
      reason: 'rows overlap, 2024-12-20 to 2025-12-31',
    },
  },
  {
    name: 'a factor after which nothing holds',
    part: { co2Factors: [{ ...YEAR_2024, validFrom: '2026-06-01', validTo: '2027-01-01' }] },
    want: {
      kind: 'co2Factors',
      id: 'electricity of 130000|2026-06-01',
      field: 'validTo',
      reason: 'ends on 2027-01-01, and no row follows',
    },
  },
  {
    name: 'heat in tce/GJ',
    part: {
      coefficients: hebeiSet.map((set) => ({
        ...set,
        rows: set.rows.map((row) => (row.carrier === 'heat' ? { ...row, value: 0.03412 } : row)),
      })),
    },
    want: {
      kind: 'coefficients',
      id: 'quota|2019-01-01',
      field: 'value',
      reason: 'has heat 0.03412 kgce/GJ; expected 30 to 40',
    },
  },
  {
    name: 'a set that cannot convert gas',
    part: {
      coefficients: hebeiSet.map((set) => ({ ...set, rows: set.rows.filter(({ carrier }) => carrier !== 'gas') })),
    },
    want: { kind: 'coefficients', id: 'quota|2019-01-01', field: 'carrier', reason: 'has no coefficient for gas' },
  },
])('$name is refused, naming the table and the row, and nothing is written', async ({ part, want }) => {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  const { problems } = await importRegistry(platform.state, part)
  expect(problems).toMatchObject([{ ...want, reason: expect.stringContaining(`${want.kind}: `) }])
  expect(problems[0].reason).toContain(want.reason)
  const registry = registryReader(platform.state)
  await registry.refresh()
  expect(await registry.tables()).toEqual(SHIPPED_TABLES)
})

test('a new vintage ends the one that was shipped without an end', () => {
  const next = { ...YEAR_2024, validFrom: '2026-11-01', validTo: undefined, value: 0.6 }
  const { co2Factors } = tablesInForce({ co2Factors: [next] })
  const hebei = co2Factors.filter(({ medium, area }) => medium === 'electricity' && area === '130000')
  expect(hebei.map(({ validFrom, validTo, value }) => [validFrom, validTo, value])).toEqual([
    ['2024-04-12', '2024-12-20', 0.7901],
    ['2024-12-20', '2025-12-31', 0.7252],
    ['2025-12-31', '2026-11-01', 0.6516],
    ['2026-11-01', undefined, 0.6],
  ])
})

test.each<{ kind: TableKind; row: Row; want: object }>([
  {
    kind: 'pueGrades',
    row: {
      标准: 'GB 40879-2021',
      能效等级: '1.2; 1.3; 1.5',
      边缘数据中心机架上限: '100',
      生效日期: '2022-11-01',
      依据: 'read',
      可信度: '官方',
    },
    want: { grades: [1.2, 1.3, 1.5], certainty: 'official' },
  },
  {
    kind: 'eueQuotas',
    row: {
      standard: 'DB13/T',
      type: 'education',
      constraint: '2',
      benchmark: '1.6',
      guide: '1.3',
      validFrom: '2024-01-01',
      source: 's',
    },
    want: { guide: 1.3, certainty: 'supplied' },
  },
  {
    kind: 'demonstrationLadders',
    row: {
      名称: '评价',
      评分阶梯: '0.9=7; 1.0=6',
      目标完成得分: '7',
      能源资源指标总分: '35',
      生效日期: '2026-01-01',
      依据: 's',
    },
    want: {
      steps: [
        { ratioMax: 0.9, points: 7 },
        { ratioMax: 1, points: 6 },
      ],
    },
  },
  {
    kind: 'keyEnergyUsers',
    row: { 区划代码: '130000', 重点用能单位标准: '500', 生效日期: '2021-01-01', 依据: 's' },
    want: { area: '130000', thresholdTce: 500 },
  },
  {
    kind: 'co2Factors',
    row: {
      能源种类: '电',
      因子系列: '电力平均二氧化碳排放因子',
      数据年份: '2024',
      区划代码: '130000',
      区域名称: '河北',
      发布机构: '生态环境部',
      排放因子: '0.6',
      单位: 'kgCO2/kWh',
      生效日期: '2027-01-01',
      依据: 's',
    },
    want: { medium: 'electricity', dataYear: 2024, notice: null },
  },
])('a file of $kind reads as its rows, and holds once imported', async ({ kind, row, want }) => {
  const platform = await openTestPlatform()
  const records = recordsOf(kind, [row])
  expect(records).toMatchObject([want])
  await register(platform, { ...PROVINCE, [kind]: records })
  const registry = registryReader(platform.state)
  await registry.refresh()
  expect((await registry.tables())[kind]).toContainEqual(records[0])
})

test('every example of docs/tables.md is read, and each table has one', async () => {
  const text = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'tables.md'), 'utf8')
  const examples = [...text.matchAll(/```csv (\S+)\n([\s\S]*?)```/g)].map(([, name, csv]) => {
    const kind = ([...TABLE_KINDS, 'calendar'] as const).find((one) => name.startsWith(one))
    expect(kind, name).toBeDefined()
    const [header, ...lines] = csv.trimEnd().split('\n')
    const rows = lines.map((line) => Object.fromEntries(header.split(',').map((cell, i) => [cell, line.split(',')[i]])))
    return { kind: kind as TableKind | 'calendar', rows }
  })
  expect(examples.map(({ kind }) => kind).toSorted()).toEqual([...TABLE_KINDS, 'calendar'].toSorted())
  const part = Object.fromEntries(examples.map(({ kind, rows }) => [kind, recordsOf(kind, rows)]))
  const platform = await openTestPlatform()
  await register(platform, { ...PROVINCE, ...part })
})

test('an imported calendar is laid over the shipped days, and a later file adds to it', async () => {
  const platform = await openTestPlatform()
  const registry = registryReader(platform.state)
  const isWorkday = async (date: string) => {
    await registry.refresh()
    return (await registry.workingDays()).isWorkday(Date.parse(date) / DAY_MS)
  }
  expect(await isWorkday('2026-02-16')).toBe(false)
  await register(platform, { ...PROVINCE, calendar: [{ date: '2026-02-16', kind: 'workday' }] })
  await register(platform, { calendar: [{ date: '2026-03-02', kind: 'holiday' }] })
  expect([await isWorkday('2026-02-16'), await isWorkday('2026-03-02')]).toEqual([true, false])
  const twice = { date: '2026-03-03', kind: 'holiday' } as const
  const { problems } = await importRegistry(platform.state, { calendar: [twice, twice] })
  expect(problems).toMatchObject([{ kind: 'calendar', id: '2026-03-03', field: 'date' }])
})
