// The routes of a gateway's credentials and commands, over the devices of one machine.

import { expect, test } from 'vitest'
import type { Role } from '../../../domain/access/permission.ts'
import { denialsFrom } from '../../../functions/access/denials.ts'
import type { PersonPrincipal, Principal } from '../../../functions/access/principal.ts'
import { api } from '../../../functions/api.ts'
import { enrolmentKey } from '../../../functions/registry/enrolment.ts'
import { auditKeys } from '../../../functions/state/audit.ts'
import { takeResult } from '../../../functions/wire/commands.ts'
import { credentialVerifier, type DeviceLink } from '../../../local/credentials.ts'
import { httpEvent } from '../../cloud/cloud-host.ts'
import { openTestPlatform, PROVINCE, register, type TestPlatform } from '../province.ts'

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
  const call = async (
    method: string,
    path: string,
    body: unknown = {},
    sender: Principal['role'] | PersonPrincipal = 'admin',
  ) => {
    const event = httpEvent(method, path, undefined, body)
    const lambda = typeof sender === 'string' ? { role: sender } : sender
    Object.assign(event.requestContext, { authorizer: { lambda } })
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
  expect(told).toEqual(['kw/v1/G-A/commands {"v":1,"id":"1","name":"readNow","by":"admin"}'])
})

const person = (name: string, role: Role): PersonPrincipal => ({
  ...{ role: 'user', id: name, name },
  grants: [role === 'installer' ? { role, areas: ['130102'] } : { role, institutions: ['A'] }],
})
const MANAGER = person('zhang', 'manager')
const SHUT = { id: 's1', name: 'valveClose', arguments: { meter: 'A-E' } }

async function audited(platform: TestPlatform): Promise<{ what: string; who: string; detail: { reason?: string } }[]> {
  const docs = await platform.state.query(auditKeys.entry())
  return docs.map(({ value }) => JSON.parse(value).entry)
}

test('control takes two steps by one manager, and each is in the audit log', async () => {
  const { call, told, platform } = await opened()
  const { state, clock } = platform
  const expiresMs = clock.nowMs + 60_000
  expect((await call('POST', 'gateways/G-A/control', { ...SHUT, expiresMs }, MANAGER)).statusCode).toBe(200)
  const confirm = (sender: PersonPrincipal) => call('POST', 'gateways/G-A/control/s1/confirm', {}, sender)
  expect((await confirm(MANAGER)).statusCode).toBe(409)
  const answer = { v: 1, id: 's1', state: 'confirm', token: 'secret-token' }
  await takeResult(state, { gateway: 'G-A', payload: JSON.stringify(answer), receivedMs: clock.nowMs })
  expect(JSON.stringify(await call('GET', 'gateways/G-A/commands', undefined, MANAGER))).not.toContain('secret-token')
  // Somebody else, of the same right.
  expect((await confirm(person('li', 'manager'))).statusCode).toBe(403)
  expect(told).toHaveLength(1)
  expect((await confirm(MANAGER)).statusCode).toBe(200)
  expect(told[1]).toContain(
    `"id":"s1.confirm","name":"confirm","arguments":{"token":"secret-token"},"expiresMs":${expiresMs},"by":"zhang"`,
  )
  const entries = await audited(platform)
  expect(entries.map(({ what, who }) => [what, who])).toEqual([
    ['gateway.command', 'zhang'],
    ['gateway.refused', 'li'],
    ['gateway.command', 'zhang'],
  ])
  expect(JSON.stringify(entries)).not.toContain('secret-token')
})

test.each([
  { name: 'an expired command', body: { ...SHUT, expiresMs: 0 }, sender: MANAGER, status: 409 },
  { name: 'control for a day', body: { ...SHUT, expiresMs: 86_400_000 }, sender: MANAGER, status: 422 },
  { name: 'control without an end', body: SHUT, sender: MANAGER, status: 400 },
  {
    name: 'control by an installer',
    body: { ...SHUT, expiresMs: 60_000 },
    sender: person('wu', 'installer'),
    status: 403,
  },
  {
    name: 'control of another house',
    at: 'G-B/control',
    body: { ...SHUT, expiresMs: 60_000 },
    sender: MANAGER,
    status: 403,
  },
  { name: 'control as a plain command', at: 'G-A/commands', body: { ...SHUT, expiresMs: 60_000 }, status: 422 },
  { name: 'a confirmation as a plain command', at: 'G-A/commands', body: { id: 'x', name: 'confirm' }, status: 422 },
  { name: 'confirming nothing', at: 'G-A/control/none/confirm', body: {}, sender: MANAGER, status: 404 },
])(
  '$name is refused with $status, publishes nothing and is kept',
  async ({ at = 'G-A/control', body, sender, status }) => {
    const { call, told, platform } = await opened()
    const { expiresMs = undefined } = body as { expiresMs?: number }
    const given = { ...body, ...(expiresMs !== undefined && { expiresMs: platform.clock.nowMs + expiresMs }) }
    expect((await call('POST', `gateways/${at}`, given, sender)).statusCode).toBe(status)
    expect(told).toEqual([])
    if (status === 403) expect(await denialsFrom(platform.state, { limit: 9 })).toHaveLength(1)
    if (status === 409) expect((await audited(platform)).map(({ what }) => what)).toEqual(['gateway.refused'])
  },
)

test('a command that is sent again keeps its result; its id with another content is refused', async () => {
  const { call, told, platform } = await opened()
  const read = (meter: string) =>
    call('POST', 'gateways/G-A/commands', { id: '1', name: 'readNow', arguments: { meter } })
  await read('A-E')
  const payload = JSON.stringify({ v: 1, id: '1', state: 'done' })
  await takeResult(platform.state, { gateway: 'G-A', payload, receivedMs: platform.clock.nowMs })
  expect((await read('A-E')).statusCode).toBe(200)
  expect((await read('A-W')).statusCode).toBe(409)
  expect(told).toHaveLength(2)
  expect((await call('GET', 'gateways/G-A/commands', undefined)).body.items).toMatchObject([
    { id: '1', by: 'admin', result: { value: { state: 'done' } } },
  ])
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
  const sent = { name: 'readNow', by: 'admin', sentMs: clock.nowMs }
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
