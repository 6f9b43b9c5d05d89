// Encodes what the lake store keeps in DynamoDB: readings of one message and day, and a meter's day of consumption.

import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import type { RegisterEvent } from '../../../domain/settle/series.ts'
import type { ConsumptionDay } from '../../../functions/platform.ts'
import { type Arrived, markText, ofMarkText } from '../arrival.ts'

const OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }
const HOURS = 24

/** Of each reading: meter, time and rank after those of the first, value; its mark unless good and without a unit. */
type PackedReading = [meter: string, atMs: number, arrival: number, value: number, mark?: string]
interface PackedReadings {
  receivedMs: number
  atMs: number
  arrival: number
  readings: PackedReading[]
}

/** Readings received together, in the order given; the same readings make the same bytes. */
export function packReadings(readings: readonly Arrived[]): Uint8Array {
  const [first] = readings
  if (!first) throw new RangeError('no readings to pack')
  const { receivedMs, atMs, arrival } = first
  const packed: PackedReadings = {
    ...{ receivedMs, atMs, arrival },
    readings: readings.map((one): PackedReading => {
      const row = [one.meter, one.atMs - atMs, one.arrival - arrival, one.value] as const
      return one.quality === 'good' && one.unit === undefined ? [...row] : [...row, markText(one)]
    }),
  }
  return brotliCompressSync(JSON.stringify(packed), OPTIONS)
}

export function unpackReadings(bytes: Uint8Array): Arrived[] {
  const { receivedMs, atMs, arrival, readings } = JSON.parse(brotliDecompressSync(bytes).toString()) as PackedReadings
  return readings.map(([meter, afterMs, rank, value, mark]) => ({
    ...{ meter, value, receivedMs },
    atMs: atMs + afterMs,
    arrival: arrival + rank,
    ...(mark === undefined ? { quality: 'good' } : ofMarkText(mark)),
  }))
}

/** Version, 24 flag codes, one bit an hour for what is known. */
const HEAD_BYTES = 8 + HOURS + 3

/** A meter's day: known hours as doubles, flags, then its events. `version`: of several, the highest counts. */
export function packDay({ amounts, flags, events }: ConsumptionDay, version: number): Uint8Array {
  const known = [...amounts.keys()].filter((hour) => !Number.isNaN(amounts[hour]))
  const bytes = Buffer.alloc(HEAD_BYTES + known.length * 8)
  bytes.writeDoubleLE(version, 0)
  bytes.set(flags, 8)
  bytes.writeUIntLE(
    known.reduce((bits, hour) => bits + 2 ** hour, 0),
    8 + HOURS,
    3,
  )
  for (const [n, hour] of known.entries()) bytes.writeDoubleLE(amounts[hour] ?? Number.NaN, HEAD_BYTES + n * 8)
  return events.length === 0 ? bytes : Buffer.concat([bytes, brotliCompressSync(JSON.stringify(events), OPTIONS)])
}

/** Throws when the bytes hold no day: then another program wrote the store. */
export function unpackDay(meter: string, day: number, packed: Uint8Array): ConsumptionDay & { version: number } {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
  if (bytes.length < HEAD_BYTES) throw new Error(`day ${day} of meter "${meter}" is ${bytes.length} bytes`)
  const bits = bytes.readUIntLE(8 + HOURS, 3)
  let end = HEAD_BYTES
  const amounts = new Float64Array(HOURS).fill(Number.NaN)
  for (let hour = 0; hour < HOURS; hour++) {
    if (((bits >>> hour) & 1) === 0) continue
    amounts[hour] = bytes.readDoubleLE(end)
    end += 8
  }
  const rest = bytes.subarray(end)
  return {
    ...{ meter, day, amounts, version: bytes.readDoubleLE(0) },
    flags: Uint8Array.from(bytes.subarray(8, 8 + HOURS)),
    events: rest.length === 0 ? [] : (JSON.parse(brotliDecompressSync(rest).toString()) as RegisterEvent[]),
  }
}
