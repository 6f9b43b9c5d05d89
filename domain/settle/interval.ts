// Settles interval meters: each value is the amount of one interval, spread evenly over it
// (docs/rules/settling.md#interval-meters). An interval without a value is not filled in.

import { HOUR_MS, hourStart, MINUTE_MS } from '../calendar.ts'
import {
  DOUBTFUL,
  ESTIMATED,
  flagHours,
  type Hours,
  hourCeiling,
  MEASURED_STEP_MS_MAX,
  MISSING,
  openHours,
  PARTIAL,
} from '../hours.ts'
import { doubtfulAmounts } from './interval-pace.ts'
import { inOwnScale } from './scale.ts'
import type { HourSeries, MeterProfile, Samples, SettleWindow } from './series.ts'

/** Length of one interval, and the lead of its start before its time stamp, in milliseconds. */
export function intervalTiming(profile: MeterProfile): { lengthMs: number; leadMs: number } {
  const lengthMs = Math.round(profile.intervalMinutes * MINUTE_MS)
  if (!(lengthMs > 0)) throw new RangeError(`intervalMinutes ${profile.intervalMinutes} is not a length of time`)
  return { lengthMs, leadMs: profile.stamp === 'end' ? lengthMs : 0 }
}

/** Settles samples first..last of an interval meter to hours. The amounts of overlapping intervals add up. */
export function settleIntervals(
  profile: MeterProfile,
  samples: Samples,
  use: { first: number; last: number; window?: SettleWindow },
): HourSeries {
  const { atMs, value } = samples
  const { lengthMs, leadMs } = intervalTiming(profile)
  // Rows first to last, and the hours below `amounts.length`, exist.
  const seriesStartMs = (atMs[use.first] as number) - leadMs
  const seriesEndMs = (atMs[use.last] as number) - leadMs + lengthMs
  const hours = openHours(seriesStartMs, seriesEndMs, use.window)
  // Every hour overlaps an interval longer than 2 h, so its amount is an estimate.
  if (lengthMs > MEASURED_STEP_MS_MAX) hours.flags.fill(ESTIMATED)

  markGap(hours, { fromMs: hourStart(seriesStartMs), toMs: seriesStartMs })
  const doubts = doubtfulAmounts(profile, samples, use)
  let coveredMs = seriesStartMs
  let lastAtMs = Number.NEGATIVE_INFINITY
  let place = 0
  for (let i = use.first; i <= use.last; i++) {
    const stampMs = atMs[i] as number
    const amount = value[i] as number
    if (!(stampMs > lastAtMs)) throw new RangeError(`samples: the times of rows ${i - 1} and ${i} do not rise`)
    if (!Number.isFinite(amount)) throw new RangeError(`samples: the value of row ${i} is not a number`)
    const startMs = stampMs - leadMs
    if (startMs > coveredMs) markGap(hours, { fromMs: coveredMs, toMs: startMs })
    while (place < doubts.rows.length && i >= (doubts.rows[place]?.endRow ?? i)) place++
    const doubt = doubts.rows[place]
    const isDoubtful = doubt !== undefined && i >= doubt.row
    if (!isDoubtful) spread(hours, startMs, lengthMs, amount)
    else if (doubt.isAccepted) spread(hours, startMs, lengthMs, inOwnScale(amount, doubt.factor))
    coveredMs = startMs + lengthMs
    lastAtMs = stampMs
  }
  markGap(hours, { fromMs: seriesEndMs, toMs: hourCeiling(seriesEndMs) })

  const scale = profile.multiplier * profile.factor
  if (scale !== 1) {
    const { amounts } = hours
    for (let hour = 0; hour < amounts.length; hour++) amounts[hour] = (amounts[hour] as number) * scale
  }
  for (const { row, endRow, isAccepted } of doubts.rows) {
    if (isAccepted) continue
    const startMs = (atMs[row] as number) - leadMs
    const toMs = (atMs[Math.min(endRow - 1, use.last)] as number) - leadMs + lengthMs
    markUnknown(hours, { fromMs: startMs, toMs }, DOUBTFUL)
  }
  const [fromMs, toMs] = [use.window?.fromMs ?? Number.NEGATIVE_INFINITY, use.window?.toMs ?? Number.POSITIVE_INFINITY]
  const events = doubts.events.filter((event) => event.atMs >= fromMs && event.atMs < toMs)
  const endsInDoubt = (doubts.rows.at(-1)?.endRow ?? 0) > use.last
  const series = { firstHourMs: hours.firstHourMs, amounts: hours.amounts, flags: hours.flags, events }
  return endsInDoubt ? { ...series, endsInDoubt } : series
}

function spread(hours: Hours, startMs: number, lengthMs: number, amount: number): void {
  const { amounts, firstHourMs } = hours
  const fromMs = startMs - firstHourMs
  const toMs = fromMs + lengthMs
  const first = Math.floor(fromMs / HOUR_MS)
  if (toMs <= (first + 1) * HOUR_MS) {
    if (first >= 0 && first < amounts.length) amounts[first] = (amounts[first] as number) + amount
    return
  }
  const end = Math.min(amounts.length, Math.ceil(toMs / HOUR_MS))
  for (let hour = Math.max(0, first); hour < end; hour++) {
    const overlapMs = Math.min(toMs, (hour + 1) * HOUR_MS) - Math.max(fromMs, hour * HOUR_MS)
    amounts[hour] = (amounts[hour] as number) + amount * (overlapMs / lengthMs)
  }
}

/** An hour entirely inside a gap is missing; an hour partly inside is partial. Between two gaps lies an interval. */
function markGap(hours: Hours, gap: { fromMs: number; toMs: number }): void {
  flagHours(hours, gap, PARTIAL)
  clearInside(hours, gap, MISSING)
}

/** An hour entirely inside a doubtful span is null. */
function markUnknown(hours: Hours, span: { fromMs: number; toMs: number }, flag: number): void {
  flagHours(hours, span, flag)
  clearInside(hours, span, flag)
}

function clearInside(hours: Hours, span: { fromMs: number; toMs: number }, flag: number): void {
  const first = Math.max(0, Math.ceil((span.fromMs - hours.firstHourMs) / HOUR_MS))
  const end = Math.min(hours.flags.length, Math.floor((span.toMs - hours.firstHourMs) / HOUR_MS))
  for (let hour = first; hour < end; hour++) {
    hours.flags[hour] = flag
    hours.amounts[hour] = Number.NaN
  }
}
