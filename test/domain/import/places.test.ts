// The rows of refused records are found with one look through the records of a kind, however many are refused.

import { expect, test } from 'vitest'
import { places } from '../../../domain/import/gather.ts'

test('each record is looked at once, and a record given twice is the first of its rows', () => {
  let looks = 0
  const meters = Array.from({ length: 3_000 }, (_, index) => ({
    get id() {
      looks++
      return `M${index % 2_999}`
    },
  }))
  const origin = { meters: meters.map((_, index) => ({ file: 'meters.csv', row: index + 2 })) }
  const placeOf = places({ records: { meters }, origin })
  const found = Array.from({ length: 2_999 }, (_, index) => placeOf({ kind: 'meters', id: `M${index}` }).row)
  expect(found).toEqual(Array.from({ length: 2_999 }, (_, index) => index + 2))
  expect(looks).toBe(meters.length)
  expect(placeOf({ kind: 'gateways', id: 'G' })).toEqual({ file: 'gateways', row: 0 })
})
