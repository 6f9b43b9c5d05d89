// Shows which reports of an area are due or overdue, and who directly below has not submitted.

import { Card, type TableColumnsType } from 'antd'
import type { ReportsDueView } from '../../../domain/report/view.ts'
import { useResource } from '../api/resource.ts'
import { areaRoute, formatRoute, institutionRoute } from '../frame/route.ts'
import { formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { reportsDueFile } from './files-report.ts'
import { Nothing, ProblemNotice, StandInTag } from './marks.tsx'
import { ReportStateTag } from './report-marks.tsx'
import { SaveTables } from './save-tables.tsx'

type DueRow = ReportsDueView['periods'][number]

export function ReportDue({ area }: { area: string }) {
  const speech = useLanguage()
  const { text } = speech
  const due = useResource<ReportsDueView>(`areas/${encodeURIComponent(area)}/reports-due`)
  const { data, problem } = due
  const columns: TableColumnsType<DueRow> = [
    {
      title: text.report.duePeriod,
      key: 'period',
      rowScope: 'row',
      render: (_, { period, label, month }) => (
        <a href={formatRoute({ ...areaRoute(area, month), view: 'reports' })}>
          {text.report.reportPeriods[period]} {label}
        </a>
      ),
    },
    {
      title: text.report.dueOn,
      key: 'dueOn',
      render: (_, { dueOn, rule }) => (
        <>
          {dueOn} {rule.standIn && <StandInTag source={rule.source}>{text.standInRule}</StandInTag>}
        </>
      ),
    },
    { title: text.report.dueLeft, key: 'left', render: (_, row) => <TimeLeft row={row} /> },
    { title: text.report.ownReport, key: 'own', render: (_, { own }) => <ReportStateTag state={own.state} /> },
    {
      title: text.report.partsReported,
      key: 'parts',
      align: 'right',
      render: (_, { submitted, parts }) => `${formatNumber(submitted, 0)} / ${formatNumber(parts, 0)}`,
    },
    {
      title: <span className="sr-only">{text.manage.hints}</span>,
      key: 'missing',
      render: (_, row) => <Missing row={row} />,
    },
  ]
  return (
    <Card
      title={text.report.due}
      loading={!data && !problem}
      extra={<SaveTables tables={data && data.periods.length > 0 ? [reportsDueFile(data, speech)] : []} />}
      data-testid="report-due"
    >
      <ProblemNotice of={due} />
      {data && (
        <DataTable
          rowKey={({ period, label }) => `${period} ${label}`}
          columns={columns}
          rows={data.periods}
          locale={{ emptyText: <Nothing>{text.report.noDue}</Nothing> }}
          onRow={({ period, label }) => ({ 'data-testid': `due-${period}-${label}` }) as object}
        />
      )}
    </Card>
  )
}

function TimeLeft({ row: { daysLeft, own } }: { row: DueRow }) {
  const { text } = useLanguage()
  const isDone = own.state === 'submitted' || own.state === 'accepted' || own.state === 'locked'
  if (daysLeft > 0) return text.report.daysLeft(formatNumber(daysLeft, 0))
  if (daysLeft === 0) return <strong>{text.report.dueToday}</strong>
  const late = text.report.daysLate(formatNumber(-daysLeft, 0))
  return isDone ? <span className="faint">{late}</span> : <strong className="figure-bad">{late}</strong>
}

/** Who has not submitted, each with a link to its own reports. */
function Missing({ row: { missing, missingLeft, month } }: { row: DueRow }) {
  const { text } = useLanguage()
  if (missing.length === 0) return <span className="check-good">{text.report.allReported}</span>
  return (
    <details>
      <summary>{text.report.partsMissing(formatNumber(missing.length + missingLeft, 0))}</summary>
      <ul className="plain-list row-note inline-list">
        {missing.map(({ type, id, name, state }) => {
          const route = type === 'area' ? areaRoute(id, month) : institutionRoute(id, month)
          return (
            <li key={id}>
              <a href={formatRoute({ ...route, view: 'reports' })}>
                <SourceText>{name}</SourceText>
              </a>{' '}
              <ReportStateTag state={state} />
            </li>
          )
        })}
        {missingLeft > 0 && <li className="faint">{text.report.partsMore(formatNumber(missingLeft, 0))}</li>}
      </ul>
    </details>
  )
}
