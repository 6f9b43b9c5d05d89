// Takes a batch of readings: into the series store first, then into the ledger; only then is it received. A kill in
// between loses nothing, since the message is delivered again: its readings are then twice in the record of
// corrections, and count once.

import { must } from '../../domain/must.ts'
import type { RefusedReading, StoredReading } from '../../functions/platform.ts'
import { isMeterId } from './arrival.ts'
import type { TouchedLedger } from './touched-ledger.ts'

/**
 * `write` stores readings whose arrival ranks begin at `arrival`, and returns those it refuses for good by their place
 * in its input. Errors of `write` and the ledger are thrown; then nothing counts as received.
 */
export async function takenReadings(
  batch: readonly StoredReading[],
  ledger: TouchedLedger,
  write: (readings: readonly StoredReading[], arrival: number) => Promise<RefusedReading[]>,
): Promise<RefusedReading[]> {
  if (batch.length === 0) return []
  // Assigned before the first await: batches are received in the order of the calls.
  const arrival = ledger.arrivals(batch.length)
  const entries = [...batch.entries()]
  const stored = entries.filter(([, reading]) => isStorable(reading))
  const refused = (
    await write(
      stored.map(([, reading]) => reading),
      arrival,
    )
  ).map(({ index, reason }) => ({
    index: must(stored[index])[0],
    reason,
  }))
  const isRefused = new Set(refused.map(({ index }) => index))
  await ledger.add(stored.filter(([index]) => !isRefused.has(index)).map(([, reading]) => reading))
  const odd = entries.filter(([, reading]) => !isStorable(reading)).map(([index]) => ({ index, reason: ODD }))
  return [...refused, ...odd].sort((a, b) => a.index - b.index)
}

const ODD = 'the meter is no id, the time no whole millisecond, or the value not finite'
const isStorable = ({ meter, atMs, value }: StoredReading): boolean =>
  isMeterId(meter) && Number.isSafeInteger(atMs) && Number.isFinite(value)
