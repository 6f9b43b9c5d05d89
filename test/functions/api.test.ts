// The HTTP API as a handler, over a small province that is judged: each route answers as its own schema says, what is
// wrong with a request is named, lists page by cursor, and roles hold.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { waitingEvents } from '../../domain/alert/kinds/register-event.ts'
import { findingOf } from '../../domain/alert/kinds.ts'
import { advance } from '../../domain/alert/life.ts'
import { defaultLimits } from '../../domain/alert/rules.ts'
import { DAY_MS, HOUR_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { type InstitutionRow, type Page, problemSchema, type RejectionView } from '../../domain/view/view.ts'
import type { Principal } from '../../functions/access/principal.ts'
import { gatewaysHeard } from '../../functions/alerts/gateways-heard.ts'
import { storeAlerts } from '../../functions/alerts/store.ts'
import { openApiDocument } from '../../functions/api/openapi.ts'
import type { Route } from '../../functions/api/route.ts'
import { apiRoutes } from '../../functions/api/routes.ts'
import { type ApiEvent, api } from '../../functions/api.ts'
import type { Platform, QueueName } from '../../functions/platform.ts'
import { triggers } from '../../functions/triggers.ts'
import { AREAS, derive, institution, meter, NOON_MS, openTestPlatform, PROVINCE, register, send } from './province.ts'

interface Request {
  query?: Record<string, string>
  body?: unknown
  principal?: Principal
  base64?: boolean
}

/** The event that a host makes of a request. */
function eventOf(method: string, path: string, { query, body, principal, base64 }: Request = {}): ApiEvent {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: `/api/v1/${path}`,
    rawQueryString: '',
    headers: {},
    ...(query && { queryStringParameters: query }),
    requestContext: {
      http: { method, path: `/api/v1/${path}` },
      ...(principal && { authorizer: { lambda: principal } }),
    },
    body: base64 && text !== undefined ? Buffer.from(text).toString('base64') : text,
    isBase64Encoded: base64 === true,
  } as unknown as ApiEvent
}

async function call(platform: Platform, method: string, path: string, request?: Request) {
  const result = (await api(platform)(eventOf(method, path, request))) as APIGatewayProxyStructuredResultV2
  return { status: result.statusCode, type: result.headers?.['content-type'], body: JSON.parse(result.body ?? '') }
}
const ADMIN: Request = { principal: { role: 'admin' } }
const get = (platform: Platform, path: string, query?: Record<string, string>) =>
  call(platform, 'GET', path, { query, ...ADMIN })

/** When the test platform's clock sends a test message. */
const TESTED_MS = NOON_MS

/** Two days of readings at A, targets and a quota, something refused; settled and judged. */
async function populated(atEnd?: (remove: () => Promise<void>) => void) {
  const platform = await openTestPlatform(undefined, atEnd)
  await register(platform, {
    ...PROVINCE,
    targets: [
      {
        subject: 'A',
        indicator: 'energy',
        baseYear: 2025,
        endYear: 2030,
        path: 'linear',
        years: { 2026: 100 },
        source: 'test',
        standIn: true,
      },
    ],
    quotas: [
      {
        standard: 'test',
        type: 'government',
        indicator: 'energyPerCapita',
        constraint: 3,
        benchmark: 2,
        guide: 1,
        validFrom: '2020-01-01',
        source: 'test',
        standIn: true,
      },
    ],
  })
  const hourly = (id: string) =>
    Array.from({ length: 48 }, (_, n) => ({ meter: id, at: NOON_MS - 2 * DAY_MS + n * HOUR_MS, value: 100 + n }))
  await send(platform, 'G-A', [...hourly('A-E'), ...hourly('A-W'), { meter: 'nobody', at: NOON_MS, value: 1 }])
  await derive(platform)
  const asked = { subject: { type: 'meter', id: 'A-E' }, limits: defaultLimits('registerEvent'), asOfMs: 1 } as const
  const waiting = waitingEvents(asked, [{ kind: 'reset', atMs: 1, reviewed: false }])
  const { alert } = advance(undefined, findingOf('registerEvent', waiting), 1)
  await storeAlerts(platform.state, '130102', { changed: alert ? [alert] : [], dropped: [], events: [] })
  return platform
}

const routeOf = (text: string): Route => must(Object.entries(apiRoutes).find(([route]) => route === text))[1]

