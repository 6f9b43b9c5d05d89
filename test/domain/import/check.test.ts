// What must hold between records of the registry, one row for each thing that can be wrong.

import { describe, expect, it } from 'vitest'
import { type Bill, billSchema } from '../../../domain/energy/bill.ts'
import { type Tariff, tariffSchema } from '../../../domain/energy/tariff.ts'
import { checkRegistry, shardOf } from '../../../domain/import/check.ts'
import type { Registry } from '../../../domain/import/registry.ts'
import {
  type Area,
  type Gateway,
  type Institution,
  type Meter,
  meterSchema,
  type Target,
  targetSchema,
} from '../../../domain/registry/records.ts'
import { type Quota, quotaSchema } from '../../../domain/standards/quota.ts'

const area = (code: string, level: Area['level'], parent?: string): Area => ({ code, name: code, level, parent })
const institution = (id: string, inArea: string, ...dates: string[]): Institution => ({
  id,
  name: id,
  area: inArea,
  type: 'education',
  sizes: (dates.length > 0 ? dates : ['2020-01-01']).map((validFrom) => ({ validFrom, floorAreaM2: 1 })),
})
const gateway = (id: string, at: string): Gateway => ({ id, institution: at })
const meter = (id: string, more: Partial<Meter> = {}): Meter => ({
  ...meterSchema.parse({ id, institution: 'I1', gateway: 'G1', medium: 'electricity', unit: 'kWh' }),
  ...more,
})
const target = (subject: string): Target =>
  targetSchema.parse({
    subject,
    indicator: 'energy',
    baseYear: 2020,
    endYear: 2025,
    years: { 2025: 1 },
    source: 'test',
  })
const quota = (validFrom: string, more: Partial<Quota> = {}): Quota => ({
  ...quotaSchema.parse({
    standard: 'S',
    type: 'education',
    indicator: 'waterPerCapita',
    constraint: 3,
    benchmark: 2,
    guide: 1,
    validFrom,
    source: 'test',
  }),
  ...more,
})

const virtual = (id: string, parts: string[], more: Partial<Meter> = {}): Meter =>
  meter(id, {
    kind: 'virtual',
    role: 'sub',
    gateway: undefined,
    formula: parts.map((part) => ({ meter: part, factor: 1 })),
    ...more,
  })
const tariff = (validFrom: string, more: Partial<Tariff> = {}): Tariff =>
  tariffSchema.parse({
    subject: '13',
    medium: 'electricity',
    validFrom,
    periods: [{ name: 'flat', fromHour: 0, toHour: 24, yuanPerUnit: 1 }],
    ...more,
  })
const bill = (more: Partial<Bill>): Bill =>
  billSchema.parse({ institution: 'I1', carrier: 'diesel', month: '2026-03', quantity: 1, unit: 'kg', ...more })

const SOUND: Registry = {
  areas: [
    area('13', 'province'),
    area('1301', 'city', '13'),
    area('130102', 'county', '1301'),
    area('1302', 'city', '13'),
  ],
  institutions: [institution('I1', '130102', '2020-01-01', '2024-01-01'), institution('I2', '1302')],
  gateways: [gateway('G1', 'I1'), gateway('G2', 'I2')],
  meters: [meter('E1'), meter('E2', { role: 'sub', parent: 'E1' }), meter('W1', { medium: 'water', unit: 'm3' })],
  targets: [target('13'), target('I1')],
  quotas: [quota('2020-01-01', { validTo: '2024-01-01' }), quota('2024-01-01'), quota('2026-01-01')],
  tariffs: [
    tariff('2020-01-01', { validTo: '2024-01-01' }),
    tariff('2024-01-01'),
    tariff('2021-01-01', { subject: 'I1' }),
  ],
  bills: [bill({}), bill({ purpose: 'transport' }), bill({ month: '2026-04' })],
}

