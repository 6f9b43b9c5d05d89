// Registry rows as people write them: English or Chinese headers, strict numbers, every refused cell named.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { billSchema } from '../../../domain/energy/bill.ts'
import { tariffSchema } from '../../../domain/energy/tariff.ts'
import { tariffPeriodSchema } from '../../../domain/energy/tariff-period.ts'
import { COLUMNS } from '../../../domain/import/columns.ts'
import { parseRows, type Row } from '../../../domain/import/file.ts'
import { REGISTRY_KINDS } from '../../../domain/import/kinds.ts'
import {
  areaSchema,
  gatewaySchema,
  institutionSchema,
  institutionSizeSchema,
  meterSchema,
  targetSchema,
} from '../../../domain/registry/records.ts'
import { quotaSchema } from '../../../domain/standards/quota.ts'

const meter = { id: 'E1', institution: 'I1', gateway: 'G1', medium: 'electricity', unit: 'kWh' }
const institution = {
  id: 'I1',
  name: '第一中学',
  area: '130102',
  type: 'education',
  validFrom: '2020-01-01',
  floorAreaM2: '1000',
}
const target = { subject: '130000', indicator: 'energy', baseYear: '2020', endYear: '2025', source: 'plan' }

describe('a meter row', () => {
  it('takes the defaults of the schema where cells are empty', () => {
    const { records, rowOf, refused } = parseRows('meters', [{ ...meter, role: '', multiplier: ' ', digits: '' }])
    expect(refused).toEqual([])
    expect(rowOf).toEqual([2])
    expect(records).toEqual([
      {
        ...meter,
        role: 'main',
        kind: 'register',
        resolution: 0.01,
        multiplier: 1,
        intervalMinutes: 60,
        stamp: 'end',
        replacements: [],
      },
    ])
  })

  it('reads every column', () => {
    const row = {
      ...meter,
      name: '总表',
      purpose: '01000',
      role: 'sub',
      parent: 'E0',
      kind: 'interval',
      resolution: '0.1',
      digits: '6',
      multiplier: '80',
      intervalMinutes: '15',
      stamp: 'start',
      replacements: '2026-03-01T10:00:00+08:00 98765.4 0; 2026-04-01T10:00:00+08:00 12 1.5',
    }
    expect(parseRows('meters', [row]).records).toEqual([
      {
        ...row,
        resolution: 0.1,
        digits: 6,
        multiplier: 80,
        intervalMinutes: 15,
        replacements: [
          { atMs: Date.UTC(2026, 2, 1, 2), finalValue: 98765.4, startValue: 0 },
          { atMs: Date.UTC(2026, 3, 1, 2), finalValue: 12, startValue: 1.5 },
        ],
      },
    ])
  })

  it.each([
    { field: 'multiplier', cell: '1,000', reason: 'not a plain number' },
    { field: 'multiplier', cell: '１０', reason: 'not a plain number' },
    { field: 'multiplier', cell: '0x10', reason: 'not a plain number' },
    { field: 'multiplier', cell: '1e999', reason: 'not a plain number' },
    { field: 'multiplier', cell: 'NaN', reason: 'not a plain number' },
    { field: 'multiplier', cell: '-1', reason: '"-1"' },
    { field: 'digits', cell: '6.5', reason: '"6.5"' },
    { field: 'medium', cell: 'steam', reason: '"steam"' },
    { field: 'medium', cell: 'constructor', reason: '"constructor"' },
    { field: 'id', cell: 'a b', reason: '"a b": must be 1 to 64' },
    { field: 'unit', cell: '  ', reason: 'is empty' },
    { field: 'name', cell: 'x'.repeat(5_000), reason: 'longer than 4096' },
    { field: 'replacements', cell: '2026-03-01 98765.4 0', reason: 'is not a list of' },
    { field: 'replacements', cell: '2026-03-01T10:00:00+08:00 98765.4', reason: 'is not a list of' },
  ])('with $field "$cell" is refused', ({ field, cell, reason }) => {
    const { records, refused } = parseRows('meters', [meter, { ...meter, id: 'E2', [field]: cell }])
    expect(records).toHaveLength(1)
    expect(refused).toEqual([{ row: 3, field, reason: expect.stringContaining(reason) }])
  })

  it('of an id that stands already is refused', () => {
    const { refused } = parseRows('meters', [meter, meter])
    expect(refused).toEqual([{ row: 3, field: 'id', reason: '"E1" stands in row 2 already' }])
  })
})

