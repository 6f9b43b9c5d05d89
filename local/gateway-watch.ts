// Stores when the broker heard each gateway, without a write for each message: at most one a minute for each gateway,
// all of them together every few seconds of the host's clock, which a played scenario moves on by hours at once.

import { type GatewaySeen, LISTENING_KEY, putGatewaysSeen } from '../functions/alerts/gateways-heard.ts'
import { DERIVED, type StateStore } from '../functions/platform.ts'

const WRITE_MS_MIN = 60_000
const FLUSH_MS = 5_000

export interface GatewayWatch {
  heard(gateway: string): void
  offline(gateway: string): void
  /** Writes pending entries, and stops. */
  close(): Promise<void>
}

export async function gatewayWatch(given: {
  state: StateStore
  now(): number
  log(line: string): void
  flushMs?: number
}): Promise<GatewayWatch> {
  const { state, now, log, flushMs = FLUSH_MS } = given
  await state.put([{ key: LISTENING_KEY, value: { sinceMs: now() } }], DERIVED)
  const seen = new Map<string, GatewaySeen & { writtenMs: number; due: boolean }>()
  const entry = (gateway: string) => {
    const known = seen.get(gateway) ?? { lastMs: now(), offlineMs: null, writtenMs: 0, due: true }
    seen.set(gateway, known)
    return known
  }
  let flushedMs = now()
  const flush = async (all = false): Promise<void> => {
    const nowMs = now()
    flushedMs = nowMs
    const due = [...seen].filter(([, one]) => one.due || (all && one.lastMs > one.writtenMs))
    if (due.length === 0) return
    for (const [, one] of due) Object.assign(one, { due: false, writtenMs: nowMs })
    await putGatewaysSeen(state, new Map(due.map(([id, { lastMs, offlineMs }]) => [id, { lastMs, offlineMs }])))
  }
  const failed = (error: unknown): void => log(`when gateways were heard could not be noted: ${String(error)}`)
  const timer = setInterval(() => void flush().catch(failed), flushMs).unref()
  const flushInTime = (): void => {
    if (now() - flushedMs >= flushMs) void flush().catch(failed)
  }
  return {
    heard(gateway) {
      const one = entry(gateway)
      one.lastMs = now()
      one.due ||= one.offlineMs !== null || one.lastMs - one.writtenMs >= WRITE_MS_MIN
      one.offlineMs = null
      flushInTime()
    },
    offline(gateway) {
      Object.assign(entry(gateway), { offlineMs: now(), due: true })
      flushInTime()
    },
    async close() {
      clearInterval(timer)
      await flush(true).catch(failed)
    },
  }
}
