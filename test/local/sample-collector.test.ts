// The parting of rows by meter, row by row. The store around it: reading-store.test.ts and platform.contract.ts.

import { describe, expect, it } from 'vitest'
import { partByMeter } from '../../local/sample-collector.ts'

const rows = (list: readonly (readonly [meter: number, at: number, value: number])[]) => ({
  meters: Uint32Array.from(list, ([meter]) => meter),
  times: Float64Array.from(list, ([, at]) => at),
  values: Float64Array.from(list, ([, , value]) => value),
})
const plain = (parted: Awaited<ReturnType<typeof partByMeter>>) =>
  [...parted].map(([key, { atMs, value }]) => [key, [...atMs], [...value]])

describe('partByMeter', () => {
  it.each([
    { name: 'nothing', list: [], want: [] },
    {
      name: 'meters in turn',
      list: [
        [2, 10, 1],
        [0, 10, 5],
        [2, 20, 2],
        [0, 20, 6],
      ],
      want: [
        [0, [10, 20], [5, 6]],
        [2, [10, 20], [1, 2]],
      ],
    },
    {
      name: 'times out of order',
      list: [
        [1, 30, 3],
        [1, 10, 1],
        [1, 20, 2],
      ],
      want: [[1, [10, 20, 30], [1, 2, 3]]],
    },
    {
      name: 'a time that came twice: the last one holds',
      list: [
        [1, 10, 1],
        [1, 20, 2],
        [1, 10, 9],
      ],
      want: [[1, [10, 20], [9, 2]]],
    },
    {
      name: 'a suspect reading, which takes the place of the one before and counts for nothing',
      list: [
        [1, 10, 1],
        [1, 20, 2],
        [1, 10, Number.NaN],
      ],
      want: [[1, [20], [2]]],
    },
    { name: 'a meter of which every reading is suspect', list: [[0, 10, Number.NaN]], want: [] },
  ] as const)('parts $name', async ({ list, want }) => {
    expect(plain(await partByMeter(rows(list)))).toEqual(want)
  })
})