describe('a file', () => {
  it('names everything that is refused, in every row', () => {
    const rows: Row[] = [
      { ...meter, medium: 'x', multiplier: 'y' },
      { ...meter, id: 'E2' },
      { ...meter, id: '', unit: '' },
    ]
    const full = rows.map((row) => ({ multiplier: '', ...row }))
    const { records, rowOf, refused } = parseRows('meters', full)
    expect(refused.map(({ row, field }) => [row, field])).toEqual([
      [2, 'multiplier'],
      [2, 'medium'],
      [4, 'id'],
      [4, 'unit'],
    ])
    expect(records).toMatchObject([{ id: 'E2' }])
    expect(rowOf).toEqual([3])
  })

  it('leaves out empty rows and still counts them', () => {
    const empty = Object.fromEntries(Object.keys(meter).map((name) => [name, '']))
    expect(parseRows('meters', [empty, meter, empty])).toMatchObject({ rowOf: [3], refused: [] })
  })

  it('without rows holds nothing', () => {
    expect(parseRows('areas', [])).toEqual({ records: [], rowOf: [], refused: [], stated: [] })
  })

  it.each<{ name: string; extra: Row; field: string; reason: string }>([
    {
      name: 'an unknown column',
      extra: { colour: 'red' },
      field: 'colour',
      reason: 'unknown column "colour"; areas have code, name',
    },
    { name: 'a column twice', extra: { 区划代码: '1' }, field: '区划代码', reason: 'both mean code' },
    { name: 'a column of objects', extra: { constructor: '1' }, field: 'constructor', reason: 'unknown column' },
  ])('with $name is refused', ({ extra, field, reason }) => {
    const row = { code: '13', name: '河北省', level: 'province', ...extra }
    const { records, refused } = parseRows('areas', [row])
    expect(records).toEqual([])
    expect(refused).toEqual([{ row: 1, field, reason: expect.stringContaining(reason) }])
  })

  it('without its required columns names each', () => {
    expect(parseRows('areas', [{ code: '13' }]).refused).toEqual([
      { row: 1, field: 'name', reason: 'required column name (名称) is missing' },
      { row: 1, field: 'level', reason: 'required column level (级别) is missing' },
    ])
  })

  it('takes a byte order mark and columns without a header as spreadsheets leave them', () => {
    const row = { '\uFEFFcode': '13', name: '河北省', level: 'province', '': '' }
    expect(parseRows('areas', [row])).toMatchObject({ records: [{ code: '13' }], refused: [] })
  })

  it('speaks Chinese', () => {
    const row = {
      机构编码: 'I1',
      机构名称: '第一中学',
      行政区划代码: '130102',
      机构类型: '教育',
      生效日期: '2024-01-01',
      '建筑面积（m²）': '12000.5',
      用能人数: '800',
    }
    expect(parseRows('institutions', [row]).records).toEqual([
      {
        id: 'I1',
        name: '第一中学',
        area: '130102',
        type: 'education',
        sizes: [{ validFrom: '2024-01-01', floorAreaM2: 12000.5, energyUsers: 800 }],
      },
    ])
  })

  it('names a refused field by its header as written', () => {
    const row = { 行政区划代码: '13', 名称: '河北省', 级别: '大' }
    expect(parseRows('areas', [row]).refused).toEqual([
      { row: 2, field: '级别', reason: expect.stringContaining('"大"') },
    ])
  })
})

