// Reads hours of a meter as the rules of control take them: from a full hour on, unknown ones as NaN.

import { dayOf, dayStartMs, HOUR_MS } from '../../domain/calendar.ts'
import type { PastHours } from '../../domain/control/simulate.ts'
import type { ConsumptionDay } from '../platform.ts'

/** The hours with startMs ≤ hour < endMs, of `days` that may be absent. Both are full hours. */
export function hoursBetween(
  days: readonly Pick<ConsumptionDay, 'day' | 'amounts'>[],
  { startMs, endMs }: { startMs: number; endMs: number },
): PastHours {
  const amounts = new Float64Array((endMs - startMs) / HOUR_MS).fill(Number.NaN)
  for (const { day, amounts: ofDay } of days)
    ofDay.forEach((amount, hour) => {
      const index = (dayStartMs(day) - startMs) / HOUR_MS + hour
      if (index >= 0 && index < amounts.length) amounts[index] = amount
    })
  return { startMs, amounts }
}

/** The days that these hours lie in, the last one not included. */
export const daysAround = ({ startMs, endMs }: { startMs: number; endMs: number }) => ({
  fromDay: dayOf(startMs),
  toDay: dayOf(endMs - 1) + 1,
})
