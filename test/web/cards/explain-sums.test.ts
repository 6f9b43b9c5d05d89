// What a chain adds up to over its window.

import { expect, test } from 'vitest'
import type { ExplainedMonth } from '../../../domain/view/explain.ts'
import { explainSums, probablyMissing } from '../../../web/src/cards/explain-sums.ts'

const ROW = {
  ...{ name: 'GB/T 2589', value: 0.1229, unit: 'kgce/kWh', source: 's', certainty: 'secondary' },
  ...{ validFrom: '2021-04-01', validTo: null, retroactive: false },
}
const term = (source: string, amount: number, adds: number | null, row: typeof ROW | null = ROW) => ({
  ...{ kind: 'carrier' as const, source, amount, unit: 'kWh', row, adds, sources: [] },
})
const month = (weight: number, size: number | null, terms: ExplainedMonth['terms']): ExplainedMonth => ({
  ...{
    month: '2026-10',
    weight,
    terms,
    size,
    sizeWeightMs: weight * 100,
    hoursExpected: 1,
    hoursKnown: 1,
    knownShare: 1,
  },
  numerator: terms.reduce((sum, { adds }) => sum + (adds ?? 0), 0),
})

test('each source is added over the months by their share, the largest first, with each row once', () => {
  const later = { ...ROW, value: 0.13, validFrom: '2026-10-01' }
  const sums = explainSums({
    indicator: 'energyPerArea',
    months: [
      month(0.5, 100, [term('heat', 10, 4), term('electricity', 100, 12)]),
      month(1, 200, [term('electricity', 200, 26, later), term('heat', 20, 8)]),
    ],
  })
  expect(sums.sources).toMatchObject([
    { source: 'electricity', amount: 250, adds: 32, rows: [ROW, later] },
    { source: 'heat', amount: 25, adds: 10, rows: [ROW] },
  ])
  // 0.5 × 16 + 34; sizes are weighted by the time they held.
  expect(sums).toMatchObject({ numerator: 42, numeratorUnit: 'kgce', size: 250 / 1.5 })
})

test('what no row converts counts as nothing known, and a month without its size leaves no denominator', () => {
  const sums = explainSums({ indicator: 'co2PerArea', months: [month(1, null, [term('petrol', 5, null, null)])] })
  expect(sums).toMatchObject({ numerator: 0, numeratorUnit: 'kgCO2', size: null, sources: [{ adds: null, rows: [] }] })
  expect(explainSums({ indicator: 'water', months: [] })).toMatchObject({
    numerator: 0,
    numeratorUnit: 'm³',
    sources: [],
  })
})

test.each([
  { numerator: 90, knownShare: 0.9, want: 10 },
  { numerator: 90, knownShare: 1, want: 0 },
  { numerator: 0, knownShare: 0, want: null },
  { numerator: 0, knownShare: null, want: null },
])('of $numerator, known to $knownShare, $want is probably missing', ({ want, ...month }) => {
  const missing = probablyMissing(month)
  expect(missing === null ? null : Math.round(missing * 1e9) / 1e9).toBe(want)
})
