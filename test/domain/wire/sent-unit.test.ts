// The unit that is kept with a reading, and the way into the register's.

import { describe, expect, it } from 'vitest'
import { CARRIERS } from '../../../domain/medium.ts'
import type { Meter } from '../../../domain/registry/records.ts'
import { inRegisterUnit } from '../../../domain/settle/sent-samples.ts'
import { markOf, numberOfUnit, ofMark, SENT_UNITS } from '../../../domain/wire/sent-unit.ts'
import { meter } from '../../functions/province.ts'

const unitsOfRegisters = new Set(
  Object.values(CARRIERS).flatMap((one) => ('registerUnits' in one ? [...one.registerUnits] : [])),
)

describe('the mark of a reading', () => {
  it('has a number for the unit of every register', () => {
    expect([...unitsOfRegisters].sort()).toEqual(SENT_UNITS.slice(1).sort())
  })
  it('gives quality and unit back, and fits a byte', () => {
    for (const quality of ['good', 'suspect', 'estimated'] as const) {
      for (const unit of [undefined, ...unitsOfRegisters]) {
        const mark = markOf({ quality, unit })
        expect(mark).toBeLessThan(256)
        expect(ofMark(mark)).toEqual(unit === undefined ? { quality } : { quality, unit })
      }
    }
  })
  it('is the number of the quality alone without a unit, as stores have it from before', () => {
    expect([0, 1, 2].map(ofMark)).toEqual([{ quality: 'good' }, { quality: 'suspect' }, { quality: 'estimated' }])
  })
  it.each([3, 7, 36, 255])('is not %i', (mark) => {
    expect(() => ofMark(mark)).toThrow(`${mark} is no mark of a reading`)
  })
  it('is none for a unit that no register has', () => {
    expect(() => markOf({ quality: 'good', unit: 'kg' })).toThrow('"kg" is no unit of a register')
    expect(() => numberOfUnit('')).toThrow(RangeError)
  })
})

describe('samples in the unit of the register', () => {
  const samples = (units: string[]) => ({
    atMs: Float64Array.from(units, (_, n) => 1_000 * (n + 1)),
    value: Float64Array.from(units, () => 2),
    unit: Uint8Array.from(units, (unit) => (unit === '' ? 0 : numberOfUnit(unit))),
  })
  const plain = ({ atMs, value }: { atMs: Float64Array; value: Float64Array }) => [[...atMs], [...value]]

  it('are those sent, and those of another unit converted', () => {
    expect(plain(inRegisterUnit(samples(['', 'kWh', 'MWh', 'Wh']), meter('M', 'A')))).toEqual([
      [1_000, 2_000, 3_000, 4_000],
      [2, 2, 2_000, 0.002],
    ])
  })
  it('leave out what does not measure the same', () => {
    expect(plain(inRegisterUnit(samples(['kWh', 'm³', '']), meter('M', 'A')))).toEqual([
      [1_000, 3_000],
      [2, 2],
    ])
  })
  it('go by the unit of their time, at the very instant of a change by the one before', () => {
    const replacements: Meter['replacements'] = [{ atMs: 2_000, finalValue: 1, startValue: 0, unit: 'MWh' }]
    const changed = meter('M', 'A', { unit: 'MWh', replacements, rows: undefined })
    const dated = { ...changed, unit: 'kWh' }
    expect(plain(inRegisterUnit(samples(['kWh', 'kWh', 'kWh', '']), dated))).toEqual([
      [1_000, 2_000, 3_000, 4_000],
      [2, 2, 0.002, 2],
    ])
  })
})