describe('the table of routes', () => {
  const table: readonly string[] = triggers.api.http
  const OPENAPI = 'GET /api/v1/openapi.json'

  test('names every route that is served once, and no other', () => {
    expect([...Object.keys(apiRoutes), OPENAPI].toSorted()).toEqual(table.toSorted())
    expect(new Set(table).size).toBe(table.length)
  })

  test('is what the OpenAPI document describes', () => {
    const document = JSON.parse(JSON.stringify(openApiDocument()))
    expect(document.openapi).toMatch(/^3\.1\.\d$/)
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) })
    const described = Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect([...described, OPENAPI].toSorted()).toEqual(table.toSorted())
  })

  test('names each operation once, and a schema once', () => {
    const { paths, components } = JSON.parse(JSON.stringify(openApiDocument()))
    const operations = Object.values<object>(paths).flatMap((item) =>
      Object.values<{ operationId: string }>({ ...item }),
    )
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    expect(Object.keys(components.schemas).length).toBeGreaterThan(80)
  })

  test('passes a public linter without an error', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kilowatch-openapi-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'openapi.json'), JSON.stringify(openApiDocument()))
    const redocly = createRequire(import.meta.url).resolve('@redocly/cli/bin/cli.js')
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
    const lint = promisify(execFile)(process.execPath, [redocly, 'lint', 'openapi.json'], { cwd: folder, env })
    // It exits with 1 on an error, and says which.
    await expect(lint).resolves.toMatchObject({ stderr: expect.stringMatching(/is valid/) })
  }, 60_000)

  test('has operations whose parameters, answers and references are all there', () => {
    const document = JSON.parse(JSON.stringify(openApiDocument()))
    for (const [path, item] of Object.entries<Record<string, Operation>>(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
        expect(inPath.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
        expect(inPath.every(({ required }) => required)).toBe(true)
        expect(operation.summary, `${method} ${path}`).toBeTruthy()
        const { body, file } = routeOf(`${method.toUpperCase()} ${path}`)
        const type = file ? '*/*' : 'application/json'
        expect(operation.responses['200'].content[type].schema, `${method} ${path}`).toBeDefined()
        expect(operation.responses.default.content['application/problem+json'].schema).toBeDefined()
        expect(operation.requestBody !== undefined, `${method} ${path}`).toBe(body !== undefined)
        expect(method === 'get' && body !== undefined, `${method} ${path}`).toBe(false)
        for (const name of (operation.security ?? []).flatMap((one) => Object.keys(one)))
          expect(document.components.securitySchemes).toHaveProperty(name)
      }
    }
    for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      expect(
        reference.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document),
        reference,
      ).toBeDefined()
    }
  })
  interface Operation {
    summary?: string
    parameters?: { in: string; name: string; required?: boolean }[]
    requestBody?: unknown
    security?: Record<string, unknown>[]
    responses: Record<string, { content: Record<string, { schema?: unknown }> }>
  }
})

