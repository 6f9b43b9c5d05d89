// Who asks, in AWS: only claims that the authorizer has checked make an administrator.

import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { type AdminClaim, apiEntry } from '../../../cloud/events/http.ts'
import { type ApiEvent, api } from '../../../functions/api.ts'
import { openTestPlatform, PROVINCE, register } from '../../functions/province.ts'
import { httpEvent } from '../cloud-host.ts'

const ADMIN = { claim: 'cognito:groups', value: 'kilowatch-admin' }

async function opened(admin: AdminClaim = ADMIN) {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  return apiEntry(api(platform), () => admin)
}
const recipient = { id: 'li', name: 'li', channels: [{ type: 'mail', address: 'li@example.org' }] }

test.each([
  { name: 'a list as API Gateway writes it', claims: { 'cognito:groups': '[viewer kilowatch-admin]' }, status: 200 },
  { name: 'a list', claims: { 'cognito:groups': ['kilowatch-admin'] }, status: 200 },
  { name: 'one value', claims: { 'cognito:groups': 'kilowatch-admin' }, status: 200 },
  { name: 'another group', claims: { 'cognito:groups': '[kilowatch-admins]' }, status: 403 },
  { name: 'a part of a name', claims: { 'cognito:groups': 'my-kilowatch-admin' }, status: 403 },
  { name: 'another claim', claims: { scope: 'kilowatch-admin' }, status: 403 },
  { name: 'no claims', claims: {}, status: 403 },
  { name: 'nobody', claims: undefined, status: 401 },
])('$name: $status', async ({ claims, status }) => {
  const entry = await opened()
  const { statusCode } = await entry(httpEvent('PUT', 'settings/recipients/li', claims, recipient))
  expect(statusCode).toBe(status)
})

test('whoever has signed in without the right is told which one it is', async () => {
  const entry = await opened()
  const { body } = await entry(httpEvent('PUT', 'settings/recipients/li', { sub: 'li' }, recipient))
  expect(JSON.parse(body ?? '')).toMatchObject({
    title: 'Forbidden',
    detail: 'this needs the credentials of an admin: your token has no kilowatch-admin in cognito:groups',
  })
})

test('the claim is chosen at deploy', async () => {
  const entry = await opened({ claim: 'scope', value: 'kw/admin' })
  const event = httpEvent('PUT', 'settings/recipients/li', { scope: 'openid kw/admin' }, recipient)
  expect((await entry(event)).statusCode).toBe(200)
})

test('a role in the event that no authorizer has checked is nobody', async () => {
  const entry = await opened()
  const event = httpEvent('PUT', 'settings/recipients/li', undefined, recipient)
  Object.assign(event.requestContext, { authorizer: { lambda: { role: 'admin' } } })
  expect((await entry(event)).statusCode).toBe(401)
})

test('nobody reads without a role, unless whoever deployed it said that anyone may', async () => {
  const closed = await opened()
  expect((await closed(httpEvent('GET', 'institutions/A'))).statusCode).toBe(401)
  expect((await closed(httpEvent('GET', 'institutions/A', { sub: 'li' }))).statusCode).toBe(403)
  const entry = await opened({ ...ADMIN, isOpen: true })
  const { statusCode, body } = await entry(httpEvent('GET', 'institutions/A'))
  expect(statusCode).toBe(200)
  expect(JSON.parse(body ?? '').name).toBe('A 机构')
})

test('an answer is compressed, tagged, and nothing to who has it or asks by HEAD, as on one machine', async () => {
  const entry = await opened({ ...ADMIN, isOpen: true })
  const ask = (headers: Record<string, string>, method = 'GET') =>
    entry({ ...httpEvent(method, 'openapi.json'), headers } as unknown as ApiEvent)
  const whole = await ask({})
  expect(JSON.parse(whole.body ?? '').openapi).toBe('3.1.0')
  for (const [coding, read] of [
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const) {
    const { body, headers, isBase64Encoded } = await ask({ 'accept-encoding': coding })
    expect([headers?.['content-encoding'], isBase64Encoded]).toEqual([coding, true])
    expect(read(Buffer.from(body ?? '', 'base64')).toString()).toBe(whole.body)
  }
  const etag = String(whole.headers?.etag)
  expect(await ask({ 'if-none-match': etag })).toMatchObject({ statusCode: 304, body: '' })
  expect(await ask({}, 'HEAD')).toMatchObject({ statusCode: 200, body: '', headers: { etag } })
  expect((await ask({}, 'HEAD')).headers).not.toHaveProperty('content-length')
})
