// Holds the draw of the yearly spot check to docs/rules/report.md#spot-check: the same seed and candidates give one
// draw in any order, of at least 5 %, and every candidate has the same chance.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reportTableSchema } from '../../../domain/report/document.ts'
import {
  drawSpotCheck,
  isSameDraw,
  type SpotCheck,
  spotCheckSchema,
  spotCheckTable,
} from '../../../domain/report/spot-check.ts'

const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }), { maxLength: 300 })
const shares = fc.double({ min: 0.05, max: 1, noNaN: true })
const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `inst-${index}`)

describe('a draw', () => {
  it('is the same in any order, and with duplicates', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), ids, shares, (seed, own, share) => {
        const draw = drawSpotCheck(seed, own, share)
        expect(drawSpotCheck(seed, [...own.toReversed(), ...own], share)).toEqual(draw)
      }),
    )
  })

  it('has at least its share of the candidates, each once, and no more than needed', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), ids, shares, (seed, own, share) => {
        const { drawn } = drawSpotCheck(seed, own, share)
        expect(new Set(drawn).size).toBe(drawn.length)
        expect(drawn.every((id) => own.includes(id))).toBe(true)
        expect(drawn.length).toBeGreaterThanOrEqual(share * own.length - 1e-6)
        expect(drawn.length).toBeLessThan(share * own.length + 1)
      }),
    )
  })

  it('of a larger share begins with that of a smaller one', () => {
    fc.assert(
      fc.property(ids, (own) => {
        const { drawn } = drawSpotCheck('s', own)
        expect(drawSpotCheck('s', own, 0.5).drawn.slice(0, drawn.length)).toEqual(drawn)
      }),
    )
  })

  it.each([
    { count: 0, drawn: 0 },
    { count: 1, drawn: 1 },
    { count: 20, drawn: 1 },
    { count: 21, drawn: 2 },
    { count: 31_600, drawn: 1580 },
  ])('of $count institutions has $drawn', ({ count, drawn }) => {
    expect(drawSpotCheck('2026', many(count)).drawn).toHaveLength(drawn)
  })

  it('gives every candidate the same chance', () => {
    const own = many(100)
    const times = new Map<string, number>()
    for (let seed = 0; seed < 400; seed++)
      for (const id of drawSpotCheck(`seed ${seed}`, own, 0.1).drawn) times.set(id, (times.get(id) ?? 0) + 1)
    // 40 of 400 are expected; 6 is the standard deviation.
    expect(times.size).toBe(100)
    for (const count of times.values()) expect(Math.abs(count - 40)).toBeLessThan(30)
    const tens = Array.from({ length: 10 }, (_, ten) => own.slice(10 * ten, 10 * ten + 10))
    for (const ten of tens)
      expect(Math.abs(ten.reduce((sum, id) => sum + (times.get(id) ?? 0), 0) - 400)).toBeLessThan(90)
  })

  it('is refused below 5 % and above all', () => {
    for (const share of [0.049, 0, 1.01, Number.NaN]) expect(() => drawSpotCheck('s', ['a'], share)).toThrow(RangeError)
  })
})

describe('a record', () => {
  const own = many(200)
  const record: SpotCheck = spotCheckSchema.parse({
    year: 2026,
    area: '130000',
    seed: '2026 河北',
    share: 0.05,
    by: '李四',
    atMs: 1,
    ...drawSpotCheck('2026 河北', own),
  })

  it('is confirmed by the same candidates alone', () => {
    expect(isSameDraw(record, own)).toBe(true)
    expect(isSameDraw(record, [...own, 'one more'])).toBe(false)
    expect(isSameDraw({ ...record, seed: 'x' }, own)).toBe(false)
    expect(isSameDraw({ ...record, drawn: record.drawn.slice(1) }, own)).toBe(false)
  })

  it('is printed', () => {
    const table = spotCheckTable(record, (id) => `name of ${id}`)
    expect(reportTableSchema.parse(table)).toEqual(table)
    expect(table.rows).toHaveLength(10)
    expect(table.note.zh).toContain('从 200 家机构中抽取 10 家')
  })
})
