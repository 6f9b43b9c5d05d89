// Copies columns of readings to and from DuckDB's vectors through typed arrays: the value-by-value API is ten times
// slower.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { BIGINT, DOUBLE, DuckDBDataChunk, type DuckDBMaterializedResult, UINTEGER, UTINYINT } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import { must } from '../../domain/must.ts'

/** DuckDB's own vector size; a chunk holds no more rows. */
export const CHUNK_ROWS = 2048
/** `quality`: the mark of quality and unit (domain/wire/sent-unit.ts). */
export const READING_COLUMNS =
  'meter UINTEGER NOT NULL, at_ms BIGINT NOT NULL, value DOUBLE NOT NULL, received_ms BIGINT NOT NULL, quality UTINYINT NOT NULL'
const TWO_32 = 4_294_967_296
/** Chunks copied before the event loop gets a turn: about 5 ms of work. */
const CHUNKS_PER_TURN = 64

type ResultColumn = Uint8Array | Uint32Array | Float64Array

/** Copies the columns of a result from a row on, with a turn of the event loop between some chunks. */
export async function copyResult(result: DuckDBMaterializedResult, columns: readonly ResultColumn[], firstRow = 0) {
  for (let index = 0, row = firstRow; index < result.chunkCount; index++) {
    if (index % CHUNKS_PER_TURN === CHUNKS_PER_TURN - 1) await nextTurn()
    row += copyChunk(result.getChunk(index), columns, row)
  }
}

/** Copies a chunk's columns to row `row` and on; returns the number of rows. Keeps no view of DuckDB's own memory. */
function copyChunk(chunk: DuckDBDataChunk, columns: readonly ResultColumn[], row: number): number {
  for (const [index, column] of columns.entries()) {
    const width = column.BYTES_PER_ELEMENT
    const data = duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk.chunk, index), chunk.rowCount * width)
    new Uint8Array(column.buffer).set(data, row * width)
  }
  return chunk.rowCount
}

/** The columns of one chunk on their way into DuckDB. A BIGINT is written as two 32-bit halves, without a BigInt. */
export function chunkColumns() {
  const meter = new Uint32Array(CHUNK_ROWS)
  const at = new Int32Array(CHUNK_ROWS * 2)
  const value = new Float64Array(CHUNK_ROWS)
  const received = new Int32Array(CHUNK_ROWS * 2)
  const quality = new Uint8Array(CHUNK_ROWS)
  const types = [UINTEGER, BIGINT, DOUBLE, BIGINT, UTINYINT]
  const buffers = [meter, at, value, received, quality].map((column) => column.buffer)
  const widths = [4, 8, 8, 8, 1]
  let current = DuckDBDataChunk.create(types, CHUNK_ROWS)
  return {
    set(row: number, key: number, atMs: number, reading: number, receivedMs: number, mark: number): void {
      meter[row] = key
      at[row * 2] = (atMs % TWO_32) | 0
      at[row * 2 + 1] = Math.floor(atMs / TWO_32)
      value[row] = reading
      received[row * 2] = (receivedMs % TWO_32) | 0
      received[row * 2 + 1] = Math.floor(receivedMs / TWO_32)
      quality[row] = mark
    },
    chunk(rows: number): DuckDBDataChunk {
      if (current.rowCount !== rows) current = DuckDBDataChunk.create(types, rows)
      for (const [column, buffer] of buffers.entries()) {
        const vector = duckdb.data_chunk_get_vector(current.chunk, column)
        duckdb.copy_data_to_vector(vector, 0, buffer, 0, rows * must(widths[column]))
      }
      return current
    },
  }
}
