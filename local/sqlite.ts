// Opens and writes SQLite on one machine: one connection, WAL, each commit on disk before it returns.

import { DatabaseSync } from 'node:sqlite'

/** Page cache: holds the pages that one settling pass writes again and again. */
const CACHE_KIB = 64 * 1024
/** The log is merged into the file at 64 MB: rare, and still replayed in well under a second. */
const WAL_PAGES = 16_384

/** Memory-mapped reads avoid a copy: a third off reading a province's hours, where the system has memory. */
const MAPPED_BYTES = 4 * 1024 ** 3

export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  // Another process (the CLI beside a running host) may hold the write lock for a moment.
  db.exec('PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec(
    `PRAGMA cache_size = -${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${WAL_PAGES}; PRAGMA mmap_size = ${MAPPED_BYTES}`,
  )
  return db
}

const turnListeners = new WeakMap<DatabaseSync, (turn: number) => void>()

/** Number of durable transactions; SQLite's own field for a number of the application. */
export const turnOf = (db: DatabaseSync): number =>
  (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version

/** Calls `listener` after each durable transaction. */
export const onTurn = (db: DatabaseSync, listener: (turn: number) => void): void => void turnListeners.set(db, listener)

/**
 * Runs `work` in one transaction, which is on disk when it returns. An error of `work` rolls everything back and is
 * rethrown.
 */
export function inTransaction(db: DatabaseSync, work: () => void): void {
  let turn = 0
  commit(db, () => {
    work()
    turn = turnOf(db) + 1
    db.exec(`PRAGMA user_version = ${turn}`)
  })
  turnListeners.get(db)?.(turn)
}

function commit(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    work()
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK') // a failed COMMIT may have ended it already
    throw error
  }
}

/**
 * The same for derived data: on disk no later than the next durable transaction, since both use one log, in order. A
 * power cut before that undoes it as a whole; a killed process does not.
 */
export function inDerivedTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('PRAGMA synchronous = NORMAL')
  try {
    commit(db, work)
  } finally {
    db.exec('PRAGMA synchronous = FULL')
  }
}
