// Writing the registry: all records or none, every problem named, and a new value never rewrites the past.

import { expect, test } from 'vitest'
import type { Area, Institution } from '../../../domain/registry/records.ts'
import { type StateStore, VersionConflict } from '../../../functions/platform.ts'
import { importRegistry, type RegistryPart } from '../../../functions/registry/import.ts'
import { type RegistryHead, readRegistry, registryKeys, registryReader } from '../../../functions/registry/reader.ts'
import {
  AREAS,
  documents,
  INSTITUTIONS,
  institution,
  meter,
  openTestPlatform,
  PROVINCE,
  register,
} from '../province.ts'

const size = (validFrom: string, floorAreaM2: number): Institution['sizes'][number] => ({ validFrom, floorAreaM2 })
const target = {
  subject: 'A',
  indicator: 'energy',
  baseYear: 2025,
  endYear: 2030,
  path: 'linear',
  baseValue: 10,
  source: 'test',
  standIn: false,
} as const

test('what was imported is read again, whole', async () => {
  const { state } = await openTestPlatform()
  const { problems, head } = await importRegistry(state, PROVINCE)
  expect(problems).toEqual([])
  expect(head).toMatchObject({
    revision: 1,
    institutions: 4,
    meters: 8,
    shards: ['130102', '130104', '130202'],
    rootArea: '130000',
  })
  const read = await readRegistry(state)
  expect(read.institutions).toEqual(PROVINCE.institutions)
  expect(read.gateways).toEqual(PROVINCE.gateways)
  expect(read.meters.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual(PROVINCE.meters)
  expect(read.areas).toEqual(PROVINCE.areas?.toSorted((a, b) => a.code.localeCompare(b.code)))
})

test('one wrong record among many good ones: nothing is written, and it is named', async () => {
  const { state } = await openTestPlatform()
  await importRegistry(state, PROVINCE)
  const before = await documents({ state })
  const { problems, head } = await importRegistry(state, {
    institutions: [institution('E', '130102'), institution('F', '130100')],
    meters: [meter('A-E', 'A', { multiplier: 7 })],
    targets: [{ ...target, cap: 5, subject: 'nobody' }],
  })
  expect(problems).toEqual([
    expect.objectContaining({
      kind: 'institutions',
      id: 'F',
      field: 'area',
      reason: expect.stringContaining('county'),
    }),
    expect.objectContaining({ kind: 'targets', field: 'subject', reason: expect.stringContaining('"nobody"') }),
  ])
  expect(head.revision).toBe(1)
  expect(await documents({ state })).toEqual(before)
})

test('a size is added to those that stand; one of the same day is corrected', async () => {
  const { state } = await openTestPlatform()
  const sizesAfter = async (...sizes: Institution['sizes']) => {
    await importRegistry(state, { areas: AREAS, institutions: [institution('A', '130102', { sizes })] })
    return (await readRegistry(state)).institutions[0].sizes.map((one) => [one.validFrom, one.floorAreaM2])
  }
  expect(await sizesAfter(size('2020-01-01', 1000))).toEqual([['2020-01-01', 1000]])
  expect(await sizesAfter(size('2024-01-01', 1500))).toEqual([
    ['2020-01-01', 1000],
    ['2024-01-01', 1500],
  ])
  expect(await sizesAfter(size('2022-07-01', 1200), size('2020-01-01', 900))).toEqual([
    ['2020-01-01', 900],
    ['2022-07-01', 1200],
    ['2024-01-01', 1500],
  ])
})

test('records are replaced by their identity, and others of their kind stay', async () => {
  const platform = await openTestPlatform()
  await register(platform, {
    ...PROVINCE,
    targets: [
      { ...target, cap: 5 },
      { ...target, cap: 7, indicator: 'co2' },
    ],
  })
  await register(platform, {
    meters: [meter('A-E', 'A', { multiplier: 40 })],
    targets: [{ ...target, cap: 6 }],
  })
  const read = await readRegistry(platform.state)
  expect(read.meters).toHaveLength(8)
  expect(read.meters.find(({ id }) => id === 'A-E')?.multiplier).toBe(40)
  expect(read.targets.map(({ indicator, cap }) => [indicator, cap])).toEqual([
    ['energy', 6],
    ['co2', 7],
  ])
})

test('a meter that comes to another gateway is that one’s, and no longer the other’s', async () => {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  await register(platform, {
    gateways: [{ id: 'G-A2', institution: 'A' }],
    meters: [meter('A-E', 'A', { gateway: 'G-A2' })],
  })
  const reader = registryReader(platform.state)
  expect(Object.keys((await reader.gateway('G-A'))?.meters ?? {})).toEqual(['A-W'])
  expect(Object.keys((await reader.gateway('G-A2'))?.meters ?? {})).toEqual(['A-E'])
})

test('of two imports at the same time one is told to try again', async () => {
  const { state } = await openTestPlatform()
  await importRegistry(state, PROVINCE)
  const slowed = {
    ...state,
    put: async (...args: Parameters<typeof state.put>) => {
      if ((await state.get(registryKeys.head))?.value.revision === 1) {
        await importRegistry(state, { institutions: [institution('E', '130104')] })
      }
      return state.put(...args)
    },
  }
  await expect(importRegistry(slowed, { institutions: [institution('F', '130104')] })).rejects.toThrow(VersionConflict)
  const ids = (await readRegistry(state)).institutions.map(({ id }) => id)
  expect(ids).toContain('E')
  expect(ids).not.toContain('F')
})

test('a reader sees a new registry once it has refreshed', async () => {
  const platform = await openTestPlatform()
  const reader = registryReader(platform.state)
  await register(platform, { areas: AREAS, institutions: INSTITUTIONS.slice(0, 1) })
  await reader.refresh()
  expect((await reader.shard('130102')).institutions).toHaveLength(1)
  await register(platform, { institutions: INSTITUTIONS } satisfies RegistryPart)
  expect((await reader.shard('130102')).institutions).toHaveLength(1)
  await reader.refresh()
  expect((await reader.shard('130102')).institutions).toHaveLength(2)
  expect(await reader.institution('nobody')).toBeUndefined()
  expect(await reader.meter('nobody')).toBeUndefined()
  expect(await reader.gateway('nobody')).toBeUndefined()
})

test('an import writes what it is about, not what stands', async () => {
  const { state } = await openTestPlatform()
  await importRegistry(state, PROVINCE)
  const written: string[] = []
  const told: StateStore = {
    ...state,
    async put(docs, options) {
      written.push(...docs.map(({ key }) => key))
      return state.put(docs, options)
    },
  }
  await importRegistry(told, { institutions: [institution('D', '130202', { name: '丁' })], targets: [target] })
  const own = (kind: string) => written.filter((key) => key.startsWith(`registry/${kind}`)).sort()
  expect(own('shard/')).toEqual([
    'registry/shard/130202/institution/D',
    'registry/shard/130202/meter/D-E',
    'registry/shard/130202/meter/D-W',
  ])
  expect(own('place/')).toHaveLength(3)
  expect(own('gateway/')).toEqual([])
  expect(own('target/')).toEqual(['registry/target/A'])
})

/** Documents are written one by one, as large puts are in AWS, and after `count` of them nothing is. */
function breakingAfter(count: number, state: StateStore): StateStore {
  let left = count
  return {
    ...state,
    async put(docs, options) {
      for (const doc of docs) {
        if (left-- <= 0) throw new Error('killed')
        await state.put([doc], options)
      }
    },
  }
}

test('an import that broke off after any document and is sent again ends as if it had not', async () => {
  // An institution comes to another county, and a meter to the gateway of another institution.
  const part: RegistryPart = {
    institutions: [institution('A', '130202'), institution('E', '130104')],
    gateways: [{ id: 'G-E', institution: 'E' }],
    meters: [meter('E-E', 'E'), meter('B-E', 'B', { gateway: 'G-C' })],
    targets: [target],
  }
  const outcome = async (state: StateStore) => {
    const docs = await documents({ state }, 'registry/')
    const { moved: _, ...head } = docs[registryKeys.head] as RegistryHead
    return { ...docs, [registryKeys.head]: head }
  }
  const undisturbed = await openTestPlatform()
  await importRegistry(undisturbed.state, PROVINCE)
  await importRegistry(undisturbed.state, part)
  const wanted = await outcome(undisturbed.state)
  for (let count = 0; ; count++) {
    const { state, close } = await openTestPlatform()
    await importRegistry(state, PROVINCE)
    const first = await importRegistry(breakingAfter(count, state), part).catch(() => undefined)
    if (first) break
    await importRegistry(state, part)
    expect(await outcome(state), `broken off after ${count}`).toEqual(wanted)
    await close()
  }
})

test('a parent that is not stated follows from the code, also of areas that come later, and is never stored', async () => {
  const { state } = await openTestPlatform()
  const area = (code: string, level: Area['level'], more: Partial<Area> = {}): Area => ({
    code,
    name: code,
    level,
    ...more,
  })
  const pathOf = async (code: string): Promise<string[]> => {
    const registry = registryReader(state)
    await registry.refresh()
    return registry.path(code)
  }
  const first = await importRegistry(state, {
    areas: [area('130102', 'county')],
    institutions: [institution('E', '130102')],
  })
  expect(first.warnings).toMatchObject([{ kind: 'institutions', id: 'E', field: 'area' }])
  const second = await importRegistry(state, { areas: [area('130000', 'province')] })
  expect([second.warnings, second.head.rootArea, await pathOf('130102')]).toEqual([[], '130000', ['130102', '130000']])
  await importRegistry(state, { areas: [area('130100', 'city'), area('130682', 'city'), area('130600', 'city')] })
  expect(await pathOf('130102')).toEqual(['130102', '130100', '130000'])
  expect(await pathOf('130682')).toEqual(['130682', '130000'])
  const orphan = await importRegistry(state, { areas: [area('K1', 'county')] })
  expect(orphan.warnings).toMatchObject([{ kind: 'areas', id: 'K1', field: 'parent' }])
  expect((await readRegistry(state)).areas.filter(({ parent }) => parent)).toEqual([])
})
