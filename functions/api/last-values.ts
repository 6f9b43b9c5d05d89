// Finds the last register values of meters, to be held against their faces.

import { must } from '../../domain/must.ts'
import type { Meter } from '../../domain/registry/records.ts'
import { inRegisterUnit } from '../../domain/settle/sent-samples.ts'
import type { Samples } from '../../domain/settle/series.ts'
import type { Platform } from '../platform.ts'
import { extentsOf, settledKey } from '../settling/mark.ts'

/** Readings this young are looked through; older last values are looked up meter by meter. */
const RECENT_MS = 2 * 3_600_000

/** By meter, as it was read: in the meter's own unit, before its multiplier. Meters of one shard. */
export async function lastValues({ readings, state, now }: Platform, shard: string, meters: readonly Meter[]) {
  const last = new Map<string, { atMs: number; value: number }>()
  const byId = new Map(meters.map((meter) => [meter.id, meter]))
  const note = (found: ReadonlyMap<string, Samples>): void => {
    for (const [id, samples] of found) {
      const { atMs, value } = inRegisterUnit(samples, must(byId.get(id)))
      if (atMs.length > 0) last.set(id, { atMs: must(atMs.at(-1)), value: must(value.at(-1)) })
    }
  }
  const ids = meters.map(({ id }) => id)
  note(await readings.range(ids, now() - RECENT_MS, now() + RECENT_MS))
  const extents = extentsOf((await state.get(settledKey(shard)))?.value)
  for (const id of ids.filter((one) => !last.has(one))) {
    const lastMs = extents.get(id)?.[1]
    if (lastMs !== undefined) note(await readings.range([id], lastMs, lastMs + 1))
  }
  return last
}
