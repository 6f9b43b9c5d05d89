// Finds where an interval meter begins to send another scale and where it returns: the amounts of a whole day are those
// of the day or the weekday before, times a power of ten (docs/rules/settling.md#doubtful-amounts).

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../calendar.ts'
import { indexFrom } from '../hours.ts'
import { smallStep } from './pace.ts'
import type { MeterProfile, Samples } from './series.ts'

/** A day is held against the day before, and against the same weekday. */
const DAYS_BACK = [1, 7]
/** The scale begins and ends with an amount this many times the one before it, or its inverse. */
const STEP_TIMES = 4
/** Hours with use on both days: what stands still at night, as water or a roof's generation, shows no scale. */
const HOURS_MIN = 20
const POWERS_MAX = 6
/** Hours with use on one of both days alone. */
const UNLIKE_MAX = 2
/** The ratios of the hours vary by at most this share of what the day itself varies: a leak has another shape. */
const SHAPE_SHARE = 0.5
/** How far the ratio of the day may lie from the power of ten. */
const DAY_TIMES = 1.25
/** A load that is flat has no shape: the ratios of the hours, and that of the day. */
const FLAT_TIMES = 1.02

/** A verdict rests on this time from the row on. */
export const SCALE_DAY_MS = DAY_MS

/** True when a scale may begin or end with a row, or when the row before it is not known: row `since` is the first. */
export function mayChangeScale({ intervalMinutes }: MeterProfile, { value }: Samples, row: number, since: number) {
  if (intervalMinutes * MINUTE_MS > HOUR_MS) return false
  if (row <= since) return true
  const [before, amount] = [value[row - 1] as number, value[row] as number]
  return before > 0 && amount > 0 && (amount >= STEP_TIMES * before || before >= STEP_TIMES * amount)
}

/** The power of ten of the scale that begins with a row; 0 where none does. */
export function scaleBeginning(profile: MeterProfile, samples: Samples, row: number): number {
  if (row === 0 || !mayChangeScale(profile, samples, row, 0)) return 0
  for (const days of DAYS_BACK) {
    const power = powerAgainst(profile, samples, row, days)
    if (power) return power
  }
  return 0
}

/** The row in which the scale ends that began with `start`; the number of rows while it goes on. */
export function scaleEnd(profile: MeterProfile, samples: Samples, start: number, power: number): number {
  const { atMs } = samples
  for (let row = start + 1; row < atMs.length; row++) {
    if (!mayChangeScale(profile, samples, row, 0)) continue
    if (scaleBeginning(profile, samples, row) === -power) return row
    // The last whole days before the scale: the nearest, and the nearest of the weekday.
    const days = Math.ceil(((atMs[row] as number) - (atMs[start] as number)) / DAY_MS) + 1
    const isAsBefore = [days, Math.ceil(days / 7) * 7].some((back) => powerAgainst(profile, samples, row, back) === 0)
    if (isAsBefore) return row
  }
  return atMs.length
}

/** The power of ten between the day that begins with a row and the one some days back; undefined when they differ. */
function powerAgainst(profile: MeterProfile, samples: Samples, row: number, days: number): number | undefined {
  const fromMs = samples.atMs[row] as number
  const own = hoursFrom(samples, fromMs)
  const back = hoursFrom(samples, fromMs - days * DAY_MS)
  const logs: { own: number; back: number }[] = []
  let [most, unlike] = [0, 0]
  for (const [hour, { amount, count }] of own.entries()) {
    const { amount: amountBack, count: countBack } = back[hour] ?? { amount: 0, count: 0 }
    if (count === 0 || count !== countBack) continue
    most = Math.max(most, amount, amountBack)
    if (amount > 0 && amountBack > 0) logs.push({ own: Math.log10(amount), back: Math.log10(amountBack) })
    else if (amount !== amountBack) unlike++
  }
  if (logs.length < HOURS_MIN || unlike > UNLIKE_MAX || !(most * HOURS_MIN > smallStep(profile))) return undefined
  const ratios = spreadOf(logs.map((one) => one.own - one.back))
  const power = Math.round(ratios.mean)
  if (Math.abs(power) > POWERS_MAX) return undefined
  const off = Math.abs(ratios.mean - power)
  const isFlat = ratios.deviation <= Math.log10(FLAT_TIMES) && off <= Math.log10(FLAT_TIMES)
  const { deviation } = spreadOf(logs.map((one) => one.back))
  const hasShape = ratios.deviation <= SHAPE_SHARE * deviation && off <= Math.log10(DAY_TIMES)
  return isFlat || hasShape ? power : undefined
}

function spreadOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(squares / values.length) }
}

/** The 24 hours from an instant: sum and number of the amounts. */
function hoursFrom({ atMs, value }: Samples, fromMs: number): readonly { amount: number; count: number }[] {
  const hours = Array.from({ length: 24 }, () => ({ amount: 0, count: 0 }))
  for (let row = indexFrom(atMs, fromMs); row < atMs.length; row++) {
    const hour = hours[Math.floor(((atMs[row] as number) - fromMs) / HOUR_MS)]
    if (!hour) break
    hour.amount += value[row] as number
    hour.count++
  }
  return hours
}
