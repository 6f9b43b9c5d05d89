// Makes whoever guesses passwords wait (docs/rules/access.md#lock-out). Counts by account and sender; the sender is
// a browser that has signed in before, or else an address: nobody can lock out somebody who signs in from elsewhere.

import { isIPv6 } from 'node:net'

/** Wrong passwords before the first wait, the first wait, and the longest. */
const FREE = 5
const WAIT_MS = 60_000
const WAIT_MS_MAX = 15 * 60_000
/** After so long without a wrong one, counting begins anew. */
const FORGET_MS = 60 * 60_000
/** Pairs that are remembered; the one longest untouched goes first. */
const PAIRS_MAX = 20_000

interface Count {
  wrong: number
  lastMs: number
  untilMs: number
}

export interface LockOut {
  /** How long this sender must wait before the next attempt at this account; 0: not at all. */
  waitMs(account: string, sender: string): number
  noteWrong(account: string, sender: string): void
  noteRight(account: string, sender: string): void
}

/** `nowMs`: a clock that never goes back. */
export function lockOut(nowMs: () => number = () => performance.now()): LockOut {
  const counts = new Map<string, Count>()
  const pair = (account: string, sender: string): string => JSON.stringify([account, sender])
  return {
    waitMs: (account, sender) => Math.max(0, (counts.get(pair(account, sender))?.untilMs ?? 0) - nowMs()),
    noteWrong(account, sender) {
      const key = pair(account, sender)
      const now = nowMs()
      const known = counts.get(key)
      const wrong = (known && now - known.lastMs < FORGET_MS ? known.wrong : 0) + 1
      const waitMs = wrong < FREE ? 0 : Math.min(WAIT_MS * 2 ** (wrong - FREE), WAIT_MS_MAX)
      counts.delete(key)
      counts.set(key, { wrong, lastMs: now, untilMs: now + waitMs })
      const [oldest] = counts.keys()
      if (counts.size > PAIRS_MAX && oldest !== undefined) counts.delete(oldest)
    },
    noteRight: (account, sender) => void counts.delete(pair(account, sender)),
  }
}

/** An address as one household or office has it: of IPv6, the first 64 bits. */
export function senderOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const filled = tail === undefined ? groups : [...groups, ...Array(8 - groups.length - rest.length).fill('0'), ...rest]
  return `${filled
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
