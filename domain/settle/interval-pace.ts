// Finds amounts that an interval meter cannot have sent: negative, far beyond its own or its rated maximum, in another
// scale, or the values of a counter (docs/rules/settling.md#doubtful-amounts).

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../calendar.ts'
import { mayChangeScale, scaleBeginning, scaleEnd } from './interval-scale.ts'
import { smallStep } from './pace.ts'
import { acceptedIds, undoneIds } from './review.ts'
import { isNetAt, type MeterProfile, type RegisterEvent, type Samples } from './series.ts'

/** Amounts before one that say what is usual: of eight days, or eight intervals where these are longer. */
const HISTORY_DAYS = 8
const HISTORY_MIN = 8
/** The usual peak is the third largest. */
const PEAKS = 3
/** Of an interval that stands alone or not: a building that was empty uses some hundred times more when it opens. */
const PEAK_TIMES = 300
/** The doubt is over when this many amounts in a row are usual again. */
export const USUAL_IN_A_ROW = 12
const USUAL_TIMES = 30
/** This many values in a row, each larger than the one before, and together within 1 %, are a counter. */
export const COUNTER_VALUES = 10
const COUNTER_GROWTH_MAX = 0.01
const RATED_TIMES = 1.2
const SCALE_POWERS_MAX = 6

/** Rows [row, endRow) in doubt; `usual`: the usual peak before them. */
interface DoubtfulRows {
  row: number
  endRow: number
  usual: number
  kind: 'jump' | 'scaleJump' | 'wrongKind'
  factor: number
}

export const amountsMs = ({ intervalMinutes }: MeterProfile): number =>
  HISTORY_DAYS * Math.max(DAY_MS, intervalMinutes * MINUTE_MS)

/** The doubtful rows that begin among first..last, in order, and their events; `accepted`: scales to be divided by. */
export function doubtfulAmounts(
  profile: MeterProfile,
  samples: Samples,
  { first, last }: { first: number; last: number },
): { rows: readonly (DoubtfulRows & { isAccepted: boolean })[]; events: readonly RegisterEvent[] } {
  const undone = undoneIds(profile.overrides)
  const accepted = acceptedIds(profile.overrides)
  const rows: (DoubtfulRows & { isAccepted: boolean })[] = []
  const events: RegisterEvent[] = []
  let returnedRow = -1
  for (let row = first; row <= last; row++) {
    const found = doubtAt(profile, samples, row, row === returnedRow)
    if (!found) continue
    // The row in which a scale ends begins no other.
    returnedRow = found.endRow
    row = found.endRow - 1
    const event = eventOf(profile, samples, found)
    const id = `${event.kind}:${event.atMs}`
    if (undone.has(id)) continue
    rows.push({ ...found, isAccepted: accepted.has(id) })
    events.push(event)
  }
  return { rows, events }
}

/** True when a row is usual whatever was read before row `since`. */
export function isSurelyUsual(profile: MeterProfile, samples: Samples, row: number, since: number): boolean {
  return (
    !isCounterLike(samples.value, row) &&
    !mayChangeScale(profile, samples, row, since) &&
    isPlain(profile, samples, row, since)
  )
}

/** True when an amount is small, or three of the amounts since a row were not much smaller. */
function isPlain(profile: MeterProfile, samples: Samples, row: number, since: number): boolean {
  const { atMs, value } = samples
  const amount = value[row] as number
  if (isBeyondRated(profile, amount) || isNegative(profile, samples, row)) return false
  if (amount <= smallStep(profile)) return true
  const sinceMs = (atMs[row] as number) - amountsMs(profile)
  let peaks = 0
  for (let before = row - 1; before >= since && (atMs[before] as number) >= sinceMs; before--) {
    if ((value[before] as number) >= amount / PEAK_TIMES && ++peaks >= PEAKS) return true
  }
  return false
}

function doubtAt(profile: MeterProfile, samples: Samples, row: number, returns: boolean): DoubtfulRows | undefined {
  const { value } = samples
  if (isCounter(value, row)) {
    const last = value.length - 1
    let endRow = row + COUNTER_VALUES
    while (endRow <= last && (value[endRow] as number) >= (value[endRow - 1] as number)) endRow++
    return { row, endRow, usual: value[row - 1] ?? 0, kind: 'wrongKind', factor: 1 }
  }
  return farAt(profile, samples, row) ?? (returns ? undefined : scaledAt(profile, samples, row))
}

/** The rows of another scale that begin with a row. */
function scaledAt(profile: MeterProfile, samples: Samples, row: number): DoubtfulRows | undefined {
  const power = scaleBeginning(profile, samples, row)
  if (power === 0) return undefined
  const endRow = scaleEnd(profile, samples, row, power)
  return { row, endRow, usual: samples.value[row - 1] as number, kind: 'scaleJump', factor: 10 ** power }
}

