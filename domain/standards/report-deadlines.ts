// Defines when reports are due: the monthly ledger, the quarter and the year (docs/rules/report.md#deadlines). Each
// province sets its own days; what no source prescribes for a province is a stand-in until a user imports a row.

import * as z from 'zod'
import { areaCode } from '../registry/records.ts'
import { datedRow } from './validity.ts'

export const REPORT_PERIODS = ['month', 'quarter', 'year'] as const
export type DeadlinePeriod = (typeof REPORT_PERIODS)[number]

export const reportDeadlineSchema = z.object({
  period: z.enum(REPORT_PERIODS),
  /** The area whose deadline it is, with all areas below; absent: the whole country. */
  area: areaCode.optional(),
  /** Months after the last month of the period, and the day of that month; its last day where it is shorter. */
  monthsAfter: z.number().int().min(1).max(12),
  day: z.number().int().min(1).max(31),
  /**
   * Of a month: the day of the next month from which the reports of areas are built without being asked for; absent:
   * only when asked.
   */
  buildDay: z.number().int().min(1).max(28).optional(),
  /** Days before the deadline on which it is told who has not submitted; 0 is the day itself, below 0 is late. */
  remindDays: z.array(z.number().int().min(-60).max(60)).max(10),
  ...datedRow,
})
export type ReportDeadline = z.infer<typeof reportDeadlineSchema>

const NO_SOURCE = 'assumption of this product: no source prescribes'

export const REPORT_DEADLINES: readonly ReportDeadline[] = [
  {
    period: 'month',
    monthsAfter: 1,
    day: 10,
    buildDay: 3,
    remindDays: [3, -1],
    validFrom: '2008-10-01',
    source: `${NO_SOURCE} a day for the monthly ledger (能源消费统计台账)`,
    certainty: 'recalled',
    standIn: true,
  },
  {
    period: 'quarter',
    monthsAfter: 1,
    day: 15,
    remindDays: [5, -1],
    validFrom: '2008-10-01',
    source: 'within 15 days after the quarter: 芦溪 (江西) 2017; the day of Hebei is not known',
    certainty: 'secondary',
    standIn: true,
  },
  {
    period: 'year',
    monthsAfter: 3,
    day: 31,
    remindDays: [30, 7, -1],
    // The first day of the regulation.
    validFrom: '2008-10-01',
    source: '《公共机构节能条例》第十五条: 3月31日前报送上一年度能源消费状况报告',
    certainty: 'recalled',
  },
]
