// `kilowatch verify` as a user has it: an audit log that holds, one with a changed byte, and a hash that was printed.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { appendAudit, auditHead, auditKeys } from '../../../functions/state/audit.ts'
import { openDatabase } from '../../../local/sqlite.ts'
import { openTestPlatform } from '../../functions/province.ts'

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'kilowatch.mjs')

function verify(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [BIN, 'verify', ...args])
  const run = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => {
    run.stdout += data
  })
  child.stderr.on('data', (data) => {
    run.stderr += data
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...run })))
}

test('names the first broken link of a log, beside the process that writes it', async () => {
  const { folder, state } = await openTestPlatform()
  for (const n of [1, 2, 3])
    await appendAudit(state, { what: 'report.build', about: 'A/2026-05/1', who: '王', atMs: n, detail: {} })
  const { hash } = await auditHead(state)
  const held = await verify('--data', folder, '--json', '--hash', hash.toUpperCase())
  expect([held.code, JSON.parse(held.stdout)]).toEqual([
    0,
    { entries: 3, hash, broken: null, found: true, contract: null, lake: { files: 0, readings: 0, damage: [] } },
  ])
  expect(await verify('--data', folder, '--hash', 'f'.repeat(64))).toMatchObject({
    code: 1,
    stdout: `audit log: 3 entries hold, the last with the hash ${hash}, and none has the hash given\n`,
  })
  const db = openDatabase(join(folder, 'state.sqlite'))
  db.prepare("UPDATE docs SET value = replace(value, '王', '李') WHERE key = ?").run(auditKeys.entry(2))
  db.close()
  const broken = await verify('--data', folder)
  expect([broken.code, broken.stdout.split('\n')[0]]).toEqual([
    1,
    'audit log broken at entry 2: altered; entry 2 has another hash than its text',
  ])
})

test('refuses what is no data folder and no hash', async () => {
  expect(await verify('--data', '/nowhere')).toMatchObject({ code: 1, stderr: expect.stringContaining('"/nowhere"') })
  expect(await verify('--hash', 'abc')).toMatchObject({ code: 2, stderr: expect.stringContaining('64 hexadecimal') })
})
