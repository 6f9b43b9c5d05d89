// A target that adopts a national plan: years, percentage and source are the plan's, and Hebei never has one by itself.

import { describe, expect, it } from 'vitest'
import { parseRows } from '../../../domain/import/file.ts'
import { plannedTargetSchema } from '../../../domain/import/plan-target.ts'
import { targetValue } from '../../../domain/judge/target-value.ts'
import { PLAN_TARGETS } from '../../../domain/standards/plans.ts'

const given = { subject: '130100', plan: 'fyp15', indicator: 'energyPerArea', baseValue: 20 }

describe('a target that adopts the plan of 2026 to 2030', () => {
  it.each([
    { indicator: 'co2PerArea', baseValue: 40, in2026: 39.32, in2030: 36.6 },
    { indicator: 'energyPerArea', baseValue: 20, in2026: 19.8, in2030: 19 },
    { indicator: 'waterPerCapita', baseValue: 10, in2026: 9.94, in2030: 9.7 },
  ])('brings $indicator from $baseValue to $in2030', ({ indicator, baseValue, in2026, in2030 }) => {
    const target = plannedTargetSchema.parse({ ...given, indicator, baseValue })
    expect(target).toMatchObject({ baseYear: 2025, endYear: 2030, plan: 'fyp15', standIn: false })
    expect(target.source).toMatch(/“十五五”公共机构节能降碳工作方案.* national, adopted; secondary/)
    expect(targetValue(target, 2026)).toBeCloseTo(in2026, 9)
    expect(targetValue(target, 2030)).toBeCloseTo(in2030, 9)
  })

  it('is read from a file without years and source, and says who adopts it', () => {
    const row = { 考核对象: '130100', 规划: '十五五', 指标: '单位建筑面积能耗', 基期值: '20', 依据: '市发〔2027〕1号' }
    const { records, refused } = parseRows('targets', [row])
    expect(refused).toEqual([])
    expect(records).toMatchObject([{ reductionPct: 5, source: expect.stringContaining('; 市发〔2027〕1号') }])
    expect(plannedTargetSchema.parse(records[0])).toEqual(records[0])
  })

  it.each([
    { name: 'an indicator that the plan has not', of: { indicator: 'energyPerCapita' }, field: 'plan' },
    { name: 'a cap, which is the nation’s own', of: { indicator: 'energy', plan: 'fyp14' }, field: 'plan' },
    { name: 'an unknown plan', of: { plan: 'fyp16' }, field: 'plan' },
    { name: 'another percentage', of: { reductionPct: 4 }, field: 'reductionPct' },
    { name: 'other years', of: { endYear: 2028 }, field: 'endYear' },
    { name: 'no base value', of: { baseValue: undefined }, field: 'baseValue' },
  ])('is refused for $name', ({ of, field }) => {
    expect(plannedTargetSchema.safeParse({ ...given, ...of }).error?.issues[0].path).toEqual([field])
  })

  it('leaves a target without a plan as it was: its source is required', () => {
    const { refused } = parseRows('targets', [{ subject: 'I', indicator: 'energy', baseYear: '2025', endYear: '2030' }])
    expect(refused.map(({ field }) => field)).toContain('source')
  })
})

it('no plan from 2026 on is of Hebei', () => {
  expect(PLAN_TARGETS.filter(({ endYear, area }) => endYear > 2025 && area !== 'CN')).toEqual([])
  expect(PLAN_TARGETS.filter(({ endYear }) => endYear === 2030).map(({ reductionPct }) => reductionPct)).toEqual([
    8.5, 5, 3,
  ])
})
