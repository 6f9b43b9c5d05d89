// The examples of tariffs and bills in docs/tables.md are files that can be imported.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { billFinding } from '../../../domain/energy/bill.ts'
import { periodFindings } from '../../../domain/energy/tariff-period.ts'
import { parseRows } from '../../../domain/import/file.ts'

it('every example of a tariff or a bill is read without a finding', async () => {
  const text = await readFile(join(import.meta.dirname, '..', '..', '..', 'docs', 'tables.md'), 'utf8')
  const examples = [...text.matchAll(/```text (tariffs|bills)\S*\n([\s\S]*?)```/g)]
  expect(examples).toHaveLength(3)
  for (const [, kind, csv] of examples) {
    const [header, ...lines] = csv.trimEnd().split('\n')
    const rows = lines.map((line) => Object.fromEntries(header.split(',').map((cell, i) => [cell, line.split(',')[i]])))
    if (kind === 'tariffs') {
      const { records, refused } = parseRows('tariffs', rows)
      expect([refused, records.flatMap(periodFindings), records.length]).toEqual([[], [], 1])
    } else {
      const { records, refused } = parseRows('bills', rows)
      expect([refused, records.map((bill) => billFinding(bill, undefined))]).toEqual([[], [undefined]])
    }
  }
})
