// Holds virtual meters to being the sum of their parts, never better known than the worst of them.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_HOUR } from '../../../domain/hours.ts'
import { type Meter, meterSchema } from '../../../domain/registry/records.ts'
import {
  type FlaggedHours,
  formulaFindings,
  virtualHours,
  virtualMeters,
} from '../../../domain/registry/virtual-meter.ts'
import { HOUR_FLAGS } from '../../../domain/settle/settle.ts'

const read = (id: string, of: Partial<Meter> = {}): Meter =>
  meterSchema.parse({ id, institution: 'i', gateway: 'g', medium: 'electricity', unit: 'kWh', role: 'sub', ...of })
const virtual = (id: string, formula: Record<string, number>, of: Partial<Meter> = {}): Meter =>
  meterSchema.parse({
    id,
    institution: 'i',
    medium: 'electricity',
    unit: 'kWh',
    role: 'sub',
    kind: 'virtual',
    formula: Object.entries(formula).map(([meter, factor]) => ({ meter, factor })),
    ...of,
  })
const hours = (amounts: number[], flags = amounts.map(() => 0)): FlaggedHours => ({
  amounts: Float64Array.from(amounts),
  flags: Uint8Array.from(flags),
})

describe('the hours of a virtual meter', () => {
  const flag = (name: (typeof HOUR_FLAGS)[number]) => HOUR_FLAGS.indexOf(name)
  const parts = new Map([
    ['a', hours([10, 20, Number.NaN, 40], [flag('measured'), flag('estimated'), flag('reset'), flag('measured')])],
    ['b', hours([1, 2, 3, 4], [flag('measured'), flag('partial'), flag('measured'), NO_HOUR])],
  ])
  const formula = [
    { meter: 'a', factor: 1 },
    { meter: 'b', factor: -2 },
  ]

  it('are the sum by factor, null where a part is null, and flagged as the worst', () => {
    const made = virtualHours(formula, 4, (id) => parts.get(id))
    expect([...made.amounts]).toEqual([8, 16, Number.NaN, 32])
    expect([...made.flags]).toEqual([flag('measured'), flag('partial'), flag('reset'), NO_HOUR])
  })

  it('are unknown where a part has none', () => {
    const made = virtualHours(formula, 2, (id) => (id === 'a' ? parts.get(id) : undefined))
    expect([...made.amounts]).toEqual([Number.NaN, Number.NaN])
    expect([...made.flags]).toEqual([NO_HOUR, NO_HOUR])
  })

  it('of a sum equal the sums of the parts, and a sum of sums equals the flat sum', () => {
    const series = fc.array(fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.constant(Number.NaN)), {
      minLength: 24,
      maxLength: 24,
    })
    const flags = fc.array(fc.nat(HOUR_FLAGS.length - 1), { minLength: 24, maxLength: 24 })
    fc.assert(
      fc.property(fc.array(fc.tuple(series, flags), { minLength: 2, maxLength: 5 }), (given) => {
        const of = new Map(given.map(([amounts, worst], index) => [String(index), hours(amounts, worst)]))
        const sumOf = (ids: string[]) => ids.map((meter) => ({ meter, factor: 1 }))
        const ids = [...of.keys()]
        const flat = virtualHours(sumOf(ids), 24, (id) => of.get(id))
        of.set(
          'inner',
          virtualHours(sumOf(ids.slice(1)), 24, (id) => of.get(id)),
        )
        const nested = virtualHours(sumOf([ids[0], 'inner']), 24, (id) => of.get(id))
        expect(nested).toEqual(flat)
        flat.amounts.forEach((amount, hour) => {
          const values = given.map(([amounts]) => amounts[hour])
          expect(amount).toBe(values.reduce((sum, value) => sum + value, 0))
          expect(flat.flags[hour]).toBe(Math.max(...given.map(([, worst]) => worst[hour])))
        })
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the order of virtual meters', () => {
  it('puts each after its parts, and leaves out cycles with all that is made of them', () => {
    const meters = [
      virtual('outer', { inner: 1, a: 1 }),
      virtual('inner', { a: 1, b: -1 }),
      read('a'),
      read('b'),
      virtual('x', { y: 1 }),
      virtual('y', { x: 1 }),
      virtual('z', { x: 1, a: 1 }),
    ]
    expect(virtualMeters(meters).map(({ id }) => id)).toEqual(['inner', 'outer'])
  })
})

describe('a formula', () => {
  it.each<{ name: string; meters: Meter[]; want: [id: string, field: string, reason: string][] }>([
    { name: 'sound', meters: [read('a'), virtual('v', { a: 1 }), virtual('w', { v: 2 })], want: [] },
    {
      name: 'on a cycle, naming every member',
      meters: [virtual('x', { y: 1 }), virtual('y', { z: 1 }), virtual('z', { x: 1 })],
      want: ['x', 'y', 'z'].map((id) => [id, 'formula', '"x", "y", "z" are made of one another']),
    },
    { name: 'of itself', meters: [virtual('x', { x: 1 })], want: [['x', 'formula', '"x" are made of one another']] },
    {
      name: 'of an unknown meter',
      meters: [virtual('v', { q: 1 })],
      want: [['v', 'formula', '"q" is not registered']],
    },
    {
      name: "of another institution's meter",
      meters: [read('a', { institution: 'j' }), virtual('v', { a: 1 })],
      want: [['v', 'formula', 'at institution "j"']],
    },
    {
      name: 'of another medium',
      meters: [read('w', { medium: 'water', unit: 'm³' }), virtual('v', { w: 1 })],
      want: [['v', 'formula', 'counts water, this one electricity']],
    },
    {
      name: 'of a meter without hours',
      meters: [read('o', { kind: 'offline', gateway: undefined }), virtual('v', { o: 1 })],
      want: [['v', 'formula', 'offline']],
    },
    {
      name: 'that counts a main meter once more, through another virtual one',
      meters: [read('m', { role: 'main' }), virtual('v', { m: 1 }), virtual('w', { v: 1 }, { role: 'main' })],
      want: [['w', 'role', 'counts meter "m", which counts as main already']],
    },
  ])('is found $name', ({ meters, want }) => {
    const found = [...formulaFindings(meters)].flatMap(([id, list]) => list.map((one) => [id, ...one]))
    expect(found).toEqual(want.map(([id, field, reason]) => [id, field, expect.stringContaining(reason)]))
  })

  it('names a part twice', () => {
    const twice = { ...virtual('v', { a: 1 }), formula: ['a', 'a'].map((meter) => ({ meter, factor: 1 })) }
    expect(formulaFindings([read('a'), twice]).get('v')).toEqual([['formula', 'names meter "a" twice']])
  })
})
