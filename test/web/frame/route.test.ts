// Addresses of the page: what a shared link means.

import { expect, test } from 'vitest'
import {
  alertRoute,
  alertsRoute,
  areaRoute,
  formatRoute,
  inMonth,
  institutionRoute,
  institutionsRoute,
  parseRoute,
  placeOf,
} from '../../../web/src/frame/route.ts'

test.each([
  { hash: '', want: areaRoute(null, null) },
  { hash: '#/', want: areaRoute(null, null) },
  { hash: '#/?month=2026-10', want: areaRoute(null, '2026-10') },
  { hash: '#/area/130100?month=2026-10', want: areaRoute('130100', '2026-10') },
  {
    hash: '#/area/130100?type=education&rating=rectify',
    want: { ...areaRoute('130100', null), type: 'education', rating: 'rectify' },
  },
  { hash: '#/institution/130102-0001', want: institutionRoute('130102-0001', null) },
  {
    hash: '#/institution/130102-0001?month=2026-10&meter=130102-0001-E1&day=2026-10-07',
    want: {
      ...institutionRoute('130102-0001', '2026-10'),
      view: 'meters' as const,
      meter: '130102-0001-E1',
      day: '2026-10-07',
    },
  },
  { hash: '#/area/130100?month=2026-13', want: areaRoute('130100', null) },
  { hash: '#/institution/A?day=2026-99-99', want: institutionRoute('A', null) },
  { hash: '#/area/130100?view=carbon', want: { ...areaRoute('130100', null), view: 'carbon' } },
  { hash: '#/area/130100?view=reports', want: { ...areaRoute('130100', null), view: 'reports' } },
  {
    hash: '#/institution/A?month=2026-10&view=reports',
    want: { ...institutionRoute('A', '2026-10'), view: 'reports' },
  },
  { hash: '#/area/130100?view=nonsense', want: areaRoute('130100', null) },
  {
    hash: '#/institutions?search=sjz&status=over&sort=coverage&order=asc&at=3',
    want: institutionsRoute({ search: 'sjz', status: 'over', sort: 'coverage', order: 'asc', at: '3' }),
  },
  { hash: '#/institutions?at=0&order=up', want: institutionsRoute({}) },
  { hash: '#/connection?area=130102', want: { page: 'connection', area: '130102', month: null } },
  {
    hash: '#/acknowledge/pueOverLimit%3AA%3A1?key=t6j0.abc_-1.li',
    want: { page: 'acknowledge', id: 'pueOverLimit:A:1', key: 't6j0.abc_-1.li', month: null },
  },
  { hash: '#/wall', want: { page: 'wall', month: null } },
  { hash: '#/alerts', want: alertsRoute(null, null) },
  {
    hash: '#/alerts?area=130102&kind=meterSilent&state=cleared',
    want: { ...alertsRoute('130102', null), kind: 'meterSilent', state: 'cleared' },
  },
  {
    hash: '#/alert/pueOverLimit%3A130102-0001%3A1795848172855',
    want: alertRoute('pueOverLimit:130102-0001:1795848172855', null),
  },
  {
    hash: '#/why/area/130100?indicator=energy&table=dualControl',
    want: { page: 'why', of: 'area', id: '130100', indicator: 'energy', table: 'dualControl', month: null },
  },
  { hash: '#/why/area/130100', want: { page: 'unknown', month: null } },
  { hash: '#/why/meter/M-1?indicator=energy', want: { page: 'unknown', month: null } },
  { hash: '#/alert', want: { page: 'unknown', month: null } },
  { hash: '#/nowhere/else/at-all', want: { page: 'unknown', month: null } },
  { hash: '#/area/%E0%A4%A', want: { page: 'unknown', month: null } },
])('the address $hash is understood', ({ hash, want }) => {
  expect(parseRoute(hash)).toEqual(want)
})

test.each([
  areaRoute(null, null),
  areaRoute(null, '2026-10'),
  { ...areaRoute('130100', '2026-10'), type: 'education', rating: 'rectify' },
  { ...institutionRoute('a b/c', '2026-10'), view: 'meters' as const, meter: 'M-1', day: '2026-10-07' },
  { ...institutionRoute('A', null), view: 'cost' as const },
  { ...alertsRoute('130102', '2026-10'), kind: 'meterSilent', state: 'raised' as const },
  institutionsRoute({ area: '130100', search: '石家庄 二中', meters: 'none', at: '12' }),
  { page: 'wall' as const, month: null },
  alertRoute('gatewayOffline:G 1/2:1795848172855', null),
  {
    page: 'why' as const,
    of: 'institution' as const,
    id: 'A',
    indicator: 'energy',
    table: 'quota',
    month: '2026-10' as const,
  },
])('a link leads back to where it was made: %j', (route) => {
  expect(parseRoute(formatRoute(route))).toEqual(route)
})

test('another month keeps the page and gives up the chosen day', () => {
  const route = { ...institutionRoute('A', '2026-10'), meter: 'M-1', day: '2026-10-07' }
  expect(inMonth(route, '2026-09')).toEqual({ ...route, month: '2026-09', day: null })
  const filtered = { ...areaRoute('130100', null), type: 'venue' }
  expect(inMonth(filtered, '2026-09')).toEqual({ ...filtered, month: '2026-09' })
})

test('a filter and another month leave the reader where they are, another tab or subject does not', () => {
  const route = areaRoute('130100', null)
  expect(placeOf({ ...route, type: 'venue', month: '2026-09' })).toBe(placeOf(route))
  expect(placeOf({ ...route, view: 'carbon' })).not.toBe(placeOf(route))
  expect(placeOf(areaRoute('130200', null))).not.toBe(placeOf(route))
  expect(placeOf({ ...alertsRoute(null, null), kind: 'meterSilent' })).toBe(placeOf(alertsRoute(null, null)))
})
