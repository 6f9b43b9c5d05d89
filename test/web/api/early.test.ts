// What is asked for before the page is drawn is what its first screen asks for, and nothing where it begins elsewhere.

import { expect, test } from 'vitest'
import type { SessionView } from '../../../domain/view/session.ts'
import type { HealthView } from '../../../domain/view/view.ts'
import { askEarly, firstPaths, takeEarly } from '../../../web/src/api/early.ts'

const visitor: SessionView = {
  ...{ state: 'visitor', name: null, grants: [], actions: ['figures', 'field'], home: null, signsIn: true },
}
const health = { status: 'ok', rootArea: '130000' } as HealthView
const start = { hash: '#/', session: visitor, health, month: '2026-11' }
const OVERVIEW = ['areas/130000/status?month=2026-11', 'areas/130000', 'alerts?limit=1']

test.each([
  ['a visitor', {}, OVERVIEW],
  ['no address', { hash: '' }, OVERVIEW],
  [
    'who has an area',
    { session: { ...visitor, state: 'in' as const, home: { type: 'area' as const, id: '130100' } } },
    ['areas/130100/status?month=2026-11', 'areas/130100', 'alerts?limit=1'],
  ],
  [
    'who has an institution',
    { session: { ...visitor, state: 'in' as const, home: { type: 'institution' as const, id: 'A' } } },
    [],
  ],
  ['who is to sign in', { session: { ...visitor, state: 'out' as const } }, []],
  ['who reads no figures', { session: { ...visitor, actions: ['audit' as const] } }, []],
  ['another page', { hash: '#/alerts' }, []],
  ['a host that starts', { health: { ...health, status: 'starting' } as HealthView }, []],
  ['nothing registered', { health: { ...health, rootArea: null } }, []],
])('of %s', (_name, given, paths) => {
  expect(firstPaths({ ...start, ...given } as typeof start)).toEqual(paths)
})

test('an answer is taken once', async () => {
  const asked: string[] = []
  askEarly(['a', 'b'], async (path) => {
    asked.push(path)
    if (path === 'b') throw new Error('no host')
    return new Response(path)
  })
  expect(await (await takeEarly('a'))?.text()).toBe('a')
  expect(takeEarly('a')).toBeUndefined()
  await expect(takeEarly('b')).rejects.toThrow('no host')
  expect(asked).toEqual(['a', 'b'])
})
