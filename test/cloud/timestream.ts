// Timestream for LiveAnalytics for tests: behind the SDK's two clients, the limits and rules that AWS documents
// (Quotas, WriteRecords, Record, RejectedRecord), and the statements themselves, run as they are by DuckDB. It is
// eventually consistent when asked to be, throttles when asked to, and answers in pages.

import { QueryCommand, type QueryCommandInput, TimestreamQueryClient } from '@aws-sdk/client-timestream-query'
import {
  RejectedRecordsException,
  ThrottlingException,
  type _Record as TimestreamRecord,
  TimestreamWriteClient,
  WriteRecordsCommand,
  type WriteRecordsCommandInput,
} from '@aws-sdk/client-timestream-write'
import { DuckDBInstance, DuckDBTimestampNanosecondsValue } from '@duckdb/node-api'
import { mockClient } from 'aws-sdk-client-mock'

const RECORDS_MAX = 100
const SERIES_BYTES_MAX = 2_048
const TEXT_BYTES_MAX = 2_048
const DIMENSION_NAME_MAX = 60
const MEASURE_NAME_MAX = 256
const MEASURES_MAX = 256
const QUERY_BYTES_MAX = 256 * 1_024
const AHEAD_MS_MAX = 15 * 60_000
/** Small, so that every test turns pages. */
const ROWS_PER_PAGE = 700
const DAY_MS = 86_400_000
const UNIT_NS: Readonly<Record<string, bigint>> = {
  NANOSECONDS: 1n,
  MICROSECONDS: 1_000n,
  MILLISECONDS: 1_000_000n,
  SECONDS: 1_000_000_000n,
}
const SQL_TYPES: Readonly<Record<string, string>> = { DOUBLE: 'DOUBLE', BIGINT: 'BIGINT', VARCHAR: 'VARCHAR' }

export interface TestTimestream {
  clients(): { write: TimestreamWriteClient; query: TimestreamQueryClient }
  /** A new table of the database `kilowatch`. `keepDays`: retention of the magnetic store. */
  newTable(keepDays?: number): Promise<string>
  /** What goes wrong; to be set by a test. */
  readonly faults: {
    /** Called before each request; throws what the service is to answer. */
    before?: (command: 'write' | 'query') => void
    /** Records written stay hidden from queries until this is false. */
    hidesWrites: boolean
  }
  readonly requests: { writes: number; records: number; queries: number }
  close(): Promise<void>
}
export const DATABASE = 'kilowatch'

interface Stored {
  version: bigint
  values: Map<string, string>
  row: Row
}
interface Row {
  ns: bigint
  dimensions: Map<string, string>
  measureName: string
}
interface TestTable {
  keepMs: number
  stored: Map<string, Stored>
  /** Column → its type, the time and measure_name apart. */
  columns: Map<string, string>
  /** Identities that changed since they were last brought into DuckDB, and all that were ever brought. */
  changed: Set<string>
  brought: Set<string>
}

