// Clocks of gateways and meters that jump, told from the order of arrival: each receipt says what the clock showed
// when. A reading is known by its time, so a clock set back writes over true readings, and no look at what stands could
// tell.

import { MINUTE_MS } from '../calendar.ts'

/** Smaller jumps move less than half an hour's consumption into the hour beside it, and look like a slow network. */
export const CLOCK_JUMP_MS_MIN = 30 * MINUTE_MS
/**
 * Receipts on either side at which clock and arrival went at one pace: an outbox that is emptied does not, nor does a
 * replay.
 */
const STEADY_RECEIPTS = 3

/**
 * A clock that was moved by `jumpMinutes` (negative: back; whole ones, as networks take seconds) between two readings
 * of `before` and `after`, the later of them received at `receivedMs`. The hours from `atMs` to `untilMs` are there
 * twice (back) or were skipped (forward).
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
 * The jumps among readings of one meter in order of arrival. What is sent again unchanged says nothing of a clock. Back
 * in time is a jump only where the register goes on from where it stood: readings that come late show a lower one.
 * Needs STEADY_RECEIPTS receipts on either side; never named, because nothing shows it: a clock that is off from the
 * first reading.
 */
export function clockJumps(arrivals: readonly Arrival[], kind: 'register' | 'interval'): ClockJump[] {
  const receipts = receiptsOf(arrivals)
  const jumps: ClockJump[] = []
  // How many steps in a row up to each receipt were steady.
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

/** What came in together, as one: its newest reading is what the clock showed. */
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

/** Whether the clock and the arrivals went on alike, to half of the step. */
function isSteady(last: Receipt, next: Receipt): boolean {
  const clockMs = next.newest.atMs - last.newest.atMs
  const passedMs = next.receivedMs - last.receivedMs
  return clockMs > 0 && Math.abs(clockMs - passedMs) <= Math.max(clockMs, passedMs) / 2
}
