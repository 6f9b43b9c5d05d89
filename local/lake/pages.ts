// Decodes columns of the lake's own files (docs/decisions/0059): what DuckDB writes by the options of format.ts, a part
// of Parquet. What is beyond it throws NotReadHere, and DuckDB reads instead.

import * as zlib from 'node:zlib'
import { deserializeTCompactProtocol, readVarInt } from 'hyparquet/src/thrift.js'
import { must } from '../../domain/must.ts'

export class NotReadHere extends Error {}

/** Physical types and encodings by their numbers in Parquet's format. */
const [INT32, INT64, DOUBLE] = [1, 2, 5]
const [PLAIN, DELTA_BINARY_PACKED, RLE_DICTIONARY, BYTE_STREAM_SPLIT] = [0, 5, 8, 9]
const [DATA_PAGE, DICTIONARY_PAGE] = [0, 2]
/** Widest differences that are read: beyond, sums might not be exact as numbers. */
const WIDTH_MAX = 48
const TWO_24 = 2 ** 24
const TWO_32 = 2 ** 32

export interface ColumnChunk {
  /** All pages as they stand in the file, each compressed by zstd. */
  bytes: Uint8Array
  /** Physical type. */
  type: number
  isOptional: boolean
}
type Column = Float64Array | Uint32Array

/**
 * Fills `out` with the values of the rows from `firstRow` on, of all `rows`. Returns for each of them 1 where there is
 * a value and 0 where there is none, then out has 0; undefined: each has one. Throws NotReadHere.
 */
export function readColumn(
  { bytes, type, isOptional }: ColumnChunk,
  { rows, firstRow }: { rows: number; firstRow: number },
  out: Column,
): Uint8Array | undefined {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
  let dictionary: Column | undefined
  let isPresent: Uint8Array | undefined
  const lastRow = firstRow + out.length
  for (let row = 0; row < Math.min(rows, lastRow); ) {
    const header = deserializeTCompactProtocol(reader)
    const length = Number(header.field_3)
    const packed = bytes.subarray(reader.offset, reader.offset + length)
    reader.offset += length
    if (header.field_1 === DICTIONARY_PAGE) {
      const count = Number(header.field_7.field_1)
      dictionary = new Float64Array(count)
      plainValues({ bytes: zlib.zstdDecompressSync(packed), offset: 0, type }, 0, dictionary)
      continue
    }
    if (header.field_1 !== DATA_PAGE) throw new NotReadHere(`a page of type ${header.field_1}`)
    const count = Number(header.field_5.field_1)
    const [first, last] = [Math.max(row, firstRow), Math.min(row + count, lastRow)]
    if (first < last) {
      const page: Page = { bytes: zlib.zstdDecompressSync(packed), offset: 0, type, dictionary }
      const levels = isOptional ? presence(page, count) : undefined
      const own = out.subarray(first - firstRow, last - firstRow)
      const encoding = Number(header.field_5.field_2)
      if (!levels) values(page, encoding, first - row, own)
      else {
        isPresent ??= new Uint8Array(out.length).fill(1)
        isPresent.set(levels.subarray(first - row, last - row), first - firstRow)
        spread({ page, encoding, levels }, first - row, own)
      }
    }
    row += count
  }
  return isPresent
}

interface Page {
  bytes: Uint8Array
  /** Where the values begin. */
  offset: number
  type: number
  dictionary?: Column | undefined
}

/** Values of a page in which not each row has one. */
function spread(
  { page, encoding, levels }: { page: Page; encoding: number; levels: Uint8Array },
  first: number,
  out: Column,
): void {
  let before = 0
  for (let n = 0; n < first; n++) before += levels[n] as number // first is a row of the page
  let count = 0
  for (let n = 0; n < out.length; n++) count += levels[first + n] as number
  if (count === 0) return
  const dense = out instanceof Float64Array ? new Float64Array(count) : new Uint32Array(count)
  values(page, encoding, before, dense)
  for (let n = 0, own = 0; n < out.length; n++) if (levels[first + n] === 1) out[n] = must(dense[own++])
}

/** For each row 1 where it has a value; undefined where all have. Moves the page to its values. */
function presence(page: Page, count: number): Uint8Array | undefined {
  const { bytes, offset } = page
  const length = viewOf(bytes).getUint32(offset, true)
  page.offset = offset + 4 + length
  const levels = new Uint8Array(count)
  hybrid({ bytes, offset: offset + 4, end: page.offset }, 1, levels)
  return levels.includes(0) ? levels : undefined
}

/** The values from the place `first` on among those that there are. */
function values(page: Page, encoding: number, first: number, out: Column): void {
  if (encoding === RLE_DICTIONARY) dictionaryValues(page, first, out)
  else if (encoding === DELTA_BINARY_PACKED) deltaValues(page, first, out)
  else if (encoding === BYTE_STREAM_SPLIT && page.type === DOUBLE) splitValues(page, first, out)
  else if (encoding === PLAIN) plainValues(page, first, out)
  else throw new NotReadHere(`encoding ${encoding}`)
}