describe('rows of one institution', () => {
  it('merge their sizes by date, wherever they stand', () => {
    const later = { ...institution, name: '', area: '', type: '', validFrom: '2024-09-01', floorAreaM2: '1500' }
    const other = { ...institution, id: 'I2' }
    const { records, rowOf, refused } = parseRows('institutions', [
      { ...institution, validFrom: '2022-01-01' },
      other,
      later,
      institution,
    ])
    expect(refused).toEqual([])
    expect(rowOf).toEqual([2, 3])
    expect(records[0].sizes).toEqual([
      { validFrom: '2020-01-01', floorAreaM2: 1000 },
      { validFrom: '2022-01-01', floorAreaM2: 1000 },
      { validFrom: '2024-09-01', floorAreaM2: 1500 },
    ])
  })

  it.each([
    {
      name: 'another name',
      later: { name: '第二中学', validFrom: '2024-01-01' },
      field: 'name',
      reason: 'differs from row 2',
    },
    { name: 'the same date', later: {}, field: 'validFrom', reason: '"2020-01-01" stands in row 2 already' },
    { name: 'half a date', later: { validFrom: '2024/1' }, field: 'validFrom', reason: '"2024/1"' },
    {
      name: 'no floor area',
      later: { validFrom: '2024-01-01', floorAreaM2: '' },
      field: 'floorAreaM2',
      reason: 'is empty',
    },
    { name: 'floor area 0', later: { validFrom: '2024-01-01', floorAreaM2: '0' }, field: 'floorAreaM2', reason: '"0"' },
  ])('with $name are refused', ({ later, field, reason }) => {
    const { records, refused } = parseRows('institutions', [institution, { ...institution, ...later }])
    expect(records).toEqual([])
    expect(refused).toEqual([{ row: 3, field, reason: expect.stringContaining(reason) }])
  })

  it('without an id are refused each on its own', () => {
    const { refused } = parseRows('institutions', [
      { ...institution, id: '' },
      { ...institution, id: '' },
    ])
    expect(refused.map(({ row, field, reason }) => [row, field, reason])).toEqual([
      [2, 'id', 'is empty'],
      [3, 'id', 'is empty'],
    ])
  })
})

describe('gateway, target and quota rows', () => {
  it('carry a password, and never quote one', () => {
    const gateway = { id: 'G1', institution: 'I1', password: 'secret' }
    expect(parseRows('gateways', [gateway]).records).toEqual([gateway])
    const tooLong = parseRows('gateways', [{ ...gateway, password: 'secret'.repeat(1_000) }])
    expect(tooLong.refused).toMatchObject([{ field: 'password' }])
    expect(tooLong.refused[0].reason).not.toContain('secret')
  })

  it.each<{ name: string; row: Row; want: object }>([
    { name: 'explicit years', row: { years: '2024=10.5；2025 = 9' }, want: { years: { 2024: 10.5, 2025: 9 } } },
    {
      name: 'a cap',
      row: { baseValue: '390', cap: '357', standIn: '是' },
      want: { cap: 357, baseValue: 390, standIn: true },
    },
  ])('read a target with $name', ({ row, want }) => {
    expect(parseRows('targets', [{ ...target, ...row }])).toMatchObject({ records: [want], refused: [] })
  })

  it.each<{ name: string; row: Row; field: string; reason: string }>([
    { name: 'neither cap nor reduction', row: {}, field: 'cap', reason: 'give exactly one' },
    { name: 'a cap without a base value', row: { cap: '1' }, field: 'baseValue', reason: 'starts at baseValue' },
    {
      name: 'an end before its base',
      row: { years: '2024=1', endYear: '2019' },
      field: 'endYear',
      reason: 'after baseYear',
    },
    { name: 'a year twice', row: { years: '2024=1;2024=2' }, field: 'years', reason: 'the year 2024 twice' },
    {
      name: 'a flag that is none',
      row: { years: '2024=1', standIn: 'maybe' },
      field: 'standIn',
      reason: 'true or false',
    },
  ])('refuse a target with $name', ({ row, field, reason }) => {
    expect(parseRows('targets', [{ ...target, ...row }]).refused).toContainEqual({
      row: 2,
      field,
      reason: expect.stringContaining(reason),
    })
  })

  it('refuse a quota whose constraint is below its benchmark', () => {
    const quota = {
      standard: 'DB13',
      type: 'government',
      indicator: 'energyPerCapita',
      constraint: '1',
      benchmark: '2',
      guide: '1',
      validFrom: '2020-01-01',
      source: 'import',
    }
    expect(parseRows('quotas', [quota]).refused).toMatchObject([{ row: 2, field: 'constraint' }])
    expect(parseRows('quotas', [{ ...quota, constraint: '3' }]).records).toMatchObject([
      { constraint: 3, standIn: false },
    ])
  })
})

