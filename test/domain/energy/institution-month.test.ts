// Holds the month of an institution to which meters and bills count, and for what.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR_MS, monthRange } from '../../../domain/calendar.ts'
import { type Bill, billSchema } from '../../../domain/energy/bill.ts'
import { standardsOn } from '../../../domain/energy/conversion.ts'
import { billProblems, institutionMonth } from '../../../domain/energy/institution-month.ts'
import { sumSubjects } from '../../../domain/energy/subject-month.ts'
import type { MeterAmount } from '../../../domain/energy/supply.ts'
import { institutionSchema, type Meter, meterSchema } from '../../../domain/registry/records.ts'

const sets = standardsOn('2026-03-01', ['130000'])
const march = monthRange('2026-03')
const institution = institutionSchema.parse({
  id: 'school-1',
  name: '第一中学',
  area: '130102',
  type: 'education',
  sizes: [{ validFrom: '2020-01-01', floorAreaM2: 10_000, heatedAreaM2: 9000, energyUsers: 500 }],
})
const meter = (id: string, of: Partial<Meter>): Meter =>
  meterSchema.parse({
    id,
    institution: 'school-1',
    medium: 'electricity',
    unit: 'kWh',
    ...(of.kind === 'offline' ? {} : { gateway: 'g' }),
    ...of,
  })
const bill = (of: Partial<Bill>): Bill =>
  billSchema.parse({ institution: 'school-1', carrier: 'diesel', month: '2026-03', quantity: 100, unit: 'kg', ...of })
const energyBill = (carrier: 'electricity' | 'gas' | 'heat', quantity: number, of: Partial<Bill> = {}): Bill =>
  bill({ carrier, quantity, unit: { electricity: 'kWh', gas: 'm³', heat: 'GJ' }[carrier], ...of })

function monthOfMeters(
  meters: Meter[],
  amounts: Record<string, number>,
  change: Partial<Parameters<typeof institutionMonth>[0]> = {},
) {
  return institutionMonth({
    institution,
    meters,
    month: '2026-03',
    asOfMs: march.toMs,
    amounts: (id) => (id in amounts ? { amount: amounts[id], hoursKnown: 744 } : undefined),
    sets,
    ...change,
  })
}

