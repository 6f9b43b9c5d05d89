// The host as others find it: its address in the data folder, HTTP as API Gateway would give it, queues that take up
// what was left, and tables of standards that are checked before anything is judged by them.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { STANDARD_TABLES } from '../../domain/standards/check.ts'
import { importRegistry } from '../../functions/registry/import.ts'
import { clientOf } from '../../local/command/client.ts'
import { type HostOptions, startHost } from '../../local/host.ts'
import { runningHost } from '../../local/host-address.ts'
import { openPlatform } from '../../local/platform.ts'
import { PROVINCE, send } from '../functions/province.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-host-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
async function hostOn(data: string, more: Partial<HostOptions> = {}) {
  const options = { data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => undefined }
  const host = await startHost({ ...options, ...more })
  let open = true
  const close = async () => {
    if (open) await host.close()
    open = false
  }
  onTestFinished(close)
  return { ...host, close }
}

test('a host is found by its data folder while it runs, and not after it', async () => {
  const data = temporaryFolder()
  expect(runningHost(data)).toBeUndefined()
  const host = await hostOn(data)
  expect(runningHost(data)).toEqual({
    pid: process.pid,
    httpUrl: host.httpUrl,
    mqttUrl: host.mqttUrl,
    adminToken: host.adminToken,
  })
  await host.close()
  expect(runningHost(data)).toBeUndefined()
  expect(existsSync(join(data, 'host.json'))).toBe(false)
})

test('the address that a killed host left behind is nobody’s', () => {
  const data = temporaryFolder()
  const pid = 4_194_303 // above any process id that Linux gives by default
  writeFileSync(join(data, 'host.json'), JSON.stringify({ pid, httpUrl: '', mqttUrl: '', adminToken: '' }))
  expect(runningHost(data)).toBeUndefined()
})

test('a table of standards in the wrong unit stops the start, by its name', async () => {
  const [set, ...others] = STANDARD_TABLES.coefficients
  const rows = set.rows.map((row) => (row.carrier === 'electricity' ? { ...row, value: row.value * 1000 } : row))
  const standards = { ...STANDARD_TABLES, coefficients: [{ ...set, rows }, ...others] }
  const data = join(temporaryFolder(), 'data')
  await expect(hostOn(data, { standards })).rejects.toThrow(/^coefficients: .* electricity/)
  expect(existsSync(data)).toBe(false)
})

test('the admin token stays the same when the host is started again', async () => {
  const data = temporaryFolder()
  const first = await hostOn(data)
  await first.close()
  expect((await hostOn(data)).adminToken).toBe(first.adminToken)
})

test('what a host was killed over is settled, judged and summed up by the next one', async () => {
  const data = temporaryFolder()
  const platform = await openPlatform(data)
  await importRegistry(platform.state, PROVINCE)
  const nowMs = Date.now()
  const readings = [3, 2, 1].map((hours) => ({ meter: 'A-E', at: nowMs - hours * 3_600_000, value: 10 - hours }))
  expect(await send(platform, 'G-A', readings, nowMs)).toMatchObject({ stored: 3 })
  await platform.close()
  const host = await hostOn(data)
  const client = clientOf(host)
  const fresh = () => client.get<{ upToDate: boolean }>('areas/130000/freshness')
  await vi.waitFor(async () => expect(await fresh()).toMatchObject({ upToDate: true }), { timeout: 20_000 })
  const { dualControl } = await client.get<{ dualControl: { indicators: { indicator: string; knownPart: number }[] } }>(
    'areas/130000/status',
  )
  const energy = dualControl.indicators.find(({ indicator }) => indicator === 'energy')
  expect(energy?.knownPart).toBeCloseTo((2 * 0.1229) / 1000, 12)
})

test('HTTP gives the handler method, path, query, body and who asks', async () => {
  const host = await hostOn(temporaryFolder())
  const ask = (path: string, init?: RequestInit) => fetch(`${host.httpUrl}/api/v1/${path}`, init)
  const admin = { authorization: `Bearer ${host.adminToken}` }
  const registered = await ask('registry', { method: 'PUT', headers: admin, body: JSON.stringify(PROVINCE) })
  expect(registered.status).toBe(200)
  const { secrets } = (await registered.json()) as { secrets: { id: string; secret: string }[] }
  const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` })
  const body = JSON.stringify({ v: 1, readings: [{ meter: 'A-E', at: Date.now() - 60_000, value: 1 }] })
  const statusOf = async (headers: Record<string, string>) =>
    (await ask('readings', { method: 'POST', headers, body })).status
  expect(await statusOf(basic('G-A', secrets[0].secret))).toBe(200)
  expect(await statusOf(basic('G-A', secrets[1].secret))).toBe(401)
  expect(await statusOf(admin)).toBe(401)
  expect(await statusOf({ authorization: 'Bearer é' })).toBe(401)
  expect(await statusOf({})).toBe(401)
  expect((await ask('areas/130102')).status).toBe(401)
  const area = await ask('areas/130102', { headers: admin })
  expect(area.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(area.headers.get('cache-control')).toBe('no-store')
  expect(await area.json()).toMatchObject({ name: '长安区' })
  expect((await ask('institutions?limit=1&area=130102', { headers: admin })).status).toBe(200)
  expect((await ask('institutions?limit=x', { headers: admin })).status).toBe(400)
  expect((await ask('nothing')).status).toBe(404)
  expect((await (await ask('openapi.json')).json()) as object).toHaveProperty('openapi')
})
