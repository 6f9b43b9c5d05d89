// Shared handling of readings for both series stores (docs/decisions/0015). Each received value is a point of its own,
// whose time below the millisecond comes from its arrival: so corrections replace nothing, and a range reads each value
// once.

import { RECORD_ID } from '../../domain/registry/records.ts'
import type { Samples } from '../../domain/settle/series.ts'
import { numberOfUnit, type ReadingMark, type ReadingQuality } from '../../domain/wire/sent-unit.ts'
import type { ReceivedReading } from '../../functions/platform.ts'

/**
 * Prime, so that arrivals a round number of milliseconds apart do not collide; less than the nanoseconds of a
 * millisecond.
 */
const PLACES = 999_983
const NS_PER_MS = 1_000_000n

/**
 * The point's time in nanoseconds. Two arrivals for one meter and millisecond share it only when they are a multiple of
 * 999,983 µs apart to the microsecond; then the later replaces the earlier, in the history too.
 */
export const pointNs = (atMs: number, arrival: number): string =>
  String(BigInt(atMs) * NS_PER_MS + BigInt(arrival % PLACES))

/** A stored value of a series store. */
export interface Arrived extends ReceivedReading {
  meter: string
  /** Rank of arrival: µs since the epoch (take.ts). */
  arrival: number
}

type ArrivedSample = Pick<Arrived, 'meter' | 'atMs' | 'value' | 'arrival' | 'quality' | 'unit'>

/**
 * Samples by meter: sorted by time, one per time (the last to arrive), none suspect. Meters without samples are absent.
 */
export function latestSamples(rows: Iterable<ArrivedSample>) {
  const byMeter = new Map<string, ArrivedSample[]>()
  for (const row of rows) {
    const own = byMeter.get(row.meter)
    if (own) own.push(row)
    else byMeter.set(row.meter, [row])
  }
  const found = new Map<string, Samples>()
  for (const [meter, own] of byMeter) {
    own.sort((a, b) => a.atMs - b.atMs || a.arrival - b.arrival)
    const kept = own.filter((row, n) => own[n + 1]?.atMs !== row.atMs && row.quality !== 'suspect')
    if (kept.length === 0) continue
    found.set(meter, {
      atMs: Float64Array.from(kept, (row) => row.atMs),
      value: Float64Array.from(kept, (row) => row.value),
      ...(kept.some(({ unit }) => unit !== undefined) && {
        unit: Uint8Array.from(kept, ({ unit }) => (unit === undefined ? 0 : numberOfUnit(unit))),
      }),
    })
  }
  return found
}

const LETTERS: Readonly<Record<ReadingQuality, string>> = { good: 'g', suspect: 's', estimated: 'e' }
/** Quality and unit as they are stored: one letter, then the unit if the sender gave one. */
export const markText = ({ quality, unit = '' }: ReadingMark): string => LETTERS[quality] + unit
export function ofMarkText(text: string): ReadingMark {
  const [letter, unit] = [text.slice(0, 1), text.slice(1)]
  const quality = (Object.keys(LETTERS) as ReadingQuality[]).find((one) => LETTERS[one] === letter)
  if (!quality) throw new Error(`"${text}" stands for no quality of a reading`)
  return unit === '' ? { quality } : { quality, unit }
}

/** What a store gives out of a value received. */
export const receivedReading = ({ atMs, value, receivedMs, quality, unit }: Arrived): ReceivedReading => ({
  ...{ atMs, value, receivedMs, quality },
  ...(unit !== undefined && { unit }),
})

/** The only ids that may enter a query: those of domain/registry/records.ts. */
export const isMeterId = (id: string): boolean => RECORD_ID.test(id)

/** Each id once, as a quoted string of SQL or InfluxQL. Only valid ids pass, so nothing needs escaping. */
export function quotedIds(meters: readonly string[]): string[] {
  for (const id of meters) if (!isMeterId(id)) throw new RangeError(`"${id}" is no meter id`)
  return meters.map((id) => `'${id}'`)
}

/** Meters that could have readings, each once. */
export const askable = (meters: readonly string[]): string[] => [...new Set(meters)].filter(isMeterId)
