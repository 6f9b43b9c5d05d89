// Takes a batch of readings: into the series store first, then into the ledger; only then is it received. A kill in
// between loses nothing, since the message is delivered again: its readings get the same ranks, and so the same points.

import { must } from '../../domain/must.ts'
import type { RefusedReading, StoredReading } from '../../functions/platform.ts'
import { isMeterId } from './arrival.ts'
import type { TouchedLedger } from './touched-ledger.ts'

/** A reading with its rank among those of its meter and time: of several, the one with the highest rank counts. */
export interface RankedReading extends StoredReading {
  receivedMs: number
  /** µs since the epoch. */
  arrival: number
}

export interface Taking {
  /** When the batch was received, for readings that do not say so themselves. */
  receivedMs: number
  ledger: TouchedLedger
  /** Stores readings; returns those it refuses for good by their place in its input. */
  write(readings: readonly RankedReading[]): Promise<RefusedReading[]>
}

/** Errors of `write` and the ledger are thrown; then nothing counts as received. */
export async function takenReadings(
  unranked: readonly StoredReading[],
  { receivedMs, ledger, write }: Taking,
): Promise<RefusedReading[]> {
  if (unranked.length === 0) return []
  // Ranked before the first await: batches are received in the order of the calls.
  const batch = ranked(unranked, receivedMs, ledger.arrivals(unranked.length))
  const entries = [...batch.entries()]
  const stored = entries.filter(([, reading]) => isStorable(reading))
  const refused = (await write(stored.map(([, reading]) => reading))).map(({ index, reason }) => ({
    index: must(stored[index])[0],
    reason,
  }))
  const isRefused = new Set(refused.map(({ index }) => index))
  await ledger.add(stored.filter(([index]) => !isRefused.has(index)).map(([, reading]) => reading))
  const odd = entries.filter(([, reading]) => !isStorable(reading)).map(([index]) => ({ index, reason: ODD }))
  return [...refused, ...odd].sort((a, b) => a.index - b.index)
}

/**
 * Readings whose message says when it was received rank by that time and by their turn among those of their meter: so a
 * message has the same ranks whenever it is delivered. Others rank by `arrival`, in the order of the batch.
 */
function ranked(batch: readonly StoredReading[], batchReceivedMs: number, arrival: number): RankedReading[] {
  const turns = new Map<string, number>()
  return batch.map((reading, n) => {
    const { meter, receivedMs } = reading
    if (receivedMs === undefined) return { ...reading, receivedMs: batchReceivedMs, arrival: arrival + n }
    const message = `${meter} ${receivedMs}`
    const turn = turns.get(message) ?? 0
    turns.set(message, turn + 1)
    return { ...reading, receivedMs, arrival: receivedMs * US_PER_MS + turn }
  })
}
const US_PER_MS = 1_000

const ODD = 'the meter is no id, the time no whole millisecond, or the value not finite'
const isStorable = ({ meter, atMs, value }: StoredReading): boolean =>
  isMeterId(meter) && Number.isSafeInteger(atMs) && Number.isFinite(value)
