// `kilowatch contract` and `kilowatch verify` as a user has them, on a host with a settled contract: lists, settles,
// shows, exports, and names what was altered in the log, in the file and in the stored settlements.

import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { contractKeys } from '../../../functions/contracting/store.ts'
import { auditKeys } from '../../../functions/state/audit.ts'
import { startHost } from '../../../local/host.ts'
import { openDatabase } from '../../../local/sqlite.ts'
import { apiCall } from '../../functions/api-call.ts'
import { builtYear, signedContract } from '../../functions/contract-year.ts'
import { openTestPlatform } from '../../functions/province.ts'

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'kilowatch.mjs')
const run = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, [BIN, ...args]).then(
    (out) => ({ code: 0, ...out }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  )

let signed: { folder: string; nowMs: number }
const ended: (() => Promise<void>)[] = []
beforeAll(async () => {
  const platform = await builtYear({ atEnd: (end) => ended.push(end) })
  await signedContract(platform)
  await platform.close()
  signed = { folder: platform.folder, nowMs: platform.clock.nowMs }
})
afterAll(async () => {
  for (const end of ended) await end()
})
/** A folder with a signed contract. */
function signedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-signed-'))
  cpSync(signed.folder, folder, { recursive: true })
  return folder
}

test('lists, settles, shows and exports a contract through the running host', { timeout: 120_000 }, async () => {
  const { nowMs } = signed
  const data = signedFolder()
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const options = { data, port: 0, mqttPort: 0, host: '127.0.0.1', hold: true, log: () => undefined, now: () => nowMs }
  const host = await startHost(options)
  onTestFinished(() => host.close())
  const contract = (...args: string[]) => run('contract', ...args, '--data', data)
  const listed = await contract('list', '--institution', 'A', '--json')
  expect([listed.stderr, JSON.parse(listed.stdout).items]).toMatchObject(['', [{ id: 'EPC-1', state: 'running' }]])
  expect(JSON.parse((await contract('list', '--institution', 'B', '--json')).stdout).items).toEqual([])
  const settled = await contract('settle', 'EPC-1', '--who', '核算')
  expect([settled.code, settled.stdout.split('\n')[0]]).toEqual([0, '2025-05: revision 1'])
  expect((await contract('settle', 'EPC-1')).stdout).toBe('nothing changed\n')
  const shown = await contract('show', 'EPC-1')
  expect(shown.stdout).toMatch(/12 of 12 periods settled, 0 signed: [\d.]+ ± [\d.]+ kWh, payable [\d.]+ yuan/)
  const april = await contract('show', 'EPC-1', '--period', '2026-04')
  for (const text of ['revision 1 (first)', 'share of the savings', 'owner: not signed', 'SHA-256 '])
    expect(april.stdout).toContain(text)
  const one = JSON.parse((await contract('show', 'EPC-1', '--period', '2026-04', '--json')).stdout)
  expect(one.revisions[0].settlement.money.payableFen).toBeGreaterThan(0)
  const file = (name: string): string => join(data, name)
  expect(await contract('export', 'EPC-1', '--out', file('plan.xlsx'))).toMatchObject({ code: 0, stderr: '' })
  expect(Object.keys(unzipSync(readFileSync(file('plan.xlsx'))))).toContain('xl/workbook.xml')
  await contract('export', 'EPC-1', '--period', '2026-04', '--language', 'en', '--out', file('april.html'))
  expect(readFileSync(file('april.html'), 'utf8')).toContain('Settlement sheet')
  for (const [args, says] of [
    [['export', 'EPC-1', '--out', file('plan.xlsx')], 'is there already'],
    [['export', 'EPC-1', '--out', file('plan.pdf')], 'ends with .xlsx or .html'],
    [['export', 'EPC-1', '--period', '2031-01', '--out', file('x.html')], '2031-01'],
    [['show', 'EPC-9'], 'EPC-9'],
    [['show', 'EPC-1', '--period', '2026-04', '--revision', '7'], 'has no revision 7'],
  ] as const)
    expect(await contract(...args)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(says) })
  expect(existsSync(file('x.html'))).toBe(false)
})

test('verify names the first act of a contract that was altered', { timeout: 120_000 }, async () => {
  const platform = await openTestPlatform(signedFolder())
  platform.clock.nowMs = signed.nowMs
  await apiCall(platform, 'POST', 'contracts/EPC-1/settle', { who: '核算' })
  const sign = { party: 'owner', who: '王', revision: 1 }
  await apiCall(platform, 'POST', 'contracts/EPC-1/settlements/2025-05/sign', sign)
  await platform.close()
  const copy = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'kilowatch-altered-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    copyFileSync(join(platform.folder, 'state.sqlite'), join(folder, 'state.sqlite'))
    return folder
  }
  const verify = async (data: string) => {
    const { code, stdout } = await run('verify', '--data', data, '--json')
    return { code, ...JSON.parse(stdout) }
  }
  const inStore = (key: string, from: string, to: string): string => {
    const data = copy()
    const db = openDatabase(join(data, 'state.sqlite'))
    const { changes } = db.prepare('UPDATE docs SET value = replace(value, ?, ?) WHERE key = ?').run(from, to, key)
    db.close()
    expect(changes).toBe(1)
    return data
  }
  expect(await verify(copy())).toMatchObject({ code: 0, broken: null, contract: null })
  // Entry 3 is the signature of the owner on terms and baseline.
  expect(await verify(inStore(auditKeys.entry(3), 'owner 王', 'owner 李'))).toMatchObject({
    ...{ code: 1, entries: 2, broken: { number: 3, what: 'altered' } },
  })
  // The file itself, in a hex editor: the same name in each place.
  const file = copy()
  const bytes = readFileSync(join(file, 'state.sqlite'))
  const [from, to] = [Buffer.from('owner 王'), Buffer.from('owner 李')]
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) to.copy(bytes, at)
  writeFileSync(join(file, 'state.sqlite'), bytes)
  expect(await verify(file)).toMatchObject({ code: 1, entries: 2, broken: { number: 3, what: 'altered' } })
  // What is stored of the contract, where the log was left alone.
  const may = contractKeys.settlement('EPC-1', '2025-05' as never)
  expect(await verify(inStore(may, '"payableFen":', '"payableFen":1'))).toMatchObject({
    ...{ code: 1, broken: null },
    contract: { act: `document ${may}`, entry: null, detail: 'revision 1 has another digest than its content' },
  })
  expect(await verify(inStore(may, '"who":"王"', '"who":"李"'))).toMatchObject({
    ...{ code: 1, contract: { act: 'settlement.sign EPC-1/2025-05/1' } },
  })
  expect(await verify(inStore(contractKeys.contract('EPC-1'), '0.62', '0.92'))).toMatchObject({
    ...{ code: 1, contract: { act: 'contract.put EPC-1', entry: 1, detail: 'what is stored is not what was logged' } },
  })
  const text = await run('verify', '--data', inStore(contractKeys.contract('EPC-1'), '0.62', '0.92'))
  expect(text.stdout).toContain('contract altered since entry 1: contract.put EPC-1')
})
