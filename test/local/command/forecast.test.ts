// `kilowatch forecast` as a user has it: which readings count, what it prints, and what it refuses.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'kilowatch.mjs')

/** Building `even` uses 1 kWh in each hour of 2025 and 2026, `new` only since 2026. */
function files(): { readings: string; buildings: string } {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-forecast-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const rows = Array.from({ length: 2 * 8760 }, (_, hour) => {
    const at = new Date(Date.UTC(2025, 0, 1, hour)).toISOString().slice(0, 19).replace('T', ' ')
    return `${at},1,${hour < 8760 ? '' : '1'}`
  })
  const [readings, buildings] = ['readings.csv', 'buildings.csv'].map((name) => join(folder, name)) as [string, string]
  writeFileSync(readings, `timestamp,even,new\n${rows.join('\n')}\n`)
  writeFileSync(buildings, 'building_id,sqm,primaryspaceusage\neven,100,Office\nnew,100,Office\n')
  return { readings, buildings }
}

const run = (asOf: string) => {
  const { readings, buildings } = files()
  const args = [BIN, 'forecast', '--readings', readings, '--buildings', buildings, '--as-of', asOf, '--json']
  return promisify(execFile)(process.execPath, args)
}

test('forecasts the year from readings up to the end of a day, and nothing later', async () => {
  const { stdout } = await run('2026-06-30')
  const close = (value: number) => expect.closeTo(value, 6)
  const common = { year: 2026, asOf: '2026-06-30', ytdKwh: close(181 * 24), forecastKwh: close(8760) }
  const lines = JSON.parse(stdout)
  expect(lines).toMatchObject([
    { id: 'even', ...common, basis: 'lastYear' },
    { id: 'new', ...common, basis: 'kind' },
  ])
  expect(lines[0].low80).toBeLessThan(8760)
  expect(lines[0].high80).toBeGreaterThan(8760)
})

test('says why there is no forecast', async () => {
  const { stdout } = await run('2026-01-31')
  expect(JSON.parse(stdout)[1]).toEqual({
    ...{ id: 'new', year: 2026, asOf: '2026-01-31', ytdKwh: expect.closeTo(744, 6) },
    ...{ forecastKwh: null, low80: null, high80: null, basis: null, reason: 'tooEarlyForKind' },
  })
})

test('refuses a date that is none', async () => {
  await expect(run('2026-02-30')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('YYYY-MM-DD') })
})
