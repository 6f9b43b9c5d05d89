// Holds the month of an institution to which meters count, areas to being the sum of their children, and a year to twelve months.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOUR_MS, monthRange, monthsThrough } from '../../domain/calendar.ts'
import { standardsOn } from '../../domain/energy.ts'
import { institutionSchema, type Meter, meterSchema } from '../../domain/registry.ts'
import { byMonth, institutionMonth, rollingYear, type SubjectMonth, sumSubjects } from '../../domain/subject.ts'

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
  meterSchema.parse({ id, institution: 'school-1', gateway: 'g', medium: 'electricity', unit: 'kWh', ...of })

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
    expect(part.quotaKgce).toBeCloseTo(1300 * 0.31, 9)
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

const base = monthOfMeters([meter('e', {}), meter('w', { medium: 'water' })], { e: 1000, w: 30 })

describe('the sum of subjects', () => {
  it('of one subject is that subject, field by field', () => {
    expect(sumSubjects('2026-03', [base])).toEqual(base)
  })

  it('keeps people and their energy together when another institution has not said its people', () => {
    const unsized = institutionSchema.parse({
      ...institution,
      sizes: [{ validFrom: '2020-01-01', floorAreaM2: 10_000 }],
    })
    const other = monthOfMeters([meter('e', {})], { e: 9000 }, { institution: unsized })
    const sum = sumSubjects('2026-03', [base, other])
    expect(sum.energyKgce).toBeCloseTo(10_000 * 0.1229, 9)
    expect(sum.floorAreaM2).toBe(20_000)
    expect(sum.energyUsers).toBe(500)
    expect(sum.energyKgceWithUsers).toBeCloseTo(1000 * 0.1229, 9)
  })

  it('of none is empty, its sizes unknown; of another month is refused', () => {
    expect(sumSubjects('2026-03', [])).toMatchObject({ energyKgce: 0, hoursExpected: 0, floorAreaM2: null })
    expect(() => sumSubjects('2026-04', [base])).toThrow(
      new RangeError('cannot add a subject of 2026-03 to the month 2026-04'),
    )
  })

  it('is the same through the counties or directly: the parent equals its children', () => {
    const amount = fc.double({ min: -1e6, max: 1e9, noNaN: true })
    const size = fc.option(fc.double({ min: 1, max: 1e6, noNaN: true }))
    const part = fc.tuple(amount, amount, size, size).map(
      ([energyKgce, waterM3, floorAreaM2, energyUsers]): SubjectMonth => ({
        ...base,
        energyKgce,
        waterM3,
        floorAreaM2,
        energyUsers,
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.array(part, { maxLength: 6 }), { maxLength: 6 }), (counties) => {
        const parent = sumSubjects(
          '2026-03',
          counties.map((children) => sumSubjects('2026-03', children)),
        )
        const direct = sumSubjects('2026-03', counties.flat())
        const scale = counties
          .flat()
          .reduce((sum, child) => sum + Math.abs(child.energyKgce) + Math.abs(child.waterM3), 1)
        expect(Math.abs(parent.energyKgce - direct.energyKgce)).toBeLessThanOrEqual(1e-9 * scale)
        expect(Math.abs(parent.waterM3 - direct.waterM3)).toBeLessThanOrEqual(1e-9 * scale)
        expect(parent.hoursExpected).toBe(direct.hoursExpected)
        expect(parent.floorAreaM2 === null).toBe(direct.floorAreaM2 === null)
        expect(parent.energyUsers ?? 0).toBeCloseTo(direct.energyUsers ?? 0, 3)
      }),
    )
  })
})

describe('the rolling year', () => {
  const year = (first: string, last: string, change: (month: string) => Partial<SubjectMonth> = () => ({})) =>
    byMonth(monthsThrough(first, last).map((month) => ({ ...base, month, ...change(month) })))
  const endOf = (month: string) => monthRange(month).toMs

  it('of a whole calendar year is that year', () => {
    const sum = rollingYear(year('2024-06', '2026-03'), endOf('2025-12'), 'energy')
    expect(sum?.electricityKwh).toBe(12_000)
    expect(sum?.floorAreaM2).toBe(10_000)
  })

  it('within a month takes the rest of that month from the year before', () => {
    const { fromMs, toMs } = march
    const partial = year('2025-03', '2026-03', (month) => (month === '2026-03' ? { electricityKwh: 250 } : {}))
    const sum = rollingYear(partial, fromMs + (toMs - fromMs) / 4, 'energy')
    expect(sum?.electricityKwh).toBeCloseTo(250 + 11 * 1000 + 750, 6)
  })

  it('is unknown with eleven months, or with a month of which no hour is known', () => {
    expect(rollingYear(year('2025-02', '2025-12'), endOf('2025-12'), 'energy')).toBeNull()
    const silent = year('2025-01', '2025-12', (month) =>
      month === '2025-07' ? { waterHoursKnown: 0, hoursKnown: 744 } : {},
    )
    expect(rollingYear(silent, endOf('2025-12'), 'water')).toBeNull()
    expect(rollingYear(silent, endOf('2025-12'), 'energy')).not.toBeNull()
  })

  it('weighs sizes by time, and has none when a month has none', () => {
    const grown = year('2025-01', '2025-12', (month) => ({ floorAreaM2: month < '2025-07' ? 1000 : 2000 }))
    expect(rollingYear(grown, endOf('2025-12'), 'energy')?.floorAreaM2).toBeCloseTo((1000 * 181 + 2000 * 184) / 365, 6)
    const gap = year('2025-01', '2025-12', (month) => (month === '2025-02' ? { energyUsers: null } : {}))
    expect(rollingYear(gap, endOf('2025-12'), 'energy')?.energyUsers).toBeNull()
  })

  it('refuses a month that is given twice', () => {
    expect(() => byMonth([base, base])).toThrow(new RangeError('the month 2026-03 is given twice'))
  })
})
