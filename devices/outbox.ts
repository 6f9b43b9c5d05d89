// Stores finished MQTT messages on the gateway's disk until the broker has acknowledged them. One SQLite file per
// gateway; messages that `append` has written survive SIGKILL and power loss. Sends nothing itself.

import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { PAYLOAD_BYTES_MAX } from '../domain/wire/reading.ts'

/** 64 MiB is about 700,000 readings: ten weeks of 100 meters every 15 minutes. */
const BYTES_MAX = 64 * 1024 * 1024
/** Limits the rows when messages are small. */
const ENTRIES_MAX = 1_000_000
const SCHEMA_VERSION = 1

export interface OutboxEntry {
  /** Rises by one with each message of the gateway, also across restarts; starts at 1. */
  seq: number
  /** Readings in the payload. */
  readings: number
  /** The MQTT payload, UTF-8 JSON. */
  payload: Uint8Array
}

export interface OutboxOptions {
  /** Path of the SQLite file; created when missing. Only one process may hold it open. */
  file: string
  entriesMax?: number
  /** Payload bytes; the file is somewhat larger. */
  bytesMax?: number
  /**
   * Policy when a message does not fit. `dropOldest` (default): deletes the oldest messages, because the newest
   * readings tell the present state; counts the losses on disk. `refuse`: `append` throws OutboxFull and the source
   * waits.
   */
  overflow?: 'dropOldest' | 'refuse'
}

export interface OutboxFigures {
  /** Waiting messages. */
  entries: number
  bytes: number
  readings: number
  /** Lost to `dropOldest` since the file was created. A message whose PUBACK got lost counts although it arrived. */
  droppedEntries: number
  droppedReadings: number
}

/** Under `refuse`: nothing was appended; try again after an acknowledgement. */
export class OutboxFull extends Error {
  override name = 'OutboxFull'
}

export class Outbox {
  readonly entriesMax: number
  readonly bytesMax: number
  readonly #overflow: 'dropOldest' | 'refuse'
  readonly #db: DatabaseSync
  readonly #statements: Statements
  readonly #figures: OutboxFigures
  #lastSeq: number
  #heldSeq = 0

  /** Opens or creates the file. Throws when it is broken, of another version, or open in another process. */
  constructor({ file, entriesMax = ENTRIES_MAX, bytesMax = BYTES_MAX, overflow = 'dropOldest' }: OutboxOptions) {
    // An outbox too small for the largest message could never send it.
    if (entriesMax < 1 || bytesMax < PAYLOAD_BYTES_MAX) {
      throw new RangeError(`an outbox holds at least 1 entry and ${PAYLOAD_BYTES_MAX} bytes`)
    }
    this.entriesMax = entriesMax
    this.bytesMax = bytesMax
    this.#overflow = overflow
    this.#db = openFile(file)
    this.#statements = prepareStatements(this.#db)
    const { lastSeq, droppedEntries, droppedReadings } = this.#statements.ledger.get() as unknown as Ledger
    this.#lastSeq = lastSeq
    this.#figures = { ...(this.#statements.sums.get() as unknown as Sums), droppedEntries, droppedReadings }
  }

  /** The sequence number that the next appended message must carry. */
  get nextSeq(): number {
    return this.#lastSeq + 1
  }

  get figures(): OutboxFigures {
    return { ...this.#figures }
  }

  /**
   * Adds messages in one transaction, on disk when it returns. Their seqs must continue from `nextSeq`. Throws
   * OutboxFull under `refuse`, RangeError when the batch alone is larger than the outbox.
   */
  append(batch: readonly OutboxEntry[]): void {
    const bytes = batch.reduce((sum, entry) => sum + entry.payload.byteLength, 0)
    this.#checkBatch(batch, bytes)
    this.#transact(() => {
      const surplus = this.#surplus(batch.length, bytes)
      if (surplus && this.#overflow === 'refuse') throw new OutboxFull(`the outbox holds ${this.#figures.bytes} bytes`)
      if (surplus) this.#dropOldest(batch.length, bytes)
      for (const { seq, readings, payload } of batch) {
        this.#statements.insert.run(seq, readings, payload.byteLength, payload)
        this.#figures.readings += readings
      }
      this.#figures.entries += batch.length
      this.#figures.bytes += bytes
      this.#lastSeq += batch.length
      this.#statements.saveLedger.run(this.#lastSeq, this.#figures.droppedEntries, this.#figures.droppedReadings)
    })
  }

  /** The oldest messages after `seq`, at most `limit`, oldest first. They stay until acknowledged. */
  peek(seq: number, limit: number): OutboxEntry[] {
    return this.#statements.peek.all(seq, limit) as unknown as OutboxEntry[]
  }

  /** Marks the messages up to and including `seq` as on the wire: overflow drops later ones first. */
  hold(seq: number): void {
    this.#heldSeq = seq
  }

