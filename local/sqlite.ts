// Opens and writes SQLite on one machine: one connection, WAL, each commit on disk before it returns.

import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

/** A month's document fills one or two pages: 4 to 12 % off judging a province against SQLite's own 4,096. */
const PAGE_BYTES = 8_192
/** Page cache: holds the pages that one settling pass writes again and again. */
const CACHE_KIB = 64 * 1024
/** The log is merged into the file at 64 MB: rare, and still replayed in well under a second. */
const WAL_PAGES = (64 * 1024 ** 2) / PAGE_BYTES

/** With a thread that merges the log, this is only for a thread that cannot follow. */
const WAL_PAGES_APART = 8 * WAL_PAGES

/** Memory-mapped reads avoid a copy: a third off reading a province's hours, where the system has memory. */
const MAPPED_BYTES = 4 * 1024 ** 3

/** A cache serves nobody who reads each document once. */
const CACHE_KIB_ONCE = 8 * 1024

/** `readsOnce`: a pass over all documents, as a report makes it; calls `unmap` now and then. */
export function openDatabase(path: string, { readsOnce = false } = {}): DatabaseSync {
  const db = new DatabaseSync(path)
  // Another process (the CLI beside a running host) may hold the write lock for a moment.
  // Of a new file, before it has a page; one of an earlier version keeps its own.
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}`)
  db.exec('PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec(`PRAGMA cache_size = -${readsOnce ? CACHE_KIB_ONCE : CACHE_KIB}; PRAGMA wal_autocheckpoint = ${WAL_PAGES}`)
  db.exec(`PRAGMA mmap_size = ${MAPPED_BYTES}`)
  return db
}

/**
 * Gives back the memory of mapped pages: they count as resident until then, and a pass over a province's documents
 * would gather gigabytes of them in each thread. Reading without a map takes twice the processor time.
 */
export const unmap = (db: DatabaseSync): void => db.exec(`PRAGMA mmap_size = 0; PRAGMA mmap_size = ${MAPPED_BYTES}`)

/** Merges the log in a thread of its own until the end of the returned function. */
export function checkpointApart(db: DatabaseSync, path: string): () => Promise<void> {
  db.exec(`PRAGMA wal_autocheckpoint = ${WAL_PAGES_APART}`)
  // JavaScript: no thread may load TypeScript (docs/decisions/0063).
  const worker = new Worker(new URL('./checkpoint-worker.mjs', import.meta.url), { workerData: path })
  worker.unref()
  // Without the thread, the log grows to the larger limit and is merged by this one.
  worker.on('error', (error) => console.error(`kilowatch: the log of "${path}" is not merged apart: ${error.message}`))
  return async () => void (await worker.terminate())
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
