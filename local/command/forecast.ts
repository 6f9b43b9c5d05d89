// `kilowatch forecast`: the year's use of recorded buildings as it was forecast on a day, from a wide table of hours
// (docs/rules/dual-control.md#forecast). Works on the files alone; needs no data folder.

import { buildingDays } from '../../devices/replay/building-days.ts'
import { type Building, readBuildingsCsv, readWideCsv } from '../../devices/replay/csv-source.ts'
import { dateStartMs, dayOf } from '../../domain/calendar.ts'
import { FORECAST_KNOWN_MIN, forecastYear } from '../../domain/judge/forecast.ts'
import { type DailyAmounts, meanProfile } from '../../domain/judge/forecast-profile.ts'
import { must } from '../../domain/must.ts'

export interface ForecastOptions {
  readings: string
  buildings: string
  /** YYYY-MM-DD in UTC+8: readings up to the end of this day count. */
  asOf: string
  json?: boolean
}

/** One building; the forecast and its band are null with a reason where too little is known. */
interface ForecastLine {
  id: string
  year: number
  asOf: string
  ytdKwh: number
  forecastKwh: number | null
  low80: number | null
  high80: number | null
  basis: string | null
  reason?: string
}

export async function forecastBuildings({ readings, buildings, asOf, json }: ForecastOptions): Promise<void> {
  const known = await readBuildingsCsv(buildings)
  const table = await readWideCsv(readings, known)
  const endDay = dayOf(dateStartMs(asOf)) + 1
  const days = new Map(table.buildings.map((id) => [id, buildingDays(must(table.series.get(id)), endDay)]))
  const year = Number(asOf.slice(0, 4))
  const kindOf = kindProfiles(days, known, year)
  const lines = table.buildings.map((id): ForecastLine => {
    const found = forecastYear({ year, asOfDay: endDay, days: must(days.get(id)), kindProfile: kindOf(id) })
    const line = { id, year, asOf, ytdKwh: found.known }
    if (found.basis === null)
      return { ...line, forecastKwh: null, low80: null, high80: null, basis: null, reason: found.reason }
    return { ...line, forecastKwh: found.forecast, low80: found.low80, high80: found.high80, basis: found.basis }
  })
  if (json) process.stdout.write(`${JSON.stringify(lines)}\n`)
  else for (const line of lines) process.stdout.write(`${describe(line)}\n`)
}

/** For each building the mean profile of the others of its use; undefined where none of them has a year before. */
function kindProfiles(days: ReadonlyMap<string, DailyAmounts>, known: ReadonlyMap<string, Building>, year: number) {
  return (id: string): Float64Array | undefined => {
    const use = known.get(id)?.use
    const others = [...days].filter(([other]) => other !== id && use !== undefined && known.get(other)?.use === use)
    return meanProfile(
      others.map(([, amounts]) => amounts),
      year,
      FORECAST_KNOWN_MIN,
    )
  }
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

function describe({ id, year, asOf, ytdKwh, forecastKwh, low80, high80, basis, reason }: ForecastLine): string {
  const start = `${id}: ${whole.format(ytdKwh)} kWh in ${year} up to ${asOf}`
  if (forecastKwh === null || low80 === null || high80 === null) return `${start}; no forecast (${reason})`
  const band = `80 %: ${whole.format(low80)} to ${whole.format(high80)}`
  return `${start}; forecast ${whole.format(forecastKwh)} kWh (${band}; ${basis})`
}
