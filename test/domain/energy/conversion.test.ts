// Holds standard coal and CO2 to the sets and factors that are in force on a day and in an area.

import { describe, expect, it } from 'vitest'
import {
  co2FactorOn,
  co2KgOf,
  coefficientSetOn,
  kgceOf,
  namesOf,
  standardsOfMonth,
  standardsOn,
} from '../../../domain/energy/conversion.ts'
import { areaPathOf } from '../../../domain/registry/area.ts'
import type { Area } from '../../../domain/registry/records.ts'
import { SHIPPED_TABLES } from '../../../domain/standards/tables.ts'

const shijiazhuang = ['130102', '130100', '130000']
const in2026 = standardsOn('2026-11-23', shijiazhuang)

describe('standard coal', () => {
  it('is 122.9 tce by statistics and 310 tce by quota for the same 1 GWh', () => {
    expect(kgceOf('electricity', 1e6, in2026.statistics) / 1000).toBeCloseTo(122.9, 9)
    expect(kgceOf('electricity', 1e6, in2026.quota) / 1000).toBeCloseTo(310, 9)
  })

  it.each([
    { medium: 'heat', amount: 1, kgce: 34.12 },
    { medium: 'gas', amount: 1, kgce: 1.2143 },
    { medium: 'water', amount: 1e6, kgce: 0 },
  ] as const)('of $amount $medium is $kgce kgce in either set', ({ medium, amount, kgce }) => {
    expect(kgceOf(medium, amount, in2026.statistics)).toBeCloseTo(kgce, 9)
    expect(kgceOf(medium, amount, in2026.quota)).toBeCloseTo(kgce, 9)
  })

  it('takes heat and electricity at the same energy: 1 kWh is 3.6 MJ', () => {
    expect(kgceOf('heat', 0.0036, in2026.statistics)).toBeCloseTo(kgceOf('electricity', 1, in2026.statistics), 3)
  })

  it('refuses a fuel that the set does not convert, naming both', () => {
    expect(() => kgceOf('lpg', 1, in2026.quota)).toThrow('DB37/T annex B 等价值 (stand-in) has no coefficient for lpg')
  })
})

describe('CO2', () => {
  it('multiplies each medium by the factor in its own unit', () => {
    expect(co2KgOf('electricity', 1000, in2026.co2)).toBeCloseTo(651.6, 9)
    expect(co2KgOf('heat', 10, in2026.co2)).toBeCloseTo(1100, 9)
    expect(co2KgOf('gas', 10, in2026.co2)).toBeCloseTo(21.54, 9)
    expect(co2KgOf('water', 10, in2026.co2)).toBe(0)
  })

  it.each([
    { date: '2024-04-12', areas: shijiazhuang, value: 0.7901, why: 'first day of the first notice' },
    { date: '2024-12-19', areas: shijiazhuang, value: 0.7901, why: 'last day before the next' },
    { date: '2024-12-20', areas: shijiazhuang, value: 0.7252, why: 'first day of the next' },
    { date: '2025-12-31', areas: shijiazhuang, value: 0.6516, why: 'a province of its own' },
    { date: '2026-01-01', areas: ['110000'], value: 0.5554, why: 'a neighbour' },
    { date: '2025-01-01', areas: ['110000'], value: 0.5366, why: 'the nation, where the province has no row yet' },
    { date: '2026-01-01', areas: ['campus-7'], value: 0.5306, why: 'the nation, for an area it does not know' },
  ])('takes $value on $date ($why)', ({ date, areas, value }) => {
    expect(co2FactorOn('electricity', date, areas).value).toBe(value)
  })

  it("prefers the area's own row to its province's", () => {
    const own = { ...in2026.co2.electricity, area: '130102', value: 0.5 }
    const tables = { ...SHIPPED_TABLES, co2Factors: [in2026.co2.electricity, own] }
    expect(co2FactorOn('electricity', '2026-01-01', shijiazhuang, { tables }).value).toBe(0.5)
  })
})

describe('what is in force', () => {
  it('calls an imported stand-in one, whatever its name', () => {
    const [first, ...rest] = SHIPPED_TABLES.coefficients.toReversed()
    const own = { ...first, purpose: 'quota' as const, name: '示例', standIn: true }
    const heat = { ...in2026.co2.heat, standIn: true }
    const tables = {
      ...SHIPPED_TABLES,
      coefficients: [...rest, own],
      co2Factors: [in2026.co2.electricity, heat, in2026.co2.gas],
    }
    const { names } = standardsOn('2026-01-01', shijiazhuang, { tables })
    expect(names.quotaSet).toBe('示例 (替代值 stand-in)')
    expect(names.co2Factor).toContain('0.11 tCO2/GJ (替代值 stand-in)')
    expect(in2026.names.co2Factor).not.toContain('stand-in')
  })

  it('names the set and every factor row used', () => {
    expect(in2026.names.coefficientSet).toBe('GB/T 2589-2020 当量值')
    expect(in2026.names.co2Factor).toContain('电力平均二氧化碳排放因子 2023 河北 0.6516 kgCO2/kWh')
    expect(in2026.names.co2Factor).toContain('0.11 tCO2/GJ')
    expect(in2026.names.co2Factor).toContain('2.154 kgCO2/m³')
  })

  it('names each set and factor of several months once', () => {
    const months = (['2025-11', '2025-12', '2026-01', '2026-02'] as const).map((month) =>
      standardsOfMonth(month, shijiazhuang),
    )
    const names = namesOf(months)
    expect(names.coefficientSet).toBe('GB/T 2589-2020 当量值')
    expect(names.co2Factor.split('; ')).toHaveLength(2)
    expect(names.co2Factor).toMatch(/2022 河北 0\.7252.*2023 河北 0\.6516/)
  })

  it('is an error on a day without a row, which says what is missing', () => {
    expect(() => coefficientSetOn('quota', '2018-12-31')).toThrow('no quota coefficient set is valid on 2018-12-31')
    expect(() => co2FactorOn('electricity', '2016-07-01', ['130000'])).toThrow(
      'no CO2 factor for electricity is valid on 2016-07-01 in 130000, CN',
    )
  })

  it('may reach back when asked to, and then says 追溯', () => {
    const in2016 = standardsOn('2016-07-01', ['130000'], { retroactive: true })
    expect(in2016.names.coefficientSet).toBe('GB/T 2589-2008 当量值')
    expect(in2016.names.quotaSet).toBe('DB37/T annex B 等价值 (stand-in) (追溯)')
    expect(in2016.names.co2Factor).toContain('2021 河北 0.7901 kgCO2/kWh (追溯)')
  })

  it('walks from a county to its province, and survives a loop or an unknown code', () => {
    const area = (code: string, parent?: string): [string, Area] => [
      code,
      { code, name: code, level: 'county', parent },
    ]
    const areas = new Map([
      area('130102', '130100'),
      area('130100', '130000'),
      area('130000'),
      area('a', 'b'),
      area('b', 'a'),
    ])
    expect(areaPathOf('130102', areas)).toEqual(shijiazhuang)
    expect(areaPathOf('a', areas)).toEqual(['a', 'b'])
    expect(areaPathOf('x', areas)).toEqual(['x'])
  })
})
