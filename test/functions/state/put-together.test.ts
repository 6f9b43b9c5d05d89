// Groups of documents stay whole, whatever is killed between two puts.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ATOMIC_DOCS_MAX, type DocWrite, type StateStore } from '../../../functions/platform.ts'
import { putTogether } from '../../../functions/state/put-together.ts'

async function putsOf(groups: readonly DocWrite[][]): Promise<DocWrite[][]> {
  const puts: DocWrite[][] = []
  const state = { put: async (docs: readonly DocWrite[]) => void puts.push([...docs]) } as unknown as StateStore
  await putTogether(state, groups)
  return puts
}
const groupsOf = (sizes: readonly number[]): DocWrite[][] =>
  sizes.map((size, group) => Array.from({ length: size }, (_, n) => ({ key: `${group}/${n}`, value: group })))

test('every group is put once, in order, whole in one put that is not too large', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(ATOMIC_DOCS_MAX), { maxLength: 20 }), async (sizes) => {
      const groups = groupsOf(sizes)
      const puts = await putsOf(groups)
      expect(puts.flat()).toEqual(groups.flat())
      expect(Math.max(...puts.map((put) => put.length))).toBeLessThanOrEqual(ATOMIC_DOCS_MAX)
      for (const group of groups.filter((docs) => docs.length > 0))
        expect(puts.filter((put) => group.some((doc) => put.includes(doc)))).toHaveLength(1)
    }),
    { numRuns: 1_000 },
  )
})

test('a group that could not be whole is an error, and no put', async () => {
  await expect(putsOf(groupsOf([ATOMIC_DOCS_MAX + 1]))).rejects.toThrow(RangeError)
})
