// Every number that status shows is led back to its amounts and rows, and the routes about energy answer as their
// schemas say, over a small province with fourteen months of readings, bills and a data centre.

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { highestTarget } from '../../../domain/alert/kinds/dual-control.ts'
import { waitingEvents } from '../../../domain/alert/kinds/register-event.ts'
import { findingOf } from '../../../domain/alert/kinds.ts'
import { advance } from '../../../domain/alert/life.ts'
import { defaultLimits } from '../../../domain/alert/rules.ts'
import { DAY_MS, monthRange } from '../../../domain/calendar.ts'
import { explainWindow } from '../../../domain/explain/chain.ts'
import { INDICATORS, QUOTA_INDICATORS } from '../../../domain/indicator.ts'
import type { ExplainView } from '../../../domain/view/explain.ts'
import type { AreaStatusView, InstitutionStatusView } from '../../../domain/view/view.ts'
import { storeAlerts } from '../../../functions/alerts/store.ts'
import { apiRoutes } from '../../../functions/api/routes.ts'
import { api } from '../../../functions/api.ts'
import { monthsOf, storedYear, subjectYearKey } from '../../../functions/judging/subject-year.ts'
import type { Platform } from '../../../functions/platform.ts'
import { importRegistry } from '../../../functions/registry/import.ts'
import { described } from '../../../local/command/explain.ts'
import { derive, meter, openTestPlatform, PROVINCE, register, send } from '../province.ts'

const MONTH = '2026-06'
const cleanups: (() => Promise<void>)[] = []
let platform: Awaited<ReturnType<typeof openTestPlatform>>

async function ask(route: string, path: string, query: Record<string, string> = {}, body?: unknown) {
  const [method] = route.split(' ')
  const event = {
    version: '2.0',
    rawPath: `/api/v1/${path}`,
    headers: {},
    queryStringParameters: query,
    requestContext: { http: { method, path: `/api/v1/${path}` }, authorizer: { lambda: { role: 'admin' } } },
    body: body === undefined ? undefined : JSON.stringify(body),
    isBase64Encoded: false,
  }
  const answer = (await api(platform as Platform)(event as never)) as { statusCode: number; body: string }
  return { status: answer.statusCode, body: JSON.parse(answer.body) }
}
async function answered(route: string, path: string, query?: Record<string, string>, body?: unknown) {
  const found = await ask(route, path, query, body)
  expect(found.status, JSON.stringify(found.body)).toBe(200)
  return Object.entries(apiRoutes)
    .find(([text]) => text === route)?.[1]
    .response.parse(found.body)
}

beforeAll(async () => {
  platform = await openTestPlatform(undefined, (remove) => cleanups.push(remove))
  const { meters = [] } = PROVINCE
  await register(platform, {
    ...PROVINCE,
    meters: [
      ...meters,
      meter('A-DC', 'A', { role: 'sub', parent: 'A-E', purpose: '01D10' }),
      meter('A-IT', 'A', { role: 'sub', parent: 'A-DC', purpose: '01D1A' }),
    ],
    bills: [
      {
        institution: 'A',
        carrier: 'petrol',
        purpose: 'transport',
        month: '2026-03',
        quantity: 900,
        unit: 'kg',
        costYuan: 8000,
      },
      { institution: 'B', carrier: 'heat', month: '2026-01', quantity: 40, unit: 'GJ' },
    ],
    targets: [
      {
        subject: 'A',
        indicator: 'energy',
        baseYear: 2025,
        endYear: 2030,
        path: 'linear',
        baseValue: 9,
        cap: 8,
        source: 'test',
        standIn: true,
      },
      {
        subject: '130102',
        indicator: 'energy',
        baseYear: 2025,
        endYear: 2030,
        path: 'linear',
        baseValue: 9,
        cap: 1,
        source: 'test',
        standIn: true,
      },
    ],
  })
  const { fromMs } = monthRange('2025-05')
  for (const id of ['A', 'B', 'C', 'D']) {
    const ids = [`${id}-E`, `${id}-W`, ...(id === 'A' ? ['A-DC', 'A-IT'] : [])]
    for (const [rank, one] of ids.entries()) {
      const step = one.endsWith('DC') ? 8 : one.endsWith('IT') ? 5 : 20 - rank
      const count = Math.floor((platform.now() - fromMs) / (DAY_MS / 12)) + 1
      const readings = Array.from({ length: count }, (_, n) => ({
        meter: one,
        at: fromMs + (n * DAY_MS) / 12,
        value: n * step,
      }))
      for (let from = 0; from < count; from += 1000) await send(platform, `G-${id}`, readings.slice(from, from + 1000))
    }
  }
  await derive(platform)
}, 60_000)
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup()
})