  /**
   * Deletes acknowledged messages; unknown seqs are ignored. Not synced to disk at once: a deletion lost in a power cut
   * means that the message is sent again, and a reading sent twice counts once.
   */
  acknowledge(seqs: readonly number[]): void {
    if (seqs.length === 0) return
    this.#db.exec('PRAGMA synchronous = NORMAL')
    try {
      this.#transact(() => {
        for (const seq of seqs) this.#remove(seq)
      })
    } finally {
      this.#db.exec('PRAGMA synchronous = FULL')
    }
  }

  close(): void {
    this.#db.close()
  }

  #checkBatch(batch: readonly OutboxEntry[], bytes: number): void {
    if (batch.length > this.entriesMax || bytes > this.bytesMax) {
      throw new RangeError(`${batch.length} messages of ${bytes} bytes are more than the outbox can ever hold`)
    }
    for (const [index, { seq }] of batch.entries()) {
      if (seq !== this.nextSeq + index) throw new RangeError(`message ${seq} where ${this.nextSeq + index} was due`)
    }
  }

  #surplus(entries: number, bytes: number): boolean {
    return this.#figures.entries + entries > this.entriesMax || this.#figures.bytes + bytes > this.bytesMax
  }

  /** Messages on the wire are dropped last: they are about to be delivered, and would be counted as lost. */
  #dropOldest(entries: number, bytes: number): void {
    for (const after of [this.#heldSeq, 0]) {
      while (this.#surplus(entries, bytes)) {
        const oldest = this.#statements.oldest.get(after) as { seq: number } | undefined
        if (!oldest) break
        this.#figures.droppedReadings += this.#remove(oldest.seq)
        this.#figures.droppedEntries += 1
      }
    }
  }

  /** Deletes one message; returns its number of readings, 0 when it does not exist. */
  #remove(seq: number): number {
    const gone = this.#statements.remove.get(seq) as { readings: number; bytes: number } | undefined
    if (!gone) return 0
    this.#figures.entries -= 1
    this.#figures.bytes -= gone.bytes
    this.#figures.readings -= gone.readings
    return gone.readings
  }

  #transact(work: () => void): void {
    const before = { ...this.#figures }
    const lastSeq = this.#lastSeq
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      Object.assign(this.#figures, before)
      this.#lastSeq = lastSeq
      throw error
    }
  }
}

interface Ledger {
  lastSeq: number
  droppedEntries: number
  droppedReadings: number
}
type Sums = Pick<OutboxFigures, 'entries' | 'bytes' | 'readings'>
type Statements = Record<'insert' | 'peek' | 'oldest' | 'remove' | 'ledger' | 'saveLedger' | 'sums', StatementSync>

/**
 * WAL with synchronous=FULL: a commit is on disk when it returns. The exclusive lock keeps a second gateway process
 * from sending the same messages; the system releases it when the process dies.
 */
function openFile(file: string): DatabaseSync {
  const db = new DatabaseSync(file)
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    db.exec('BEGIN IMMEDIATE')
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version === 0) db.exec(SCHEMA)
    else if (version !== SCHEMA_VERSION) throw new Error(`it has schema version ${version}, not ${SCHEMA_VERSION}`)
    db.exec('COMMIT')
    return db
  } catch (error) {
    db.close()
    throw new Error(`cannot use the outbox ${file}: ${(error as Error).message}`, { cause: error })
  }
}

const SCHEMA = `
  CREATE TABLE entry (seq INTEGER PRIMARY KEY, readings INTEGER NOT NULL, bytes INTEGER NOT NULL,
    payload BLOB NOT NULL) STRICT;
  CREATE TABLE ledger (one INTEGER PRIMARY KEY CHECK (one = 1), lastSeq INTEGER NOT NULL,
    droppedEntries INTEGER NOT NULL, droppedReadings INTEGER NOT NULL) STRICT;
  INSERT INTO ledger VALUES (1, 0, 0, 0);
  PRAGMA user_version = ${SCHEMA_VERSION}`

function prepareStatements(db: DatabaseSync): Statements {
  return {
    insert: db.prepare('INSERT INTO entry (seq, readings, bytes, payload) VALUES (?, ?, ?, ?)'),
    peek: db.prepare('SELECT seq, readings, payload FROM entry WHERE seq > ? ORDER BY seq LIMIT ?'),
    oldest: db.prepare('SELECT seq FROM entry WHERE seq > ? ORDER BY seq LIMIT 1'),
    remove: db.prepare('DELETE FROM entry WHERE seq = ? RETURNING readings, bytes'),
    ledger: db.prepare('SELECT lastSeq, droppedEntries, droppedReadings FROM ledger'),
    saveLedger: db.prepare('UPDATE ledger SET lastSeq = ?, droppedEntries = ?, droppedReadings = ?'),
    sums: db.prepare(
      'SELECT count(*) AS entries, coalesce(sum(bytes), 0) AS bytes, coalesce(sum(readings), 0) AS readings FROM entry',
    ),
  }
}
