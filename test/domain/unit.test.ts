// Register units: which measure a medium, and that converting is exact.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MEDIA } from '../../domain/medium.ts'
import { amountUnit, convert, factorToAmount, isUnitOf, registerUnits } from '../../domain/unit.ts'

describe('convert', () => {
  it.each([
    { value: 123.456, from: 'MWh', to: 'kWh', want: 123456 },
    { value: 1, from: 'Wh', to: 'kWh', want: 0.001 },
    { value: 7, from: 'Wh', to: 'kWh', want: 0.007 },
    { value: 3.6, from: 'MJ', to: 'kWh', want: 1 },
    { value: 1, from: 'GJ', to: 'kWh', want: 2500 / 9 },
    { value: 1, from: 'MWh', to: 'GJ', want: 3.6 },
    { value: 1234, from: 'L', to: 'm³', want: 1.234 },
    { value: 1.5, from: 'm3', to: 'm³', want: 1.5 },
    { value: 1, from: 'm³', to: 'kWh', want: undefined },
    { value: 1, from: 'kWh', to: 'L', want: undefined },
    { value: 1, from: 'kwh', to: 'kWh', want: undefined },
    { value: 1, from: 'constructor', to: 'kWh', want: undefined },
    { value: 1, from: '', to: '', want: undefined },
    { value: 1e308, from: 'MWh', to: 'Wh', want: Number.POSITIVE_INFINITY },
  ])('reads $value $from as $want $to', ({ value, from, to, want }) => {
    expect(convert(value, from, to)).toBe(want)
  })

  it('comes back to the value it started from, to the last bits', () => {
    const energy = fc.constantFrom('Wh', 'kWh', 'MWh', 'MJ', 'GJ')
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), energy, energy, (value, from, to) => {
        const back = convert(convert(value, from, to) ?? Number.NaN, to, from) ?? Number.NaN
        expect(Math.abs(back - value)).toBeLessThanOrEqual(4 * Number.EPSILON * value)
      }),
    )
  })
})

describe('factorToAmount', () => {
  it.each([
    { unit: 'MWh', medium: 'electricity', want: 1000 },
    { unit: 'Wh', medium: 'electricity', want: 0.001 },
    { unit: 'kWh', medium: 'heat', want: 0.0036 },
    { unit: 'MJ', medium: 'heat', want: 0.001 },
    { unit: 'L', medium: 'water', want: 0.001 },
    { unit: 'm3', medium: 'gas', want: 1 },
    { unit: 'GJ', medium: 'electricity', want: undefined },
    { unit: 'kWh', medium: 'water', want: undefined },
  ] as const)('is $want for $unit of $medium', ({ unit, medium, want }) => {
    expect(factorToAmount(unit, medium)).toBe(want)
  })

  it('is known for every unit of every medium, and 1 for the amount unit', () => {
    for (const medium of MEDIA) {
      expect(isUnitOf(amountUnit(medium), medium)).toBe(true)
      expect(factorToAmount(amountUnit(medium), medium)).toBe(1)
      for (const unit of registerUnits(medium)) expect(factorToAmount(unit, medium)).toBeGreaterThan(0)
    }
  })
})
