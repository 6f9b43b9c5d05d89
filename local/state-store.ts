// Keyed JSON documents in SQLite, for one machine. Every write is durable when its promise resolves.

import type { DatabaseSync } from 'node:sqlite'
import { type Doc, type DocWrite, type StateStore, VersionConflict } from '../functions/platform.ts'
import { inTransaction } from './sqlite.ts'

/** A page of `query` unless the caller asks for another size. */
const QUERY_LIMIT = 100_000

interface Row {
  key: string
  value: string
  version: number
}

export function openStateStore(db: DatabaseSync): StateStore {
  db.exec(
    'CREATE TABLE IF NOT EXISTS docs(key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID',
  )
  const select = db.prepare('SELECT key, value, version FROM docs WHERE key = ?')
  const upsert = db.prepare(
    'INSERT INTO docs(key, value, version) VALUES (?, ?, 1) ON CONFLICT(key) DO UPDATE SET value = excluded.value, version = version + 1',
  )
  const remove = db.prepare('DELETE FROM docs WHERE key = ?')
  // One lower bound each: given two, SQLite seeks by the first it finds, which may be the far one.
  const scanFrom = db.prepare('SELECT key, value, version FROM docs WHERE key >= ? AND key < ? ORDER BY key LIMIT ?')
  const scanAfter = db.prepare('SELECT key, value, version FROM docs WHERE key > ? AND key < ? ORDER BY key LIMIT ?')
  const read = <T>(key: string): Doc<T> | undefined => {
    const row = select.get(key) as unknown as Row | undefined
    return row && toDoc<T>(row)
  }

  return {
    async get<T>(key: string) {
      return read<T>(key)
    },

    async getMany<T>(keys: readonly string[]) {
      return keys.map((key) => read<T>(key)).filter((doc) => doc !== undefined)
    },

    async put(docs: readonly DocWrite[]) {
      if (docs.length === 0) return
      inTransaction(db, () => {
        for (const { key, value, ifVersion } of docs) {
          if (ifVersion !== undefined && (read(key)?.version ?? 0) !== ifVersion) throw new VersionConflict(key)
          upsert.run(key, JSON.stringify(value))
        }
      })
    },

    async delete(keys: readonly string[]) {
      if (keys.length === 0) return
      inTransaction(db, () => {
        for (const key of keys) remove.run(key)
      })
    },

    async query<T>(prefix: string, { after = '', limit = QUERY_LIMIT } = {}) {
      const end = `${prefix}\u{10FFFF}`
      const rows = after < prefix ? scanFrom.all(prefix, end, limit) : scanAfter.all(after, end, limit)
      return (rows as unknown as Row[]).map((row) => toDoc<T>(row))
    },
  }
}

const toDoc = <T>(row: Row): Doc<T> => ({ key: row.key, value: JSON.parse(row.value) as T, version: row.version })
