// Holds the checks of reported forms to docs/rules/report.md#checks: each rule with cases that it finds and leaves,
// thresholds by date and area, and justifications.

import { describe, expect, it } from 'vitest'
import { institutionSchema } from '../../../domain/registry/records.ts'
import {
  CHECK_THRESHOLDS,
  checkLimitsOn,
  checkThresholdSchema,
  type Justification,
  justificationSchema,
  type ReferencePrice,
  referencePriceSchema,
} from '../../../domain/report/check-settings.ts'
import { checkLimitsTable, findingsTable } from '../../../domain/report/check-tables.ts'
import {
  CHECK_RULE_IDS,
  CHECK_RULES,
  type CheckedInstitution,
  checkForms,
  isOpenFinding,
} from '../../../domain/report/checks.ts'
import { reportTableSchema } from '../../../domain/report/document.ts'
import { periodOf } from '../../../domain/report/forms/edition.ts'
import { fillForms } from '../../../domain/report/forms/fill.ts'
import type { FormEntries, InstitutionForms } from '../../../domain/report/forms/values.ts'
import { STATISTICS_2015 } from '../../../domain/standards/coefficients.ts'

type Values = Record<string, number>
const institution = institutionSchema.parse({
  id: 'i',
  name: '某局',
  area: '130102',
  type: 'government',
  sizes: [{ validFrom: '2020-01-01', floorAreaM2: 1000, energyUsers: 50 }],
})
const forms = (values: Values, rooms?: FormEntries['rooms'], period = '2025'): InstitutionForms => {
  const filled = fillForms({
    institution,
    meters: [],
    months: [],
    bills: [],
    period: periodOf(period),
    set: STATISTICS_2015,
    entries: { values, ...(rooms && { rooms }) },
  })
  if (!filled) throw new Error('not in service')
  return filled
}
const room = (values: Values): FormEntries['rooms'] => [{ id: 'a', name: 'a', values }]
const limits = checkLimitsOn('2025-12-31', ['130102', '130000'])
const price = (change: Partial<ReferencePrice> = {}): ReferencePrice =>
  referencePriceSchema.parse({
    field: 'heat',
    min: 80,
    max: 100,
    price: 89.61,
    validFrom: '2025-01-01',
    source: 's',
    ...change,
  })
const priced = checkLimitsOn('2025-12-31', ['130102'], { prices: [price()] })

const find = (given: Omit<CheckedInstitution, 'id' | 'name'>, by = limits) =>
  checkForms({ id: 'i', name: '某局', ...given }, { period: '2025', limits: by })
const namesOf = (findings: ReturnType<typeof find>): string[] =>
  findings.map(({ rule, cell }) => (cell === null ? rule : `${rule} ${cell}`))

const quarter = (values: Values) => forms(values, undefined, '2025-Q1')
const E = { NY201_110: 100 }

