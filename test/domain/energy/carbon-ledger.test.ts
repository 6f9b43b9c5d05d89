// Holds the carbon ledger to its sources: each row names what made it, nothing unknown counts as nothing, and the total
// is the CO2 that the subject is judged by.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Month, monthRange, monthsThrough } from '../../../domain/calendar.ts'
import { type CarbonLedger, carbonLedger, sumLedgers } from '../../../domain/energy/carbon-ledger.ts'
import type { LedgerMonth } from '../../../domain/energy/carbon-source.ts'
import { co2KgOf, standardsOfMonth } from '../../../domain/energy/conversion.ts'
import { fuelField } from '../../../domain/energy/fuel.ts'
import { institutionMonth } from '../../../domain/energy/institution-month.ts'
import { sumSubjects } from '../../../domain/energy/subject-month.ts'
import { FUEL_CARRIERS } from '../../../domain/medium.ts'
import { institutionSchema } from '../../../domain/registry/records.ts'

const standards = (month: Month) => standardsOfMonth(month, ['130102', '130100', '130000'], { retroactive: true })

type Used = { month: Month } & Partial<LedgerMonth>
/** A month with the CO2 that judging has of it. */
function judgedMonth(used: Used): LedgerMonth {
  const part: LedgerMonth = { ...sumSubjects(used.month, []), ...used }
  const { co2, fuelCo2 } = standards(part.month)
  const co2DirectKg = FUEL_CARRIERS.reduce(
    (sum, carrier) => sum + part[fuelField(carrier)] * (fuelCo2[carrier]?.value ?? 0),
    co2KgOf('gas', part.gasM3, co2),
  )
  const co2ElectricityKg = co2KgOf('electricity', part.electricityKwh, co2)
  const co2HeatKg = co2KgOf('heat', part.heatGj, co2)
  return { ...part, co2DirectKg, co2ElectricityKg, co2HeatKg, co2Kg: co2DirectKg + co2ElectricityKg + co2HeatKg }
}
const ledgerOf = (used: readonly Used[], subject = 'i'): CarbonLedger =>
  carbonLedger({ subject, year: 2026, months: used.map(judgedMonth), standards })

