// Holds the conversion of CO2 to the factors of another month: Hebei's electricity at 0.7252 (data of 2022) until
// December 2025, at 0.6516 (2023) after it (docs/rules/facts.md#co2-of-electricity).

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Month } from '../../../domain/calendar.ts'
import { standardsOfMonth } from '../../../domain/energy/conversion.ts'
import { daysOfField, emptyDays, packDays } from '../../../domain/energy/day-amounts.ts'
import { carrierChanges, factorChange, factorMonthOf, withChange } from '../../../domain/energy/factor-change.ts'
import { type SubjectMonth, sumSubjects } from '../../../domain/energy/subject-month.ts'
import { adoptionSchema } from '../../../domain/standards/alternatives.ts'
import { tablesInForce } from '../../../domain/standards/tables.ts'

const adoptions = [
  adoptionSchema.parse({ alternative: 'JS/T 303-2026', area: '130000', validFrom: '2026-07-01', source: 's' }),
]
const tables = tablesInForce({ adoptions })
const on = (month: Month) => standardsOfMonth(month, ['130000'], { tables, retroactive: true })
const part = (month: Month, of: Partial<SubjectMonth>): SubjectMonth => ({ ...sumSubjects(month, []), ...of })

describe('CO2 by the factors of another month', () => {
  it('of 1000 kWh in March 2026 is 73.6 kg more by those of December 2025', () => {
    const march = part('2026-03', { electricityKwh: 1000, co2Kg: 651.6, co2ElectricityKg: 651.6, co2KgWithArea: 651.6 })
    const change = factorChange(march, on('2026-03'), on('2025-12'))
    expect(change.purchasedElectricity).toBeCloseTo(73.6, 9)
    const changed = withChange(march, change)
    for (const field of ['co2Kg', 'co2ElectricityKg', 'co2KgWithArea'] as const)
      expect(changed[field]).toBeCloseTo(725.2, 9)
  })

  it('of gas falls by 3 kg for 100 m³ when the target is older than JS/T 303; a fuel without an older factor stays', () => {
    const july = part('2026-07', { gasM3: 100, petrolKg: 73, co2Kg: 436.3, co2DirectKg: 436.3 })
    expect(carrierChanges(july, on('2026-07'), on('2025-12'))).toMatchObject([{ carrier: 'gas', amount: 100 }])
    expect(factorChange(july, on('2026-07'), on('2025-12')).direct).toBeCloseTo(-3, 9)
  })

  it('changes each day in proportion', () => {
    const days = emptyDays(31)
    days.co2Kg.fill(651.6 / 31)
    days.energyKgce.fill(1)
    const march = part('2026-03', { electricityKwh: 1000, co2Kg: 651.6, byDay: packDays(days) })
    const changed = withChange(march, factorChange(march, on('2026-03'), on('2025-12')))
    expect(daysOfField(changed, 'co2Kg')?.[30]).toBeCloseTo(725.2 / 31, 5)
    expect(daysOfField(changed, 'energyKgce')?.[30]).toBe(1)
  })

  it('is the same object where no factor differs', () => {
    const may = part('2025-05', { electricityKwh: 1000, co2Kg: 725.2 })
    expect(withChange(may, factorChange(may, on('2025-05'), on('2025-12')))).toBe(may)
  })

  it('of a whole is the sum of its parts', () => {
    const amounts = fc.record({
      electricityKwh: fc.double({ min: 0, max: 1e6, noNaN: true }),
      gasM3: fc.double({ min: -1e3, max: 1e5, noNaN: true }),
      heatGj: fc.double({ min: 0, max: 1e4, noNaN: true }),
      dieselKg: fc.double({ min: 0, max: 1e4, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(amounts, { minLength: 1, maxLength: 8 }), (given) => {
        const parts = given.map((one) => part('2026-08', one))
        const whole = factorChange(sumSubjects('2026-08', parts), on('2026-08'), on('2025-12'))
        const each = parts.map((one) => factorChange(one, on('2026-08'), on('2025-12')))
        for (const scope of ['direct', 'purchasedElectricity', 'purchasedHeat'] as const) {
          const sum = each.reduce((total, one) => total + one[scope], 0)
          const scale = each.reduce((total, one) => total + Math.abs(one[scope]), 1)
          expect(Math.abs(whole[scope] - sum)).toBeLessThanOrEqual(1e-9 * scale)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('is asked of December of the base year unless the target names a month', () => {
    expect(factorMonthOf({ baseYear: 2025 })).toBe('2025-12')
    expect(factorMonthOf({ baseYear: 2025, factorMonth: '2026-01' })).toBe('2026-01')
  })
})
