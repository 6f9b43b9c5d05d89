// Meter readings → hourly consumption. Pure and exact: an hour is computed only from the readings near it, never from
// a running sum, so any window of a series settles to the same bytes as the whole (docs/rules/settling.md). Which
// window has to be settled again is the question of register-window.ts.

import { settleCumulative } from './cumulative.ts'
import { settleIntervals } from './interval.ts'
import type { HourSeries, MeterProfile, Samples, SettleWindow } from './series.ts'

export { HOUR_FLAGS, type HourFlag } from '../hours.ts'
export { planWindow } from './window.ts'

/**
 * The hours of a series, or those of them that lie in the window, with the events that begin in it. The rules and the
 * flags of docs/rules/settling.md. Expects finite values at strictly rising times, whole-hour windows; throws
 * RangeError otherwise, as far as it notices.
 */
export function settleSamples(profile: MeterProfile, samples: Samples, window?: SettleWindow): HourSeries {
  if (samples.atMs.length !== samples.value.length) throw new RangeError('samples: a value is needed for every time')
  const first = window?.firstIndex ?? 0
  const last = window?.lastIndex ?? samples.atMs.length - 1
  if (last < first) {
    return { firstHourMs: window?.fromMs ?? 0, amounts: new Float64Array(), flags: new Uint8Array(), events: [] }
  }
  return profile.kind === 'interval'
    ? settleIntervals(profile, samples, { first, last, window })
    : settleCumulative(profile, samples, { first, last, window })
}
