// The totals of a report against straight SQL over the raw readings: three months of the 36 real buildings, gaps
// included. Nothing of the product's settling or judging is used on the other side.

import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect } from 'vitest'
import { readBuildingsCsv, readWideCsv } from '../../devices/replay/csv-source.ts'
import { type Month, monthRange } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import type { ReportDocument } from '../../domain/report/document.ts'
import { cellAtAddress } from '../../domain/report/trace.ts'
import { registryReader } from '../../functions/registry/reader.ts'
import { reportDocument } from '../../functions/reporting/document.ts'
import {
  AREAS,
  derive,
  institution,
  meter,
  openTestPlatform,
  register,
  send,
  type TestPlatform,
} from '../functions/province.ts'
import { testShared } from '../shared.ts'
import { BDG2_FILES } from './bdg2.ts'

const TEST_MS_MAX = 600_000
const COUNTIES = ['130102', '130104', '130202']
const MONTHS: readonly Month[] = ['2017-01', '2017-02', '2017-03']
const MARCH = must(MONTHS.at(-1))
const KGCE_PER_KWH = 0.1229
const READINGS_PER_MESSAGE = 2000

async function documentOf(platform: TestPlatform, id: string): Promise<ReportDocument> {
  const registry = registryReader(platform.state)
  const head = await registry.refresh()
  const type = /^\d+$/.test(id) ? ('area' as const) : ('institution' as const)
  return reportDocument({ type, id, month: MARCH }, { ...platform, registry, head, nowMs: platform.clock.nowMs })
}
const numberAt = (document: ReportDocument, address: string): number => {
  const value = cellAtAddress(document, address)?.value
  if (typeof value !== 'number') throw new Error(`${address} is ${value}`)
  return value
}

/** Sums of interval readings by SQL, in kWh: of some meters, in whole local months. */
const sqlKwh = (platform: TestPlatform, meters: readonly string[], months: readonly Month[]): Promise<number> =>
  sqlOf(platform, meters, months, 'sum(value)')

async function sqlOf(
  { folder }: TestPlatform,
  meters: readonly string[],
  months: readonly Month[],
  wanted: 'sum(value)' | 'count(*)',
): Promise<number> {
  const instance = await DuckDBInstance.create(join(folder, 'readings.duckdb'))
  const connection = await instance.connect()
  const [fromMs, toMs] = [monthRange(must(months[0])).fromMs, monthRange(must(months.at(-1))).toMs]
  const rows = await connection.runAndReadAll(
    `SELECT ${wanted} FROM readings JOIN meter_keys ON meter = key
     WHERE id IN (${meters.map((id) => `'${id}'`).join(', ')}) AND at_ms >= ${fromMs} AND at_ms < ${toMs}`,
  )
  connection.closeSync()
  instance.closeSync()
  return Number(rows.getRows()[0]?.[0])
}

testShared(
  'a report of 36 real buildings has the totals of their raw readings',
  BDG2_FILES,
  async (readings, buildings) => {
    const platform = await openTestPlatform()
    platform.clock.nowMs = monthRange('2017-04').fromMs
    const table = await readWideCsv(readings, await readBuildingsCsv(buildings))
    const ids = table.buildings.map((_, n) => `B${n}`)
    const countyOf = (n: number): string => must(COUNTIES[n % COUNTIES.length])
    const named = ids.map((id, n) => institution(id, countyOf(n)))
    await register(platform, {
      areas: AREAS,
      institutions: named,
      gateways: ids.map((id) => ({ id: `G-${id}`, institution: id })),
      meters: ids.map((id) => meter(`${id}-E`, id, { kind: 'interval', stamp: 'start' })),
    })
    const [fromMs, toMs] = [monthRange(must(MONTHS[0])).fromMs, monthRange(MARCH).toMs]
    for (const [n, building] of table.buildings.entries()) {
      const { atMs, value } = must(table.series.get(building))
      const own = [...atMs.keys()]
        .filter((index) => must(atMs[index]) >= fromMs && must(atMs[index]) < toMs)
        .map((index) => ({ meter: `B${n}-E`, at: must(atMs[index]), value: value[index] }))
      for (let first = 0; first < own.length; first += READINGS_PER_MESSAGE)
        await send(platform, `G-B${n}`, own.slice(first, first + READINGS_PER_MESSAGE))
    }
    await derive(platform)
    const province = await documentOf(platform, '130000')
    const all = ids.map((id) => `${id}-E`)
    const [march, quarter] = [await sqlKwh(platform, all, [MARCH]), await sqlKwh(platform, all, MONTHS)]
    expect(numberAt(province, 'energy/electricity/month')).toBeCloseTo(march, 4)
    expect(numberAt(province, 'energy/electricity/toDate')).toBeCloseTo(quarter, 4)
    expect(numberAt(province, 'firstPage/energy/value')).toBeCloseTo((quarter * KGCE_PER_KWH) / 1e7, 9)
    expect(numberAt(province, 'ny301-2017-Q1/NY301_110/S001')).toBeCloseTo(quarter / 1e4, 6)
    for (const county of COUNTIES) {
      const own = ids.filter((_, n) => countyOf(n) === county).map((id) => `${id}-E`)
      const document = await documentOf(platform, county)
      expect(numberAt(document, 'energy/electricity/month')).toBeCloseTo(await sqlKwh(platform, own, [MARCH]), 4)
      for (const id of own) {
        const value = cellAtAddress(document, `institutions/${id.slice(0, -2)}/monthEnergy`)?.value
        const hours = await sqlOf(platform, [id], [MARCH], 'count(*)')
        // Unknown, never zero: too many hours are missing.
        if (value === null) expect([id, hours < 0.95 * 744]).toEqual([id, true])
        else expect(value).toBeCloseTo(((await sqlKwh(platform, [id], [MARCH])) * KGCE_PER_KWH) / 1000, 6)
      }
    }
  },
  TEST_MS_MAX,
)
