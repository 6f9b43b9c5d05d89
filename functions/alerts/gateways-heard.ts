// When each gateway was last heard, written by whoever listens to gateways: the embedded broker here, IoT lifecycle and
// status rules in AWS. Without such a document a gateway counts as never heard, so imported history raises no alarm.

import { DERIVED, docKey, type StateStore } from '../platform.ts'

export interface GatewaySeen {
  /** Its last message on any topic. */
  lastMs: number
  /** When its last will, or itself, said that it is offline; null once it is heard again. */
  offlineMs: number | null
}
/** Somebody listens since then without interruption: silence before it is ours, not the gateway's. */
export interface Listening {
  sinceMs: number
}
export const gatewaySeenKey = (gateway: string) => docKey<GatewaySeen>(`gateway-seen/${gateway}`)
export const LISTENING_KEY = docKey<Listening>('gateway-listening')

/** Writes many at once; a power cut may take the last ones back. */
export const putGatewaysSeen = (state: StateStore, seen: ReadonlyMap<string, GatewaySeen>): Promise<void> =>
  state.put(
    [...seen].map(([gateway, value]) => ({ key: gatewaySeenKey(gateway), value })),
    DERIVED,
  )

/** Epoch milliseconds of the last word by gateway; those never heard are absent. */
export async function gatewaysHeard(state: StateStore, gateways: readonly string[]): Promise<Map<string, number>> {
  const docs = await state.getMany(gateways.map(gatewaySeenKey))
  const prefix = gatewaySeenKey('').length
  return new Map(docs.map(({ key, value }) => [key.slice(prefix), Math.max(value.lastMs, value.offlineMs ?? 0)]))
}

/** −∞ where nobody said. */
export const listeningSince = async (state: StateStore): Promise<number> =>
  (await state.get(LISTENING_KEY))?.value.sinceMs ?? Number.NEGATIVE_INFINITY
