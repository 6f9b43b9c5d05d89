// Leaves the inside of long gaps out of what is settled and stored (docs/rules/settling.md#long-gap): a wrong clock is
// one reading, and must not cost decades of unknown hours.

import { DAY_MS, dayOf, dayStartMs, HOUR_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { STEP_MS_MAX } from '../../domain/settle/cumulative.ts'
import type { MeterProfile, Samples } from '../../domain/settle/series.ts'
import { settleSamples } from '../../domain/settle/settle.ts'
import type { WindowPlan } from '../../domain/settle/window.ts'

/** A run of whole days. */
export interface DayRun {
  fromDay: number
  toDay: number
}

/** Whole days on each side of a gap that are kept beside those of an interval, which may lie outside its stamp. */
const BESIDE_DAYS = 2

/** The runs of days inside a window of which nothing is known, each in a gap of more than STEP_MS_MAX. */
export function daysInGaps(profile: MeterProfile, samples: Samples, plan: WindowPlan): DayRun[] {
  if (plan.toMs - plan.fromMs <= STEP_MS_MAX) return []
  const intervalDays = profile.kind === 'interval' ? Math.ceil((profile.intervalMinutes * MINUTE_MS) / DAY_MS) : 0
  const besideDays = BESIDE_DAYS + intervalDays
  const runs: DayRun[] = []
  const pointsMs = [...samples.atMs.subarray(plan.firstIndex, plan.lastIndex + 1)]
  for (const { atMs } of profile.replacements) pointsMs.push(atMs)
  pointsMs.sort((a, b) => a - b)
  for (let point = 1; point < pointsMs.length; point++) {
    const [beforeMs, afterMs] = [pointsMs[point - 1] as number, pointsMs[point] as number] // both exist
    if (afterMs - beforeMs <= STEP_MS_MAX) continue
    const fromDay = Math.max(dayOf(beforeMs) + besideDays, dayOf(plan.fromMs) + 1)
    const toDay = Math.min(dayOf(afterMs) - besideDays + 1, dayOf(plan.toMs))
    if (fromDay < toDay && isUnknown(profile, samples, plan, dayStartMs(fromDay))) runs.push({ fromDay, toDay })
  }
  return runs
}

/** The hours of a gap are all known, or none: a step is spread evenly over them, e.g. when the gap was accepted. */
function isUnknown(profile: MeterProfile, samples: Samples, plan: WindowPlan, hourMs: number): boolean {
  const { amounts } = settleSamples(profile, samples, { ...plan, fromMs: hourMs, toMs: hourMs + HOUR_MS })
  return amounts.every(Number.isNaN)
}

/** The window without these days, as windows. */
export function withoutDays(plan: WindowPlan, runs: readonly DayRun[]): WindowPlan[] {
  const parts: WindowPlan[] = []
  let { fromMs } = plan
  for (const { fromDay, toDay } of runs) {
    parts.push({ ...plan, fromMs, toMs: dayStartMs(fromDay) })
    fromMs = dayStartMs(toDay)
  }
  return [...parts, { ...plan, fromMs }]
}

/** Hours of a window that are settled; a gap counts as the days beside it. */
export const hoursToSettle = (plan: WindowPlan, runs: readonly DayRun[]): number =>
  (plan.toMs - plan.fromMs - runs.reduce((days, { fromDay, toDay }) => days + toDay - fromDay, 0) * DAY_MS) / HOUR_MS
