// The replay as its users run it: the command on real files, its whole output against the truth.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { describeShared, testShared } from '../shared.ts'
import { BDG2_FILES, type BuildingResult, differences, HOURS_PER_BUILDING, readTruth, relativeError } from './bdg2.ts'
import { projectRoot, temporaryFolder } from './host-process.ts'
import { hoursAround2000, kilowatch, REPLAY_MS_MAX, type Run, wideFiles } from './replay-run.ts'

const KGCE_PER_KWH = { statistics: 0.1229, quota: 0.31 }

interface ReplayDocument {
  buildings: BuildingResult[]
  portfolio: {
    baseYear: number
    year: number
    dualControl: {
      coverage: number
      verdict: string
      indicators: {
        indicator: string
        unit: string
        actual: number
        target: number
        ratio: number
        forecast: number
        status: string
      }[]
    }
  }
  sent: number
  stored: number
  rejected: number
  seconds: number
}

describeShared('the replay of 36 real buildings', BDG2_FILES, (readings, buildings, totals) => {
  const truths = readTruth(totals)
  const present = truths.reduce((sum, { hoursPresent }) => sum + hoursPresent, 0)
  const replay = (...more: string[]) =>
    kilowatch('replay', '--readings', readings, '--buildings', buildings, '--json', ...more)
  let plain: Run
  let result: ReplayDocument

  beforeAll(async () => {
    plain = await replay()
    if (plain.code !== 0) throw new Error(`the replay failed: ${plain.stderr}`)
    result = JSON.parse(plain.stdout)
  }, REPLAY_MS_MAX)

  test('prints one JSON document and nothing else', () => {
    expect(Object.keys(JSON.parse(plain.stdout))).toEqual([
      ...['buildings', 'portfolio', 'sent', 'stored', 'rejected', 'seconds'],
    ])
  })

  test('stores every reading that exists, once', () => {
    expect(truths).toHaveLength(36)
    expect(present).toBe(610_978)
    expect(result).toMatchObject({ sent: present, stored: present, rejected: 0 })
  })

  test.each(truths)('has the energy, hours and gap of $id', (truth) => {
    expect(differences(result.buildings, truths).filter((text) => text.startsWith(`${truth.id}:`))).toEqual([])
  })

  test('invents no hour, and no building', () => {
    expect(result.buildings.map(({ id }) => id).sort()).toEqual(truths.map(({ id }) => id).sort())
    for (const { hours } of result.buildings) {
      expect(hours).toMatchObject({ estimated: 0, partial: 0 })
      expect(hours.measured + hours.missing).toBe(HOURS_PER_BUILDING)
    }
  })

  test('divides by the floor area, with the coefficients of statistics and of quotas', () => {
    const [header, ...rows] = readFileSync(buildings, 'utf8').trim().split(/\r?\n/)
    const [idColumn, areaColumn] = ['building_id', 'sqm'].map((name) => header.split(',').indexOf(name))
    const areas = new Map(rows.map((row) => [row.split(',')[idColumn], Number(row.split(',')[areaColumn])]))
    const wrong = truths.flatMap((truth) => {
      const found = result.buildings.find(({ id }) => id === truth.id)
      return (['2016', '2017'] as const).flatMap((year) => {
        const kwhPerM2 = truth[`kwh${year}`] / (areas.get(truth.id) ?? Number.NaN)
        const pairs = [
          [found?.kwhPerM2ByYear[year], kwhPerM2],
          [found?.kgcePerM2ByYear.statistics[year], kwhPerM2 * KGCE_PER_KWH.statistics],
          [found?.kgcePerM2ByYear.quota[year], kwhPerM2 * KGCE_PER_KWH.quota],
        ]
        return pairs.filter(([got, want]) => !(relativeError(got ?? Number.NaN, want ?? Number.NaN) <= 1e-9))
      })
    })
    expect(wrong).toEqual([])
  })

  test('judges all buildings in 2017 against 2016', () => {
    const { baseYear, year, dualControl } = result.portfolio
    const tce = (kwh: number) => (kwh * KGCE_PER_KWH.statistics) / 1000
    const [cap, actual] = (['kwh2016', 'kwh2017'] as const).map((key) =>
      tce(truths.reduce((sum, truth) => sum + truth[key], 0)),
    )
    const energy = dualControl.indicators.find(({ indicator }) => indicator === 'energy')
    expect({ baseYear, year, unit: energy?.unit, status: energy?.status, verdict: dualControl.verdict }).toEqual({
      ...{ baseYear: 2016, year: 2017, unit: 'tce', status: 'onTrack', verdict: 'bothMet' },
    })
    expect(relativeError(energy?.actual ?? 0, actual)).toBeLessThanOrEqual(1e-9)
    expect(relativeError(energy?.target ?? 0, cap)).toBeLessThanOrEqual(1e-9)
    // Hours that are missing are no zero use: the year is held against its target with what was probably used in them.
    const forecast = energy?.forecast ?? 0
    expect(relativeError(energy?.ratio ?? 0, forecast / cap)).toBeLessThanOrEqual(1e-9)
    expect(forecast).toBeGreaterThan(actual)
    expect(relativeError(forecast, actual / (dualControl.coverage ?? 0))).toBeLessThan(0.01)
    const present2017 = truths.reduce((sum, { hoursPresent2017 }) => sum + hoursPresent2017, 0)
    expect(Math.abs((dualControl.coverage ?? 0) - present2017 / (36 * 8760))).toBeLessThan(0.03)
  })
})

