// Detectors that look at consumption and at what was heard: plain values in, one Finding out (domain/alert/finding.ts).
// Those that look at judgements stand in alert-judgement.ts. Where too little is known the finding is unjudged.

import { DAY_MS, dayOf, dayStartMs, HOUR_MS, hourOfDay, MINUTE_MS } from '../calendar.ts'
import { must } from '../must.ts'
import { type Asked, type Finding, judged, unjudged } from './finding.ts'

/** Known over expected hours, below which a window says nothing. */
const KNOWN_SHARE_MIN = 0.9
const DAYS_PER_WEEK = 7

/**
 * Hourly amounts from `firstHourMs` on, NaN = null; the window that is asked for may lie beyond it, and is null there.
 */
export interface Hours {
  firstHourMs: number
  amounts: ArrayLike<number>
}

/**
 * A gateway that says nothing. `lastMs`: its last message, or its status `offline` where that came later (the last will
 * speaks for it); null: never heard. `everyMinutes`: how often it is expected, the shortest interval of its meters.
 * Value: intervals missed.
 */
export function gatewayOffline(
  asked: Asked,
  { lastMs, everyMinutes }: { lastMs: number | null; everyMinutes: number },
): Finding<'gatewayOffline'> {
  if (lastMs === null) return unjudged('gatewayOffline', asked)
  return judged('gatewayOffline', asked, silence(asked, { lastMs, untilMs: asked.asOfMs, everyMinutes }))
}

/**
 * A meter that is silent while its gateway speaks. The silence is counted up to `gatewayHeardMs`, the gateway's last
 * message, so a gateway that dies does not silence its forty meters as well. Nothing ever read: unjudged. Value:
 * intervals missed.
 */
export function meterSilent(
  asked: Asked,
  heard: { lastMs: number | null; everyMinutes: number; gatewayHeardMs: number | null },
): Finding<'meterSilent'> {
  const { lastMs, everyMinutes, gatewayHeardMs } = heard
  if (lastMs === null || gatewayHeardMs === null) return unjudged('meterSilent', asked)
  const untilMs = Math.min(asked.asOfMs, gatewayHeardMs)
  return judged('meterSilent', asked, silence(asked, { lastMs, untilMs, everyMinutes }))
}

function silence(
  { limits }: Asked,
  { lastMs, untilMs, everyMinutes }: { lastMs: number; untilMs: number; everyMinutes: number },
) {
  const minutes = Math.max(0, (untilMs - lastMs) / MINUTE_MS)
  const missed = minutes / everyMinutes
  // Not yet long enough to be raised, whatever the interval: held in the band, where nothing changes.
  const { minutesMin = 0 } = limits.parameters
  const value = minutes < minutesMin ? Math.min(missed, limits.raise) : missed
  return { value, facts: { lastMs, minutes, everyMinutes } }
}

/** Register events of a meter, reviewed or not; value: how many await review, none older than `daysMax`. */
export function registerEvent(
  asked: Asked,
  events: readonly { kind: string; atMs: number; reviewed: boolean }[],
): Finding<'registerEvent'> {
  const { daysMax = 0 } = asked.limits.parameters
  const waiting = events
    // A replacement was registered by a person, who needs not be told of it.
    .filter(({ kind, reviewed }) => !reviewed && kind !== 'replacement')
    .filter(({ atMs }) => atMs <= asked.asOfMs && atMs > asked.asOfMs - daysMax * DAY_MS)
    .toSorted((a, b) => a.atMs - b.atMs)
  const latest = waiting.at(-1)
  const facts = { event: latest?.kind ?? 'none', atMs: latest?.atMs ?? asked.asOfMs }
  return judged('registerEvent', asked, { value: waiting.length, facts })
}

/**
 * Water that runs when nobody is there: the least hourly flow of each night (`fromHour` to `toHour`); over `nights`
 * nights it never fell below `flow`, against max(floor, ratio × median of the `baselineNights` before). Value: percent
 * of that limit. `baselineM3PerHour`: that of the alert while one is open, or the leak becomes its own baseline after
 * four weeks. A night counts when at least half of its hours are known; unjudged when one of the nights, or half of the
 * baseline's, does not.
 */
export function nightFlowLeak(
  asked: Asked,
  { hours, baselineM3PerHour }: { hours: Hours; baselineM3PerHour?: number },
): Finding<'nightFlowLeak'> {
  const { fromHour, toHour, nights, baselineNights, ratio, floorM3PerHour } = parametersOf(
    asked,
    'fromHour',
    'toHour',
    'nights',
    'baselineNights',
    'ratio',
    'floorM3PerHour',
  )
  // The last night that is over: asOf may lie within one.
  const lastDay = dayOf(asked.asOfMs - toHour * HOUR_MS)
  const minima = (count: number, endDay: number): (number | null)[] =>
    Array.from({ length: count }, (_, back) => nightMinimum(hours, endDay - back, { fromHour, toHour }))
  const recent = minima(nights, lastDay)
  const before = minima(baselineNights, lastDay - nights).filter((flow) => flow !== null)
  const baseline = baselineM3PerHour ?? (before.length * 2 >= baselineNights ? median(before) : null)
  if (recent.includes(null) || baseline === null) return unjudged('nightFlowLeak', asked)
  const flow = Math.min(...recent.filter((minimum) => minimum !== null))
  const limit = Math.max(floorM3PerHour, baseline * ratio)
  const facts = { flowM3PerHour: flow, baselineM3PerHour: baseline, limitM3PerHour: limit, nights }
  return judged('nightFlowLeak', asked, { value: (100 * flow) / limit, facts })
}

