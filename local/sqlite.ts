// How SQLite is opened and written on one machine: one connection, WAL, each commit on disk before it returns.

import { DatabaseSync } from 'node:sqlite'

/** The pages that one settling pass writes again and again. */
const CACHE_KIB = 64 * 1024
/** The log is folded into the file at 64 MB: rare, and still replayed in well under a second. */
const WAL_PAGES = 16_384

/**
 * Read without copying through a buffer of our own: a third off reading a province's hours, where the system has
 * memory.
 */
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

/** Runs `work` in one transaction; what it throws rolls everything back and is thrown on. On disk when it returns. */
export function inTransaction(db: DatabaseSync, work: () => void): void {
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
 * The same for what can be derived again: on disk no later than the next transaction that is, since both go through one
 * log, in order. A power cut before that takes it back whole; a killed process does not.
 */
export function inDerivedTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('PRAGMA synchronous = NORMAL')
  try {
    inTransaction(db, work)
  } finally {
    db.exec('PRAGMA synchronous = FULL')
  }
}