describe('the table of rules', () => {
  it('has a severity, and names in both languages', () => {
    for (const { severity, name } of Object.values(CHECK_RULES)) {
      expect(['error', 'warning']).toContain(severity)
      expect(name.zh).not.toBe('')
      expect(name.en).not.toBe('')
    }
  })

  const cases: { name: string; given: Omit<CheckedInstitution, 'id' | 'name'>; by?: typeof limits; want: string[] }[] =
    [
      { name: 'nothing to say', given: { forms: forms(E), before: forms(E), base: forms(E), knownShare: 1 }, want: [] },
      {
        name: 'a broken identity',
        given: { forms: forms({ ...E, NY201_150: 9, NY201_1501: 5, NY201_1502: 5 }) },
        want: ['identity NY201_150'],
      },
      {
        name: 'a year that is not its quarters',
        given: {
          forms: forms({ NY201_110: 101 }),
          quarters: [30, 20, 20, 30].map((value) => quarter({ NY201_110: value })),
        },
        want: ['annualIsQuarters NY201_110'],
      },
      {
        name: 'a year that is its quarters, to the rounding',
        given: {
          forms: forms({ NY201_110: 100.01 }),
          quarters: [30, 20, 20, 30].map((value) => quarter({ NY201_110: value })),
        },
        want: [],
      },
      {
        name: 'a year above three known quarters',
        given: {
          forms: forms(E),
          quarters: [quarter({ NY201_110: 30 }), null, quarter({}), quarter({ NY201_110: 30 })],
        },
        want: [],
      },
      {
        name: 'a year below two known quarters',
        given: {
          forms: forms(E),
          quarters: [quarter({ NY201_110: 60 }), null, quarter({}), quarter({ NY201_110: 60 })],
        },
        want: ['annualIsQuarters NY201_110'],
      },
      {
        name: 'a room whose year is not its quarters',
        given: {
          forms: forms(E, room({ NY202_240: 9 })),
          quarters: [1, 2, 3, 4].map((value) => forms(E, room({ NY202_240: value }), '2025-Q1')),
        },
        want: ['annualIsQuarters NY201_110', 'annualIsQuarters NY202_a_240'],
      },
      {
        name: 'stocks do not add over quarters',
        given: {
          forms: forms({ ...E, NY201_103: 4 }),
          quarters: [1, 2, 3, 4].map(() => quarter({ NY201_110: 25, NY201_103: 4 })),
        },
        want: [],
      },
      {
        name: 'parts above their whole',
        given: { forms: forms({ ...E, NY203_320: 101 }, room({ NY202_240: 100.02 })) },
        want: ['partsWithinWhole NY202_240', 'partsWithinWhole NY203_320'],
      },
      {
        name: 'people +10 %',
        given: { forms: forms({ ...E, NY201_102: 55 }), before: forms({ ...E, NY201_102: 50 }) },
        want: [],
      },
      {
        name: 'people +12 %, area −20 %',
        given: {
          forms: forms({ ...E, NY201_102: 56, NY201_101: 800 }),
          before: forms({ ...E, NY201_102: 50, NY201_101: 1000 }),
        },
        want: ['sizeChange NY201_101', 'sizeChange NY201_102'],
      },
      {
        name: 'energy −11 % on last year',
        given: { forms: forms({ NY201_110: 89 }), before: forms(E) },
        want: ['yearOnYear NY201_110'],
      },
      { name: 'energy −29 % on the base year', given: { forms: forms({ NY201_110: 71 }), base: forms(E) }, want: [] },
      {
        name: 'energy −31 % on the base year',
        given: { forms: forms({ NY201_110: 69 }), base: forms(E) },
        want: ['fixedBase NY201_110'],
      },
      {
        name: 'zero and blank where there was a value',
        given: {
          forms: forms({ ...E, NY201_140: 0 }),
          before: forms({ ...E, NY201_140: 5, NY201_170: 6, NY201_171: 700, NY203_302: 120 }),
        },
        want: ['zeroAfterValue NY201_140', 'zeroAfterValue NY201_170', 'zeroAfterValue NY203_302'],
      },
      { name: 'a price without a reference', given: { forms: forms({ NY201_170: 1, NY201_171: 9999 }) }, want: [] },
      {
        name: 'a price in its range',
        given: { forms: forms({ NY201_170: 5125, NY201_171: 459_251.25 }) },
        by: priced,
        want: [],
      },
      {
        name: 'a price out of its range',
        given: { forms: forms({ NY201_170: 5125, NY201_171: 45_925.125 }) },
        by: priced,
        want: ['unitPrice NY201_170', 'costByPrice NY201_170'],
      },
      {
        name: 'a quantity that its cost contradicts',
        given: { forms: forms({ NY201_170: 5000, NY201_171: 459_251.25 }) },
        by: priced,
        want: ['costByPrice NY201_170'],
      },
      {
        name: 'intensities outside the quota',
        given: {
          forms: forms(E),
          quota: [
            { indicator: 'waterPerCapita', actual: 30, unit: 'm³/person', constraint: 25, guide: 10 },
            { indicator: 'energyPerCapita', actual: 5, unit: 'kgce/person', constraint: 25, guide: 10 },
            { indicator: 'heatingPerArea', actual: 25, unit: 'kgce/m²', constraint: 25, guide: 10 },
            { indicator: 'nonHeatingPerArea', actual: null, unit: 'kgce/m²', constraint: 25, guide: 10 },
          ],
        },
        want: ['aboveConstraint', 'belowGuide'],
      },
      { name: 'too little known', given: { forms: forms(E), knownShare: 0.89 }, want: ['knownShare'] },
      { name: 'enough known', given: { forms: forms(E), knownShare: 0.9 }, want: [] },
      { name: 'nothing reported', given: { forms: null }, want: ['noData'] },
      { name: 'a form with sizes alone', given: { forms: forms({}) }, want: ['noData'] },
    ]
  it.each(cases)('$name', ({ given, by, want }) => {
    expect(namesOf(find(given, by))).toEqual(want)
  })

  it('each finds something in these cases', () => {
    const found = new Set(cases.flatMap(({ given, by }) => find(given, by).map(({ rule }) => rule)))
    expect(CHECK_RULE_IDS.filter((id) => !found.has(id))).toEqual([])
  })

  it('say what they found in both languages, with the audited heat of three years', () => {
    const [finding] = find({ forms: forms({ NY201_170: 5000, NY201_171: 459_251.25 }) }, priced)
    expect(finding?.message).toEqual({
      zh: '热力费用 459,250 元 ÷ 单价 89.61 = 5,125 GJ，填报 5,000',
      en: 'Heat: 459,250 yuan / 89.61 = 5,125 GJ; reported 5,000',
    })
  })
})