testShared(
  'the replay of a cumulative heat meter has its register differences, in all and by year',
  ['data/heat-meter/meter-660.csv.gz', 'data/heat-meter/totals.json'],
  async (readings, totals) => {
    const run = await kilowatch('replay', '--readings', readings, '--json')
    expect(run.code).toBe(0)
    const { meters, ...counts } = JSON.parse(run.stdout)
    const truth = JSON.parse(readFileSync(totals, 'utf8'))
    expect(counts).toMatchObject({ sent: 2 * truth.rows, stored: 2 * truth.rows, rejected: 0 })
    for (const { register, total, byYear, hours } of meters) {
      expect(relativeError(total, truth.registers[register].difference)).toBeLessThanOrEqual(1e-9)
      expect(hours).toEqual({ measured: truth.hours })
      const expected = differencesByYear(readings, register)
      expect(Object.keys(byYear)).toEqual(Object.keys(expected))
      for (const [year, amount] of Object.entries(expected)) {
        expect(relativeError(byYear[year], amount), `${register} ${year}`).toBeLessThanOrEqual(1e-9)
      }
    }
    expect(meters.map(({ register }: { register: string }) => register)).toEqual(['energy_heat_kwh', 'volume_flow_m3'])
  },
)

test('readings from before 2000 are rejected and counted', {
  timeout: REPLAY_MS_MAX,
}, async () => {
  const { args, hours, refused } = hoursAround2000(temporaryFolder())
  const plain = await kilowatch('replay', ...args)
  expect(JSON.parse(plain.stdout)).toMatchObject({
    ...{ sent: 2 * hours, stored: 2 * hours - refused, rejected: refused },
    buildings: [{ kwhByYear: { '1999': null, '2000': hours - refused / 2 } }, { hours: { missing: refused / 2 } }],
  })
})

test('the replay of a building whose name cannot be an id prints it by its name', async () => {
  const files = wideFiles(temporaryFolder(), ['timestamp,办公楼 一/3', '2016-01-01 00:00:00,5'])
  const { code, stdout } = await kilowatch('replay', ...files)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    buildings: [{ id: '办公楼 一/3', kwhByYear: { 2016: 5 }, kwhPerM2ByYear: { 2016: 0.1 } }],
    stored: 1,
  })
})

test.each(['SIGTERM', 'SIGKILL'] as const)('a replay that ends by %s takes its host along', async (signal) => {
  const files = wideFiles(temporaryFolder(), ['timestamp,A', '2016-01-01 00:00:00,5'])
  const child = spawn(process.execPath, [join(projectRoot, 'bin', 'kilowatch.mjs'), 'replay', ...files], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let stderr = ''
  for await (const text of child.stderr.setEncoding('utf8')) {
    stderr += text
    if (stderr.includes('ready')) child.kill(signal)
  }
  // The pipe is the host's as well: it ends when both are gone.
  await ended
  const [, data] = /data in "([^"]+)"/.exec(stderr) ?? []
  onTestFinished(() => rmSync(dirname(data), { recursive: true, force: true }))
  if (signal === 'SIGTERM') expect(existsSync(dirname(data))).toBe(false)
})

describe('the replay of a file that is wrong', () => {
  test.each([
    { name: 'a building that is not in the list', rows: ['Nowhere', '2016-01-01 00:00:00,1'], says: 'Nowhere' },
    { name: 'a cell that is no number', rows: ['A', '2016-01-01 00:00:00,1', '2016-01-01 01:00:00,x'], says: '3' },
    { name: 'a building without an area', rows: ['C', '2016-01-01 00:00:00,1'], says: 'building "C" has no area' },
    { name: 'a time that is none', rows: ['A', '2016-02-30 00:00:00,1'], says: '2' },
  ])('sends nothing, prints nothing and says why: $name', async ({ rows: [column, ...rows], says }) => {
    const files = wideFiles(temporaryFolder(), [`timestamp,${column}`, ...rows])
    const { code, stdout, stderr } = await kilowatch('replay', ...files)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(says)
  })
})

/** A register's difference by year in UTC+8; the readings are hourly, so each year's edge is a reading. */
function differencesByYear(file: string, register: string): Record<string, number> {
  const [header, ...rows] = gunzipSync(readFileSync(file)).toString().trim().split(/\r?\n/)
  const columns = header.split(',')
  const [time, value] = ['time_rounded', register].map((name) => columns.indexOf(name))
  const series = rows
    .map((row) => row.split(','))
    .map((cells) => [Date.parse(isoOf(cells[time])), Number(cells[value])])
  const [[firstMs], [lastMs]] = [series[0], series[series.length - 1]]
  const at = new Map(series.map(([ms, reading]) => [ms, reading]))
  const edge = (year: number) => Date.UTC(year, 0, 1) - 8 * 3_600_000
  const years = [2018, 2019, 2020, 2021].filter((year) => edge(year) < lastMs)
  return Object.fromEntries(
    years.map((year) => {
      const [from, to] = [Math.max(firstMs, edge(year)), Math.min(lastMs, edge(year + 1))]
      return [String(year), (at.get(to) ?? Number.NaN) - (at.get(from) ?? Number.NaN)]
    }),
  )
}
const isoOf = (text: string): string => `${text.slice(0, 10)}T${text.slice(11, 19)}Z`
