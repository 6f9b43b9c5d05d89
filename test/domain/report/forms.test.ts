// Holds the forms of the statistics system to docs/rules/report.md#forms: codes by edition, blanks, identities, and the
// published totals of 重庆 2015 and of Hebei 2020.

import { describe, expect, it } from 'vitest'
import { type Month, monthsThrough } from '../../../domain/calendar.ts'
import { type Bill, billSchema } from '../../../domain/energy/bill.ts'
import { standardsOfMonth } from '../../../domain/energy/conversion.ts'
import { institutionMonth } from '../../../domain/energy/institution-month.ts'
import type { SubjectMonth } from '../../../domain/energy/subject-month.ts'
import { type Institution, institutionSchema, type Meter, meterSchema } from '../../../domain/registry/records.ts'
import { reportTableSchema } from '../../../domain/report/document.ts'
import { categoryOf, columnsOfCategory } from '../../../domain/report/forms/category.ts'
import { coalEquivalent } from '../../../domain/report/forms/coal-equivalent.ts'
import { editionOf, periodOf, quartersOf, yearBefore } from '../../../domain/report/forms/edition.ts'
import { BASIC_FORMS, cellName, formFields } from '../../../domain/report/forms/fields.ts'
import { type FormInput, fillForms } from '../../../domain/report/forms/fill.ts'
import { brokenIdentities, exceededWholes } from '../../../domain/report/forms/identities.ts'
import {
  addToSummary,
  columnValues,
  emptySummary,
  formSummarySchema,
  mergeSummaries,
  unevenRows,
} from '../../../domain/report/forms/summary.ts'
import {
  basicTables,
  coalTable,
  subordinateTable,
  summaryTables,
  templateCells,
} from '../../../domain/report/forms/tables.ts'
import {
  type FormEntries,
  formEntriesSchema,
  type InstitutionForms,
  strayEntries,
} from '../../../domain/report/forms/values.ts'
import { STATISTICS_2015 } from '../../../domain/standards/coefficients.ts'

const institution = (change: Partial<Institution> = {}): Institution =>
  institutionSchema.parse({
    id: 'i',
    name: '某局',
    area: '130102',
    type: 'government',
    sizes: [{ validFrom: '2024-01-01', floorAreaM2: 1000, heatedAreaM2: 800, energyUsers: 50 }],
    ...change,
  })
const meter = (medium: Meter['medium'], change: Record<string, unknown> = {}): Meter =>
  meterSchema.parse({
    id: medium,
    institution: 'i',
    gateway: 'g',
    medium,
    unit: { electricity: 'kWh', water: 'm³', gas: 'm³', heat: 'GJ' }[medium],
    ...change,
  })
const bill = (change: Record<string, unknown>): Bill =>
  billSchema.parse({ institution: 'i', month: '2025-03', ...change })

/** Months with all hours known, of the amounts given. */
const months = (first: Month, last: Month, change: Partial<SubjectMonth>): SubjectMonth[] =>
  monthsThrough(first, last).map((month) => ({
    ...institutionMonth({
      institution: institution(),
      meters: [],
      month,
      asOfMs: periodOf(month).toMs,
      amounts: () => undefined,
      sets: standardsOfMonth(month, ['130000']),
    }),
    hoursExpected: 1488,
    hoursKnown: 1488,
    waterHoursExpected: 744,
    waterHoursKnown: 744,
    ...change,
  }))

const filled = (change: Partial<FormInput> = {}): InstitutionForms => {
  const forms = fillForms({
    institution: institution(),
    meters: [],
    months: [],
    bills: [],
    period: periodOf('2025-03'),
    set: STATISTICS_2015,
    ...change,
  })
  if (!forms) throw new Error('not in service')
  return forms
}

