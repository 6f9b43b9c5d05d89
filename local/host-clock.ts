// The clock of this machine and what speaks against it: stored readings, the last start, and the gateways
// (domain/wire/host-clock.ts has the rule).

import { behindText, isBehind, latestPast, medianOfMany, type PastInstant } from '../domain/wire/host-clock.ts'
import { docKey, type HostClock, type HostProblem, type StateStore } from '../functions/platform.ts'
import type { ReadingFile } from './reading-store.ts'

/** Time of the last start of a host on this folder. */
const START_KEY = docKey<{ atMs: number }>('host/start')
/** No machine that runs this version has an earlier clock that is right. */
const MADE_MS = Date.UTC(2026, 10, 1)
/** The newest words of this many gateways are kept: a province has fewer. */
const HEARD_MAX = 100_000

export interface LocalClock extends HostClock {
  /** Notes the start of a host. A later start is measured against it. */
  started(): Promise<void>
  problem(): HostProblem | undefined
}

/** `now`: undefined for the clock of the machine; a scenario's own clock may be set to any year. */
export async function localClock(
  { readings, state }: { readings: ReadingFile; state: StateStore },
  now: (() => number) | undefined,
): Promise<LocalClock> {
  const said = new Map<string, number>()
  let median: { ms: number | undefined } | undefined
  let startMs = (await state.get(START_KEY))?.value.atMs
  const saidByMany = (): number | undefined => {
    median ??= { ms: medianOfMany([...said.values()]) }
    return median.ms
  }
  const past = (): PastInstant | undefined =>
    latestPast({
      readingMs: readings.newestMs(),
      startMs,
      gatewaysMs: saidByMany(),
      madeMs: now ? undefined : MADE_MS,
    })
  const nowOf = now ?? Date.now
  return {
    ...readings.waiting,
    heard(gateway, atMs) {
      if (said.get(gateway) === atMs || (said.size >= HEARD_MAX && !said.has(gateway))) return
      said.set(gateway, atMs)
      median = undefined
    },
    isBehind: (nowMs) => isBehind(nowMs, past()),
    vouched(nowMs) {
      const saidMs = saidByMany() ?? readings.newestMs()
      return Number.isFinite(saidMs) ? Math.min(nowMs, saidMs) : nowMs
    },
    problem() {
      const [nowMs, latest] = [nowOf(), past()]
      return isBehind(nowMs, latest)
        ? { code: 'clockBehind', ...behindText(nowMs, latest, readings.waiting.aside()) }
        : undefined
    },
    async started() {
      const atMs = nowOf()
      await state.put([{ key: START_KEY, value: { atMs } }])
      startMs = Math.max(startMs ?? atMs, atMs)
    },
  }
}
