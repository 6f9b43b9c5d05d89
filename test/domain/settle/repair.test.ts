// Rows of a repair file: each that is wrong is named by row, field and reason, all of it at once.

import { expect, test } from 'vitest'
import { parseRepairs, type RepairRow } from '../../../domain/settle/repair.ts'

const NOW_MS = Date.UTC(2026, 5, 15)
const AT = '2026-06-01T10:00:00+08:00'
const AT_MS = Date.UTC(2026, 5, 1, 2)
const parsed = (...rows: RepairRow[]) => parseRepairs(rows, NOW_MS)

test('takes corrections and removals, times in both forms, and passes over empty rows', () => {
  const rows = [{ meter: 'M', at: AT, value: '1.5' }, {}, { meter: 'M', at: AT_MS + 1, remove: '是' }]
  expect(parsed(...rows)).toEqual({
    refused: [],
    repairs: [
      { row: 2, meter: 'M', atMs: AT_MS, value: 1.5 },
      { row: 4, meter: 'M', atMs: AT_MS + 1, value: null },
    ],
  })
})

const refusals: [name: string, row: RepairRow, field: string, reason: string][] = [
  ['no meter', { at: AT, value: 1 }, 'meter', 'is missing'],
  ['a time in words', { meter: 'M', at: 'soon', value: 1 }, 'at', '"soon" is neither RFC 3339'],
  ['a time without an offset', { meter: 'M', at: '2026-06-01 10:00', value: 1 }, 'at', 'neither RFC 3339'],
  ['tomorrow', { meter: 'M', at: NOW_MS + 86_400_000, value: 1 }, 'at', 'lies in the future'],
  ['the last century', { meter: 'M', at: '1999-06-01T10:00:00Z', value: 1 }, 'at', 'lies before 2000'],
  ['no value', { meter: 'M', at: AT, value: '' }, 'value', '"" is no number'],
  ['a value in words', { meter: 'M', at: AT, value: 'x' }, 'value', '"x" is no number'],
  ['a value beyond numbers', { meter: 'M', at: AT, value: '1e999' }, 'value', '"1e999" is no number'],
  ...['1e5', '1.2E+03', '0x10', '0b1', '1_000', '1,234', '1 234', '１２', '+5', '.5', '5.', 'Infinity', 'NaN'].map(
    (value): [string, RepairRow, string, string] => [
      `the value ${value}`,
      { meter: 'M', at: AT, value },
      'value',
      `"${value}" is no number in plain decimals`,
    ],
  ),
  ['a value true', { meter: 'M', at: AT, value: true }, 'value', '"true" is no number'],
  ['a value that is removed', { meter: 'M', at: AT, value: 1, remove: true }, 'value', 'must be empty'],
  ['a doubtful removal', { meter: 'M', at: AT, value: 1, remove: 'perhaps' }, 'remove', '"perhaps" is neither'],
]
test.each(refusals)('%s is refused by name, and the rows beside it are not', (_, row, field, reason) => {
  const good = { meter: 'N', at: AT, value: 1 }
  const { repairs, refused } = parsed(good, row)
  expect(refused).toEqual([{ row: 3, field, reason: expect.stringContaining(reason) }])
  expect(repairs.map(({ meter }) => meter)).toEqual(['N'])
})

test('a number of JSON, a negative one and spaces around it are numbers', () => {
  const values = [1e5, 1.5e-7, ' 12.50 ', '-3', 0]
  const { repairs, refused } = parsed(...values.map((value, n) => ({ meter: `M${n}`, at: AT, value })))
  expect([repairs.map(({ value }) => value), refused]).toEqual([[1e5, 1.5e-7, 12.5, -3, 0], []])
})

test('a reading that is named twice is refused, times that are none are not compared', () => {
  const twice = { meter: 'M', at: AT, value: 1 }
  const { refused } = parsed(twice, { ...twice, value: 2 }, { ...twice, at: 'soon' }, { ...twice, at: 'later' })
  expect(refused.map(({ row, reason }) => [row, reason.slice(0, 20)])).toEqual([
    [3, 'is given for this me'],
    [4, '"soon" is neither RF'],
    [5, '"later" is neither R'],
  ])
})
