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
/** After the values of a page: so that four bytes can be read at each. */
const PADDING = 8
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
 * Gives back at once the memory of an array that has it alone; the array is empty then. Left to be collected, the pages
 * of a dozen reads would start a collection of everything, which stops the thread for up to 20 ms.
 */
export const release = (array: Column): void => void (array.buffer as ArrayBuffer).transfer(0)

/**
 * Fills `out` with the values of the rows from `firstRow` on. Returns for each of them 1 where there is a value and 0
 * where there is none, then out has 0; undefined: each has one. Throws NotReadHere.
 */
export function readColumn(chunk: ColumnChunk, firstRow: number, out: Column): Uint8Array | undefined {
  let isPresent: Uint8Array | undefined
  const lastRow = firstRow + out.length
  for (const { row, count, open } of pagesOf(chunk)) {
    if (row >= lastRow) break
    const [first, last] = [Math.max(row, firstRow), Math.min(row + count, lastRow)]
    if (first >= last) continue
    const { page, levels } = open()
    const own = out.subarray(first - firstRow, last - firstRow)
    if (levels === undefined) values(page, first - row, own)
    else {
      isPresent ??= new Uint8Array(out.length).fill(1)
      isPresent.set(levels.subarray(first - row, last - row), first - firstRow)
      spread(page, levels, first - row, own)
    }
    page.close()
  }
  return isPresent
}

/** Rows of one value that stand together. */
export interface Run {
  value: number
  /** The first row, and the one after the last. */
  from: number
  to: number
}

/** The runs of a column in which each row has a value. Throws NotReadHere. */
export function readRuns(chunk: ColumnChunk): Run[] {
  const runs: Run[] = []
  const take = (value: number, from: number, to: number): void => {
    const last = runs.at(-1)
    if (last?.value === value && last.to === from) last.to = to
    else runs.push({ value, from, to })
  }
  for (const { row, count, open } of pagesOf(chunk)) {
    const { page, levels } = open()
    if (levels) throw new NotReadHere('rows without a meter')
    if (page.encoding === RLE_DICTIONARY)
      dictionaryRuns(page, { first: 0, last: count }, (value, from, to) => take(value, row + from, row + to))
    else {
      const own = new Uint32Array(count)
      values(page, 0, own)
      for (const [n, value] of own.entries()) take(value, row + n, row + n + 1)
    }
    page.close()
  }
  return runs
}

interface OpenPage {
  page: Page
  /** For each row 1 where it has a value; undefined where all have. */
  levels: Uint8Array | undefined
}

/** The pages with values, the number of their first row and of their rows. */
function* pagesOf({
  bytes,
  type,
  isOptional,
}: ColumnChunk): Generator<{ row: number; count: number; open(): OpenPage }> {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
  let dictionary: Column | undefined
  for (let row = 0; reader.offset < bytes.length; ) {
    const header = deserializeTCompactProtocol(reader)
    const length = Number(header.field_3)
    const packed = bytes.subarray(reader.offset, reader.offset + length)
    reader.offset += length
    if (header.field_1 === DICTIONARY_PAGE) {
      dictionary = new Float64Array(Number(header.field_7.field_1))
      const { view, close } = unpacked(packed, header)
      plainValues({ view, offset: 0, type }, 0, dictionary)
      close()
      continue
    }
    if (header.field_1 !== DATA_PAGE) throw new NotReadHere(`a page of type ${header.field_1}`)
    const { field_1: count, field_2: encoding } = header.field_5
    yield {
      ...{ row, count },
      open() {
        const page: Page = { ...unpacked(packed, header), offset: 0, encoding, type, dictionary }
        return { page, levels: isOptional ? presence(page, count) : undefined }
      },
    }
    row += count
  }
}

interface Unpacked {
  /** With some bytes after its end. */
  view: DataView
  /** Gives its memory back. */
  close(): void
}
interface Page extends Unpacked {
  /** Where the values begin. */
  offset: number
  encoding: number
  type: number
  dictionary?: Column | undefined
}

