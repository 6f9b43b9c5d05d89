// Every route × role × place, from the permission table: a role takes its actions at its own place, and neither at the
// place beside it nor above it. A route or role that the table does not know fails.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ACTION_NAMES,
  type Grant,
  grantsProblem,
  ROLE_NAMES,
  type Role,
  roleRow,
} from '../../domain/access/permission.ts'
import { waitingEvents } from '../../domain/alert/kinds/register-event.ts'
import { findingOf } from '../../domain/alert/kinds.ts'
import { advance } from '../../domain/alert/life.ts'
import { defaultLimits } from '../../domain/alert/rules.ts'
import { HOUR_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { denialsFrom } from '../../functions/access/denials.ts'
import type { SubjectKind } from '../../functions/access/permit.ts'
import type { PersonPrincipal, Principal } from '../../functions/access/principal.ts'
import { storeAlerts } from '../../functions/alerts/store.ts'
import { methodAndPath } from '../../functions/api/route.ts'
import { apiRoutes } from '../../functions/api/routes.ts'
import { type ApiEvent, type ApiResult, api } from '../../functions/api.ts'
import { docKey } from '../../functions/platform.ts'
import { triggers } from '../../functions/triggers.ts'
import { TERMS } from './contract-year.ts'
import {
  derive,
  INSTITUTIONS,
  NOON_MS,
  openTestPlatform,
  PROVINCE,
  register,
  send,
  type TestPlatform,
} from './province.ts'

type Where = 'own' | 'sibling' | 'parent'
const COUNTY = '130102'

/** Contracts by their number, with their institutions. */
const CONTRACTS = { 'NO-7': 'A', 'NO-8': 'A', 'NO-B': 'B', 'NO-C': 'C' }

/** Subjects of a grant in county 130102, or at institution A: its own, those beside it, and the one above it. */
const SUBJECTS: Record<'area' | 'institution', Record<Where, Partial<Record<SubjectKind, string>>>> = {
  area: {
    own: {
      ...{ area: COUNTY, institution: 'A', meter: 'A-E', gateway: 'G-A', alert: 'registerEvent:A-E:1', subject: 'A' },
      contract: 'NO-7',
    },
    sibling: {
      ...{ area: '130104', institution: 'C', meter: 'C-E', gateway: 'G-C', alert: 'registerEvent:C-E:1', subject: 'C' },
      contract: 'NO-C',
    },
    parent: { area: '130100', subject: '130100' },
  },
  institution: {
    own: {
      ...{ institution: 'A', meter: 'A-E', gateway: 'G-A', alert: 'registerEvent:A-E:1', subject: 'A' },
      contract: 'NO-7',
    },
    sibling: {
      ...{ institution: 'B', meter: 'B-E', gateway: 'G-B', alert: 'registerEvent:B-E:1', subject: 'B' },
      contract: 'NO-B',
    },
    parent: { area: COUNTY, subject: COUNTY },
  },
}

function grantOf(role: Role): Grant {
  const { place, contract } = roleRow(role)
  if (place === 'everywhere') return { role }
  if (place === 'institution') return { role, institutions: ['A'], ...(contract && { contract: 'NO-7' }) }
  return { role, areas: [COUNTY] }
}
const person = (grants: Grant[], more: Partial<PersonPrincipal> = {}): PersonPrincipal => ({
  ...{ role: 'user', id: 'li', name: '李 (li)', grants },
  ...more,
})

let platform: TestPlatform
let remove: () => Promise<void>
let handler: (event: ApiEvent) => Promise<ApiResult>

beforeAll(async () => {
  platform = await openTestPlatform(undefined, (end) => {
    remove = end
  })
  await register(platform, PROVINCE)
  for (const id of ['A', 'B', 'C', 'D']) {
    const readings = [0, 1, 2].map((n) => ({ meter: `${id}-E`, at: NOON_MS - (3 - n) * HOUR_MS, value: n }))
    await send(platform, `G-${id}`, [...readings, { meter: `nobody-${id}`, at: NOON_MS, value: 1 }])
  }
  await derive(platform)
  for (const { id, area } of INSTITUTIONS) {
    const subject = { type: 'meter', id: `${id}-E` } as const
    const asked = { subject, limits: defaultLimits('registerEvent'), asOfMs: 1 }
    const waiting = waitingEvents(asked, [{ kind: 'reset', atMs: 1, reviewed: false }])
    const { alert } = advance(undefined, findingOf('registerEvent', waiting), 1)
    await storeAlerts(platform.state, area, { changed: [must(alert)], dropped: [], events: [] })
  }
  handler = api(platform) as typeof handler
  for (const [id, institution] of Object.entries(CONTRACTS)) {
    const terms = { ...TERMS, id, institution, boundary: [{ meter: `${institution}-E` }] }
    const { status, text } = await ask(`PUT /api/v1/contracts/${id}`, { role: 'admin' }, { body: { terms } })
    if (status !== 200) throw new Error(text)
  }
})
afterAll(() => remove())

interface Asked {
  query?: Record<string, string>
  body?: unknown
  accept?: string
}

async function ask(text: string, principal: Principal | undefined, { query = {}, body, accept }: Asked = {}) {
  const [method, path] = methodAndPath(text)
  const { statusCode, body: answer } = await handler({
    ...{ version: '2.0', rawPath: path, headers: accept ? { accept } : {}, isBase64Encoded: false },
    queryStringParameters: query,
    requestContext: { http: { method, path, sourceIp: '192.0.2.1' }, authorizer: { lambda: principal } },
    // Whoever may do it gets 400: rights are asked before the body is read.
    body: method === 'GET' ? undefined : body === undefined ? 'no JSON' : JSON.stringify(body),
  } as unknown as ApiEvent)
  return { status: must(statusCode), text: answer ?? '' }
}

const OPENAPI = 'GET /api/v1/openapi.json'
const routes = Object.entries(apiRoutes)
const rest: Record<string, string> = {
  month: '2026-05',
  period: '2026-05',
  year: '2026',
  number: '1',
  name: 'x',
  event: 'x',
}

/** The address of a route at a place; undefined where the route has no subject there. */
function requestAt(
  text: string,
  at: (typeof routes)[number][1]['access']['at'],
  subjects: Partial<Record<SubjectKind, string>>,
) {
  const fill = (path: string, own: Record<string, string>): string =>
    path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(own[name] ?? rest[name] ?? 'nobody'))
  if (typeof at === 'string') return { text: fill(text, {}), query: {} }
  if ('list' in at) {
    const [kind] = at.list.filter((one) => subjects[one] !== undefined)
    return kind ? { text: fill(text, {}), query: { [kind]: must(subjects[kind]) } } : undefined
  }
  const [[kind, name]] = Object.entries(at) as [[SubjectKind, string]]
  const id = subjects[kind]
  return id === undefined ? undefined : { text: fill(text, { [name]: id }), query: {} }
}

