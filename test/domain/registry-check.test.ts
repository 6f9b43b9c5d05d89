// What must hold between records of the registry, one row for each thing that can be wrong.

import { describe, expect, it } from 'vitest'
import {
  type Area,
  type Gateway,
  type Institution,
  type Meter,
  meterSchema,
  type Quota,
  quotaSchema,
  type Registry,
  type Target,
  targetSchema,
} from '../../domain/registry.ts'
import { checkRegistry, shardOf } from '../../domain/registry-check.ts'

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
        ['quotas', 'S|education|||||waterPerCapita|2020-01-01', 'validTo', '2024-01-01 begins before 2024-06-01'],
        ['quotas', 'S|education|||||waterPerCapita|2024-01-01', 'validFrom', 'registered twice'],
        ['quotas', 'S|education|||||waterPerCapita|2026-01-01', 'validTo', 'not after validFrom'],
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