/** Values of a page in which not each row has one. */
function spread(page: Page, levels: Uint8Array, first: number, out: Column): void {
  let before = 0
  for (let n = 0; n < first; n++) before += levels[n] as number // first is a row of the page
  let count = 0
  for (let n = 0; n < out.length; n++) count += levels[first + n] as number
  if (count === 0) return
  const dense = out instanceof Float64Array ? new Float64Array(count) : new Uint32Array(count)
  values(page, before, dense)
  for (let n = 0, own = 0; n < out.length; n++) if (levels[first + n] === 1) out[n] = must(dense[own++])
  release(dense)
}

/** For each row 1 where it has a value; undefined where all have. Moves the page to its values. */
function presence(page: Page, count: number): Uint8Array | undefined {
  const { view, offset } = page
  page.offset = offset + 4 + view.getUint32(offset, true)
  let levels: Uint8Array | undefined
  hybrid({ view, offset: offset + 4, end: page.offset }, { width: 1, first: 0, last: count }, (value, from, to) => {
    if (value === 0) levels ??= new Uint8Array(count).fill(1)
    if (value === 0) levels?.fill(0, from, to)
  })
  return levels
}

/** The values from the place `first` on among those that there are. */
function values(page: Page, first: number, out: Column): void {
  const { encoding } = page
  if (encoding === RLE_DICTIONARY) dictionaryValues(page, first, out)
  else if (encoding === DELTA_BINARY_PACKED) deltaValues(page, first, out)
  else if (encoding === BYTE_STREAM_SPLIT && page.type === DOUBLE) splitValues(page, first, out)
  else if (encoding === PLAIN) plainValues(page, first, out)
  else throw new NotReadHere(`encoding ${encoding}`)
}

function dictionaryValues(page: Page, first: number, out: Column): void {
  dictionaryRuns(page, { first, last: first + out.length }, (value, from, to) => {
    if (to - from === 1) out[from - first] = value
    else out.fill(value, from - first, to - first)
  })
}

function dictionaryRuns(
  { view, offset, dictionary }: Page,
  { first, last }: { first: number; last: number },
  take: (value: number, from: number, to: number) => void,
): void {
  if (!dictionary) throw new NotReadHere('a page without its dictionary')
  const runs = { width: view.getUint8(offset), first, last }
  hybrid({ view, offset: offset + 1, end: view.byteLength }, runs, (place, from, to) => {
    const value = dictionary[place]
    if (value === undefined) throw new NotReadHere('a place beyond the dictionary')
    take(value, from, to)
  })
}

