// The promises of the fit, as the bench measures them: all candidates and the winner are those of a search that fits
// each anew (the bench asserts it), and the 90 % interval holds 87 to 93 % of what was saved
// (docs/rules/savings.md#coverage).

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { CAMPAIGN } from '../campaign.ts'

/** As `CoverageRow` of bench/table.ts. */
interface CoverageRow {
  what: string
  cases: number
  coverage: number
}

test('finds what a naive search finds, and its interval holds what was saved', async () => {
  const size = CAMPAIGN ? 'full' : 'quick'
  const args = ['bench/run.ts', 'fit', '--size', size, '--json']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const [time, ...rows]: [{ seconds: number; ratio: number }, ...CoverageRow[]] = JSON.parse(stdout).rows
  expect(time.seconds).toBeGreaterThan(0)
  expect(time.ratio).toBeLessThan(1)
  expect(rows).toHaveLength(6)
  const cases = rows.reduce((sum, row) => sum + row.cases, 0)
  const coverage = rows.reduce((sum, row) => sum + row.cases * row.coverage, 0) / cases
  expect(coverage).toBeGreaterThanOrEqual(0.87)
  expect(coverage).toBeLessThanOrEqual(0.93)
  expect(cases).toBeGreaterThanOrEqual(CAMPAIGN ? 2900 : 590)
  // Each kind of noise by itself, with enough buildings to tell.
  if (CAMPAIGN)
    for (const row of rows) {
      expect(row.coverage, row.what).toBeGreaterThanOrEqual(0.87)
      expect(row.coverage, row.what).toBeLessThanOrEqual(0.93)
    }
}, 300_000)
