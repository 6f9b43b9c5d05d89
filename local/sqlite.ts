// How SQLite is opened and written on one machine: one connection, WAL, each commit on disk before it returns.

import { DatabaseSync } from 'node:sqlite'

export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  // Another process (the CLI beside a running host) may hold the write lock for a moment.
  db.exec('PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  return db
}

/** Runs `work` in one transaction; what it throws rolls everything back and is thrown on. */
export function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    work()
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
