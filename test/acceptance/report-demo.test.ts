// The totals of a report against straight SQL over the raw readings of the demo: a city in `npm test`, the whole
// province in the campaign. Institutions with a fault of the demo are left out, since SQL here knows no rollover.

import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, onTestFinished, test } from 'vitest'
import { demoProvince } from '../../devices/demo/province.ts'
import { Simulator } from '../../devices/demo/simulator.ts'
import { type Month, monthRange } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import { cellAtAddress } from '../../domain/report/trace.ts'
import { ingest } from '../../functions/ingest.ts'
import { registryReader } from '../../functions/registry/reader.ts'
import { reportDocument } from '../../functions/reporting/document.ts'
import { CAMPAIGN } from '../campaign.ts'
import { derive, openTestPlatform, register } from '../functions/province.ts'

const MONTH: Month = '2026-10'
const { fromMs: FROM_MS, toMs: END_MS } = monthRange(MONTH)
const CITY = '130300'
const TEST_MS_MAX = CAMPAIGN ? 900_000 : 120_000

test(
  'a report of the demo has the totals of its raw readings, by city and medium',
  async () => {
    const demo = demoProvince({ seed: 'kilowatch', startMs: END_MS + 3_600_000 })
    const parentOf = new Map(demo.registry.areas.map(({ code, parent }) => [code, parent]))
    const faulty = new Set(demo.faults.map(({ institution }) => institution))
    const isIn = (area: string): boolean => CAMPAIGN || area === CITY || parentOf.get(area) === CITY
    const institutions = demo.registry.institutions.filter(({ id, area }) => isIn(area) && !faulty.has(id))
    const ids = new Set(institutions.map(({ id }) => id))
    const own = <T extends { institution: string }>(rows: readonly T[]): T[] =>
      rows.filter(({ institution }) => ids.has(institution))
    const [gateways, meters] = [own(demo.registry.gateways), own(demo.registry.meters)]
    const platform = await openTestPlatform()
    platform.clock.nowMs = END_MS + 3_600_000
    await register(platform, { areas: demo.registry.areas, institutions, gateways, meters })
    const simulator = new Simulator(demo)
    const take = ingest(platform)
    for (const { id } of gateways) {
      const messages = [...simulator.historyOf(id, { fromMs: FROM_MS, toMs: END_MS + 3_600_000 })]
      const receivedMs = platform.clock.nowMs
      const { rejected, failed } = await take({
        messages: messages.map(({ gateway, payload }, n) => ({ id: String(n), gateway, payload, receivedMs })),
      })
      expect([rejected, failed]).toEqual([0, []])
    }
    await derive(platform)

    const instance = await DuckDBInstance.create(join(platform.folder, 'readings.duckdb'))
    const connection = await instance.connect()
    onTestFinished(() => {
      connection.closeSync()
      instance.closeSync()
    })
    /** By meter in its own unit: the register's way over the month, or the sum of interval readings. */
    const rows = await connection.runAndReadAll(
      `SELECT id, max(value) - min(value), sum(CASE WHEN at_ms > ${FROM_MS} THEN value END) FROM readings
       JOIN meter_keys ON meter = key WHERE at_ms BETWEEN ${FROM_MS} AND ${END_MS} GROUP BY id`,
    )
    const raw = new Map(rows.getRows().map(([id, way, sum]) => [String(id), { way: Number(way), sum: Number(sum) }]))
    const amountOf = (area: (code: string) => boolean, medium: string): number =>
      meters
        .filter((one) => one.medium === medium && one.role === 'main')
        .filter((one) => area(must(institutions.find(({ id }) => id === one.institution)).area))
        .reduce((sum, { id, kind, multiplier, unit }) => {
          const { way, sum: whole } = must(raw.get(id))
          return sum + (kind === 'interval' ? whole : way) * multiplier * (unit === 'MWh' ? 1000 : 1)
        }, 0)

    const registry = registryReader(platform.state)
    const head = await registry.refresh()
    const cities = demo.registry.areas.filter(({ level }) => level === 'city')
    const asked = CAMPAIGN ? ['130000', ...cities.map(({ code }) => code)] : [CITY]
    const wrong: string[] = []
    for (const code of asked) {
      const document = await reportDocument(
        { type: 'area', id: code, month: MONTH },
        { ...platform, registry, head, nowMs: platform.clock.nowMs },
      )
      const isBelow = (area: string) => code === '130000' || area === code || parentOf.get(area) === code
      for (const medium of ['electricity', 'water', 'gas']) {
        const value = cellAtAddress(document, `energy/${medium}/month`)?.value
        const wanted = amountOf(isBelow, medium)
        if (!(Math.abs(Number(value) / wanted - 1) < 1e-9)) wrong.push(`${code} ${medium}: ${value}, SQL ${wanted}`)
      }
    }
    expect(wrong).toEqual([])
  },
  TEST_MS_MAX,
)
