// Sends a reading as a gateway of its own, over MQTT and the rule like any other, and tells how old the latest reading
// of it is that stands in an hour: whatever stands still between the broker and the hours, this age grows.

import type { StateStore } from '../functions/platform.ts'
import { registryReader } from '../functions/registry/reader.ts'
import { extentsOf, settledKey } from '../functions/settling/mark.ts'
import type { FunctionLog } from './log.ts'
import type { CountMetrics } from './metrics.ts'

export interface CanaryOptions {
  state: StateStore
  /** Registered for this alone: docs/deploy.md says where. */
  gateway: string
  meter: string
  /** Publishes a message of the gateway's with QoS 1. */
  publish(payload: string): Promise<void>
  count: CountMetrics
  log: FunctionLog
  /** Epoch milliseconds. */
  now(): number
}

/** A register that counts one each hour. */
const MS_PER_UNIT = 3_600_000

/** Throws when the reading could not be sent, or when the meter is not registered. */
export function canary({ state, gateway, meter, publish, count, log, now }: CanaryOptions): () => Promise<void> {
  const registry = registryReader(state)
  return async () => {
    await registry.refresh()
    const shard = (await registry.meter(meter))?.shard
    if (shard === undefined) throw new Error(`the canary's meter "${meter}" is not registered`)
    const [, lastMs] = extentsOf((await state.get(settledKey(shard)))?.value).get(meter) ?? []
    const at = now()
    // Nothing at first: its alarm takes missing data for a fault.
    if (lastMs !== undefined) count({ CanaryAge: (at - lastMs) / 1000 })
    await publish(JSON.stringify({ v: 1, readings: [{ meter, at, value: at / MS_PER_UNIT }] }))
    log('INFO', 'canary sent', { gateway, meter, settled_to: lastMs === undefined ? undefined : new Date(lastMs) })
  }
}
