// A clock for what waits and tries again: sleeping moves it, so that minutes pass at once.

import type { Patience } from '../../cloud/backoff.ts'

export function passingTime(startMs = Date.UTC(2026, 10, 28)): Patience & { passed(): number; move(ms: number): void } {
  let nowMs = startMs
  return {
    now: () => nowMs,
    async sleep(ms) {
      nowMs += ms
    },
    random: () => 0.5,
    passed: () => nowMs - startMs,
    move(ms) {
      nowMs += ms
    },
  }
}
