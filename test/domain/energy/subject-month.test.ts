// Holds areas to being the sum of their children, and a year to twelve months.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Month, monthRange, monthsThrough } from '../../../domain/calendar.ts'
import { standardsOn } from '../../../domain/energy/conversion.ts'
import { institutionMonth } from '../../../domain/energy/institution-month.ts'
import { byMonth, rollingYear, type SubjectMonth, sumSubjects } from '../../../domain/energy/subject-month.ts'
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
  meterSchema.parse({ id, institution: 'school-1', gateway: 'g', medium: 'electricity', unit: 'kWh', ...of })

function monthOfMeters(meters: Meter[], amounts: Record<string, number>, of = institution): SubjectMonth {
  return institutionMonth({
    institution: of,
    meters,
    month: '2026-03',
    asOfMs: march.toMs,
    amounts: (id) => (id in amounts ? { amount: amounts[id], hoursKnown: 744 } : undefined),
    sets,
  })
}

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
    const other = monthOfMeters([meter('e', {})], { e: 9000 }, unsized)
    const sum = sumSubjects('2026-03', [base, other])
    expect(sum.energyKgce).toBeCloseTo(10_000 * 0.1229, 9)
    expect(sum.floorAreaM2).toBe(20_000)
    expect(sum.energyUsers).toBe(500)
    expect(sum.energyKgceWithUsers).toBeCloseTo(1000 * 0.1229, 9)
  })

  it('adds costs as far as they are known, and billed areas', () => {
    const priced = { ...base, costYuan: 50, areaBilledHeatM2: 300 }
    const sum = sumSubjects('2026-03', [priced, base, priced])
    expect([sum.costYuan, sum.areaBilledHeatM2, base.costYuan]).toEqual([100, 600, null])
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
  const year = (first: Month, last: Month, change: (month: Month) => Partial<SubjectMonth> = () => ({})) =>
    byMonth(monthsThrough(first, last).map((month) => ({ ...base, month, ...change(month) })))
  const endOf = (month: Month) => monthRange(month).toMs

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

  it('is unknown with eleven months, or when no hour is known', () => {
    expect(rollingYear(year('2025-02', '2025-12'), endOf('2025-12'), 'energy')).toBeNull()
    const silent = year('2025-01', '2025-12', () => ({ waterHoursKnown: 0, hoursKnown: 744 }))
    expect(rollingYear(silent, endOf('2025-12'), 'water')).toBeNull()
    expect(rollingYear(silent, endOf('2025-12'), 'energy')).not.toBeNull()
  })

  it('weighs sizes by time, and has none when a month has none', () => {
    const grown = year('2025-01', '2025-12', (month) => ({ floorAreaM2: month < '2025-07' ? 1000 : 2000 }))
    expect(rollingYear(grown, endOf('2025-12'), 'energy')?.floorAreaM2).toBeCloseTo((1000 * 181 + 2000 * 184) / 365, 6)
    const gap = year('2025-01', '2025-12', (month) => (month === '2025-02' ? { energyUsers: null } : {}))
    expect(rollingYear(gap, endOf('2025-12'), 'energy')?.energyUsers).toBeNull()
  })

  it('adds costs as far as they are known, and takes the largest area that heat was billed for', () => {
    const priced = year('2025-01', '2025-12', (month) => ({
      costYuan: month < '2025-04' ? 100 : null,
      areaBilledHeatM2: month < '2025-04' ? 8000 : 0,
    }))
    expect(rollingYear(priced, endOf('2025-12'), 'energy')).toMatchObject({ costYuan: 300, areaBilledHeatM2: 8000 })
    expect(rollingYear(year('2025-01', '2025-12'), endOf('2025-12'), 'energy')?.costYuan).toBeNull()
  })

  it('refuses a month that is given twice', () => {
    expect(() => byMonth([base, base])).toThrow(new RangeError('the month 2026-03 is given twice'))
  })
})
