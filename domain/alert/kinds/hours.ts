// Reads and sums hourly amounts for the kinds on hours: one hour, the sum of meters, a median, a rule's parameters.

import { HOUR_MS } from '../../calendar.ts'
import { must } from '../../must.ts'
import type { MeterHours } from '../../registry/meter-tree.ts'
import type { Asked } from '../finding.ts'

/** Hourly amounts from `firstHourMs` on, NaN = null; hours beyond the array are null too. */
export interface HourAmounts {
  firstHourMs: number
  amounts: ArrayLike<number>
}

/** Minimum share of known hours for judging a window. */
export const KNOWN_SHARE_MIN = 0.9

export const amountAt = ({ firstHourMs, amounts }: HourAmounts, hourMs: number): number =>
  amounts[Math.round((hourMs - firstHourMs) / HOUR_MS)] ?? Number.NaN

/** An hour is NaN when it is unknown in one part. All parts begin at the same hour. */
export function sumOf(parts: readonly { own: MeterHours | undefined; sign: number }[]): MeterHours {
  const [first] = parts.flatMap(({ own }) => own ?? [])
  const amounts = new Float64Array(first?.amounts.length ?? 0)
  for (const { own, sign } of parts) {
    for (let hour = 0; hour < amounts.length; hour++) {
      amounts[hour] = (amounts[hour] ?? 0) + sign * (own?.amounts[hour] ?? Number.NaN)
    }
  }
  return { firstHourMs: first?.firstHourMs ?? 0, amounts }
}

/** Null without values. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) return null
  const lower = sorted[middle - 1]
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2
}

/** The named parameters: the rule's defaults state them all, and a threshold removes none. */
export const parametersOf = <K extends string>({ limits }: Asked, ...names: K[]): Record<K, number> =>
  // The object has exactly these keys.
  Object.fromEntries(names.map((name) => [name, must(limits.parameters[name], name)])) as Record<K, number>