export async function startTimestream(now: () => number = Date.now): Promise<TestTimestream> {
  const instance = await DuckDBInstance.create(':memory:')
  const duck = await instance.connect()
  await duck.run(`CREATE SCHEMA ${DATABASE};
    CREATE MACRO from_milliseconds(ms) AS make_timestamp_ns(ms::BIGINT * 1000000);
    CREATE MACRO to_milliseconds(t) AS (epoch_ns(t) - epoch_ns(t) % 1000000) // 1000000;`)
  const tables = new Map<string, TestTable>()
  const faults: TestTimestream['faults'] = { hidesWrites: false }
  const requests = { writes: 0, records: 0, queries: 0 }
  const pages = new Map<string, (string | null)[][]>()
  let inTurn: Promise<unknown> = Promise.resolve()

  function writeRecords(input: WriteRecordsCommandInput) {
    faults.before?.('write')
    requests.writes++
    const table = tables.get(input.TableName ?? '')
    if (input.DatabaseName !== DATABASE || !table) throw invalid('ResourceNotFoundException', 'no such table')
    const records = (input.Records ?? []).map((record) => withCommon(record, input.CommonAttributes))
    if (records.length === 0 || records.length > RECORDS_MAX)
      throw invalid('ValidationException', `${records.length} records`)
    requests.records += records.length
    const identities = records.map((record) => identityOf(checked(record)))
    const rejected = records.flatMap((record, RecordIndex) => {
      const twin = identities.indexOf(identities[RecordIndex])
      const reason =
        twin < RecordIndex
          ? { Reason: 'Multiple records in one request for the same series and time' }
          : store(table, record, now())
      return reason ? [{ RecordIndex, ...reason }] : []
    })
    if (rejected.length > 0)
      throw new RejectedRecordsException({
        message: 'One or more records have been rejected.',
        RejectedRecords: rejected,
        $metadata: {},
      })
    return { RecordsIngested: { Total: records.length } }
  }

  async function run({ QueryString = '', NextToken }: QueryCommandInput) {
    faults.before?.('query')
    requests.queries++
    if (Buffer.byteLength(QueryString) > QUERY_BYTES_MAX) throw invalid('ValidationException', 'the query is too long')
    const [name] = /(?<=FROM "kilowatch"\.")[^"]+/.exec(QueryString) ?? []
    const table = tables.get(name ?? '')
    if (!name || !table) throw invalid('ValidationException', 'no such table')
    if (NextToken === undefined) {
      if (!faults.hidesWrites) await bring(name, table)
      const found = await duck.runAndReadAll(QueryString).catch((error: Error) => {
        const [, column] = /Referenced column "(\w+)" not found/.exec(error.message) ?? []
        throw invalid('ValidationException', column ? `line 1:8: Column '${column}' does not exist` : error.message)
      })
      pages.set(
        'first',
        found.getRows().map((row) => row.map(textOf)),
      )
    }
    const rows = pages.get(NextToken ?? 'first') ?? []
    const rest = rows.slice(ROWS_PER_PAGE)
    const token = `${requests.queries}`
    if (rest.length > 0) pages.set(token, rest)
    return {
      Rows: rows.slice(0, ROWS_PER_PAGE).map((row) => ({
        Data: row.map((text) => (text === null ? { NullValue: true } : { ScalarValue: text })),
      })),
      NextToken: rest.length > 0 ? token : undefined,
    }
  }

  /** What was written, into DuckDB; afterwards it holds each record once, or the test is told. */
  async function bring(name: string, table: TestTable): Promise<void> {
    if (table.changed.size === 0) return
    const full = `${DATABASE}."${name}"`
    const [columns, changed] = [[...table.columns], [...table.changed]]
    table.changed.clear()
    for (const [column, type] of columns)
      await duck.run(`ALTER TABLE ${full} ADD COLUMN IF NOT EXISTS "${column}" ${type}`)
    const replaced = changed.filter((identity) => table.brought.has(identity))
    if (replaced.length > 0)
      await duck.run(`DELETE FROM ${full} WHERE identity IN (${replaced.map(quoted).join(', ')})`)
    const appender = await duck.createAppender(name, DATABASE)
    for (const identity of changed) {
      const { row, values } = table.stored.get(identity) as Stored
      appender.appendVarchar(identity)
      appender.appendTimestampNanoseconds(new DuckDBTimestampNanosecondsValue(row.ns))
      appender.appendVarchar(row.measureName)
      for (const [column, type] of columns) {
        const text = row.dimensions.get(column) ?? values.get(column)
        if (text === undefined) appender.appendNull()
        else if (type === 'BIGINT') appender.appendBigInt(BigInt(text))
        else if (type === 'DOUBLE') appender.appendDouble(Number(text))
        else appender.appendVarchar(text)
      }
      appender.endRow()
      table.brought.add(identity)
    }
    appender.closeSync()
    const [[rows] = []] = (await duck.runAndReadAll(`SELECT count(*) FROM ${full}`)).getRows()
    if (Number(rows) !== table.brought.size)
      throw new Error(
        `DuckDB holds ${rows} of ${table.brought.size} records of ${name}: the test's Timestream is broken`,
      )
  }

  return {
    clients() {
      const options = { region: 'local', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
      const [write, query] = [new TimestreamWriteClient(options), new TimestreamQueryClient(options)]
      mockClient(write)
        .on(WriteRecordsCommand)
        .callsFake(async (input: WriteRecordsCommandInput) => writeRecords(input))
      mockClient(query)
        .on(QueryCommand)
        .callsFake((input: QueryCommandInput) => {
          const answer = inTurn.then(() => run(input))
          inTurn = answer.catch(() => undefined)
          return answer
        })
      return { write, query }
    },
    async newTable(keepDays = 36_500) {
      const name = `table${tables.size}`
      tables.set(name, {
        keepMs: keepDays * DAY_MS,
        stored: new Map(),
        columns: new Map(),
        changed: new Set(),
        brought: new Set(),
      })
      await duck.run(`CREATE TABLE ${DATABASE}."${name}"(identity VARCHAR, time TIMESTAMP_NS, measure_name VARCHAR)`)
      return name
    },
    faults,
    requests,
    async close() {
      duck.closeSync()
      instance.closeSync()
    },
  }
}

export const throttled = (): Error =>
  new ThrottlingException({ message: 'Rate exceeded', Message: 'Rate exceeded', $metadata: { httpStatusCode: 429 } })

const invalid = (name: string, message: string): Error =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } })

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** How Timestream prints a value: a double as Java does. */
function textOf(value: unknown): string | null {
  if (value === null) return null
  if (typeof value !== 'number' || Number.isInteger(value))
    return typeof value === 'number' ? value.toFixed(1) : String(value)
  const [digits, exponent] = value.toExponential().split('e')
  return Math.abs(Number(exponent)) < 7 ? String(value) : `${digits}E${Number(exponent)}`
}

