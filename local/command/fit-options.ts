// What `kilowatch fit` is asked for, as its command line gives it.

import type { FIT_MEDIA, TemperatureUnit } from '../../domain/savings/fit-settings.ts'

type FileMethod = 'daily' | 'billing' | 'hourly' | 'season'
/** `MM-DD`, both within the season. */
export interface HeatingDates {
  from: string
  to: string
}

export interface FitOptions {
  meter: string
  temperature: string
  unit?: TemperatureUnit
  medium: keyof typeof FIT_MEDIA
  /** Where days begin; by the unit when absent. */
  days?: 'utc' | 'local'
  /** Days since 1970-01-01. */
  baselineEnd?: number
  reportingStart?: number
  reportingDays?: number
  /** Default: daily. */
  method?: FileMethod
  /** Months and days of the heating season, from the first to the last one. */
  season?: HeatingDates
  /** Fit a level of its own for Saturdays and Sundays, and state what it gains. */
  weekends?: boolean
}