test('every route of the trigger table names an action that the table knows', () => {
  expect([...routes.map(([text]) => text), OPENAPI].toSorted()).toEqual(triggers.api.http.toSorted())
  const known: string[] = [...ACTION_NAMES, 'open', 'send']
  expect(routes.filter(([, { access }]) => !known.includes(access.action)).map(([text]) => text)).toEqual([])
})

describe.each(ROLE_NAMES)('as %s', (role) => {
  const principal = person([grantOf(role)])
  const { place, actions } = roleRow(role)
  const isEverywhere = place === 'everywhere'
  const subjects = SUBJECTS[place === 'institution' ? 'institution' : 'area']

  test.each(['own', 'sibling', 'parent'] as const)('every route at its %s place', async (where) => {
    const wrong: string[] = []
    for (const [text, { access }] of routes) {
      const { action, at } = access
      const request = requestAt(text, at, subjects[where])
      if (!request) continue
      const isOpen = action === 'open'
      const holds = action !== 'open' && action !== 'send' && actions.includes(action)
      const reaches = isEverywhere || at === 'nowhere' || (at !== 'registry' && where === 'own')
      const { status } = await ask(request.text, principal, { query: request.query })
      const isLet = status !== 401 && status !== 403
      if (isOpen ? text.startsWith('GET') && !isLet : isLet !== (holds && reaches))
        wrong.push(`${text} at ${where}: ${status}, ${holds && reaches ? 'allowed' : 'refused'} by the table`)
    }
    expect(wrong).toEqual([])
  })
})