const withCommon = (record: TimestreamRecord, common: TimestreamRecord = {}): TimestreamRecord => ({
  ...common,
  ...record,
  Dimensions: [...(common.Dimensions ?? []), ...(record.Dimensions ?? [])],
  MeasureValues: [...(common.MeasureValues ?? []), ...(record.MeasureValues ?? [])],
})

/** A request in which one record is malformed fails as a whole. */
function checked(record: TimestreamRecord): TimestreamRecord {
  const {
    Dimensions = [],
    MeasureName = '',
    MeasureValueType,
    MeasureValues = [],
    Time = '',
    TimeUnit = 'MILLISECONDS',
    Version = 1,
  } = record
  const bad = (what: string) => invalid('ValidationException', what)
  if (Dimensions.length === 0 || Dimensions.length > 128) throw bad('dimensions')
  for (const { Name = '', Value = '' } of Dimensions)
    if (!Name || Name.length > DIMENSION_NAME_MAX || !Value) throw bad(`dimension ${Name}`)
  if (!MeasureName || MeasureName.length > MEASURE_NAME_MAX) throw bad('measure name')
  if (MeasureValueType !== 'MULTI' || MeasureValues.length === 0 || MeasureValues.length > MEASURES_MAX)
    throw bad('measures')
  for (const { Name = '', Value = '', Type = '' } of MeasureValues) {
    if (!Name || !Value || Value.length > TEXT_BYTES_MAX) throw bad(`measure ${Name} of ${Value.length} characters`)
    if (!SQL_TYPES[Type]) throw bad(`type ${Type}`)
    if (Type === 'BIGINT' && !/^-?\d{1,19}$/.test(Value)) throw bad(`${Value} is no BIGINT`)
    if (Type === 'DOUBLE' && !Number.isFinite(Number(Value))) throw bad(`${Value} is no DOUBLE`)
  }
  if (!/^\d+$/.test(Time) || !UNIT_NS[TimeUnit]) throw bad(`time ${Time}`)
  if (!Number.isSafeInteger(Version) || Version < 1) throw bad(`version ${Version}`)
  return record
}

const nsOf = ({ Time = '', TimeUnit = 'MILLISECONDS' }: TimestreamRecord): bigint => BigInt(Time) * UNIT_NS[TimeUnit]
const identityOf = (record: TimestreamRecord): string =>
  JSON.stringify([String(nsOf(record)), record.MeasureName, record.Dimensions?.map(({ Name, Value }) => [Name, Value])])

/** Stores one record, or says why it is rejected. */
function store(
  table: TestTable,
  record: TimestreamRecord,
  nowMs: number,
): { Reason: string; ExistingVersion?: number } | undefined {
  const ns = nsOf(record)
  const atMs = Number(ns / UNIT_NS.MILLISECONDS)
  const dimensions = new Map((record.Dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]))
  if (atMs > nowMs + AHEAD_MS_MAX || atMs < nowMs - table.keepMs)
    return { Reason: 'The record timestamp is outside the time range of the data ingestion window.' }
  if ([...dimensions].reduce((sum, [name, value]) => sum + name.length + value.length, 0) > SERIES_BYTES_MAX)
    return { Reason: 'The dimensions exceed the limit of 2 KB.' }
  const identity = identityOf(record)
  const version = BigInt(record.Version ?? 1)
  const values = new Map((record.MeasureValues ?? []).map(({ Name = '', Value = '' }) => [Name, Value]))
  const standing = table.stored.get(identity)
  const isSame = standing && JSON.stringify([...standing.values]) === JSON.stringify([...values])
  if (standing && (standing.version > version || (standing.version === version && !isSame)))
    return { Reason: 'A record with a higher or equal version exists.', ExistingVersion: Number(standing.version) }
  for (const name of dimensions.keys()) table.columns.set(name, 'VARCHAR')
  for (const { Name = '', Type = '' } of record.MeasureValues ?? []) table.columns.set(Name, SQL_TYPES[Type])
  table.stored.set(identity, { version, values, row: { ns, dimensions, measureName: record.MeasureName ?? '' } })
  table.changed.add(identity)
  return undefined
}
