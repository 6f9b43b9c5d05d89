// Rankings, demonstration points and key energy users over a small province: read from what stands, in pages, for this
// year and for a past one, and the same as judging everyone anew would give.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { DAY_MS, monthRange } from '../../domain/calendar.ts'
import { demonstrationPoints, peerMeans } from '../../domain/judge/demonstration.ts'
import { rankLeaders } from '../../domain/judge/ranking.ts'
import { RANKING_RULES } from '../../domain/standards/ranking-rules.ts'
import { SHIPPED_TABLES } from '../../domain/standards/tables.ts'
import { api } from '../../functions/api.ts'
import { candidateOf, demonstrationYear } from '../../functions/judging/past-year.ts'
import { registryReader } from '../../functions/registry/reader.ts'
import { derive, INSTITUTIONS, openTestPlatform, PROVINCE, register, send } from './province.ts'

const cleanups: (() => Promise<void>)[] = []
let platform: Awaited<ReturnType<typeof openTestPlatform>>

async function ask(path: string, query: Record<string, string> = {}) {
  const http = { method: 'GET', path: `/api/v1/${path}` }
  const event = {
    version: '2.0',
    rawPath: http.path,
    headers: {},
    queryStringParameters: query,
    requestContext: { http, authorizer: { lambda: { role: 'admin' } } },
  }
  const answer = (await api(platform)(event as never)) as { statusCode: number; body: string }
  return { status: answer.statusCode, body: JSON.parse(answer.body) }
}
/** All pages of a list, two at a time. */
async function listed(path: string, query: Record<string, string> = {}) {
  const items: { institution: string }[] = []
  let cursor: string | null = null
  do {
    const { status, body }: Awaited<ReturnType<typeof ask>> = await ask(path, {
      ...query,
      limit: '2',
      ...(cursor && { cursor }),
    })
    expect(status, JSON.stringify(body)).toBe(200)
    expect(body.items.length).toBeLessThanOrEqual(2)
    items.push(...body.items)
    cursor = body.next
  } while (cursor)
  return items
}
const TARGET = {
  indicator: 'energy',
  baseYear: 2024,
  endYear: 2030,
  path: 'linear',
  source: 'test',
  standIn: true,
} as const

beforeAll(async () => {
  platform = await openTestPlatform(undefined, (remove) => cleanups.push(remove))
  await register(platform, {
    ...PROVINCE,
    targets: INSTITUTIONS.map(({ id }) => ({
      ...TARGET,
      subject: id,
      years: { 2025: id === 'C' ? 0.001 : 1e6, 2026: 1e6 },
    })),
    keyEnergyUsers: [
      { area: '130000', thresholdTce: 10, validFrom: '2020-01-01', source: 'test', certainty: 'supplied' },
    ],
  })
  const { fromMs } = monthRange('2024-12')
  for (const [rank, { id }] of INSTITUTIONS.entries()) {
    const count = Math.floor((platform.now() - fromMs) / (DAY_MS / 4)) + 1
    for (const meter of [`${id}-E`, `${id}-W`]) {
      const at = (n: number) => fromMs + (n * DAY_MS) / 4
      const readings = Array.from({ length: count }, (_, n) => ({ meter, at: at(n), value: n * (rank + 1) * 20 }))
      for (let from = 0; from < count; from += 1000) await send(platform, `G-${id}`, readings.slice(from, from + 1000))
    }
  }
  await derive(platform)
}, 60_000)
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup()
})

const sources = async () => {
  const registry = registryReader(platform.state)
  await registry.refresh()
  return { state: platform.state, registry, nowMs: platform.now() }
}

test.each([2025, 2026])('the ranking of %i is that of judging everyone anew, page by page', async (year) => {
  const from = await sources()
  const want = rankLeaders(
    await Promise.all(INSTITUTIONS.map((one) => candidateOf(one, year, from))),
    RANKING_RULES[0],
  ).flatMap(({ ranked, excluded }) => [...ranked, ...excluded].map(({ institution }) => institution))
  const found = await listed('areas/130000/ranking', { year: `${year}` })
  expect(found.map(({ institution }) => institution)).toEqual(want)
  expect(
    found.toSorted((a, b) => a.institution.localeCompare(b.institution)).map(({ institution }) => institution),
  ).toEqual(['A', 'B', 'C', 'D'])
  const missed = found.find(({ institution }) => institution === 'C')
  expect((missed as unknown as { reasons: string[] }).reasons.includes('targetsNotMet')).toBe(year === 2025)
})

test.each([2025, 2026])(
  'points of %i are those against the mean of all of a kind, whichever county is asked',
  async (year) => {
    const from = await sources()
    const years = await Promise.all(INSTITUTIONS.map((one) => demonstrationYear(one, year, from)))
    const [ladders, means] = [SHIPPED_TABLES.demonstrationLadders, peerMeans(years)]
    const found = [
      ...(await listed('areas/130000/demonstration', { year: `${year}` })),
      ...(await listed('areas/130104/demonstration', { year: `${year}` })),
    ]
    expect(found.map(({ institution }) => institution)).toEqual(['A', 'B', 'C', 'D', 'C'])
    for (const one of found) {
      const own = years.find(({ institution }) => institution.id === one.institution)
      const want = own && demonstrationPoints(own, means, { date: `${year}-06-01`, targetsMet: null, ladders })
      const items = (one as unknown as { items: { points: number; ratio: number }[] }).items
      expect(items.map(({ points }) => points)).toEqual(want?.items.map(({ points }) => points))
      for (const [index, { ratio }] of items.entries()) {
        const wanted = want?.items[index].ratio ?? null
        if (wanted === null) expect(ratio).toBeNull()
        else expect(ratio).toBeCloseTo(wanted, 9)
      }
    }
    // Of the three of one kind A uses a third of C; B is alone among schools.
    const points = new Map(
      found.map((one) => [one.institution, (one as unknown as { items: { points: number | null }[] }).items[0].points]),
    )
    expect([...points]).toEqual([
      ['A', 7],
      ['B', null],
      ['C', 4],
      ['D', 0],
    ])
  },
)

test('a year of which nothing stands ranks nobody, and a cursor of another list is refused', async () => {
  expect(await listed('areas/130000/ranking', { year: '2023' })).toEqual([])
  for (const view of ['ranking', 'demonstration'])
    expect(await ask(`areas/130000/${view}`, { year: '2019' })).toMatchObject({ status: 404, body: { field: 'year' } })
  for (const view of ['ranking', 'demonstration', 'key-users'])
    expect(await ask(`areas/130000/${view}`, { cursor: 'nobody' })).toMatchObject({
      status: 400,
      body: { field: 'cursor' },
    })
})

test('key energy users are marked by the threshold that was imported', async () => {
  const found = (await listed('areas/130000/key-users', { year: '2025' })) as unknown as {
    isKey: boolean
    energyTce: number
  }[]
  expect(found.map(({ isKey, energyTce }) => [isKey, Math.round(energyTce)])).toEqual([
    [false, 4],
    [false, 7],
    [true, 11],
    [true, 14],
  ])
})
