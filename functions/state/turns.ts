// Gives the event loop turns during long work, since stores on one machine answer without yielding, and PUBACK waits
// for the loop. The only place that does so in `functions/`, besides the steps from shard to shard.

import { setImmediate as nextTurn } from 'node:timers/promises'

/** The items one by one, with a turn after each `perTurn` of them. */
export async function* inTurns<T>(items: Iterable<T>, perTurn = 1): AsyncGenerator<T, void, undefined> {
  let count = 0
  for (const item of items) {
    if (count > 0 && count % perTurn === 0) await nextTurn()
    count++
    yield item
  }
}

/** The results of `work`, in the order of the items: `perTurn` items side by side, with a turn in between. */
export async function mapInTurns<T, Result>(
  items: readonly T[],
  perTurn: number,
  work: (item: T) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let first = 0; first < items.length; first += perTurn) {
    if (first > 0) await nextTurn()
    results.push(...(await Promise.all(items.slice(first, first + perTurn).map(work))))
  }
  return results
}
