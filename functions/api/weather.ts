// Routes of weather: stations, their temperatures in and out, and the station of an area with its distance.

import * as z from 'zod'
import { dayStartMs, HOUR_MS } from '../../domain/calendar.ts'
import { phraseOf } from '../../domain/phrase.ts'
import type { DayValues } from '../../domain/savings/day-values.ts'
import { rowsOfMonths, stationDays, stationSchema, temperatureGaps } from '../../domain/savings/weather-series.ts'
import {
  areaWeatherSchema,
  stationsViewSchema,
  storedTemperaturesSchema,
  temperaturesViewSchema,
} from '../../domain/view/weather.ts'
import {
  addTemperatures,
  monthsOfStation,
  monthsWithin,
  putStations,
  stationOfArea,
  weatherKeys,
  weatherStations,
} from '../contracting/weather.ts'
import { areaOf, instant } from './query.ts'
import { ApiProblem, notFound, type RouteContext, route } from './route.ts'

/** Three years by the hour, and a leap day. */
const ROWS_MAX = 27_000
/** Answers of this many hours are half a megabyte. */
const HOURS_MAX = 20_000

const atSchema = z.union([z.number().int(), instant.pipe(z.number())])
const temperaturesBody = z.object({
  unit: z.enum(['C', 'F']).default('C'),
  /** Only says whether the rows would be stored. */
  check: z.boolean().default(false),
  rows: z
    .array(z.object({ at: atSchema, temperature: z.number().nullable() }))
    .min(1)
    .max(ROWS_MAX),
})
const rangeQuery = z
  .object({ from: instant, to: instant })
  .refine(({ from, to }) => to > from, { path: ['to'], message: 'must be after from' })
const seriesQuery = z
  .object({ from: instant, to: instant, grain: z.enum(['hour', 'day']).default('hour') })
  .refine(({ from, to }) => to > from, { path: ['to'], message: 'must be after from' })

export const weatherRoutes = {
  ...route('GET /api/v1/weather/stations', {
    access: { action: 'published', at: 'nowhere' },
    summary: 'Weather stations, with the months that have temperatures',
    response: stationsViewSchema,
    handle: ({ platform }) => stationsView(platform),
  }),
  ...route('PUT /api/v1/weather/stations', {
    access: { action: 'operate', at: 'nowhere' },
    summary: 'Adds weather stations or replaces them',
    body: z.object({ stations: z.array(stationSchema).min(1) }),
    response: stationsViewSchema,
    async handle({ platform }, { body: { stations } }) {
      await putStations(platform.state, stations)
      return stationsView(platform)
    },
  }),
  ...route('PUT /api/v1/weather/stations/{id}/temperatures', {
    access: { action: 'operate', at: 'nowhere' },
    summary:
      'Stores temperatures of a station by the hour: all rows, or none when they cannot be in their unit; `check` stores none',
    body: temperaturesBody,
    response: storedTemperaturesSchema,
    async handle(context, { body: { rows, unit, check } }) {
      const { id } = await stationOf(context)
      const temperatures = rows.map(({ at, temperature }) => ({ atMs: at, temperature: temperature ?? Number.NaN }))
      const outcome = await addTemperatures(context.platform.state, { station: id, rows: temperatures, unit, check })
      if ('wrong' in outcome) {
        const { index, detail } = outcome.wrong
        const field = `rows.${index}.temperature`
        const value = temperatures[index]?.temperature
        const said = phraseOf(`${field}：${value} ${detail.zh}`, `${field}: ${value} ${detail.en}`)
        throw new ApiProblem(422, 'Refused', said, {
          field,
          problems: [{ kind: 'temperatures', id, index, field: 'temperature', reason: detail.en, said: detail }],
        })
      }
      return { station: id, hours: outcome.hours }
    },
  }),
  ...route('GET /api/v1/weather/stations/{id}/temperatures', {
    access: { action: 'published', at: 'nowhere' },
    summary: 'Temperatures of a station in °C by the hour or the day, and the gaps between them',
    query: seriesQuery,
    response: temperaturesViewSchema,
    async handle(context, { query: { from, to, grain } }) {
      const { id } = await stationOf(context)
      if (grain === 'hour' && to - from > HOURS_MAX * HOUR_MS)
        throw new ApiProblem(400, 'Bad request', `to: at most ${HOURS_MAX} hours after from`, { field: 'to' })
      const months = await monthsWithin(context.platform.state, id, { fromMs: from, toMs: to })
      const all = grain === 'hour' ? rowsOfMonths(months) : dayRows(stationDays(months))
      const points = all.filter(({ atMs }) => atMs >= from && atMs < to)
      const gaps = temperatureGaps(points, { fromMs: from, toMs: to })
      return { station: id, unit: 'C' as const, points, gaps }
    },
  }),
  ...route('GET /api/v1/areas/{code}/weather', {
    access: { action: 'published', at: { area: 'code' } },
    summary: 'The weather station of an area for a time: the nearest of its climate zone with enough data',
    query: rangeQuery,
    response: areaWeatherSchema,
    async handle(context, { query: { from, to } }) {
      const { code } = await areaOf(context)
      const areas = await context.registry.areas()
      const found = await stationOfArea(context.platform.state, { code, areas, range: { fromMs: from, toMs: to } })
      if (!found)
        throw new ApiProblem(
          422,
          'Refused',
          `neither "${code}" nor an area above it has latitudeDeg and longitudeDeg`,
          {
            field: 'latitudeDeg',
          },
        )
      const { placeOf, choice } = found
      const { isSufficient: _, ...station } = choice?.station ?? { isSufficient: false }
      return {
        ...{ area: code, placeOf, station: 'id' in station ? station : null },
        distanceKm: choice ? Math.round(choice.distanceKm * 10) / 10 : null,
        ...{ isOtherZone: choice?.isOtherZone ?? false, isFar: choice?.isFar ?? false },
      }
    },
  }),
}

async function stationsView({ state }: RouteContext['platform']) {
  const stations = await weatherStations(state)
  const views = stations.map(async (station) => {
    const months = await monthsOfStation(state, station.id)
    return { ...station, firstMonth: months?.first ?? null, lastMonth: months?.last ?? null }
  })
  return { stations: await Promise.all(views) }
}

async function stationOf({ platform, path }: RouteContext<'id'>) {
  const found = await platform.state.get(weatherKeys.station(path.id))
  if (!found) throw notFound('weather station', path.id)
  return found.value
}

const dayRows = ({ firstDay, values }: DayValues) =>
  [...values].flatMap((temperature, index) =>
    Number.isNaN(temperature) ? [] : [{ atMs: dayStartMs(firstDay + index), temperature }],
  )
