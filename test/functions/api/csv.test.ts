// Every list and series of the API as CSV: which answers have one, what Excel reads in it, and what it never becomes.

import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { HOUR_MS } from '../../../domain/calendar.ts'
import { listsOf, wantsCsv } from '../../../functions/api/csv.ts'
import { apiRoutes } from '../../../functions/api/routes.ts'
import { rawApiCall } from '../api-call.ts'
import { derive, INSTITUTIONS, openTestPlatform, PROVINCE, register, send, type TestPlatform } from '../province.ts'

const MAY_MS = Date.UTC(2026, 4, 10, 4)
const CSV = { accept: 'text/csv' }
const csvOf = (platform: TestPlatform, path: string, headers: Record<string, string> = CSV) =>
  rawApiCall({ platform, headers }, 'GET', path)
const rowsIn = (body = ''): Record<string, string>[] => parse(body, { bom: true, columns: true })

async function populated(names: readonly string[] = []) {
  const platform = await openTestPlatform()
  const institutions = INSTITUTIONS.map((one, index) => ({ ...one, name: names[index] ?? one.name }))
  await register(platform, { ...PROVINCE, institutions })
  const readings = Array.from({ length: 10 }, (_, n) => ({ meter: 'A-E', at: MAY_MS + n * HOUR_MS, value: 100 + n }))
  await send(platform, 'G-A', readings)
  await derive(platform)
  return platform
}

test('every answer that has a list has CSV, and says so in the OpenAPI document', async () => {
  const platform = await openTestPlatform()
  const document = JSON.parse((await rawApiCall({ platform }, 'GET', 'openapi.json')).body ?? '')
  const without = Object.entries(apiRoutes).flatMap(([text, route]) => {
    const [method = '', path = ''] = text.split(' ')
    if (method !== 'GET') return []
    const { content } = document.paths[path].get.responses[200]
    expect([text, 'text/csv' in content]).toEqual([text, listsOf(route).length > 0])
    return listsOf(route).length > 0 ? [] : [path.replace('/api/v1/', '')]
  })
  expect(without).toEqual([
    'areas/{code}/freshness',
    'acknowledgements/{alert}',
    'settings/notify',
    'settings/retention',
    'reports/{subject}/{month}/revisions/{number}/files/{name}',
    'reports/{subject}/{month}/explain',
    'areas/{code}/weather',
    'contracts/{id}/settlements/{period}/files/{name}',
    'contracts/{id}/plan/{name}',
  ])
})

test('a series and a list are CSV with a byte order mark, instants as local time and unknown values blank', async () => {
  const platform = await populated()
  const from = new Date(MAY_MS - HOUR_MS).toISOString()
  const to = new Date(MAY_MS + 3 * HOUR_MS).toISOString()
  const series = await csvOf(platform, `meters/A-E/series?grain=hour&from=${from}&to=${to}`)
  expect(series).toMatchObject({ statusCode: 200, headers: { 'content-type': 'text/csv; charset=utf-8' } })
  expect(series.body?.codePointAt(0)).toBe(0xfeff)
  const points = rowsIn(series.body)
  expect(points.map(({ value }) => value)).toContain('1')
  expect(Object.values(points[0] ?? {})).toContain('2026-05-10T12:00:00+08:00')
  const cost = rowsIn((await csvOf(platform, 'institutions/A/cost?month=2026-05')).body)
  expect(cost.map(({ yuan }) => yuan)).toEqual(['', ''])
})

test('hostile names stay text', async () => {
  const names = ['=HYPERLINK("x")', '+1', '@SUM(A1)', '甲,"乙"\n丙𠮷']
  const platform = await populated(names)
  const { body } = await csvOf(platform, 'institutions?area=130000')
  expect(rowsIn(body).map(({ name }) => name)).toEqual(['\'=HYPERLINK("x")', "'+1", "'@SUM(A1)", names[3]])
})

test('a page names the next one', async () => {
  const platform = await populated()
  const seen: string[] = []
  for (let path = 'institutions?area=130000&limit=3'; path !== ''; ) {
    const { body, headers } = await csvOf(platform, path)
    seen.push(...rowsIn(body).map(({ id = '' }) => id))
    path = /^<\/api\/v1\/(.*)>; rel="next"$/.exec(String(headers?.link ?? ''))?.[1] ?? ''
  }
  expect(seen).toEqual(['A', 'B', 'C', 'D'])
})

test('of several lists one is chosen; what has none is refused', async () => {
  const platform = await populated()
  const bills = await csvOf(platform, 'institutions/A/cost?month=2026-05')
  expect(rowsIn(bills.body).map(({ meter }) => meter)).toEqual(['A-E', 'A-W'])
  expect((await csvOf(platform, 'institutions/A/cost?month=2026-05&list=bills')).statusCode).toBe(200)
  expect((await csvOf(platform, 'institutions/A/cost?month=2026-05&list=wrong')).statusCode).toBe(400)
  expect((await csvOf(platform, 'settings/retention')).statusCode).toBe(406)
  expect((await csvOf(platform, 'institutions/nobody/cost')).headers?.['content-type']).toContain('problem+json')
})

test.each([
  [undefined, false],
  ['*/*', false],
  ['text/html,application/xhtml+xml,*/*;q=0.8', false],
  ['application/json', false],
  ['text/csv', true],
  ['Text/CSV; q=0.5', true],
  ['text/csv;q=0', false],
  ['text/csv;q=0.5, application/json', false],
  ['text/csv, application/json;q=0.9', true],
])('Accept: %s', (accept, wanted) => {
  expect(wantsCsv(accept)).toBe(wanted)
})
