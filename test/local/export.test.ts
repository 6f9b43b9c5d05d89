// An export is what the store has, to the last value, in both formats; made while readings come and files move; whole
// or not at all.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, onTestFinished, test } from 'vitest'
import { dayStartMs, HOUR_MS, monthRange } from '../../domain/calendar.ts'
import { HOUR_FLAGS, NO_HOUR } from '../../domain/hours.ts'
import { must } from '../../domain/must.ts'
import type { ExportView } from '../../domain/view/export.ts'
import { exportData } from '../../local/command/export.ts'
import { startHost } from '../../local/host.ts'
import { hashOf } from '../../local/lake/file.ts'
import { derive, NOON_MS, openTestPlatform, PROVINCE, register, TEST_DAYS } from '../functions/province.ts'

const METERS = (PROVINCE.meters ?? []).map(({ id }) => id)
const START_MS = Date.UTC(2026, 3, 28)

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-export-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Ten days over the end of April, some of them corrected, some suspect; half in the lake and half not. */
async function filled() {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  for (let hour = 0; hour < 240; hour++) {
    const batch = METERS.map((meter, n) => ({
      ...{ meter, atMs: START_MS + hour * HOUR_MS, value: 1_000 + hour * (n + 0.1) },
      quality: hour === 7 ? ('suspect' as const) : ('good' as const),
    }))
    await platform.readings.append(batch, NOON_MS + hour)
    if (hour % 50 === 9) await platform.readings.append(batch.slice(0, 3), NOON_MS + hour)
    if (hour % 50 === 10)
      await platform.readings.append([{ ...must(batch[0]), value: must(batch[0]).value + 0.05 }], NOON_MS + hour)
    if (hour === 120) await platform.tidyLake({ all: true })
  }
  await derive(platform)
  return platform
}

