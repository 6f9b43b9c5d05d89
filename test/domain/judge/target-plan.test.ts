// Holds the decomposition of targets to its sums, and its check to naming the record and the field.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkDecomposition,
  decompose,
  planYears,
  type Share,
  targetProblems,
} from '../../../domain/judge/target-plan.ts'
import { targetValue } from '../../../domain/judge/target-value.ts'
import { type Target, targetSchema } from '../../../domain/registry/records.ts'

const target = (of: Partial<Target>): Target =>
  targetSchema.parse({ subject: '130000', indicator: 'energy', baseYear: 2020, endYear: 2025, source: 'plan', ...of })
const province = target({ baseValue: 294.86e4, cap: 357e4, source: '冀事管〔2021〕120号' })
const perArea = target({ indicator: 'energyPerArea', baseValue: 20, reductionPct: 10 })
const check = (parent: Target[], targets: Target[], children = ['a', 'b'], size: number | null = 100) =>
  checkDecomposition({ parent, children, targets, sizeOf: (child) => (child === 'a' ? size : 300) })

describe('a decomposition by base values', () => {
  const shares: Share[] = [
    { subject: 'a', baseValue: 100e4 },
    { subject: 'b', baseValue: 100e4 },
    { subject: 'c', baseValue: 94.86e4 },
  ]
  const { targets, problems } = decompose(province, shares)

  it('gives each child yearly caps in proportion, and its source', () => {
    expect(problems).toEqual([])
    expect(targets.map(({ subject }) => subject)).toEqual(['a', 'b', 'c'])
    expect(targetValue(targets[0], 2025)).toBeCloseTo((357e4 * 100) / 294.86, 2)
    expect(targetValue(targets[0], 2023)).toBeCloseTo((targetValue(province, 2023) * 100) / 294.86, 2)
    expect(targets[2]).toMatchObject({
      source: 'decomposed from 130000: 冀事管〔2021〕120号',
      standIn: false,
      baseYear: 2020,
    })
    for (const proposed of targets) expect(targetSchema.parse(proposed)).toEqual(proposed)
  })

  it('fits its own check in every year', () => {
    const { problems: found, years } = checkDecomposition({
      parent: [province],
      children: ['a', 'b', 'c'],
      targets,
      sizeOf: () => null,
    })
    expect(found).toEqual([])
    expect(years.map(({ year, fits, without }) => [year, fits, without])).toEqual(
      [2021, 2022, 2023, 2024, 2025].map((year) => [year, true, []]),
    )
  })

  it.each(['linear', 'compound'] as const)('keeps to the steps of a %s path, never above the parent', (path) => {
    const parent = { ...province, path }
    const proposed = decompose(parent, shares).targets
    for (const year of planYears(parent)) {
      const sum = proposed.reduce((total, child) => total + Math.round(targetValue(child, year) * 1000), 0)
      expect(sum).toBe(Math.floor(targetValue(parent, year) * 1000 + 1e-6))
    }
  })

  it('splits only the years that the parent has explicitly', () => {
    const proposed = decompose(target({ years: { 2024: 10, 2025: 9.001 } }), [
      { subject: 'a', weight: 1 },
      { subject: 'b', weight: 1 },
      { subject: 'c', weight: 1 },
    ]).targets
    expect(proposed.map(({ years }) => years)).toEqual([
      { 2024: 3.333, 2025: 3 },
      { 2024: 3.333, 2025: 3 },
      { 2024: 3.334, 2025: 3.001 },
    ])
  })

  it('gives an intensity the same percentage in each child', () => {
    const proposed = decompose(perArea, [
      { subject: 'a', baseValue: 10 },
      { subject: 'b', baseValue: 30 },
    ]).targets
    expect(targetValue(proposed[0], 2025)).toBeCloseTo(9, 12)
    expect(targetValue(proposed[1], 2025)).toBeCloseTo(27, 12)
    expect(targetValue(proposed[1], 2022)).toBeCloseTo(30 * 0.96, 12)
  })

  const refused: { name: string; parent: Target; shares: Share[]; id: RegExp; field: string; reason: RegExp }[] = [
    { name: 'no children', parent: province, shares: [], id: /^130000/, field: 'subject', reason: /no children/ },
    {
      name: 'a weight of 0',
      parent: province,
      shares: [{ subject: 'a', weight: 0 }],
      id: /^a energy 2020-2025$/,
      field: 'weight',
      reason: /positive/,
    },
    {
      name: 'a base value that is no number',
      parent: province,
      shares: [{ subject: 'a', baseValue: Number.NaN }],
      id: /^a/,
      field: 'baseValue',
      reason: /positive/,
    },
    {
      name: 'a child twice',
      parent: province,
      shares: [
        { subject: 'a', weight: 1 },
        { subject: 'a', weight: 1 },
      ],
      id: /^a/,
      field: 'weight',
      reason: /twice/,
    },
    {
      name: 'both kinds of share',
      parent: province,
      shares: [
        { subject: 'a', weight: 1 },
        { subject: 'b', baseValue: 1 },
      ],
      id: /^b/,
      field: 'baseValue',
      reason: /of all children/,
    },
    {
      name: 'a share below a step',
      parent: province,
      shares: [
        { subject: 'a', weight: 1e-12 },
        { subject: 'b', weight: 1 },
      ],
      id: /^a/,
      field: 'years',
      reason: /below 0.001/,
    },
    {
      name: 'weights for an intensity',
      parent: perArea,
      shares: [{ subject: 'a', weight: 1 }],
      id: /^a energyPerArea/,
      field: 'weight',
      reason: /base value/,
    },
    {
      name: 'an intensity without a base value',
      parent: target({ indicator: 'energyPerArea', years: { 2025: 9 } }),
      shares: [{ subject: 'a', baseValue: 9 }],
      id: /^130000/,
      field: 'baseValue',
      reason: /base value/,
    },
    {
      name: 'a year outside the plan',
      parent: target({ years: { 2025: 9, 2031: 9 } }),
      shares: [{ subject: 'a', weight: 1 }],
      id: /^130000/,
      field: 'years',
      reason: /^2031 lies outside the plan 2020 to 2025$/,
    },
    {
      name: 'a cap beyond whole steps',
      parent: target({ years: { 2025: 1e15 } }),
      shares: [{ subject: 'a', weight: 1 }],
      id: /^130000/,
      field: 'cap',
      reason: /too large/,
    },
  ]
  it.each(refused)('refuses $name, naming the record and the field', ({ parent, shares: given, id, field, reason }) => {
    const found = decompose(parent, given)
    expect(found.targets).toEqual([])
    expect(found.problems).toHaveLength(1)
    expect(found.problems[0]).toMatchObject({
      kind: 'targets',
      id: expect.stringMatching(id),
      field,
      reason: expect.stringMatching(reason),
    })
  })

  it('sums to the parent exactly, whatever the weights', () => {
    const weights = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 })
    const steps = fc.integer({ min: 10_000_000_000, max: 4_000_000_000_000 })
    fc.assert(
      fc.property(weights, steps, (of, total) => {
        const parent = target({ years: { 2025: total / 1000 } })
        const { targets: proposed } = decompose(
          parent,
          of.map((weight, index) => ({ subject: `c${index}`, weight })),
        )
        const caps = proposed.map((child) => Math.round(targetValue(child, 2025) * 1000))
        expect(caps.reduce((sum, cap) => sum + cap, 0)).toBe(total)
        const all = of.reduce((sum, weight) => sum + weight, 0)
        caps.forEach((cap, index) => {
          expect(Math.abs(cap - total * (of[index] / all))).toBeLessThanOrEqual(of.length)
        })
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the check of a decomposition', () => {
  const caps = (subject: string, cap: number, of: Partial<Target> = {}) =>
    target({ subject, baseValue: cap, cap, ...of })
  const parent = target({ baseValue: 100, cap: 100 })

  it('accepts caps that sum to the parent’s, and reports each year', () => {
    const { problems, years } = check([parent], [caps('a', 40), caps('b', 60)])
    expect(problems).toEqual([])
    expect(years[0]).toEqual({ indicator: 'energy', year: 2021, parent: 100, children: 100, fits: true, without: [] })
  })

  it('refuses caps above it, year by year, and judges the rest', () => {
    const grown = caps('b', 62, { baseValue: 58 })
    const { problems, years } = check([parent, perArea], [caps('a', 40), grown])
    expect(problems.map(({ id, field }) => [id, field])).toEqual([
      ['130000 energy 2020-2025', 'cap'],
      ['130000 energy 2020-2025', 'cap'],
      ['130000 energy 2020-2025', 'cap'],
    ])
    expect(problems[2].reason).toBe("in 2025 the children's caps sum to 102, more than 100")
    expect(years.map(({ fits }) => fits)).toEqual([true, true, false, false, false, ...Array(5).fill(null)])
  })

  it('names children without a target, and fits the others', () => {
    const { problems, years } = check([parent], [caps('a', 40), caps('z', 999)])
    expect(problems).toEqual([])
    expect(years[4]).toMatchObject({ children: 40, fits: true, without: ['b'] })
  })

  it.each([
    { of: { endYear: 2023 }, field: 'endYear', years: '2024, 2025' },
    { of: { baseYear: 2022 }, field: 'baseYear', years: '2021, 2022' },
    { of: { cap: undefined, years: { 2021: 1, 2022: 1, 2023: 1, 2024: 1 } }, field: 'years', years: '2025' },
  ])('names the child and field $field when its plan leaves out $years', ({ of, field, years }) => {
    const { problems, years: found } = check([parent], [caps('a', 40, of), caps('b', 60)])
    expect(problems).toMatchObject([{ id: expect.stringMatching(/^a energy/), field }])
    expect(problems[0].reason).toBe(`has no value for ${years} of the plan of 130000`)
    expect(
      found
        .filter(({ without }) => without.includes('a'))
        .map(({ year }) => year)
        .join(', '),
    ).toBe(years)
  })

  it('lets one plan of a child follow another', () => {
    const plans = [caps('a', 40, { endYear: 2023 }), caps('a', 45, { baseYear: 2023 }), caps('b', 50)]
    const { problems, years } = check([parent], plans)
    expect(problems).toEqual([])
    expect(years.map(({ children }) => children)).toEqual([90, 90, 90, 95, 95])
  })

  it('tells what intensities of the children mean for the parent, and blocks nothing', () => {
    const intensity = (subject: string, value: number) =>
      target({ subject, indicator: 'energyPerArea', years: { 2025: value } })
    const only2025 = target({ indicator: 'energyPerArea', years: { 2025: 18 } })
    const { problems, years } = check([only2025], [intensity('a', 30), intensity('b', 16)])
    expect(problems).toEqual([])
    expect(years).toEqual([
      { indicator: 'energyPerArea', year: 2025, parent: 18, children: 19.5, fits: false, without: [] },
    ])
    expect(check([only2025], [intensity('a', 30), intensity('b', 16)], ['a', 'b'], null).years[0].children).toBe(16)
  })

  it('names an explicit year outside its plan, and a plan without any year', () => {
    expect(targetProblems(target({ years: { 2026: 5 } }))).toEqual([
      {
        kind: 'targets',
        id: '130000 energy 2020-2025',
        field: 'years',
        reason: '2026 lies outside the plan 2020 to 2025',
      },
      { kind: 'targets', id: '130000 energy 2020-2025', field: 'years', reason: 'no year of the plan has a value' },
    ])
    expect(
      check([parent], [target({ subject: 'a', years: { 2025: 5, 2030: 5 } })]).problems.map(({ id, field }) => [
        id,
        field,
      ]),
    ).toEqual([
      ['a energy 2020-2025', 'years'],
      ['a energy 2020-2025', 'years'],
    ])
  })
})
