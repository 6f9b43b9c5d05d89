// A host from a reading to a person: a register that falls back becomes an alert in the API, and a webhook hears of it;
// the alert can be taken in hand.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { HOUR_MS, hourStart, MINUTE_MS } from '../../domain/calendar.ts'
import { startHost } from '../../local/host.ts'
import { AREAS, institution, meter } from '../functions/province.ts'
import { httpPeer } from '../local/notify-peers.ts'

test('a register that falls back is told to a webhook, with the clock of the gathering turned on', {
  timeout: 60_000,
}, async () => {
  const real = Date.now
  let aheadMs = 0
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + aheadMs)
  const data = mkdtempSync(join(tmpdir(), 'kilowatch-alert-host-'))
  const peer = await httpPeer(() => ({ status: 200 }))
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => undefined })
  const call = async (method: string, path: string, body?: unknown, authorization = `Bearer ${host.adminToken}`) => {
    const headers = { authorization, 'content-type': 'application/json' }
    const answer = await fetch(`${host.httpUrl}/api/v1/${path}`, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
    })
    return { status: answer.status, body: await answer.json() }
  }
  try {
    const gateways = [{ id: 'G-A', institution: 'A', password: 'a-long-enough-password' }]
    const registered = {
      areas: AREAS,
      institutions: [institution('A', '130102')],
      gateways,
      meters: [meter('A-E', 'A')],
    }
    expect(await call('PUT', 'registry', registered)).toMatchObject({ status: 200 })
    const li = {
      name: '李',
      language: 'en',
      severityMin: 'info',
      immediateMin: 'info',
      channels: [{ type: 'webhook', url: peer.url, secret: 'very-secret' }],
    }
    const put = await call('PUT', 'settings/recipients/li', li)
    expect(put).toMatchObject({ status: 200, body: { channels: [{ type: 'webhook', to: peer.url, hasSecret: true }] } })
    expect(JSON.stringify(put.body)).not.toContain('very-secret')
    expect((await call('PUT', 'settings/recipients/li', li, '')).status).toBe(401)

    const nowHour = hourStart(Date.now())
    const readings = [100, 110, 120, 3, 13, 23].map((value, n) => ({
      meter: 'A-E',
      at: nowHour - (6 - n) * HOUR_MS,
      value,
    }))
    const basic = `Basic ${Buffer.from('G-A:a-long-enough-password').toString('base64')}`
    expect((await call('POST', 'readings', { v: 1, readings }, basic)).body).toMatchObject({ stored: 6 })
    await vi.waitFor(async () => expect((await call('GET', 'areas/130000/freshness')).body.upToDate).toBe(true), 20_000)
    // Looked at once a day, or when a limit is set.
    expect(
      (await call('PUT', 'settings/thresholds/A-E', { thresholds: [{ kind: 'registerEvent', raise: 0, clear: 0 }] }))
        .status,
    ).toBe(200)
    const [alert] = await vi.waitFor(async () => {
      const { items } = (await call('GET', 'alerts?area=130102')).body
      expect(items).toMatchObject([
        { kind: 'registerEvent', state: 'raised', subject: { id: 'A-E' }, institution: 'A' },
      ])
      return items
    }, 20_000)

    // An institution's list has the alerts of its meters, and says how many there are.
    const own = await call('GET', 'alerts?institution=A&limit=1')
    expect(own.body).toMatchObject({ items: [{ id: alert.id }], next: null, total: 1 })
    expect((await call('GET', 'alerts?state=cleared')).body).toMatchObject({ items: [], next: null, total: null })
    expect((await call('GET', 'alerts?institution=nobody')).status).toBe(404)

    aheadMs = 3 * MINUTE_MS
    await host.platform.fanOut.send('notify', [''])
    await vi.waitFor(() => expect(peer.heard).toHaveLength(1), 20_000)
    expect(peer.heard[0].body).toContain('Register event to review')
    const sent = await vi.waitFor(async () => {
      const { body } = await call('GET', 'notifications')
      expect(body.items).toMatchObject([{ recipient: 'li', channel: 0, state: 'sent', attempts: 1, error: null }])
      return body
    }, 20_000)
    expect(JSON.stringify(sent)).not.toContain('very-secret')
    expect((await call('GET', 'notifications', undefined, '')).status).toBe(401)
    expect((await call('GET', 'settings/recipients')).body).toEqual({ items: [put.body] })
    const acked = await call('POST', `alerts/${alert.id}/ack`, { by: 'li', note: 'seen' })
    expect(acked).toMatchObject({
      status: 200,
      body: { state: 'acknowledged', history: [{ what: 'raised' }, { who: 'li', note: 'seen' }] },
    })
    expect((await call('GET', `alerts/${alert.id}`)).body).toEqual(acked.body)
    expect((await call('POST', `alerts/${alert.id}/ack`, {}, '')).status).toBe(401)
    expect((await call('GET', 'alerts/nothing:1')).status).toBe(404)
  } finally {
    clock.mockRestore()
    await host.close()
    await peer.close()
    rmSync(data, { recursive: true, force: true })
  }
})
