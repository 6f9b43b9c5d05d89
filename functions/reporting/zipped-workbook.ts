// Zips the parts of a report's workbook piece by piece, so that the XML of a province is never in memory at once.

import { constants, crc32, deflateRawSync } from 'node:zlib'
import { Zip, type ZipInputFile } from 'fflate'
import type { ReportDocument } from '../../domain/report/document.ts'
import { reportWorkbook, type WorkbookPart } from '../../domain/report/workbook.ts'

/** Handed to the compressor at a time. */
const CHUNK_BYTES = 1_000_000
/** Times in a ZIP are of 1980 and later; a constant, so that the same report is the same bytes. */
const ZIP_TIME = new Date(1980, 0, 1)

/** The bytes of the workbook, in pieces as they are made. */
export const workbookPieces = (document: ReportDocument): Generator<Uint8Array> => zippedParts(reportWorkbook(document))

export function* zippedParts(parts: readonly WorkbookPart[]): Generator<Uint8Array> {
  const made: Uint8Array[] = []
  const zip = new Zip((error, bytes) => {
    if (error) throw error
    made.push(bytes)
  })
  for (const { name, text } of parts) {
    const file = deflatedFile(name)
    zip.add(file)
    for (const { bytes, isLast } of gathered(text)) {
      file.push(bytes, isLast)
      yield* made.splice(0)
    }
  }
  zip.end()
  yield* made
}

/**
 * Gathers short texts, so that the compressor gets few long runs. Each text is encoded by itself, while it lies in the
 * processor's cache: a text of a million characters that was put together from cells took twice as long. `bytes` holds
 * until the next one is asked for.
 */
function* gathered(texts: Iterable<string>): Generator<{ bytes: Uint8Array; isLast: boolean }> {
  let room = Buffer.allocUnsafe(CHUNK_BYTES)
  let used = 0
  for (const text of texts) {
    const most = text.length * UTF8_BYTES_PER_UNIT_MAX
    if (used > 0 && used + most > room.length) {
      yield { bytes: room.subarray(0, used), isLast: false }
      used = 0
    }
    if (most > room.length) room = Buffer.allocUnsafe(most)
    used += room.write(text, used)
  }
  yield { bytes: room.subarray(0, used), isLast: true }
}
/** Of a UTF-16 unit in UTF-8; a pair of them takes four. */
const UTF8_BYTES_PER_UNIT_MAX = 3

/** Higher levels take twice the time for a tenth of the size. */
const LEVEL = 4

/**
 * A part that node:zlib compresses, which is several times as fast as fflate. Each chunk is a run of blocks of its own,
 * flushed to a whole byte; the last one ends the stream.
 */
function deflatedFile(filename: string): ZipInputFile & { push(chunk: Uint8Array, isLast: boolean): void } {
  return {
    ...{ filename, size: 0, crc: 0, compression: 8, mtime: ZIP_TIME },
    push(chunk, isLast) {
      this.size += chunk.length
      this.crc = crc32(chunk, this.crc)
      const finishFlush = isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH
      this.ondata?.(null, deflateRawSync(chunk, { level: LEVEL, finishFlush }), isLast)
    },
  }
}
