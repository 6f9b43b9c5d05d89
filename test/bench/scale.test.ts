// docs/scale.md is what the simulation says today, and the simulation behaves as queues and partitions do.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { chainOf, itemsOf, queueOf, REALMS, roundsOf, scaleDocument } from '../../bench/scale.ts'
import { must } from '../../domain/must.ts'

const [province, nation] = [must(REALMS[0]), must(REALMS[1])]

test('docs/scale.md is written by the simulation: node bench/scale.ts', () => {
  expect(readFileSync(new URL('../../docs/scale.md', import.meta.url), 'utf8')).toBe(scaleDocument())
})

test('a queue is deeper the more haste there is, and empty in the end where copies suffice', () => {
  for (const realm of REALMS) {
    const [hasty, calm] = [queueOf(realm, 60), queueOf(realm, 900)]
    expect(hasty.deepest).toBeGreaterThanOrEqual(calm.deepest)
    expect(hasty.isDone).toBe(true)
  }
  expect(queueOf(nation, 60, 1).isDone).toBe(false)
  // What came in and is not waiting was drained: nothing vanishes.
  const { deepest, drained } = queueOf(nation, 60)
  expect(deepest).toBeCloseTo(nation.institutions - 60 * drained, -4)
})

test('the chains of the ledger bear what a province asks; a nation with twice the copies would need more of them', () => {
  expect(chainOf(province, 60).wanted).toBeLessThan(chainOf(province, 60).possible / 10)
  expect(chainOf(nation, 900).wanted).toBeLessThan(chainOf(nation, 900).possible)
  expect(chainOf(nation, 60, { copies: 40 }).wanted).toBeGreaterThan(chainOf(nation, 60).possible)
  expect(chainOf(nation, 60, { copies: 40, groups: 1_024 }).wanted).toBeLessThan(chainOf(nation, 60).possible)
})

test('items and partitions stay below the limits of DynamoDB, and files below those of a function', () => {
  for (const realm of REALMS) {
    const { largest, dayBytesMax, unitsPerSecondMax, messageUnits } = itemsOf(realm)
    expect(largest).toBeGreaterThan(100)
    expect(dayBytesMax).toBeLessThan(400_000)
    expect(unitsPerSecondMax).toBeLessThan(1)
    expect(messageUnits).toBeGreaterThanOrEqual(1)
    expect(roundsOf(realm).sealSeconds).toBeLessThan(900)
    expect(roundsOf(realm).tendSeconds).toBeLessThan(86_400)
  }
})
