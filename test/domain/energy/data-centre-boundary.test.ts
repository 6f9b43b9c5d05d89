// Which meters bound PUE and EUE: the sub-item codes unless the registry names others, and each apart.

import { expect, it, test } from 'vitest'
import { centreBoundaries, hasDataCentre, namedMeters } from '../../../domain/energy/data-centre-boundary.ts'
import { type Meter, meterSchema } from '../../../domain/registry/records.ts'

const meter = (id: string, more: Partial<Meter> = {}): Meter =>
  meterSchema.parse({ id, institution: 'I', gateway: 'G', medium: 'electricity', unit: 'kWh', role: 'sub', ...more })
const METERS = [
  meter('DC', { purpose: '01D10' }),
  meter('DC-part', { purpose: '01D10', parent: 'DC' }),
  meter('IT', { purpose: '01D1A' }),
  meter('UPS'),
  meter('ROOM'),
  meter('CHECK', { role: 'check', purpose: '01D10' }),
  meter('W', { medium: 'water', unit: 'm³' }),
]

it.each([
  {
    name: 'nothing registered',
    named: {},
    pue: { basis: 'codes', total: ['DC'], it: ['IT'] },
    eue: { basis: 'asPue', total: ['DC'], it: ['IT'] },
  },
  {
    name: 'a boundary of the EUE alone',
    named: { eueTotal: ['ROOM', '01D10'], eueIt: ['UPS'] },
    pue: { basis: 'codes', total: ['DC'], it: ['IT'] },
    eue: { basis: 'registered', total: ['ROOM', 'DC'], it: ['UPS'] },
  },
  {
    name: 'a boundary of the PUE alone, which the EUE is assumed to share',
    named: { pueTotal: ['ROOM'], pueIt: ['01D1A'] },
    pue: { basis: 'registered', total: ['ROOM'], it: ['IT'] },
    eue: { basis: 'asPue', total: ['ROOM'], it: ['IT'] },
  },
])('with $name', ({ named, pue, eue }) => {
  expect(centreBoundaries(named, METERS)).toEqual({ pue, eue })
})

test('a name is an electricity meter or the purpose of one, and otherwise nothing', () => {
  expect(['W', 'nobody', 'CHECK'].map((name) => namedMeters(name, METERS).map(({ id }) => id))).toEqual([
    [],
    [],
    ['CHECK'],
  ])
})

test.each([
  { name: 'a meter with a code of its equipment', named: {}, meters: [meter('COOL', { purpose: '01D1B' })], has: true },
  {
    name: 'meters without a code that its record names',
    named: { pueTotal: ['ROOM'], pueIt: ['UPS'] },
    meters: [meter('ROOM'), meter('UPS')],
    has: true,
  },
  { name: 'other meters alone', named: {}, meters: [meter('ROOM'), meter('LIGHT', { purpose: '01A' })], has: false },
  { name: 'a named meter that is not its own', named: { pueTotal: ['ROOM'], pueIt: ['UPS'] }, meters: [], has: false },
])('an institution with $name: $has', ({ named, meters, has }) => {
  expect(hasDataCentre(named, meters)).toBe(has)
})
