// Holds alternatives to the published totals of 重庆 2015 (docs/rules/facts.md#statistics-of-2015), and to holding only
// where they are adopted.

import { describe, expect, it } from 'vitest'
import { billedAmount } from '../../../domain/energy/bill.ts'
import { kgceOf, type StandardsInForce, standardsOn } from '../../../domain/energy/conversion.ts'
import { type Adoption, adoptionSchema } from '../../../domain/standards/alternatives.ts'
import { tableProblems } from '../../../domain/standards/check.ts'
import { STATISTICS_2015 } from '../../../domain/standards/coefficients.ts'
import { FUEL_FACTORS } from '../../../domain/standards/fuel-factors.ts'
import { SHIPPED_TABLES, type StandardTables, tablesInForce } from '../../../domain/standards/tables.ts'

const COUNTY = ['130102', '130100', '130000']
const adoption = (of: Partial<Adoption>): Adoption =>
  adoptionSchema.parse({ alternative: 'statistics-2015', area: '130000', validFrom: '2026-01-01', source: 's', ...of })
const on = (date: string, imported: Partial<StandardTables>, path = COUNTY): StandardsInForce =>
  standardsOn(date, path, { tables: tablesInForce(imported), retroactive: true })
const coefficientIn = ({ statistics }: StandardsInForce, carrier: string): number | undefined =>
  statistics.rows.find((row) => row.carrier === carrier)?.value

describe('the totals of 重庆 2015', () => {
  // Each within the rounding of its two published figures; litres of diesel show three digits only.
  const rows = [
    { carrier: 'electricity', quantity: 63.81e8, unit: 'kWh', tce: 78.41e4, slack: 0.02e4 },
    { carrier: 'rawCoal', quantity: 5.47e4, unit: 't', tce: 3.91e4, slack: 0.01e4 },
    { carrier: 'gas', quantity: 14_482.41e4, unit: 'm³', tce: 19.26e4, slack: 0.005e4 },
    { carrier: 'petrol', quantity: 7927.99e4, unit: 'L', tce: 8.52e4, slack: 0.005e4 },
    { carrier: 'diesel', quantity: 506.81e4, unit: 'L', tce: 0.63e4, slack: 0.01e4 },
  ] as const
  const tceOf = ({ carrier, ...bill }: (typeof rows)[number]): number =>
    kgceOf(carrier, billedAmount({ carrier, ...bill }, STATISTICS_2015) ?? Number.NaN, STATISTICS_2015) / 1000

  it.each(rows)('fold $quantity $unit of $carrier to $tce tce', (row) => {
    expect(Math.abs(tceOf(row) - row.tce)).toBeLessThanOrEqual(row.slack)
  })

  it('sum to 110.75万tce, with 176.32 tce of other energy', () => {
    const total = rows.reduce((sum, row) => sum + tceOf(row), 176.32)
    expect(Math.abs(total - 110.75e4)).toBeLessThanOrEqual(0.02e4)
    expect((total * 1000) / 7968.72e4).toBeCloseTo(13.9, 1)
    expect((total * 1000) / 501.5e4).toBeCloseTo(220.84, 0)
  })

  it('do not follow from 1.2143 for gas: 1.68万tce are missing', () => {
    expect(14_482.41 * (1.33 - 1.2143)).toBeCloseTo(1675.6, 1)
  })
})

