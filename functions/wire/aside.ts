// Keeps readings aside that lie in the future of a clock that is behind, and takes them in once it is right
// (docs/rules/data.md#the-clock-of-the-host).

import { CLOCK_AHEAD_MS_MAX } from '../../domain/wire/reading.ts'
import type { MqttMessage, Platform, StoredReading } from '../platform.ts'
import { type KeptRejection, keepRejections, type Refused } from './rejections.ts'

/** Readings of a message that lie in the future of its receipt. */
export interface Ahead {
  message: MqttMessage
  readings: StoredReading[]
}

/** Puts aside what a clock that is behind would refuse, and names it so; returns the number of readings. */
export async function putAhead(
  clock: Platform['hostClock'],
  ahead: readonly Ahead[],
  refused: readonly Refused[],
): Promise<number> {
  if (!clock) return 0
  const rejectionsOf = new Map(refused.map(({ message, rejections }) => [message, rejections]))
  const waiting: StoredReading[] = []
  let receivedMs = 0
  for (const { message, readings } of ahead) {
    if (!clock.isBehind(message.receivedMs)) continue
    waiting.push(...readings)
    receivedMs = Math.max(receivedMs, message.receivedMs)
    for (const rejection of rejectionsOf.get(message) ?? [])
      if (rejection.code === 'atInFuture') rejection.code = 'clockBehind'
  }
  if (waiting.length > 0) await clock.putAside(waiting, receivedMs)
  return waiting.length
}

/**
 * Takes in what waits aside when the clock is right; what lies in the future even of the right clock becomes a
 * rejection of its gateway.
 */
export async function takeInAside(
  { hostClock: clock, state, now }: Pick<Platform, 'hostClock' | 'state' | 'now'>,
  gatewayOf: (meter: string) => Promise<string | undefined>,
): Promise<void> {
  const nowMs = now()
  if (!clock || clock.aside() === 0 || clock.isBehind(nowMs)) return
  const late = await clock.takeIn(nowMs + CLOCK_AHEAD_MS_MAX, nowMs)
  const byGateway = new Map<string, KeptRejection[]>()
  for (const { meter, atMs } of late) {
    const gateway = (await gatewayOf(meter)) ?? ''
    const own = byGateway.get(gateway) ?? []
    byGateway.set(gateway, own)
    own.push({ code: 'atInFuture', detail: `at: ${new Date(atMs).toISOString()}`, index: null, meter })
  }
  const refused = [...byGateway].map(([gateway, rejections]) => ({
    message: { id: 'aside', gateway, payload: '', receivedMs: nowMs },
    rejections,
  }))
  await keepRejections(state, refused)
}
