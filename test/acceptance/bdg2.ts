// The 36 real buildings and what is true of them, for the tests that send them.

import { readFileSync } from 'node:fs'

export const BDG2_FILES = ['data/bdg2/electricity.csv.gz', 'data/bdg2/buildings.csv', 'data/bdg2/totals.json'] as const
export const HOURS_PER_BUILDING = 17_544

/** One building in totals.json. */
export interface BuildingTruth {
  id: string
  kwh2016: number
  kwh2017: number
  hoursPresent: number
  hoursMissing: number
  hoursPresent2017: number
  longestGapHours: number
  kwhByMonth: Record<string, number>
}

/** What `kilowatch replay` prints of one building. */
export interface BuildingResult {
  id: string
  kwhByYear: Record<string, number>
  hours: { measured: number; estimated: number; partial: number; missing: number }
  longestGapHours: number
  kwhPerM2ByYear: Record<string, number>
  kgcePerM2ByYear: { statistics: Record<string, number>; quota: Record<string, number> }
}

export const readTruth = (file: string): BuildingTruth[] => JSON.parse(readFileSync(file, 'utf8')).buildings

/** |a − b| relative to b; 0 when both are 0. */
export const relativeError = (a: number, b: number): number => (a === b ? 0 : Math.abs(a - b) / Math.abs(b))

/** Everything in which a result differs from the truth, in words: energy to 1e-9, hours and gaps exactly. */
export function differences(results: readonly BuildingResult[], truths: readonly BuildingTruth[]): string[] {
  const byId = new Map(results.map((result) => [result.id, result]))
  const strangers = results.filter(({ id }) => !truths.some((truth) => truth.id === id))
  return [
    ...strangers.map(({ id }) => `${id}: in no list`),
    ...truths.flatMap((truth) => {
      const result = byId.get(truth.id)
      return result ? differencesOf(result, truth) : [`${truth.id}: absent`]
    }),
  ]
}

function differencesOf({ id, kwhByYear, hours, longestGapHours }: BuildingResult, truth: BuildingTruth): string[] {
  const years: [string, number][] = [
    ['2016', truth.kwh2016],
    ['2017', truth.kwh2017],
  ]
  const exact: [string, number, number][] = [
    ['hours present', hours.measured + hours.estimated + hours.partial, truth.hoursPresent],
    ['hours measured', hours.measured, truth.hoursPresent],
    ['hours missing', hours.missing, truth.hoursMissing],
    ['longest gap', longestGapHours, truth.longestGapHours],
    ['years', Object.keys(kwhByYear).length, years.length],
  ]
  return [
    ...years
      .filter(([year, kwh]) => !(relativeError(kwhByYear[year], kwh) <= 1e-9))
      .map(([year, kwh]) => `${id}: ${kwhByYear[year]} kWh in ${year}, not ${kwh}`),
    ...exact.filter(([, got, want]) => got !== want).map(([what, got, want]) => `${id}: ${what} ${got}, not ${want}`),
  ]
}
