// The routes of a gateway's credentials and commands, over the devices of one machine.

import { expect, test } from 'vitest'
import type { Principal } from '../../../functions/access/principal.ts'
import { api } from '../../../functions/api.ts'
import { enrolmentKey } from '../../../functions/registry/enrolment.ts'
import { takeResult } from '../../../functions/wire/commands.ts'
import { credentialVerifier, type DeviceLink } from '../../../local/credentials.ts'
import { httpEvent } from '../../cloud/cloud-host.ts'
import { openTestPlatform, PROVINCE, register } from '../province.ts'

async function opened() {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  const told: string[] = []
  const link: DeviceLink = {
    publish: async (topic, payload) => void told.push(`${topic} ${payload}`),
    disconnect: (gateway) => void told.push(`cut off ${gateway}`),
  }
  platform.devices.connect(link)
  const handler = api(platform)
  const call = async (method: string, path: string, body: unknown = {}, role: Principal['role'] = 'admin') => {
    const event = httpEvent(method, path, undefined, body)
    Object.assign(event.requestContext, { authorizer: { lambda: { role } } })
    const { statusCode, body: text } = await handler(event)
    return { statusCode, body: JSON.parse(text ?? '') }
  }
  return { call, told, platform, verify: credentialVerifier(platform.state) }
}

test('credentials are issued, confirmed and revoked', async () => {
  const { call, told, verify } = await opened()
  const issued = async () => (await call('POST', 'gateways/G-A/credentials')).body.secret as string
  const old = await issued()
  const fresh = await issued()
  expect([await verify('G-A', old), await verify('G-A', fresh)]).toEqual([true, true])
  expect(await call('POST', 'gateways/G-A/credentials/confirm')).toEqual({ statusCode: 200, body: { gateway: 'G-A' } })
  expect([await verify('G-A', old), await verify('G-A', fresh)]).toEqual([false, true])
  expect((await call('DELETE', 'gateways/G-A/credentials')).statusCode).toBe(200)
  expect(await verify('G-A', fresh)).toBe(false)
  // The session of the old password ends with it, and every session when the credentials go.
  expect(told).toEqual(['cut off G-A', 'cut off G-A'])
})

test('a command is published', async () => {
  const { call, told } = await opened()
  expect((await call('POST', 'gateways/G-A/commands', { id: '1', name: 'readNow' })).statusCode).toBe(200)
  expect(told).toEqual(['kw/v1/G-A/commands {"v":1,"id":"1","name":"readNow"}'])
})

test('a command is told with its result, the newest first; what is no result of it changes nothing', async () => {
  const { call, platform } = await opened()
  const { state, clock } = platform
  for (const id of ['1', '2']) await call('POST', 'gateways/G-A/commands', { id, name: 'readNow' })
  const take = (gateway: string, payload: unknown, receivedMs = clock.nowMs) =>
    takeResult(state, { gateway, receivedMs, payload: typeof payload === 'string' ? payload : JSON.stringify(payload) })
  expect(await take('G-A', { v: 1, id: '1', ok: true, registers: [7] })).toBeUndefined()
  // Received before the one that stands: it comes late.
  expect(await take('G-A', { v: 1, id: '1', ok: false }, clock.nowMs - 1)).toBeUndefined()
  expect([
    await take('G-A', { v: 1, id: '3' }),
    await take('G-B', { v: 1, id: '1' }),
    await take('G-A', 'no JSON'),
    await take('G-A', [1]),
    await take('G-A', { id: '2', text: 'x'.repeat(9_000) }),
  ]).toEqual([
    'no command "3" was sent',
    'no command "1" was sent',
    'a result is JSON with the id of its command',
    'a result is JSON with the id of its command',
    'a result has at most 8192 bytes',
  ])
  const sent = { name: 'readNow', sentMs: clock.nowMs }
  const result = { receivedMs: clock.nowMs, value: { v: 1, id: '1', ok: true, registers: [7] } }
  expect((await call('GET', 'gateways/G-A/commands', undefined)).body.items).toEqual([
    { id: '2', ...sent, result: null },
    { id: '1', ...sent, result },
  ])
  for (let n = 0; n < 30; n++) await call('POST', 'gateways/G-A/commands', { id: `c${n}`, name: 'readNow' })
  expect((await call('GET', 'gateways/G-A/commands', undefined)).body.items).toHaveLength(20)
})

test('one machine gives no one-time codes: its gateways have passwords', async () => {
  const { call } = await opened()
  expect((await call('POST', 'gateways/G-A/enrolment', { serial: 'SN-1' })).statusCode).toBe(422)
})

test('where gateways have certificates, a code is told once and kept as a hash', async () => {
  const { platform } = await opened()
  const handler = api({ ...platform, devices: { ...platform.devices, enrols: true } })
  const event = httpEvent('POST', 'gateways/G-A/enrolment', undefined, { serial: 'SN-1' })
  Object.assign(event.requestContext, { authorizer: { lambda: { role: 'admin' } } })
  const { code, expiresMs } = JSON.parse((await handler(event)).body ?? '')
  expect(expiresMs).toBe(platform.clock.nowMs + 30 * 86_400_000)
  const stored = await platform.state.get(enrolmentKey('G-A'))
  expect(stored?.value.serial).toBe('SN-1')
  expect(JSON.stringify(stored)).not.toContain(code)
})

test.each([
  { name: 'a gateway that is not registered', method: 'POST', path: 'gateways/G-Z/credentials', status: 404 },
  { name: 'a signing request where passwords are used', body: { csr: 'CSR' }, status: 422 },
  { name: 'a command without a name', path: 'gateways/G-A/commands', body: { id: '1' }, status: 400 },
  { name: 'somebody', role: 'anyone' as const, status: 401 },
  { name: 'a gateway', role: 'gateway' as const, status: 401 },
])('$name is refused: $status', async ({ method = 'POST', path = 'gateways/G-A/credentials', body, role, status }) => {
  const { call } = await opened()
  expect((await call(method, path, body, role)).statusCode).toBe(status)
})
