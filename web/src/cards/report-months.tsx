// Lists the months of a subject, the latest first, with the state of each report; months without a report are listed
// too, so that what is not built shows.

import { Button, Card, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { addMonths, type Month, monthOf } from '../../../domain/calendar.ts'
import type { ReportsPageView } from '../../../domain/report/view.ts'
import type { DeadlinePeriod } from '../../../domain/standards/report-deadlines.ts'
import { formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { reportMonthsFile } from './files-report.ts'
import { ReportStateTag } from './report-marks.tsx'
import type { ReportSubject } from './report-subject.ts'
import { SaveTables } from './save-tables.tsx'
import { attributes } from './table-rows.ts'

type ReportRow = ReportsPageView['items'][number]
interface MonthRow {
  month: Month
  report: ReportRow | undefined
}

interface Props {
  subject: ReportSubject
  /** Null until loaded. */
  reports: readonly ReportRow[] | null
  month: Month
  choose: (month: Month) => void
}

/** Months shown at first, the running one included, and added by each press of the button. */
const MONTHS_SHOWN = 7

export function ReportMonths({ subject, reports, month, choose }: Props) {
  const speech = useLanguage()
  const { text } = speech
  const [count, setCount] = useState(MONTHS_SHOWN)
  const rows = monthRows(reports ?? [], { current: monthOf(Date.now()), chosen: month, count })
  const columns: TableColumnsType<MonthRow> = [
    {
      title: text.month,
      key: 'month',
      rowScope: 'row',
      render: (_, row) => (
        <>
          <Button type="link" size="small" aria-current={row.month === month} onClick={() => choose(row.month)}>
            {row.month}
          </Button>
          {answeredPeriods(row.month).map((period) => (
            <Tag key={period} className="small-tag">
              {text.report.reportPeriods[period]}
            </Tag>
          ))}
        </>
      ),
    },
    { title: text.status, key: 'state', render: (_, { report }) => <ReportStateTag state={report?.state ?? null} /> },
    {
      title: text.report.taskState,
      key: 'task',
      render: (_, { report }) => <TaskState state={report?.taskState} />,
    },
    {
      title: text.report.revision,
      key: 'revision',
      align: 'right',
      render: (_, { report }) => report && String(report.revision),
    },
    {
      title: text.report.lastStep,
      key: 'last',
      render: (_, { report }) =>
        report && (
          <>
            {text.report.reportSteps[report.last.step]} · <SourceText>{report.last.who}</SourceText>{' '}
            <span className="faint">{formatTime(report.last.atMs)}</span>
          </>
        ),
    },
    {
      title: text.report.dataChanged,
      key: 'changed',
      render: (_, { report }) =>
        report &&
        (report.changed ? (
          <Tag variant="filled" className="mark mark-atRisk" title={text.report.dataChangedHint}>
            {text.report.dataChanged}
          </Tag>
        ) : (
          <span className="faint">{text.report.dataUnchanged}</span>
        )),
    },
  ]
  return (
    <Card
      title={text.report.reportMonths}
      extra={<SaveTables tables={[reportMonthsFile(rows, speech)]} />}
      data-testid="report-months"
    >
      <DataTable
        rowKey="month"
        columns={columns}
        rows={rows}
        loading={reports === null}
        rowClassName={(row) => (row.month === month ? 'row-chosen' : '')}
        onRow={(row) => attributes(`report-month-${row.month}`, () => choose(row.month))}
      />
      <div className="more">
        <Button onClick={() => setCount(count + MONTHS_SHOWN)}>{text.report.earlierMonths}</Button>
        <span className="faint">{subject.name}</span>
      </div>
    </Card>
  )
}

function TaskState({ state }: { state: ReportRow['taskState'] | undefined }) {
  const { language } = useLanguage()
  return <span className="faint">{state ? `${state.name[language]} (${state.code})` : ''}</span>
}

/** `count` months back from the running one, and each other one that has a report or is chosen. */
export function monthRows(
  reports: readonly ReportRow[],
  { current, chosen, count }: { current: Month; chosen: Month; count: number },
): MonthRow[] {
  const offered = Array.from({ length: count }, (_, index) => addMonths(current, -index))
  const months = new Set([...offered, ...reports.map(({ month }) => month), chosen])
  return [...months]
    .sort()
    .reverse()
    .map((month) => ({ month, report: reports.find((one) => one.month === month) }))
}

/** The periods for which the report of a month answers, the longest last. */
export function answeredPeriods(month: Month): Exclude<DeadlinePeriod, 'month'>[] {
  const number = Number(month.slice(5))
  return [...(number % 3 === 0 ? (['quarter'] as const) : []), ...(number === 12 ? (['year'] as const) : [])]
}