test('nobody, a gateway and a person without a role take no action', async () => {
  for (const principal of [undefined, { role: 'gateway', gateway: 'G-A' }, person([])] as const) {
    for (const [text, { access }] of routes) {
      if (access.action === 'open' || (access.action === 'send' && principal?.role === 'gateway')) continue
      const request = must(requestAt(text, access.at, { area: COUNTY, ...SUBJECTS.area.own }) ?? { text, query: {} })
      expect([401, 403], text).toContain((await ask(request.text, principal, { query: request.query })).status)
    }
  }
})

describe('another area appears nowhere', () => {
  const STRANGE = /130104|130202|130200|桥西|路南|唐山|"?\b[CD]-[EW]\b|G-[CD]|\b[CD] 机构|nobody-[CD]|NO-C/
  const reading = routes.filter(([text]) => text.startsWith('GET'))
  test.each(['application/json', 'text/csv'])('in any answer as %s to a county official', async (accept) => {
    const range = { from: String(NOON_MS - 24 * HOUR_MS), to: String(NOON_MS), indicator: 'energy' }
    for (const grants of [
      [{ role: 'county', areas: [COUNTY] }],
      [{ role: 'manager', institutions: ['A'] }],
    ] as Grant[][]) {
      let answers = 0
      for (const [text, { access }] of reading) {
        const request = requestAt(text, access.at, SUBJECTS.area.own) ?? { text, query: {} }
        for (const query of [range, { ...range, ...request.query }]) {
          const { status, text: answer } = await ask(request.text, person(grants), { query, accept })
          if (status !== 200) continue
          answers++
          expect(answer.replace(/\\u[\da-f]{4}/g, ''), `${request.text} ${JSON.stringify(query)}`).not.toMatch(STRANGE)
        }
      }
      expect(answers).toBeGreaterThan(20)
    }
  })

  test('the manager of A sees nothing of B, in the same county', async () => {
    const manager = person([{ role: 'manager', institutions: ['A'] }])
    for (const list of ['institutions', 'alerts', 'rejections', 'repairs', 'contracts']) {
      const { status, text } = await ask(`GET /api/v1/${list}`, manager)
      expect(status, list).toBe(200)
      expect(text).not.toMatch(/B-E|G-B|B 机构|nobody-B|NO-B/)
    }
    const items = async (list: string) => JSON.parse((await ask(`GET /api/v1/${list}`, manager)).text).items.length
    expect([await items('institutions'), await items('alerts'), await items('rejections')]).toEqual([1, 1, 1])
  })

  test('an unknown subject and one elsewhere are refused in the same words', async () => {
    const county = person([{ role: 'county', areas: [COUNTY] }])
    const [elsewhere, nowhere] = [
      await ask('GET /api/v1/meters/C-E', county),
      await ask('GET /api/v1/meters/C-X', county),
    ]
    expect(elsewhere.status).toBe(403)
    expect(nowhere.text).toBe(elsewhere.text.replace('C-E', 'C-X'))
  })
})

test('the contractor of one contract reaches no other of the institution, and signs for its own side alone', async () => {
  const contractor = person([{ role: 'contractor', institutions: ['A'], contract: 'NO-7' }])
  const manager = person([{ role: 'manager', institutions: ['A'] }])
  const listed = async (principal: PersonPrincipal) =>
    JSON.parse((await ask('GET /api/v1/contracts', principal)).text).items.map(({ id }: { id: string }) => id)
  expect(await listed(contractor)).toEqual(['NO-7'])
  expect(await listed(manager)).toEqual(['NO-7', 'NO-8'])
  expect((await ask('GET /api/v1/contracts/NO-8', contractor)).status).toBe(403)
  const proposed = async (principal: PersonPrincipal, party: string) => {
    const change = { kind: 'perDay', from: '2025-06-01', to: '2025-07-01', amountPerDay: 5 }
    const body = { party, who: 'somebody else', reason: 'a kitchen', change }
    return ask('POST /api/v1/contracts/NO-7/adjustments', principal, { body })
  }
  expect((await proposed(contractor, 'owner')).status).toBe(403)
  expect((await proposed(manager, 'contractor')).status).toBe(403)
  const { status, text } = await proposed(contractor, 'contractor')
  expect([status, text]).toEqual([200, expect.stringContaining('李 (li)')])
  expect(text).not.toContain('somebody else')
})