type AlertExplain = Pick<ExplainView, 'checks' | 'detail'> & {
  chain: ExplainView | null
  evidence: string[]
  facts: { forecast: number }
  now: { value: number } | null
}
const broken = ({ checks }: ExplainView) => checks.filter(({ ok }) => !ok)
const hasSize = (indicator: string): boolean => /Per/.test(indicator)
const EXPLAIN = 'GET /api/v1/institutions/{id}/explain'
const AREA_EXPLAIN = 'GET /api/v1/areas/{code}/explain'

test.each(INDICATORS)('the chain of %s leads to what status shows, for institutions and areas', async (indicator) => {
  for (const id of ['A', 'B', 'C', 'D']) {
    const status = (await ask('GET', `institutions/${id}/status`, { month: MONTH })).body as InstitutionStatusView
    const shown = status.dualControl?.indicators.find((one) => one.indicator === indicator)?.actual
    const view = (await answered(EXPLAIN, `institutions/${id}/explain`, { month: MONTH, indicator })) as ExplainView
    expect(view.shown).toBe(shown)
    expect(view, `${id} ${indicator} ${view.shown} ${view.result}`).toMatchObject({ matches: true })
    expect(view.result).not.toBeNull()
    expect(broken(view)).toEqual([])
    expect(new Set(view.checks.map(({ level }) => level))).toEqual(
      new Set(['rating', 'value', 'month', 'carrier', 'meter', ...(hasSize(indicator) ? ['size'] : [])]),
    )
    for (const { months, readings } of view.meters) {
      expect(readings.count).toBeGreaterThan(0)
      for (const one of months)
        expect(Object.values(one.flags).reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(one.hoursKnown)
    }
  }
  for (const code of ['130000', '130100', '130102']) {
    const status = (await ask('GET', `areas/${code}/status`, { month: MONTH })).body as AreaStatusView
    const shown = status.dualControl?.indicators.find((one) => one.indicator === indicator)?.actual
    const view = (await answered(AREA_EXPLAIN, `areas/${code}/explain`, { month: MONTH, indicator })) as ExplainView
    expect(view.shown).toBe(shown)
    expect(view, `${code} ${indicator} ${view.shown} ${view.result}`).toMatchObject({ matches: true })
    expect(broken(view)).toEqual([])
    expect(view.checks.filter(({ level }) => level === 'month').length).toBeGreaterThan(5)
  }
})

test.each(QUOTA_INDICATORS)('the chain of the quota %s leads to what status shows', async (indicator) => {
  for (const id of ['A', 'B']) {
    const view = (await answered(EXPLAIN, `institutions/${id}/explain`, {
      month: MONTH,
      indicator,
      table: 'quota',
    })) as ExplainView
    expect(view, `${id} ${indicator} ${view.shown} ${view.result}`).toMatchObject({ matches: true })
    expect(broken(view)).toEqual([])
  }
})

test('each day of a meter is led down to its readings, as they came, and its hours are what these make', async () => {
  for (const id of ['A-E', 'A-IT']) {
    for (const day of ['2025-05-01', '2025-12-31', '2026-06-14', '2026-06-15']) {
      const query = { month: MONTH, indicator: 'energy', meter: id, day }
      const view = (await answered(EXPLAIN, 'institutions/A/explain', query)) as ExplainView
      const check = view.checks.filter(({ level }) => level === 'hour')
      expect(check).toMatchObject([{ ok: true }])
      const { hours = [], readings = [] } = view.detail ?? {}
      const known = hours.flatMap(({ amount }) => amount ?? [])
      expect(known.reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(Number(check[0].want), 9)
      expect(readings.length).toBeGreaterThan(6)
      for (const one of readings) expect(one).toMatchObject({ receivedMs: expect.any(Number), unit: 'kWh' })
      // Two hours apart, so the register's step over an hour is half of its step between readings.
      const [first, second] = readings
      expect(known[known.length > 2 ? 2 : 0]).toBeCloseTo((second.value - first.value) / 2, 9)
    }
  }
})

test('a month that was stored otherwise than its hours is seen, by name', async () => {
  const key = subjectYearKey('C', 2026)
  const stored = await platform.state.get(key)
  if (!stored) throw new Error('nothing stands')
  const months = monthsOf(stored.value)
  const changed = { ...months, '2026-02': { ...months['2026-02'], electricityKwh: 1, energyKgce: 7 } }
  await platform.state.put([{ key, value: storedYear(Object.values(changed)) }])
  onTestFinished(() => platform.state.put([{ key, value: stored.value }]))
  const view = (await ask('GET', 'institutions/C/explain', { month: MONTH, indicator: 'energy' })).body as ExplainView
  expect(broken(view).map(({ level, name }) => [level, name])).toEqual(
    expect.arrayContaining([
      ['month', '2026-02 kgce'],
      ['carrier', '2026-02 electricity kWh'],
    ]),
  )
  const county = (await ask('GET', 'areas/130104/explain', { month: MONTH, indicator: 'energy' })).body as ExplainView
  expect(broken(county)).toMatchObject([{ level: 'value' }, { level: 'month', name: '2026-02 kgce', got: 7 }])
})

test('children of an area page; those of other pages are one term, and every check is over all', async () => {
  const query = { month: MONTH, indicator: 'energy', limit: '1' }
  const first = (await answered(AREA_EXPLAIN, 'areas/130102/explain', query)) as ExplainView
  expect(first.months[0].terms.map(({ source }) => source)).toEqual(['A', '1 others'])
  expect(broken(first)).toEqual([])
  const second = (await answered(AREA_EXPLAIN, 'areas/130102/explain', {
    ...query,
    cursor: `${first.next}`,
  })) as ExplainView
  expect(second.months[0].terms.map(({ source }) => source)).toEqual(['B', '1 others'])
  expect(second.next).toBeNull()
  const meters = (await answered(EXPLAIN, 'institutions/A/explain', { ...query, cursor: 'A-E' })) as ExplainView
  expect(meters.meters.map(({ meter }) => meter)).toEqual(['A-IT'])
})

test('an alert on a target leads to its chain, and one on a meter to the readings of its day', async () => {
  const asOfMs = platform.now()
  const status = (await ask('GET', 'areas/130102/status', { month: MONTH })).body as AreaStatusView
  const over = { indicators: status.dualControl?.indicators ?? [], verdict: null }
  const county = { subject: { type: 'area', id: '130102' }, limits: defaultLimits('dualControlOver'), asOfMs } as const
  const meterAsked = { subject: { type: 'meter', id: 'A-E' }, limits: defaultLimits('registerEvent'), asOfMs } as const
  const findings = [
    findingOf(
      'dualControlOver',
      highestTarget({ ...county, limits: { ...county.limits, raiseAfterMinutes: 0 } }, over as never),
    ),
    findingOf('registerEvent', waitingEvents(meterAsked, [{ kind: 'reset', atMs: asOfMs - DAY_MS, reviewed: false }])),
  ]
  const raised = findings.flatMap((finding) => advance(undefined, finding, asOfMs).alert ?? [])
  expect(raised.map(({ kind }) => kind)).toEqual(['dualControlOver', 'registerEvent'])
  await storeAlerts(platform.state, '130102', { changed: raised, dropped: [], events: [] })
  const [target, event] = await Promise.all(
    raised.map(
      async ({ id }) =>
        (await answered('GET /api/v1/alerts/{id}/explain', `alerts/${encodeURIComponent(id)}/explain`)) as AlertExplain,
    ),
  )
  expect(target.chain).toMatchObject({ subject: '130102', indicator: 'energy', matches: true })
  expect(target.checks[0]).toMatchObject({ name: 'value of the alert, of its facts', ok: true })
  expect(target.now?.value).toBeCloseTo(target.facts.forecast, 9)
  expect(target.checks.filter(({ ok }) => !ok)).toEqual([])
  expect(event.chain).toBeNull()
  expect(event.detail).toMatchObject({ meter: 'A-E', day: '2026-06-15' })
  expect(event.checks).toMatchObject([{ level: 'hour', ok: true }])
  expect(event.evidence).toEqual([expect.stringContaining('/api/v1/meters/A-E/series?')])
})

test('a chain and an alert read as lines of a terminal, with every level counted', async () => {
  const query = { month: MONTH, indicator: 'energyPerArea', meter: 'A-E', day: '2026-06-14' }
  const view = (await answered(EXPLAIN, 'institutions/A/explain', query)) as ExplainView
  const lines = described(view).split('\n')
  expect(lines[0]).toMatch(/^A energyPerArea 2026-06: [\d.]+ kgce\/m²$/)
  expect(lines).toContainEqual(expect.stringMatching(/^ {6}\+ meter A-E: \d+/))
  expect(lines).toContainEqual(
    expect.stringMatching(/^ {4}read 2026-06-14T02:00:00\+08:00: \d+ kWh, good, received 2026-/),
  )
  expect(lines.at(-1)).toMatch(/^ {2}checks: rating 1\/1, value 1\/1, .*hour 1\/1$/)
  const worse = { ...view, checks: view.checks.map((one) => (one.level === 'hour' ? { ...one, ok: false } : one)) }
  expect(described(worse)).toContain('DIFFERS at hour: A-E 2026-06-14')
})

test('a chain names the rows with source and validity, and the target', async () => {
  const view = (await answered(EXPLAIN, 'institutions/A/explain', { month: MONTH, indicator: 'energy' })) as ExplainView
  expect(view.against).toMatchObject({ source: 'test', standIn: true })
  const rows = view.months.flatMap(({ terms }) => terms.flatMap(({ row }) => row ?? []))
  expect(rows.length).toBeGreaterThan(0)
  for (const row of rows) expect(row).toMatchObject({ source: expect.any(String), validFrom: expect.any(String) })
  expect(view.bills).toHaveLength(1)
})

test('an area names its children in each month', async () => {
  const view = (await answered(AREA_EXPLAIN, 'areas/130102/explain', { month: MONTH, indicator: 'co2' })) as ExplainView
  for (const { terms } of view.months) expect(terms.map(({ source }) => source)).toEqual(['A', 'B'])
})

test.each([
  ['institutions/A/explain', { indicator: 'nothing' }, 400],
  ['institutions/nobody/explain', { indicator: 'energy' }, 404],
  ['areas/130102/explain', { indicator: 'heatingPerArea' }, 400],
  ['institutions/A/explain', { indicator: 'energy', table: 'quota' }, 400],
  ['alerts/nothing/explain', {}, 404],
])('%s %j is refused with %i', async (path, query, status) => {
  expect((await ask('GET', path, query as Record<string, string>)).status).toBe(status)
})

test.each([
  ['institutions/{id}', 'institutions/A', ['carbon', 'tree', 'cost', 'data-centre', 'pace']],
  ['areas/{code}', 'areas/130100', ['carbon', 'ranking', 'demonstration', 'key-users', 'target-plan']],
])('every view of %s fits its schema', async (pattern, path, views) => {
  for (const view of views) await answered(`GET /api/v1/${pattern}/${view}`, `${path}/${view}`)
})

test('ledgers equal what is judged', async () => {
  for (const path of ['institutions/A', 'areas/130000'])
    expect((await ask('GET', `${path}/carbon`, { year: '2026' })).body).toMatchObject({ reconciled: true })
})

test('the PUE of a month is that of its hours, and the rest of the tree is unexplained', async () => {
  const centre = (await ask('GET', 'institutions/A/data-centre', { month: '2026-05' })).body
  expect(centre.monthly.pue.value).toBeCloseTo(8 / 5, 9)
  expect(centre.boundaries).toEqual({
    pue: { basis: 'codes', total: ['A-DC'], it: ['A-IT'] },
    eue: { basis: 'asPue', total: ['A-DC'], it: ['A-IT'] },
  })
  expect(centre.hours).toHaveLength(744)
  const tree = (await ask('GET', 'institutions/A/tree', { month: '2026-05' })).body
  const main = tree.nodes.find((node: { meter: string }) => node.meter === 'A-E')
  expect(main.periods[0].unexplainedPct).toBeCloseTo(60, 6)
})

test('a proposal sums to the target and is not stored', async () => {
  const target = {
    subject: '130102',
    indicator: 'energy',
    baseYear: 2025,
    endYear: 2026,
    years: { 2026: 10 },
    source: 'test',
  }
  const shares = [
    { subject: 'A', weight: 1 },
    { subject: 'B', weight: 2 },
  ]
  const { body } = await ask('POST', 'areas/130102/target-plan', {}, { target, shares })
  expect(body.targets.reduce((sum: number, one: { years: Record<string, number> }) => sum + one.years[2026], 0)).toBe(
    10,
  )
  const check = (await ask('GET', 'areas/130102/target-plan')).body
  expect(check.problems[0]).toMatchObject({ kind: 'targets', field: expect.any(String) })
})

test('the registry says what results will lack, and names a target year outside its plan', async () => {
  const answer = await ask(
    'PUT',
    'registry',
    {},
    {
      institutions: [
        {
          id: 'E',
          name: 'E',
          area: '130102',
          type: 'government',
          sizes: [{ validFrom: '2020-01-01', floorAreaM2: 1 }],
        },
      ],
      gateways: [{ id: 'G-E', institution: 'E' }],
      meters: [meter('E-E', 'E')],
    },
  )
  expect(answer.body.warnings).toContainEqual(expect.objectContaining({ id: 'E', field: 'energyUsers' }))
  const years = { 2040: 1, 2027: 1 }
  const target = {
    subject: 'A',
    indicator: 'water',
    baseYear: 2026,
    endYear: 2030,
    path: 'linear',
    years,
    source: 't',
    standIn: false,
  } as const
  const { problems } = await importRegistry(platform.state, { targets: [target] })
  expect(problems).toEqual([expect.objectContaining({ kind: 'targets', id: 'A water 2026-2030', field: 'years' })])
})

test.each([
  [
    'a floor area of 0',
    {
      institutions: [
        {
          id: 'Z',
          name: 'Z',
          area: '130102',
          type: 'government',
          sizes: [{ validFrom: '2020-01-01', floorAreaM2: 0 }],
        },
      ],
    },
    'floorAreaM2',
  ],
  [
    'overlapping dated sizes',
    {
      institutions: [
        {
          id: 'Z',
          name: 'Z',
          area: '130102',
          type: 'government',
          sizes: [
            { validFrom: '2020-01-01', floorAreaM2: 1 },
            { validFrom: '2020-01-01', floorAreaM2: 2 },
          ],
        },
      ],
    },
    'validFrom',
  ],
  ['a cyclic meter tree', { meters: [meter('A-E', 'A', { parent: 'A-IT' })] }, 'parent'],
  ['a unit that cannot convert', { meters: [meter('A-X', 'A', { unit: 'm³' })] }, 'unit'],
])('%s is refused by its field, and the rest is still computed', async (_, body, field) => {
  const answer = await ask('PUT', 'registry', {}, body)
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(JSON.stringify(answer.body)).toContain(field)
  expect((await ask('GET', 'institutions/A/explain', { indicator: 'energy', month: MONTH })).body.matches).toBe(true)
})

test('a rolling year has every season once, a total begins in January', () => {
  const endMs = platform.now()
  const rolling = explainWindow('dualControl', 'energyPerArea', endMs)
  expect(rolling.reduce((sum, { weight }) => sum + weight, 0)).toBeGreaterThan(12)
  expect(rolling).toHaveLength(13)
  expect(explainWindow('dualControl', 'energy', endMs)[0].month).toBe('2026-01')
})

test('CO2 of a fuel without a factor is a lower bound: named, provisional, and never called on track', async () => {
  const view = (await answered(EXPLAIN, 'institutions/A/explain', { month: MONTH, indicator: 'co2' })) as ExplainView
  expect(view.lowerBound).toBe(true)
  expect(view.months.flatMap(({ terms }) => terms).find(({ source }) => source === 'petrol')).toMatchObject({
    adds: null,
    row: null,
  })
  const status = (await ask('GET', 'institutions/A/status', { month: MONTH })).body as InstitutionStatusView
  const of = (name: string) => status.dualControl?.indicators.find(({ indicator }) => indicator === name)
  expect(of('co2')).toMatchObject({ lowerBound: true, status: null })
  expect(of('energy')?.lowerBound).toBeUndefined()
  expect(status.dualControl?.co2Factor).toContain('汽油 无排放因子 (no factor: lower bound)')
  expect(status.quota.map(({ coefficientSet }) => coefficientSet)).toEqual([
    'DB37/T annex B 等价值 (stand-in)',
    'DB37/T annex B 等价值 (stand-in)',
    'DB37/T annex B 等价值 (stand-in)',
    null,
  ])
  expect(status.dualControl?.provisional).toBe(true)
})

test('an EUE with a boundary of its own is another number than the PUE, and both say which meters they are of', async () => {
  const [own] = PROVINCE.institutions ?? []
  await register(platform, { institutions: [{ ...own, eueTotal: ['A-E'], eueIt: ['01D1A'] }] })
  onTestFinished(() => register(platform, { institutions: [own] }))
  const centre = (await ask('GET', 'institutions/A/data-centre', { month: '2026-05' })).body
  expect(centre.boundaries.eue).toEqual({ basis: 'registered', total: ['A-E'], it: ['A-IT'] })
  expect(centre.monthly.pue.value).toBeCloseTo(8 / 5, 9)
  expect(centre.monthly.eue.value).toBeCloseTo(20 / 5, 9)
  expect(centre.yearly.eue.value).toBeCloseTo(20 / 5, 9)
  expect(centre.eueRating).toMatchObject({ rating: 'rectify', quota: { standIn: true } })
})

test('a virtual meter is led down to its parts, and an offline one to its bill', async () => {
  const virtual = {
    gateway: undefined,
    kind: 'virtual',
    formula: [
      { meter: 'A-E', factor: 1 },
      { meter: 'A-DC', factor: -1 },
    ],
  } as const
  await register(platform, {
    meters: [
      meter('A-V', 'A', { ...virtual, role: 'sub', formula: [...virtual.formula] }),
      meter('A-G', 'A', { gateway: undefined, kind: 'offline', medium: 'gas', unit: 'm³' }),
    ],
    bills: [{ institution: 'A', meter: 'A-G', carrier: 'gas', month: '2026-04', quantity: 30, unit: 'm³' }],
  })
  await derive(platform)
  const query = { month: MONTH, indicator: 'energy', meter: 'A-V', day: '2026-06-10' }
  const view = (await answered(EXPLAIN, 'institutions/A/explain', query)) as ExplainView
  expect(broken(view)).toEqual([])
  expect(view.detail).toMatchObject({ formula: virtual.formula, readings: [] })
  expect(view.detail?.hours.map(({ amount }) => amount)).toEqual(Array.from({ length: 24 }, () => 6))
  expect(view.checks.at(-1)).toMatchObject({ level: 'hour', want: 144, got: 144, ok: true })
  const april = view.months.find(({ month }) => month === '2026-04')
  expect(april?.terms.find(({ source }) => source === 'gas')?.sources).toEqual([
    { kind: 'meter', id: 'A-G', carrier: 'gas', factor: 1, amount: 30 },
  ])
  expect(view.bills.map(({ id }) => id)).toContain('A/2026-04/gas//A-G')
})
