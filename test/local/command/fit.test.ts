// `kilowatch fit` as a user has it: the golden case, files of other shapes, and what is refused by file, line and
// column.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { must } from '../../../domain/must.ts'
import type { TemperatureUnit } from '../../../domain/savings/fit-settings.ts'
import { fitDocument } from '../../../local/command/fit.ts'
import { otherDocument } from '../../../local/command/fit-methods.ts'
import type { FitOptions } from '../../../local/command/fit-options.ts'
import { testShared } from '../../shared.ts'

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'kilowatch.mjs')
const HOUR_MS = 3_600_000
const START_MS = Date.parse('2016-01-01T00:00+08:00')

const run = (args: string[]) => promisify(execFile)(process.execPath, [BIN, 'fit', ...args])
const printed = async (args: string[]) => JSON.parse((await run([...args, '--json'])).stdout)

/** The same without a process of its own. */
async function fitted(args: string[]): Promise<Awaited<ReturnType<typeof fitDocument>>> {
  const named = new Map(args.flatMap((arg, i) => (arg.startsWith('--') ? [[arg, args[i + 1] ?? '']] : [])))
  const day = (name: string): number | undefined => {
    const text = named.get(name)
    return text === undefined ? undefined : Date.parse(text) / (24 * HOUR_MS)
  }
  return await fitDocument({
    meter: named.get('--meter') ?? '',
    temperature: named.get('--temperature') ?? '',
    unit: named.get('--unit') as TemperatureUnit | undefined,
    medium: (named.get('--medium') ?? 'electricity') as FitOptions['medium'],
    baselineEnd: day('--baseline-end'),
    reportingStart: day('--reporting-start'),
    reportingDays: Number(named.get('--reporting-days')),
  })
}