describe('over a judged province', () => {
  let platform: Platform
  let remove: () => Promise<void>
  beforeAll(async () => {
    platform = await populated((end) => {
      remove = end
    })
    const channels = [{ type: 'mail', address: 'li@example.cn' }]
    const body = { name: '李', channels }
    expect((await call(platform, 'PUT', 'settings/recipients/li', { ...ADMIN, body })).status).toBe(200)
    const tested = await call(platform, 'POST', 'settings/recipients/li/test', { ...ADMIN, body: {} })
    expect(tested.body).toEqual({ atMs: TESTED_MS })
  })
  afterAll(() => remove())

  const answers: [route: string, path: string, query?: Record<string, string>][] = [
    ['GET /api/v1/health', 'health'],
    ['GET /api/v1/session', 'session'],
    ['GET /api/v1/permissions', 'permissions'],
    ['GET /api/v1/people', 'people'],
    ['GET /api/v1/tokens', 'tokens'],
    ['GET /api/v1/denials', 'denials'],
    ['GET /api/v1/audit', 'audit'],
    ['GET /api/v1/areas/{code}', 'areas/130000'],
    ['GET /api/v1/areas/{code}/status', 'areas/130000/status'],
    ['GET /api/v1/areas/{code}/status', 'areas/130102/status', { month: '2026-05' }],
    ['GET /api/v1/areas/{code}/status', 'areas/130202/status', { month: '2019-01' }],
    ['GET /api/v1/areas/{code}/access', 'areas/130000/access'],
    ['GET /api/v1/areas/{code}/freshness', 'areas/130000/freshness'],
    ['GET /api/v1/institutions', 'institutions'],
    ['GET /api/v1/institutions', 'institutions', { area: '130102', type: 'education', sort: 'energyPerArea' }],
    ['GET /api/v1/institutions/{id}', 'institutions/A'],
    ['GET /api/v1/institutions/{id}', 'institutions/D'],
    ['GET /api/v1/institutions/{id}/status', 'institutions/A/status'],
    ['GET /api/v1/institutions/{id}/status', 'institutions/D/status', { month: '2027-01' }],
    ['GET /api/v1/arrivals/{id}', 'arrivals/G-A'],
    ['GET /api/v1/gateways', 'gateways'],
    ['GET /api/v1/gateways', 'gateways', { area: '130102', limit: '1' }],
    ['GET /api/v1/institutions/{id}/registers', 'institutions/A/registers'],
    ['GET /api/v1/institutions/{id}/trend', 'institutions/A/trend'],
    ['GET /api/v1/areas/{code}/trend', 'areas/130000/trend'],
    ['GET /api/v1/areas/{code}/trend', 'areas/130102/trend', { month: '2026-05' }],
    ['GET /api/v1/gateways/{id}/commands', 'gateways/G-A/commands'],
    ['GET /api/v1/meters/{id}', 'meters/A-E'],
    ['GET /api/v1/meters/{id}', 'meters/D-W'],
    ['GET /api/v1/meters/{id}/control-rules', 'meters/A-E/control-rules'],
    ['GET /api/v1/institutions/{id}/control-rules', 'institutions/A/control-rules'],
    ['GET /api/v1/meters/{id}/series', 'meters/A-E/series', { from: String(NOON_MS - DAY_MS), to: String(NOON_MS) }],
    ...['raw', 'day', 'month'].map((grain): [string, string, Record<string, string>] => [
      'GET /api/v1/meters/{id}/series',
      'meters/A-E/series',
      { from: '2026-06-01T00:00:00+08:00', to: '2026-06-16T00:00:00+08:00', grain },
    ]),
    ['GET /api/v1/meters/{id}/events', 'meters/A-E/events', { from: String(NOON_MS - DAY_MS), to: String(NOON_MS) }],
    ['GET /api/v1/areas/{code}/events', 'areas/130000/events', { from: String(NOON_MS - DAY_MS), to: String(NOON_MS) }],
    ['GET /api/v1/repairs', 'repairs'],
    ['GET /api/v1/institutions/{id}/quota-target', 'institutions/A/quota-target', { year: '2026' }],
    ['GET /api/v1/alternatives', 'alternatives'],
    ['GET /api/v1/plans', 'plans'],
    ['GET /api/v1/calendar', 'calendar', { year: '2026' }],
    ['GET /api/v1/tables/{table}', 'tables/quotas'],
    ['GET /api/v1/tables/{table}', 'tables/co2Factors'],
    ['GET /api/v1/institutions/{id}/revisions', 'institutions/A/revisions'],
    ['GET /api/v1/areas/{code}/revisions', 'areas/130102/revisions'],
    ['GET /api/v1/alerts', 'alerts'],
    ['GET /api/v1/alerts', 'alerts', { state: 'cleared', area: '130102', kind: 'meterSilent' }],
    ['GET /api/v1/alerts/{id}', 'alerts/registerEvent:A-E:1'],
    ['GET /api/v1/alerts/{id}/curve', 'alerts/registerEvent:A-E:1/curve'],
    ['GET /api/v1/settings/thresholds/{subject}', 'settings/thresholds/G-A'],
    ['GET /api/v1/settings/retention', 'settings/retention'],
    ['GET /api/v1/settings/recipients', 'settings/recipients'],
    ['GET /api/v1/settings/recipients/{id}/tests/{at}', `settings/recipients/li/tests/${TESTED_MS}`],
    ['GET /api/v1/settings/notify', 'settings/notify'],
    ['GET /api/v1/targets', 'targets', { area: '130000' }],
    ['GET /api/v1/targets', 'targets', { institution: 'A' }],
    ['GET /api/v1/notifications', 'notifications', { limit: '10' }],
    ['GET /api/v1/alerts/{id}/explain', 'alerts/registerEvent:A-E:1/explain'],
    ['GET /api/v1/institutions/{id}/explain', 'institutions/A/explain', { indicator: 'energy' }],
    ['GET /api/v1/areas/{code}/explain', 'areas/130102/explain', { indicator: 'energy' }],
    ...['carbon', 'tree', 'cost', 'data-centre', 'pace'].map((view): [string, string] => [
      `GET /api/v1/institutions/{id}/${view}`,
      `institutions/A/${view}`,
    ]),
    ...['carbon', 'ranking', 'demonstration', 'key-users', 'target-plan'].map((view): [string, string] => [
      `GET /api/v1/areas/{code}/${view}`,
      `areas/130100/${view}`,
    ]),
    ...['hour', 'day', 'month'].map((grain): [string, string, Record<string, string>] => [
      'GET /api/v1/institutions/{id}/use',
      'institutions/A/use',
      { from: '2026-06-10', to: '2026-06-16', grain },
    ]),
    ['GET /api/v1/institutions/{id}/flow', 'institutions/A/flow'],
    ['GET /api/v1/weather/stations', 'weather/stations'],
    ['GET /api/v1/contracts', 'contracts', { institution: 'A' }],
    ['GET /api/v1/areas/{code}/contract-candidates', 'areas/130000/contract-candidates'],
    ['GET /api/v1/reports/{subject}', 'reports/130102'],
    ['GET /api/v1/areas/{code}/reports-due', 'areas/130102/reports-due'],
    ['GET /api/v1/areas/{code}/reports-due', 'areas/130000/reports-due', { on: '2026-04-15' }],
    ['GET /api/v1/forms/{institution}/{period}', 'forms/A/2026-05'],
    ['GET /api/v1/settings/report-checks', 'settings/report-checks'],
    ['GET /api/v1/rejections', 'rejections'],
    ['GET /api/v1/rejections', 'rejections', { gateway: 'G-nobody' }],
  ]
  test.each(answers)('%s answers as its schema says: %s %o', async (route, path, query) => {
    const { status, type, body } = await call(platform, 'GET', path, { query, ...ADMIN })
    expect(status, JSON.stringify(body)).toBe(200)
    expect(type).toBe('application/json; charset=utf-8')
    expect(routeOf(route).response.parse(body)).toEqual(body)
  })

  test('every GET route is among those asked', () => {
    const asked = new Set(answers.map(([route]) => route))
    // A report has to be built first, a spot check drawn, a contract signed and temperatures stored: report.test.ts,
    // reporting/forms.test.ts, contract.test.ts and weather.test.ts ask for these. A link is sent in ack-link.test.ts.
    const served = Object.keys(apiRoutes).filter((route) =>
      /^GET (?!.*((reports\/\{subject\}|spot-checks|stations|acknowledgements)\/|contracts\/\{id\}|\{code\}\/weather))/.test(
        route,
      ),
    )
    expect(served.filter((route) => !asked.has(route))).toEqual([])
  })

  test('gives the hours, days and months of a meter', async () => {
    const from = '2026-06-14T00:00:00+08:00'
    const to = '2026-06-15T12:00:00+08:00'
    const points = async (grain: string) => (await get(platform, 'meters/A-E/series', { from, to, grain })).body.points
    expect(await points('hour')).toHaveLength(35)
    expect((await points('hour'))[0]).toEqual({ atMs: Date.parse(from), value: 1, flag: 'measured' })
    expect(await points('day')).toEqual([
      { atMs: Date.parse(from), value: 24, hoursKnown: 24, hoursExpected: 24 },
      { atMs: Date.parse(from) + DAY_MS, value: 11, hoursKnown: 11, hoursExpected: 12 },
    ])
    expect(await points('month')).toMatchObject([{ value: 35, hoursKnown: 35 }])
    expect(await points('raw')).toHaveLength(36)
  })

  test('shows a reading in hour, day and month before it is settled, the same as after', async () => {
    const fresh = await populated()
    const query = { from: '2026-06-15T00:00:00+08:00', to: '2026-06-16T00:00:00+08:00' }
    const all = () =>
      Promise.all(
        ['hour', 'day', 'month'].map(
          async (grain) => (await get(fresh, 'meters/A-E/series', { ...query, grain })).body.points,
        ),
      )
    const before = await all()
    const last = (await get(fresh, 'meters/A-E/series', { ...query, grain: 'raw' })).body.points.at(-1)
    await send(fresh, 'G-A', [{ meter: 'A-E', at: last.atMs + HOUR_MS, value: last.value + 5 }], last.atMs + HOUR_MS)
    const shown = await all()
    expect(shown[0]).toHaveLength(before[0].length + 1)
    expect(shown[0].at(-1)).toMatchObject({ atMs: last.atMs, value: 5 })
    expect([shown[1][0].value, shown[2][0].value]).toEqual([before[1][0].value + 5, before[2][0].value + 5])
    await derive(fresh)
    expect(await all()).toEqual(shown)
  })

  test('says how far an institution has come', async () => {
    const { body } = await get(platform, 'institutions/A/status')
    expect(body.dualControl.indicators).toContainEqual(
      // Two days of half a year are read: too little to be judged.
      expect.objectContaining({
        indicator: 'energy',
        status: null,
        reason: 'unknownTime',
        target: 100,
        targetStandIn: true,
      }),
    )
    expect((await get(platform, 'health')).body).toMatchObject({ institutions: 4, meters: 8, rootArea: '130000' })
  })

  const wrong: [path: string, query: Record<string, string>, field: string, reason: RegExp][] = [
    ['meters/A-E/series', { to: '0' }, 'from', /RFC 3339 with an offset, or epoch milliseconds/],
    ['meters/A-E/series', { from: 'yesterday', to: '0' }, 'from', /RFC 3339 with an offset, or epoch milliseconds/],
    ['meters/A-E/series', { from: '0', to: '2026-06-01' }, 'to', /RFC 3339 with an offset, or epoch milliseconds/],
    ['meters/A-E/series', { from: '0', to: '999999999999999' }, 'to', /years 1000 to 2999/],
    ['meters/A-E/series', { from: '5', to: '5' }, 'to', /after "from"/],
    ['meters/A-E/series', { from: '0', to: String(NOON_MS), grain: 'hour' }, 'from', /at most 100000 hours/],
    ['meters/A-E/series', { from: '0', to: '1', grain: 'week' }, 'grain', /"raw"\|"hour"\|"day"\|"month"/],
    ['areas/130000/status', { month: '2026-13' }, 'month', /YYYY-MM/],
    ['areas/130000/status', { month: '9999-12' }, 'month', /YYYY-MM/],
    ['institutions/A/status', { month: 'june' }, 'month', /YYYY-MM/],
    ['institutions', { limit: '0' }, 'limit', />=1/],
    ['institutions', { limit: '501' }, 'limit', /<=500/],
    ['institutions', { limit: 'many' }, 'limit', /number/],
    ['institutions', { type: 'palace' }, 'type', /"government"/],
    ['institutions', { rating: 'best' }, 'rating', /"advanced"/],
    ['institutions', { sort: 'name' }, 'sort', /"energyPerArea"/],
    ['rejections', { limit: '-1' }, 'limit', />=1/],
  ]
  test.each(wrong)('a bad query names its field: %s %o', async (path, query, field, reason) => {
    const { status, type, body } = await get(platform, path, query)
    expect(status).toBe(400)
    expect(type).toBe('application/problem+json; charset=utf-8')
    expect(problemSchema.parse(body)).toEqual(body)
    expect(body).toMatchObject({ status: 400, field })
    expect(body.detail).toMatch(reason)
  })

  test.each([
    'areas/999999',
    'areas/999999/status',
    'areas/999999/freshness',
    'institutions/Z',
    'institutions/Z/status',
    'meters/Z',
    'meters/Z/series?',
    'nothing',
    'areas',
    'institutions/A/status/more',
  ])('what is not there is not found: %s', async (path) => {
    const { status, type, body } = await get(platform, path.replace('?', ''), { from: '0', to: '1' })
    expect([status, type]).toEqual([404, 'application/problem+json; charset=utf-8'])
    expect(problemSchema.parse(body)).toEqual(body)
  })

  test('an unknown area or method is named', async () => {
    expect(await get(platform, 'institutions', { area: 'Z' })).toMatchObject({ status: 404 })
    expect(await get(platform, 'alerts', { area: 'Z' })).toMatchObject({ status: 404 })
    expect(await call(platform, 'DELETE', 'meters/A-E')).toMatchObject({ status: 404 })
    expect(await get(platform, 'meters/%E0%A4%A')).toMatchObject({ status: 400 })
  })

  test.each([
    ['institutions', {}],
    ['areas/130000/events', { from: '0', to: '1' }],
    ['areas/130000/ranking', {}],
    ['areas/130102/explain', { indicator: 'energy' }],
    ['institutions/A/explain', { indicator: 'energy' }],
  ])('a cursor of another list is refused by name: %s', async (path, query) => {
    const { status, body } = await get(platform, path, { ...query, cursor: 'Z' })
    expect([status, body.field, body.detail]).toEqual([400, 'cursor', '"Z" is no cursor of this list'])
  })

  test('what is our own fault is said in general, and nothing of it leaks', async () => {
    const broken: Platform = {
      ...platform,
      state: { ...platform.state, get: () => Promise.reject(new Error('SQLITE_CORRUPT at /secret/place')) },
    }
    const logged: unknown[] = []
    const { error } = console
    console.error = (...words) => logged.push(...words)
    try {
      const { status, body } = await get(broken, 'health')
      expect([status, JSON.stringify(body).includes('secret')]).toEqual([500, false])
    } finally {
      console.error = error
    }
    expect(String(logged)).toContain('SQLITE_CORRUPT')
  })
})

