// Finds the readings that a meter sent in another scale: a register of kWh that sends Wh, or counts tenfold
// (docs/rules/settling.md#scale-jump).

import { returnRow } from './dropout.ts'
import { exceedsPace, falls, isMore, rises, smallStep, standsOut } from './pace.ts'
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

/** The rows [row, endRow) stand `factor` times too high; `returns`: in `endRow` the register is where it would be. */
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
      return { factor, ...endOfScale(profile, samples, doubt, opens) }
  }
  return undefined
}

/** The values with the scaled rows in the scale of the register. */
export function withScale(value: Float64Array, row: number, { factor, endRow }: Scaled): Float64Array {
  const own = value.slice()
  for (let at = row; at < endRow; at++) own[at] = (value[at] as number) / factor
  return own
}

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

/** The scale ends where the register falls for good, or with its last row. */
function endOfScale(
  profile: MeterProfile,
  samples: Samples,
  doubt: Doubt,
  opens: boolean,
): { endRow: number; returns: boolean } {
  const { value } = samples
  const { to, closing } = doubt
  const stepMax = smallStep(profile)
  let last = value[doubt.row] as number
  for (let row = doubt.row + 1; row < to; row++) {
    const read = value[row] as number
    const next = row + 1 < to ? (value[row + 1] as number) : closing
    if (read < last || next < read || standsOut(read - last, next - read)) {
      const back = returnRow(value, { row, to, closing, good: last, stepMax })
      if (back > row) {
        row = back - 1
        continue
      }
      if (falls(last, read, stepMax)) {
        const returns =
          !falls(doubt.good, read, stepMax) && isReached(profile, samples, doubt, { row, back: read, opens })
        return { endRow: row, returns }
      }
    }
    last = read
  }
  return { endRow: to, returns: false }
}
