// Holds the tables of domain/standards/ to what facts.md says of them, and their check to refusing broken copies.

import { describe, expect, it } from 'vitest'
import { checkStandards, STANDARD_TABLES, type StandardTables } from '../../domain/standards/check.ts'
import type { Co2Factor } from '../../domain/standards/co2-factors.ts'
import { FYP14_TARGETS } from '../../domain/standards/plans.ts'
import { QUOTAS_HEBEI } from '../../domain/standards/quotas-hebei.ts'
import { QUOTAS_SHANDONG } from '../../domain/standards/quotas-shandong.ts'
import { isValidOn } from '../../domain/standards/validity.ts'

const quotaTable = (change: (rows: (typeof QUOTAS_SHANDONG)[number][]) => void): StandardTables => {
  const rows = QUOTAS_SHANDONG.map((row) => ({ ...row }))
  change(rows)
  return { ...STANDARD_TABLES, quotas: { ...STANDARD_TABLES.quotas, 'quotas-shandong': rows } }
}
const factorTable = (change: (row: Co2Factor) => Co2Factor): StandardTables => ({
  ...STANDARD_TABLES,
  co2Factors: STANDARD_TABLES.co2Factors.map(change),
})
const hebei2022 = (change: Partial<Co2Factor>) =>
  factorTable((row) => (row.area === '130000' && row.dataYear === 2022 ? { ...row, ...change } : row))
const coefficientTable = (change: (value: number, carrier: string) => number): StandardTables => ({
  ...STANDARD_TABLES,
  coefficientSets: STANDARD_TABLES.coefficientSets.map((set) => ({
    ...set,
    rows: set.rows.map((row) => ({ ...row, value: change(row.value, row.carrier) })),
  })),
})

describe('the tables of domain/standards', () => {
  it('pass their own check', () => {
    expect(() => checkStandards()).not.toThrow()
  })

  it('hold no Hebei quota, and name every Shandong row a stand-in with its unverified source', () => {
    expect(QUOTAS_HEBEI).toEqual([])
    expect(QUOTAS_SHANDONG).toHaveLength(2 * 5 + 3 + 2 * 6 + 3 + 2 * 15 + 13)
    expect(QUOTAS_SHANDONG.every((row) => row.standIn && /transcription not verified/.test(row.source))).toBe(true)
  })

  it('force no water quota out of two values', () => {
    expect(QUOTAS_SHANDONG.filter((row) => row.indicator === 'waterPerCapita')).toEqual([])
  })

  it('give a unit, a source and a certainty with every value', () => {
    const values = [...STANDARD_TABLES.coefficientSets.flatMap((set) => set.rows), ...STANDARD_TABLES.co2Factors]
    expect(values.length).toBeGreaterThan(20)
    for (const { unit, source, certainty } of values) expect([unit, source, certainty].every(Boolean)).toBe(true)
  })

  it('hold the plan of 2025 with Hebei having caps and no percentages', () => {
    const hebei = FYP14_TARGETS.filter((row) => row.area === '130000')
    expect(hebei.map((row) => [row.indicator, row.cap])).toEqual([
      ['energy', 3_570_000],
      ['water', 225_000_000],
      ['co2', 13_940_000],
    ])
    expect(hebei.every((row) => row.reductionPct === undefined)).toBe(true)
  })
})

describe('the check of the tables', () => {
  const broken: { name: string; tables: StandardTables; error: RegExp }[] = [
    {
      name: 'a guide above its benchmark',
      tables: quotaTable((rows) => {
        rows[0].guide = rows[0].benchmark + 0.1
      }),
      error: /^quotas-shandong: government provincial B nonHeatingPerArea: constraint ≥ benchmark ≥ guide/,
    },
    {
      name: 'a benchmark above its constraint',
      tables: quotaTable((rows) => {
        rows[3].benchmark = 9999
      }),
      error: /^quotas-shandong: .*constraint ≥ benchmark/,
    },
    {
      name: 'the same row twice',
      tables: quotaTable((rows) => {
        rows.push({ ...rows[5], standard: 'DB37/T 9999-2030', validFrom: '2030-01-01' })
      }),
      error: /^quotas-shandong: .* rows overlap/,
    },
    {
      name: 'a quota edition that leaves a gap',
      tables: quotaTable((rows) => {
        rows.push({ ...rows[5], validFrom: '2030-01-02' })
        rows[5].validTo = '2030-01-01'
      }),
      error: /^quotas-shandong: .* no row is valid from 2030-01-01 until 2030-01-02/,
    },
    {
      name: 'a row that ends before it begins',
      tables: hebei2022({ validTo: '2024-12-20' }),
      error: /^co2-factors: electricity of 130000 ends on 2024-12-20, no later than/,
    },
    {
      name: 'factors that overlap by one day',
      tables: hebei2022({ validTo: '2026-01-01' }),
      error: /^co2-factors: electricity of 130000: rows overlap/,
    },
    {
      name: 'factors with a gap of one day',
      tables: hebei2022({ validTo: '2025-12-30' }),
      error: /^co2-factors: electricity of 130000: no row is valid from 2025-12-30 until 2025-12-31/,
    },
    { name: 'a factor in another unit', tables: hebei2022({ unit: 'tCO2/GJ' }), error: /^co2-factors: .*kgCO2\/kWh/ },
    {
      name: 'heat stored as 0.03412 (a thousandth)',
      tables: coefficientTable((value, carrier) => (carrier === 'heat' ? value / 1000 : value)),
      error: /^coefficients: .* heat 0.03412 kgce\/GJ/,
    },
    {
      name: 'statistics sets with a gap',
      tables: {
        ...STANDARD_TABLES,
        coefficientSets: STANDARD_TABLES.coefficientSets.map((set) =>
          set.validTo ? { ...set, validTo: '2020-12-31' } : set,
        ),
      },
      error: /^coefficients: statistics: no row is valid from 2020-12-31 until 2021-04-01/,
    },
    {
      name: 'a plan with both a cap and a percentage',
      tables: { ...STANDARD_TABLES, plans: [{ ...FYP14_TARGETS[0], reductionPct: 5 }] },
      error: /^plans: CN energy/,
    },
  ]
  it.each(broken)('refuses $name, naming the table', ({ tables, error }) => {
    expect(() => checkStandards(tables)).toThrow(error)
  })

  it('accepts an edition that begins on the day the old one ends', () => {
    const followed = quotaTable((rows) => {
      rows.push({ ...rows[5], validFrom: '2030-01-01' })
      rows[5].validTo = '2030-01-01'
    })
    expect(() => checkStandards(followed)).not.toThrow()
  })
})

it('no longer counts the day a row ends as valid', () => {
  const row = { validFrom: '2024-12-20', validTo: '2025-12-31' }
  const on = ['2024-12-19', '2024-12-20', '2025-12-30', '2025-12-31'].map((date) => isValidOn(row, date))
  expect(on).toEqual([false, true, true, false])
})
