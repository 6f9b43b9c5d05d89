// Defines the files of the reports view: months with their states, what is due, and differences.

import type { Month } from '../../../domain/calendar.ts'
import type { ReportDifference } from '../../../domain/report/differences.ts'
import type { DifferencesPageView, ReportsDueView, ReportsPageView } from '../../../domain/report/view.ts'
import { allItems } from '../api/pages.ts'
import { columnsOf, type SavedTable, type Speech, savedTable } from './saved-table.ts'

interface MonthOfReport {
  month: Month
  report: ReportsPageView['items'][number] | undefined
}

export function reportMonthsFile(rows: readonly MonthOfReport[], { text, language }: Speech): SavedTable {
  const { words, count, time } = columnsOf<MonthOfReport>()
  return savedTable({
    title: text.report.reportMonths,
    period: '',
    rows,
    columns: [
      words(text.month, ({ month }) => month),
      words(text.status, ({ report }) => (report ? text.report.reportStates[report.state] : text.report.noReport)),
      words(text.report.taskState, ({ report }) => report?.taskState.name[language]),
      count(text.report.revision, ({ report }) => report?.revision),
      words(text.report.lastStep, ({ report }) => report && text.report.reportSteps[report.last.step]),
      words(text.yourName, ({ report }) => report?.last.who),
      time(text.hour, ({ report }) => report?.last.atMs),
      words(text.report.dataChanged, ({ report }) => report && (report.changed ? text.yes : text.no)),
    ],
  })
}

/** A row for each period and each part that has not submitted. */
export function reportsDueFile({ periods, date }: ReportsDueView, { text, language }: Speech): SavedTable {
  type Row = {
    period: ReportsDueView['periods'][number]
    part: ReportsDueView['periods'][number]['missing'][number] | null
  }
  const rows = periods.flatMap((period): Row[] =>
    period.missing.length === 0 ? [{ period, part: null }] : period.missing.map((part) => ({ period, part })),
  )
  const { words, count } = columnsOf<Row>()
  return savedTable({
    title: text.report.due,
    period: date,
    rows,
    columns: [
      words(text.report.duePeriod, ({ period }) => `${text.report.reportPeriods[period.period]} ${period.label}`),
      words(text.report.dueOn, ({ period }) => period.dueOn),
      count(text.saving.daysLeft, ({ period }) => period.daysLeft),
      count(text.saving.parts, ({ period }) => period.parts),
      count(text.report.partsReported, ({ period }) => period.submitted),
      words(text.saving.missingCode, ({ part }) => part?.id),
      words(text.saving.missing, ({ part }) => part?.name),
      words(text.report.taskState, ({ part }) => part?.taskState.name[language]),
    ],
  })
}

export function differencesFile(path: string, period: string, { text }: Speech): SavedTable {
  const { words } = columnsOf<ReportDifference>()
  const cell = (value: ReportDifference['from']): string | null => (value === null ? null : String(value))
  return savedTable({
    title: text.report.differences,
    period,
    rows: () => allItems<DifferencesPageView>(path),
    columns: [
      words(text.report.kind, ({ kind }) => text.report.differenceKinds[kind]),
      words(text.report.table, ({ table }) => table),
      words(text.report.row, ({ row }) => row),
      words(text.report.column, ({ column }) => column),
      words(text.saving.part, ({ part }) => text.report.differenceParts[part]),
      words(text.report.from, ({ from }) => cell(from)),
      words(text.report.to, ({ to }) => cell(to)),
    ],
  })
}
