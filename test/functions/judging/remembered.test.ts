// A judgement of the last seconds stands while nothing that was read for it has changed.

import { expect, test } from 'vitest'
import { remembered } from '../../../functions/judging/remembered.ts'
import { docKey, type StateStore } from '../../../functions/platform.ts'
import { openDatabase } from '../../../local/sqlite.ts'
import { openStateStore } from '../../../local/state-store.ts'

const A = docKey<number>('subject/A/2026')
const B = docKey<number>('subject/B/2026')

test('the same documents are not judged again, a changed, new or later one is', async () => {
  const state = openStateStore(openDatabase(':memory:'))
  await state.put([{ key: A, value: 1 }])
  let judged = 0
  const sumOf = (asked: { revision?: number; asOfMs?: number } = {}) =>
    remembered(state, { name: 'A 2026-11', revision: 1, asOfMs: 1_000_000, ...asked }, async (read: StateStore) => {
      judged++
      const docs = await read.getMany([A, B])
      return docs.reduce((sum, { value }) => sum + value, 0)
    })
  expect([await sumOf(), await sumOf({ asOfMs: 1_010_000 }), judged]).toEqual([1, 1, 1])
  await state.put([{ key: A, value: 2 }])
  expect([await sumOf(), judged]).toEqual([2, 2])
  // One that was not there.
  await state.put([{ key: B, value: 5 }])
  expect([await sumOf(), judged]).toEqual([7, 3])
  await state.delete([B])
  expect([await sumOf(), judged]).toEqual([2, 4])
  // After ten seconds, by a clock that went back, and after an import.
  for (const asked of [{ asOfMs: 1_010_001 }, { asOfMs: 900_000 }, { asOfMs: 900_000, revision: 2 }]) await sumOf(asked)
  expect(judged).toBe(7)
})

test('what reads a list of documents cannot be remembered', async () => {
  const state = openStateStore(openDatabase(':memory:'))
  const asked = { name: 'A', revision: 1, asOfMs: 0 }
  await expect(remembered(state, asked, (read) => read.query(A))).rejects.toThrow('by their keys')
})
