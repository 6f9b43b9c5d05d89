// That what is read once is what stands, and that it is read once.

import { expect, test } from 'vitest'
import { docKey, type StateStore } from '../../../functions/platform.ts'
import { readOnce } from '../../../functions/state/read-once.ts'
import { openTestPlatform } from '../province.ts'

async function counted() {
  const { state } = await openTestPlatform()
  await state.put([
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
  ])
  const asked: string[] = []
  const counting: StateStore = {
    ...state,
    get: (key) => {
      asked.push(key)
      return state.get(key)
    },
    getMany: (keys) => {
      asked.push(...keys)
      return state.getMany(keys)
    },
  }
  return { state, asked, once: readOnce(counting) }
}

test('a document is asked for once, one that does not exist too, and comes in the order of the keys', async () => {
  const { once, asked } = await counted()
  expect((await once.getMany([docKey('b'), docKey('none'), docKey('a')])).map(({ key }) => key)).toEqual(['b', 'a'])
  expect(await once.get(docKey('a'))).toEqual({ key: 'a', value: 1, version: 1 })
  expect(await once.get(docKey('none'))).toBeUndefined()
  expect((await once.getMany([docKey('a'), docKey('b')])).map(({ value }) => value)).toEqual([1, 2])
  expect(asked).toEqual(['b', 'none', 'a'])
})

test('what is written or deleted is what is read next', async () => {
  const { once, state } = await counted()
  await once.getMany([docKey('a'), docKey('b'), docKey('new')])
  await once.put([
    { key: 'a', value: 10 },
    { key: 'new', value: 3 },
  ])
  await once.delete(['b'])
  for (const key of ['a', 'b', 'new']) expect(await once.get(docKey(key))).toEqual(await state.get(docKey(key)))
})
