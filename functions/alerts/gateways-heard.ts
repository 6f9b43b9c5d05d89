// Stores when each gateway was last heard: the embedded broker writes it on one machine, the function behind the IoT
// rule in AWS. A gateway without such a document counts as never heard, so imported history raises no alarm.

import { DERIVED, docKey, type StateStore } from '../platform.ts'

export interface GatewaySeen {
  /** Its last message on any topic. */
  lastMs: number
  /** When the gateway or its last will reported it offline; null once it is heard again. */
  offlineMs: number | null
}
/** The host has listened without interruption since then; silence before it is the host's, not the gateway's. */
export interface Listening {
  sinceMs: number
}
export const gatewaySeenKey = (gateway: string) => docKey<GatewaySeen>(`gateway-seen/${gateway}`)
export const LISTENING_KEY = docKey<Listening>('gateway-listening')

/** Writes many at once; a power cut may undo the last ones. */
export const putGatewaysSeen = (state: StateStore, seen: ReadonlyMap<string, GatewaySeen>): Promise<void> =>
  state.put(
    [...seen].map(([gateway, value]) => ({ key: gatewaySeenKey(gateway), value })),
    DERIVED,
  )

/** Epoch milliseconds of the last message by gateway; gateways never heard are absent. */
export async function gatewaysHeard(state: StateStore, gateways: readonly string[]): Promise<Map<string, number>> {
  const docs = await state.getMany(gateways.map(gatewaySeenKey))
  const prefix = gatewaySeenKey('').length
  return new Map(docs.map(({ key, value }) => [key.slice(prefix), Math.max(value.lastMs, value.offlineMs ?? 0)]))
}

/** −∞ when no host has recorded it. */
export const listeningSince = async (state: StateStore): Promise<number> =>
  (await state.get(LISTENING_KEY))?.value.sinceMs ?? Number.NEGATIVE_INFINITY