describe('lists', () => {
  test('of institutions page by cursor, sorted and filtered', async () => {
    const platform = await openTestPlatform()
    const many = Array.from({ length: 12 }, (_, n) =>
      institution(`I${String(n).padStart(2, '0')}`, n % 2 === 0 ? '130102' : '130202', {
        type: n % 3 === 0 ? 'education' : 'government',
      }),
    )
    await register(platform, { areas: AREAS, institutions: many })
    await derive(platform)
    const pages = async (query: Record<string, string>) => {
      const ids: string[] = []
      for (let cursor: string | null = null; ; ) {
        const answer = await get(platform, 'institutions', { limit: '5', ...query, ...(cursor && { cursor }) })
        const page = answer.body as Page<InstitutionRow>
        expect(page.items.length).toBeLessThanOrEqual(5)
        ids.push(...page.items.map(({ id }) => id))
        if (page.next === null) return ids
        cursor = page.next
      }
    }
    const all = many.map(({ id }) => id)
    expect(await pages({})).toEqual(all)
    expect(await pages({ sort: 'waterPerCapita' })).toEqual(all)
    expect(await pages({ area: '130100' })).toEqual(all.filter((_, n) => n % 2 === 0))
    expect(await pages({ type: 'education' })).toEqual(all.filter((_, n) => n % 3 === 0))
    expect(await pages({ rating: 'none' })).toEqual(all)
    expect(await pages({ rating: 'rectify' })).toEqual([])
  })

  test('of institutions are searched by name, code and pinyin initials, and turned page by page with their number', async () => {
    const platform = await openTestPlatform()
    const names = ['石家庄市长安区第一中学', '桥西区人民医院', '长安区图书馆', '审计局 Audit Office']
    await register(platform, {
      areas: AREAS,
      institutions: names.map((name, n) => institution(`I${n}`, '130102', { name })),
    })
    await derive(platform)
    const find = async (query: Record<string, string>) => {
      const { body } = await get(platform, 'institutions', query)
      return { ids: body.items.map(({ id }: InstitutionRow) => id).join(' '), total: body.total }
    }
    // 长 is read chang and zhang, and either is found.
    expect(await find({ search: 'caq' })).toEqual({ ids: 'I0 I2', total: 2 })
    expect(await find({ search: 'ZAQ' })).toEqual({ ids: 'I0 I2', total: 2 })
    expect(await find({ search: 'sjz dyzx' })).toEqual({ ids: 'I0', total: 1 })
    expect(await find({ search: '人民医院' })).toEqual({ ids: 'I1', total: 1 })
    expect(await find({ search: 'audit' })).toEqual({ ids: 'I3', total: 1 })
    expect(await find({ search: 'i2' })).toEqual({ ids: 'I2', total: 1 })
    expect(await find({ search: 'xyz' })).toEqual({ ids: '', total: 0 })
    expect(await find({ limit: '2', offset: '2' })).toEqual({ ids: 'I2 I3', total: 4 })
    expect(await find({ order: 'desc', limit: '1' })).toEqual({ ids: 'I3', total: 4 })
    expect(await find({ meters: 'none', status: 'none' })).toEqual({ ids: 'I0 I1 I2 I3', total: 4 })
    expect(await find({ status: 'over' })).toEqual({ ids: '', total: 0 })
  })

  test('of rejections begin with the newest, page by message and count all', async () => {
    const platform = await openTestPlatform()
    await register(platform, PROVINCE)
    for (let n = 0; n < 7; n++) {
      const bad = Array.from({ length: n === 3 ? 60 : 1 }, () => ({ meter: 'nobody', at: NOON_MS, value: n }))
      await send(platform, n % 2 === 0 ? 'G-A' : 'G-B', bad, NOON_MS + n)
    }
    const pages = async (query: Record<string, string>) => {
      const times: number[] = []
      for (let cursor: string | null = null; ; ) {
        const { body } = await get(platform, 'rejections', { limit: '2', ...query, ...(cursor && { cursor }) })
        times.push(...new Set((body as Page<RejectionView>).items.map(({ receivedMs }) => receivedMs - NOON_MS)))
        if (body.next === null) return { times, counts: body.counts }
        cursor = body.next
      }
    }
    expect(await pages({})).toEqual({ times: [6, 5, 4, 3, 2, 1, 0], counts: { unknownMeter: 66 } })
    expect(await pages({ gateway: 'G-B' })).toEqual({ times: [5, 3, 1], counts: { unknownMeter: 62 } })
    expect(await pages({ gateway: 'G-D' })).toEqual({ times: [], counts: {} })
  })
})

