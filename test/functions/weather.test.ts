// Weather stations over the API and the command line: series in and out, gaps, the station of an area, and
// temperatures in the wrong unit.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { HOUR_MS } from '../../domain/calendar.ts'
import { importFiles } from '../../local/command/import.ts'
import { apiCall } from './api-call.ts'
import { AREAS, openTestPlatform, PROVINCE, register } from './province.ts'

const JANUARY = Date.parse('2026-01-01T00:00:00+08:00')
const STATIONS = [
  { id: '53698', name: '石家庄', latitudeDeg: 38.03, longitudeDeg: 114.42, climateZone: 'B' },
  { id: '54534', name: '唐山', latitudeDeg: 39.67, longitudeDeg: 118.15, climateZone: 'B' },
  { id: 'far', name: '远', latitudeDeg: 38.04, longitudeDeg: 114.5, climateZone: 'A' },
]
/** Winter by the hour: a mean of −2 °C and a day's swing. */
const winter = (hours: number, fromMs = JANUARY) =>
  Array.from({ length: hours }, (_, n) => ({
    at: fromMs + n * HOUR_MS,
    temperature: -2 + 4 * Math.sin((Math.PI * n) / 12),
  }))

async function withStations() {
  const platform = await openTestPlatform()
  await register(platform, {
    ...PROVINCE,
    areas: AREAS?.map((area) =>
      area.code === '130100' ? { ...area, latitudeDeg: 38.05, longitudeDeg: 114.51, climateZone: 'B' } : area,
    ),
  })
  const put = await apiCall(platform, 'PUT', 'weather/stations', { stations: STATIONS })
  expect(put.status).toBe(200)
  return platform
}

test('stores temperatures by the hour, reads them back in °C and reports gaps', async () => {
  const platform = await withStations()
  const path = 'weather/stations/53698/temperatures'
  const rows = winter(72).filter((_, n) => n < 30 || n >= 40)
  const fahrenheit = rows.map(({ at, temperature }) => ({ at, temperature: temperature * 1.8 + 32 }))
  expect(await apiCall(platform, 'PUT', path, { unit: 'F', rows: fahrenheit })).toMatchObject({
    status: 200,
    body: { hours: 62 },
  })
  const query = `from=${JANUARY}&to=${JANUARY + 72 * HOUR_MS}`
  const { body } = await apiCall(platform, 'GET', `${path}?${query}`)
  expect(body.points).toHaveLength(62)
  expect(body.points[1].temperature).toBeCloseTo(rows[1]?.temperature ?? 0, 2)
  expect(body.gaps).toEqual([{ fromMs: JANUARY + 30 * HOUR_MS, toMs: JANUARY + 40 * HOUR_MS, hours: 10 }])
  const days = await apiCall(platform, 'GET', `${path}?${query}&grain=day`)
  expect(days.body.points).toHaveLength(3)
  // A late hour fills its place and leaves the others.
  await apiCall(platform, 'PUT', path, { rows: [{ at: '2026-01-02T06:30:00+08:00', temperature: -5 }] })
  const again = await apiCall(platform, 'GET', `${path}?${query}`)
  expect(again.body.points).toHaveLength(63)
  expect((await apiCall(platform, 'GET', 'weather/stations')).body.stations[0]).toMatchObject({
    firstMonth: '2026-01',
    lastMonth: '2026-01',
  })
})

test.each([
  [
    'a value that no air has',
    { unit: 'C', rows: [...winter(3), { at: JANUARY, temperature: 86 }] },
    'rows.3.temperature',
  ],
  ['°F said to be °C, beside stored years', { unit: 'C', rows: july(81) }, 'rows.0.temperature'],
  ['°C said to be °F, beside stored years', { unit: 'F', rows: july(27) }, 'rows.0.temperature'],
])('refuses %s by row and field', async (_, body, field) => {
  const platform = await withStations()
  const path = 'weather/stations/53698/temperatures'
  await apiCall(platform, 'PUT', path, { rows: july(26, 2025) })
  const refused = await apiCall(platform, 'PUT', path, body)
  expect(refused).toMatchObject({ status: 422, body: { field } })
  expect(refused.body.detail).toMatch(/is the file in °[CF]\?/)
})
function july(mean: number, year = 2026) {
  const fromMs = Date.parse(`${year}-07-01T00:00:00+08:00`)
  return Array.from({ length: 200 }, (_, n) => ({
    at: fromMs + n * HOUR_MS,
    temperature: Math.min(mean + (n % 5), 59),
  }))
}