describe('periods', () => {
  it('have months, quarters and years, and each its year before', () => {
    expect(periodOf('2026-Q2').months).toEqual(['2026-04', '2026-05', '2026-06'])
    expect(periodOf('2026').months).toHaveLength(12)
    expect([yearBefore({ id: '2026-Q2' }).id, yearBefore({ id: '2026' }).id, yearBefore({ id: '2026-02' }).id]).toEqual(
      ['2025-Q2', '2025', '2025-02'],
    )
    expect(quartersOf(2025).flatMap((quarter) => quarter.months)).toEqual(periodOf('2025').months)
    for (const id of ['2026-Q5', '2026-13', '26', '2026-1', '']) expect(() => periodOf(id)).toThrow(/is no period/)
  })

  it.each([
    { period: '2015', edition: '2020' },
    { period: '2022-Q3', edition: '2020' },
    { period: '2022', edition: '2022' },
    { period: '2025', edition: '2022' },
    { period: '2026-01', edition: '2025' },
  ])('$period has the edition of $edition', ({ period, edition }) => {
    expect(editionOf(periodOf(period))).toBe(edition)
  })
})

describe('the templates', () => {
  const codes = (edition: '2020' | '2022' | '2025', form: Parameters<typeof formFields>[1]) =>
    formFields(edition, form).map(({ code }) => code)

  it('have unique fields and codes in each edition and form', () => {
    for (const edition of ['2020', '2022', '2025'] as const)
      for (const form of [...BASIC_FORMS, 'NY301', 'NY302', 'NY303'] as const) {
        const fields = formFields(edition, form)
        expect(new Set(fields.map(({ id }) => id)).size).toBe(fields.length)
        expect(new Set(fields.map((field) => cellName(form, field))).size).toBe(fields.length)
      }
  })

  it('have the codes of the platform of 2020', () => {
    expect(codes('2020', 'NY201')).toEqual(
      (
        '009 101 102 1021 103 1031 1032 1033 104 1041 105 110 111 120 121 130 131 140 141 150 151 1501 1511 1502 1512 ' +
        '160 161 1601 1611 1602 1612 170 171 180 181 190 191 192 401 402 403 404 405 406'
      ).split(' '),
    )
    expect(codes('2020', 'NY202')).toEqual('201 210 220 2201 2202 2203 230 240 2401 2402 2403 250'.split(' '))
    expect(codes('2020', 'NY203')).toEqual(
      '301 3011 3012 3013 302 303 304 310 311 320 321 330 331 340 341 350 351 360 361 370 371 380'.split(' '),
    )
    expect(codes('2020', 'NY301').slice(0, 14)).toEqual(
      '100 101 102 103 1031 104 1041 1042 1043 105 1051 106 110 111'.split(' '),
    )
    expect(codes('2020', 'NY302').slice(0, 2)).toEqual(['200', '201'])
  })

  it('change with the editions as their notices say', () => {
    const ids = (edition: '2020' | '2022' | '2025', form: 'NY201' | 'NY202') =>
      formFields(edition, form).map(({ id }) => id)
    expect(ids('2020', 'NY202').filter((id) => !ids('2022', 'NY202').includes(id))).toEqual(['roomOtherEnergy'])
    expect(ids('2022', 'NY202').filter((id) => !ids('2025', 'NY202').includes(id))).toEqual(['upsCapacity'])
    expect(ids('2022', 'NY201').filter((id) => !ids('2020', 'NY201').includes(id))).toEqual(['pvGeneration'])
    expect(ids('2022', 'NY201').filter((id) => !ids('2025', 'NY201').includes(id))).toEqual([
      'landArea',
      'chargingPoints',
      'solarThermalArea',
      'pvCapacity',
      'geothermalCapacity',
    ])
    const nameOf = (edition: '2022' | '2025') =>
      formFields(edition, 'NY203').find(({ code }) => code === '360')?.name.zh
    expect([nameOf('2022'), nameOf('2025')]).toEqual(['热力消费量', '热力消费量（按热量收费）'])
  })

  it('give one number different meanings in form and summary', () => {
    const meaning = (form: 'NY201' | 'NY301', wanted: string) =>
      formFields('2020', form).find(({ code }) => code === wanted)?.id
    expect([meaning('NY201', '101'), meaning('NY301', '101')]).toEqual(['floorArea', 'landArea'])
    expect([meaning('NY201', '105'), meaning('NY301', '105')]).toEqual(['chargingPoints', 'lpg'])
  })
})