describe('roles', () => {
  test('readings come from a gateway, in the payload of MQTT, and are stored as its own', async () => {
    const platform = await openTestPlatform()
    await register(platform, PROVINCE)
    const body = {
      v: 1,
      readings: [
        { meter: 'A-E', at: NOON_MS, value: 5 },
        { meter: 'B-E', at: NOON_MS, value: 5 },
      ],
    }
    for (const principal of [undefined, { role: 'anyone' }, { role: 'admin' }] as const) {
      expect(await call(platform, 'POST', 'readings', { body, principal })).toMatchObject({ status: 401 })
    }
    const gateway = { role: 'gateway', gateway: 'G-A' } as const
    const answer = await call(platform, 'POST', 'readings', { body, principal: gateway })
    expect(answer).toMatchObject({ status: 200, body: { stored: 1, rejected: 1 } })
    expect(await gatewaysHeard(platform.state, ['G-A'])).toEqual(new Map([['G-A', platform.now()]]))
    expect((await call(platform, 'POST', 'readings', { body: '{"v":', principal: gateway })).body).toEqual({
      stored: 0,
      rejected: 1,
    })
    await Promise.all([1, 2, 3].map(() => call(platform, 'POST', 'readings', { body: 'x', principal: gateway })))
    const { body: kept } = await get(platform, 'rejections')
    expect(kept.items).toHaveLength(5)
    expect(kept.counts).toEqual({ meterOfOtherGateway: 1, notJson: 4 })
  })

  test('only an admin changes the registry', async () => {
    const platform = await openTestPlatform()
    for (const principal of [undefined, { role: 'gateway', gateway: 'G-A' }] as const) {
      expect(await call(platform, 'PUT', 'registry', { body: PROVINCE, principal })).toMatchObject({ status: 401 })
    }
    const answer = await call(platform, 'PUT', 'registry', { ...ADMIN, body: PROVINCE })
    expect(answer).toMatchObject({ status: 200, body: { institutions: 4, meters: 8 } })
    expect(answer.body.secrets.map(({ id }: { id: string }) => id)).toEqual(['G-A', 'G-B', 'G-C', 'G-D'])
    const again = await call(platform, 'PUT', 'registry', { ...ADMIN, body: PROVINCE })
    expect(again.body.secrets).toEqual([])
  })
})

