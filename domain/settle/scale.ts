// Finds the readings that a meter sent in another scale: a register of kWh that sends Wh or MWh, or counts tenfold
// (docs/rules/settling.md#scale-jump).

import { returnRow } from './dropout.ts'
import { exceedsPace, falls, hasHistory, isMore, rises, smallStep, standsOut } from './pace.ts'
import type { MeterProfile, Samples } from './series.ts'

/** The largest power of ten looked for: MWh to Wh. */
const SCALE_POWERS_MAX = 6
/** The register in its own scale stands at most this share higher than before. */
const GROWTH_MAX = 0.05

/** Readings of one register up to row `to`, and the first that is doubtful after a good one. */
export interface Doubt {
  row: number
  to: number
  closing: number
  good: number
  goodRow: number
}

/**
 * The rows [row, endRow) stand `factor` times too high, or too low where it is below 1; `returns`: in `endRow` the
 * register is where it would be.
 */
export interface Scaled {
  factor: number
  endRow: number
  returns: boolean
}

/** The scale of the reading in a row that is beyond the pace; undefined when the register in no scale fits. */
export function scaledFrom(profile: MeterProfile, samples: Samples, doubt: Doubt, opens: boolean): Scaled | undefined {
  const { good, row } = doubt
  const stepMax = smallStep(profile)
  if (!rises(0, good, stepMax)) return undefined
  const read = samples.value[row] as number
  for (let power = 1; power <= SCALE_POWERS_MAX; power++) {
    const factor = 10 ** power
    const back = read / factor
    if (falls(good, back, stepMax)) return undefined
    if (
      (!rises(good, back, stepMax) || !isMore(back - good, GROWTH_MAX * good)) &&
      isReached(profile, samples, doubt, { row, back, opens })
    )
      return { factor, ...endOfScale(profile, samples, doubt, { opens }) }
  }
  return undefined
}

/** The scale of the reading in a row to which the register fell; undefined when the register in no scale fits. */
export function loweredFrom(profile: MeterProfile, samples: Samples, doubt: Doubt, opens: boolean): Scaled | undefined {
  const { good, row } = doubt
  const stepMax = smallStep(profile)
  const read = samples.value[row] as number
  // The few digits of a register that has just begun fit any scale.
  if (!rises(0, read, stepMax) || !hasHistory(profile, samples, doubt.goodRow)) return undefined
  for (let power = 1; power <= SCALE_POWERS_MAX; power++) {
    const back = read * 10 ** power
    if (isMore(back - good, GROWTH_MAX * good)) return undefined
    if (!falls(good, back, stepMax) && isReached(profile, samples, doubt, { row, back, opens }))
      return { factor: 10 ** -power, ...endOfScale(profile, samples, doubt, { opens, loweredPower: power }) }
  }
  return undefined
}

/** The values with the scaled rows in the scale of the register. */
export function withScale(value: Float64Array, row: number, { factor, endRow }: Scaled): Float64Array {
  const own = value.slice()
  for (let at = row; at < endRow; at++) own[at] = inOwnScale(value[at] as number, factor)
  return own
}

/** A value that stands a power of ten too high or too low. A power of ten below 1 is no double, its inverse is. */
export const inOwnScale = (value: number, factor: number): number =>
  factor < 1 ? value * Math.round(1 / factor) : value / factor

/** True when the register can have gone from its last good reading to `back` by the time of a row. */
const isReached = (
  profile: MeterProfile,
  samples: Samples,
  { good, goodRow }: Doubt,
  { row, back, opens }: { row: number; back: number; opens: boolean },
): boolean =>
  !exceedsPace(
    profile,
    samples,
    { from: goodRow, toMs: samples.atMs[row] as number, next: row, amount: back - good },
    opens,
  )

/**
 * The scale ends where the register falls for good, or with its last row. A lower one, by `loweredPower`, ends where
 * the register rises out of it or falls further.
 */
function endOfScale(
  profile: MeterProfile,
  samples: Samples,
  doubt: Doubt,
  { opens, loweredPower }: { opens: boolean; loweredPower?: number },
): { endRow: number; returns: boolean } {
  const { value } = samples
  const { to, closing } = doubt
  const isLowered = loweredPower !== undefined
  const stepMax = smallStep(profile)
  let last = value[doubt.row] as number
  for (let row = doubt.row + 1; row < to; row++) {
    const read = value[row] as number
    const next = row + 1 < to ? (value[row + 1] as number) : closing
    const leaves = isLowered && isMore(read, last * 10 ** (loweredPower / 2))
    const isFall = falls(last, read, stepMax)
    const isOdd = isLowered ? leaves || isFall : read < last || next < read || standsOut(read - last, next - read)
    if (isOdd) {
      const back = returnRow(value, { row, to, closing, good: last, stepMax })
      if (back > row) {
        row = back - 1
        continue
      }
      if (leaves || isFall) {
        const mayReturn = leaves || !isLowered
        const returns =
          mayReturn &&
          !falls(doubt.good, read, stepMax) &&
          isReached(profile, samples, doubt, { row, back: read, opens })
        return { endRow: row, returns }
      }
    }
    last = read
  }
  return { endRow: to, returns: false }
}
