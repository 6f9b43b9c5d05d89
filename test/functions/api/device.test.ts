// The routes of a gateway's credentials and commands, over the devices of one machine.

import { expect, test } from 'vitest'
import type { Principal } from '../../../functions/api/route.ts'
import { api } from '../../../functions/api.ts'
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
  return { call, told, verify: credentialVerifier(platform.state) }
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
