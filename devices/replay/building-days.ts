// Sums the hourly readings of a recorded building to days of UTC+8. An hour without a value is unknown, not zero.

import { DAY_MS, dayOf, HOUR_MS } from '../../domain/calendar.ts'
import type { DailyAmounts } from '../../domain/judge/forecast-profile.ts'
import type { BuildingSeries } from './csv-source.ts'

const HOURS = DAY_MS / HOUR_MS

/** kWh by day with the known share of each day; hours from `beforeDay` (`dayOf`) on are left out. */
export function buildingDays({ atMs, value }: BuildingSeries, beforeDay = Number.POSITIVE_INFINITY): DailyAmounts {
  const firstDay = dayOf(atMs[0] ?? 0)
  const length = Math.max(0, Math.min(beforeDay, dayOf(atMs.at(-1) ?? 0) + 1) - firstDay)
  const amounts = new Float64Array(length)
  const known = new Float64Array(length)
  for (let row = 0; row < atMs.length; row++) {
    const day = dayOf(atMs[row] ?? 0) - firstDay
    const kwh = value[row] ?? Number.NaN
    if (day >= length || Number.isNaN(kwh)) continue
    amounts[day] = (amounts[day] ?? 0) + kwh
    known[day] = (known[day] ?? 0) + 1 / HOURS
  }
  return { firstDay, amounts, known }
}
