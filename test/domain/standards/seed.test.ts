// The cross-check oracles of docs/rules/facts.md that no other test holds: the published figures of Hebei and the
// nation must come out of the plan table and the target arithmetic, and the court in Yantai out of its parts.

import { describe, expect, it } from 'vitest'
import type { Indicator } from '../../../domain/indicator.ts'
import { fallPct } from '../../../domain/judge/dual-control.ts'
import { targetValue } from '../../../domain/judge/target-value.ts'
import { rate } from '../../../domain/rating.ts'
import { type Target, targetSchema } from '../../../domain/registry/records.ts'
import { FYP14_TARGETS } from '../../../domain/standards/plans.ts'
import { QUOTAS_SHANDONG } from '../../../domain/standards/quotas-shandong.ts'

const plan = (area: string, indicator: Indicator) => {
  const row = FYP14_TARGETS.find((candidate) => candidate.area === area && candidate.indicator === indicator)
  if (!row) throw new Error(`no plan row ${area} ${indicator}`)
  return row
}
const targetOf = (area: string, indicator: Indicator, of: Partial<Target> = {}): Target => {
  const { baseValue, cap, reductionPct, baseYear, endYear, source } = plan(area, indicator)
  const stated = { baseValue: baseValue ?? undefined, cap, reductionPct }
  return targetSchema.parse({ subject: area, indicator, baseYear, endYear, source, ...stated, ...of })
}

describe('Hebei in 2020', () => {
  const energyTce = plan('130000', 'energy').baseValue ?? 0
  const waterM3 = plan('130000', 'water').baseValue ?? 0

  it('has the area and the people that its intensities imply', () => {
    expect((energyTce * 1000) / 15.76 / 1e8).toBeCloseTo(1.8709, 4)
    expect((energyTce * 1000) / 257.42 / 1e4).toBeCloseTo(1145.4, 1)
    expect(waterM3 / 16.12 / 1e4).toBeCloseTo(1147.6, 1)
    expect(energyTce / 31_600).toBeCloseTo(93.3, 1)
  })
})

describe('the caps of 2025', () => {
  it.each([
    { indicator: 'energy', growthPct: 21.07 },
    { indicator: 'water', growthPct: 21.62 },
  ] as const)('let $indicator grow by $growthPct %: ceilings, not cuts', ({ indicator, growthPct }) => {
    const target = targetOf('130000', indicator)
    expect(-fallPct(target.baseValue ?? 0, targetValue(target, 2025))).toBeCloseTo(growthPct, 2)
    const yearly = [2021, 2022, 2023, 2024, 2025].map((year) => targetValue(target, year))
    expect(yearly).toEqual(yearly.toSorted((a, b) => a - b))
  })

  it.each([
    { area: '130000', tonnesPerTce: 3.905 },
    { area: 'CN', tonnesPerTce: 2.116 },
  ])('of $area are $tonnesPerTce tCO2 per tce', ({ area, tonnesPerTce }) => {
    expect((plan(area, 'co2').cap ?? 0) / (plan(area, 'energy').cap ?? 1)).toBeCloseTo(tonnesPerTce, 3)
  })
})

describe('the intensities of 2025', () => {
  it.each([
    { indicator: 'energyPerArea', nation: 17.556, hebeiBase: 15.76, assumed: 14.972 },
    { indicator: 'energyPerCapita', nation: 309.79, hebeiBase: 257.42, assumed: 241.97 },
    { indicator: 'waterPerCapita', nation: 20.238, hebeiBase: 16.12, assumed: 15.153 },
  ] as const)(
    'of the nation are $nation in $indicator; that Hebei had $assumed is an assumption',
    ({ indicator, nation, hebeiBase, assumed }) => {
      expect(targetValue(targetOf('CN', indicator), 2025)).toBeCloseTo(nation, 2)
      expect(FYP14_TARGETS.some((row) => row.area === '130000' && row.indicator === indicator)).toBe(false)
      const assumption = targetOf('CN', indicator, { subject: '130000', baseValue: hebeiBase, standIn: true })
      expect(targetValue(assumption, 2025)).toBeCloseTo(assumed, 2)
    },
  )

  it.each([
    { indicator: 'energyPerCapita', actual: 321.27, exact: 2.515 },
    { indicator: 'energyPerArea', actual: 18.03, exact: 2.435 },
    { indicator: 'waterPerCapita', actual: 20.99, exact: 2.508 },
  ] as const)(
    'had fallen by $exact % in $indicator in 2022, within the line to 2025',
    ({ indicator, actual, exact }) => {
      const target = targetOf('CN', indicator)
      expect(fallPct(target.baseValue ?? 0, actual)).toBeCloseTo(exact, 3)
      expect(actual).toBeLessThan(targetValue(target, 2022))
      expect(actual).toBeLessThan(targetValue({ ...target, path: 'compound' }, 2022))
    },
  )
})

describe('the court in Yantai, 351 people', () => {
  const row = QUOTAS_SHANDONG.find(
    ({ type, level, climateZone, indicator }) =>
      type === 'government' && level === 'county' && climateZone === 'A' && indicator === 'energyPerCapita',
  )
  it.each([
    { year: 2023, perCapita: 1559.48, totalKgce: 547_377, heatingKgce: 224_367 },
    { year: 2024, perCapita: 1334.35, totalKgce: 468_357, heatingKgce: 159_202 },
    { year: 2025, perCapita: 1293.6, totalKgce: 454_054, heatingKgce: 134_999 },
  ])(
    'used $totalKgce kgce in $year, heating being a part of it, and must rectify',
    ({ perCapita, totalKgce, heatingKgce }) => {
      if (!row) throw new Error('the stand-in table has lost its county row')
      expect(Math.round(perCapita * 351)).toBe(totalKgce)
      expect(heatingKgce).toBeLessThan(totalKgce)
      expect(rate(totalKgce / 351, row)).toBe('rectify')
    },
  )
})
