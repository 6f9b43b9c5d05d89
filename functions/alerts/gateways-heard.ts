// Stores when each gateway was last heard, and the times between, from which follows how often it uploads: the embedded
// broker writes it on one machine, the function behind the IoT rule in AWS, and `POST readings` on both. A gateway
// without such a document counts as never heard, so imported history raises no alarm.

import { GAPS_KEPT } from '../../domain/alert/cadence.ts'
import { MINUTE_MS } from '../../domain/calendar.ts'
import { DERIVED, docKey, type StateStore } from '../platform.ts'

export interface GatewaySeen {
  /** Its last message on any topic. */
  lastMs: number
  /** When the gateway or its last will reported it offline; null once it is heard again. */
  offlineMs: number | null
}
/** As stored: what was heard, and the rhythm of it. */
export interface GatewayContacts extends GatewaySeen {
  /** Start of the present contact: messages with less than CONTACT_MS between them. */
  sinceMs?: number
  /** The latest times between contacts (domain/alert/cadence.ts); absent until a version that learns them noted one. */
  gapsMinutes?: number[]
}

/** A gateway sends what it has in several messages; Lambda notes a gateway every ten minutes at most. */
const CONTACT_MS = 10 * MINUTE_MS
/** A contact that lasts as long is no upload of a backlog: the gateway speaks all the time. */
const STEADY_MS = 60 * MINUTE_MS
/** `POST readings` notes a gateway at most as often. */
const NOTED_EVERY_MS = MINUTE_MS

/** The host has listened without interruption since then; silence before it is the host's, not the gateway's. */
export interface Listening {
  sinceMs: number
}
export const gatewaySeenKey = (gateway: string) => docKey<GatewayContacts>(`gateway-seen/${gateway}`)
export const LISTENING_KEY = docKey<Listening>('gateway-listening')

/** Writes many at once, with the times between, which follow from what was stored; a power cut may undo the last. */
export async function putGatewaysSeen(state: StateStore, seen: ReadonlyMap<string, GatewaySeen>): Promise<void> {
  const known = await gatewayContacts(state, [...seen.keys()])
  const docs = [...seen].map(([id, value]) => ({ key: gatewaySeenKey(id), value: recordOf(known.get(id), value) }))
  await state.put(docs, DERIVED)
}

/** Notes a message that came by another way than MQTT. */
export async function noteHeard(state: StateStore, gateway: string, nowMs: number): Promise<void> {
  const known = (await state.get(gatewaySeenKey(gateway)))?.value
  if (known?.offlineMs === null && nowMs >= known.lastMs && nowMs - known.lastMs < NOTED_EVERY_MS) return
  await putGatewaysSeen(state, new Map([[gateway, { lastMs: nowMs, offlineMs: null }]]))
}

function recordOf(known: GatewayContacts | undefined, { lastMs, offlineMs }: GatewaySeen): GatewayContacts {
  if (!known) return { lastMs, offlineMs, sinceMs: lastMs, gapsMinutes: [] }
  const { sinceMs = known.lastMs, gapsMinutes = [] } = known
  const gapMs = lastMs - known.lastMs
  // One host noted a later message than another that writes now.
  if (gapMs <= 0 && gapMs > -CONTACT_MS) return { lastMs: known.lastMs, offlineMs, sinceMs, gapsMinutes }
  const withGap = (minutes: number): number[] => [...gapsMinutes, minutes].slice(-GAPS_KEPT)
  if (gapMs >= CONTACT_MS)
    return { lastMs, offlineMs, sinceMs: lastMs, gapsMinutes: withGap(Math.round(gapMs / MINUTE_MS)) }
  if (gapMs > 0 && lastMs - sinceMs >= STEADY_MS)
    return { lastMs, offlineMs, sinceMs: lastMs, gapsMinutes: withGap(CONTACT_MS / MINUTE_MS) }
  return { lastMs, offlineMs, sinceMs: Math.min(sinceMs, lastMs), gapsMinutes }
}

/** What is stored of gateways; those never heard are absent. */
export async function gatewayContacts(
  state: StateStore,
  gateways: readonly string[],
): Promise<Map<string, GatewayContacts>> {
  const docs = await state.getMany(gateways.map(gatewaySeenKey))
  const prefix = gatewaySeenKey('').length
  return new Map(docs.map(({ key, value }) => [key.slice(prefix), value]))
}

/** Epoch milliseconds of the last message, or of the report of being offline when that is later. */
export const heardMs = ({ lastMs, offlineMs }: GatewaySeen): number => Math.max(lastMs, offlineMs ?? 0)

/** Epoch milliseconds of the last message by gateway; gateways never heard are absent. */
export async function gatewaysHeard(state: StateStore, gateways: readonly string[]): Promise<Map<string, number>> {
  return new Map([...(await gatewayContacts(state, gateways))].map(([id, record]) => [id, heardMs(record)]))
}

/** −∞ when no host has recorded it. */
export const listeningSince = async (state: StateStore): Promise<number> =>
  (await state.get(LISTENING_KEY))?.value.sinceMs ?? Number.NEGATIVE_INFINITY
