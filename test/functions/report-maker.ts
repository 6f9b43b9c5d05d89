// A maker of reports for tests of their way: one table of the stored months of the subject, as JSON and CSV.

import type { ReportDocument } from '../../domain/report/document.ts'
import { subjectMonths } from '../../functions/judging/judgement.ts'
import type { ReportMakerOf } from '../../functions/reporting/maker.ts'

const title = (text: string) => ({ zh: text, en: text })

/** Finds an error when the report has no row, and warns of every month without electricity. */
export const testMaker: ReportMakerOf = ({ platform }) => ({
  async build(subject, month) {
    const months = (await subjectMonths(platform.state, subject, month)).filter((one) => one.month <= month)
    const document: ReportDocument = {
      version: 1,
      subject: { type: /^\d+$/.test(subject) ? 'area' : 'institution', id: subject, name: subject },
      month,
      asOfMs: platform.now(),
      headline: title(''),
      highlights: [],
      tables: [
        {
          id: 'electricity',
          title: title('用电'),
          note: title(''),
          columns: [{ id: 'kwh', title: title('电量'), unit: 'kWh', format: 'decimal2' }],
          rows: months.map((one) => ({ id: one.month, cells: [one.electricityKwh] })),
        },
      ],
    }
    const rows = months.map((one) => `${one.month},${one.electricityKwh}`)
    const encoder = new TextEncoder()
    return {
      document,
      files: [
        { name: '报告.json', bytes: () => encoder.encode(JSON.stringify(document)) },
        { name: 'electricity.csv', bytes: () => encoder.encode(['month,kwh', ...rows].join('\r\n')) },
      ],
    }
  },
  check({ tables }) {
    const rows = tables.flatMap((table) => table.rows)
    const none = { rule: 'rows', severity: 'error', text: { zh: '没有数据', en: 'there is no row' } } as const
    const warnings = rows.filter(({ cells }) => cells[0] === 0).length
    return { errors: rows.length === 0 ? [none] : [], warnings }
  },
})
