// Settles meter readings to hourly consumption. Pure and exact: an hour depends only on the readings near it, never on
// a running sum, so any window of a series settles to the same bytes as the whole (docs/rules/settling.md).
// domain/settle/window.ts decides which window must be settled again.

import { flagHours, SUSPECT } from '../hours.ts'
import { settleCumulative } from './cumulative.ts'
import { settleIntervals } from './interval.ts'
import { believed } from './overflow.ts'
import type { HourSeries, MeterProfile, Samples, SettleWindow } from './series.ts'

export { HOUR_FLAGS, type HourFlag } from '../hours.ts'
export { isInDoubt, planWindow, widenedTouch } from './window.ts'

/**
 * The hours of a series, or those in the window, with the events that begin in it, by the rules and flags of
 * docs/rules/settling.md. Expects finite values at strictly rising times and whole-hour windows; throws RangeError for
 * the violations that it detects.
 */
export function settleSamples(profile: MeterProfile, samples: Samples, window?: SettleWindow): HourSeries {
  if (samples.atMs.length !== samples.value.length) throw new RangeError('samples: a value is needed for every time')
  const { samples: given, overflows } = believed(profile, samples)
  const series = settleBelieved(profile, given, window)
  for (const row of overflows) {
    const [atMs, value] = [samples.atMs[row] as number, samples.value[row] as number]
    // On the boundary of the window it flags an hour inside.
    flagHours(series, { fromMs: atMs - 0.5, toMs: atMs + 0.5 }, SUSPECT)
    if (!window || (atMs >= window.fromMs && atMs < window.toMs))
      series.events.push({ kind: 'overflow', atMs, value, proposed: 'dropped' })
  }
  if (overflows.length > 0) series.events.sort((a, b) => a.atMs - b.atMs)
  return series
}

function settleBelieved(profile: MeterProfile, samples: Samples, window?: SettleWindow): HourSeries {
  const first = window?.firstIndex ?? 0
  const last = window?.lastIndex ?? samples.atMs.length - 1
  if (last < first) {
    return { firstHourMs: window?.fromMs ?? 0, amounts: new Float64Array(), flags: new Uint8Array(), events: [] }
  }
  return profile.kind === 'interval'
    ? settleIntervals(profile, samples, { first, last, window })
    : settleCumulative(profile, samples, { first, last, window })
}
