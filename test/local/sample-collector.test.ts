// The parting of rows by meter, row by row. The store around it: reading-store.test.ts and platform.contract.ts.

import { describe, expect, it } from 'vitest'
import { markOf, SENT_UNITS } from '../../domain/wire/sent-unit.ts'
import { partByMeter } from '../../local/sample-collector.ts'

const rows = (list: readonly (readonly [meter: number, at: number, value: number, unit?: string])[]) => ({
  meters: Uint32Array.from(list, ([meter]) => meter),
  times: Float64Array.from(list, ([, at]) => at),
  values: Float64Array.from(list, ([, , value]) => value),
  marks: Uint8Array.from(list, ([, , , unit]) => markOf({ quality: 'good', unit })),
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

  it('keeps the unit of each sample, and has none where no sender gave one', async () => {
    const parted = await partByMeter(
      rows([
        [1, 20, 2, 'MWh'],
        [2, 10, 1],
        [1, 10, 1],
        [1, 30, 3, 'kWh'],
        [1, 30, 4],
      ]),
    )
    expect([...(parted.get(1)?.unit ?? [])]).toEqual([0, SENT_UNITS.indexOf('MWh'), 0])
    expect(parted.get(2)).not.toHaveProperty('unit')
  })
})
