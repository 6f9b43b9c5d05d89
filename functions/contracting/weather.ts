// Stores weather stations and their temperatures, a document a station and month, and finds the station of an area
// (docs/rules/savings.md#weather-station).

import { dayOf, type Month, monthOf, monthsThrough } from '../../domain/calendar.ts'
import type { Area } from '../../domain/registry/records.ts'
import { valueOn } from '../../domain/savings/day-values.ts'
import type { TemperatureUnit } from '../../domain/savings/fit-settings.ts'
import type { TemperatureRow } from '../../domain/savings/temperature-days.ts'
import {
  hourMeans,
  type MonthTemperatures,
  type StationRecord,
  stationDays,
  type WrongTemperature,
  withHours,
  wrongTemperature,
} from '../../domain/savings/weather-series.ts'
import { chooseStation, type GeoPoint, type StationChoice } from '../../domain/savings/weather-station.ts'
import { docKey, type StateStore } from '../platform.ts'
import { ancestors } from '../registry/reader.ts'

export const weatherKeys = {
  station: (id = '') => docKey<StationRecord>(`weather-station/${id}`),
  month: (station: string, month: Month | '' = '') => docKey<MonthTemperatures>(`weather-hours/${station}/${month}`),
} as const

export async function weatherStations(state: StateStore): Promise<StationRecord[]> {
  return (await state.query(weatherKeys.station())).map(({ value }) => value)
}

export async function putStations(state: StateStore, stations: readonly StationRecord[]): Promise<void> {
  await state.put(stations.map((station) => ({ key: weatherKeys.station(station.id), value: station })))
}

const monthOfKey = (key: string): Month => key.slice(key.lastIndexOf('/') + 1) as Month

/** All stored months of a station. */
export async function storedMonths(state: StateStore, station: string): Promise<Map<Month, MonthTemperatures>> {
  const docs = await state.query(weatherKeys.month(station))
  return new Map(docs.map(({ key, value }) => [monthOfKey(key), value]))
}

/** The stored months of a station that touch [fromMs, toMs). */
export async function monthsWithin(
  state: StateStore,
  station: string,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<Map<Month, MonthTemperatures>> {
  const months = monthsThrough(monthOf(fromMs), monthOf(toMs - 1))
  const docs = await state.getMany(months.map((month) => weatherKeys.month(station, month)))
  return new Map(docs.map(({ key, value }) => [monthOfKey(key), value]))
}

/**
 * Adds temperatures to a station, hour by hour, each in the place of one that stands. Writes nothing when the rows
 * cannot be in their unit; else resolves to the number of hours. `check`: writes nothing in either case.
 */
export async function addTemperatures(
  state: StateStore,
  {
    station,
    rows,
    unit,
    check = false,
  }: { station: string; rows: readonly TemperatureRow[]; unit: TemperatureUnit; check?: boolean },
): Promise<{ hours: number } | { wrong: WrongTemperature }> {
  const stored = await storedMonths(state, station)
  const wrong = wrongTemperature(rows, unit, stored)
  if (wrong) return { wrong }
  const hours = hourMeans(rows, unit)
  if (check) return { hours: hours.size }
  const changed = withHours(stored, hours)
  await state.put([...changed].map(([month, values]) => ({ key: weatherKeys.month(station, month), value: values })))
  return { hours: hours.size }
}

export interface AreaStation {
  /** The area whose coordinates were used: the area itself, or the nearest above it that has some. */
  placeOf: string
  choice: StationChoice | null
  stations: number
}

/** A station has enough data when so many of the days asked for have a temperature (CalTRACK 2.2.1.2). */
const DAYS_KNOWN_MIN = 0.9

/** The station of an area for a range of time. Null when neither the area nor one above it has coordinates. */
export async function stationOfArea(
  state: StateStore,
  {
    code,
    areas,
    range,
    only,
  }: {
    code: string
    areas: readonly Area[]
    range: { fromMs: number; toMs: number }
    /** The one station to look at. */
    only?: string
  },
): Promise<AreaStation | null> {
  const byCode = new Map(areas.map((area) => [area.code, area]))
  const place = [code, ...ancestors(code, areas)].map((one) => byCode.get(one)).find((area) => area && pointOf(area))
  const point = place && pointOf(place)
  if (!place || !point) return null
  const stations = (await weatherStations(state)).filter(({ id }) => only === undefined || id === only)
  const withData = await Promise.all(
    stations.map(async ({ source: _, name: _name, ...station }) => ({
      ...station,
      isSufficient: (await daysKnownShare(state, station.id, range)) >= DAYS_KNOWN_MIN,
    })),
  )
  return { placeOf: place.code, choice: chooseStation(point, withData) ?? null, stations: stations.length }
}

function pointOf({ latitudeDeg, longitudeDeg, climateZone }: Area): (GeoPoint & { climateZone?: string }) | undefined {
  if (latitudeDeg === undefined || longitudeDeg === undefined) return undefined
  return { latitudeDeg, longitudeDeg, ...(climateZone !== undefined && { climateZone }) }
}

async function daysKnownShare(
  state: StateStore,
  station: string,
  range: { fromMs: number; toMs: number },
): Promise<number> {
  const days = stationDays(await monthsWithin(state, station, range))
  const [firstDay, endDay] = [dayOf(range.fromMs), dayOf(range.toMs)]
  let known = 0
  for (let day = firstDay; day < endDay; day++) if (!Number.isNaN(valueOn(days, day))) known += 1
  return known / Math.max(1, endDay - firstDay)
}

/** First and last stored month of each station. */
export async function monthsOfStation(
  state: StateStore,
  station: string,
): Promise<{ first: Month; last: Month } | null> {
  const months = [...(await storedMonths(state, station)).keys()]
  const [first, last] = [months[0], months.at(-1)]
  return first && last ? { first, last } : null
}
