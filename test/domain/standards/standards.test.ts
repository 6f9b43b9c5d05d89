// Holds the tables of domain/standards/ to what docs/rules/facts.md says of them, and their check to refusing broken
// copies.

import { describe, expect, it } from 'vitest'
import { type CheckedTables, checkStandards, STANDARD_TABLES } from '../../../domain/standards/check.ts'
import type { Co2Factor } from '../../../domain/standards/co2-factors.ts'
import { EUE_QUOTAS_SHANDONG, PUE_GRADES } from '../../../domain/standards/data-centre.ts'
import { DEMONSTRATION_LADDERS } from '../../../domain/standards/demonstration.ts'
import { FUEL_FACTORS, fuelFactorOn } from '../../../domain/standards/fuel-factors.ts'
import { KEY_ENERGY_USER_RULES } from '../../../domain/standards/key-energy-users.ts'
import { FYP14_TARGETS } from '../../../domain/standards/plans.ts'
import { QUOTAS_HEBEI } from '../../../domain/standards/quotas-hebei.ts'
import { QUOTAS_SHANDONG } from '../../../domain/standards/quotas-shandong.ts'
import { isValidOn } from '../../../domain/standards/validity.ts'

const quotaTable = (change: (rows: (typeof QUOTAS_SHANDONG)[number][]) => void): CheckedTables => {
  const rows = QUOTAS_SHANDONG.map((row) => ({ ...row }))
  change(rows)
  return { ...STANDARD_TABLES, quotaStandIns: rows }
}
const factorTable = (change: (row: Co2Factor) => Co2Factor): CheckedTables => ({
  ...STANDARD_TABLES,
  co2Factors: STANDARD_TABLES.co2Factors.map(change),
})
const hebei2022 = (change: Partial<Co2Factor>) =>
  factorTable((row) => (row.area === '130000' && row.dataYear === 2022 ? { ...row, ...change } : row))
