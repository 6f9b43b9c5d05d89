// The columns of the lake's files of readings, version 1, and how a value is laid in them: a decimal with three places
// where that gives the same double again, else a double.

import type { SchemaElement } from 'hyparquet'
import { markOf, ofMark } from '../../../domain/wire/sent-unit.ts'
import type { Arrived } from '../arrival.ts'

const required = { repetition_type: 'REQUIRED' } as const
const optional = { repetition_type: 'OPTIONAL' } as const
const DECIMAL = { precision: 18, scale: 3 }

/**
 * `arrival` stands beside the format: the rank in µs where it is not that of the message (`received_ms` × 1,000), else
 * null. Readers that do not know it take rows of one meter, time and receipt in their order.
 */
export const LAKE_SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 7 },
  { name: 'meter', type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, ...required },
  { name: 'at_ms', type: 'INT64', ...required },
  {
    ...{ name: 'value', type: 'INT64', converted_type: 'DECIMAL', ...DECIMAL, ...optional },
    logical_type: { type: 'DECIMAL', ...DECIMAL },
  },
  { name: 'exact', type: 'DOUBLE', ...optional },
  { name: 'received_ms', type: 'INT64', ...required },
  // By its converted type alone: hyparquet-writer 0.17.0 writes the logical one so that DuckDB refuses the file.
  { name: 'quality', type: 'INT32', converted_type: 'UINT_8', ...required },
  { name: 'arrival', type: 'INT64', ...optional },
]

const US_PER_MS = 1_000
const MILLI = 1_000

/** Thousandths, where their thousandth is the same double; undefined where only the double itself will do. */
export function thousandthsOf(value: number): bigint | undefined {
  const thousandths = Math.round(value * MILLI)
  const isSame = Number.isSafeInteger(thousandths) && Object.is(thousandths / MILLI, value)
  return isSame ? BigInt(thousandths) : undefined
}

/** The double of a decimal, as if it were read as text: exact beyond 2^53 too. */
export const doubleOf = (thousandths: bigint): number => {
  const value = Number(thousandths)
  return Number.isSafeInteger(value) ? value / MILLI : Number(`${thousandths}e-3`)
}

/** The columns of some rows, for hyparquet-writer. */
export function lakeColumnsOf(rows: readonly Arrived[]) {
  const decimals = rows.map(({ value }) => thousandthsOf(value))
  const whole = (name: string, data: bigint[]) =>
    ({ name, data: BigInt64Array.from(data), encoding: 'DELTA_BINARY_PACKED' }) as const
  return [
    { name: 'meter', data: rows.map(({ meter }) => meter), encoding: 'RLE_DICTIONARY' as const },
    whole(
      'at_ms',
      rows.map(({ atMs }) => BigInt(atMs)),
    ),
    { name: 'value', data: decimals, encoding: 'DELTA_BINARY_PACKED' as const },
    { name: 'exact', data: rows.map(({ value }, n) => (decimals[n] === undefined ? value : undefined)) },
    whole(
      'received_ms',
      rows.map(({ receivedMs }) => BigInt(receivedMs)),
    ),
    { name: 'quality', data: Int32Array.from(rows, markOf) },
    {
      name: 'arrival',
      data: rows.map(({ arrival, receivedMs }) => (arrival === receivedMs * US_PER_MS ? undefined : BigInt(arrival))),
    },
  ]
}

/** Arrays of a row group, by the name of the column. */
export type LakeColumns = ReadonlyMap<string, ArrayLike<unknown>>

/**
 * Row `n` of a row group. `turn`: how many rows before it have the same meter, time and receipt; it makes the rank of
 * rows that another host wrote, whose order says which came later.
 */
export function lakeRow(columns: LakeColumns, n: number, turn: number): Arrived {
  const at = (name: string): unknown => columns.get(name)?.[n] ?? undefined
  const [value, exact, arrival] = [at('value'), at('exact'), at('arrival')]
  const receivedMs = Number(at('received_ms'))
  return {
    ...{ meter: String(at('meter')), atMs: Number(at('at_ms')), receivedMs, ...ofMark(Number(at('quality'))) },
    value: exact === undefined ? doubleOf(value as bigint) : Number(exact),
    arrival: arrival === undefined ? receivedMs * US_PER_MS + (columns.has('arrival') ? 0 : turn) : Number(arrival),
  }
}
