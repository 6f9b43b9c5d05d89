// Holds dated sizes to the rule that a new value never rewrites the past.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, dateStartMs, formatInstant, monthRange } from '../../../domain/calendar.ts'
import { meanSize, sizeOn } from '../../../domain/registry/size.ts'

const sizes = [
  { validFrom: '2026-04-11', floorAreaM2: 2000 },
  { validFrom: '2025-01-01', floorAreaM2: 1000, heatedAreaM2: 800, energyUsers: 50 },
]
const nothing = { floorAreaM2: null, heatedAreaM2: null, specialAreaM2: null, energyUsers: null }

it('begins a date at local midnight', () => {
  expect(formatInstant(dateStartMs('2026-04-11'))).toBe('2026-04-11T00:00:00+08:00')
})

describe('the size on an instant', () => {
  it('is unknown before the first statement, never 0', () => {
    expect(sizeOn(sizes, dateStartMs('2025-01-01') - 1)).toEqual(nothing)
    expect(sizeOn([], 0)).toEqual(nothing)
  })

  it('changes at local midnight of the day it holds from, and a field left out holds on', () => {
    const before = { floorAreaM2: 1000, heatedAreaM2: 800, specialAreaM2: null, energyUsers: 50 }
    expect(sizeOn(sizes, dateStartMs('2026-04-11') - 1)).toEqual(before)
    expect(sizeOn(sizes, dateStartMs('2026-04-11'))).toEqual({ ...before, floorAreaM2: 2000 })
  })
})

describe('the mean size of a period', () => {
  const april = monthRange('2026-04')

  it('weighs each value by the time it held: 10 days of 1000 and 20 of 2000', () => {
    expect(meanSize(sizes, april.fromMs, april.toMs).floorAreaM2).toBeCloseTo(1666.667, 3)
  })

  it('is the value itself where nothing changes, to the last bit', () => {
    const odd = [{ validFrom: '2020-01-01', floorAreaM2: 1234.5678, energyUsers: 7.1 }]
    expect(meanSize(odd, april.fromMs, april.toMs)).toEqual({
      floorAreaM2: 1234.5678,
      heatedAreaM2: null,
      specialAreaM2: null,
      energyUsers: 7.1,
    })
  })

  it('leaves the past alone: a value of later does not change it', () => {
    const march = monthRange('2026-03')
    expect(meanSize(sizes, march.fromMs, march.toMs)).toEqual(meanSize(sizes.slice(1), march.fromMs, march.toMs))
  })

  it('gives unknown time no weight, and is null when all of it is unknown', () => {
    const late = [{ validFrom: '2026-04-21', floorAreaM2: 500 }]
    expect(meanSize(late, april.fromMs, april.toMs).floorAreaM2).toBe(500)
    expect(meanSize(late, april.fromMs, april.fromMs + 5 * DAY_MS)).toEqual(nothing)
    expect(meanSize(sizes, april.fromMs, april.fromMs)).toEqual(nothing)
  })

  it('lies between the smallest and the largest value that held', () => {
    const statement = fc.record({
      validFrom: fc
        .integer({ min: 0, max: 60 })
        .map((day) => formatInstant(april.fromMs + (day - 30) * DAY_MS).slice(0, 10)),
      floorAreaM2: fc.integer({ min: 1, max: 100_000 }),
    })
    fc.assert(
      fc.property(fc.uniqueArray(statement, { minLength: 1, selector: (row) => row.validFrom }), (rows) => {
        const mean = meanSize(rows, april.fromMs, april.toMs).floorAreaM2
        const held = rows.map((row) => row.floorAreaM2)
        if (mean === null) return
        expect(mean).toBeGreaterThanOrEqual(Math.min(...held) * (1 - 1e-9))
        expect(mean).toBeLessThanOrEqual(Math.max(...held) * (1 + 1e-9))
      }),
    )
  })
})
