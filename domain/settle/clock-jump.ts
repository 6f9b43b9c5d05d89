// Detects clock jumps of gateways and meters from the order of arrival: each receipt shows the clock at a known
// instant. A clock set back overwrites true readings, since a reading is identified by its time; so the stored readings
// cannot reveal the jump.

import { MINUTE_MS } from '../calendar.ts'

/** Smaller jumps move less than half an hour's consumption into the next hour, and look like a slow network. */
export const CLOCK_JUMP_MS_MIN = 30 * MINUTE_MS
/**
 * Required receipts on each side in which clock and arrival advance equally. An emptied outbox or a replay does not
 * advance equally.
 */
const STEADY_RECEIPTS = 3

/**
 * A clock moved by `jumpMinutes` (negative: back; whole minutes, since networks take seconds) between two readings of
 * values `before` and `after`; the second was received at `receivedMs`. The time from `atMs` to `untilMs` exists twice
 * (back) or is skipped (forward).
 */
export interface ClockJump {
  kind: 'clockJump'
  atMs: number
  untilMs: number
  jumpMinutes: number
  receivedMs: number
  before: number
  after: number
}

export interface Arrival {
  atMs: number
  value: number
  receivedMs: number
}

/**
 * The jumps among readings of one meter in order of arrival. Readings repeated unchanged are ignored. A step back in
 * time is a jump only when the register continues from its last value: late readings show a lower value. Needs
 * STEADY_RECEIPTS receipts on each side. A clock that is wrong from the first reading cannot be detected.
 */
export function clockJumps(arrivals: readonly Arrival[], kind: 'register' | 'interval'): ClockJump[] {
  const receipts = receiptsOf(arrivals)
  const jumps: ClockJump[] = []
  // Number of consecutive steady steps up to each receipt.
  const steady: number[] = []
  for (const [i, receipt] of receipts.entries()) {
    const last = receipts[i - 1]
    steady.push(last && isSteady(last, receipt) ? (steady[i - 1] ?? 0) + 1 : 0)
  }
  const steadyTo = (i: number): number => steady[i] ?? 0
  const steps = STEADY_RECEIPTS - 1
  for (const [i, first] of receipts.entries()) {
    const last = receipts[i - 1]
    const later = receipts[i + steps]
    if (!last || !later) continue
    const jumpMs = first.newest.atMs - last.newest.atMs - (first.receivedMs - last.receivedMs)
    if (steadyTo(i) > 0 || Math.abs(jumpMs) < CLOCK_JUMP_MS_MIN) continue
    if (steadyTo(i - 1) < steps || steadyTo(i + steps) < steps) continue
    const { newest: before } = last
    const { oldest: after } = first
    const goesOn = after.value >= before.value && later.newest.value > before.value
    if (jumpMs < 0 && (after.atMs >= before.atMs || (kind === 'register' && !goesOn))) continue
    jumps.push({
      kind: 'clockJump',
      atMs: Math.min(before.atMs, after.atMs),
      untilMs: Math.max(before.atMs, after.atMs),
      jumpMinutes: Math.round(jumpMs / MINUTE_MS),
      receivedMs: first.receivedMs,
      before: before.value,
      after: after.value,
    })
  }
  return jumps
}

interface Receipt {
  receivedMs: number
  oldest: Arrival
  newest: Arrival
}

/** Groups readings received together; the newest one shows the clock. */
function receiptsOf(arrivals: readonly Arrival[]): Receipt[] {
  const receipts: Receipt[] = []
  const known = new Map<number, number>()
  for (const arrival of arrivals) {
    if (known.get(arrival.atMs) === arrival.value) continue
    known.set(arrival.atMs, arrival.value)
    const receipt = receipts.at(-1)
    if (receipt?.receivedMs !== arrival.receivedMs) {
      receipts.push({ receivedMs: arrival.receivedMs, oldest: arrival, newest: arrival })
      continue
    }
    if (arrival.atMs < receipt.oldest.atMs) receipt.oldest = arrival
    if (arrival.atMs > receipt.newest.atMs) receipt.newest = arrival
  }
  return receipts
}

/** True when clock and arrival advanced equally, within half of the step. */
function isSteady(last: Receipt, next: Receipt): boolean {
  const clockMs = next.newest.atMs - last.newest.atMs
  const passedMs = next.receivedMs - last.receivedMs
  return clockMs > 0 && Math.abs(clockMs - passedMs) <= Math.max(clockMs, passedMs) / 2
}
