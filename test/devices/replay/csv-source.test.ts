// The files a person hands in: read as documented, and refused with line and column where they are wrong.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  type BuildingSeries,
  csvLayoutOf,
  readBuildingsCsv,
  readHeatMeterCsv,
  readWideCsv,
} from '../../../devices/replay/csv-source.ts'
import { CsvError } from '../../../devices/replay/csv-table.ts'
import { HOUR_MS, yearOf } from '../../../domain/calendar.ts'
import { describeShared } from '../../shared.ts'
import { temporaryFolder } from '../broker.ts'

const MIDNIGHT_MS = Date.UTC(2015, 11, 31, 16)
const REGISTERS = 'energy_heat_kwh,volume_flow_m3,inlet_flow_energy_m3xC,back_flow_energy_m3xC'

function file(lines: readonly string[], name = 'readings.csv'): string {
  const path = join(temporaryFolder(), name)
  const text = lines.join('\n')
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text)
  return path
}

const wide = (...rows: string[]): string => file(['timestamp,A,B', ...rows])
const valuesOf = (series: BuildingSeries | undefined): (number | null)[] =>
  Array.from(series?.value ?? [], (value) => (Number.isNaN(value) ? null : value))

describe('wide table', () => {
  it.each(['readings.csv', 'readings.csv.gz'])(
    'reads %s: local time as UTC+8, kWh a building, empty as missing',
    async (name) => {
      const path = file(['\ufefftimestamp,A,B', '2016-01-01 00:00:00,1.5,', '2016-01-01T01:00,0,2e3', ''], name)
      const table = await readWideCsv(path)
      expect(table.buildings).toEqual(['A', 'B'])
      expect([...(table.series.get('A')?.atMs ?? [])]).toEqual([MIDNIGHT_MS, MIDNIGHT_MS + HOUR_MS])
      expect(valuesOf(table.series.get('A'))).toEqual([1.5, 0])
      expect(valuesOf(table.series.get('B'))).toEqual([null, 2000])
      expect(table).toMatchObject({ fromMs: MIDNIGHT_MS, toMs: MIDNIGHT_MS + 2 * HOUR_MS, readings: 3 })
      expect(table.notes).toEqual({ unsortedRows: 0, repeatedRows: 0, changedCells: 0, firstLine: undefined })
    },
  )

  it('takes rows in any order and more than once; the last value holds, and the notes say so', async () => {
    const table = await readWideCsv(
      wide(
        '2016-01-01 02:00:00,3,30',
        '2016-01-01 00:00:00,1,10',
        '2016-01-01 01:00:00,2,20',
        '2016-01-01 00:00:00,9,',
      ),
    )
    expect(valuesOf(table.series.get('A'))).toEqual([9, 2, 3])
    expect(valuesOf(table.series.get('B'))).toEqual([10, 20, 30])
    expect(table.notes).toEqual({ unsortedRows: 1, repeatedRows: 1, changedCells: 1, firstLine: 3 })
  })

  it.each([
    {
      name: 'a word for a number',
      rows: ['2016-01-01 00:00:00,1,n/a'],
      error: /line 2, column B: "n\/a" is not a number/,
    },
    { name: 'NaN', rows: ['2016-01-01 00:00:00,NaN,1'], error: /line 2, column A: "NaN" is not a number/ },
    {
      name: 'a decimal comma',
      rows: ['2016-01-01 00:00:00,"1,5",1'],
      error: /line 2, column A: "1,5" is not a number/,
    },
    { name: 'a number beyond all', rows: ['2016-01-01 00:00:00,1e999,1'], error: /line 2, column A: "1e999"/ },
    {
      name: 'no time',
      rows: ['2016-01-01 00:00:00,1,1', ',1,1'],
      error: /line 3, column timestamp: "" is not a local time/,
    },
    {
      name: '30 February',
      rows: ['2016-02-30 00:00:00,1,1'],
      error: /line 2, column timestamp: "2016-02-30 00:00:00"/,
    },
    { name: 'hour 24', rows: ['2016-02-01 24:00:00,1,1'], error: /line 2, column timestamp/ },
    { name: 'a time with an offset', rows: ['2016-01-01T00:00:00Z,1,1'], error: /is not a local time/ },
    {
      name: 'half an hour',
      rows: ['2016-01-01 00:30:00,1,1'],
      error: /line 2, column timestamp: .* is not the start of an hour/,
    },
    {
      name: 'a short row',
      rows: ['2016-01-01 00:00:00,1,1', '2016-01-01 01:00:00,1'],
      error: /line 3: 2 cells where the header has 3/,
    },
    { name: 'a long row', rows: ['', '2016-01-01 00:00:00,1,1,1'], error: /line 3: 4 cells where the header has 3/ },
    { name: 'an open quote', rows: ['2016-01-01 00:00:00,"1,1'], error: /readings.csv, line \d+: .*[Qq]uote/ },
    { name: 'no rows', rows: [], error: /no rows under the header/ },
  ])('refuses $name, naming line and column', async ({ rows, error }) => {
    const refused = readWideCsv(wide(...rows))
    await expect(refused).rejects.toThrow(CsvError)
    await expect(refused).rejects.toThrow(error)
  })

  it.each([
    {
      name: 'a building that is not listed',
      lines: ['timestamp,A,C'],
      error: /line 1, column C: is not in the list of buildings/,
    },
    { name: 'a building twice', lines: ['timestamp,A,A'], error: /line 1, column A: stands twice/ },
    { name: 'a column without a name', lines: ['timestamp,A,'], error: /line 1: column 3 has no name/ },
    { name: 'another first column', lines: ['A,timestamp'], error: /line 1: the first column is "A", not "timestamp"/ },
    { name: 'no building', lines: ['timestamp'], error: /no column of a building/ },
    { name: 'nothing at all', lines: [], error: /line 1: the file is empty/ },
  ])('refuses a header with $name', async ({ lines, error }) => {
    await expect(readWideCsv(file(lines), new Set(['A', 'B']))).rejects.toThrow(error)
  })

  it('says so when the file is absent, or a folder', async () => {
    await expect(readWideCsv(join(temporaryFolder(), 'none.csv'))).rejects.toThrow(/ENOENT.*none.csv/)
    await expect(readWideCsv(temporaryFolder())).rejects.toThrow(/is a folder/)
  })

  it('knows gzip by its content, and names a file that is cut off', async () => {
    const packed = gzipSync('timestamp,A\n2016-01-01 00:00:00,1\n')
    const path = join(temporaryFolder(), 'packed.csv')
    writeFileSync(path, packed)
    expect((await readWideCsv(path)).readings).toBe(1)
    writeFileSync(path, packed.subarray(0, packed.length - 12))
    await expect(readWideCsv(path)).rejects.toThrow(/packed\.csv, line \d: the gzip file is damaged/)
    const plain = join(temporaryFolder(), 'plain.csv.gz')
    writeFileSync(plain, 'timestamp,A\n2016-01-01 00:00:00,1\n')
    expect((await readWideCsv(plain)).readings).toBe(1)
  })
})

