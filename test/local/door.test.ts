// The door of one machine: sign-in, sessions, lock-out, cross-site requests, rebinding, tokens, first link, and that
// signing in takes its time whether the name is known or not.

import { mkdtempSync, rmSync } from 'node:fs'
import { request as rawRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { must } from '../../domain/must.ts'
import { DEMO_KEY } from '../../functions/api/routes.ts'
import { importRegistry } from '../../functions/registry/import.ts'
import { rateLimit } from '../../local/door.ts'
import { type Host, startHost } from '../../local/host.ts'
import { lockOut, senderOf } from '../../local/lock-out.ts'
import { PROVINCE } from '../functions/province.ts'

let host: Host
let data: string
const PASSWORD = '长城外，古道边，芳草碧连天'

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'kilowatch-door-'))
  host = await startHost({
    data,
    host: '127.0.0.1',
    port: 0,
    mqttPort: 0,
    log: () => undefined,
    names: ['kw.example.org'],
  })
  expect((await importRegistry(host.platform.state, PROVINCE)).problems).toEqual([])
})
afterAll(async () => {
  await host.close()
  rmSync(data, { recursive: true, force: true })
})

interface Asked {
  body?: unknown
  cookie?: string
  headers?: Record<string, string>
}

/** As a page of this origin would. */
async function ask(method: string, path: string, { body, cookie, headers }: Asked = {}) {
  const response = await fetch(`${host.httpUrl}/api/v1/${path}`, {
    method,
    headers: { origin: host.httpUrl, ...(cookie && { cookie }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const cookies = response.headers.getSetCookie()
  const value = JSON.parse((await response.text()) || 'null')
  return { status: response.status, value, cookies, cookie: cookies.map((one) => must(one.split(';')[0])).join('; ') }
}
const admin = () => ({ authorization: `Bearer ${host.adminToken}` })

/** Adds a person who has set the password. */
async function person(id: string, grants: object[]) {
  expect((await ask('PUT', `people/${id}`, { headers: admin(), body: { name: id, grants } })).status).toBe(200)
  const { code } = (await ask('POST', `people/${id}/invitation`, { headers: admin(), body: {} })).value
  return ask('POST', 'session/invitation', { body: { code, password: PASSWORD } })
}
const signIn = (id: string, password: string, cookie?: string) =>
  ask('POST', 'session', { body: { id, password }, ...(cookie && { cookie }) })

/** A request with headers that fetch does not let a caller set. */
const raw = (headers: Record<string, string>, method = 'GET', path = '/api/v1/health') =>
  new Promise<number>((resolve, reject) => {
    const { hostname, port } = new URL(host.httpUrl)
    rawRequest({ hostname, port, method, path, headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })

test('the first person comes in by a link that works once, and is the security administrator', async () => {
  const first = must(await host.platform.accounts.inviteFirst())
  const second = must(await host.platform.accounts.inviteFirst())
  const accept = (code: string) => ask('POST', 'session/invitation', { body: { code, id: 'Zhao', password: PASSWORD } })
  expect((await accept(first.code)).status).toBe(410)
  expect(
    (await ask('POST', 'session/invitation', { body: { code: second.code, id: 'zhao', password: 'short' } })).status,
  ).toBe(400)
  const opened = await accept(second.code)
  expect(opened).toMatchObject({ status: 200, value: { state: 'in', grants: [{ role: 'security' }] } })
  expect((await accept(second.code)).status).toBe(410)
  expect(await host.platform.accounts.inviteFirst()).toBeUndefined()
  expect((await ask('GET', 'people', { cookie: opened.cookie })).status).toBe(200)
  expect((await ask('GET', 'institutions', { cookie: opened.cookie })).status).toBe(403)
  // Nobody gives roles to oneself.
  const grants = [{ role: 'audit' }]
  expect((await ask('PUT', 'people/zhao', { cookie: opened.cookie, body: { name: 'x', grants } })).status).toBe(403)
})

describe('a person', () => {
  test('without signing in reads nothing, and after it what the role allows', async () => {
    expect((await ask('GET', 'institutions')).status).toBe(401)
    expect((await ask('GET', 'session')).value).toMatchObject({ state: 'out', signsIn: true })
    const { cookie, cookies } = await person('sun', [{ role: 'county', areas: ['130102'] }])
    expect(cookies[0]).toMatch(/^kilowatch-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/)
    const list = await ask('GET', 'institutions', { cookie })
    expect(list.status).toBe(200)
    expect((await ask('GET', 'institutions/C', { cookie })).status).toBe(403)
    expect((await ask('GET', 'session', { cookie })).value).toMatchObject({ home: { type: 'area', id: '130102' } })
  })

  test('gets a new session at each sign-in, and none that was there before', async () => {
    await person('qian', [{ role: 'county', areas: ['130102'] }])
    const planted = 'kilowatch-session=planted-by-somebody'
    const first = await signIn('Qian', PASSWORD, planted)
    expect(first.status).toBe(200)
    expect(first.cookie).not.toContain('planted')
    expect((await ask('GET', 'institutions', { cookie: planted })).status).toBe(401)
    const second = await signIn('qian', PASSWORD, first.cookie)
    expect(second.cookie).not.toBe(first.cookie)
    expect((await ask('GET', 'institutions', { cookie: first.cookie })).status).toBe(401)
    const out = await ask('DELETE', 'session', { cookie: second.cookie })
    expect(out.cookies[0]).toMatch(/^kilowatch-session=; .*Max-Age=0$/)
    expect((await ask('GET', 'institutions', { cookie: second.cookie })).status).toBe(401)
  })

  test('loses the sessions with the role, the password or the account', async () => {
    const { cookie } = await person('li', [{ role: 'county', areas: ['130102'] }])
    const to = (grants: object[]) => ask('PUT', 'people/li', { headers: admin(), body: { name: 'li', grants } })
    await to([{ role: 'manager', institutions: ['C'] }])
    expect((await ask('GET', 'institutions/A', { cookie })).status).toBe(403)
    expect((await ask('GET', 'institutions/C', { cookie })).status).toBe(200)
    await ask('POST', 'people/li/invitation', { headers: admin(), body: {} })
    expect((await ask('GET', 'institutions/C', { cookie })).status).toBe(401)
    expect((await signIn('li', PASSWORD)).status).toBe(401)
    expect((await ask('DELETE', 'people/li', { headers: admin() })).status).toBe(200)
    const { value } = await ask('GET', 'audit', { headers: admin() })
    expect(value.items.map(({ what }: { what: string }) => what)).toEqual(
      expect.arrayContaining(['account.add', 'account.change', 'account.invite', 'account.password', 'account.remove']),
    )
    expect(JSON.stringify(value)).not.toContain('hash')
  })

  test('issues tokens with fewer rights, which expire and cannot make others', async () => {
    const { cookie } = await person('zhou', [{ role: 'county', areas: ['130102'] }])
    const issue = (only: string[]) => ask('POST', 'tokens', { cookie, body: { label: 'export', only, days: 1 } })
    expect((await issue(['repair'])).status).toBe(403)
    expect((await issue(['self'])).status).toBe(403)
    const { value } = await issue(['field'])
    const headers = { authorization: `Bearer ${value.secret}` }
    expect((await ask('GET', 'institutions/A', { headers })).status).toBe(200)
    expect((await ask('GET', 'institutions/A/status', { headers })).status).toBe(403)
    expect((await ask('GET', 'institutions/C', { headers })).status).toBe(403)
    expect((await ask('POST', 'tokens', { headers, body: {} })).status).toBe(403)
    expect((await ask('DELETE', `tokens/${value.id}`, { cookie })).status).toBe(200)
    expect((await ask('GET', 'institutions/A', { headers })).status).toBe(401)
  })

  test('changes the own password by the one that holds, and stays signed in here alone', async () => {
    const before = await person('zheng', [{ role: 'county', areas: ['130102'] }])
    const elsewhere = await signIn('zheng', PASSWORD)
    const change = (current: string, password: string, cookie = before.cookie) =>
      ask('POST', 'session/password', { cookie, body: { current, password } })
    expect((await change('a wrong password', 'another-long-password')).status).toBe(403)
    expect((await change(PASSWORD, 'zheng-is-my-name')).status).toBe(422)
    expect((await ask('GET', 'institutions', { cookie: before.cookie })).status).toBe(200)
    const changed = await change(PASSWORD, 'another-long-password')
    expect(changed).toMatchObject({ status: 200, value: { state: 'in' } })
    for (const { cookie } of [before, elsewhere])
      expect((await ask('GET', 'institutions', { cookie })).status).toBe(401)
    expect((await ask('GET', 'institutions', { cookie: changed.cookie })).status).toBe(200)
    expect((await signIn('zheng', PASSWORD)).status).toBe(401)
    expect((await signIn('zheng', 'another-long-password')).status).toBe(200)
    // A password that is guessed here waits as at the door.
    for (let guess = 0; guess < 5; guess++) await change(`guess number ${guess}`, 'whatever-it-is', changed.cookie)
    expect((await change('another-long-password', 'whatever-it-is', changed.cookie)).status).toBe(429)
  })

  test('is kept out when deactivated, keeps name and roles, and comes back by a new link', async () => {
    const { cookie } = await person('wang', [{ role: 'county', areas: ['130102'] }])
    const { value: token } = await ask('POST', 'tokens', { cookie, body: { label: 'x', only: ['field'], days: 1 } })
    const off = await ask('POST', 'people/wang/deactivate', { headers: admin(), body: {} })
    expect(off.value).toMatchObject({ id: 'wang', isActive: false, hasPassword: false })
    expect((await ask('GET', 'institutions', { cookie })).status).toBe(401)
    const headers = { authorization: `Bearer ${token.secret}` }
    expect((await ask('GET', 'institutions', { headers })).status).toBe(401)
    expect((await signIn('wang', PASSWORD)).status).toBe(401)
    const grants = [{ role: 'county', areas: ['130102'] }]
    const put = await ask('PUT', 'people/wang', { headers: admin(), body: { name: '王', grants } })
    expect(put.value).toMatchObject({ name: '王', grants, isActive: false })
    const { code } = (await ask('POST', 'people/wang/invitation', { headers: admin(), body: {} })).value
    const back = await ask('POST', 'session/invitation', { body: { code, password: PASSWORD } })
    expect((await ask('GET', 'institutions', { cookie: back.cookie })).status).toBe(200)
  })

  test('is not created with two of the separated roles, or for a place that is not there', async () => {
    const put = (grants: object[]) => ask('PUT', 'people/wu', { headers: admin(), body: { name: 'wu', grants } })
    expect((await put([{ role: 'system' }, { role: 'audit' }])).status).toBe(422)
    expect((await put([{ role: 'county', areas: ['999999'] }])).status).toBe(422)
    expect((await put([{ role: 'emperor' }])).status).toBe(400)
  })
})

describe('guessing', () => {
  test('makes the guesser wait for that name, and nobody else', async () => {
    const known = await person('zheng', [{ role: 'county', areas: ['130102'] }])
    const device = known.cookie.split('; ').find((one) => one.startsWith('kilowatch-device'))
    // Many at once are no more than one after the other.
    const wrong = await Promise.all(Array.from({ length: 12 }, (_, n) => signIn('zheng', `guess number ${n}`)))
    expect(wrong.map(({ status }) => status).toSorted()).toEqual([401, 401, 401, 401, 401, ...Array(7).fill(429)])
    expect(wrong.find(({ status }) => status === 429)?.value).toMatchObject({ retryAfterSeconds: 60 })
    expect((await signIn('zheng', PASSWORD)).status).toBe(429)
    // The browser that signed in before comes in, from the same address.
    expect((await signIn('zheng', PASSWORD, device)).status).toBe(200)
    expect((await signIn('sun', PASSWORD)).status).toBe(200)
    const { value } = await ask('GET', 'denials', { headers: admin() })
    expect(value.items.find(({ who }: { who: string }) => who === 'sign-in').count).toBeGreaterThanOrEqual(12)
  }, 30_000)

  test('of a name that nobody has gets the same answer', async () => {
    const [known, unknown] = [await signIn('sun', 'wrong password'), await signIn('nobody', 'wrong password')]
    expect(unknown).toMatchObject({ status: known.status, value: known.value })
  })

  test('waits longer each time, a quarter of an hour at most, and is forgotten', () => {
    let nowMs = 0
    const locks = lockOut(() => nowMs)
    const waits = Array.from({ length: 12 }, () => {
      locks.noteWrong('li', 'here')
      return locks.waitMs('li', 'here') / 60_000
    })
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15, 15])
    expect([locks.waitMs('li', 'there'), locks.waitMs('wang', 'here')]).toEqual([0, 0])
    nowMs = 2 * 3_600_000
    locks.noteWrong('li', 'here')
    expect(locks.waitMs('li', 'here')).toBe(0)
  })

  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s counts as %s', (address, sender) => expect(senderOf(address)).toBe(sender))
})

describe('requests from elsewhere', () => {
  test.each<[name: string, status: number]>([
    ['127.0.0.1', 200],
    ['localhost:8080', 200],
    ['[::1]:80', 200],
    ['kilowatch', 200],
    ['kw.example.org', 200],
    ['KW.example.org:443', 200],
    ['evil.example.org', 421],
    ['127.0.0.1.nip.io', 421],
    ['localhost.evil.org', 421],
    ['kw.example.org.evil.org', 421],
  ])('a host called "%s": %i', async (name, status) => expect(await raw({ host: name })).toBe(status))

  test('do not act with the cookie of a person', async () => {
    const { cookie } = await signIn('sun', PASSWORD)
    const local = new URL(host.httpUrl).host
    const send = (headers: Record<string, string>) =>
      raw({ host: local, cookie, ...headers }, 'DELETE', '/api/v1/tokens/x')
    expect(await send({ origin: 'http://evil.example.org' })).toBe(403)
    expect(await send({ origin: 'null' })).toBe(403)
    expect(await send({ origin: `http://${local}.evil.org` })).toBe(403)
    expect(await send({ 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await send({ 'sec-fetch-site': 'same-site' })).toBe(403)
    expect(await send({})).toBe(403)
    expect(await send({ 'x-kilowatch': '1' })).toBe(404)
    expect(await send({ origin: `http://${local}` })).toBe(404)
    // Nor sign a person in under another's name.
    expect(await raw({ host: local, origin: 'http://evil.example.org' }, 'POST', '/api/v1/session')).toBe(403)
  })

  test('are not answered without end', () => {
    let nowMs = 0
    const limit = rateLimit(() => nowMs)
    for (let n = 0; n < 2_000; n++) limit.count('192.0.2.1')
    expect(() => limit.count('192.0.2.1')).toThrow(/at most/)
    expect(() => limit.count('192.0.2.2')).not.toThrow()
    nowMs = 10
    expect(() => limit.count('192.0.2.1')).not.toThrow()
  })

  test.each([
    '/..%2fadmin-token',
    '/%2e%2e/admin-token',
    '/api/v1/..%2f..%2fadmin-token',
    '/api/v1/people/..%2f..%2fsession',
  ])('do not leave the folder: %s', async (path) =>
    expect([401, 404, 400, 503]).toContain(await raw({ host: 'localhost' }, 'GET', path)),
  )
})

test('answers keep browsers from guessing, framing and running', async () => {
  const { headers } = await fetch(`${host.httpUrl}/api/v1/health`)
  expect(Object.fromEntries(headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
  })
  const page = await fetch(host.httpUrl)
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
})

test('who does not sign in is the visitor of a demo, reads, and changes nothing', async () => {
  await host.platform.state.put([{ key: DEMO_KEY, value: { seed: 'x', startMs: 0 } }])
  try {
    expect((await ask('GET', 'session')).value).toMatchObject({ state: 'visitor', home: { id: '130000' } })
    expect((await ask('GET', 'institutions')).status).toBe(200)
    expect((await ask('PUT', 'registry', { body: {} })).status).toBe(401)
    expect((await ask('GET', 'people')).status).toBe(401)
    expect((await ask('GET', 'institutions', { headers: { authorization: 'Bearer wrong' } })).status).toBe(401)
  } finally {
    await host.platform.state.delete([DEMO_KEY])
  }
})
