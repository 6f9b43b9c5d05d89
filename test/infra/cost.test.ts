// docs/cost.md is what the model says today, no price pretends, and the model behaves as bills do.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { triggers } from '../../functions/triggers.ts'
import { cases, costDocument, totalUsd } from '../../infra/cost.ts'
import type { Case } from '../../infra/cost-model.ts'
import { monthlyLines, RHYTHMS } from '../../infra/cost-month.ts'
import { prices } from '../../infra/prices.ts'
import { SERIES_STORES } from '../../infra/series-stores.ts'

test('docs/cost.md is written by the model: npm run cost', () => {
  expect(readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8')).toBe(costDocument())
})

test('every price that was not read says so', () => {
  const rows = costDocument().split('## Prices')[1].split('\n')
  for (const [name, { verified }] of Object.entries(prices)) {
    const row = rows.find((one) => one.startsWith(`| ${name} `))
    expect(row, name).toContain(verified ? '| read' : '| unverified')
  }
})

test('every price is used, and every row that is worked on has its line', () => {
  const lines = cases.flatMap((one) => SERIES_STORES.flatMap((store) => monthlyLines(one, store)))
  expect(new Set(lines.map(({ price }) => price))).toEqual(new Set(Object.keys(prices)))
  expect(Object.keys(triggers)).toEqual([
    'ingest',
    'settle',
    'assess',
    'rollup',
    'notify',
    'prune',
    'reports',
    'contract',
    'control',
    'api',
  ])
})

test('more costs more: meters, readings, haste', () => {
  const some: fc.Arbitrary<Case> = fc.record({
    name: fc.constant('some'),
    institutions: fc.integer({ min: 1, max: 40_000 }),
    meters: fc.integer({ min: 1, max: 300_000 }),
    shards: fc.integer({ min: 1, max: 200 }),
    everyMinutes: fc.constantFrom(1, 5, 15, 60),
    readers: fc.integer({ min: 0, max: 3_000 }),
    influxVcpus: fc.integer({ min: 1, max: 32 }),
  })
  fc.assert(
    fc.property(some, fc.constantFrom(...SERIES_STORES), (one, store) => {
      const total = totalUsd(monthlyLines(one, store))
      expect(total).toBeGreaterThan(0)
      const more = (change: Partial<Case>) => totalUsd(monthlyLines({ ...one, ...change }, store))
      expect(more({ meters: one.meters * 2 })).toBeGreaterThanOrEqual(total)
      expect(more({ readers: one.readers + 1 })).toBeGreaterThan(total)
      expect(totalUsd(monthlyLines(one, store, { ...RHYTHMS[store], gatherSeconds: 240 }))).toBeLessThanOrEqual(
        total + 1e-9,
      )
      for (const { quantity, part } of monthlyLines(one, store)) expect(quantity, part).toBeGreaterThanOrEqual(0)
    }),
  )
})