describe('a form', () => {
  it('is blank where nothing is known, never 0', () => {
    const { NY201, NY202, NY203 } = filled({
      institution: institution({ sizes: [{ validFrom: '2024-01-01', floorAreaM2: 1000 }] }),
    })
    expect(Object.entries(NY201).filter(([, value]) => value !== null)).toEqual([['floorArea', 1000]])
    expect(NY202).toEqual([])
    expect(Object.values(NY203).every((value) => value === null)).toBe(true)
  })

  it('has the units of the trade', () => {
    const { NY201 } = filled({
      meters: [meter('electricity'), meter('water'), meter('gas'), meter('heat')],
      months: months('2025-03', '2025-03', { electricityKwh: 12_345, waterM3: 67, gasM3: 890, heatGj: 12.5 }),
      bills: [
        bill({ carrier: 'rawCoal', quantity: 2500, unit: 'kg', costYuan: 2000 }),
        bill({ carrier: 'petrol', quantity: 100, unit: 'L', purpose: 'transport', costYuan: 800 }),
        bill({ carrier: 'petrol', quantity: 73, unit: 'kg', costYuan: 780 }),
        bill({ carrier: 'diesel', quantity: 40, unit: 'L', purpose: 'heating', costYuan: 300 }),
        bill({ carrier: 'kerosene', quantity: 1000, unit: 'kg' }),
      ],
    })
    expect(NY201).toMatchObject({ electricity: 1.2345, water: 67, gas: 0.089, heat: 12.5, coal: 2.5, coalCost: 2000 })
    // 73 kg of petrol are 100 L by the density of the set.
    expect(NY201).toMatchObject({ petrol: 200, petrolTransport: 100, petrolOther: 100, petrolCost: 1580 })
    expect(NY201).toMatchObject({ diesel: 40, dieselOther: 40, dieselTransport: null, otherEnergy: 1.4714 })
    // A cost that no bill states is blank.
    expect(NY201).toMatchObject({ otherEnergyCost: null, electricityCost: null })
  })

  it('takes a zero only where every hour is known', () => {
    const gasOf = (change: Partial<SubjectMonth>) =>
      filled({ meters: [meter('gas')], months: months('2025-03', '2025-03', { gasM3: 0, ...change }) }).NY201.gas
    expect(gasOf({})).toBe(0)
    expect(gasOf({ hoursKnown: 1400 })).toBeNull()
    expect(gasOf({ hoursExpected: 0, hoursKnown: 0, waterHoursExpected: 0, waterHoursKnown: 0 })).toBeNull()
  })

  it('is blank when a month of its period is unknown, but not for a summer without heat bills', () => {
    const period = periodOf('2025-Q1')
    const facts = { meters: [meter('electricity')], period }
    const known = months('2025-01', '2025-03', { electricityKwh: 1000 })
    expect(filled({ ...facts, months: known }).NY201.electricity).toBeCloseTo(0.3, 9)
    expect(filled({ ...facts, months: known.slice(1) }).NY201.electricity).toBeNull()
    const winter = [bill({ carrier: 'heat', quantity: 30, unit: 'GJ', month: '2025-01', costYuan: 900 })]
    const heated = months('2025-01', '2025-12', { heatGj: 0 })
    const heat = filled({
      period: periodOf('2025'),
      bills: winter,
      months: heated.map((one) => (one.month === '2025-01' ? { ...one, heatGj: 30 } : one)),
    })
    expect(heat.NY201).toMatchObject({ heat: 30, heatCost: 900 })
    expect(heat.NY203).toMatchObject({ heatingHeat: 30, heatingHeatCost: 900 })
  })

  it('has no quantity for heat that is billed by area, but its cost and area', () => {
    const byArea = (month: string) => bill({ carrier: 'heatByArea', quantity: 600, unit: 'm²', month, costYuan: 5000 })
    const { NY201, NY203 } = filled({
      institution: institution({ heatingKind: 'districtHeatMetered' }),
      period: periodOf('2025-Q1'),
      bills: [byArea('2025-01'), byArea('2025-02')],
    })
    expect(NY201.heat).toBeNull()
    expect(NY203).toMatchObject({ areaBilledCost: 10_000, areaBilledArea: 600, heatBilledArea: 200, heatedArea: 800 })
  })

  it('lists the rooms that a person names, and fills what is metered where there is one', () => {
    const centre = months('2025-03', '2025-03', { dataCentreKwh: 15_000, dataCentreItKwh: 10_000 })
    expect(filled({ months: centre }).NY202).toMatchObject([
      { id: '1', values: { roomElectricity: 1.5, itElectricity: 1, coolingElectricity: null } },
    ])
    const rooms: FormEntries['rooms'] = [
      { id: 'a', name: '一号机房', values: { NY202_210: 12 } },
      { id: 'b', name: '二号机房', values: { NY202_2401: 0.4, NY202_2402: 0.1, NY202_2403: 0.05 } },
    ]
    const two = filled({ months: centre, entries: { rooms } })
    // A blank total is filled from its parts; the metered whole belongs to neither room.
    expect(two.NY202).toMatchObject([
      { values: { racks: 12, roomElectricity: null } },
      { values: { roomElectricity: expect.closeTo(0.55, 9) } },
    ])
    expect(two.entered).toContain('NY202_a_210')
    const [, , table] = basicTables(two, { id: '2025-03' })
    expect(table?.rows.map(({ cells }) => cells.at(-1))).toEqual([null, expect.closeTo(1.375, 9)])
  })

  it('takes what a person entered, and names entries of no cell', () => {
    const entries = { values: { NY201_103: 3, NY201_110: 9, NY201_230: 1, NY203_302: 120 } }
    const { NY201, NY203, entered } = filled({ entries })
    expect([NY201.vehicles, NY201.electricity, NY203.heatingDays]).toEqual([3, 9, 120])
    expect(entered).toEqual(['NY201_103', 'NY201_110', 'NY203_302'])
    expect(strayEntries('2022', entries)).toEqual([
      { name: 'NY201_230', reason: 'is no cell of the forms of edition 2022' },
    ])
    const wrong = { NY201_103: '三', NY101_category: 1, NY201_401: '甲', NY201_120: -1, NY201_110: null }
    expect(strayEntries('2022', { values: wrong }).map(({ name, reason }) => `${name} ${reason}`)).toEqual([
      'NY201_103 takes a number',
      'NY101_category takes a text',
      'NY201_120 is below 0',
    ])
  })

  it('is none before the institution opens', () => {
    expect(
      fillForms({
        institution: institution({ openedOn: '2025-04-01' }),
        meters: [],
        months: [],
        bills: [],
        period: periodOf('2025-03'),
        set: STATISTICS_2015,
      }),
    ).toBeNull()
  })

  it('keeps hostile names as text in its tables and cells', () => {
    for (const name of ['=1+1', '+86', '-5', '@SUM(A1)', '\tx', 'a,"b"\n<i>', '𠮷𡈽'.repeat(100)]) {
      const forms = filled({ institution: institution({ name }) })
      expect(basicTables(forms, { id: '2025-03' })[0]?.rows[0]?.cells).toContain(name)
      const cells = templateCells({ tables: basicTables(forms, { id: '2025-03' }) }, '2025-03')
      expect(cells.get('NY101_name')).toBe(name)
    }
  })

  it('makes tables of the shape of a report', () => {
    const forms = filled({
      meters: [meter('electricity')],
      months: months('2025-03', '2025-03', { electricityKwh: 1 }),
    })
    const summary = emptySummary('2022')
    addToSummary(summary, forms)
    const tables = [
      ...basicTables(forms, { id: '2025-03' }),
      ...summaryTables(summary, { id: '2025' }),
      subordinateTable([{ code: '130102', name: '长安区', institutions: 3 }], {
        edition: '2022',
        period: { id: '2025' },
      }),
      coalTable(coalEquivalent(forms.NY201, STATISTICS_2015), { setName: STATISTICS_2015.name, period: '2025-03' }),
    ]
    for (const table of tables) {
      expect(reportTableSchema.parse(table)).toEqual(table)
      expect(new Set(table.rows.map(({ id }) => id)).size).toBe(table.rows.length)
      for (const { cells } of table.rows) expect(cells).toHaveLength(table.columns.length)
    }
  })
})

