// Encodes a day of consumption as texts that both series stores can hold: the bytes of its hours, which come back the
// same to the last bit, unknown hours included, and its events, compressed.

import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import type { RegisterEvent } from '../../domain/settle/series.ts'
import type { ConsumptionDay } from '../../functions/platform.ts'

const HOURS = 24
/** 24 doubles, little-endian, then 24 flag codes. */
const ROW_BYTES = HOURS * 8 + HOURS

export const hoursText = ({ amounts, flags }: ConsumptionDay): string => {
  const bytes = Buffer.alloc(ROW_BYTES)
  for (let hour = 0; hour < HOURS; hour++) bytes.writeDoubleLE(amounts[hour] ?? Number.NaN, hour * 8)
  bytes.set(flags, HOURS * 8)
  return bytes.toString('base64')
}

/** Empty when there are no events. */
export const eventsText = ({ events }: ConsumptionDay): string =>
  events.length === 0 ? '' : brotliCompressSync(JSON.stringify(events)).toString('base64')

/** Throws when the text does not hold the hours of a day: then another program wrote the store. */
export function dayOfTexts(meter: string, day: number, texts: { hours: string; events: string }): ConsumptionDay {
  const bytes = Buffer.from(texts.hours, 'base64')
  if (bytes.length !== ROW_BYTES)
    throw new Error(`the hours of meter "${meter}" on day ${day} are ${bytes.length} bytes`)
  return {
    meter,
    day,
    amounts: Float64Array.from({ length: HOURS }, (_, hour) => bytes.readDoubleLE(hour * 8)),
    flags: Uint8Array.from(bytes.subarray(HOURS * 8)),
    events: texts.events === '' ? [] : (JSON.parse(unpacked(texts.events)) as RegisterEvent[]),
  }
}
const unpacked = (base64: string): string => brotliDecompressSync(Buffer.from(base64, 'base64')).toString()

/** Days by meter as asked, each sorted by day; a meter asked for twice is given twice. */
export function inOrderAsked(meters: readonly string[], days: readonly ConsumptionDay[]): ConsumptionDay[] {
  const byMeter = Map.groupBy(days, ({ meter }) => meter)
  for (const own of byMeter.values()) own.sort((a, b) => a.day - b.day)
  return meters.flatMap((meter) => byMeter.get(meter) ?? [])
}
