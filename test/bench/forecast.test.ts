// The promise of the forecast (docs/rules/dual-control.md#backtest), on the real buildings, as the bench prints it.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { testShared } from '../shared.ts'

/** As `ErrorRow` of bench/table.ts. */
interface ErrorRow {
  what: string
  cases: number
  medianError: number
  references: Record<string, number>
  coverage: number
}

const MONTHS = [1, 2, 3, 6, 9, 11]

testShared(
  'errs least of the four at the end of each month, and the 80 % band holds 75 to 85 % of the totals',
  ['data/bdg2/electricity.csv.gz', 'data/bdg2/buildings.csv'],
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['bench/run.ts', 'forecast', '--json'])
    const rows: ErrorRow[] = JSON.parse(stdout).rows
    for (const group of ['all', 'always running']) {
      const months = rows.filter(({ what }) => what.startsWith(`${group}, `))
      expect(months).toHaveLength(11)
      for (const month of MONTHS) {
        const row = months.find(({ what }) => what.endsWith(` ${month}`))
        expect(row?.cases).toBeGreaterThanOrEqual(24)
        expect(row?.medianError, `${group}, ${month}`).toBeLessThanOrEqual(
          Math.min(...Object.values(row?.references ?? {})),
        )
      }
      const coverage = months.reduce((sum, row) => sum + row.coverage, 0) / months.length
      expect(coverage).toBeGreaterThanOrEqual(0.75)
      expect(coverage).toBeLessThanOrEqual(0.85)
    }
  },
  120_000,
)