test('an institution has a data centre by a code, or by the meters that its record names', async () => {
  const platform = await openTestPlatform()
  const room = { pueTotal: ['ROOM'], pueIt: ['UPS'] }
  await register(platform, {
    areas: AREAS,
    institutions: [institution('NAMED', '130102', room), institution('CODED', '130102'), institution('NONE', '130102')],
    gateways: ['NAMED', 'CODED', 'NONE'].map((id) => ({ id: `G-${id}`, institution: id })),
    meters: [
      meter('ROOM', 'NAMED', { role: 'sub' }),
      meter('UPS', 'NAMED', { role: 'sub' }),
      meter('COOL', 'CODED', { role: 'sub', purpose: '01D1B' }),
      meter('LIGHT', 'NONE', { role: 'sub', purpose: '01A' }),
    ],
  })
  const answers = ['NAMED', 'CODED', 'NONE'].map(async (id) => (await get(platform, `institutions/${id}`)).body)
  expect((await Promise.all(answers)).map(({ hasDataCentre }) => hasDataCentre)).toEqual([true, true, false])
})

describe('the registry by HTTP', () => {
  test('is refused as a whole, with every problem named', async () => {
    const platform = await openTestPlatform()
    const body = { ...PROVINCE, meters: [meter('A-E', 'A'), meter('A-E', 'A'), meter('X', 'nobody')] }
    const { status, type, body: problem } = await call(platform, 'PUT', 'registry', { ...ADMIN, body })
    expect([status, type]).toEqual([422, 'application/problem+json; charset=utf-8'])
    expect(problem.problems.map(({ kind, id, field }: Record<string, string>) => [kind, id, field])).toEqual([
      ['meters', 'X', 'institution'],
      ['meters', 'X', 'gateway'],
      ['meters', 'A-E', 'id'],
    ])
    expect((await get(platform, 'health')).body).toMatchObject({ institutions: 0, meters: 0, rootArea: null })
  })

  test('is shown before it is imported: what is new, what changes, and nothing is stored', async () => {
    const platform = await openTestPlatform()
    const preview = (body: object) => call(platform, 'POST', 'registry/preview', { ...ADMIN, body })
    const first = await preview(PROVINCE)
    expect(first.body).toMatchObject({ changes: [], closed: [], problems: [] })
    expect(first.body.kinds).toContainEqual({
      kind: 'meters',
      given: PROVINCE.meters?.length,
      created: PROVINCE.meters?.length,
      changed: 0,
    })
    expect((await get(platform, 'health')).body).toMatchObject({ institutions: 0, meters: 0, rootArea: null })
    await register(platform, PROVINCE)
    const again = await preview({ gateways: [{ id: 'G-A', institution: 'A', name: '机房', password: 'do-not-tell' }] })
    expect(again.body.kinds).toEqual([{ kind: 'gateways', given: 1, created: 0, changed: 1 }])
    expect(again.body.changes).toEqual([
      { kind: 'gateways', id: 'G-A', fields: [{ field: 'name', before: '', after: '机房' }] },
    ])
    expect(JSON.stringify(again.body)).not.toContain('do-not-tell')
    const wrong = await preview({ meters: [meter('X', 'nobody')] })
    expect(wrong.status).toBe(200)
    expect(wrong.body.problems.map(({ field }: { field: string }) => field)).toContain('institution')
    expect((await get(platform, 'meters/X')).status).toBe(404)
  })

  test('names the closed months that a preview would reach, whether they may change or not', async () => {
    const platform = await populated()
    const closedMs = NOON_MS + 60 * DAY_MS
    const later: Platform = { ...platform, now: () => closedMs }
    const meters = [{ ...meter('A-E', 'A'), multiplier: 40 }]
    const asked = async (rewritePast: boolean) =>
      (await call(later, 'POST', 'registry/preview', { ...ADMIN, body: { meters, rewritePast } })).body
    const [careful, bold] = [await asked(false), await asked(true)]
    for (const { closed } of [careful, bold])
      expect(closed).toEqual([
        expect.objectContaining({ kind: 'meters', id: 'A-E', months: expect.stringContaining('2026-06') }),
      ])
    expect(careful.warnings).toContainEqual(expect.objectContaining({ id: 'A-E', field: 'multiplier' }))
    expect(bold.warnings.filter(({ months }: { months?: string }) => months)).toEqual([])
    expect(bold.changes).toContainEqual(expect.objectContaining({ id: 'A-E' }))
  })

  test.each([
    ['{', /not JSON/, undefined],
    ['{"meters":[{"id":"M"}]}', /body meters\.0\./, 'meters.0.institution'],
    ['{"areas":[{"code":"1","name":"一","level":"village"}]}', /"province"/, 'areas.0.level'],
  ])('is refused when it is malformed: %s', async (body, detail, field) => {
    const platform = await openTestPlatform()
    const answer = await call(platform, 'PUT', 'registry', { ...ADMIN, body })
    expect(answer.status).toBe(400)
    expect(answer.body.detail).toMatch(detail)
    expect(answer.body.field).toBe(field)
  })

  test('keeps Chinese names when API Gateway sends the body in base64', async () => {
    const platform = await openTestPlatform()
    await call(platform, 'PUT', 'registry', { ...ADMIN, body: PROVINCE, base64: true })
    expect((await get(platform, 'areas/130102')).body.name).toBe('长安区')
  })

  test('asks for what it changed to be settled and judged, and says so until it is', async () => {
    const platform = await populated()
    const asked: [QueueName, readonly string[]][] = []
    const watched: Platform = {
      ...platform,
      fanOut: { send: async (queue, shards) => void asked.push([queue, shards]) },
    }
    const fresh = async () => (await get(platform, 'areas/130000/freshness')).body
    expect(await fresh()).toEqual({ upToDate: true, readings: 96 })
    for (const part of [
      { meters: [meter('A-E', 'A', { multiplier: 2 })] },
      { institutions: [institution('B', '130104')] },
    ]) {
      await call(watched, 'PUT', 'registry', { ...ADMIN, body: part })
      expect((await fresh()).upToDate).toBe(false)
      await derive(platform)
      expect((await fresh()).upToDate).toBe(true)
    }
    expect(asked).toContainEqual(['settle', ['130102', '130104', '130202']])
    expect(asked).toContainEqual(['assess', ['130102', '130104', '130202']])
  })
})

test('an institution that moves is listed once, in its new county', async () => {
  const platform = await populated()
  await register(platform, { institutions: [institution('A', '130202')] })
  await derive(platform)
  const listed = async (area: string) =>
    ((await get(platform, 'institutions', { area })).body as Page<InstitutionRow>).items.map(({ id }) => id)
  expect(await listed('130000')).toEqual(['A', 'B', 'C', 'D'])
  expect(await listed('130102')).toEqual(['B'])
  expect(await listed('130202')).toEqual(['A', 'D'])
  expect((await get(platform, 'areas/130102')).body.institutionCount).toBe(1)
  const { body } = await get(platform, 'meters/A-E')
  expect(body).toMatchObject({ multiplier: 1, parent: null, lastReadingAtMs: NOON_MS - HOUR_MS })
})