describe('the month of an institution', () => {
  it('counts main meters, subtracts excluded ones and leaves sub, check and generation out', () => {
    const meters = [
      meter('main', {}),
      meter('main-2', {}),
      meter('let', { role: 'exclude' }),
      meter('sub', { role: 'sub', parent: 'main', purpose: '01A00' }),
      meter('check', { role: 'check' }),
      meter('pv', { role: 'generation' }),
    ]
    const part = monthOfMeters(meters, { main: 1000, 'main-2': 500, let: 200, sub: 300, check: 1001, pv: 50 })
    expect(part.electricityKwh).toBe(1300)
    expect(part.energyKgce).toBeCloseTo(1300 * 0.1229, 9)
    // The quota counts all energy used: what is bought, and what is generated and used on site.
    expect(part.quotaKgce).toBeCloseTo((1300 + 50) * 0.31, 9)
    expect(part.co2Kg).toBeCloseTo(1300 * 0.6516, 9)
    expect([part.hoursExpected, part.hoursKnown]).toEqual([2 * 744, 2 * 744])
  })

  it('keeps the sign when more is let than measured in all', () => {
    const meters = [meter('main', {}), meter('let', { role: 'exclude' })]
    expect(monthOfMeters(meters, { main: 100, let: 130 }).electricityKwh).toBe(-30)
  })

  it('adds up the media, and folds no water into energy', () => {
    const meters = [
      meter('e', {}),
      meter('h', { medium: 'heat' }),
      meter('g', { medium: 'gas' }),
      meter('w', { medium: 'water' }),
    ]
    const part = monthOfMeters(meters, { e: 1000, h: 10, g: 100, w: 300 })
    expect([part.electricityKwh, part.heatGj, part.gasM3, part.waterM3]).toEqual([1000, 10, 100, 300])
    expect(part.energyKgce).toBeCloseTo(122.9 + 341.2 + 121.43, 9)
    expect(part.co2Kg).toBeCloseTo(651.6 + 1100 + 215.4, 9)
    expect([part.hoursExpected, part.waterHoursExpected]).toEqual([4 * 744, 744])
  })

  it.each([
    { name: 'metered heat', of: { medium: 'heat' }, kgce: 3412 },
    { name: 'gas for heating', of: { medium: 'gas', purpose: 'heating' }, kgce: 121.43 },
    { name: 'gas of unsaid purpose', of: { medium: 'gas' }, kgce: 0 },
    { name: 'electricity for heating', of: { role: 'sub', purpose: 'heating' }, kgce: 31 },
    { name: 'heating pumps (non-heating by the standard)', of: { role: 'sub', purpose: '01B1E' }, kgce: 0 },
  ] as const)('counts $name as $kgce kgce of heating', ({ of, kgce }) => {
    expect(monthOfMeters([meter('m', of)], { m: 100 }).heatingKgce).toBeCloseTo(kgce, 9)
  })

  it('does not count a heating meter below another heating meter again', () => {
    const meters = [
      meter('boilers', { medium: 'gas', purpose: 'heating' }),
      meter('boiler-1', { medium: 'gas', purpose: 'heating', role: 'sub', parent: 'boilers' }),
    ]
    expect(monthOfMeters(meters, { boilers: 100, 'boiler-1': 60 }).heatingKgce).toBeCloseTo(121.43, 9)
  })

  it('finds the data centre and its IT by purpose, and counts IT once among special functions', () => {
    const meters = [
      meter('main', {}),
      meter('dc', { role: 'sub', purpose: '01D10', parent: 'main' }),
      meter('it', { role: 'sub', purpose: '01D1A', parent: 'main' }),
      meter('kitchen', { role: 'sub', purpose: '01D20', parent: 'main' }),
    ]
    const part = monthOfMeters(meters, { main: 1000, dc: 150, it: 100, kitchen: 20 })
    expect([part.dataCentreKwh, part.dataCentreItKwh, part.electricityKwh]).toEqual([150, 100, 1000])
    expect(part.specialKgce).toBeCloseTo(170 * 0.31, 9)
  })

  it('takes a data centre that is registered by its meters out of the quota as one found by purpose', () => {
    const meters = [
      meter('main', {}),
      meter('room', { role: 'sub', parent: 'main' }),
      meter('racks', { role: 'sub', purpose: '01D1A', parent: 'room' }),
      meter('water', { medium: 'water', role: 'sub' }),
    ]
    const named = { ...institution, pueTotal: ['room'], pueIt: ['racks'] }
    const part = monthOfMeters(meters, { main: 1000, room: 150, racks: 100, water: 5 }, { institution: named })
    expect([part.dataCentreKwh, part.dataCentreItKwh]).toEqual([150, 100])
    expect(part.specialKgce).toBeCloseTo(150 * 0.31, 9)
  })

  it('expects only the hours that have passed, and knows no more than those', () => {
    const part = monthOfMeters([meter('a', {}), meter('b', {})], { a: 5 }, { asOfMs: march.fromMs + 100.5 * HOUR_MS })
    expect([part.hoursExpected, part.hoursKnown]).toEqual([200, 100])
    const ahead = monthOfMeters([meter('a', {})], {}, { asOfMs: march.fromMs - HOUR_MS })
    expect([ahead.hoursExpected, ahead.floorAreaM2]).toEqual([0, null])
  })

  it('counts the size only where there is something to divide', () => {
    expect(monthOfMeters([meter('e', {})], { e: 1 })).toMatchObject({
      floorAreaM2: 10_000,
      energyUsers: 500,
      waterUsers: null,
    })
    const waterOnly = monthOfMeters([meter('w', { medium: 'water' })], { w: 1 })
    expect(waterOnly).toMatchObject({ floorAreaM2: null, energyUsers: null, waterUsers: 500, waterM3WithUsers: 1 })
    expect(monthOfMeters([], {})).toMatchObject({ floorAreaM2: null, waterUsers: null, hoursExpected: 0 })
  })
})

