// Schemas of the API's answers about weather stations and their temperatures.

import * as z from 'zod'
import { stationSchema } from '../savings/weather-series.ts'

const stationViewSchema = stationSchema.extend({
  /** First and last month with temperatures; null: none are stored. */
  firstMonth: z.string().nullable(),
  lastMonth: z.string().nullable(),
})
export const stationsViewSchema = z.object({ stations: z.array(stationViewSchema) })

const gapSchema = z.object({ fromMs: z.number(), toMs: z.number(), hours: z.number() })

export const temperaturesViewSchema = z.object({
  station: z.string(),
  unit: z.literal('C'),
  points: z.array(z.object({ atMs: z.number(), temperature: z.number() })),
  /** Runs of hours, or of days, without a temperature. */
  gaps: z.array(gapSchema),
})

export const storedTemperaturesSchema = z.object({ station: z.string(), hours: z.number() })

export const areaWeatherSchema = z.object({
  area: z.string(),
  /** The area whose coordinates were used. */
  placeOf: z.string(),
  station: stationSchema.pick({ id: true, latitudeDeg: true, longitudeDeg: true, climateZone: true }).nullable(),
  distanceKm: z.number().nullable(),
  /** True: of another climate zone, since none of the own has enough data. */
  isOtherZone: z.boolean(),
  /** True: more than 200 km away. */
  isFar: z.boolean(),
})
