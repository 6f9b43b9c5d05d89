// `kilowatch report` as a user has it: a package with a filled template and an entry in the audit log, and refusals
// that leave nothing behind.

import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Workbook } from '@cj-tech-master/excelts'
import { expect, onTestFinished, test } from 'vitest'
import { HOUR_MS } from '../../../domain/calendar.ts'
import { sha256, verifyAudit } from '../../../functions/state/audit.ts'
import { derive, openTestPlatform, PROVINCE, register, send } from '../../functions/province.ts'

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'kilowatch.mjs')
const MONTH_MS = Date.UTC(2026, 4, 10, 4)

function report(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) =>
    execFile(process.execPath, [BIN, 'report', ...args], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    ),
  )
}

async function populated() {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  const readings = Array.from({ length: 10 }, (_, n) => ({ meter: 'A-E', at: MONTH_MS + n * HOUR_MS, value: 100 + n }))
  await send(platform, 'G-A', readings)
  await derive(platform)
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-report-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return { platform, folder }
}

async function template(names: Record<string, string>): Promise<Uint8Array> {
  const book = new Workbook()
  book.addWorksheet('表').getCell('A1').value = '表'
  for (const [name, cell] of Object.entries(names)) book.definedNames.add(cell, name)
  return new Uint8Array(await book.xlsx.writeBuffer())
}

test('writes a package whose manifest names each file, and logs it', { timeout: 180_000 }, async () => {
  const { platform, folder } = await populated()
  writeFileSync(join(folder, '官方表.xlsx'), await template({ NY201_101: '表!$B$2', NY999_1: '表!$B$3' }))
  const out = join(folder, 'out')
  const given = ['--data', platform.folder, '--month', '2026-05', '--institution', 'A', '--out', out, '--json']
  const made = await report(...given, '--who', '王', '--template', join(folder, '官方表.xlsx'))
  expect([made.code, made.stderr]).toEqual([0, 'kilowatch: the report has no value for NY999_1\n'])
  const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))
  expect(JSON.parse(made.stdout)).toMatchObject(manifest)
  const names = manifest.files.map(({ name }: { name: string }) => name)
  expect(names).toEqual(expect.arrayContaining(['report.xlsx', 'tables/ny201-2026-05.csv', 'forms/官方表.xlsx']))
  for (const { name, sha256: hash } of manifest.files) expect(sha256(readFileSync(join(out, name)))).toBe(hash)
  const filled = new Workbook()
  await filled.xlsx.load(readFileSync(join(out, 'forms/官方表.xlsx')))
  expect(filled.getWorksheet('表')?.getCell('B2').value).toBe(1000)
  expect(await verifyAudit(platform.state, manifest.audit.hash)).toMatchObject({
    entries: 1,
    broken: null,
    found: true,
  })
  expect(await report(...given)).toMatchObject({ code: 1, stderr: expect.stringContaining('is there already') })
})

test('refuses by name, and leaves no folder and no entry', { timeout: 300_000 }, async () => {
  const { platform, folder } = await populated()
  const file = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }
  const nameless = file('nameless.xlsx', await template({}))
  const broken = file('broken.xlsx', (await template({ NY201_101: '表!$B$2' })).slice(0, 900))
  const before = readdirSync(folder)
  for (const [args, reason] of [
    [['--month', '2027-01', '--area', '130000'], /2027-01 has not begun/],
    [['--month', '2026-13'], /a month is written YYYY-MM/],
    [['--month', '2026-05', '--area', '999999'], /area "999999" is not registered/],
    [['--month', '2026-05', '--institution', 'nobody'], /institution "nobody" is not registered/],
    [['--month', '2026-05', '--template', nameless], /nameless.xlsx: the template has no named cells/],
    [['--month', '2026-05', '--template', broken], /broken.xlsx: .*/],
    [['--month', '2026-05', '--template', nameless, '--period', '2026-Q2'], /no forms of 2026-Q2/],
    [['--month', '2026-05', '--template', join(folder, 'none.xlsx')], /none.xlsx/],
    [['--month', '2026-05', '--mapping', nameless], /need a --template/],
  ] as const) {
    const refused = await report('--data', platform.folder, '--out', join(folder, 'out'), ...args)
    expect([args, refused.code, refused.stderr]).toEqual([args, 1, expect.stringMatching(reason)])
  }
  expect(readdirSync(folder)).toEqual(before)
  expect(existsSync(join(folder, 'out'))).toBe(false)
  expect(await verifyAudit(platform.state)).toMatchObject({ entries: 0 })
})
