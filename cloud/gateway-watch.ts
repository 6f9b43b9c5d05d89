// Stores when gateways were last heard: in AWS only the function behind the IoT rule receives their messages. Writes
// cost money, so each running function notes a gateway at most once per NOTED_EVERY_MS; alerts tolerate that.

import {
  type GatewaySeen,
  gatewayContacts,
  gatewaysHeard,
  heardMs,
  putGatewaysSeen,
} from '../functions/alerts/gateways-heard.ts'
import type { MqttMessage, StateStore } from '../functions/platform.ts'

/** Well below the silence after which a gateway counts as offline (domain/alert/kinds/). */
const NOTED_EVERY_MS = 10 * 60_000

/** Takes messages whose readings are stored. */
export type Heard = (messages: readonly MqttMessage[]) => Promise<void>

export function lambdaGatewayWatch(state: StateStore): Heard {
  const notedMs = new Map<string, number>()
  return async (messages) => {
    // Another function may have noted a later time than that of a delayed message.
    const late = new Set(messages.filter(({ delayed }) => delayed).map(({ gateway }) => gateway))
    for (const [gateway, lastMs] of await gatewaysHeard(state, [...late])) notedMs.set(gateway, lastMs)
    const due = new Map<string, GatewaySeen>()
    for (const { gateway, receivedMs, delayed } of messages) {
      const afterMs = receivedMs - (notedMs.get(gateway) ?? Number.NEGATIVE_INFINITY)
      if (afterMs > (delayed ? 0 : NOTED_EVERY_MS)) due.set(gateway, { lastMs: receivedMs, offlineMs: null })
    }
    await putGatewaysSeen(state, due)
    for (const [gateway, { lastMs }] of due) notedMs.set(gateway, lastMs)
  }
}

/** A gateway's status, or IoT Core's own event of a connection. */
export interface ConnectionSignal {
  gateway: string
  atMs: number
  isOffline: boolean
}
export type Connections = (signals: readonly ConnectionSignal[]) => Promise<void>

/** Stores who came and went. Signals may come late and out of order: one older than what is known changes nothing. */
export function lambdaConnectionWatch(state: StateStore): Connections {
  return async (signals) => {
    const latest = new Map(signals.toSorted((a, b) => a.atMs - b.atMs).map((signal) => [signal.gateway, signal]))
    const known = await gatewayContacts(state, [...latest.keys()])
    const due = new Map<string, GatewaySeen>()
    for (const [gateway, { atMs, isOffline }] of latest) {
      const before = known.get(gateway)
      const { lastMs } = before ?? { lastMs: atMs }
      if (isOffline && atMs >= lastMs) due.set(gateway, { lastMs, offlineMs: atMs })
      if (!isOffline && atMs > (before ? heardMs(before) : 0)) due.set(gateway, { lastMs: atMs, offlineMs: null })
    }
    await putGatewaysSeen(state, due)
  }
}