describe('a row of a virtual or offline meter', () => {
  const { gateway: _, ...bare } = meter

  it('needs no gateway, and reads its formula', () => {
    const virtual = { ...bare, kind: '虚拟表', 计算公式: 'E2=1；E3 = -0.5; E4' }
    expect(parseRows('meters', [virtual])).toMatchObject({
      refused: [],
      records: [
        {
          kind: 'virtual',
          formula: [
            { meter: 'E2', factor: 1 },
            { meter: 'E3', factor: -0.5 },
            { meter: 'E4', factor: 1 },
          ],
        },
      ],
    })
    expect(parseRows('meters', [{ ...bare, kind: '线下表' }])).toMatchObject({
      refused: [],
      records: [{ kind: 'offline' }],
    })
  })

  it.each<{ name: string; row: Row; field: string; reason: string }>([
    { name: 'a register without a gateway', row: { ...bare, gateway: '' }, field: 'gateway', reason: 'has a gateway' },
    { name: 'an offline meter with one', row: { ...meter, kind: 'offline' }, field: 'gateway', reason: 'has none' },
    {
      name: 'a virtual meter of nothing',
      row: { ...bare, kind: 'virtual', formula: '' },
      field: 'formula',
      reason: 'made of others',
    },
    { name: 'a formula of a register', row: { ...meter, formula: 'E2=1' }, field: 'formula', reason: 'only a virtual' },
    { name: 'a factor of 0', row: { ...bare, kind: 'virtual', formula: 'E2=0' }, field: 'formula', reason: 'not be 0' },
    { name: 'no list', row: { ...bare, kind: 'virtual', formula: 'E2+E3*2=x' }, field: 'formula', reason: 'a list' },
  ])('refuses $name', ({ row, field, reason }) => {
    expect(parseRows('meters', [row]).refused).toContainEqual({
      row: 2,
      field,
      reason: expect.stringContaining(reason),
    })
  })
})

describe('tariff rows', () => {
  const row = {
    适用对象: '130000',
    能源种类: '电',
    生效日期: '2026-01-01',
    时段: '平',
    开始小时: '0',
    结束小时: '8',
    单价: '0.5',
    月份: '',
  }

  it('of one subject, medium and day are one tariff with their periods', () => {
    const rows = [
      row,
      { ...row, 时段: '尖峰', 开始小时: '8', 结束小时: '24', 单价: '1.2', 月份: '1、7-8' },
      { ...row, 能源种类: '水' },
    ]
    const { records, rowOf, refused } = parseRows('tariffs', rows)
    expect(refused).toEqual([])
    expect(rowOf).toEqual([2, 4])
    expect(records[0]).toEqual({
      subject: '130000',
      medium: 'electricity',
      validFrom: '2026-01-01',
      standIn: false,
      periods: [
        { name: 'flat', fromHour: 0, toHour: 8, yuanPerUnit: 0.5 },
        { name: 'sharp', fromHour: 8, toHour: 24, yuanPerUnit: 1.2, months: [1, 7, 8] },
      ],
    })
  })

  it('say hours, months, holidays, ladders and basic fees as bills do', () => {
    const rows: Record<string, string>[] = [
      { ...row, 开始小时: '22:30', 结束小时: '0', 月份: '11-2', 阶梯周期: '年', 需量电价: '36' },
      { ...row, 开始小时: '8.5', 结束小时: '24:00', 节假日: '是', 阶梯起点: '2160' },
      { ...row, 开始小时: '08：00', 结束小时: '8:30', 节假日: '春节；国庆节' },
    ]
    const { records, refused } = parseRows('tariffs', rows)
    expect(refused).toEqual([])
    expect(records[0]).toMatchObject({
      ladder: 'yearly',
      yuanPerKw: 36,
      periods: [
        { fromHour: 22.5, toHour: 0, months: [1, 2, 11, 12] },
        { fromHour: 8.5, toHour: 24, holidays: ['all'], aboveAmount: 2160 },
        { fromHour: 8, toHour: 8.5, holidays: ['春节', '国庆节'] },
      ],
    })
  })

  it.each<{ name: string; cell: Record<string, string>; field: string }>([
    { name: 'a quarter of an hour', cell: { 开始小时: '08:15' }, field: '开始小时' },
    { name: 'a minute that is none', cell: { 开始小时: '08:60' }, field: '开始小时' },
    { name: 'a ladder in words', cell: { 阶梯周期: '季' }, field: '阶梯周期' },
    { name: 'an hour outside the day', cell: { 结束小时: '25' }, field: '结束小时' },
    { name: 'a month outside the year', cell: { 月份: '11-13' }, field: '月份' },
    { name: 'a range that runs back', cell: { 月份: '8-7' }, field: '月份' },
    { name: 'an unknown period', cell: { 时段: '半夜' }, field: '时段' },
    { name: 'a missing price', cell: { 单价: '' }, field: '单价' },
  ])('are refused with $name', ({ cell, field }) => {
    expect(parseRows('tariffs', [{ ...row, ...cell }])).toMatchObject({ records: [], refused: [{ row: 2, field }] })
  })
})