describe('identities', () => {
  const room = { NY202_240: 10, NY202_2401: 6, NY202_2402: 3, NY202_2403: 1 }
  it.each([
    { name: 'hold', values: {}, room, broken: [] },
    { name: '240 is not the sum', values: {}, room: { ...room, NY202_2403: 2 }, broken: ['NY202_a_240'] },
    {
      name: 'parts above a total, one blank',
      values: { NY203_301: 100, NY203_3011: 60, NY203_3012: 50 },
      room,
      broken: ['NY203_301'],
    },
    { name: 'parts below a total, one blank', values: { NY203_301: 100, NY203_3011: 60 }, room, broken: [] },
    {
      name: '301 is not the sum',
      values: { NY203_301: 100, NY203_3011: 60, NY203_3012: 20, NY203_3013: 10 },
      room,
      broken: ['NY203_301'],
    },
    { name: '150 is not the sum', values: { NY201_150: 9, NY201_1501: 5, NY201_1502: 5 }, room, broken: ['NY201_150'] },
    {
      name: '220 is not the sum',
      values: {},
      room: { ...room, NY202_220: 9, NY202_2201: 4, NY202_2202: 4, NY202_2203: 2 },
      broken: ['NY202_a_220'],
    },
  ])('$name', ({ values, room: own, broken }) => {
    const forms = filled({
      institution: institution({ sizes: [{ validFrom: '2024-01-01', floorAreaM2: 1 }] }),
      entries: formEntriesSchema.parse({ values, rooms: [{ id: 'a', name: 'a', values: own }] }),
    })
    expect(brokenIdentities(forms).map(({ cell }) => cell)).toEqual(broken)
  })

  it('name parts that are more than their whole', () => {
    const values = { NY201_110: 9, NY201_101: 100, NY203_301: 120, NY203_320: 3 }
    const forms = filled({ entries: { values, rooms: [{ id: 'a', name: 'a', values: room }] } })
    expect(exceededWholes(forms).map(({ part, whole }) => `${part} > ${whole}`)).toEqual([
      'NY202_240 > NY201_110',
      'NY203_301 > NY201_101',
    ])
  })
})