describe('buildings', () => {
  it('are read with what is known of them', async () => {
    const path = file([
      'building_id,site_id,primaryspaceusage,sqm,occupants',
      'A,S,Office,2700.0,',
      'B,S,Education,10.5,120',
      'C,S,Office,,',
    ])
    const buildings = await readBuildingsCsv(path)
    expect(buildings.get('C')?.floorAreaM2).toBeUndefined()
    expect(buildings.get('A')).toEqual({ id: 'A', site: 'S', use: 'Office', floorAreaM2: 2700 })
    expect(buildings.get('B')).toMatchObject({ floorAreaM2: 10.5, occupants: 120 })
  })

  it.each([
    {
      name: 'fewer than no people',
      lines: ['building_id,sqm,occupants', 'A,5,-1'],
      error: /line 2, column occupants: "-1"/,
    },
    { name: 'an area of 0', lines: ['building_id,sqm', 'A,0'], error: /line 2, column sqm: "0" is not an area/ },
    { name: 'no id', lines: ['building_id,sqm', ',5'], error: /line 2, column building_id/ },
    {
      name: 'an id twice',
      lines: ['building_id,sqm', 'A,5', 'A,6'],
      error: /line 3, column building_id: "A" stands twice/,
    },
    { name: 'no column of areas', lines: ['building_id'], error: /line 1, column sqm: is missing/ },
  ])('with $name are refused', async ({ lines, error }) => {
    await expect(readBuildingsCsv(file(lines))).rejects.toThrow(error)
  })
})