const coefficientTable = (change: (value: number, carrier: string) => number): CheckedTables => ({
  ...STANDARD_TABLES,
  coefficients: STANDARD_TABLES.coefficients.map((set) => ({
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
    const values = [
      ...STANDARD_TABLES.coefficients.flatMap((set) => set.rows),
      ...STANDARD_TABLES.co2Factors,
      ...STANDARD_TABLES.fuelFactors,
    ]
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

describe('the tables of data centres, demonstration units and key energy users', () => {
  it('grade PUE at 1.20, 1.30 and 1.50 from November 2022, labelled as recalled', () => {
    expect(PUE_GRADES).toMatchObject([{ validFrom: '2022-11-01', grades: [1.2, 1.3, 1.5], certainty: 'recalled' }])
  })

  it('have an EUE quota for four types, each a stand-in', () => {
    expect(
      EUE_QUOTAS_SHANDONG.map(({ type, constraint, benchmark, guide }) => [type, constraint, benchmark, guide]),
    ).toEqual([
      ['education', 2.2, 1.6, 1.3],
      ['government', 2.2, 1.8, 1.4],
      ['healthcare', 2.2, 2.0, 1.6],
      ['venue', 2.2, 1.7, 1.4],
    ])
    expect(EUE_QUOTAS_SHANDONG.every(({ standIn }) => standIn)).toBe(true)
  })

  it('give 7, 6, 5 and 4 points up to 0.9, 1.0, 1.1 and 1.2 of the mean', () => {
    expect(DEMONSTRATION_LADDERS[0].steps.map(({ ratioMax, points }) => [ratioMax, points])).toEqual([
      [0.9, 7],
      [1, 6],
      [1.1, 5],
      [1.2, 4],
    ])
  })

  it('hold no threshold of key energy users: Hebei has not published one', () => {
    expect(KEY_ENERGY_USER_RULES).toEqual([])
  })

  it.each([
    { carrier: 'diesel', ncv: 42.652, carbon: 20.480956, oxidised: 0.99 },
    { carrier: 'rawCoal', ncv: 20.908, carbon: 33.17, oxidised: 0.98 },
  ] as const)('recompute the factor of $carrier from NCV × CC × OF × 44/12', ({ carrier, ncv, carbon, oxidised }) => {
    const tonnes = (ncv * carbon * oxidised * 44) / 12 / 1000
    expect(fuelFactorOn(carrier, '2026-01-01')?.value).toBeCloseTo(tonnes, 3)
  })

  it('invent no factor for petrol, kerosene and LPG, nor one before its day unless asked', () => {
    for (const carrier of ['petrol', 'kerosene', 'lpg'] as const)
      expect(fuelFactorOn(carrier, '2026-01-01')).toBeUndefined()
    expect(fuelFactorOn('diesel', '2019-06-01')).toBeUndefined()
    expect(fuelFactorOn('diesel', '2019-06-01', { retroactive: true })?.value).toBe(3.171)
  })
})

describe('the check of the tables', () => {
  const [grades] = PUE_GRADES
  const [eue] = EUE_QUOTAS_SHANDONG
  const [ladder] = DEMONSTRATION_LADDERS
  const [fuel] = FUEL_FACTORS
  const rule = {
    area: '130000',
    thresholdTce: 500,
    validFrom: '2021-01-01',
    source: 's',
    certainty: 'supplied',
  } as const
  const changed = (change: Partial<CheckedTables>): CheckedTables => ({ ...STANDARD_TABLES, ...change })
  const broken: { name: string; tables: CheckedTables; error: RegExp }[] = [
    {
      name: 'a guide above its benchmark',
      tables: quotaTable((rows) => {
        rows[0].guide = rows[0].benchmark + 0.1
      }),
      error: /^quotas: government provincial B nonHeatingPerArea: constraint ≥ benchmark ≥ guide/,
    },
    {
      name: 'a benchmark above its constraint',
      tables: quotaTable((rows) => {
        rows[3].benchmark = 9999
      }),
      error: /^quotas: .*constraint ≥ benchmark/,
    },
    {
      name: 'the same row twice',
      tables: quotaTable((rows) => {
        rows.push({ ...rows[5], standard: 'DB37/T 9999-2030', validFrom: '2030-01-01' })
      }),
      error: /^quotas: .* rows overlap/,
    },
    {
      name: 'a quota edition that leaves a gap',
      tables: quotaTable((rows) => {
        rows.push({ ...rows[5], validFrom: '2030-01-02' })
        rows[5].validTo = '2030-01-01'
      }),
      error: /^quotas: .* no row is valid from 2030-01-01 until 2030-01-02/,
    },
    {
      name: 'a row that ends before it begins',
      tables: hebei2022({ validTo: '2024-12-20' }),
      error: /^co2Factors: electricity of 130000: ends on 2024-12-20, no later than/,
    },
    {
      name: 'factors that overlap by one day',
      tables: hebei2022({ validTo: '2026-01-01' }),
      error: /^co2Factors: electricity of 130000: rows overlap/,
    },
    {
      name: 'factors with a gap of one day',
      tables: hebei2022({ validTo: '2025-12-30' }),
      error: /^co2Factors: electricity of 130000: no row is valid from 2025-12-30 until 2025-12-31/,
    },
    { name: 'a factor in another unit', tables: hebei2022({ unit: 'tCO2/GJ' }), error: /^co2Factors: .*kgCO2\/kWh/ },
    {
      name: 'heat stored as 0.03412 (a thousandth)',
      tables: coefficientTable((value, carrier) => (carrier === 'heat' ? value / 1000 : value)),
      error: /^coefficients: .* heat 0.03412 kgce\/GJ/,
    },
    {
      name: 'statistics sets with a gap',
      tables: {
        ...STANDARD_TABLES,
        coefficients: STANDARD_TABLES.coefficients.map((set) =>
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
    {
      name: 'PUE grades out of order',
      tables: changed({ pueGrades: [{ ...grades, grades: [1.3, 1.2, 1.5] }] }),
      error: /^pueGrades: all: 1 < grade 1 < grade 2 < grade 3/,
    },
    {
      name: 'a PUE grade below 1',
      tables: changed({ pueGrades: [{ ...grades, grades: [0.9, 1.2, 1.5] }] }),
      error: /^pueGrades: /,
    },
    {
      name: 'two editions of PUE grades at once',
      tables: changed({ pueGrades: [grades, { ...grades, standard: 'GB 40879-2030', validFrom: '2030-01-01' }] }),
      error: /^pueGrades: all: rows overlap/,
    },
    {
      name: 'an EUE guide above its benchmark',
      tables: changed({ eueQuotas: [{ ...eue, guide: 1.7 }] }),
      error: /^eueQuotas: education: constraint ≥ benchmark ≥ guide ≥ 1/,
    },
    {
      name: 'an EUE edition that leaves a gap',
      tables: changed({
        eueQuotas: [
          { ...eue, validTo: '2025-01-01' },
          { ...eue, validFrom: '2025-02-01' },
        ],
      }),
      error: /^eueQuotas: education: no row is valid from 2025-01-01 until 2025-02-01/,
    },
    {
      name: 'a ladder that rewards more use',
      tables: changed({ demonstrationLadders: [{ ...ladder, steps: ladder.steps.toReversed() }] }),
      error: /^demonstrationLadders: .* a higher ratio must give fewer points/,
    },
    {
      name: 'a threshold of nothing',
      tables: changed({ keyEnergyUsers: [{ ...rule, thresholdTce: 0 }] }),
      error: /^keyEnergyUsers: 130000: /,
    },
    {
      name: 'two thresholds at once for one area and type',
      tables: changed({ keyEnergyUsers: [rule, { ...rule, validFrom: '2022-01-01' }] }),
      error: /^keyEnergyUsers: 130000: rows overlap/,
    },
    {
      name: 'a fuel factor in t/kg',
      tables: changed({ fuelFactors: [{ ...fuel, value: 0.003171 }] }),
      error: /^fuelFactors: diesel of CN: has 0.003171 kgCO2\/kg; expected 1.5 to 4/,
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
