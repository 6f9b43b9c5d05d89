// Tries a rule on hours of the past: what it would have done, and what it would have saved
// (docs/rules/control-rules.md). Pure; unknown hours start nothing, end nothing and save nothing.

import { HOUR_MS, hourOfDay } from '../calendar.ts'
import { must } from '../must.ts'
import type { BuildingRule, DemandRule, LeakRule, RuleAct, RuleSimulation, SetBackRule } from './building-rule.ts'

/** Amounts of hours in a row from `startMs`, in the medium's unit; NaN: unknown. */
export interface PastHours {
  /** A full hour. */
  startMs: number
  amounts: Float64Array
}

const ACTS_SHOWN_MAX = 200

/** Precondition: `load` has the same hours as `meter`; given for a demand limit, and for no other rule. */
export function simulateRule(rule: BuildingRule, meter: PastHours, load?: PastHours): RuleSimulation {
  const { acts, ...more } = actsOf(rule, meter, load)
  return {
    ...{ savedAtMost: null, highest: null, ...more },
    hours: meter.amounts.length,
    hoursUnknown: meter.amounts.filter(Number.isNaN).length,
    count: acts.length,
    acts: acts.slice(-ACTS_SHOWN_MAX),
    saved: acts.reduce((sum, { saved }) => sum + saved, 0),
  }
}

type Acts = { acts: RuleAct[] } & Partial<Pick<RuleSimulation, 'savedAtMost' | 'highest'>>

function actsOf(rule: BuildingRule, meter: PastHours, load: PastHours | undefined): Acts {
  switch (rule.kind) {
    case 'nightSetBack':
      return setBack(rule, meter)
    case 'leak':
      return { acts: leaks(rule, meter) }
    case 'demandLimit':
      return shedding(rule, meter, must(load))
  }
}

/** A night: indexes of its hours, cut off by the ends of what is looked at. */
interface Night {
  from: number
  to: number
}

export function nightsOf({ fromHour, toHour }: { fromHour: number; toHour: number }, { startMs, amounts }: PastHours) {
  const nights: Night[] = []
  amounts.forEach((_, index) => {
    const hour = hourOfDay(startMs + index * HOUR_MS)
    const isIn = fromHour < toHour ? hour >= fromHour && hour < toHour : hour >= fromHour || hour < toHour
    const last = nights.at(-1)
    if (isIn && last?.to === index) last.to += 1
    else if (isIn) nights.push({ from: index, to: index + 1 })
  })
  return nights
}

export const knownHours = ({ amounts }: PastHours, from: number, to: number): number[] =>
  [...amounts.subarray(from, to)].filter((amount) => !Number.isNaN(amount))
const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0)
export const lowestOf = (amounts: readonly number[]): number =>
  amounts.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)

const timesOf = ({ startMs }: PastHours, from: number, to: number) => ({
  fromMs: startMs + from * HOUR_MS,
  toMs: startMs + to * HOUR_MS,
})

function setBack(rule: SetBackRule, meter: PastHours): Acts {
  const base = lowestOf(knownHours(meter, 0, meter.amounts.length))
  let savedAtMost = 0
  const acts = nightsOf(rule, meter).map(({ from, to }) => {
    const hours = knownHours(meter, from, to)
    savedAtMost += sum(hours.map((amount) => amount - base))
    return { ...timesOf(meter, from, to), amount: sum(hours), saved: rule.savedShare * sum(hours) }
  })
  return { acts, savedAtMost }
}

/**
 * A leak runs in every hour of a night, so its rate is at most the lowest hour. It is found at the end of the last of
 * `nights` nights in a row, and is over when a night has an hour below the limit. A night with an unknown hour says
 * nothing.
 */
function leaks(rule: LeakRule, meter: PastHours): RuleAct[] {
  const acts: RuleAct[] = []
  let rates: number[] = []
  let foundAt: number | undefined
  const end = (to: number): void => {
    if (foundAt !== undefined) {
      const hours = knownHours(meter, foundAt, to)
      const rate = lowestOf(rates)
      const saved = sum(hours.map((amount) => Math.min(amount, rate)))
      acts.push({ ...timesOf(meter, foundAt, to), amount: sum(hours), saved })
    }
    rates = []
    foundAt = undefined
  }
  for (const { from, to } of nightsOf(rule, meter)) {
    const hours = knownHours(meter, from, to)
    const rate = lowestOf(hours)
    if (rate < rule.limit) end(from)
    else if (hours.length === to - from) rates.push(rate)
    if (foundAt === undefined && rates.length >= rule.nights && to < meter.amounts.length) foundAt = to
  }
  end(meter.amounts.length)
  return acts
}

/**
 * Whether the load is off after a known hour, and what of the hour's `total` it would not have used. `own`: the load's
 * use of the hour, NaN when unknown; of a load that is really off it is zero.
 */
export function demandAfter(
  rule: DemandRule,
  { isOff, total, own }: { isOff: boolean; total: number; own: number },
): { isOff: boolean; shed: number } {
  if (!isOff) return { isOff: total > rule.limit, shed: 0 }
  const shed = Number.isNaN(own) ? 0 : Math.min(own, total)
  return { isOff: total - shed > rule.restoreBelow, shed }
}

/** An hour above the limit is known when it is over: the load is off from the next hour on. */
function shedding(rule: DemandRule, meter: PastHours, load: PastHours): Acts {
  const acts: RuleAct[] = []
  const highest = { before: 0, after: 0 }
  let open: { from: number; hours: number[] } | undefined
  const end = (to: number): void => {
    if (open && to > open.from) {
      const amount = sum(open.hours)
      acts.push({ ...timesOf(meter, open.from, to), amount, saved: amount })
    }
    open = undefined
  }
  meter.amounts.forEach((total, index) => {
    if (Number.isNaN(total)) return
    const own = load.amounts[index] ?? Number.NaN
    const { isOff, shed } = demandAfter(rule, { isOff: open !== undefined, total, own })
    if (open) open.hours.push(shed)
    highest.before = Math.max(highest.before, total)
    highest.after = Math.max(highest.after, total - shed)
    if (!isOff) end(index + 1)
    else open ??= { from: index + 1, hours: [] }
  })
  end(meter.amounts.length)
  return { acts, highest }
}
