// Shared handling of readings for both series stores (docs/decisions/0015). Each received value is a point of its own,
// whose time below the millisecond comes from its arrival: so corrections replace nothing, and a range reads each value
// once.

import { RECORD_ID } from '../../domain/registry/records.ts'
import type { Samples } from '../../domain/settle/series.ts'
import type { ReadingQuality } from '../../domain/wire/reading.ts'
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

/**
 * Samples by meter: sorted by time, one per time (the last to arrive), none suspect. Meters without samples are absent.
 */
export function latestSamples(rows: Iterable<Pick<Arrived, 'meter' | 'atMs' | 'value' | 'arrival' | 'quality'>>) {
  const byMeter = new Map<string, { atMs: number; value: number; arrival: number; quality: ReadingQuality }[]>()
  for (const { meter, atMs, value, arrival, quality } of rows) {
    const own = byMeter.get(meter)
    const row = { atMs, value, arrival, quality }
    if (own) own.push(row)
    else byMeter.set(meter, [row])
  }
  const found = new Map<string, Samples>()
  for (const [meter, own] of byMeter) {
    own.sort((a, b) => a.atMs - b.atMs || a.arrival - b.arrival)
    const kept = own.filter((row, n) => own[n + 1]?.atMs !== row.atMs && row.quality !== 'suspect')
    if (kept.length === 0) continue
    found.set(meter, {
      atMs: Float64Array.from(kept, (row) => row.atMs),
      value: Float64Array.from(kept, (row) => row.value),
    })
  }
  return found
}

/** Stored as one letter each. */
const LETTERS: Readonly<Record<ReadingQuality, string>> = { good: 'g', suspect: 's', estimated: 'e' }
export const letterOf = (quality: ReadingQuality): string => LETTERS[quality]
export function qualityOf(letter: string): ReadingQuality {
  const quality = (Object.keys(LETTERS) as ReadingQuality[]).find((one) => LETTERS[one] === letter)
  if (!quality) throw new Error(`"${letter}" stands for no quality of a reading`)
  return quality
}

/** The only ids that may enter a query: those of domain/registry/records.ts. */
export const isMeterId = (id: string): boolean => RECORD_ID.test(id)

/** Each id once, as a quoted string of SQL or InfluxQL. Only valid ids pass, so nothing needs escaping. */
export function quotedIds(meters: readonly string[]): string[] {
  for (const id of meters) if (!isMeterId(id)) throw new RangeError(`"${id}" is no meter id`)
  return meters.map((id) => `'${id}'`)
}

/** Meters that could have readings, each once. */
export const askable = (meters: readonly string[]): string[] => [...new Set(meters)].filter(isMeterId)