test('chooses the station of an area by zone and data, and states the distance', async () => {
  const platform = await withStations()
  const query = `from=${JANUARY}&to=${JANUARY + 48 * HOUR_MS}`
  const ask = async (area: string) => (await apiCall(platform, 'GET', `areas/${area}/weather?${query}`)).body
  expect(await ask('130102')).toMatchObject({ placeOf: '130100', station: null })
  await apiCall(platform, 'PUT', 'weather/stations/far/temperatures', { rows: winter(48) })
  expect(await ask('130102')).toMatchObject({ station: { id: 'far' }, isOtherZone: true, isFar: false })
  await apiCall(platform, 'PUT', 'weather/stations/54534/temperatures', { rows: winter(48) })
  expect(await ask('130102')).toMatchObject({ station: { id: '54534' }, isOtherZone: false, isFar: true })
  await apiCall(platform, 'PUT', 'weather/stations/53698/temperatures', { rows: winter(48) })
  expect(await ask('130102')).toMatchObject({ station: { id: '53698' }, distanceKm: 8.2 })
  expect((await apiCall(platform, 'GET', `areas/130000/weather?${query}`)).body).toMatchObject({ field: 'latitudeDeg' })
})

test('kilowatch import takes stations and temperatures, and names row and field of a wrong unit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-weather-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const at = (n: number) => new Date(JANUARY + n * HOUR_MS).toISOString()
  const hours = winter(48).map(({ temperature }, n) => `53698,${at(n)},${temperature}`)
  writeFileSync(join(folder, 'stations.csv'), '\uFEFFid,name,latitudeDeg,longitudeDeg\n53698,石家庄,38.03,114.42\n')
  writeFileSync(join(folder, 'temperatures.csv'), `station,at,temperatureC\n${hours.join('\n')}\n`)
  writeFileSync(join(folder, 'temperatures-53698.csv'), `dt,tempC\n${at(0)},10\n${at(1)},86\n`)
  const lines: string[] = []
  const written = vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
  const run = async (...files: string[]) => {
    await importFiles(
      files.map((file) => join(folder, file)),
      { json: true, data: join(folder, 'data') },
    )
    const code = process.exitCode ?? 0
    process.exitCode = 0
    return { code, out: JSON.parse(lines.pop() ?? '') }
  }
  onTestFinished(() => written.mockRestore())
  expect(await run('stations.csv', 'temperatures.csv')).toMatchObject({
    code: 0,
    out: { stations: 1, temperatures: 48 },
  })
  expect(await run('temperatures-53698.csv')).toMatchObject({
    code: 1,
    out: { imported: false, refused: [{ row: 3, field: 'temperature' }] },
  })
  // The second station has years in °C: a file in °F is refused there, and the rows of the first are not stored either.
  const stations = 'id,name,latitudeDeg,longitudeDeg\n53698,石家庄,38.03,114.42\n54534,唐山,39.67,118.15\n'
  writeFileSync(join(folder, 'stations.csv'), stations)
  const series = (station: string, degrees: number, month: string): string[] =>
    Array.from({ length: 96 }, (_, n) => {
      const time = new Date(Date.parse(`${month}-01T00:00:00+08:00`) + n * HOUR_MS).toISOString()
      return `${station},${time},${degrees + (n % 3)}`
    })
  const file = (lines: string[]): void =>
    writeFileSync(join(folder, 'temperatures.csv'), `station,at,temperatureC\n${lines.join('\n')}\n`)
  file(series('54534', 24, '2025-07'))
  expect(await run('stations.csv', 'temperatures.csv')).toMatchObject({ code: 0, out: { kept: 96 } })
  file([...series('53698', -4, '2026-02'), ...series('54534', 41, '2026-07')])
  expect(await run('temperatures.csv')).toMatchObject({
    code: 1,
    out: { imported: false, temperatures: 192, kept: 0, taken: [], refused: [{ row: 98, field: 'temperature' }] },
  })
})

test('an import that a host broke off names the rows that it took', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-weather-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const asked: { check: boolean; rows: number }[] = []
  const host = createServer(async (request, response) => {
    const { check, rows } = JSON.parse(await text(request)) as { check: boolean; rows: unknown[] }
    asked.push({ check, rows: rows.length })
    // The host goes away at the second request that stores.
    if (asked.filter((one) => !one.check).length === 2) return void request.socket.destroy()
    response.setHeader('content-type', 'application/json')
    response.end('{}')
  })
  await new Promise<void>((resolve) => void host.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void host.close())
  const hours = winter(20_010).map(({ at, temperature }) => `${new Date(at).toISOString()},${temperature.toFixed(2)}`)
  const path = join(folder, 'temperatures-53698.csv')
  writeFileSync(path, `dt,tempC\n${hours.join('\n')}\n`)
  const said: string[] = []
  const written = vi.spyOn(process.stderr, 'write').mockImplementation((line) => said.push(String(line)) > 0)
  onTestFinished(() => written.mockRestore())
  const { port } = host.address() as AddressInfo
  const options = { data: join(folder, 'data'), api: `http://127.0.0.1:${port}`, token: 'x' }
  await expect(importFiles([path], options)).rejects.toThrow()
  expect(asked).toEqual([
    ...[20_000, 10].map((rows) => ({ check: true, rows })),
    ...[20_000, 10].map((rows) => ({ check: false, rows })),
  ])
  expect(said.join('')).toContain(`${path} rows 2 to 20001, 20000 of the station 53698.`)
})
