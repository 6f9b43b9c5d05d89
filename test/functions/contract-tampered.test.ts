// A stored contract that somebody changed beside the API: whatever byte, field or document of it, `kilowatch verify`
// names what was changed, never passes, and never ends with an error of its own.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HOUR_MS } from '../../domain/calendar.ts'
import { canonicalJson } from '../../domain/canonical.ts'
import { alteredContract } from '../../functions/contracting/verify.ts'
import { verifyAudit } from '../../functions/state/audit.ts'
import { openDatabase } from '../../local/sqlite.ts'
import { runsOf } from '../campaign.ts'
import { apiCall } from './api-call.ts'
import { builtYear, signedContract, TERMS } from './contract-year.ts'
import { meter, type TestPlatform } from './province.ts'

const PATH = 'contracts/EPC-1'
const [SEPTEMBER, CONTRACT] = ['settlement/EPC-1/2025-09', 'contract/EPC-1']
let platform: TestPlatform
let db: ReturnType<typeof openDatabase>
let remove: () => Promise<void>

async function ok(method: string, path: string, body?: unknown) {
  const { status, body: answer } = await apiCall(platform, method, path, body)
  expect([path, status, answer.detail]).toEqual([path, 200, undefined])
  return answer
}

/** Every act that a contract knows, once at least. */
beforeAll(async () => {
  platform = await builtYear({
    atEnd: (end) => {
      remove = end
    },
  })
  const owner = { party: 'owner', who: '王' }
  const contractor = { party: 'contractor', who: '李' }
  const change = { kind: 'perDay', from: '2025-09-01', to: '2025-11-01', amountPerDay: 60 }
  await ok('PUT', PATH, { terms: { ...TERMS, name: '草案' } })
  await ok('POST', `${PATH}/adjustments`, { ...contractor, reason: '草案', change })
  await signedContract(platform, TERMS)
  await ok('POST', `${PATH}/settle`, { who: '核算' })
  const september = `${PATH}/settlements/2025-09`
  await ok('POST', `${september}/sign`, { ...owner, revision: 1 })
  await ok('POST', `${september}/dispute`, { ...contractor, revision: 1, reason: '新增机房用电' })
  for (const one of [2, 3, 4]) await ok('POST', `${PATH}/adjustments`, { ...contractor, reason: `机房 ${one}`, change })
  await ok('POST', `${PATH}/adjustments/2/accept`, owner)
  await ok('POST', `${PATH}/adjustments/3/reject`, owner)
  await ok('POST', `${PATH}/adjustments/4/withdraw`, contractor)
  await ok('POST', `${september}/resolve`, { ...owner, revision: 1, outcome: 'upheld', note: '见调整 2' })
  await ok('POST', `${PATH}/settle`, { who: '核算' })
  for (const one of [owner, contractor]) await ok('POST', `${september}/sign`, { ...one, revision: 2 })
  for (const fen of [1234, 99]) await ok('POST', `${september}/pay`, { who: '出纳', paidOn: '2026-05-02', fen })
  await haltedByReplacement()
  db = openDatabase(join(platform.folder, 'state.sqlite'))
  db.exec('PRAGMA synchronous = OFF')
}, 60_000)
afterAll(async () => {
  db.close()
  await remove()
})

async function haltedByReplacement(): Promise<void> {
  const atMs = Date.parse('2026-04-10T00:00:00+08:00')
  const { points } = await ok('GET', `meters/A-E/series?grain=raw&from=${atMs}&to=${atMs + HOUR_MS}`)
  const replacements = [{ atMs, finalValue: points[0].value, startValue: points[0].value }]
  await ok('PUT', 'registry', { meters: [meter('A-E', 'A', { replacements })], rewritePast: true })
  expect((await ok('POST', `${PATH}/settle`, { who: '核算' })).blocked).not.toBeNull()
}

/** What verify says of the folder: the broken link, or the altered act. */
const verdict = async (): Promise<unknown> =>
  (await verifyAudit(platform.state)).broken ?? (await alteredContract(platform.state))
const NAMED = expect.objectContaining({ detail: expect.stringMatching(/./) })

interface Row {
  key: string
  value: string
}
const rowsOf = (prefix: string): Row[] => {
  const rows = db.prepare('SELECT key, value FROM docs WHERE key >= ? AND key < ?').all(prefix, `${prefix}\u{10FFFF}`)
  expect(rows.length).toBeGreaterThan(0)
  return rows as unknown as Row[]
}

/** What verify says while a document has another text; an error of its own as text. */
async function verdictOn({ key, value }: Row, changed: string): Promise<unknown> {
  const update = db.prepare('UPDATE docs SET value = ? WHERE key = ?')
  update.run(changed, key)
  const said = await verdict().catch(String)
  update.run(value, key)
  return said
}

const isSameValue = (one: string, other: string): boolean => {
  try {
    return canonicalJson(JSON.parse(one)) === canonicalJson(JSON.parse(other))
  } catch {
    return false
  }
}