describe('thresholds', () => {
  const row = (change: object) =>
    checkThresholdSchema.parse({ threshold: 'yearOnYear', value: 0.5, validFrom: '2025-01-01', source: 's', ...change })
  const on = (
    date: string,
    path: string[],
    thresholds = [row({ area: '130000' }), row({ area: '130100', value: 0.3 })],
  ) => checkLimitsOn(date, path, { thresholds }).thresholds.yearOnYear

  it('are those of the nearest area and the date; a row of the user goes before ours', () => {
    expect(on('2025-06-30', ['130102', '130100', '130000']).value).toBe(0.3)
    expect(on('2025-06-30', ['130202', '130200', '130000'])).toMatchObject({
      value: 0.5,
      certainty: 'supplied',
      standIn: false,
    })
    expect(on('2024-06-30', ['130102', '130100', '130000'])).toEqual(CHECK_THRESHOLDS.yearOnYear)
    const two = [row({ value: 0.2 }), row({ value: 0.4, validFrom: '2025-07-01' })]
    expect([on('2025-06-30', ['130000'], two).value, on('2025-07-01', ['130000'], two).value]).toEqual([0.2, 0.4])
  })

  it('name a source each, and ship no price', () => {
    expect(limits.prices).toEqual({})
    const table = checkLimitsTable(priced)
    expect(reportTableSchema.parse(table)).toEqual(table)
    expect(table.rows.map(({ id }) => id)).toContain('price-heat')
    for (const { source } of Object.values(CHECK_THRESHOLDS)) expect(source).not.toBe('')
  })

  it('of a price need an order', () => {
    expect(
      referencePriceSchema.safeParse({ field: 'heat', min: 2, max: 1, validFrom: '2025-01-01', source: 's' }).success,
    ).toBe(false)
  })
})

describe('justifications', () => {
  const justified = (change: Partial<Justification> = {}): Justification =>
    justificationSchema.parse({
      subject: 'i',
      period: '2025',
      rule: 'yearOnYear',
      text: '=搬迁',
      by: '张三',
      atMs: 5,
      ...change,
    })
  const given = {
    id: 'i',
    name: '=1+1',
    forms: forms({ NY201_110: 50, NY201_150: 9, NY201_1501: 10 }),
    before: forms({ NY201_110: 100 }),
  }
  const check = (justifications: Justification[]) => checkForms(given, { period: '2025', limits, justifications })

  it('are printed beside their finding, and close an error as a warning', () => {
    const findings = check([justified(), justified({ rule: 'identity' })])
    expect(findings.filter(isOpenFinding)).toEqual([])
    expect(
      check([justified()])
        .filter(isOpenFinding)
        .map(({ rule }) => rule),
    ).toEqual(['identity'])
    const table = findingsTable(findings, '2025')
    expect(reportTableSchema.parse(table)).toEqual(table)
    expect(table.rows.at(-1)?.cells.slice(-3)).toEqual(['=搬迁', '张三', 5])
    expect(table.rows.at(-1)?.cells).toContain('=1+1')
  })

  it.each([
    { name: 'another period', change: { period: '2024' }, open: 2 },
    { name: 'another subject', change: { subject: 'j' }, open: 2 },
    { name: 'another cell', change: { cell: 'NY201_120' }, open: 2 },
    { name: 'its cell', change: { cell: 'NY201_110' }, open: 1 },
  ])('of $name leave $open open', ({ change, open }) => {
    expect(check([justified(change)]).filter(isOpenFinding)).toHaveLength(open)
  })

  it('of the newest hand counts', () => {
    const [, finding] = check([justified({ text: 'old', atMs: 1 }), justified({ text: 'new', atMs: 9 })])
    expect(finding?.justification?.text).toBe('new')
  })
})
