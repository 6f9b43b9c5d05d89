// Detects silent gateways and meters, as often as `schedules.silence` says (functions/triggers.ts), from one document
// per shard and one per gateway.

import { learnedCadence } from '../../domain/alert/cadence.ts'
import { detect, type Round } from '../../domain/alert/detect.ts'
import type { Finding } from '../../domain/alert/kinds.ts'
import { isRead, type Meter } from '../../domain/registry/records.ts'
import { DERIVED, docKey, type StateStore } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { extentsOf, settledKey } from '../settling/mark.ts'
import { gatewayContacts, heardMs, listeningSince } from './gateways-heard.ts'

/** Since when meters that never had a reading have been waited for, by id: epoch ms. */
type Waiting = Readonly<Record<string, number>>
export const waitingKey = (shard: string) => docKey<Waiting>(`waiting/${shard}`)

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
  const unread = [...byGateway].flatMap(([gateway, behind]) =>
    records.has(gateway) ? behind.flatMap(({ id }) => (lastReadingMs(id) === undefined ? [id] : [])) : [],
  )
  const waiting = await waitingFor(state, { shard, unread, nowMs: round.nowMs })
  const waitedSinceMs = (meter: string): number => waiting[meter] ?? round.nowMs
  const ofGateways = [...byGateway].map(async ([gateway, behind]) => {
    const record = records.get(gateway)
    if (!record) return []
    const registered = (await registry.gateway(gateway))?.gateway.uploadMinutes
    const uploadMinutes = registered ?? learnedCadence(record.gapsMinutes)
    const lastMs = heardMs(record)
    const heard = { lastMs, uploadMinutes, listeningSinceMs, lastReadingMs, waitedSinceMs }
    return detect('silence', { gateway, meters: behind, ...heard }, round)
  })
  return (await Promise.all(ofGateways)).flat()
}

/** Notes the meters that are waited for from now on, and forgets those that are no longer. */
async function waitingFor(
  state: StateStore,
  { shard, unread, nowMs }: { shard: string; unread: readonly string[]; nowMs: number },
): Promise<Waiting> {
  const key = waitingKey(shard)
  const known = (await state.get(key))?.value ?? {}
  const waiting = Object.fromEntries(unread.map((id) => [id, known[id] ?? nowMs]))
  const isSame = unread.length === Object.keys(known).length && unread.every((id) => known[id] !== undefined)
  if (isSame) return known
  if (unread.length === 0) await state.delete([key])
  else await state.put([{ key, value: waiting }], DERIVED)
  return waiting
}
