// Holds warnings to naming the institution and the field that results will lack.

import { expect, it } from 'vitest'
import { warnRegistry } from '../../../domain/import/warning.ts'
import { withParents } from '../../../domain/registry/area.ts'
import { type Area, institutionSchema, type Meter, meterSchema } from '../../../domain/registry/records.ts'

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
  const warnings = warnRegistry({ areas: [], institutions: [institution(of)], meters })
  expect(warnings.map(({ kind, id, index, field }) => [kind, id, index, field])).toEqual(
    fields.map((field) => ['institutions', 'i', 0, field]),
  )
})

it('a credit code has a mistyped character', () => {
  const mistyped = { ...institution({ energyUsers: 1 }), creditCode: '91350100M000100Y44' }
  const [warning, ...more] = warnRegistry({ areas: [], institutions: [mistyped], meters: [] })
  expect(warning).toMatchObject({ id: 'i', field: 'creditCode' })
  expect(warning?.reason).toBe(
    '"91350100M000100Y44" ends in 4; by its other characters it would end in 3: look for a mistyped character',
  )
  expect(more).toEqual([])
})

const AREAS: Record<string, Area> = {
  province: { code: '130000', name: 'p', level: 'province' },
  city: { code: '130100', name: 'c', level: 'city' },
  county: { code: '130102', name: 'k', level: 'county' },
  far: { code: '140105', name: 'f', level: 'county' },
  own: { code: 'K1', name: 'o', level: 'county' },
  other: { code: 'P', name: 'q', level: 'province' },
  sichuan: { code: '510000', name: 's', level: 'province' },
}
it.each([
  { name: 'a county, its city and its province', of: ['province', 'city', 'county'], area: '130102', want: [] },
  { name: 'a county and its province', of: ['province', 'county'], area: '130102', want: [] },
  { name: 'a county alone', of: ['county'], area: '130102', want: ['i area'] },
  { name: 'a county and its city', of: ['city', 'county'], area: '130102', want: ['i area'] },
  { name: 'a county of elsewhere', of: ['province', 'far'], area: '140105', want: ['140105 parent', 'i area'] },
  { name: 'codes of a data set of its own', of: ['own'], area: 'K1', want: [] },
  { name: 'two roots of such codes', of: ['own', 'other'], area: 'K1', want: ['K1 parent'] },
  { name: 'a province without a factor', of: ['sichuan'], area: '510000', want: ['510000 code'] },
])('the areas are $name: warned of $want', ({ of, area, want }) => {
  const areas = withParents(of.map((key) => AREAS[key]))
  const one = { ...institution({ energyUsers: 1 }), area }
  expect(warnRegistry({ areas, institutions: [one], meters: [] }).map(({ id, field }) => `${id} ${field}`)).toEqual(
    want,
  )
})