describe('an alternative', () => {
  it('holds nowhere unless adopted', () => {
    const sets = on('2026-06-01', {})
    expect(coefficientIn(sets, 'gas')).toBe(1.2143)
    expect(sets.co2.gas.value).toBe(2.154)
    expect(SHIPPED_TABLES.coefficients.some(({ name }) => name === STATISTICS_2015.name)).toBe(false)
    expect(FUEL_FACTORS.map(({ carrier }) => carrier)).toEqual(['diesel', 'rawCoal'])
  })

  it('holds in the area that adopted it and below, from its day to its end', () => {
    const adoptions = [adoption({ area: '130100', validFrom: '2026-04-01', validTo: '2026-07-01' })]
    const gasOn = (date: string, path?: string[]) => coefficientIn(on(date, { adoptions }, path), 'gas')
    expect([gasOn('2026-03-01'), gasOn('2026-04-01'), gasOn('2026-07-01')]).toEqual([1.2143, 1.33, 1.2143])
    expect(gasOn('2026-04-01', ['130200', '130000'])).toBe(1.2143)
    expect(on('2026-04-01', { adoptions }).names.coefficientSet).toBe(STATISTICS_2015.name)
  })

  it('of the nation gives way to that of a city; own rows of an area go before it', () => {
    const national = adoption({ area: 'CN' })
    const own = { ...STATISTICS_2015, name: 'own', area: '130100', validFrom: '2026-02-01' }
    const tables = { adoptions: [national, adoption({ area: '130100' })], coefficients: [own] }
    expect(on('2026-01-01', tables).statistics).toMatchObject({ area: '130100', name: STATISTICS_2015.name })
    expect(on('2026-02-01', tables).names.coefficientSet).toBe('own')
    expect(on('2026-02-01', tables, ['130200', '130000']).statistics.area).toBe('CN')
  })

  it('ends where a row of the area begins, though adopted for longer', () => {
    const own = { ...STATISTICS_2015, name: 'own', area: '130100', validFrom: '2026-02-01' }
    const adoptions = [adoption({ area: '130100', validTo: '2027-01-01' })]
    expect(on('2026-05-01', { adoptions, coefficients: [own] }).names.coefficientSet).toBe('own')
  })

  it('of JS/T 303 gives gas 2.184, petrol and diesel by litre, LPG; each says who adopted it', () => {
    const { co2, fuelCo2 } = on('2026-06-01', { adoptions: [adoption({ alternative: 'JS/T 303-2026' })] })
    expect(co2.gas).toMatchObject({ value: 2.184, source: expect.stringContaining('adopted by 130000: s') })
    // 100 L of petrol weigh 73 kg and emit 217.9 kg; 100 L of diesel weigh 86 kg and emit 271.8 kg.
    expect(73 * (fuelCo2.petrol?.value ?? 0)).toBeCloseTo(217.9, 9)
    expect(86 * (fuelCo2.diesel?.value ?? 0)).toBeCloseTo(271.8, 9)
    expect(fuelCo2.lpg).toMatchObject({ value: 3.166, certainty: 'secondary' })
    expect(fuelCo2.rawCoal?.value).toBe(2.492)
    expect(fuelCo2.kerosene).toBeUndefined()
  })

  it.each([
    { of: { validFrom: '2014-12-31' }, field: 'validFrom' },
    { of: { alternative: 'JS/T 303-2026', validFrom: '2025-12-31' }, field: 'validFrom' },
    { of: { area: 'CN', validTo: '2027-01-01' }, field: 'validTo' },
  ] as const)('is refused with $of', ({ of, field }) => {
    expect(tableProblems('adoptions', [adoption(of)])).toMatchObject([{ kind: 'adoptions', field }])
  })
})

describe('recomputed factors', () => {
  // NCV × carbon × 44/12 of docs/rules/facts.md#jst-303, in kg per m³, L, L and kg.
  it.each([
    { printed: 2.184, computed: (38.931 * 15.3 * 44) / 12 / 1000 },
    { printed: 2.179, computed: ((43.07 * 18.9 * 44) / 12 / 1000) * 0.73 },
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: kg CO2 per litre of diesel, not e
    { printed: 2.718, computed: ((42.652 * 20.2 * 44) / 12 / 1000) * 0.86 },
    { printed: 3.166, computed: (50.179 * 17.2 * 44) / 12 / 1000 },
  ])('agree with $printed', ({ printed, computed }) => {
    expect(Math.abs(computed - printed)).toBeLessThan(0.0015)
  })
})