describe('bill rows', () => {
  it('read Chinese carriers, units and purposes', () => {
    const row = {
      机构编码: 'I1',
      能源资源种类: '汽油',
      用途: '公务用车',
      账期: '2026-03',
      数量: '0.8',
      单位: '吨',
      费用: '7200',
    }
    expect(parseRows('bills', [row])).toMatchObject({
      refused: [],
      records: [
        {
          institution: 'I1',
          carrier: 'petrol',
          purpose: 'transport',
          month: '2026-03',
          quantity: 0.8,
          unit: 't',
          costYuan: 7200,
        },
      ],
    })
  })

  it('are refused with a field each for what is wrong', () => {
    const row = { institution: 'I1', carrier: 'peat', month: '2026-13', quantity: '-1', unit: 't' }
    const fields = parseRows('bills', [row]).refused.map(({ field }) => field)
    expect(fields.sort()).toEqual(['carrier', 'month', 'quantity'])
  })
})

describe('an institution row', () => {
  it('with a floor area of 0 is refused by its field, and the others are read', () => {
    const rows = [
      { ...institution, floorAreaM2: '0' },
      { ...institution, id: 'I2', specialAreaM2: '100' },
    ]
    expect(parseRows('institutions', rows)).toMatchObject({
      records: [{ id: 'I2', sizes: [{ specialAreaM2: 100 }] }],
      refused: [{ row: 2, field: 'floorAreaM2' }],
    })
  })
})

describe('the table of columns', () => {
  const { sizes: _, rows: _rows, ...identity } = institutionSchema.shape
  const { rows: _dated, ...meterShape } = meterSchema.shape
  const { rows: _parents, ...areaShape } = areaSchema.shape
  const rowDays = { validFrom: '', validTo: '' }
  const { periods: __, ...tariffHead } = tariffSchema.shape
  it.each([
    { kind: 'areas', fields: { ...areaShape, ...rowDays } },
    { kind: 'institutions', fields: { ...identity, ...institutionSizeSchema.shape, ...rowDays } },
    { kind: 'gateways', fields: { ...gatewaySchema.shape, password: '' } },
    { kind: 'meters', fields: { ...meterShape, ...rowDays } },
    { kind: 'targets', fields: targetSchema.shape },
    { kind: 'quotas', fields: quotaSchema.shape },
    { kind: 'tariffs', fields: { ...tariffHead, ...tariffPeriodSchema.shape } },
    { kind: 'bills', fields: billSchema.shape },
  ] as const)('of $kind names every field of its schema, and no header twice', ({ kind, fields }) => {
    expect(COLUMNS[kind].map(({ name }) => name).sort()).toEqual(Object.keys(fields).sort())
    const headers = COLUMNS[kind].flatMap(({ name, aliases }) => [name, ...aliases])
    expect(new Set(headers).size).toBe(headers.length)
  })
})

describe('parseRows', () => {
  it('never throws, and each record or refusal comes from a row of the file', () => {
    const cell = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('', '1', 'E1', '2024-01-01', 'electricity', '是'),
    )
    const file = fc.constantFrom(...REGISTRY_KINDS).chain((kind) =>
      fc.record({
        kind: fc.constant(kind),
        rows: fc.array(fc.record(Object.fromEntries(COLUMNS[kind].map(({ name }) => [name, cell]))), { maxLength: 4 }),
      }),
    )
    fc.assert(
      fc.property(file, ({ kind, rows }) => {
        const { records, rowOf, refused } = parseRows(kind, rows as Row[])
        expect(rowOf).toHaveLength(records.length)
        for (const row of [...rowOf, ...refused.map(({ row }) => row)]) expect(row).toBeLessThan(rows.length + 2)
      }),
      { numRuns: 500 },
    )
  })
})
