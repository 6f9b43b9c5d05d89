// The page signs people in as in AWS: headless Chromium, a real OpenID provider, and in front of the host what checks
// tokens as API Gateway does.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import { chromiumPath } from '../bin/install-test-peers.mjs'
import { DAY_MS, HOUR_MS, hourStart } from '../domain/calendar.ts'
import { clientOf } from '../local/command/client.ts'
import { buildWeb, WEB_DIST } from '../local/command/web-build.ts'
import { type Host, startHost } from '../local/host.ts'
import { type ApiFront, apiFront } from './api-front.ts'
import { testInCampaign as test } from './campaign.ts'
import { AREAS, institution, meter } from './functions/province.ts'
import { CLIENT, type OidcProvider, oidcProvider } from './oidc-provider.ts'

const SETUP_MS = 120_000
const WAIT = { timeout: 20_000, interval: 50 }
const PASSWORD = 'a-long-enough-password'
const HASH = '#/alerts?area=130102'
const ELSEWHERE = '#/alerts?area=130000'
const METER_HASH = '#/institution/A?view=meters&meter=A-E'
const spikeMs = hourStart(Date.now()) - DAY_MS

let folder: string
let host: Host
let provider: OidcProvider
let front: ApiFront
let browser: Browser
let context: BrowserContext
let page: Page
let origin: string
/** Paths of what the page asked for, and whether with a token. */
let asked: { path: string; bearer: boolean }[]
const complaints: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kilowatch-sign-in-'))
  await buildWeb()
  host = await startHost({
    ...{ data: join(folder, 'data'), host: '127.0.0.1', port: 0, mqttPort: 0 },
    ...{ web: () => WEB_DIST, log: () => undefined },
  })
  await registerAndRead()
  provider = await oidcProvider()
  const { issuer } = provider
  front = await apiFront({ platform: host.platform, web: WEB_DIST, issuer, audience: CLIENT })
  origin = `http://127.0.0.1:${front.port}`
  browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
  })
  context = await browser.newContext({ locale: 'zh-CN' })
}, SETUP_MS)

beforeEach(async () => {
  provider.next = { groups: ['kilowatch:auditor:130000'], seconds: 3600, refreshes: true }
  provider.count = { authorized: 0, refreshed: 0 }
  front.config = JSON.stringify({ oidc: { issuer: provider.issuer, clientId: CLIENT } })
  front.readers = 'signed-in'
  front.refuses = false
  asked = []
  // Each tab has a session storage of its own.
  page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    asked.push({ path: pathname, bearer: /^Bearer ./.test(request.headers().authorization ?? '') })
  })
})

afterEach(async () => {
  await page.close()
  expect(complaints.splice(0)).toEqual([])
})

afterAll(async () => {
  await browser?.close()
  await front?.close()
  await provider?.close()
  await host?.close()
  await rm(folder, { recursive: true, force: true })
})

const isShown = (testId: string) => page.getByTestId(testId).waitFor({ timeout: WAIT.timeout })
const storedTokens = () => page.evaluate(() => JSON.stringify({ ...sessionStorage }).match(/eyJ[\w-]+\./g)?.length ?? 0)
const open = async (): Promise<void> => {
  await page.goto(`${origin}/${HASH}`)
  await isShown('alerts')
}
/** Goes elsewhere, so that the API is asked again. That may lead to the provider and back. */
const look = (): Promise<void> => page.evaluate((to) => location.assign(to), ELSEWHERE)

test('a reader is led to the provider and back to the page they wanted, which reads with the token', async () => {
  await open()
  expect(page.url()).toBe(`${origin}/${HASH}`)
  expect(await page.getByTestId('sign-out').textContent()).toContain('李工')
  expect(provider.count.authorized).toBe(1)
  expect(asked.filter(({ path }) => path.endsWith('/alerts')).at(-1)?.bearer).toBe(true)
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, cookie: document.cookie }))).not.toContain('eyJ')
  await page.reload()
  await isShown('alerts')
  expect(provider.count.authorized).toBe(1)
})

test('an API of another origin gets the token, too', async () => {
  front.config = JSON.stringify({
    ...{ apiUrl: `http://localhost:${front.port}` },
    oidc: { issuer: provider.issuer, clientId: CLIENT },
  })
  await open()
  expect(provider.count.authorized).toBe(1)
})

test('a token that is about to end is renewed by the refresh token, and nobody is asked', async () => {
  provider.next.seconds = 20
  await open()
  await look()
  await isShown('alerts')
  await expect.poll(() => provider.count.refreshed, WAIT).toBeGreaterThanOrEqual(2)
  expect(provider.count.authorized).toBe(1)
})

test('where the provider does not go on with the session the reader signs in again', async () => {
  provider.next.seconds = 20
  await open()
  provider.forget()
  provider.next.seconds = 3600
  await look()
  await expect.poll(() => provider.count.authorized, WAIT).toBe(2)
  await isShown('sign-out')
  expect(page.url()).toBe(`${origin}/${ELSEWHERE}`)
})

test('a session that ended without a refresh token signs in again, and the place stays', async () => {
  provider.next.refreshes = false
  await open()
  await page.clock.setSystemTime(Date.now() + provider.next.seconds * 1000)
  await look()
  await expect.poll(() => provider.count.authorized, WAIT).toBe(2)
  await isShown('sign-out')
  expect(page.url()).toBe(`${origin}/${ELSEWHERE}`)
})

