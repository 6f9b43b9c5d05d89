// The audit log in the store: writers at the same moment get numbers one after another, an entry and what it tells of
// are written together, and the walk over the stored log names the first broken link.

import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { docKey, VersionConflict } from '../../../functions/platform.ts'
import { appendAudit, auditHead, auditKeys, verifyAudit } from '../../../functions/state/audit.ts'
import { openDatabase } from '../../../local/sqlite.ts'
import { openTestPlatform, type TestPlatform } from '../province.ts'

const fact = (n: number) => ({ what: 'report.build', about: '130102/2026-10', who: `王"${n}"`, atMs: n, detail: { n } })

async function withEntries(count: number) {
  const platform = await openTestPlatform()
  for (let n = 1; n <= count; n++) await appendAudit(platform.state, fact(n))
  return platform
}

/** Changes the tables as somebody with the file could. */
function tamper(platform: TestPlatform, sql: string, ...values: (string | Uint8Array)[]): void {
  const db = openDatabase(join(platform.folder, 'state.sqlite'))
  db.prepare(sql).run(...values)
  db.close()
}

test('entries have consecutive numbers, and the head is the last one', async () => {
  const { state } = await withEntries(3)
  const { number, hash } = await auditHead(state)
  expect(number).toBe(3)
  expect(await verifyAudit(state)).toEqual({ entries: 3, hash, broken: null, found: null })
})

test('twenty writers at once append twenty entries', async () => {
  const { state } = await openTestPlatform()
  await Promise.all(Array.from({ length: 20 }, (_, n) => appendAudit(state, fact(n))))
  expect(await verifyAudit(state)).toMatchObject({ entries: 20, broken: null })
})

test('an entry is written with the documents that it tells of, or not at all', async () => {
  const { state } = await withEntries(1)
  const key = docKey<number>('report/x/1')
  await appendAudit(state, fact(2), [{ key, value: 1, ifVersion: 0 }])
  await expect(appendAudit(state, fact(3), [{ key, value: 2, ifVersion: 0 }])).rejects.toThrow(VersionConflict)
  expect((await state.get(key))?.value).toBe(1)
  expect(await verifyAudit(state)).toMatchObject({ entries: 2, broken: null })
})

test('a hash that was printed once is still in the log, or the log was written anew', async () => {
  const { state } = await withEntries(2)
  const { hash } = await auditHead(state)
  await appendAudit(state, fact(3))
  expect(await verifyAudit(state, hash)).toMatchObject({ broken: null, found: true })
  expect(await verifyAudit(state, 'f'.repeat(64))).toMatchObject({ broken: null, found: false })
})

test('a byte changed anywhere in the stored log is found', async () => {
  const platform = await withEntries(4)
  const keys = [1, 2, 3, 4].map((n) => auditKeys.entry(n))
  const db = openDatabase(join(platform.folder, 'state.sqlite'))
  const read = db.prepare('SELECT CAST(value AS BLOB) AS bytes FROM docs WHERE key = ?')
  const write = db.prepare('UPDATE docs SET value = CAST(? AS TEXT) WHERE key = ?')
  const bytesOf = (key: string) => (read.get(key) as { bytes: Uint8Array }).bytes
  const places = [...keys, auditKeys.head].flatMap((key) => Array.from(bytesOf(key), (_, at) => ({ key, at })))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 }), async ({ key, at }, by) => {
      const whole = bytesOf(key)
      const changed = Uint8Array.from(whole)
      changed[at] = ((changed[at] ?? 0) + by) % 256
      write.run(changed, key)
      const { broken } = await verifyAudit(platform.state)
      write.run(whole, key)
      // The head names the last entry, or, altered, one that is not there.
      if (key === auditKeys.head) expect(broken).not.toBeNull()
      else expect(broken).toMatchObject({ number: keys.indexOf(key as (typeof keys)[number]) + 1, what: 'altered' })
    }),
    { numRuns: 300 },
  )
  expect(await verifyAudit(platform.state)).toMatchObject({ entries: 4, broken: null })
  db.close()
})

test('an entry deleted, moved or added is named', async () => {
  const brokenBy = async (sql: string, ...values: string[]) => {
    const platform = await withEntries(4)
    tamper(platform, sql, ...values)
    return (await verifyAudit(platform.state)).broken
  }
  const remove = 'DELETE FROM docs WHERE key = ?'
  const move = 'UPDATE docs SET key = ? WHERE key = ?'
  expect(await brokenBy(remove, auditKeys.entry(2))).toMatchObject({ number: 2, what: 'missing' })
  expect(await brokenBy(remove, auditKeys.entry(4))).toMatchObject({ number: 4, what: 'missing' })
  expect(await brokenBy(remove, auditKeys.head)).toMatchObject({ number: 4, what: 'missing' })
  expect(await brokenBy(move, auditKeys.entry(7), auditKeys.entry(2))).toMatchObject({ number: 2, what: 'missing' })
  expect(await brokenBy(move, `${auditKeys.entry()}x`, auditKeys.entry(4))).toMatchObject({ number: 4 })
  expect(
    await brokenBy('INSERT INTO docs(key, value, version) VALUES (?, ?, 1)', auditKeys.entry(5), '"{}"'),
  ).toMatchObject({ number: 5, what: 'altered' })
})
