// docs/scale.md is what the simulation says today, and the simulation behaves as queues and partitions do.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

interface Queue {
  deepest: number
  isDone: boolean
  drained: number
}
interface Chain {
  wanted: number
  possible: number
}
interface Facts {
  institutions: number
  /** Over a minute, five, and the interval. */
  queues: [Queue, Queue, Queue]
  oneCopy: Queue
  chains: [Chain, Chain, Chain]
  manyCopies: Chain
  manyChains: Chain
  items: { largest: number; dayBytesMax: number; unitsPerSecondMax: number; messageUnits: number }
  rounds: { sealSeconds: number; tendSeconds: number }
}

const { stdout } = spawnSync(process.execPath, ['bench/scale.ts', '--json'], {
  cwd: fileURLToPath(new URL('../..', import.meta.url)),
  encoding: 'utf8',
})
const { text, facts } = JSON.parse(stdout) as { text: string; facts: [Facts, Facts] }
const [province, nation] = facts

/** The formatter aligns the columns of tables. */
const unaligned = (text: string): string => text.replaceAll(/ +\|/g, ' |').replaceAll(/-{3,}/g, '---')

test('docs/scale.md is written by the simulation: node bench/scale.ts', () => {
  const written = readFileSync(new URL('../../docs/scale.md', import.meta.url), 'utf8')
  expect(unaligned(written)).toBe(unaligned(text))
})

test('a queue is deeper the more haste there is, and empty in the end where copies suffice', () => {
  for (const { queues } of facts) {
    expect(queues[0].deepest).toBeGreaterThanOrEqual(queues[2].deepest)
    expect(queues.every(({ isDone }) => isDone)).toBe(true)
  }
  expect(nation.oneCopy.isDone).toBe(false)
  // What came in and is not waiting was drained: nothing vanishes.
  const { deepest, drained } = nation.queues[0]
  expect(deepest).toBeCloseTo(nation.institutions - 60 * drained, -4)
})

test('the chains of the ledger bear a province; a nation with twice the copies would need more of them', () => {
  expect(province.chains[0].wanted).toBeLessThan(province.chains[0].possible / 10)
  expect(nation.chains[2].wanted).toBeLessThan(nation.chains[2].possible)
  expect(nation.manyCopies.wanted).toBeGreaterThan(nation.manyCopies.possible)
  expect(nation.manyChains.wanted).toBeLessThan(nation.manyChains.possible)
})

test('items and partitions stay below the limits of DynamoDB, and files below those of a function', () => {
  for (const { items, rounds } of facts) {
    expect(items.largest).toBeGreaterThan(100)
    expect(items.dayBytesMax).toBeLessThan(400_000)
    expect(items.unitsPerSecondMax).toBeLessThan(1)
    expect(items.messageUnits).toBeGreaterThanOrEqual(1)
    expect(rounds.sealSeconds).toBeLessThan(900)
    expect(rounds.tendSeconds).toBeLessThan(86_400)
  }
})
