// Writing the registry: all records or none, every problem named, and a new value never rewrites the past.

import { expect, test } from 'vitest'
import type { Institution } from '../../domain/registry.ts'
import { VersionConflict } from '../../functions/platform.ts'
import { type RegistryHead, readRegistry, registryKeys, registryReader } from '../../functions/registry.ts'
import { importRegistry, type RegistryPart } from '../../functions/registry-import.ts'
import { AREAS, documents, INSTITUTIONS, institution, meter, openTestPlatform, PROVINCE, register } from './province.ts'

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
      if ((await state.get<RegistryHead>(registryKeys.head))?.value.revision === 1) {
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
