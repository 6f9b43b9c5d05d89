// Stores keyed JSON documents in SQLite, for one machine. Every write is durable when its promise resolves.

import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Doc, type DocWrite, type QueryOptions, type StateStore, VersionConflict } from '../functions/platform.ts'
import { inDerivedTransaction, inTransaction } from './sqlite.ts'

/** SQLite's value for no limit. */
const NO_LIMIT = -1

/** A put of at least this many documents, some milliseconds of work, yields to the event loop. */
const DOCS_PER_TURN = 50
/** Of a query, documents parsed before the event loop gets a turn. */
const DOCS_READ_PER_TURN = 500

interface Row {
  key: string
  value: string
  version: number
}

/** A document as its text. */
interface TextWrite {
  key: string
  text: string
  ifVersion: number | undefined
}
export interface LocalStateStore extends StateStore {
  /** `put` of documents whose text another thread has made. */
  putTexts(docs: readonly TextWrite[], options?: Parameters<StateStore['put']>[1]): Promise<void>
}

export function openStateStore(db: DatabaseSync): LocalStateStore {
  db.exec(
    'CREATE TABLE IF NOT EXISTS docs(key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID',
  )
  const select = db.prepare('SELECT key, value, version FROM docs WHERE key = ?')
  const selectVersion = db.prepare('SELECT version FROM docs WHERE key = ?')
  const upsert = db.prepare(
    'INSERT INTO docs(key, value, version) VALUES (?, ?, 1) ON CONFLICT(key) DO UPDATE SET value = excluded.value, version = version + 1',
  )
  const remove = db.prepare('DELETE FROM docs WHERE key = ?')
  // The seek starts at the greater of prefix and `after`; the plus keeps SQLite from seeking by `after` alone.
  const scan = db.prepare(
    'SELECT key, value, version FROM docs WHERE key >= max(?1, ?2) AND +key > ?2 AND key < ?3 ORDER BY key LIMIT ?4',
  )
  const scanBack = db.prepare(
    'SELECT key, value, version FROM docs WHERE key >= ?1 AND key < min(?2, ?3) ORDER BY key DESC LIMIT ?4',
  )
  const read = <T>(key: string): Doc<T> | undefined => {
    const row = select.get(key) as unknown as Row | undefined
    return row && toDoc<T>(row)
  }

  const versionOf = (key: string): number => (selectVersion.get(key) as Pick<Row, 'version'> | undefined)?.version ?? 0

  async function putTexts(docs: Iterable<TextWrite>, { derived = false } = {}): Promise<void> {
    let count = 0
    const write = derived ? inDerivedTransaction : inTransaction
    write(db, () => {
      for (const { key, text, ifVersion } of docs) {
        if (ifVersion !== undefined && versionOf(key) !== ifVersion) throw new VersionConflict(key)
        upsert.run(key, text)
        count++
      }
    })
    if (count >= DOCS_PER_TURN) await nextTurn()
  }

  return {
    async get<T>(key: string) {
      return read<T>(key)
    },

    async getMany<T>(keys: readonly string[]) {
      const found: Doc<T>[] = []
      for (const [place, key] of keys.entries()) {
        if (place % DOCS_PER_TURN === DOCS_PER_TURN - 1) await nextTurn()
        const doc = read<T>(key)
        if (doc) found.push(doc)
      }
      return found
    },

    putTexts,

    async put(docs: readonly DocWrite[], options) {
      if (docs.length > 0) await putTexts(textsOf(docs), options)
    },

    async delete(keys: readonly string[]) {
      if (keys.length === 0) return
      inTransaction(db, () => {
        for (const key of keys) remove.run(key)
      })
    },

    async query<T>(prefix: string, { after, limit = NO_LIMIT, descending = false }: QueryOptions = {}) {
      const end = `${prefix}\u{10FFFF}`
      const rows = descending
        ? scanBack.all(prefix, after ?? end, end, limit)
        : scan.all(prefix, after ?? '', end, limit)
      const found: Doc<T>[] = []
      for (const row of rows as unknown as Row[]) {
        if (found.length % DOCS_READ_PER_TURN === DOCS_READ_PER_TURN - 1) await nextTurn()
        found.push(toDoc<T>(row))
      }
      return found
    },
  }
}

/** One by one: all texts of a large put at once would double its memory. */
function* textsOf(docs: readonly DocWrite[]): Generator<TextWrite> {
  for (const { key, value, ifVersion } of docs) yield { key, text: JSON.stringify(value), ifVersion }
}
const toDoc = <T>(row: Row): Doc<T> => ({ key: row.key, value: JSON.parse(row.value) as T, version: row.version })
