// Reminders of reports: who asks for them is told once per reminder and area who has not submitted, and no more once
// all have; a day on which the host was down is made up for.

import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../domain/calendar.ts'
import { notify } from '../../functions/notify.ts'
import type { Message } from '../../functions/platform.ts'
import { apiCall } from './api-call.ts'
import { openTestPlatform, PROVINCE, register } from './province.ts'

/** Ten o'clock of 2026-06-07, three days before the monthly ledger of May is due. */
const SEVENTH_MS = Date.UTC(2026, 5, 7, 2)

async function reminding(more: Record<string, unknown> = { reports: true, areas: ['130102'] }) {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  const channels = [{ type: 'mail', address: 'li@example.cn' }]
  await apiCall(platform, 'PUT', 'settings/recipients/li', { name: '李', channels, ...more })
  const told: Message[] = []
  const on = { ...platform, notify: { send: async (_: unknown, message: Message) => void told.push(message) } }
  return {
    told,
    async at(ms: number) {
      platform.clock.nowMs = ms
      told.length = 0
      expect(await notify(on)({ shards: [] })).toEqual({ failed: [] })
      return told.map(({ title }) => title)
    },
  }
}

test('three days before, and a day late, each once', async () => {
  const { at, told } = await reminding()
  expect(await at(SEVENTH_MS - DAY_MS)).toEqual([])
  expect(await at(SEVENTH_MS - 2 * HOUR_MS)).toEqual([])
  expect(await at(SEVENTH_MS)).toEqual(['【报送提醒】长安区 2026-05 月度台账：2 个未报送'])
  expect(told[0]).toMatchObject({
    lines: ['截止：2026-06-10（替代值），还有 3 天', '未报送：A 机构、B 机构', expect.stringContaining('no source')],
    link: 'http://localhost:8080/#/area/130102',
  })
  expect(await at(SEVENTH_MS + HOUR_MS)).toEqual([])
  expect(await at(SEVENTH_MS + DAY_MS)).toEqual([])
  // The host was down on the 11th.
  expect(await at(SEVENTH_MS + 5 * DAY_MS)).toEqual(['【报送提醒】长安区 2026-05 月度台账：2 个未报送'])
  expect(told[0]?.lines[0]).toBe('截止：2026-06-10（替代值），已逾期 2 天')
  expect(await at(SEVENTH_MS + 6 * DAY_MS)).toEqual([])
})

test('nobody who did not ask for it, and nothing of long ago', async () => {
  expect(await (await reminding({})).at(SEVENTH_MS)).toEqual([])
  expect(await (await reminding()).at(SEVENTH_MS + 18 * DAY_MS)).toEqual([])
})

test('without areas of their own, of the highest one', async () => {
  expect(await (await reminding({ reports: true, language: 'en' })).at(SEVENTH_MS)).toEqual([
    '[Reports due] 河北省, monthly ledger 2026-05: 2 not submitted',
  ])
})