describe('the ledger of an institution', () => {
  const ledger = ledgerOf([
    { month: '2026-02', electricityKwh: 2000, gasM3: 10, petrolKg: 200 },
    { month: '2026-01', electricityKwh: 1000, heatGj: 10, areaBilledHeatM2: 800, dieselKg: 1500 },
    { month: '2025-12', electricityKwh: 9999, dieselKg: 9999 },
  ])
  const row = (source: string) => ledger.rows.find((candidate) => candidate.source === source)

  it('has a row for each source, with its amount, unit and tonnes', () => {
    expect(
      ledger.rows.map(({ source, scope, activity, unit, emissionsT }) => [
        source,
        scope,
        activity,
        unit,
        emissionsT?.toFixed(6),
      ]),
    ).toEqual([
      ['electricity', 'purchasedElectricity', 3000, 'kWh', '1.954800'],
      ['heat', 'purchasedHeat', 10, 'GJ', '1.100000'],
      ['gas', 'direct', 10, 'm³', '0.021540'],
      ['petrol', 'direct', 200, 'kg', undefined],
      ['diesel', 'direct', 1500, 'kg', '4.756500'],
      ['heatByArea', 'purchasedHeat', 800, 'm²', undefined],
    ])
  })

  it('names the factor and the coefficient of each row', () => {
    expect(row('electricity')?.factor).toMatchObject({
      series: '电力平均二氧化碳排放因子',
      dataYear: 2023,
      area: '130000',
      publisher: '生态环境部',
      notice: '公告2025年第47号',
      validFrom: '2025-12-31',
      value: 0.6516,
      unit: 'kgCO2/kWh',
      certainty: 'secondary',
      retroactive: false,
    })
    expect(row('electricity')?.coefficient).toMatchObject({
      name: 'GB/T 2589-2020 当量值',
      value: 0.1229,
      unit: 'kgce/kWh',
    })
    expect(row('electricity')?.energyKgce).toBeCloseTo(368.7, 9)
    expect(row('diesel')?.factor).toMatchObject({ value: 3.171, unit: 'kgCO2/kg' })
    for (const { factor, coefficient, reason } of ledger.rows) {
      expect((factor === null) === (reason !== null)).toBe(true)
      expect((coefficient === null) === (reason === 'billedByArea')).toBe(true)
    }
  })

  it('does not make heat of square metres, nor nothing of a fuel without a factor: it says why', () => {
    expect(row('heatByArea')).toMatchObject({ emissionsT: null, energyKgce: null, reason: 'billedByArea' })
    expect(row('petrol')).toMatchObject({ emissionsT: null, factor: null, reason: 'noFactor' })
  })

  it('splits each month and the year into direct, purchased electricity and purchased heat', () => {
    expect(ledger.months.map(({ month }) => month)).toEqual(['2026-01', '2026-02'])
    expect(ledger.months[0].direct).toBeCloseTo(4.7565, 9)
    expect(ledger.totals.purchasedElectricity).toBeCloseTo(1.9548, 9)
    expect(ledger.totals.purchasedHeat).toBeCloseTo(1.1, 9)
    expect(ledger.totals.direct).toBeCloseTo(4.77804, 9)
    expect(ledger.totals.total).toBeCloseTo(7.83284, 9)
  })

  it('agrees with what the subject is judged by, and says when it does not', () => {
    expect(ledger.reconciled).toBe(true)
    const months = [{ ...judgedMonth({ month: '2026-01', electricityKwh: 1000 }), co2ElectricityKg: 600, co2Kg: 600 }]
    const stale = carbonLedger({ subject: 'i', year: 2026, months, standards })
    expect(stale).toMatchObject({ reconciled: false, judged: { purchasedElectricity: 0.6 } })
    expect(stale.totals.purchasedElectricity).toBeCloseTo(0.6516, 9)
  })

  it('states its boundary, and that part of it is an assumption', () => {
    expect(ledger.boundary.map(({ standIn }) => standIn)).toEqual([false, true])
    expect(ledger.boundary[0].zh).toMatch(/家属楼、独立法人附属单位、对外租赁场所/)
  })
})

it('comes to the CO2 of a month that was made from meters and bills', () => {
  const institution = institutionSchema.parse({
    id: 'i',
    name: 'i',
    area: '130102',
    type: 'government',
    sizes: [{ validFrom: '2020-01-01', floorAreaM2: 1000 }],
  })
  const bill = { institution: 'i', month: '2026-01' } as const
  const month = institutionMonth({
    institution,
    meters: [],
    bills: [
      { ...bill, carrier: 'electricity', quantity: 12, unit: 'MWh' },
      { ...bill, carrier: 'heat', quantity: 30, unit: 'GJ' },
      { ...bill, carrier: 'diesel', purpose: 'transport', quantity: 2, unit: 't' },
      { ...bill, carrier: 'petrol', purpose: 'transport', quantity: 1, unit: 't' },
      { ...bill, carrier: 'heatByArea', quantity: 900, unit: 'm²' },
    ],
    month: '2026-01',
    asOfMs: monthRange('2026-01').toMs,
    amounts: () => undefined,
    sets: standards('2026-01'),
  })
  const ledger = carbonLedger({ subject: 'i', year: 2026, months: [month], standards })
  expect(ledger.reconciled).toBe(true)
  expect(ledger.totals.total).toBeCloseTo((12_000 * 0.6516 + 30 * 110 + 2000 * 3.171) / 1000, 9)
  expect(ledger.rows.filter(({ emissionsT }) => emissionsT === null).map(({ source }) => source)).toEqual([
    'petrol',
    'heatByArea',
  ])
})

it('begins another row when a notice changes the factor within the year', () => {
  const months = (['2024-04', '2024-05', '2024-12'] as const).map((month) =>
    judgedMonth({ month, electricityKwh: 100 }),
  )
  const ledger = carbonLedger({
    subject: 'i',
    year: 2024,
    months,
    // As if the notice of 20 December had come out a month earlier.
    standards: (month) => standards(month === '2024-12' ? '2025-01' : month),
  })
  expect(ledger.rows.map(({ factor, months: of }) => [factor?.dataYear, factor?.retroactive, of.length])).toEqual([
    [2021, true, 1],
    [2021, false, 1],
    [2022, true, 1],
  ])
})