function dictionaryValues({ bytes, offset, dictionary }: Page, first: number, out: Column): void {
  if (!dictionary) throw new NotReadHere('a page without its dictionary')
  const width = must(bytes[offset])
  const places = new Uint32Array(first + out.length)
  hybrid({ bytes, offset: offset + 1, end: bytes.length }, width, places)
  for (let n = 0; n < out.length; n++) {
    const value = dictionary[places[first + n] as number]
    if (value === undefined) throw new NotReadHere('a place beyond the dictionary')
    out[n] = value
  }
}

function plainValues({ bytes, offset, type }: Page, first: number, out: Column): void {
  const view = viewOf(bytes)
  for (let n = 0; n < out.length; n++) {
    if (type === INT32) out[n] = view.getUint32(offset + (first + n) * 4, true)
    else if (type === DOUBLE) out[n] = view.getFloat64(offset + (first + n) * 8, true)
    else if (type === INT64) {
      const at = offset + (first + n) * 8
      out[n] = exactly(view.getInt32(at + 4, true) * TWO_32 + view.getUint32(at, true))
    } else throw new NotReadHere(`plain values of type ${type}`)
  }
}

/** Byte 0 of all values, then byte 1 of all, up to 7. */
function splitValues({ bytes, offset }: Page, first: number, out: Column): void {
  const count = Math.floor((bytes.length - offset) / 8)
  const whole = new Uint8Array(out.length * 8)
  for (let byte = 0; byte < 8; byte++) {
    const from = offset + byte * count + first
    for (let n = 0; n < out.length; n++) whole[n * 8 + byte] = bytes[from + n] as number
  }
  out.set(new Float64Array(whole.buffer))
}

interface Span {
  bytes: Uint8Array
  offset: number
  end: number
}

/** Runs of one value, or of packed ones, until `out` is full. */
function hybrid({ bytes, offset, end }: Span, width: number, out: Uint8Array | Uint32Array): void {
  if (width > 24) throw new NotReadHere(`runs of ${width} bits`)
  const view = viewOf(bytes)
  const reader = { view, offset }
  const mask = 2 ** width - 1
  for (let n = 0; n < out.length; ) {
    if (reader.offset >= end) throw new NotReadHere('too few values')
    const header = readVarInt(reader)
    if (header & 1) {
      const [count, begin] = [(header >>> 1) * 8, reader.offset]
      for (let k = 0; k < count && n < out.length; k++) out[n++] = (window(bytes, begin, k * width) & mask) >>> 0
      reader.offset = begin + (count / 8) * width
    } else {
      let value = 0
      for (let byte = 0; byte < width; byte += 8) value += must(bytes[reader.offset++]) << byte
      const last = Math.min(out.length, n + (header >>> 1))
      out.fill(value, n, last)
      n = last
    }
  }
}

/** 25 bits at least, from a place on; zeros after the end. */
function window(bytes: Uint8Array, begin: number, bit: number): number {
  const at = begin + (bit >>> 3)
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)
  return (low | ((bytes[at + 3] ?? 0) << 24)) >>> (bit & 7)
}

/** Differences in blocks, each with the least of its differences and a width for each part of it. */
function deltaValues({ bytes, offset }: Page, first: number, out: Column): void {
  const reader = { view: viewOf(bytes), offset }
  const [blockValues, parts] = [readVarInt(reader), readVarInt(reader)]
  readVarInt(reader)
  const perPart = blockValues / parts
  let value = zigZag(bytes, reader)
  const last = first + out.length
  if (first === 0 && last > 0) out[0] = value
  for (let n = 1; n < last; ) {
    const least = zigZag(bytes, reader)
    const widths = bytes.subarray(reader.offset, reader.offset + parts)
    reader.offset += parts
    for (let part = 0; part < parts && n < last; part++) {
      const width = must(widths[part])
      if (width > WIDTH_MAX) throw new NotReadHere(`differences of ${width} bits`)
      // No sum on the way through this part can leave the range in which numbers are exact.
      exactly(Math.abs(value) + perPart * (Math.abs(least) + 2 ** width))
      const begin = reader.offset
      const end = Math.min(last, n + perPart)
      const mask = 2 ** Math.min(width, 24) - 1
      for (let bit = 0; n < end; n++, bit += width) {
        value += least + (window(bytes, begin, bit) & mask)
        if (width > 24) value += (window(bytes, begin, bit + 24) & (2 ** (width - 24) - 1)) * TWO_24
        if (n >= first) out[n - first] = value
      }
      reader.offset = begin + (perPart * width) / 8
    }
  }
}

/** A signed number of a length of its own. */
function zigZag(bytes: Uint8Array, reader: { offset: number }): number {
  let [whole, scale, byte] = [0, 1, 0]
  do {
    byte = must(bytes[reader.offset++])
    whole = exactly(whole + (byte & 0x7f) * scale)
    scale *= 128
  } while (byte & 0x80)
  return whole % 2 === 0 ? whole / 2 : -(whole + 1) / 2
}

function exactly(value: number): number {
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new NotReadHere('integers beyond 2^53')
  return value
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
