// Holds the meter tree to conservation: what is below a node and what stays unexplained are the node, over the same
// hours.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS, monthRange } from '../../../domain/calendar.ts'
import { balanceOf, type MeterHours, meterTree, outermost, type TreeNode } from '../../../domain/registry/meter-tree.ts'
import { type Meter, meterSchema } from '../../../domain/registry/records.ts'

const meter = (id: string, of: Partial<Meter> = {}): Meter =>
  meterSchema.parse({
    id,
    institution: 'i',
    medium: 'electricity',
    unit: 'kWh',
    ...(of.kind === 'offline' || of.kind === 'virtual' ? {} : { gateway: 'g' }),
    ...of,
  })
const below = (id: string, of: Partial<Meter> = {}): Meter => meter(id, { role: 'sub', parent: 'M', ...of })
const { fromMs } = monthRange('2026-03')
const hours = (amounts: number[]): MeterHours => ({ firstHourMs: fromMs, amounts: Float64Array.from(amounts) })
const nodeOf = (meters: Meter[]): TreeNode => meterTree(meters).nodes[0]

describe('the tree', () => {
  it('has a node for each meter with others below it, and knows what each of them does there', () => {
    const meters = [
      meter('M'),
      below('a'),
      below('let', { role: 'exclude' }),
      below('again', { role: 'check' }),
      below('pv', { role: 'generation' }),
      below('out', { role: 'generation', purpose: 'export' }),
      below('deep', { parent: 'a' }),
    ]
    const { nodes, problems } = meterTree(meters)
    expect(problems).toEqual([])
    const named = nodes.map(({ meter: { id }, subs, generation, exported }) =>
      [id, subs, generation, exported].map((part) => (typeof part === 'string' ? part : part.map((one) => one.id))),
    )
    expect(named).toEqual([
      ['M', ['a', 'let'], ['pv'], ['out']],
      ['a', ['deep'], [], []],
    ])
  })

  it('cuts what cannot hang there, names it, and keeps the rest', () => {
    const meters = [
      meter('M'),
      below('a'),
      below('w', { medium: 'water', unit: 'm³' }),
      below('lost', { parent: 'gone' }),
      below('x', { parent: 'y' }),
      below('y', { parent: 'x' }),
    ]
    const { nodes, problems } = meterTree(meters)
    expect(nodes.map(({ meter: { id }, subs }) => [id, subs.map((sub) => sub.id)])).toEqual([['M', ['a']]])
    expect(problems).toEqual([
      { meter: 'w', field: 'parent', reason: 'meter "M" counts electricity, this one water' },
      { meter: 'lost', field: 'parent', reason: 'meter "gone" is not registered' },
      { meter: 'x', field: 'parent', reason: 'meter "x" lies behind itself: "x", "y"' },
      { meter: 'y', field: 'parent', reason: 'meter "y" lies behind itself: "x", "y"' },
    ])
  })
})

