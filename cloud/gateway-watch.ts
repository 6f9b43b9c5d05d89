// When gateways were last heard, as documents: in AWS nobody listens to them but the function behind the IoT rule. A
// write is paid for, so each gateway is noted at most once in a while by each running function, and alerts bear that.

import { type GatewaySeen, gatewaysHeard, putGatewaysSeen } from '../functions/alerts/gateways-heard.ts'
import type { MqttMessage, StateStore } from '../functions/platform.ts'

/** Well below the silence after which a gateway counts as offline (domain/alert/kinds/). */
const NOTED_EVERY_MS = 10 * 60_000

/** Takes messages that were stored. */
export type Heard = (messages: readonly MqttMessage[]) => Promise<void>

export function lambdaGatewayWatch(state: StateStore): Heard {
  const notedMs = new Map<string, number>()
  return async (messages) => {
    // What lay somewhere may have been overtaken by what another function noted.
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