function folder(): (name: string, text: string) => string {
  const path = mkdtempSync(join(tmpdir(), 'kilowatch-fit-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return (name, text) => {
    writeFileSync(join(path, name), name.endsWith('.gz') ? gzipSync(text) : text)
    return join(path, name)
  }
}

const local = (ms: number): string => `${new Date(ms + 8 * HOUR_MS).toISOString().slice(0, 19)}+08:00`
const utc = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z')
const degreesAt = (hour: number): number =>
  12 -
  14 * Math.cos((2 * Math.PI * (hour - 360)) / 8760) +
  6 * Math.sin((2 * Math.PI * hour) / 24) +
  3 * Math.sin(hour / 90)

/**
 * Two years of a building in UTC+8 that uses 100 kWh a day and 5 kWh a degree day below 14 °C, 20 % less in the second.
 */
const DAYS = 730
const dayUse = (day: number): number => {
  const mean = Array.from({ length: 24 }, (_, h) => degreesAt(24 * day + h)).reduce((sum, x) => sum + x, 0) / 24
  return (100 + 5 * Math.max(0, 14 - mean)) * (day < 365 ? 1 : 0.8)
}
const csv = (header: string, rows: string[]): string => `${header}\n${rows.join('\n')}\n`
const daily = (numberOf: (day: number) => unknown = dayUse): string =>
  csv(
    'start,value',
    Array.from({ length: DAYS }, (_, day) => `${local(START_MS + 24 * day * HOUR_MS)},${numberOf(day)}`),
  )
const hours = <T>(rowOf: (hour: number) => T): T[] => Array.from({ length: 24 * DAYS }, (_, hour) => rowOf(hour))
const weather = (stamp: (ms: number) => string = local, numberOf: (hour: number) => unknown = degreesAt): string =>
  csv(
    'dt,temperature',
    hours((hour) => `${stamp(START_MS + hour * HOUR_MS)},${numberOf(hour)}`),
  )
const PERIODS = ['--baseline-end', '2016-12-31', '--reporting-days', '364']

testShared(
  'golden case: model, coefficients, candidates, savings and FSU as the reference package has them',
  ['data/caltrack/il-electricity-cdd-hdd-daily.csv.gz', 'data/caltrack/il-tempF.csv.gz'],
  async (meter, temperature) => {
    const found = await printed([
      ...['--meter', meter, '--temperature', temperature, '--unit', 'F'],
      ...['--baseline-end', '2016-12-26', '--reporting-start', '2017-01-04', '--reporting-days', '365'],
    ])
    expect(found).toMatchObject({
      ...{ model: 'cdd_hdd', balanceHdd: 53, balanceCdd: 68, candidates: 2014, days: 365, masked: 0, disqualified: [] },
      intercept: expect.closeTo(13.472385591795216, 7),
      betaHdd: expect.closeTo(1.1122947857443484, 7),
      betaCdd: expect.closeTo(2.516255026490126, 7),
      r2Adj: expect.closeTo(0.7684732992831353, 9),
      savings: expect.closeTo(793.9084964725357, 5),
      fsu: expect.closeTo(0.39729435940392005, 6),
    })
  },
)

test('the same building by the day, by the hour, gzipped, and with weather in UTC gives one result', async () => {
  const file = folder()
  const temperature = file('t.csv', weather())
  const want = await fitted(['--meter', file('m.csv', daily()), '--temperature', temperature, ...PERIODS])
  expect(want).toMatchObject({
    ...{ model: 'hdd_only', balanceHdd: 14, betaCdd: null, balanceCdd: null, days: 365, candidates: 2413, unit: 'C' },
    ...{ masked: 0, disqualified: [], intercept: expect.closeTo(100, 6), betaHdd: expect.closeTo(5, 6) },
    ...{ r2Adj: expect.closeTo(1, 9), cvRmse: expect.closeTo(0, 9), nmbe: expect.closeTo(0, 9) },
    reporting: { firstDay: '2016-12-31', lastDay: '2017-12-29', days: 364 },
  })
  expect(want.savings).toBeCloseTo(must(want.reporting ?? undefined).counterfactual * 0.2, 6)
  const hourly = csv(
    'start,value',
    hours((hour) => `${local(START_MS + hour * HOUR_MS)},${dayUse(Math.floor(hour / 24)) / 24}`),
  )
  for (const [meter, air] of [
    [file('h.csv.gz', hourly), temperature],
    [file('b.csv', `\uFEFF${daily().replace('start,value', 'Start,VALUE').replaceAll('\n', '\r\n')}`), temperature],
    [file('m.csv', daily()), file('u.csv.gz', weather(utc))],
  ] as const) {
    const found = await fitted(['--meter', meter, '--temperature', air, ...PERIODS])
    expect(found).toMatchObject({ model: 'hdd_only', balanceHdd: 14, days: 365 })
    expect(Math.abs((found.savings ?? 0) / (want.savings ?? 0) - 1)).toBeLessThan(1e-9)
  }
}, 60_000)

test('zeros are missing for electricity; a meter with too many is disqualified, with codes', async () => {
  const file = folder()
  const temperature = file('t.csv', weather())
  const meter = file(
    'm.csv',
    daily((day) => (day % 9 === 0 ? 0 : dayUse(day))),
  )
  const found = await fitted(['--meter', meter, '--temperature', temperature, ...PERIODS])
  expect(found).toMatchObject({ model: null, savings: null, fsu: null, candidates: 0, rows: { zeros: 82 } })
  expect(found.disqualified.map(({ code }: { code: string }) => code)).toEqual(['missingDays', 'missingUse'])
  const gas = await fitted(['--meter', meter, '--temperature', temperature, '--medium', 'gas', ...PERIODS])
  expect(gas).toMatchObject({ days: 365, disqualified: [], candidates: 68 })
}, 60_000)

test('days without weather are masked, and text says what was found', async () => {
  const file = folder()
  const meter = file(
    'm.csv',
    daily((day) => (day === 500 ? 'NaN' : dayUse(day))),
  )
  const air = weather(local, (hour) => (Math.floor(hour / 24) === 600 ? '' : degreesAt(hour)))
  const args = ['--meter', meter, '--temperature', file('t.csv', air), ...PERIODS]
  const found = await fitted(args)
  expect(found).toMatchObject({ masked: 2, reporting: { days: 362 } })
  expect(found.reporting?.masked).toEqual([
    { day: '2017-05-15', reason: 'noUse' },
    { day: '2017-08-23', reason: 'noTemperature' },
  ])
  expect((await run(args)).stdout).toMatch(/hdd_only: 100 a day \+ 5 a degree day below 14 °C[\s\S]*362 days, 2 masked/)
}, 60_000)

test('refuses files that cannot be right, by file, line and column', async () => {
  const file = folder()
  const [meter, temperature] = [file('m.csv', daily()), file('t.csv', weather())]
  const fahrenheit = weather(local, (hour) => degreesAt(hour) * 1.8 + 32)
  const lines = daily().trimEnd().split('\n')
  const changed = (line: number, text: string): string => lines.with(line - 1, text).join('\n')
  const cases: [string, string, string[], RegExp][] = [
    [meter, file('f.csv', fahrenheit), [], /f\.csv, line \d+, column temperature: .*°F\?/],
    [meter, temperature, ['--unit', 'F'], /t\.csv, line \d+, column temperature: .*°C\?/],
    [file('n.csv', lines.slice(1).join('\n')), temperature, [], /n\.csv, line 1, column start: is missing/],
    [
      file('x.csv', changed(9, `${lines[8]?.split(',')[0]},12kWh`)),
      temperature,
      [],
      /x\.csv, line 9, column value: "12kWh"/,
    ],
    [file('d.csv', changed(9, '8 Jan 2016,12')), temperature, [], /d\.csv, line 9, column start/],
    [
      file('o.csv', changed(9, '2016-01-07T12:00:00+08:00,12')),
      temperature,
      [],
      /o\.csv, line 9, column start: .*overlaps/,
    ],
    [
      file('w.csv', changed(9, `${lines[7]?.split(',')[0]},12`)),
      temperature,
      [],
      /w\.csv, line \d+, column start: .*twice/,
    ],
    [file('e.csv', 'start,value\n'), temperature, [], /e\.csv, line 1: there are no rows/],
    [meter, temperature, ['--reporting-start', '2016-12-01'], /--reporting-start/],
    [
      file('u.csv', changed(9, '2016-01-08T00:00:00+08:00,1e308')),
      temperature,
      [],
      /u\.csv, line 9, column value: .*no amount/,
    ],
    [
      file(
        'r.csv',
        daily((day) => 1e5 + 100 * day),
      ),
      temperature,
      [],
      /r\.csv, line 731, column value: .*register/,
    ],
    [
      meter,
      // A cold place, whose summer stays below 60 °F.
      file(
        'k.csv',
        weather(local, (hour) => Math.min(degreesAt(hour) - 14, 15) * 1.8 + 32),
      ),
      [],
      /k\.csv, line \d+, column temperature: .*mean of .*°F\?/,
    ],
    [
      file('s.csv', daily().replaceAll(',', ';')),
      temperature,
      [],
      /s\.csv, line 1, column start: .*it is "start;value"/,
    ],
    [meter, file('c.csv', 'dt,tempF\n2016-01-01,50\n'), ['--unit', 'C'], /c\.csv, line 1, column tempF/],
  ]
  for (const [use, air, more, message] of cases)
    await expect(fitted(['--meter', use, '--temperature', air, ...PERIODS, ...more])).rejects.toThrow(message)
  for (const more of [
    ['--baseline-end', '2016-02-30'],
    ['--reporting-days', '0'],
    ['--unit', 'K'],
  ])
    await expect(run(['--meter', meter, '--temperature', temperature, ...more])).rejects.toMatchObject({ code: 2 })
}, 120_000)

const dayNumber = (date: string): number => Date.parse(date) / (24 * HOUR_MS)
const SPLIT = { medium: 'electricity', baselineEnd: dayNumber('2016-12-31'), reportingDays: 365 } as const

test('bills: the same building by the month, estimated ones merged, with the limits of ASHRAE 14', async () => {
  const write = folder()
  // The work ends with February 2017: the 365 days before it are whole bills, the year 2016 has one more.
  const [begin, end] = ['2017-03-01', '2018-01-01'].map((date) => dayNumber(date) - dayNumber('2016-01-01'))
  const before = (day: number): number => dayUse(day) / (day < 365 ? 1 : 0.8)
  const used = (day: number): number => before(day) * (day < Number(begin) ? 1 : 0.8)
  const bills = Array.from({ length: 25 }, (_, month) => {
    const first = Date.UTC(2016, month, 1) / (24 * HOUR_MS) - dayNumber('2016-01-01')
    const next = Date.UTC(2016, month + 1, 1) / (24 * HOUR_MS) - dayNumber('2016-01-01')
    const amount = Array.from({ length: next - first }, (_, i) => used(first + i)).reduce((sum, one) => sum + one, 0)
    const start = new Date(Date.UTC(2016, month, 1)).toISOString().slice(0, 10)
    return month === 24 ? `${start},,` : `${start},${amount},${month === 4 ? 'true' : ''}`
  })
  const meter = write('bills.csv', csv('start,value,estimated', bills))
  const temperature = write('t.csv', weather())
  const baselineEnd = dayNumber('2017-03-01')
  const found = await otherDocument({ ...SPLIT, baselineEnd, method: 'billing', meter, temperature })
  expect(found).toMatchObject({ method: 'billing', cycle: 'monthly', model: 'hdd_only', balanceHdd: 14 })
  expect(found).toMatchObject({ disqualified: [], ashrae14: { cvRmseMax: 0.15, isWithin: true } })
  expect(found.betaHdd).toBeCloseTo(5, 1)
  const days = Array.from({ length: Number(end) - Number(begin) }, (_, i) => Number(begin) + i)
  const saved = days.reduce((sum, day) => sum + before(day) / 5, 0)
  expect(Math.abs(Number(found.savings) / saved - 1)).toBeLessThan(0.03)
})

test('hours of the week: the savings of hours, masked where the weather is missing', async () => {
  const write = folder()
  const open = (hour: number): boolean => hour % 24 >= 8 && hour % 24 < 18
  const amount = (hour: number): number =>
    (open(hour) ? 9 : 3) + 0.4 * Math.max(0, 14 - degreesAt(hour)) * (open(hour) ? 1 : 0.5)
  const rows = hours((hour) => `${local(START_MS + hour * HOUR_MS)},${amount(hour) * (hour < 24 * 365 ? 1 : 0.8)}`)
  const meter = write('m.csv', csv('start,value', rows))
  const gap = 24 * 400
  const temperature = write(
    't.csv',
    weather(utc, (hour) => (hour >= gap && hour < gap + 20 ? '' : degreesAt(hour))),
  )
  const found = await otherDocument({ ...SPLIT, reportingDays: 364, method: 'hourly', meter, temperature })
  expect(found).toMatchObject({ method: 'hourly', missingMonths: [], masked: 20, ashrae14: { isWithin: true } })
  const counted = Array.from({ length: 24 * 364 }, (_, i) => 24 * 365 + i).filter((h) => h < gap || h >= gap + 20)
  const saved = counted.reduce((sum, hour) => sum + amount(hour) / 5, 0)
  expect(Math.abs(Number(found.savings) / saved - 1)).toBeLessThan(0.02)
})

test('a heating season: the days of its dates alone, in each winter', async () => {
  const write = folder()
  const inSeason = (day: number): boolean => {
    const date = new Date(START_MS + 8 * HOUR_MS + 24 * day * HOUR_MS).toISOString().slice(5, 10)
    return date >= '11-15' || date <= '03-15'
  }
  const heat = (day: number): number => (inSeason(day) ? dayUse(day) : 0)
  const meter = write('heat.csv', daily(heat))
  const temperature = write('t.csv', weather())
  const season = { from: '11-15', to: '03-15' }
  const asked = { ...SPLIT, medium: 'heat', reportingDays: 364, method: 'season', meter, temperature } as const
  const found = await otherDocument({ ...asked, season })
  expect(found).toMatchObject({ method: 'season', model: 'hdd_only', summerUse: 0, disqualified: [], masked: 0 })
  expect(found.seasons).toHaveLength(3)
  const saved = Array.from({ length: 364 }, (_, i) => heat(365 + i) / 4).reduce((sum, one) => sum + one, 0)
  expect(Math.abs(Number(found.savings) / saved - 1)).toBeLessThan(0.03)
  await expect(otherDocument(asked)).rejects.toThrow('--season')
})

test('the command takes a method and refuses a season that is none', async () => {
  const write = folder()
  const files = ['--meter', write('m.csv', daily()), '--temperature', write('t.csv', weather())]
  const method = ['--medium', 'heat', '--method', 'season']
  expect(await printed([...files, ...method, '--season', '11-15..03-15'])).toMatchObject({ method: 'season' })
  await expect(run([...files, ...method, '--season', 'winter'])).rejects.toThrow('MM-DD..MM-DD')
})
