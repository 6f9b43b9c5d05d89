// Shows what the check of a report found: the errors for which it was refused, and all findings of the document.

import { Alert, Card, type TableColumnsType } from 'antd'
import type { ReportDocument, ReportTable } from '../../../domain/report/document.ts'
import { formatAmount, formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import type { RefusedFinding } from '../words/report-words.ts'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'

/** Findings shown; a province may have thousands, and the workbook lists all. */
const FINDINGS_SHOWN = 200
/** The table of the document (domain/report/check-tables.ts). */
const FINDINGS_ID = 'check-findings'

export function RefusedFindings({ findings }: { findings: readonly RefusedFinding[] }) {
  const { text, language } = useLanguage()
  return (
    <ul className="plain-list" data-testid="refused-findings">
      {findings.map((finding) => (
        <li key={`${finding.rule} ${finding.text.zh}`}>
          <Alert
            type={finding.severity === 'error' ? 'error' : 'warning'}
            showIcon
            title={<SourceText>{finding.text[language]}</SourceText>}
            description={`${text.report.findingSeverities[finding.severity] ?? finding.severity} · ${finding.rule}`}
          />
        </li>
      ))}
    </ul>
  )
}

export function ReportFindings({ document }: { document: ReportDocument }) {
  const { text, language } = useLanguage()
  const table = document.tables.find(({ id }) => id === FINDINGS_ID)
  if (!table) return null
  const rows = table.rows.slice(0, FINDINGS_SHOWN).map(({ id, cells }) => ({ id, cells, table }))
  const left = table.rows.length - rows.length
  const message = language === 'zh' ? 'messageZh' : 'messageEn'
  const columns: TableColumnsType<FindingRow> = [
    cellColumn(text.institution, 'name', { rowScope: 'row' }),
    cellColumn(text.severity, 'severity'),
    cellColumn(text.rule, 'ruleName'),
    cellColumn(text.report.finding, message, { className: 'wrapped' }),
    cellColumn(text.actual, 'value', { align: 'right' }),
    cellColumn(text.against, 'limit', { align: 'right' }),
    cellColumn(text.remark, 'justification', { className: 'wrapped' }),
  ]
  return (
    <Card title={text.report.findings} data-testid="report-findings">
      <DataTable rowKey="id" columns={columns} rows={rows} locale={{ emptyText: text.report.noFindings }} />
      {left > 0 && <p className="note">{text.report.rowsMore(formatNumber(left, 0))}</p>}
    </Card>
  )
}

interface FindingRow {
  id: string
  cells: ReportTable['rows'][number]['cells']
  table: ReportTable
}

function cellColumn(
  title: string,
  id: string,
  more: { rowScope?: 'row'; align?: 'right'; className?: string } = {},
): TableColumnsType<FindingRow>[number] {
  return {
    title,
    key: id,
    ...more,
    render: (_, { cells, table }) => {
      const cell = cells[table.columns.findIndex((column) => column.id === id)] ?? null
      if (typeof cell === 'number') return formatAmount(cell)
      return cell === null ? '' : <SourceText>{cell}</SourceText>
    },
  }
}