test('a token that the API refuses although it should be good leads to a question, not in circles', async () => {
  front.refuses = true
  await page.goto(`${origin}/${HASH}`)
  await isShown('signed-out')
  expect(await page.getByTestId('signed-out').textContent()).toContain('HTTP 401')
  expect(provider.count).toEqual({ authorized: 1, refreshed: 1 })
  front.refuses = false
  await page.getByTestId('sign-in').click()
  await isShown('alerts')
  expect(provider.count.authorized).toBe(2)
})

test('an answer with a state that this tab did not ask for is refused, and nothing is kept', async () => {
  await page.goto(`${origin}/?code=stolen&state=of-somebody-else`)
  await isShown('signed-out')
  expect(page.url()).toBe(`${origin}/`)
  expect(await storedTokens()).toBe(0)
  expect(provider.count.authorized).toBe(0)
  expect(asked.filter(({ path }) => path.startsWith('/api/'))).toEqual([])
})

test('an identity with another nonce is refused, and nothing is kept', async () => {
  provider.next.nonce = 'of-somebody-else'
  await page.goto(`${origin}/${HASH}`)
  await isShown('signed-out')
  expect(await page.getByTestId('signed-out').textContent()).toContain('nonce')
  expect(await storedTokens()).toBe(0)
})

test('signing out ends it here and at the provider, and lasts until it is asked for again', async () => {
  await open()
  await page.getByTestId('sign-out').click()
  await page.waitForURL(`${origin}/`)
  await isShown('signed-out')
  expect(await page.getByTestId('signed-out').textContent()).toContain('您已退出登录')
  expect(await storedTokens()).toBe(0)
  const said = Object.fromEntries(provider.signedOut.at(-1) ?? [])
  expect(said).toMatchObject({ client_id: CLIENT, logout_uri: `${origin}/`, id_token_hint: expect.any(String) })
  expect(provider.revoked).toHaveLength(1)
  await page.reload()
  await isShown('signed-out')
  expect(provider.count.authorized).toBe(1)
  await page.getByTestId('sign-in').click()
  await isShown('sign-out')
})

test('an administrator acts by the session; whoever is none is shown no form', async () => {
  await page.goto(`${origin}/${METER_HASH}`)
  const event = page.getByTestId(`event-spike:${spikeMs}`)
  await event.waitFor()
  expect(await event.getByRole('button', { name: '核定' }).count()).toBe(0)
  provider.next.groups = ['viewer', 'kilowatch-admin']
  await page.getByTestId('sign-out').click()
  await isShown('signed-out')
  await page.getByTestId('sign-in').click()
  await isShown('sign-out')
  await page.goto(`${origin}/${METER_HASH}`)
  await event.getByRole('button', { name: '核定' }).click()
  expect(await page.getByTestId('admin-token').count()).toBe(0)
  expect(await page.getByTestId('admin-name').inputValue()).toBe('李工')
  await page.getByTestId('action-accept').click()
  await expect.poll(() => event.getByTestId('review-state').textContent(), WAIT).toBe('已认可')
})

test('where anyone may read nobody has to sign in, and who wants to change something is offered to', async () => {
  front.readers = 'anyone'
  await open()
  expect(provider.count.authorized).toBe(0)
  await page.getByTestId('sign-in').click()
  await isShown('sign-out')
  await isShown('alerts')
  expect(page.url()).toBe(`${origin}/${HASH}`)
})

test('without a config nobody signs in, and the library is not loaded', async () => {
  front.config = null
  front.readers = 'anyone'
  await open()
  expect(await page.getByTestId('sign-in').count()).toBe(0)
  const scripts = asked.map(({ path }) => path).filter((path) => path.endsWith('.js'))
  expect(scripts.filter((path) => path.includes('sign-in'))).toEqual([])
  expect(scripts).not.toEqual([])
})

test('a wrong config is an error that is seen', async () => {
  front.config = '{"oidc":{"clientId":"x"}}'
  await page.goto(origin)
  await isShown('broken-config')
  expect(await page.getByTestId('broken-config').textContent()).toContain('oidc.issuer is no address')
  expect(asked.filter(({ path }) => path.startsWith('/api/'))).toEqual([])
})

/** One institution with a meter that was read by the hour for three days, and jumped once: an event to review. */
async function registerAndRead(): Promise<void> {
  await clientOf(host).put('registry', {
    areas: AREAS?.map((area) => ({ nameEn: `Area ${area.code}`, ...area })),
    institutions: [institution('A', '130102', { level: 'county' })],
    gateways: [{ id: 'G-A', institution: 'A', password: PASSWORD }],
    meters: [meter('A-E', 'A', { name: '总用电', purpose: '01000' })],
  })
  const readings = Array.from({ length: 72 }, (_, index) => {
    const at = spikeMs + (index - 48) * HOUR_MS
    return { meter: 'A-E', at, value: 1000 + index + (at === spikeMs ? 5000 : 0) }
  })
  await fetch(`${host.httpUrl}/api/v1/readings`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`G-A:${PASSWORD}`).toString('base64')}` },
    body: JSON.stringify({ v: 1, readings }),
  })
  await vi.waitFor(async () => {
    const { items } = await clientOf(host).get<{ items: unknown[] }>(
      `meters/A-E/events?from=${spikeMs - DAY_MS}&to=${spikeMs + DAY_MS}`,
    )
    expect(items.length).toBeGreaterThan(0)
  }, WAIT)
}
