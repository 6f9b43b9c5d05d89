// Holds warnings to naming the institution and the field that results will lack.

import { expect, it } from 'vitest'
import { warnRegistry } from '../../../domain/import/warning.ts'
import { institutionSchema, type Meter, meterSchema } from '../../../domain/registry/records.ts'

const institution = (of: object) =>
  institutionSchema.parse({
    id: 'i',
    name: 'i',
    area: 'a',
    type: 'other',
    sizes: [{ validFrom: '2020-01-01', floorAreaM2: 100, ...of }],
  })
const meter = (of: Partial<Meter>): Meter =>
  meterSchema.parse({ id: 'm', institution: 'i', gateway: 'g', medium: 'electricity', unit: 'kWh', ...of })

it.each([
  { name: 'people', of: {}, meters: [meter({})], fields: ['energyUsers'] },
  {
    name: 'the heated area',
    of: { energyUsers: 1 },
    meters: [meter({ purpose: 'heating' })],
    fields: ['heatedAreaM2'],
  },
  {
    name: 'the special area',
    of: { energyUsers: 1 },
    meters: [meter({ purpose: '01D10' })],
    fields: ['specialAreaM2'],
  },
  { name: 'nothing', of: { energyUsers: 1 }, meters: [meter({})], fields: [] },
  { name: 'nothing without meters', of: {}, meters: [], fields: [] },
])('an institution lacks $name', ({ of, meters, fields }) => {
  const warnings = warnRegistry({ institutions: [institution(of)], meters })
  expect(warnings.map(({ kind, id, index, field }) => [kind, id, index, field])).toEqual(
    fields.map((field) => ['institutions', 'i', 0, field]),
  )
})
