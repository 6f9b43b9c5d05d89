// CO2 against its target over the API: on the factors of the target, shown as a step of its own; areas with factors of
// their own are converted by these.

import { expect, test } from 'vitest'
import { type Month, monthRange, monthsThrough } from '../../../domain/calendar.ts'
import { type SubjectMonth, sumSubjects } from '../../../domain/energy/subject-month.ts'
import { targetSchema } from '../../../domain/registry/records.ts'
import { co2FactorSchema } from '../../../domain/standards/co2-factors.ts'
import { explain } from '../../../functions/api/explain-number.ts'
import { dualControlOf, subjectMonthDocs } from '../../../functions/judging/judgement.ts'
import { registryReader } from '../../../functions/registry/reader.ts'
import { openTestPlatform, PROVINCE, register, type TestPlatform } from '../province.ts'

const MONTHS = monthsThrough('2025-01', '2026-12')
/** 1000 kWh a month, known whole; `factor` in kg/kWh of 2025 and 2026. */
const monthsOf = (kwh: number, factor: readonly [number, number]): SubjectMonth[] =>
  MONTHS.map((month: Month) => {
    const co2Kg = kwh * factor[month < '2026' ? 0 : 1]
    return {
      ...sumSubjects(month, []),
      ...{ electricityKwh: kwh, energyKgce: kwh * 0.1229, energyKgceWithArea: kwh * 0.1229 },
      ...{ co2Kg, co2ElectricityKg: co2Kg, co2KgWithArea: co2Kg },
      ...{ floorAreaM2: 1000, energyUsers: 50, hoursExpected: 720, hoursKnown: 720 },
    }
  })
const target = (subject: string, years: Record<string, number>) =>
  targetSchema.parse({ subject, indicator: 'co2', baseYear: 2025, endYear: 2030, years, source: 's' })

async function judged(platform: TestPlatform, subject: string) {
  const registry = registryReader(platform.state)
  await registry.refresh()
  const nowMs = monthRange('2026-12').toMs
  platform.clock.nowMs = nowMs
  const question = { subject, area: subject, profileArea: undefined, month: '2026-12' as const, nowMs }
  const status = (await dualControlOf(platform.state, registry, question))?.indicators.find(
    ({ indicator }) => indicator === 'co2',
  )
  const view = await explain(platform, registry, {
    ...{ area: subject, table: 'dualControl', indicator: 'co2', month: '2026-12', limit: 10 },
  })
  return { status, view }
}
const put = async ({ state }: TestPlatform, subject: string, months: SubjectMonth[]) =>
  state.put(await subjectMonthDocs(state, subject, months))

test('an area is compared at 0.7252 of its base year, and explain shows the step to 0.6516', async () => {
  const platform = await openTestPlatform()
  await register(platform, { ...PROVINCE, targets: [target('130100', { 2026: 8.5 })] })
  for (const area of ['130100', '130102']) await put(platform, area, monthsOf(1000, [0.7252, 0.6516]))
  const { status, view } = await judged(platform, '130100')
  expect(status?.actual).toBeCloseTo(7.8192, 9)
  expect(status?.onTargetFactors?.actual).toBeCloseTo(8.7024, 9)
  expect(status?.onTargetFactors?.factorEffect).toBeCloseTo(-0.8832, 9)
  expect(status?.status).toBe('over')
  expect(view.targetFactors).toMatchObject({ factorMonth: '2025-12', isWhole: true })
  expect(view.targetFactors?.result).toBeCloseTo(8.7024, 9)
  expect(view.targetFactors?.changes).toMatchObject([{ carrier: 'electricity', amount: 12_000, unit: 'kWh' }])
  expect(view.targetFactors?.changes[0].changeKg).toBeCloseTo(883.2, 9)
  expect(view.checks.filter(({ name, ok }) => !ok && name.includes('factors'))).toEqual([])
})

test('a county with factors of its own is converted by them in the sum of its city', async () => {
  const platform = await openTestPlatform()
  const factor = (value: number, validFrom: string) =>
    co2FactorSchema.parse({
      ...{ medium: 'electricity', series: 's', area: '130102', areaName: '长安区', publisher: 'p' },
      ...{ value, unit: 'kgCO2/kWh', validFrom, source: 's' },
    })
  const co2Factors = [factor(0.5, '2025-01-01'), factor(0.4, '2026-01-01')]
  await register(platform, { ...PROVINCE, co2Factors, targets: [target('130100', { 2026: 20 })] })
  const own = monthsOf(1000, [0.5, 0.4])
  const other = monthsOf(1000, [0.7252, 0.6516])
  await put(platform, '130102', own)
  await put(platform, '130104', other)
  await put(
    platform,
    '130100',
    MONTHS.map((month, index) => sumSubjects(month, [own[index], other[index]])),
  )
  const { status, view } = await judged(platform, '130100')
  // 12,000 kWh at 0.4 and 12,000 at 0.6516; by the factors of 2025 at 0.5 and 0.7252.
  expect(status?.actual).toBeCloseTo(12.6192, 9)
  expect(status?.onTargetFactors?.actual).toBeCloseTo(14.7024, 9)
  expect(view.targetFactors?.isWhole).toBe(false)
})

test('a target without a change of factors is compared as it is', async () => {
  const platform = await openTestPlatform()
  const named = { ...target('130100', { 2026: 8.5 }), factorMonth: '2026-01' as const }
  await register(platform, { ...PROVINCE, targets: [named] })
  await put(platform, '130100', monthsOf(1000, [0.7252, 0.6516]).slice(12))
  const { status, view } = await judged(platform, '130100')
  expect(status?.onTargetFactors).toBeUndefined()
  expect(view.targetFactors).toBeNull()
})