describe('summaries', () => {
  const of = (type: Institution['type'], values: Record<string, number>, rooms = 0): InstitutionForms =>
    filled({
      institution: institution({ type }),
      entries: {
        values,
        ...(rooms > 0 && {
          rooms: Array.from({ length: rooms }, (_, at) => ({ id: `${at}`, name: 'r', values: { NY202_240: 1 } })),
        }),
      },
    })

  it('add by category; a column without a value is blank', () => {
    const summary = emptySummary('2022')
    for (const forms of [
      of('government', { NY201_110: 2 }, 2),
      of('education', { NY201_110: 3 }),
      of('healthcare', {}),
    ])
      addToSummary(summary, forms)
    const cells = templateCells({ tables: summaryTables(summary, { id: '2025' }) }, '2025')
    const row = (name: string) =>
      ['S001', 'S002', 'S003', 'S004', 'S007', 'S010'].map((id) => cells.get(`${name}_${id}`))
    expect(row('NY301_100')).toEqual([3, 1, 2, 1, 1, null])
    expect(row('NY301_110')).toEqual([5, 2, 3, 3, null, null])
    expect(row('NY301_102')).toEqual([3000, 1000, 2000, 1000, 1000, null])
    expect(row('NY302_200')).toEqual([2, 2, null, null, null, null])
    expect(row('NY302_240')).toEqual([2, 2, null, null, null, null])
    expect(row('NY301_120')).toEqual([null, null, null, null, null, null])
    expect(unevenRows(summary)).toEqual([])
  })

  it('of counties add to that of the province, and survive JSON', () => {
    const [whole, a, b] = [emptySummary('2022'), emptySummary('2022'), emptySummary('2022')]
    const [first, second] = [of('government', { NY201_110: 2 }), of('other', { NY201_110: 3 })]
    for (const forms of [first, second]) addToSummary(whole, forms)
    addToSummary(a, first)
    addToSummary(b, second)
    const sent = [a, b].map((one) => formSummarySchema.parse(JSON.parse(JSON.stringify(one))))
    expect(mergeSummaries('2022', sent)).toEqual(whole)
    expect(whole.uncategorised).toBe(1)
    expect(summaryTables(whole, { id: '2025' })[0]?.note.zh).toContain('1 家机构未定分类')
    expect(() => mergeSummaries('2025', [a])).toThrow(/edition 2022/)
    expect(() => addToSummary(emptySummary('2025'), first)).toThrow(/edition 2022/)
  })

  it('find the category by type, and none where none follows', () => {
    expect(categoryOf({ type: 'venue', venueKind: 'stadium' })).toBe('025')
    expect(categoryOf({ type: 'serviceCentre' })).toBeNull()
    expect(columnsOfCategory('024')).toEqual(['S001', 'S003', 'S007'])
    expect(columnsOfCategory(null)).toEqual(['S001'])
  })
})