describe('who did it', () => {
  test('is the sender, whatever the body says', async () => {
    const body = { by: 'somebody else', note: 'seen' }
    const answer = await ask(
      'POST /api/v1/alerts/registerEvent%3AA-E%3A1/ack',
      person([{ role: 'manager', institutions: ['A'] }]),
      { body },
    )
    expect(answer.status, answer.text).toBe(200)
    expect(answer.text).toContain('李 (li)')
    expect(answer.text).not.toContain('somebody else')
  })

  test('also of an import that rewrites the past', async () => {
    const body = { institutions: [INSTITUTIONS[0]], rewritePast: true }
    const { status, text } = await ask('PUT /api/v1/registry', person([{ role: 'system' }]), { body })
    expect(status, text).toBe(200)
    const entries = (await platform.state.query(docKey<string>('audit/entry/'))).map(({ value }) => value)
    expect(entries.find((entry) => entry.includes('registry.rewritePast'))).toContain('"who":"李 (li)"')
  })

  test('and nobody acts for an office outside the scope', async () => {
    const county = person([{ role: 'county', areas: [COUNTY] }])
    const step = { who: 'x', office: '130100', version: 0 }
    const { status, text } = await ask(`POST /api/v1/reports/${COUNTY}/2026-05/accept`, county, { body: step })
    expect([status, JSON.parse(text).field]).toEqual([403, 'office'])
  })

  test('a token does what it carries and no more', async () => {
    const token = person([{ role: 'county', areas: [COUNTY] }], { only: ['field'] })
    expect((await ask('GET /api/v1/meters/A-E', token)).status).toBe(200)
    expect((await ask('GET /api/v1/institutions/A/status', token)).status).toBe(403)
  })
})

test('every refusal is kept: the first ones in full, all counted, by sender and hour', async () => {
  platform.clock.nowMs += HOUR_MS
  for (let n = 0; n < 60; n++)
    await ask('GET /api/v1/meters/C-E', person([{ role: 'county', areas: [COUNTY] }], { name: 'wu' }))
  platform.clock.nowMs += 11_000
  await ask('GET /api/v1/meters/C-E', person([{ role: 'county', areas: [COUNTY] }], { name: 'wu' }))
  const found = (await denialsFrom(platform.state, { limit: 100 })).find(({ value }) => value.who === 'wu')
  expect(found?.value).toMatchObject({ count: 61 })
  expect(found?.value.denials).toHaveLength(50)
  expect(found?.value.denials[0]).toMatchObject({ route: 'GET /api/v1/meters/C-E', status: 403, address: '192.0.2.1' })
})

test.each<[grants: Grant[], problem: RegExp | undefined]>([
  [[{ role: 'county', areas: [COUNTY] }], undefined],
  [[{ role: 'system' }, { role: 'county', areas: [COUNTY] }], undefined],
  [[{ role: 'system' }, { role: 'audit' }], /separated/],
  [[{ role: 'security' }, { role: 'audit' }], /separated/],
  [[{ role: 'county' }], /needs an area/],
  [[{ role: 'manager', areas: [COUNTY] }], /needs an institution/],
  [[{ role: 'contractor', institutions: ['A'] }], /number of the contract/],
  [[{ role: 'audit', areas: [COUNTY] }], /no place/],
])('grants %j: %s', (grants, problem) => {
  if (problem) expect(grantsProblem(grants)).toMatch(problem)
  else expect(grantsProblem(grants)).toBeUndefined()
})
