// Long work gives the event loop turns: what waits for it goes on in between, and results keep their order.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inTurns, mapInTurns } from '../../../functions/state/turns.ts'

/** Counts the turns that the event loop gets while work goes on. */
function turns() {
  let count = 0
  let isOver = false
  const ended = (async () => {
    while (!isOver) {
      await nextTurn()
      count++
    }
  })()
  return async () => {
    isOver = true
    await ended
    return count
  }
}
const ITEMS = Array.from({ length: 40 }, (_, index) => index)

test('the loop gets a turn after each few items', async () => {
  const stop = turns()
  const seen: number[] = []
  for await (const item of inTurns(ITEMS, 8)) seen.push(item)
  expect(seen).toEqual(ITEMS)
  expect(await stop()).toBeGreaterThanOrEqual(4)
})

test('results come in the order of the items, a few side by side', async () => {
  const stop = turns()
  let under = 0
  let most = 0
  const doubled = await mapInTurns(ITEMS, 8, async (item) => {
    under++
    most = Math.max(most, under)
    await Promise.resolve()
    under--
    return item * 2
  })
  expect(doubled).toEqual(ITEMS.map((item) => item * 2))
  expect(most).toBe(8)
  expect(await stop()).toBeGreaterThanOrEqual(4)
})
