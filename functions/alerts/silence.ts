// Detects silent gateways and meters, as often as `schedules.silence` says (functions/triggers.ts), from one document
// per shard and one per gateway.

import { learnedCadence } from '../../domain/alert/cadence.ts'
import { detect, type Round } from '../../domain/alert/detect.ts'
import type { Finding } from '../../domain/alert/kinds.ts'
import { isRead, type Meter } from '../../domain/registry/records.ts'
import type { StateStore } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { extentsOf, settledKey } from '../settling/mark.ts'
import { gatewayContacts, heardMs, listeningSince } from './gateways-heard.ts'

/** Silence in one shard. A gateway that was never heard is not judged, nor are its meters. */
export async function silenceFindings(
  { state, registry }: { state: StateStore; registry: Pick<RegistryReader, 'gateway'> },
  { shard, meters, round }: { shard: string; meters: readonly Meter[]; round: Round },
): Promise<Finding[]> {
  const extents = extentsOf((await state.get(settledKey(shard)))?.value)
  const byGateway = Map.groupBy(meters.filter(isRead), ({ gateway }) => gateway)
  const records = await gatewayContacts(state, [...byGateway.keys()])
  const listeningSinceMs = await listeningSince(state)
  const lastReadingMs = (meter: string): number | undefined => extents.get(meter)?.[1]
  const ofGateways = [...byGateway].map(async ([gateway, behind]) => {
    const record = records.get(gateway)
    if (!record) return []
    const registered = (await registry.gateway(gateway))?.gateway.uploadMinutes
    const uploadMinutes = registered ?? learnedCadence(record.gapsMinutes)
    const lastMs = heardMs(record)
    return detect('silence', { gateway, meters: behind, lastMs, uploadMinutes, listeningSinceMs, lastReadingMs }, round)
  })
  return (await Promise.all(ofGateways)).flat()
}
