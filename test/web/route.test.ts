// Addresses of the page: what a shared link means.

import { expect, test } from 'vitest'
import { areaRoute, formatRoute, inMonth, institutionRoute, parseRoute } from '../../web/src/route.ts'

test.each([
  { hash: '', want: areaRoute(null, null) },
  { hash: '#/', want: areaRoute(null, null) },
  { hash: '#/?month=2026-10', want: areaRoute(null, '2026-10') },
  { hash: '#/area/130100?month=2026-10', want: areaRoute('130100', '2026-10') },
  {
    hash: '#/area/130100?type=education&grade=rectify',
    want: { ...areaRoute('130100', null), type: 'education', grade: 'rectify' },
  },
  { hash: '#/institution/130102-0001', want: institutionRoute('130102-0001', null) },
  {
    hash: '#/institution/130102-0001?month=2026-10&meter=130102-0001-E1&day=2026-10-07',
    want: { ...institutionRoute('130102-0001', '2026-10'), meter: '130102-0001-E1', day: '2026-10-07' },
  },
  { hash: '#/area/130100?month=2026-13', want: areaRoute('130100', null) },
  { hash: '#/institution/A?day=2026-99-99', want: institutionRoute('A', null) },
  { hash: '#/nowhere/else/at-all', want: { page: 'unknown', month: null } },
  { hash: '#/area/%E0%A4%A', want: { page: 'unknown', month: null } },
])('the address $hash is understood', ({ hash, want }) => {
  expect(parseRoute(hash)).toEqual(want)
})

test.each([
  areaRoute(null, null),
  areaRoute(null, '2026-10'),
  { ...areaRoute('130100', '2026-10'), type: 'education', grade: 'rectify' },
  { ...institutionRoute('a b/c', '2026-10'), meter: 'M-1', day: '2026-10-07' },
])('a link leads back to where it was made: %j', (route) => {
  expect(parseRoute(formatRoute(route))).toEqual(route)
})

test('another month keeps the page and gives up the chosen day', () => {
  const route = { ...institutionRoute('A', '2026-10'), meter: 'M-1', day: '2026-10-07' }
  expect(inMonth(route, '2026-09')).toEqual({ ...route, month: '2026-09', day: null })
  const filtered = { ...areaRoute('130100', null), type: 'venue' }
  expect(inMonth(filtered, '2026-09')).toEqual({ ...filtered, month: '2026-09' })
})
