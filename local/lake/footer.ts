// Where the row groups of a file of the lake lie, and whose readings each has: what a read of few meters needs of the
// file's footer (docs/decisions/0059).

import { readSync } from 'node:fs'
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js'
import { must } from '../../domain/must.ts'
import { NotReadHere, type Run } from './pages.ts'

/** The columns of a read, in the order of `chunks`. */
export const READ_COLUMNS = ['key', 'at_ms', 'value', 'exact', 'quality'] as const
const ZSTD = 6
/** `value` is a decimal of three places. */
const [DECIMAL, PLACES] = [5, 3]
/** The length of the footer and four letters. */
const TAIL_BYTES = 8
/** A footer of 30 row groups is smaller. */
const FIRST_BYTES = 32_768

export interface RowGroup {
  rows: number
  /** First and last id, by bytes; undefined where the file does not say. */
  firstId: string | undefined
  lastId: string | undefined
  /** First byte and length of each column of READ_COLUMNS. */
  chunks: Float64Array
  /** The mark of all rows, where they have one: to open a page takes as long as to read ten thousand rows. */
  mark: number | undefined
  /** Where the rows of each meter stand, by key, once they were looked for. */
  runs?: readonly Run[]
}
export interface GroupIndex {
  groups: readonly RowGroup[]
  /** Of READ_COLUMNS. */
  types: readonly number[]
  optional: readonly boolean[]
}

/** An id so that texts compare as the bytes of ids do, by which files are sorted. */
export const byBytes = (id: string): string => Buffer.from(id).toString('latin1')

/** Throws NotReadHere where it is no file as we write them. */
export function groupIndexOf(file: number, size: number): GroupIndex {
  let tail = bytesAt(file, Math.max(0, size - FIRST_BYTES), size)
  const length = tail.readUInt32LE(tail.length - TAIL_BYTES)
  if (length + TAIL_BYTES > size) throw new NotReadHere('no footer')
  if (length + TAIL_BYTES > tail.length) tail = bytesAt(file, size - length - TAIL_BYTES, size)
  const footer = tail.subarray(tail.length - TAIL_BYTES - length, tail.length - TAIL_BYTES)
  return indexOf(
    deserializeTCompactProtocol({
      view: new DataView(footer.buffer, footer.byteOffset, footer.byteLength),
      offset: 0,
    }),
  )
}

/** Memory that is new costs more than what is read into it. */
let scratch = Buffer.alloc(0)

/** Of an open file; until the next call. */
export function bytesAt(file: number, from: number, to: number): Buffer {
  if (scratch.length < to - from) scratch = Buffer.allocUnsafeSlow(to - from)
  const bytes = scratch.subarray(0, to - from)
  if (readSync(file, bytes, 0, bytes.length, from) < bytes.length)
    throw new NotReadHere('the file is shorter than it was')
  return bytes
}

type Struct = ReturnType<typeof deserializeTCompactProtocol>

/** Of FileMetaData: its fields are numbered in Parquet's format. */
function indexOf({ field_2: schema, field_4: groups }: Struct): GroupIndex {
  // The first element is the row itself.
  const elements = new Map<string, Struct>(schema.slice(1).map((one: Struct) => [textOf(one.field_4), one]))
  const own = READ_COLUMNS.map((name) => elements.get(name))
  if (own.includes(undefined)) throw new NotReadHere('a column is missing')
  const value = elements.get('value')
  if (value?.field_6 !== DECIMAL || value.field_7 !== PLACES) throw new NotReadHere('another type of value')
  return {
    types: own.map((element) => Number(element?.field_1)),
    optional: own.map((element) => element?.field_3 === 1),
    groups: groups.map((group: Struct): RowGroup => {
      const columns = new Map<string, Struct>(
        group.field_1.map(({ field_3: column }: Struct) => [textOf(column.field_3[0]), column]),
      )
      const statistics = columns.get('meter')?.field_12
      const chunks = new Float64Array(READ_COLUMNS.length * 2)
      for (const [index, name] of READ_COLUMNS.entries()) {
        const column = must(columns.get(name))
        if (column.field_4 !== ZSTD) throw new NotReadHere(`compression ${column.field_4}`)
        chunks[index * 2] = Number(column.field_11 ?? column.field_9)
        chunks[index * 2 + 1] = Number(column.field_7)
      }
      return {
        ...{ rows: Number(group.field_3), chunks },
        firstId: statistics?.field_6 && textOf(statistics.field_6),
        lastId: statistics?.field_5 && textOf(statistics.field_5),
        mark: onlyValue(columns.get('quality')?.field_12),
      }
    }),
  }
}

/** Of the statistics of a column of small numbers, all of which are there. */
function onlyValue(statistics: Struct | undefined): number | undefined {
  const { field_3: absent, field_5: most, field_6: least } = statistics ?? {}
  if (Number(absent) !== 0 || most?.length !== 4 || least?.length !== 4) return undefined
  return Buffer.compare(most, least) === 0 ? Buffer.from(most).readUInt32LE() : undefined
}

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