function nightMinimum(hours: Hours, day: number, { fromHour, toHour }: { fromHour: number; toHour: number }) {
  const known: number[] = []
  for (let hour = fromHour; hour < toHour; hour++) {
    const amount = amountAt(hours, dayStartMs(day) + hour * HOUR_MS)
    if (!Number.isNaN(amount)) known.push(amount)
  }
  return known.length * 2 >= toHour - fromHour && known.length > 0 ? Math.min(...known) : null
}

/**
 * The share of electricity outside working hours over the last `days` whole days, in percent. `isWorkday`: of a day
 * number (calendar.ts); Monday to Friday unless a calendar of holidays is given. Unjudged below 90 % known hours or
 * `kwhMin`.
 */
export function afterHoursLoad(
  asked: Asked,
  { hours, isWorkday = isWeekday }: { hours: Hours; isWorkday?: (day: number) => boolean },
): Finding<'afterHoursLoad'> {
  const { fromHour, toHour, days, kwhMin } = parametersOf(asked, 'fromHour', 'toHour', 'days', 'kwhMin')
  const endMs = dayStartMs(dayOf(asked.asOfMs))
  const sum = { total: 0, outside: 0, known: 0 }
  for (let atMs = endMs - days * DAY_MS; atMs < endMs; atMs += HOUR_MS) {
    const amount = amountAt(hours, atMs)
    if (Number.isNaN(amount)) continue
    const hour = hourOfDay(atMs)
    sum.known++
    sum.total += amount
    if (!isWorkday(dayOf(atMs)) || hour < fromHour || hour >= toHour) sum.outside += amount
  }
  if (sum.known < days * 24 * KNOWN_SHARE_MIN || sum.total < kwhMin) return unjudged('afterHoursLoad', asked)
  const facts = { outsideKwh: sum.outside, totalKwh: sum.total, days }
  return judged('afterHoursLoad', asked, { value: (100 * sum.outside) / sum.total, facts })
}

/** 1970-01-01, day 0, was a Thursday. */
export const isWeekday = (day: number): boolean => (((day + 3) % DAYS_PER_WEEK) + DAYS_PER_WEEK) % DAYS_PER_WEEK < 5

/**
 * A main meter against the sum of the meters right below it over one span; null where one of them is not known in it.
 * Value: how far they are apart, percent of the main meter. Unjudged when the main meter counted less than `amountMin`.
 */
export function treeImbalance(
  asked: Asked,
  { mainAmount, subAmounts, unit }: { mainAmount: number | null; subAmounts: readonly (number | null)[]; unit: string },
): Finding<'treeImbalance'> {
  const known = subAmounts.filter((amount) => amount !== null)
  const { amountMin = 0 } = asked.limits.parameters
  if (mainAmount === null || mainAmount <= 0 || mainAmount < amountMin) return unjudged('treeImbalance', asked)
  if (known.length === 0 || known.length < subAmounts.length) return unjudged('treeImbalance', asked)
  const subAmount = known.reduce((sum, amount) => sum + amount, 0)
  const value = (100 * Math.abs(mainAmount - subAmount)) / mainAmount
  return judged('treeImbalance', asked, { value, facts: { mainAmount, subAmount, unit } })
}

/**
 * PV generation of a month against the median of the same month in earlier years; amounts in kWh over known days.
 * Value: percent missing. Unjudged without history, and before `daysMin` days.
 */
export function pvUnderperformance(
  asked: Asked,
  { current, earlier }: { current: { kwh: number; days: number }; earlier: readonly { kwh: number; days: number }[] },
): Finding<'pvUnderperformance'> {
  const { daysMin = 1 } = asked.limits.parameters
  const years = earlier.filter(({ days }) => days >= daysMin)
  const expectedKwhPerDay = median(years.map(({ kwh, days }) => kwh / days))
  if (current.days < daysMin || expectedKwhPerDay === null || expectedKwhPerDay <= 0) {
    return unjudged('pvUnderperformance', asked)
  }
  const kwhPerDay = current.kwh / current.days
  const value = Math.max(0, 100 * (1 - kwhPerDay / expectedKwhPerDay))
  return judged('pvUnderperformance', asked, { value, facts: { kwhPerDay, expectedKwhPerDay, years: years.length } })
}

const amountAt = ({ firstHourMs, amounts }: Hours, hourMs: number): number =>
  amounts[Math.round((hourMs - firstHourMs) / HOUR_MS)] ?? Number.NaN

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) return null
  const lower = sorted[middle - 1]
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2
}

/** The parameters named: the defaults of rules.ts state them all, and a threshold takes none away. */
const parametersOf = <K extends string>({ limits }: Asked, ...names: K[]): Record<K, number> =>
  // Exactly these keys were put in.
  Object.fromEntries(names.map((name) => [name, must(limits.parameters[name], name)])) as Record<K, number>