/** The rows from an amount on that is negative, far beyond the usual, or beyond the rated maximum. */
function farAt(profile: MeterProfile, samples: Samples, row: number): DoubtfulRows | undefined {
  if (isPlain(profile, samples, row, 0)) return undefined
  const { value } = samples
  const amount = value[row] as number
  const last = value.length - 1
  const usual = usualPeak(profile, samples, row)
  if (isNegative(profile, samples, row)) {
    let endRow = row + 1
    while (endRow <= last && isNegative(profile, samples, endRow)) endRow++
    return { row, endRow, usual, kind: 'jump', factor: 1 }
  }
  const isOut = usual > smallStep(profile) && amount > PEAK_TIMES * usual
  if (!isOut && !isBeyondRated(profile, amount)) return undefined
  const isUsual = (at: number): boolean =>
    !isBeyondRated(profile, value[at] as number) && (!isOut || (value[at] as number) <= USUAL_TIMES * usual)
  const endRow = endOfDoubt(isUsual, row, last)
  const power = isOut ? Math.round(Math.log10(amount / usual)) : 0
  const isScale = isOut && power <= SCALE_POWERS_MAX && endRow > row + 1
  return { row, endRow, usual, kind: isScale ? 'scaleJump' : 'jump', factor: isScale ? 10 ** power : 1 }
}

function endOfDoubt(isUsual: (row: number) => boolean, row: number, last: number): number {
  let usual = 0
  for (let at = row + 1; at <= last; at++) {
    usual = isUsual(at) ? usual + 1 : 0
    if (usual >= USUAL_IN_A_ROW) return at - usual + 1
  }
  return last + 1
}

function eventOf(
  { stamp, intervalMinutes }: MeterProfile,
  { atMs, value }: Samples,
  { row, endRow, usual, kind, factor }: DoubtfulRows,
): RegisterEvent {
  const lengthMs = Math.round(intervalMinutes * MINUTE_MS)
  const leadMs = stamp === 'end' ? lengthMs : 0
  const span = {
    atMs: (atMs[row] as number) - leadMs,
    untilMs: (atMs[endRow - 1] as number) - leadMs + lengthMs,
    before: usual,
    after: value[row] as number,
  }
  if (kind === 'wrongKind') return { kind, ...span, proposed: 'counter' }
  return kind === 'jump' ? { kind, ...span, proposed: 'dropped' } : { kind, ...span, factor, proposed: 'scaled' }
}

/** Zero without enough history. */
function usualPeak(profile: MeterProfile, { atMs, value }: Samples, row: number): number {
  const sinceMs = (atMs[row] as number) - amountsMs(profile)
  const most: number[] = []
  let count = 0
  for (let before = row - 1; before >= 0 && (atMs[before] as number) >= sinceMs; before--) {
    count++
    const amount = value[before] as number
    const place = most.findIndex((one) => amount > one)
    if (place >= 0) most.splice(place, 0, amount)
    else most.push(amount)
    if (most.length > PEAKS) most.pop()
  }
  return count >= HISTORY_MIN ? (most[PEAKS - 1] ?? 0) : 0
}

/** True when a meter that counts one way gave an amount back. */
const isNegative = (profile: MeterProfile, { atMs, value }: Samples, row: number): boolean =>
  (value[row] as number) < -smallStep(profile) && !isNetAt(profile, atMs[row] as number)

const isBeyondRated = (
  { ratedMaxPerHour, multiplier, factor, intervalMinutes }: MeterProfile,
  amount: number,
): boolean =>
  ratedMaxPerHour !== undefined &&
  (amount * multiplier * factor * HOUR_MS) / (intervalMinutes * MINUTE_MS) > RATED_TIMES * ratedMaxPerHour

/** The first step of a counter: a rise of at most 1 %, after a value that did not lead up to it. */
const isCounterLike = (value: Float64Array, row: number): boolean => {
  const rise = (value[row + 1] as number) - (value[row] as number)
  return rise > 0 && rise <= COUNTER_GROWTH_MAX * (value[row] as number)
}

function isCounter(value: Float64Array, row: number): boolean {
  const end = row + COUNTER_VALUES - 1
  if (end >= value.length || !isCounterLike(value, row)) return false
  if ((value[end] as number) - (value[row] as number) > COUNTER_GROWTH_MAX * (value[row] as number)) return false
  for (let at = row; at < end; at++) if (!((value[at + 1] as number) > (value[at] as number))) return false
  return true
}