async function rowsOf(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRows()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

test.each(['parquet', 'csv'] as const)(
  '%s: every value received and every hour, as the store has them',
  async (format) => {
    const platform = await filled()
    const folder = join(temporary(), 'out')
    const view = await platform.exportTo({ folder, format })
    expect(view.months).toEqual(['2026-04', '2026-05'])
    const files = (kind: string): string =>
      `read_${format === 'csv' ? 'csv' : 'parquet'}('${join(folder, kind, '*', `*.${format}`)}', hive_partitioning = false)`
    const exported =
      await rowsOf(`SELECT meter, epoch_ms(time::TIMESTAMPTZ)::DOUBLE, value, epoch_ms(received::TIMESTAMPTZ)::DOUBLE,
    quality, stands FROM ${files('readings')}`)
    const stored: unknown[][] = []
    for (const meter of METERS) {
      const history = await platform.readings.history(meter, -Infinity, Infinity)
      const last = new Map(history.map((one) => [one.atMs, one]))
      for (const one of history.toSorted((a, b) => a.atMs - b.atMs))
        stored.push([meter, one.atMs, one.value, one.receivedMs, one.quality, last.get(one.atMs) === one])
    }
    const byPlace = (rows: unknown[][]): string[] => rows.map((row) => JSON.stringify(row)).sort()
    expect(byPlace(exported)).toEqual(byPlace(stored))
    expect(stored.filter((row) => row[5] === false).length).toBeGreaterThan(0)
    expect(view.readings).toBe(stored.length)

    const hours = await rowsOf(`SELECT meter, epoch_ms(hour::TIMESTAMPTZ)::DOUBLE, amount, flag FROM ${files('hours')}`)
    const settled = (await platform.consumption.get(METERS, ...TEST_DAYS)).flatMap(({ meter, day, amounts, flags }) =>
      [...amounts].flatMap((amount, hour) =>
        flags[hour] === NO_HOUR
          ? []
          : [
              [
                meter,
                dayStartMs(day) + hour * HOUR_MS,
                Number.isNaN(amount) ? null : amount,
                HOUR_FLAGS[flags[hour] ?? 0],
              ],
            ],
      ),
    )
    expect(settled.length).toBeGreaterThan(1_500)
    expect(byPlace(hours)).toEqual(byPlace(settled))
    expect(view.hours).toBe(settled.length)

    const meters = await rowsOf(`SELECT meter, institution, county, medium, amount_unit FROM
    read_${format === 'csv' ? 'csv' : 'parquet'}('${join(folder, `meters.${format}`)}') WHERE meter = 'A-W'`)
    expect(meters.map((row) => row.map(String))).toEqual([['A-W', 'A', '130102', 'water', 'm³']])
    const { files: listed } = JSON.parse(readFileSync(join(folder, 'export.json'), 'utf8'))
    expect(listed).toHaveLength(view.files)
    for (const { path, sha256 } of listed) expect(await hashOf(join(folder, path))).toBe(sha256)
  },
)

test('one area and some months are all that is asked for', async () => {
  const platform = await filled()
  const folder = join(temporary(), 'out')
  const { readings, meters, months } = await platform.exportTo({
    folder,
    format: 'csv',
    area: '130200',
    from: '2026-05',
  })
  expect([months, meters]).toEqual([['2026-05'], 2])
  const { fromMs } = monthRange('2026-05')
  const own = await platform.readings.history('D-E', fromMs, Infinity)
  expect(readings).toBe(2 * own.length)
  expect(readdirSync(join(folder, 'readings'))).toEqual(['county=130202'])
})

test('what is asked wrongly is named, and nothing is made', async () => {
  const platform = await filled()
  const parent = temporary()
  const [full, folder] = [join(parent, 'full'), join(parent, 'out')]
  mkdirSync(full)
  writeFileSync(join(full, 'x'), '')
  await expect(platform.exportTo({ folder: full, format: 'csv' })).rejects.toThrow('is not empty')
  await expect(platform.exportTo({ folder, format: 'csv', area: '999999' })).rejects.toThrow(
    'area "999999" is not in the registry',
  )
  // A place that takes no file.
  await expect(platform.exportTo({ folder: join(full, 'x', 'out'), format: 'csv' })).rejects.toThrow()
  expect(readdirSync(parent)).toEqual(['full'])
  expect(readdirSync(full)).toEqual(['x'])
})

test('an export while readings come and move has whole batches, and a host that runs makes it', async () => {
  const data = join(temporary(), 'data')
  const host = await startHost({ data, port: 0, mqttPort: 0, host: '127.0.0.1', log: () => {}, hold: true })
  onTestFinished(() => host.close())
  const { platform } = host
  await register(platform, PROVINCE)
  const state = { batches: 0, goesOn: true }
  const load = (async () => {
    for (; state.goesOn; state.batches++) {
      const atMs = Date.now() - 40 * 86_400_000 + state.batches * 60_000
      const batch = METERS.map((meter) => ({ meter, atMs, value: state.batches, quality: 'good' as const }))
      await platform.readings.append(batch, Date.now())
      if (state.batches % 8 === 7) await platform.tidyLake({ all: true })
    }
  })()
  const told: string[] = []
  const write = process.stdout.write
  const views: { before: number; view: ExportView }[] = []
  process.stdout.write = ((text: string) => told.push(text) > 0) as typeof write
  try {
    while (state.batches < 10) await sleep(5)
    for (let round = 0; round < 2; round++) {
      const before = state.batches
      await exportData(join(temporary(), 'out'), { data, json: true })
      views.push({ before, view: JSON.parse(must(told.at(-1))) as ExportView })
    }
  } finally {
    process.stdout.write = write
    state.goesOn = false
  }
  await load
  for (const { before, view } of views) {
    const counts = await rowsOf(
      `SELECT meter, count(*)::DOUBLE, count(DISTINCT time)::DOUBLE FROM '${join(view.folder, 'readings/*/*.parquet')}' GROUP BY ALL`,
    )
    expect(counts).toHaveLength(METERS.length)
    for (const [, count, distinct] of counts) {
      expect(count).toBe(distinct)
      expect(count).toBeGreaterThanOrEqual(before)
    }
  }
  const answer = await fetch(`${host.httpUrl}/api/v1/exports`, { method: 'POST', body: '{}' })
  expect(answer.status).toBe(401)
})
