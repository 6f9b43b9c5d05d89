// What the contract cannot see of consumption on one machine: a file that an older release wrote.

import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { sumsOf } from '../../functions/settling/sum.ts'
import { openConsumptionStore } from '../../local/consumption-store.ts'

test('days of a release that kept no sums are summed from their hours, beside new ones', async () => {
  const db = new DatabaseSync(':memory:')
  onTestFinished(() => db.close())
  db.exec(`CREATE TABLE meter_keys(id TEXT PRIMARY KEY, key INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE days(day INTEGER, meter INTEGER, hours BLOB NOT NULL, events TEXT, PRIMARY KEY(day, meter)) WITHOUT ROWID;
    INSERT INTO meter_keys VALUES ('old', 0)`)
  const bytes = new Uint8Array(24 * 9)
  new Float64Array(bytes.buffer, 0, 24).fill(0.1)
  db.prepare('INSERT INTO days VALUES (?, 0, ?, NULL)').run(20_000, bytes)
  const store = openConsumptionStore(db)
  const fresh = { amounts: new Float64Array(24).fill(0.7), flags: new Uint8Array(24), events: [] }
  await store.put(['old', 'new'].map((meter) => ({ meter, day: 20_001, ...fresh })))
  const sums = await store.sums(['old', 'new'], 20_000, 20_002)
  expect(sums).toEqual(sumsOf(await store.get(['old', 'new'], 20_000, 20_002), 20_000, 20_002))
  expect([...sums].map(([meter, { hoursKnown }]) => [meter, [...hoursKnown]])).toEqual([
    ['old', [24, 24]],
    ['new', [0, 24]],
  ])
})