describe('an excluded meter', () => {
  it.each([
    { name: 'below another excluded one is off once', at: { x: 'exclude', y: 'exclude' }, used: 12, special: 0 },
    { name: 'below a special one is no part of it', at: { x: '01D10', y: 'exclude' }, used: 17, special: 5 },
    { name: 'below a heating one is no part of it', at: { x: 'heating', y: 'exclude' }, used: 17, heating: 5 },
  ])('$name', ({ at, used, special = 0, heating = 0 }) => {
    const placed = (id: string, is: string, parent: string): Meter =>
      meter(id, is === 'exclude' ? { role: 'exclude', parent } : { role: 'sub', purpose: is, parent })
    const meters = [meter('main', {}), placed('x', at.x, 'main'), placed('y', at.y, 'x')]
    const part = monthOfMeters(meters, { main: 20, x: 8, y: 3 })
    expect(part.electricityKwh).toBe(used)
    expect(part.specialKgce / 0.31).toBeCloseTo(special, 9)
    expect(part.heatingKgce / 0.31).toBeCloseTo(heating, 9)
  })
})

describe('bills', () => {
  it('of fuels count as main, by carrier, with their CO2 burnt on site', () => {
    const part = monthOfMeters(
      [meter('e', {})],
      { e: 1000 },
      { bills: [bill({}), bill({ carrier: 'rawCoal', unit: 't', quantity: 1, purpose: 'heating' })] },
    )
    expect(part).toMatchObject({ dieselKg: 100, rawCoalKg: 1000, petrolKg: 0, electricityKwh: 1000 })
    expect(part.fuelsKgce).toBeCloseTo(145.71 + 714.3, 9)
    expect(part.energyKgce).toBeCloseTo(122.9 + 145.71 + 714.3, 9)
    expect(part.co2DirectKg).toBeCloseTo(317.1 + 2492, 9)
    expect(part.co2ElectricityKg).toBeCloseTo(651.6, 9)
    expect(part.co2Kg).toBe(part.co2DirectKg + part.co2ElectricityKg + part.co2HeatKg)
    expect([part.hoursExpected, part.hoursKnown]).toEqual([744, 744])
  })

  it('of vehicles are transport by either set, those of kitchens special functions', () => {
    const part = monthOfMeters(
      [meter('e', {})],
      { e: 1000 },
      {
        bills: [bill({ purpose: 'transport' }), bill({ carrier: 'petrol', purpose: 'special' }), bill({})],
      },
    )
    expect(part.transportKgce).toBeCloseTo(145.71, 9)
    expect(part.transportEnergyKgce).toBeCloseTo(145.71, 9)
    expect(part.specialKgce).toBeCloseTo(147.14, 9)
    expect(part.quotaKgce).toBeCloseTo(310 + 2 * 145.71 + 147.14, 9)
  })

  it('of fuels that a table has no row for are named, kept apart, and the rest is computed', () => {
    const bills = [bill({ carrier: 'petrol' }), bill({ carrier: 'lpg' }), bill({})]
    const part = monthOfMeters([], {}, { bills })
    expect(part).toMatchObject({
      fuelKgWithoutCoefficient: 0,
      fuelKgWithoutQuotaCoefficient: 100,
      fuelKgWithoutCo2: 200,
    })
    expect(part.co2Kg).toBeCloseTo(317.1, 9)
    expect(part.quotaKgce).toBeCloseTo(145.71 + 147.14, 9)
    const problems = billProblems({ institution, meters: [], bills, month: '2026-03', amounts: () => undefined, sets })
    expect(problems.map(({ record, field, reason }) => [record, field, reason])).toEqual([
      ['school-1/2026-03/lpg//', 'carrier', expect.stringContaining('annex B')],
      ['school-1/2026-03/lpg//', 'carrier', expect.stringContaining('no CO2 factor for lpg')],
      ['school-1/2026-03/petrol//', 'carrier', expect.stringContaining('no CO2 factor for petrol')],
    ])
  })

  it('of heat by area stay m², and never become energy', () => {
    const part = monthOfMeters(
      [],
      {},
      { bills: [bill({ carrier: 'heatByArea', quantity: 9000, unit: 'm²', costYuan: 1e5 })] },
    )
    expect(part).toMatchObject({ areaBilledHeatM2: 9000, heatGj: 0, energyKgce: 0, co2Kg: 0, costYuan: 1e5 })
  })

  it('of an offline meter are that meter: its month is known with its bill and unknown without', () => {
    const meters = [meter('e', {}), meter('G', { kind: 'offline', medium: 'gas', unit: 'm³', purpose: 'heating' })]
    const bills = [energyBill('gas', 100, { meter: 'G', costYuan: 300 })]
    const billed = monthOfMeters(meters, { e: 10 }, { bills })
    expect(billed).toMatchObject({ gasM3: 100, hoursExpected: 1488, hoursKnown: 1488, costYuan: 300, hoursPriced: 744 })
    expect(billed.heatingKgce).toBeCloseTo(121.43, 9)
    expect(monthOfMeters(meters, { e: 10 })).toMatchObject({ gasM3: 0, hoursExpected: 1488, hoursKnown: 744 })
  })

  it('of gas that do not come are missing where gas is billed all year, not where it may only heat', () => {
    const gas = (...months: Bill['month'][]) => months.map((month) => energyBill('gas', 100, { month }))
    const monthAfter = (bills: Bill[]) =>
      monthOfMeters([], {}, { bills, month: '2026-10', asOfMs: Date.parse('2026-10-31T16:00Z') })
    expect(monthAfter(gas('2026-03', '2026-06'))).toMatchObject({ hoursExpected: 744, hoursKnown: 0 })
    expect(monthAfter(gas('2026-03', '2026-06')).energyMissingKgce).toBeGreaterThan(0)
    expect(monthAfter(gas('2026-01', '2026-03'))).toMatchObject({ hoursExpected: 0, energyMissingKgce: 0 })
    expect(monthAfter(gas('2025-06', '2026-06'))).toMatchObject({ hoursExpected: 0, energyMissingKgce: 0 })
  })

  it('without a meter stand for a medium that nobody read', () => {
    const alone = monthOfMeters([], {}, { bills: [energyBill('electricity', 500, { costYuan: 260 })] })
    expect(alone).toMatchObject({ electricityKwh: 500, hoursExpected: 744, hoursKnown: 744, floorAreaM2: 10_000 })
    const silent = monthOfMeters([meter('e', {})], {}, { bills: [energyBill('electricity', 500)] })
    expect(silent).toMatchObject({ electricityKwh: 500, hoursExpected: 744, hoursKnown: 744 })
    const water = monthOfMeters([], {}, { bills: [bill({ carrier: 'water', unit: 't', quantity: 70 })] })
    expect(water).toMatchObject({ waterM3: 70, waterUsers: 500, floorAreaM2: null, waterHoursKnown: 744 })
  })

  it('count for the time that is not read; of the rest they only say the cost', () => {
    const bills = [energyBill('electricity', 500, { costYuan: 260 }), energyBill('heat', 5, { purpose: 'heating' })]
    const priced = { e: { amount: 480, hoursKnown: 700, yuan: 999, hoursPriced: 700 } }
    const amounts = (id: string): MeterAmount => priced[id as 'e']
    const part = monthOfMeters([meter('e', {})], {}, { bills, amounts })
    expect(part).toMatchObject({
      electricityKwh: 480 + (500 * 44) / 744,
      hoursKnown: 744 + 744,
      costYuan: 260,
      hoursPriced: 744,
      heatGj: 5,
    })
    expect(part.heatingKgce).toBeCloseTo(5 * 34.12, 9)
    const problems = billProblems({ institution, meters: [meter('e', {})], bills, month: '2026-03', amounts, sets })
    expect(problems).toMatchObject([{ record: 'school-1/2026-03/electricity//', field: 'quantity' }])
  })

  it('for charging vehicles elsewhere count beside the meters', () => {
    const part = monthOfMeters(
      [meter('e', {})],
      { e: 480 },
      { bills: [energyBill('electricity', 20, { purpose: 'transport' })] },
    )
    expect(part).toMatchObject({ electricityKwh: 500, hoursKnown: 744 })
    expect(part.transportKgce).toBeCloseTo(6.2, 9)
  })

  it('do not depend on their order, to the last bit, and add up over institutions', () => {
    const carriers = ['diesel', 'petrol', 'lpg', 'rawCoal', 'kerosene'] as const
    const some = fc.uniqueArray(
      fc.record({
        carrier: fc.constantFrom(...carriers),
        purpose: fc.constantFrom(undefined, 'heating' as const, 'transport' as const, 'special' as const),
        quantity: fc.double({ min: 0, max: 1e5, noNaN: true }),
        costYuan: fc.option(fc.double({ min: 0, max: 1e5, noNaN: true }), { nil: undefined }),
      }),
      { selector: ({ carrier, purpose }) => `${carrier}/${purpose}`, maxLength: 12 },
    )
    fc.assert(
      fc.property(some, (given) => {
        const bills = given.map(bill)
        const part = monthOfMeters([meter('e', {})], { e: 5 }, { bills })
        expect(monthOfMeters([meter('e', {})], { e: 5 }, { bills: bills.toReversed() })).toEqual(part)
        expect(part.rawCoalKg + part.petrolKg + part.keroseneKg + part.dieselKg + part.lpgKg).toBeCloseTo(
          given.reduce((sum, { quantity }) => sum + quantity, 0),
          3,
        )
        const parts = part.heatingKgce + part.specialKgce + part.transportKgce
        expect(parts).toBeLessThanOrEqual(part.quotaKgce * (1 + 1e-12))
        const twice = sumSubjects('2026-03', [part, part])
        for (const key of ['fuelsKgce', 'co2DirectKg', 'co2Kg', 'transportKgce'] as const)
          expect(twice[key]).toBe(2 * part[key])
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the cost of a month', () => {
  it('is what main meters cost less what others pay, with the bills; null when nothing has a price', () => {
    const meters = [meter('e', {}), meter('let', { role: 'exclude' }), meter('w', { medium: 'water', unit: 'm³' })]
    const costs: Record<string, MeterAmount> = {
      e: { amount: 100, hoursKnown: 744, yuan: 80, hoursPriced: 700 },
      let: { amount: 10, hoursKnown: 744, yuan: 8, hoursPriced: 744 },
      w: { amount: 5, hoursKnown: 744 },
    }
    const part = monthOfMeters(meters, {}, { amounts: (id) => costs[id], bills: [bill({ costYuan: 700 })] })
    expect(part).toMatchObject({ costYuan: 772, hoursPriced: 700, hoursExpected: 1488 })
    expect(monthOfMeters(meters, { e: 1 })).toMatchObject({ costYuan: null, hoursPriced: 0 })
  })
})

describe('own generation', () => {
  it('stands apart from what is purchased, and an inverter below its meter counts once', () => {
    const meters = [
      meter('e', {}),
      meter('pv', { role: 'generation', parent: 'e' }),
      meter('inverter', { role: 'generation', parent: 'pv' }),
      meter('out', { role: 'generation', purpose: 'export', parent: 'pv' }),
    ]
    const part = monthOfMeters(meters, { e: 900, pv: 300, inverter: 290, out: 100 })
    expect(part).toMatchObject({
      electricityKwh: 900,
      generationKwh: 300,
      exportedKwh: 100,
      generationHoursExpected: 744,
      generationHoursKnown: 744,
      hoursExpected: 744,
    })
  })
})