describe('the ledger of an area', () => {
  const one = ledgerOf(
    [
      { month: '2026-01', electricityKwh: 1000, areaBilledHeatM2: 500 },
      { month: '2026-02', areaBilledHeatM2: 500 },
    ],
    'a',
  )
  const two = ledgerOf([{ month: '2026-02', electricityKwh: 500, heatGj: 1, areaBilledHeatM2: 300 }], 'b')

  it('adds rows that the same factor and coefficient made', () => {
    const area = sumLedgers('130102', 2026, [one, two])
    expect(area.rows.map(({ source, activity }) => [source, activity])).toEqual([
      ['electricity', 1500],
      ['heat', 1],
      ['heatByArea', 800],
    ])
    expect(area.totals.total).toBeCloseTo(one.totals.total + two.totals.total, 12)
    expect(area).toMatchObject({ subject: '130102', year: 2026, reconciled: true })
    expect(area.months.map(({ month }) => month)).toEqual(['2026-01', '2026-02'])
  })

  it('is empty without children, and refuses one of another year', () => {
    expect(sumLedgers('130102', 2026, [])).toMatchObject({ rows: [], reconciled: true, totals: { total: 0 } })
    expect(() => sumLedgers('130102', 2025, [one])).toThrow('cannot add the ledger of a for 2026 to 2025')
  })
})

describe('whatever was used', () => {
  const amount = fc.double({ min: -1e4, max: 1e7, noNaN: true })
  const kilograms = fc.double({ min: 0, max: 1e5, noNaN: true })
  const used = fc.record({
    month: fc.constantFrom(...monthsThrough('2026-01', '2026-12')),
    electricityKwh: amount,
    heatGj: amount,
    gasM3: amount,
    dieselKg: kilograms,
    petrolKg: kilograms,
    areaBilledHeatM2: fc.nat(),
  })
  const year = fc.uniqueArray(used, { selector: ({ month }) => month, maxLength: 12 })

  it('the total is the CO2 that the subject is judged by, and the rows and the months each sum to it', () => {
    fc.assert(
      fc.property(year, (parts) => {
        const ledger = ledgerOf(parts)
        const byRows = ledger.rows.reduce((sum, { emissionsT }) => sum + (emissionsT ?? 0), 0)
        const byMonths = ledger.months.reduce((sum, { total }) => sum + total, 0)
        const scale = Math.max(1, ...ledger.rows.map(({ emissionsT }) => Math.abs(emissionsT ?? 0)))
        expect(Math.abs(byRows - ledger.judged.total)).toBeLessThanOrEqual(1e-9 * scale)
        expect(Math.abs(byMonths - ledger.judged.total)).toBeLessThanOrEqual(1e-9 * scale)
        expect(ledger.reconciled).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('an area has the sum of its children, however they are grouped', () => {
    fc.assert(
      fc.property(fc.array(year, { maxLength: 4 }), (years) => {
        const children = years.map((parts, index) => ledgerOf(parts, `i${index}`))
        const flat = sumLedgers('p', 2026, children)
        const half = Math.floor(children.length / 2)
        const nested = sumLedgers('p', 2026, [
          sumLedgers('a', 2026, children.slice(0, half)),
          sumLedgers('b', 2026, children.slice(half)),
        ])
        const sum = children.reduce((total, child) => total + child.totals.total, 0)
        const scale = Math.max(1, ...children.flatMap(({ rows }) => rows.map((row) => Math.abs(row.emissionsT ?? 0))))
        expect(Math.abs(flat.totals.total - sum)).toBeLessThanOrEqual(1e-9 * scale)
        expect(Math.abs(nested.totals.total - sum)).toBeLessThanOrEqual(1e-9 * scale)
        expect(nested.rows.map(({ source }) => source)).toEqual(flat.rows.map(({ source }) => source))
      }),
      { numRuns: 1000 },
    )
  })
})
