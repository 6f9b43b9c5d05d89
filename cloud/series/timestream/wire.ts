// One table of Timestream for LiveAnalytics: records written a hundred at a time and refused one by one, queries read
// page by page, both asked again while the service throttles. SQL contains only our own names and numbers, and checked
// ids.

import { QueryCommand, type Row, type TimestreamQueryClient } from '@aws-sdk/client-timestream-query'
import {
  RejectedRecordsException,
  type _Record as TimestreamRecord,
  type TimestreamWriteClient,
  WriteRecordsCommand,
} from '@aws-sdk/client-timestream-write'
import { must } from '../../../domain/must.ts'
import { inParallel, insist, isPassingAwsFailure, PATIENCE, type Patience, parted } from '../../backoff.ts'

/** WriteRecords' limit. */
const RECORDS_PER_WRITE = 100
const WRITES_AT_ONCE = 8
/** Rounds of rewriting records that a higher version had overtaken. */
const OVERTAKEN_ROUNDS = 3

export interface TimestreamTable {
  write: TimestreamWriteClient
  query: TimestreamQueryClient
  database: string
  table: string
  patience?: Patience
}
export interface RefusedRecord {
  /** Place in the list given. */
  index: number
  reason: string
  /** The stored version, when it is the reason. */
  existingVersion?: number
}

export function openTimestreamTable({ write, query, database, table, patience = PATIENCE }: TimestreamTable) {
  const name = `${quotedName(database)}.${quotedName(table)}`

  async function writeOnce(records: readonly TimestreamRecord[], common: TimestreamRecord): Promise<RefusedRecord[]> {
    const command = new WriteRecordsCommand({
      DatabaseName: database,
      TableName: table,
      Records: [...records],
      CommonAttributes: common,
    })
    try {
      await insist(() => write.send(command), isPassingAwsFailure, patience)
      return []
    } catch (error) {
      // All records that the error does not name were stored.
      if (!(error instanceof RejectedRecordsException)) throw error
      return (error.RejectedRecords ?? []).map(({ RecordIndex = 0, Reason = 'no reason given', ExistingVersion }) => ({
        index: RecordIndex,
        reason: Reason,
        ...(ExistingVersion !== undefined && { existingVersion: Number(ExistingVersion) }),
      }))
    }
  }

  return {
    /**
     * Writes all records; returns those refused for good. Throws when the service stays unavailable: then some may be
     * stored.
     */
    async write(records: readonly TimestreamRecord[], common: TimestreamRecord): Promise<RefusedRecord[]> {
      const refused: RefusedRecord[] = []
      const starts = parted([...records.keys()], RECORDS_PER_WRITE)
      await inParallel(starts, WRITES_AT_ONCE, async (indexes) => {
        const own = indexes.map((index) => must(records[index]))
        for (const one of await writeOnce(own, common)) refused.push({ ...one, index: must(indexes[one.index]) })
      })
      return refused.sort((a, b) => a.index - b.index)
    },

    /**
     * Writes records that must replace stored ones: where a higher version is stored, writes once more under the next
     * version.
     */
    async replace(records: readonly TimestreamRecord[], common: TimestreamRecord): Promise<RefusedRecord[]> {
      let refused = await this.write(records, common)
      for (let round = 1; round <= OVERTAKEN_ROUNDS; round++) {
        const overtaken = refused.filter(({ existingVersion }) => existingVersion !== undefined)
        if (overtaken.length === 0) break
        const again = overtaken.map(({ index, existingVersion = 0 }) => ({
          ...records[index],
          Version: existingVersion + 1,
        }))
        const still = await this.write(again, common)
        refused = [
          ...refused.filter(({ existingVersion }) => existingVersion === undefined),
          ...still.map((one) => ({ ...one, index: must(overtaken[one.index]).index })),
        ]
      }
      return refused
    },

    /** Rows of `SELECT … FROM <table> …`, each a list of texts, null for a missing value. */
    async *rows(select: string, rest: string): AsyncGenerator<(string | null)[]> {
      const QueryString = `SELECT ${select} FROM ${name} ${rest}`
      let NextToken: string | undefined
      do {
        const page = await insist(
          () => query.send(new QueryCommand({ QueryString, NextToken })),
          isPassingAwsFailure,
          patience,
        ).catch((error: Error) => {
          if (isEmptyTable(error)) return undefined
          throw error
        })
        for (const row of page?.Rows ?? []) yield textsOf(row)
        NextToken = page?.NextToken
      } while (NextToken !== undefined)
    },
  }
}

const textsOf = ({ Data = [] }: Row): (string | null)[] => Data.map(({ ScalarValue }) => ScalarValue ?? null)

/** A column exists only once a record has it. */
const isEmptyTable = ({ name, message }: Error): boolean =>
  name === 'ValidationException' && /Column '.*' does not exist/i.test(message)

function quotedName(name: string): string {
  if (!/^[A-Za-z0-9._-]{3,256}$/.test(name)) throw new RangeError(`"${name}" is no name of a database or table`)
  return `"${name}"`
}

/** `from ≤ time < to` as a condition; Infinity is allowed on either side. */
export function timestreamTimeBetween(fromMs: number, toMs: number): string {
  const from = Number.isFinite(fromMs) ? ` AND time >= from_milliseconds(${Math.ceil(fromMs)})` : ''
  const to = Number.isFinite(toMs) ? ` AND time < from_milliseconds(${Math.ceil(toMs)})` : ''
  return from + to
}

/** Meters named in one statement, which may be 256 KB long. */
export const TIMESTREAM_METERS_PER_QUERY = 2_000
