// What people note at alerts: many taken in hand at once, comments, who has it, reminders stopped for a while.

import { expect, test } from 'vitest'
import { waitingEvents } from '../../domain/alert/kinds/register-event.ts'
import { findingOf } from '../../domain/alert/kinds.ts'
import { type Alert, advance, escalate, remark } from '../../domain/alert/life.ts'
import { defaultLimits } from '../../domain/alert/rules.ts'
import { DAY_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { alertOf, storeAlerts } from '../../functions/alerts/store.ts'
import { apiCall } from './api-call.ts'
import { NOON_MS, openTestPlatform, PROVINCE, register, type TestPlatform } from './province.ts'

function raised(meter: string): Alert {
  const limits = { ...defaultLimits('registerEvent'), escalateAfterMinutes: 24 * 60 }
  const asked = { subject: { type: 'meter', id: meter } as const, limits, asOfMs: NOON_MS }
  const waiting = waitingEvents(asked, [{ kind: 'reset', atMs: NOON_MS, reviewed: false }])
  return must(advance(undefined, findingOf('registerEvent', waiting), NOON_MS).alert)
}

async function withAlerts(): Promise<{ platform: TestPlatform; ids: string[] }> {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  const alerts = ['A-E', 'B-E'].map(raised)
  await storeAlerts(platform.state, '130102', { changed: alerts, dropped: [], events: [] })
  return { platform, ids: alerts.map(({ id }) => id) }
}
const pathOf = (id: string): string => `alerts/${encodeURIComponent(id)}`

test('many are taken in hand at once: each once, and unknown ones are passed over', async () => {
  const { platform, ids } = await withAlerts()
  const first = await apiCall(platform, 'POST', 'alerts/ack', {
    ids: [ids[0], ids[0], 'nothing:1'],
    by: 'li',
    note: 'n',
  })
  expect(first).toEqual({ status: 200, body: { acknowledged: [ids[0]] } })
  const second = await apiCall(platform, 'POST', 'alerts/ack', { ids, by: 'wang' })
  expect(second.body).toEqual({ acknowledged: [ids[1]] })
  const seen = (await apiCall(platform, 'GET', pathOf(ids[0] ?? ''))).body
  expect(seen.history).toMatchObject([{ what: 'raised' }, { what: 'acknowledged', who: 'li', note: 'n' }])
})

test('a comment and who has it stand in the history; what says nothing, or comes too late, is refused', async () => {
  const { platform, ids } = await withAlerts()
  const path = `${pathOf(ids[0] ?? '')}/remark`
  const { status, body } = await apiCall(platform, 'POST', path, { by: 'li', note: 'valve', assignee: 'wang' })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    assignee: 'wang',
    history: [{ what: 'raised' }, { what: 'commented', who: 'li', note: 'valve' }, { what: 'assigned', note: 'wang' }],
  })
  expect(await apiCall(platform, 'POST', path, { by: 'li' })).toMatchObject({ status: 400, body: { field: 'note' } })
  const alert = must((await alertOf(platform.state, ids[0] ?? ''))?.alert)
  const full = { ...alert, history: Array.from({ length: 200 }, () => must(alert.history[0])) }
  await storeAlerts(platform.state, '130102', { changed: [full], dropped: [], events: [] })
  expect(await apiCall(platform, 'POST', path, { note: 'one more' })).toMatchObject({ status: 409 })
})

test('reminders stop until a time that lies ahead, and go on after it', async () => {
  const { platform, ids } = await withAlerts()
  const path = `${pathOf(ids[0] ?? '')}/remark`
  for (const days of [-1, 0, 91]) {
    const snoozedUntil = new Date(NOON_MS + days * DAY_MS).toISOString()
    const refused = await apiCall(platform, 'POST', path, { snoozedUntil })
    expect(refused, String(days)).toMatchObject({ status: 400, body: { field: 'snoozedUntil' } })
  }
  const untilMs = NOON_MS + 3 * DAY_MS
  const said = await apiCall(platform, 'POST', path, { by: 'li', snoozedUntil: new Date(untilMs).toISOString() })
  expect(said.body).toMatchObject({ snoozedUntilMs: untilMs, history: [{ what: 'raised' }, { what: 'snoozed' }] })
  const { alert } = must(await alertOf(platform.state, ids[0] ?? ''))
  expect(escalate(alert, untilMs - 1).events).toEqual([])
  expect(escalate(alert, untilMs).events).toMatchObject([{ what: 'escalated' }])
  const other = raised('B-E')
  expect(escalate(other, NOON_MS + DAY_MS).events).toMatchObject([{ what: 'escalated' }])
})

test('a remark at a closed alert changes nothing', () => {
  const closed: Alert = { ...raised('A-E'), state: 'cleared' }
  expect(remark(closed, { note: 'late' }, { who: 'li', nowMs: NOON_MS })).toBe(closed)
})

test('the list of an area says how many stand by weight and by kind', async () => {
  const { platform } = await withAlerts()
  const { body } = await apiCall(platform, 'GET', 'alerts?area=130102')
  expect(body.total).toBe(2)
  expect(Object.values(body.severities as Record<string, number>).reduce((sum, one) => sum + one, 0)).toBe(2)
  expect(body.groups).toEqual([expect.objectContaining({ kind: 'registerEvent', count: 2 })])
})