test('holds as the API wrote it, with voided signatures and a replaced draft', async () => {
  expect(await verdict()).toBeNull()
})

/** Bytes that are changed in each document, evenly over it. */
const BYTES = runsOf({ test: 10, campaign: 30 })
/** Of the changed fields, one in so many. */
const FIELDS_STEP = runsOf({ test: 4, campaign: 1 })
test('a changed byte is named', { timeout: 120_000 }, async () => {
  const missed: unknown[] = []
  let tried = 0
  for (const row of [...rowsOf('contract/'), ...rowsOf(SEPTEMBER), ...rowsOf('audit/')]) {
    const { value } = row
    const step = Math.max(1, value.length / BYTES)
    for (let place = 0; place < value.length; place += step) {
      const at = Math.floor(place)
      const changed = `${value.slice(0, at)}${value[at] === '1' ? '2' : '1'}${value.slice(at + 1)}`
      if (isSameValue(changed, value)) continue
      tried += 1
      const said = await verdictOn(row, changed)
      if (said === null || typeof said === 'string') missed.push([row.key, value.slice(at - 30, at + 10), said])
    }
  }
  expect(missed).toEqual([])
  expect(tried).toBeGreaterThan(150)
})

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** Compared as a whole: their parts are left to the bytes above. */
const WHOLE = ['terms', 'baseline', 'settlement', 'change']

/** A value with one part gone, doubled, in another order or of another kind. */
function* variantsOf(value: Json): Generator<[path: string, changed: Json]> {
  for (const other of [null, 0, 'x', [], {}]) yield [`→ ${JSON.stringify(other)}`, other]
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    if (value.length > 50) return
    yield ['reversed', value.toReversed()]
    for (const [place, own] of value.entries()) {
      yield [`${place} gone`, value.toSpliced(place, 1)]
      yield [`${place} twice`, [...value, own]]
      for (const [path, changed] of variantsOf(own)) yield [`${place}.${path}`, value.with(place, changed)]
    }
    return
  }
  yield ['a new field', { ...value, more: 1 }]
  for (const [name, own] of Object.entries(value)) {
    const { [name]: _, ...rest } = value
    yield [`${name} gone`, rest]
    const parts = WHOLE.includes(name) ? [['a new field', { ...(own as object), more: 1 }] as const] : variantsOf(own)
    for (const [path, changed] of parts) yield [`${name}.${path}`, { ...value, [name]: changed }]
  }
}

/** Orders of these mean nothing. */
const UNORDERED = /(payments|adjustments)\.reversed/
test('a changed field is named', { timeout: 120_000 }, async () => {
  const missed: unknown[] = []
  let tried = 0
  for (const row of [...rowsOf('contract/'), ...rowsOf(SEPTEMBER)])
    for (const [path, changed] of variantsOf(JSON.parse(row.value) as Json)) {
      const text = JSON.stringify(changed)
      if (UNORDERED.test(path) || isSameValue(text, row.value)) continue
      tried += 1
      if (tried % FIELDS_STEP > 0) continue
      const said = await verdictOn(row, text)
      if (said === null || typeof said === 'string') missed.push([row.key, path, said])
    }
  expect(missed).toEqual([])
  expect(tried).toBeGreaterThan(500)
})

test('a document that was moved, copied, taken out or written anew is named', async () => {
  const rename = (from: string, to: string) => void db.prepare('UPDATE docs SET key = ? WHERE key = ?').run(to, from)
  const copy = (from: string, to: string) =>
    void db.prepare('INSERT INTO docs SELECT ?, value, version FROM docs WHERE key = ?').run(to, from)
  const takeOut = (key: string) => void db.prepare('DELETE FROM docs WHERE key = ?').run(key)
  for (const [from, to] of [
    [CONTRACT, 'contract/EPC-2'],
    [SEPTEMBER, 'settlement/EPC-1/2027-09'],
    [SEPTEMBER, 'settlement/EPC-9/2025-09'],
  ] as const) {
    rename(from, to)
    expect([`moved to ${to}`, await verdict()]).toEqual([`moved to ${to}`, NAMED])
    rename(to, from)
    copy(from, to)
    expect([`copied to ${to}`, await verdict()]).toEqual([`copied to ${to}`, NAMED])
    takeOut(to)
    copy(from, 'kept')
    takeOut(from)
    expect([`without ${from}`, await verdict()]).toEqual([`without ${from}`, NAMED])
    rename('kept', from)
  }
  expect(await verdict()).toBeNull()
  // A contract that was signed by both and taken out does not begin anew as if it had never been.
  for (const { key } of [...rowsOf('contract/'), ...rowsOf('settlement/')]) takeOut(key)
  await ok('PUT', PATH, { terms: { ...TERMS, boundary: [{ meter: 'A-E', replacedOn: ['2026-04-10'] }] } })
  expect(await verdict()).toMatchObject({ act: 'contract.put EPC-1' })
})
