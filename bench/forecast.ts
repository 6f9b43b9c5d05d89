// The forecast of a year against what came, by month, on the real buildings of ../shared/data/bdg2, beside the three
// references of bench/forecast-backtest.ts; then for halves of the buildings, and without the year before.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  type BacktestRow,
  backtestForecast,
  forecastByKind,
  type RecordedBuilding,
  recordedBuildings,
  withTwoYears,
} from './forecast-backtest.ts'
import type { ErrorRow } from './table.ts'

const DATA = join(import.meta.dirname, '..', '..', 'shared', 'data', 'bdg2')
const YEAR = 2017
const ZERO_DAYS_MAX = 80

/** Says why there is nothing to measure when the data are not there; fails under CI=true. */
export async function benchForecast(_scale: number, say: (line: string) => void): Promise<ErrorRow[]> {
  const files = ['electricity.csv.gz', 'buildings.csv'].map((name) => join(DATA, name))
  const missing = files.filter((file) => !existsSync(file))
  if (missing.length > 0) {
    const reason = `forecast: ${missing.join(', ')} is missing beside the project`
    if (process.env.CI === 'true') throw new Error(`${reason}; CI needs it`)
    say(`${reason}; skipped`)
    return []
  }
  const [readings = '', list = ''] = files
  const buildings = withTwoYears(await recordedBuildings(readings, list), YEAR)
  const half = (rest: number) => buildings.filter((_, index) => index % 2 === rest)
  return [
    ...rowsOf('all', backtestForecast(buildings, YEAR)),
    ...rowsOf('always running', backtestForecast(buildings.filter(isRunning), YEAR)),
    ...rowsOf('every other building', backtestForecast(half(0), YEAR)),
    ...rowsOf('the others', backtestForecast(half(1), YEAR)),
    ...rowsOf('without a year before', backtestForecast(buildings, YEAR, forecastByKind(buildings, YEAR))),
  ]
}

/** Did not stand at zero for months; in the others not every reference is defined in each month. */
const isRunning = ({ days }: RecordedBuilding): boolean =>
  Array.from(days.amounts).filter((kwh) => kwh === 0).length < ZERO_DAYS_MAX

/** The months that have an error: December is known whole, and the profile of a kind needs a while. */
const rowsOf = (name: string, rows: readonly BacktestRow[]): ErrorRow[] =>
  rows
    .filter(({ month, buildings }) => month < 12 && buildings > 0)
    .map(({ month, buildings, medianError: { own, ...references }, coverage, medianWidth }) => ({
      what: `${name}, end of month ${month}`,
      cases: buildings,
      medianError: own,
      references,
      ...{ coverage, medianWidth },
    }))
