// Writes and reads the lake's Parquet files (docs/decisions/0050): row by row in their order, a row group at a time, so
// that memory is bounded by the file's bytes and one row group.

import * as zlib from 'node:zlib'
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { must } from '../../../domain/must.ts'
import type { Arrived } from '../arrival.ts'
import { LAKE_SCHEMA, lakeColumnsOf, lakeRow } from './parquet-columns.ts'

/** A quarter of what the format allows: who asks for one meter reads one group, some 100 KB. */
export const LAKE_GROUP_ROWS = 30_720
/** Footers are read with the first bytes asked for; a merged month of a county has some 50 KB. */
const FOOTER_BYTES = 65_536
const FORMAT_VERSION = '1'
/** Of the metadata of each file, as on one machine. */
const FORMAT_KEY = 'kilowatch_lake'
const COMPRESSORS = { ZSTD: (input: Uint8Array): Uint8Array => zlib.zstdCompressSync(input) }
const DECOMPRESSORS = { ZSTD: (input: Uint8Array): Uint8Array => zlib.zstdDecompressSync(input) }

/** By meter (its bytes), time, receipt and arrival. */
export const inLakeOrder = (a: Arrived, b: Arrived): number =>
  compared(a.meter, b.meter) || a.atMs - b.atMs || a.receivedMs - b.receivedMs || a.arrival - b.arrival
/** Ids are ASCII: their order as texts is that of their bytes. */
export const compared = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/** What a manifest says of a file. Times in epoch ms, both included. */
export interface LakeFileFacts {
  rows: number
  minMeter: string
  maxMeter: string
  minAtMs: number
  maxAtMs: number
}

/** Takes rows in the lake's order, as many as come, and makes a file of them. */
export function lakeFileWriter() {
  const bytes = new ByteWriter(1 << 16)
  const writer = new ParquetWriter({
    ...{ writer: bytes, schema: LAKE_SCHEMA, codec: 'ZSTD' },
    compressors: COMPRESSORS,
    // Whole ids, so that a reader passes over row groups by their first and last meter.
    statisticsTruncateLength: Number.POSITIVE_INFINITY,
    kvMetadata: [{ key: FORMAT_KEY, value: FORMAT_VERSION }],
    createdBy: 'kilowatch',
  })
  let waiting: Arrived[] = []
  let facts: LakeFileFacts | undefined
  const flush = (): void => {
    if (waiting.length === 0) return
    writer.write({ columnData: lakeColumnsOf(waiting), rowGroupSize: LAKE_GROUP_ROWS })
    waiting = []
  }
  return {
    add(row: Arrived): void {
      const { meter, atMs } = row
      facts ??= { rows: 0, minMeter: meter, maxMeter: meter, minAtMs: atMs, maxAtMs: atMs }
      facts.rows++
      facts.maxMeter = meter
      facts.minAtMs = Math.min(facts.minAtMs, atMs)
      facts.maxAtMs = Math.max(facts.maxAtMs, atMs)
      if (waiting.push(row) === LAKE_GROUP_ROWS) flush()
    },
    /** Rows so far. */
    rows: (): number => facts?.rows ?? 0,
    /** The file; throws when it has no rows. */
    finish(): { bytes: Uint8Array; facts: LakeFileFacts } {
      flush()
      writer.finish()
      return { bytes: bytes.getBytes(), facts: must(facts) }
    },
  }
}

export interface LakeWish {
  /** All when absent. */
  meters?: ReadonlySet<string>
  fromMs: number
  toMs: number
}

/** A file that is open for reading: its metadata is held. */
export interface CloudLakeFile {
  buffer: AsyncBuffer
  metadata: FileMetaData
}

export async function openLakeFile(buffer: AsyncBuffer): Promise<CloudLakeFile> {
  const metadata = await parquetMetadataAsync(buffer, { initialFetchSize: FOOTER_BYTES })
  // The library would multiply decimals by 0.001, which gives other doubles: they are read as integers.
  for (const element of metadata.schema) {
    if (element.name !== 'value') continue
    delete element.converted_type
    delete element.logical_type
  }
  return { buffer, metadata }
}

/** Rows of the file that are asked for, in its order, a row group at a time. Row groups without any are not read. */
export async function* lakeRows({ buffer, metadata }: CloudLakeFile, wish: LakeWish): AsyncGenerator<Arrived[]> {
  const sorted = wish.meters && [...wish.meters].sort(compared)
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    const bounds = (name: string) =>
      group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name)?.meta_data?.statistics
    const [meter, at] = [bounds('meter'), bounds('at_ms')]
    const isOfMeters = !sorted || !meter || hasBetween(sorted, String(meter.min_value), String(meter.max_value))
    const isOfTimes = !at || (Number(at.max_value) >= wish.fromMs && Number(at.min_value) < wish.toMs)
    if (isOfMeters && isOfTimes) yield await rowsOfGroup({ buffer, metadata }, { rowStart, rowEnd }, wish)
    rowStart = rowEnd
  }
}

/** True when one of the sorted names lies between the two, both included. */
function hasBetween(sorted: readonly string[], first: string, last: string): boolean {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (must(sorted[middle]) < first) low = middle + 1
    else high = middle
  }
  const next = sorted[low]
  return next !== undefined && next <= last
}

async function rowsOfGroup(
  { buffer, metadata }: CloudLakeFile,
  { rowStart, rowEnd }: { rowStart: number; rowEnd: number },
  { meters, fromMs, toMs }: LakeWish,
): Promise<Arrived[]> {
  const columns = new Map<string, unknown[]>()
  await parquetRead({
    ...{ file: buffer, metadata, rowStart, rowEnd },
    compressors: DECOMPRESSORS,
    onChunk({ columnName, columnData, rowStart: chunkStart }) {
      const column = columns.get(columnName) ?? new Array<unknown>(rowEnd - rowStart)
      columns.set(columnName, column)
      for (let n = 0; n < columnData.length; n++) column[chunkStart - rowStart + n] = columnData[n]
    },
  })
  const [names, times, received] = ['meter', 'at_ms', 'received_ms'].map((name) => must(columns.get(name)))
  const rows: Arrived[] = []
  let turn = 0
  for (let n = 0; n < rowEnd - rowStart; n++) {
    const isSame = n > 0 && [names, times, received].every((column) => column?.[n] === column?.[n - 1])
    turn = isSame ? turn + 1 : 0
    const atMs = Number(times?.[n])
    if (atMs < fromMs || atMs >= toMs || (meters && !meters.has(String(names?.[n])))) continue
    rows.push(lakeRow(columns, n, turn))
  }
  return rows
}
