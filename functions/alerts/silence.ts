// Detects silent gateways and meters, as often as `schedules.silence` says (functions/triggers.ts), from one document
// per shard and one per gateway.

import { detect, type Round } from '../../domain/alert/detect.ts'
import type { Finding } from '../../domain/alert/kinds.ts'
import { isRead, type Meter } from '../../domain/registry/records.ts'
import type { StateStore } from '../platform.ts'
import { extentsOf, settledKey } from '../settling/mark.ts'
import { gatewaysHeard, listeningSince } from './gateways-heard.ts'

/** Silence in one shard. A gateway that was never heard is not judged, nor are its meters. */
export async function silenceFindings(
  state: StateStore,
  { shard, meters, round }: { shard: string; meters: readonly Meter[]; round: Round },
): Promise<Finding[]> {
  const extents = extentsOf((await state.get(settledKey(shard)))?.value)
  const byGateway = Map.groupBy(meters.filter(isRead), ({ gateway }) => gateway)
  const heard = await gatewaysHeard(state, [...byGateway.keys()])
  const listeningSinceMs = await listeningSince(state)
  const lastReadingMs = (meter: string): number | undefined => extents.get(meter)?.[1]
  return [...byGateway].flatMap(([gateway, behind]) => {
    const lastMs = heard.get(gateway)
    if (lastMs === undefined) return []
    return detect('silence', { gateway, meters: behind, lastMs, listeningSinceMs, lastReadingMs }, round)
  })
}