describe('checkRegistry', () => {
  it('finds nothing in a sound registry', () => {
    expect(checkRegistry(SOUND)).toEqual([])
  })

  it.each<{
    name: string
    change: Partial<Registry>
    want: [kind: string, id: string, field: string, reason: string][]
  }>([
    {
      name: 'an area twice',
      change: { areas: [...SOUND.areas, area('1302', 'city', '13')] },
      want: [['areas', '1302', 'code', 'registered twice']],
    },
    {
      name: 'an area whose parent is unknown',
      change: { areas: [...SOUND.areas, area('99', 'city', '98')] },
      want: [['areas', '99', 'parent', '"98" is not registered']],
    },
    {
      name: 'areas within themselves, and one that leads there',
      change: {
        areas: [
          ...SOUND.areas,
          area('c', 'city', 'a'),
          area('a', 'city', 'b'),
          area('b', 'city', 'a'),
          area('d', 'city', 'd'),
        ],
      },
      want: [
        ['areas', 'a', 'parent', 'within itself'],
        ['areas', 'b', 'parent', 'within itself'],
        ['areas', 'd', 'parent', 'within itself'],
      ],
    },
    {
      name: 'an institution in an unknown area',
      change: { institutions: [...SOUND.institutions, institution('I3', '99')] },
      want: [['institutions', 'I3', 'area', '"99" is not registered']],
    },
    {
      name: 'an institution in a city that has counties',
      change: { institutions: [...SOUND.institutions, institution('I3', '1301')] },
      want: [['institutions', 'I3', 'area', 'name the county']],
    },
    {
      name: 'an institution named like an area',
      change: { institutions: [...SOUND.institutions, institution('1302', '1302')] },
      want: [['institutions', '1302', 'id', 'code as well']],
    },
    {
      name: 'two sizes from one date',
      change: {
        institutions: [...SOUND.institutions, institution('I3', '1302', '2021-01-01', '2022-01-01', '2021-01-01')],
      },
      want: [['institutions', 'I3', 'validFrom', 'two sizes are valid from 2021-01-01']],
    },
    {
      name: 'a gateway at an unknown institution, and twice',
      change: { gateways: [...SOUND.gateways, gateway('G3', 'I9'), gateway('G3', 'I9')] },
      want: [
        ['gateways', 'G3', 'institution', '"I9" is not registered'],
        ['gateways', 'G3', 'id', 'registered twice'],
        ['gateways', 'G3', 'institution', '"I9" is not registered'],
      ],
    },
    {
      name: 'a meter of which nothing is known',
      change: { meters: [meter('E9', { institution: 'I9', gateway: 'G9', parent: 'E8', unit: 'GJ' })] },
      want: [
        ['meters', 'E9', 'institution', '"I9" is not registered'],
        ['meters', 'E9', 'gateway', '"G9" is not registered'],
        ['meters', 'E9', 'parent', '"E8" is not registered'],
        ['meters', 'E9', 'unit', 'not a unit of electricity'],
      ],
    },
    {
      name: "a meter at another institution's gateway",
      change: { meters: [meter('E1', { gateway: 'G2' })] },
      want: [['meters', 'E1', 'gateway', 'at institution "I2"']],
    },
    {
      name: 'a meter behind one of another medium and institution',
      change: {
        meters: [
          meter('E1'),
          meter('W1', { medium: 'water', unit: 'L', institution: 'I2', gateway: 'G2', parent: 'E1' }),
        ],
      },
      want: [
        ['meters', 'W1', 'parent', 'counts electricity, this one water'],
        ['meters', 'W1', 'parent', 'at institution "I1"'],
      ],
    },
    {
      name: 'meters behind themselves',
      change: { meters: [meter('A', { parent: 'B' }), meter('B', { parent: 'C' }), meter('C', { parent: 'A' })] },
      want: [
        ['meters', 'A', 'parent', 'behind itself'],
        ['meters', 'B', 'parent', 'behind itself'],
        ['meters', 'C', 'parent', 'behind itself'],
      ],
    },
    {
      name: 'meters behind themselves, by every name',
      change: { meters: [meter('A', { parent: 'B' }), meter('B', { parent: 'A' })] },
      want: ['A', 'B'].map((id) => ['meters', id, 'parent', `meter "${id}" lies behind itself: "A", "B"`]),
    },
    {
      name: 'virtual meters of one another, in another unit, of an unknown part, and counted twice',
      change: {
        meters: [
          meter('M'),
          virtual('A', ['B']),
          virtual('B', ['A'], { unit: 'MWh' }),
          virtual('C', ['Z']),
          virtual('D', ['M'], { role: 'main' }),
        ],
      },
      want: [
        ['meters', 'A', 'formula', '"A", "B" are made of one another'],
        ['meters', 'B', 'formula', '"A", "B" are made of one another'],
        ['meters', 'B', 'unit', 'a virtual meter counts in kWh'],
        ['meters', 'C', 'formula', '"Z" is not registered'],
        ['meters', 'D', 'role', 'counts meter "M", which counts as main already'],
      ],
    },
    {
      name: 'an export meter that generates nothing',
      change: { meters: [meter('E1', { purpose: 'export' })] },
      want: [['meters', 'E1', 'purpose', 'role generation']],
    },
    {
      name: 'a special area that leaves nothing of the floor area',
      change: {
        institutions: [
          {
            ...institution('I3', '1302'),
            sizes: [
              { validFrom: '2020-01-01', floorAreaM2: 100, specialAreaM2: 60 },
              { validFrom: '2022-01-01', floorAreaM2: 50 },
            ],
          },
          ...SOUND.institutions,
        ],
      },
      want: [['institutions', 'I3', 'specialAreaM2', '60 m² of 50 m² from 2022-01-01']],
    },
    {
      name: 'tariffs of nobody, that overlap, repeat and end before they begin',
      change: {
        tariffs: [
          tariff('2020-01-01', { validTo: '2024-06-01' }),
          tariff('2024-01-01'),
          tariff('2024-01-01'),
          tariff('2026-01-01', { validTo: '2025-01-01' }),
          tariff('2021-01-01', { subject: '99' }),
        ],
      },
      want: [
        ['tariffs', '13/electricity/2020-01-01', 'validTo', '2024-01-01 begins before 2024-06-01'],
        ['tariffs', '13/electricity/2024-01-01', 'validFrom', 'registered twice'],
        ['tariffs', '13/electricity/2026-01-01', 'validTo', 'not after validFrom'],
        ['tariffs', '99/electricity/2021-01-01', 'subject', 'neither an area nor an institution'],
      ],
    },
    {
      name: 'hours of a tariff with two prices or none',
      change: {
        tariffs: [
          tariff('2024-01-01', {
            periods: [
              { name: 'peak', fromHour: 8, toHour: 20, yuanPerUnit: 1 },
              { name: 'valley', fromHour: 19, toHour: 7, yuanPerUnit: 1 },
            ],
          }),
        ],
      },
      want: [
        ['tariffs', '13/electricity/2024-01-01', 'periods', 'no period holds at 07:00–08:00'],
        ['tariffs', '13/electricity/2024-01-01', 'periods', 'periods 1 (peak) and 2 (valley) both hold at 19:00–20:00'],
      ],
    },
    {
      name: 'bills of nobody, of a meter that is read, twice, in no unit of theirs, and beside an offline meter',
      change: {
        meters: [...SOUND.meters, meter('O', { kind: 'offline', gateway: undefined, medium: 'gas', unit: 'm³' })],
        bills: [
          bill({ institution: 'I9' }),
          bill({ meter: 'E1', carrier: 'electricity', unit: 'kWh' }),
          bill({}),
          bill({}),
          bill({ carrier: 'petrol', unit: 'L' }),
          bill({ carrier: 'gas', unit: 'm³' }),
          bill({ carrier: 'gas', unit: 'm³', meter: 'O' }),
          bill({ institution: 'I2', carrier: 'gas', unit: 'm³' }),
        ],
      },
      want: [
        ['bills', 'I9/2026-03/diesel//', 'institution', '"I9" is not registered'],
        ['bills', 'I1/2026-03/electricity//E1', 'meter', 'not offline'],
        ['bills', 'I1/2026-03/diesel//', 'month', 'registered twice'],
        ['bills', 'I1/2026-03/petrol//', 'unit', '"L" is not a unit of petrol; use kg, t'],
        ['bills', 'I1/2026-03/gas//', 'meter', 'billed by offline meter "O"'],
      ],
    },
    {
      name: 'two replacements at one time',
      change: {
        meters: [meter('E1', { replacements: [1, 2].map((startValue) => ({ atMs: 0, finalValue: 1, startValue })) })],
      },
      want: [['meters', 'E1', 'replacements', 'two replacements at 1970']],
    },
    {
      name: 'a target of nobody, and one twice',
      change: { targets: [target('I9'), target('I1'), target('I1')] },
      want: [
        ['targets', 'I9 energy 2020-2025', 'subject', 'neither an area nor an institution'],
        ['targets', 'I1 energy 2020-2025', 'subject', 'registered twice'],
      ],
    },
    {
      name: 'quotas that overlap, repeat and end before they begin',
      change: {
        quotas: [
          quota('2020-01-01', { validTo: '2024-06-01' }),
          quota('2024-01-01'),
          quota('2024-01-01'),
          quota('2026-01-01', { validTo: '2025-01-01' }),
          quota('2021-01-01', { level: 'county' }),
        ],
      },
      want: [
        ['quotas', 'education waterPerCapita|2024-01-01', 'validFrom', 'is given twice from 2024-01-01'],
        ['quotas', 'education waterPerCapita|2024-01-01', 'validFrom', 'rows overlap, 2020-01-01 to 2024-06-01'],
        ['quotas', 'education waterPerCapita|2026-01-01', 'validFrom', 'no later than it begins'],
      ],
    },
  ])('finds $name', ({ change, want }) => {
    const problems = checkRegistry({ ...SOUND, ...change })
    expect(problems.map(({ kind, id, field, reason }) => [kind, id, field, reason])).toEqual(
      want.map(([kind, id, field, reason]) => [kind, id, field, expect.stringContaining(reason)]),
    )
  })

  it('walks a long chain of meters once', () => {
    const meters = Array.from({ length: 20_000 }, (_, index) =>
      meter(`E${index}`, { parent: index > 0 ? `E${index - 1}` : undefined }),
    )
    expect(checkRegistry({ ...SOUND, meters })).toEqual([])
  })

  it('points at the record', () => {
    expect(checkRegistry({ ...SOUND, meters: [meter('E1'), meter('E1')] })).toMatchObject([{ index: 1 }])
  })
})

describe('shardOf', () => {
  it('is the county of the institution', () => {
    expect(shardOf(institution('I1', '130102'))).toBe('130102')
  })
})
