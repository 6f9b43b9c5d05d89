// Compares a report with the data of now, or a revision with the one before it, cell by cell.

import { Button, Card, Spin, type TableColumnsType } from 'antd'
import { useState } from 'react'
import type { ReportDifference } from '../../../domain/report/differences.ts'
import type { ReportDocument } from '../../../domain/report/document.ts'
import type { DifferencesPageView, ReportView } from '../../../domain/report/view.ts'
import { usePages } from '../api/pages.ts'
import { withQuery } from '../api/resource.ts'
import { formatAmount, formatNumber, UNKNOWN } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { differencesFile } from './files-report.ts'
import { MorePages } from './list-tools.tsx'
import { SaveTables } from './save-tables.tsx'

interface Props {
  /** Below `/api/v1/`. */
  path: string
  report: ReportView
  document: ReportDocument | null
}

const LIMIT = 100

export function ReportDifferences({ path, report, document }: Props) {
  const speech = useLanguage()
  const { text } = speech
  /** A path below `path`. */
  const [asked, ask] = useState<string | null>(null)
  const [first, ...later] = report.revisions
  const offered = [
    { label: text.report.compareNow, of: 'differences' },
    ...later.map(({ number }) => ({
      label: text.report.compareWith(text.report.revisionOf(String(number))),
      of: `revisions/${number}/differences`,
    })),
  ]
  if (!first) return null
  return (
    <Card
      title={text.report.differences}
      extra={<SaveTables tables={asked === null ? [] : [differencesFile(`${path}/${asked}`, report.month, speech)]} />}
      className={asked === null ? 'screen-only' : undefined}
      data-testid="report-differences"
    >
      <div className="filters">
        {offered.map(({ label, of }) => (
          <Button key={of} onClick={() => ask(of)} aria-pressed={asked === of} data-testid={`compare-${of}`}>
            {label}
          </Button>
        ))}
      </div>
      {asked !== null && (
        <Found
          key={`${asked} ${report.version}`}
          path={withQuery(`${path}/${asked}`, { limit: LIMIT })}
          document={document}
        />
      )}
    </Card>
  )
}

function Found({ path, document }: { path: string; document: ReportDocument | null }) {
  const { text, language } = useLanguage()
  const pages = usePages<DifferencesPageView>(path)
  const { rows, last, loading } = pages
  if (!last && loading) return <Spin className="waiting" description={text.loading} />
  const tableOf = ({ table }: ReportDifference) => document?.tables.find(({ id }) => id === table)
  const columns: TableColumnsType<ReportDifference> = [
    { title: text.report.kind, key: 'kind', render: (_, { kind }) => text.report.differenceKinds[kind] },
    {
      title: text.report.table,
      key: 'table',
      rowScope: 'row',
      render: (_, row) => <SourceText>{tableOf(row)?.title[language] ?? row.table}</SourceText>,
    },
    { title: text.report.row, key: 'row', render: (_, row) => <RowName row={row} document={document} /> },
    {
      title: text.report.column,
      key: 'column',
      render: (_, row) => {
        const column = tableOf(row)?.columns.find(({ id }) => id === row.column)
        const part = row.part === 'value' ? null : text.report.differenceParts[row.part]
        return [column?.title[language] ?? row.column, part].filter((words) => words !== null).join(' · ')
      },
    },
    { title: text.report.from, key: 'from', align: 'right', render: (_, { from }) => cellText(from) },
    { title: text.report.to, key: 'to', align: 'right', render: (_, { to }) => <strong>{cellText(to)}</strong> },
  ]
  return (
    <>
      <p data-testid="differences-total">
        {last?.total === 0
          ? text.report.noDifferences
          : last && text.report.differencesTotal(formatNumber(last.total, 0))}
      </p>
      {rows.length > 0 && (
        <DataTable
          rowKey={({ table, row, column, part }) => [table, row, column, part].join(' ')}
          columns={columns}
          rows={rows}
        />
      )}
      <MorePages pages={pages} />
    </>
  )
}

const cellText = (cell: ReportDifference['from']): string =>
  cell === null ? UNKNOWN : typeof cell === 'number' ? formatAmount(cell) : cell

/** The name of the row in the document, when it has one, and its id. */
function RowName({ row: { table, row }, document }: { row: ReportDifference; document: ReportDocument | null }) {
  if (row === null) return null
  const found = document?.tables.find(({ id }) => id === table)
  const cells = found?.rows.find(({ id }) => id === row)?.cells ?? []
  const name = cells.find((cell) => typeof cell === 'string' && cell !== row)
  return (
    <>
      {typeof name === 'string' && <SourceText>{name}</SourceText>} <span className="faint">{row}</span>
    </>
  )
}
