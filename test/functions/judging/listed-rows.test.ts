// Rows kept in memory are those that are stored: after each pass, in each order, and while a county has none.

import { expect, test } from 'vitest'
import { assess } from '../../../functions/assess.ts'
import { summarizedKey, summaryKey } from '../../../functions/judging/list-rows.ts'
import { joinedRows, listedRows } from '../../../functions/judging/listed-rows.ts'
import type { Platform } from '../../../functions/platform.ts'
import { derive, NOON_MS, openTestPlatform, PROVINCE, register, send } from '../province.ts'

const SHARDS = ['130102', '130104', '130202']
const stored = async ({ state }: Platform) =>
  (await Promise.all(SHARDS.map((shard) => state.query(summaryKey(shard))))).flat().map(({ value }) => value)

async function judgedProvince() {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  await derive(platform)
  return platform
}

test('what is read again is what is stored, and the same array while nothing changed', async () => {
  const platform = await judgedProvince()
  const first = await joinedRows(platform.state, SHARDS)
  expect(first.length).toBeGreaterThan(2)
  expect(first).toEqual(await stored(platform))
  expect(await joinedRows(platform.state, SHARDS)).toBe(first)
  const parts = await listedRows(platform.state, SHARDS)
  const [{ id = '', gateway = '' } = {}] = PROVINCE.meters ?? []
  const readings = [0, 1].map((hour) => ({ meter: id, at: NOON_MS - hour * 3_600_000, value: 500 - hour }))
  expect(await send(platform, gateway, readings)).toMatchObject({ failed: [] })
  await derive(platform)
  const second = await joinedRows(platform.state, SHARDS)
  expect(second).toEqual(await stored(platform))
  // The clock stood still: a stamp is no time alone.
  const again = await listedRows(platform.state, SHARDS)
  expect(again.filter((rows, index) => rows !== parts[index])).not.toEqual([])
})

test('a county whose rows are being made again is read from the store', async () => {
  const platform = await judgedProvince()
  await joinedRows(platform.state, SHARDS)
  await platform.state.delete([summarizedKey('130102'), summaryKey('130102', (await stored(platform))[0].id)])
  expect(await joinedRows(platform.state, SHARDS)).toEqual(await stored(platform))
  await assess(platform)({ shards: [] })
  expect(await joinedRows(platform.state, SHARDS)).toEqual(await stored(platform))
})
