// Watches the hours of a rule that is in force, one after the other, with the same steps as the simulation: whether a
// leak is found, whether a load is to be off (docs/rules/control-rules.md#in-force). Pure; sends nothing.

import { HOUR_MS } from '../calendar.ts'
import { must } from '../must.ts'
import type { BuildingRule, DemandRule, LeakRule } from './building-rule.ts'
import { demandAfter, knownHours, lowestOf, nightsOf, type PastHours } from './simulate.ts'

/** What a rule has seen so far. Times are epoch ms. */
export interface RuleWatch {
  /** The rule is in force from then on; another time begins another watch. */
  sinceMs: number
  /** End of the last hour, or night, that was looked at. */
  lookedMs: number
  /** A leak is found and not over; a load is to be off. */
  isOn: boolean
  /** When that changed; null: never. */
  changedMs: number | null
  /** Leak: nights in a row that leak. */
  nights: number
}

export function newWatch(sinceMs: number): RuleWatch {
  const lookedMs = Math.ceil(sinceMs / HOUR_MS) * HOUR_MS
  return { sinceMs, lookedMs, isOn: false, changedMs: null, nights: 0 }
}

/** Hours of a night, 1 to 23. */
export const nightLength = ({ fromHour, toHour }: { fromHour: number; toHour: number }): number =>
  (toHour - fromHour + 24) % 24

/**
 * The watch after the hours of `meter` up to the last known one. Hours after that are waited for; unknown ones before
 * it are passed over. Precondition: the hours begin at `lookedMs`; `load` has the same hours, for a demand limit.
 */
export function watchedOn(rule: BuildingRule, watch: RuleWatch, meter: PastHours, load?: PastHours): RuleWatch {
  const end = meter.amounts.findLastIndex((amount) => !Number.isNaN(amount)) + 1
  const { startMs } = meter
  switch (rule.kind) {
    case 'nightSetBack':
      return watch
    case 'leak':
      return nightsWatched(rule, watch, { startMs, amounts: meter.amounts.subarray(0, end) })
    case 'demandLimit':
      return hoursWatched(rule, watch, { startMs, amounts: meter.amounts.subarray(0, end) }, must(load))
  }
}

function hoursWatched(rule: DemandRule, watch: RuleWatch, meter: PastHours, load: PastHours): RuleWatch {
  let { isOn, changedMs } = watch
  meter.amounts.forEach((total, index) => {
    if (Number.isNaN(total)) return
    const { isOff } = demandAfter(rule, { isOff: isOn, total, own: load.amounts[index] ?? Number.NaN })
    if (isOff !== isOn) changedMs = meter.startMs + (index + 1) * HOUR_MS
    isOn = isOff
  })
  return { ...watch, lookedMs: meter.startMs + meter.amounts.length * HOUR_MS, isOn, changedMs }
}

/** Only whole nights count: the first may be cut off by the begin of the watch, the last is not over yet. */
function nightsWatched(rule: LeakRule, watch: RuleWatch, meter: PastHours): RuleWatch {
  const seen = { ...watch }
  for (const { from, to } of nightsOf(rule, meter)) {
    const isLast = to === meter.amounts.length
    if (isLast && to - from < nightLength(rule)) break
    seen.lookedMs = meter.startMs + to * HOUR_MS
    if (to - from < nightLength(rule)) continue
    const hours = knownHours(meter, from, to)
    const isTight = lowestOf(hours) < rule.limit
    if (isTight) seen.nights = 0
    else if (hours.length === to - from) seen.nights += 1
    const isOn = !isTight && (seen.isOn || seen.nights >= rule.nights)
    if (isOn !== seen.isOn) seen.changedMs = seen.lookedMs
    seen.isOn = isOn
  }
  return seen
}