describe('the balance of a node', () => {
  it('counts only hours that all know, says how many, and has days and months', () => {
    const node = nodeOf([meter('M'), below('a'), below('b')])
    const of: Record<string, number[]> = {
      M: [10, 10, 10, ...Array(22).fill(10)],
      a: [4, Number.NaN, 4, ...Array(22).fill(4)],
      b: [5, 5, 5, ...Array(22).fill(5)],
    }
    const input = { fromMs, toMs: fromMs + 25 * HOUR_MS, hoursOf: (id: string) => hours(of[id]) }
    const days = balanceOf(node, { ...input, grain: 'day' }).periods
    expect(days).toEqual([
      {
        period: '2026-03-01',
        own: 230,
        generated: 0,
        subs: 207,
        unexplained: 23,
        unexplainedPct: 10,
        hours: 24,
        hoursKnown: 23,
      },
      {
        period: '2026-03-02',
        own: 10,
        generated: 0,
        subs: 9,
        unexplained: 1,
        unexplainedPct: 10,
        hours: 1,
        hoursKnown: 1,
      },
    ])
    expect(balanceOf(node, { ...input, grain: 'month' }).periods).toMatchObject([
      { period: '2026-03', own: 240, unexplained: 24, hours: 25, hoursKnown: 24 },
    ])
  })

  it('is unknown when a meter is never known with the others', () => {
    const node = nodeOf([meter('M'), below('a')])
    const input = { fromMs, toMs: fromMs + DAY_MS, grain: 'day' as const }
    const one = (id: string) => (id === 'M' ? hours(Array(24).fill(1)) : undefined)
    expect(balanceOf(node, { ...input, hoursOf: one }).periods).toMatchObject([
      { own: null, subs: null, unexplained: null, unexplainedPct: null, hoursKnown: 0 },
    ])
  })

  it('adds what is generated below the node, less what leaves it', () => {
    const node = nodeOf([
      meter('M'),
      below('a'),
      below('pv', { role: 'generation' }),
      below('out', { role: 'generation', purpose: 'export' }),
    ])
    const of: Record<string, number[]> = { M: [10], a: [14], pv: [8], out: [2] }
    const input = { fromMs, toMs: fromMs + HOUR_MS, grain: 'day' as const, hoursOf: (id: string) => hours(of[id]) }
    expect(balanceOf(node, input).periods).toMatchObject([{ own: 10, generated: 6, subs: 14, unexplained: 2 }])
  })

  it('compares an offline meter by whole months, when its bill is there', () => {
    const node = nodeOf([meter('M'), below('o', { kind: 'offline' })])
    const { toMs } = monthRange('2026-03')
    const whole = hours(Array((toMs - fromMs) / HOUR_MS).fill(1))
    const input = { fromMs, toMs, grain: 'month' as const, hoursOf: () => whole }
    expect(balanceOf(node, { ...input, monthOfMeter: () => 700 }).periods).toMatchObject([
      { own: 744, subs: 700, unexplained: 44, hoursKnown: 744 },
    ])
    expect(balanceOf(node, input).periods).toMatchObject([{ unexplained: null, hoursKnown: 0 }])
    const cut = { ...input, toMs: toMs - HOUR_MS, monthOfMeter: () => 700 }
    expect(balanceOf(node, cut).periods).toMatchObject([{ unexplained: null, hoursKnown: 0 }])
    expect(balanceOf(node, { ...cut, grain: 'day' }).periods[0]).toMatchObject({ unexplained: null, hoursKnown: 0 })
  })

  it('conserves: Σ direct subs and the unexplained are the node, by day and by month alike', () => {
    const amount = fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 10_000 }) },
      { weight: 1, arbitrary: fc.constant(Number.NaN) },
    )
    const series = fc.array(amount, { minLength: 60, maxLength: 60 })
    fc.assert(
      fc.property(fc.array(series, { minLength: 2, maxLength: 5 }), (given) => {
        const [, ...subs] = given
        const node = nodeOf([meter('M'), ...subs.map((_, index) => below(`s${index}`))])
        const of = new Map(given.map((amounts, index) => [index === 0 ? 'M' : `s${index - 1}`, hours(amounts)]))
        const input = { fromMs, toMs: fromMs + 60 * HOUR_MS, hoursOf: (id: string) => of.get(id) }
        const days = balanceOf(node, { ...input, grain: 'day' }).periods
        const [month] = balanceOf(node, { ...input, grain: 'month' }).periods
        const known = given[0].map((_, hour) => given.every((amounts) => !Number.isNaN(amounts[hour])))
        const sumKnown = (amounts: number[]) =>
          amounts.reduce((sum, value, hour) => (known[hour] ? sum + value : sum), 0)
        for (const { own, subs: sum, unexplained } of [...days, month])
          expect((sum ?? 0) + (unexplained ?? 0)).toBe(own ?? 0)
        expect(month.own ?? 0).toBe(sumKnown(given[0]))
        expect(month.subs ?? 0).toBe(subs.reduce((sum, amounts) => sum + sumKnown(amounts), 0))
        expect(month.hoursKnown).toBe(known.filter(Boolean).length)
        expect(days.reduce((sum, day) => sum + (day.unexplained ?? 0), 0)).toBe(month.unexplained ?? 0)
        expect(days.reduce((sum, day) => sum + day.hoursKnown, 0)).toBe(month.hoursKnown)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the outermost meters', () => {
  it.each([
    { name: 'below another chosen', meters: [below('a', { parent: undefined }), below('b', { parent: 'a' })] },
    {
      name: 'of a sub-item of its code',
      meters: [
        below('a', { parent: undefined, purpose: '01D10' }),
        below('b', { parent: undefined, purpose: '01D1A' }),
      ],
    },
    {
      name: 'in the formula of another, however deep',
      meters: [
        below('a', { parent: undefined, kind: 'virtual', formula: [{ meter: 'mid', factor: 1 }] }),
        meter('mid', { kind: 'virtual', role: 'check', formula: [{ meter: 'b', factor: 1 }] }),
        below('b', { parent: undefined }),
      ],
    },
  ])('leave out one that is $name', ({ meters }) => {
    expect(outermost(meters, ({ role }) => role === 'sub').map(({ id }) => id)).toEqual(['a'])
  })
})
