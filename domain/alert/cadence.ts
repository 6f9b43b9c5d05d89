// Learns how often a gateway uploads from the times between its contacts (docs/rules/alerts.md#cadence), so that one
// that uploads once a day does not count as offline between.

/** Three of eight decide: two outages among eight contacts do not make a gateway slow, three slow uploads do. */
export const GAPS_KEPT = 8
const QUANTILE = 0.75
/** A gateway slower than once a week has to be registered with its interval. */
const LEARNED_MINUTES_MAX = 7 * 24 * 60
/** Assumed of a gateway that was heard in one contact only: it may be one that uploads daily. */
const HEARD_ONCE_MINUTES = 8 * 60

/** Minutes between uploads. `gapsMinutes`: undefined when nothing was ever noted; then 0, and meters alone decide. */
export function learnedCadence(gapsMinutes: readonly number[] | undefined): number {
  if (gapsMinutes === undefined) return 0
  const sorted = gapsMinutes.toSorted((a, b) => a - b)
  const typical = sorted[Math.floor((sorted.length - 1) * QUANTILE)]
  return typical === undefined ? HEARD_ONCE_MINUTES : Math.min(typical, LEARNED_MINUTES_MAX)
}
