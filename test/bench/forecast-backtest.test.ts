// The promise of the forecast (docs/rules/dual-control.md#backtest), on the real buildings.

import { expect, test } from 'vitest'
import {
  backtestForecast,
  FORECAST_REFERENCES,
  recordedBuildings,
  withTwoYears,
} from '../../bench/forecast-backtest.ts'
import { describeShared } from '../shared.ts'

const MONTHS = [1, 2, 3, 6, 9, 11]

describeShared('forecasting 2017', ['data/bdg2/electricity.csv.gz', 'data/bdg2/buildings.csv'], (readings, list) => {
  const backtest = async () => {
    const buildings = withTwoYears(await recordedBuildings(readings ?? '', list ?? ''), 2017)
    // With and without the buildings that stood at zero for months, in which not all references are defined.
    const alive = buildings.filter(({ days }) => Array.from(days.amounts).filter((kwh) => kwh === 0).length < 80)
    return [buildings, alive].map((some) => backtestForecast(some, 2017))
  }

  test('errs least of the four at the end of each month, and the 80 % band holds 75 to 85 % of the totals', async () => {
    for (const rows of await backtest()) {
      for (const month of MONTHS) {
        const row = rows[month - 1]
        expect(row?.buildings).toBeGreaterThanOrEqual(24)
        for (const reference of FORECAST_REFERENCES)
          expect(row?.medianError.own, `month ${month}`).toBeLessThanOrEqual(row?.medianError[reference] ?? Number.NaN)
      }
      const before = rows.slice(0, 11)
      const coverage = before.reduce((sum, row) => sum + row.coverage, 0) / before.length
      expect(coverage).toBeGreaterThanOrEqual(0.75)
      expect(coverage).toBeLessThanOrEqual(0.85)
    }
  })
})
