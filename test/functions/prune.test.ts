// Refusals are kept for a quarter and up to a number; their counts are not forgotten.

import { expect, test } from 'vitest'
import { DAY_MS } from '../../domain/calendar.ts'
import { rejectionKeys } from '../../functions/ingest.ts'
import { prune, REJECTION_DAYS_MAX } from '../../functions/prune.ts'
import { openTestPlatform } from './province.ts'

const NOW = Date.UTC(2026, 10, 23)

const recordAt = (receivedMs: number, id: string) => ({
  key: rejectionKeys.record({ gateway: 'G', receivedMs, id, payload: '' }),
  value: {},
})

test.each([
  { name: 'forgets what is older than a quarter', max: 100, left: ['b', 'c', 'd'] },
  { name: 'forgets the oldest beyond the number', max: 2, left: ['c', 'd'] },
])('$name', async ({ max, left }) => {
  const opened = await openTestPlatform()
  const platform = { ...opened, now: () => NOW }
  await platform.state.put([
    recordAt(NOW - (REJECTION_DAYS_MAX + 1) * DAY_MS, 'a'),
    recordAt(NOW - (REJECTION_DAYS_MAX - 1) * DAY_MS, 'b'),
    recordAt(NOW - DAY_MS, 'c'),
    recordAt(NOW, 'd'),
    { key: rejectionKeys.count('G'), value: { notJson: 4 } },
  ])
  await prune(platform, max)({ shards: [] })
  const kept = await platform.state.query('rejection/')
  expect(kept.map(({ key }) => key.at(-1))).toEqual(left)
  expect((await platform.state.get(rejectionKeys.count('G')))?.value).toEqual({ notJson: 4 })
  await opened.close()
})
