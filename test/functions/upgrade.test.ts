// Data folders of older versions open, settle and judge; what that changes in closed months names the upgrade with both
// versions, rounding changes nothing, and one line says how much changed (docs/rules/data.md#revisions).

import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { DAY_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import type { InstitutionRow } from '../../domain/view/view.ts'
import { summaryKey } from '../../functions/judging/list-rows.ts'
import { type Revision, revisionKey } from '../../functions/judging/revision.ts'
import { monthsOf, storedYear, subjectYearKey } from '../../functions/judging/subject-year.ts'
import type { Platform } from '../../functions/platform.ts'
import { registryReader } from '../../functions/registry/reader.ts'
import { VERSION } from '../../functions/state/version.ts'
import { apiCall } from './api-call.ts'
import { derive, documents, openTestPlatform } from './province.ts'

const FOLDERS = join(import.meta.dirname, '../folders')
const NAMES = readdirSync(FOLDERS).filter((name) => !name.includes('README'))
/** When the folders were closed. */
const CLOSED_MS = Date.parse('2026-11-20T12:00:00+08:00')
const UPGRADE = { kind: 'upgrade', from: '0.1.0', to: VERSION }

async function opened(name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-upgrade-'))
  for (const file of readdirSync(join(FOLDERS, name)))
    writeFileSync(join(folder, file.replace('.br', '')), brotliDecompressSync(readFileSync(join(FOLDERS, name, file))))
  const platform = await openTestPlatform(folder)
  platform.clock.nowMs = CLOSED_MS + DAY_MS
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  onTestFinished(() => warn.mockRestore())
  return { platform, lines: () => warn.mock.calls.map(([line]) => String(line)) }
}
const revisions = async (platform: Platform): Promise<Revision[]> =>
  (await platform.state.query(revisionKey('').slice(0, -1) as ReturnType<typeof revisionKey>)).map(({ value }) => value)

/** As if the older version had computed another amount of a closed month. */
async function changeMonth({ state }: Platform, subject: string, factor: number): Promise<void> {
  const key = subjectYearKey(subject, 2026)
  const months = monthsOf((await state.get(key))?.value ?? storedYear([]))
  const { '2026-03': march, ...others } = months
  if (!march) throw new Error(`${subject} has no March`)
  const changed = { ...march, electricityKwh: march.electricityKwh * factor }
  await state.put([{ key, value: storedYear([...Object.values(others), changed]) }])
}
async function changeRating({ state }: Platform, id: string, rating: InstitutionRow['rating']): Promise<void> {
  const key = summaryKey('130102', id)
  const row = (await state.get(key))?.value
  if (row) await state.put([{ key, value: { ...row, rating } }])
}

test('there is a folder of each released version', () => {
  expect(NAMES).toContain('0.1.0-82c140b')
})

describe.each(NAMES)('a folder of %s', (name) => {
  test('opens and is judged: no closed month changes, said in one line', async () => {
    const { platform, lines } = await opened(name)
    for (let round = 0; round < 2; round++) await derive(platform)
    expect(await revisions(platform)).toEqual([])
    expect(lines()).toEqual([
      `kilowatch: upgrade from 0.1.0 to ${VERSION}: 0 closed months of 4 institutions changed; 0 ratings or statuses changed`,
    ])
    const registry = registryReader(platform.state)
    expect(await registry.refresh()).toMatchObject({ institutions: 4, meters: 30 })
    expect((await apiCall(platform, 'GET', 'areas/130000/status')).status).toBe(200)
    const before = await documents(platform, 'subject')
    await derive(platform)
    expect(await documents(platform, 'subject')).toEqual(before)
  })

  test('what the upgrade changes names both versions, in the areas above too; rounding is no change', async () => {
    const { platform, lines } = await opened(name)
    await changeMonth(platform, '130102-0001', 1.002)
    await changeMonth(platform, '130102-0002', 1 + 1e-12)
    for (const area of ['130102', '130100', '130000']) await changeMonth(platform, area, 1.001)
    await changeRating(platform, '130102-0003', 'compliant')
    for (let round = 0; round < 2; round++) await derive(platform)
    const found = await revisions(platform)
    expect(found.map(({ subject, month }) => `${subject} ${month}`)).toEqual([
      '130000 2026-03',
      '130100 2026-03',
      '130102-0001 2026-03',
      '130102 2026-03',
    ])
    for (const { causes } of found) expect(causes).toContainEqual(UPGRADE)
    expect(found.at(-2)?.causes).toEqual([UPGRADE])
    expect(lines()).toEqual([
      `kilowatch: upgrade from 0.1.0 to ${VERSION}: 1 closed months of 4 institutions changed, at most 0.20 % ` +
        '(electricityKwh of 130102-0001 in 2026-03); 1 ratings or statuses changed (130102-0003 compliant/onTrack to advanced/onTrack)',
    ])
  })

  test('after it, a late reading is a late reading', async () => {
    const { platform } = await opened(name)
    for (let round = 0; round < 2; round++) await derive(platform)
    const registry = registryReader(platform.state)
    await registry.refresh()
    const { meters } = await registry.shard('130102')
    const meter = must(meters.find(({ kind }) => kind === 'register'))
    const atMs = Date.parse('2026-03-10T00:00:00+08:00')
    const [old] = await platform.readings.history(meter.id, atMs, atMs + 1)
    await platform.readings.append(
      [{ meter: meter.id, atMs: atMs + DAY_MS / 2, value: (old?.value ?? 0) + 0.01, quality: 'good' }],
      platform.now(),
    )
    await derive(platform)
    const causes = (await revisions(platform)).map((one) => one.causes)
    expect(causes).toContainEqual([{ kind: 'lateReadings', meter: meter.id, count: 1 }])
    expect(causes.flat()).not.toContainEqual(UPGRADE)
  })
})