describe('published totals', () => {
  it('of 重庆 2015 come out at 110.75万tce with their parts (docs/rules/facts.md#statistics-of-2015)', () => {
    const summary = emptySummary('2020')
    const forms = filled({
      edition: '2020',
      institution: institution({ sizes: [{ validFrom: '2010-01-01', floorAreaM2: 7968.72e4, energyUsers: 501.5e4 }] }),
      period: periodOf('2015'),
      entries: {
        values: {
          NY201_110: 63.81e4,
          NY201_120: 1.39e8,
          NY201_130: 5.47e4,
          NY201_140: 14_482.41,
          NY201_150: 7927.99e4,
          NY201_160: 506.81e4,
          NY201_180: 176.32,
        },
      },
    })
    addToSummary(summary, forms)
    const coal = coalEquivalent(columnValues(summary, 'NY301'), STATISTICS_2015)
    const wan = Object.fromEntries(coal.rows.map(({ field, tce }) => [field, (tce ?? Number.NaN) / 1e4]))
    const published = { electricity: 78.41, coal: 3.91, gas: 19.26, petrol: 8.52, diesel: 0.63, otherEnergy: 0.02 }
    expect(Object.keys(wan).sort()).toEqual(Object.keys(published).sort())
    for (const [field, value] of Object.entries(published))
      expect(Math.abs((wan[field] ?? Number.NaN) - value), field).toBeLessThanOrEqual(0.02)
    expect(Math.abs((coal.tce ?? Number.NaN) / 1e4 - 110.75)).toBeLessThanOrEqual(0.02)
    expect(coal.energyPerArea).toBeCloseTo(13.9, 1)
    expect(Math.abs((coal.energyPerCapita ?? 0) - 220.84)).toBeLessThan(0.05)
    expect(coal.waterPerCapita).toBeCloseTo(27.72, 2)
  })

  it('of Hebei 2020 give its triple from energy, water, area and people', () => {
    // Area and people as implied by the published figures (docs/rules/facts.md#implied-figures); energy as one kind.
    const values = { otherEnergy: 294.86e4, water: 1.85e8, floorArea: 1.8709e8, energyUsers: 1145.4e4 }
    const coal = coalEquivalent(values, STATISTICS_2015)
    expect(coal.energyPerArea).toBeCloseTo(15.76, 2)
    expect(Math.abs((coal.energyPerCapita ?? 0) - 257.42)).toBeLessThan(0.02)
    // The published 1.85亿 m³ is rounded: 16.12 within 0.2 %.
    expect(Math.abs((coal.waterPerCapita ?? 0) / 16.12 - 1)).toBeLessThan(0.003)
  })

  it('are not given where a quantity has no coefficient', () => {
    const set = { ...STATISTICS_2015, rows: STATISTICS_2015.rows.map(({ kgPerLitre: _, ...row }) => row) }
    expect(coalEquivalent({ electricity: 1, petrol: 5, floorArea: 10 }, set)).toMatchObject({
      rows: [{ tce: 1.229 }, { field: 'petrol', tce: null }],
      tce: null,
      energyPerArea: null,
    })
    expect(coalEquivalent({}, set).tce).toBeNull()
  })
})