describe('heat meter', () => {
  const header = `customer_id,meter_id,time_rounded,${REGISTERS}`

  it('keeps each meter and register apart; an empty cell is not read', async () => {
    const path = file([
      header,
      '1,7,2018-01-02T23:00:00Z,1,2,3,4',
      '1,8,2018-01-02T23:00:00Z,5,,7,8',
      '1,7,2018-01-03T00:00:00Z,2,3,4,5',
    ])
    const series = await readHeatMeterCsv(path)
    expect(series.map(({ meter, register, unit }) => `${meter} ${register} ${unit}`)).toEqual([
      '7 energy_heat_kwh kWh',
      '7 volume_flow_m3 m³',
      '7 inlet_flow_energy_m3xC m³·°C',
      '7 back_flow_energy_m3xC m³·°C',
      '8 energy_heat_kwh kWh',
      '8 volume_flow_m3 m³',
      '8 inlet_flow_energy_m3xC m³·°C',
      '8 back_flow_energy_m3xC m³·°C',
    ])
    expect(valuesOf(series[0])).toEqual([1, 2])
    expect(valuesOf(series[5])).toEqual([null])
  })

  it.each([
    {
      name: 'a time without offset',
      row: '1,7,2018-01-03T00:00:00,2,3,4,5',
      error: /line 3, column time_rounded: .*with an offset/,
    },
    {
      name: 'a time that does not rise',
      row: '1,7,2018-01-02T23:00:00Z,2,3,4,5',
      error: /line 3, column time_rounded: .*not after/,
    },
    { name: 'no meter', row: '1,,2018-01-03T00:00:00Z,2,3,4,5', error: /line 3, column meter_id/ },
    {
      name: 'a word for a register',
      row: '1,7,2018-01-03T00:00:00Z,2,3,x,5',
      error: /line 3, column inlet_flow_energy_m3xC: "x"/,
    },
  ])('refuses $name', async ({ row, error }) => {
    await expect(readHeatMeterCsv(file([header, '1,7,2018-01-02T23:00:00Z,1,2,3,4', row]))).rejects.toThrow(error)
  })
})

describe('layout', () => {
  it('is told by the header', async () => {
    expect(await csvLayoutOf(wide())).toBe('wide')
    expect(await csvLayoutOf(file([`customer_id,meter_id,time_rounded,${REGISTERS}`]))).toBe('heatMeter')
    await expect(csvLayoutOf(file(['date;value']))).rejects.toThrow(CsvError)
  })
})

const BDG2 = ['electricity.csv.gz', 'buildings.csv', 'totals.json'].map((name) => `data/bdg2/${name}`)
describeShared('the 36 real buildings', BDG2, (readings, buildingsFile, totalsFile) => {
  it('are read with their published totals', async () => {
    const table = await readWideCsv(readings, await readBuildingsCsv(buildingsFile))
    const { buildings }: { buildings: { id: string; kwh2016: number; kwh2017: number; hoursPresent: number }[] } =
      JSON.parse(readFileSync(totalsFile, 'utf8'))
    expect(table.buildings).toEqual(buildings.map(({ id }) => id))
    expect(table.readings).toBe(610_978)
    expect(table.notes).toMatchObject({ unsortedRows: 0, repeatedRows: 0 })
    for (const { id, kwh2016, kwh2017, hoursPresent } of buildings) {
      const { atMs, value } = table.series.get(id) ?? { atMs: new Float64Array(), value: new Float64Array() }
      const sumOf = (year: number) =>
        value.reduce((sum, kwh, row) => (Number.isNaN(kwh) || yearOf(atMs[row]) !== year ? sum : sum + kwh), 0)
      expect(Math.abs(sumOf(2016) - kwh2016)).toBeLessThanOrEqual(1e-9 * kwh2016)
      expect(Math.abs(sumOf(2017) - kwh2017)).toBeLessThanOrEqual(1e-9 * kwh2017)
      expect(value.filter((kwh) => !Number.isNaN(kwh)).length).toBe(hoursPresent)
    }
  })
})

const HEAT = ['meter-660.csv.gz', 'totals.json'].map((name) => `data/heat-meter/${name}`)
describeShared('the real heat meter', HEAT, (readings, totalsFile) => {
  it('is read with its published registers', async () => {
    const totals: {
      first: string
      last: string
      rows: number
      registers: Record<string, { first: number; last: number }>
    } = JSON.parse(readFileSync(totalsFile, 'utf8'))
    const series = await readHeatMeterCsv(readings)
    expect(series).toHaveLength(4)
    for (const { meter, register, atMs, value } of series) {
      expect(meter).toBe('660')
      expect([atMs[0], atMs.at(-1)]).toEqual([Date.parse(totals.first), Date.parse(totals.last)])
      expect(value).toHaveLength(totals.rows)
      expect([value[0], value.at(-1)]).toEqual([totals.registers[register].first, totals.registers[register].last])
    }
  })
})