function plainValues({ view, offset, type }: Pick<Page, 'view' | 'offset' | 'type'>, first: number, out: Column): void {
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
function splitValues({ view, offset }: Page, first: number, out: Column): void {
  const count = Math.floor((view.byteLength - PADDING - offset) / 8)
  const whole = new Uint8Array(out.length * 8)
  for (let byte = 0; byte < 8; byte++) {
    const from = offset + byte * count + first
    for (let n = 0; n < out.length; n++) whole[n * 8 + byte] = view.getUint8(from + n)
  }
  const doubles = new Float64Array(whole.buffer)
  out.set(doubles)
  release(doubles)
}

interface Span {
  view: DataView
  offset: number
  end: number
}

/** Calls `take` for runs of one value, or for each packed one, that fall between the places `first` and `last`. */
function hybrid(
  { view, offset, end }: Span,
  { width, first, last }: { width: number; first: number; last: number },
  take: (value: number, from: number, to: number) => void,
): void {
  if (width > 24) throw new NotReadHere(`runs of ${width} bits`)
  const reader = { view, offset }
  const mask = 2 ** width - 1
  for (let n = 0; n < last; ) {
    if (reader.offset >= end) throw new NotReadHere('too few values')
    const header = readVarInt(reader)
    const count = header & 1 ? (header >>> 1) * 8 : header >>> 1
    const [from, to] = [Math.max(n, first), Math.min(n + count, last)]
    if (header & 1) {
      for (let k = from; k < to; k++) take(window(view, reader.offset, (k - n) * width) & mask, k, k + 1)
      reader.offset += (count / 8) * width
    } else {
      let value = 0
      for (let bit = 0; bit < width; bit += 8) value += view.getUint8(reader.offset++) << bit
      if (from < to) take(value, from, to)
    }
    n += count
  }
}

/** 25 bits at least, from a place on. */
const window = (view: DataView, begin: number, bit: number): number =>
  view.getUint32(begin + (bit >>> 3), true) >>> (bit & 7)

/** A page by its header, with bytes after its end. */
function unpacked(packed: Uint8Array, { field_2: size }: Record<string, unknown>): Unpacked {
  // In one piece: by its own measure the library makes many, and joins them.
  const chunkSize = Math.max(64, Number(size) + PADDING)
  const bytes = zlib.zstdDecompressSync(packed, { chunkSize })
  const buffer = bytes.buffer as ArrayBuffer
  const isPadded = buffer.byteLength - bytes.byteOffset >= bytes.length + PADDING
  if (isPadded) {
    // Smaller ones are cut from a buffer that others have parts of.
    const isAlone = buffer.byteLength === chunkSize && chunkSize >= Buffer.poolSize
    const close = (): void => void (isAlone && buffer.transfer(0))
    return { view: new DataView(buffer, bytes.byteOffset, bytes.length + PADDING), close }
  }
  const copy = new Uint8Array(bytes.length + PADDING)
  copy.set(bytes)
  return { view: new DataView(copy.buffer), close: () => undefined }
}

/** Differences in blocks, each with the least of its differences and a width for each part of it. */
function deltaValues({ view, offset }: Page, first: number, out: Column): void {
  const reader = { view, offset }
  const [blockValues, parts] = [readVarInt(reader), readVarInt(reader)]
  readVarInt(reader)
  const perPart = blockValues / parts
  let value = zigZag(reader)
  const last = first + out.length
  if (first === 0 && last > 0) out[0] = value
  for (let n = 1; n < last; ) {
    const least = zigZag(reader)
    const widths = reader.offset
    reader.offset += parts
    for (let part = 0; part < parts && n < last; part++) {
      const width = view.getUint8(widths + part)
      if (width > WIDTH_MAX) throw new NotReadHere(`differences of ${width} bits`)
      // No sum on the way through this part can leave the range in which numbers are exact.
      exactly(Math.abs(value) + perPart * (Math.abs(least) + 2 ** width))
      const end = Math.min(last, n + perPart)
      value = deltaPart({ view, begin: reader.offset, width, least, value }, { n, end, first }, out)
      n = end
      reader.offset += (perPart * width) / 8
    }
  }
}

interface DeltaPart {
  view: DataView
  begin: number
  width: number
  least: number
  value: number
}

/** Adds up the differences from place n to `end`; returns the last value. */
function deltaPart(
  { view, begin, width, least, value: before }: DeltaPart,
  { n: from, end, first }: { n: number; end: number; first: number },
  out: Column,
): number {
  let value = before
  // Times go by even steps: none of them has a difference of its own.
  if (width === 0) {
    const skipped = Math.max(0, Math.min(first, end) - from)
    value += skipped * least
    for (let n = from + skipped; n < end; n++) {
      value += least
      out[n - first] = value
    }
    return value
  }
  const mask = 2 ** Math.min(width, 24) - 1
  const highMask = 2 ** Math.max(0, width - 24) - 1
  for (let n = from, bit = 0; n < end; n++, bit += width) {
    value += least + (window(view, begin, bit) & mask)
    if (highMask > 0) value += (window(view, begin, bit + 24) & highMask) * TWO_24
    if (n >= first) out[n - first] = value
  }
  return value
}

/** A signed number of a length of its own. */
function zigZag(reader: { view: DataView; offset: number }): number {
  let [whole, scale, byte] = [0, 1, 0]
  do {
    byte = reader.view.getUint8(reader.offset++)
    whole = exactly(whole + (byte & 0x7f) * scale)
    scale *= 128
  } while (byte & 0x80)
  return whole % 2 === 0 ? whole / 2 : -(whole + 1) / 2
}

function exactly(value: number): number {
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new NotReadHere('integers beyond 2^53')
  return value
}
