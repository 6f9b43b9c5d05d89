// Shows the two tables in the middle of a chain: the amount of each source over the whole window, and month by month.

import type { TableColumnsType, TableColumnType } from 'antd'
import type { Month } from '../../../domain/calendar.ts'
import type { ExplainedMonth, ExplainView } from '../../../domain/view/explain.ts'
import { formatRoute, type WhyRoute } from '../frame/route.ts'
import { certaintyWords } from '../words/certainty.ts'
import { formatAmount, formatNumber, formatUnit, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { useSubjectNames } from '../words/names.ts'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import type { ExplainedRow, ExplainSums, SourceSum } from './explain-sums.ts'
import { FigureHead } from './marks.tsx'
import { Provenance } from './provenance.tsx'

/** Children of an area per page of a table. */
const PAGE_SIZE = 50

interface SourcesProps {
  view: ExplainView
  sums: ExplainSums
  routeMonth: Month | null
}

export function ExplainSources({ view, sums, routeMonth }: SourcesProps) {
  const { text, language } = useLanguage()
  const isArea = view.kind === 'area'
  const nameOf = useSubjectNames(isArea ? view.subject : null)
  const activity: TableColumnType<SourceSum> = {
    title: text.activity,
    key: 'amount',
    align: 'right',
    render: (_, { amount, unit }) => withUnit(formatAmount(amount), formatUnit(unit, language)),
  }
  const rows: TableColumnType<SourceSum> = {
    title: text.coefficientRow,
    key: 'rows',
    render: (_, { rows: used, adds }) =>
      used.length > 0
        ? used.map((row) => <RowNote key={`${row.name} ${row.validFrom}`} row={row} />)
        : adds === null && <span className="faint">{text.noRow}</span>,
  }
  const columns: TableColumnsType<SourceSum> = [
    {
      title: text.name,
      key: 'source',
      rowScope: 'row',
      render: (_, { kind, source }) =>
        kind === 'child' ? (
          <a href={formatRoute(whyOfPart(source, view, routeMonth))}>{nameOf(source)}</a>
        ) : (
          (text.carriers[source] ?? source)
        ),
    },
    ...(isArea ? [] : [activity, rows]),
    {
      title: <FigureHead label={text.adds} unit={sums.numeratorUnit} />,
      key: 'adds',
      align: 'right',
      render: (_, { adds }) => <strong>{formatNumber(adds, 0)}</strong>,
    },
  ]
  return (
    <>
      <DataTable
        rowKey={({ kind, source }) => `${kind} ${source}`}
        columns={columns}
        rows={sums.sources}
        pageSize={PAGE_SIZE}
      />
      {view.next !== null && <p className="note">{text.onlyFirst(formatNumber(sums.sources.length, 0))}</p>}
    </>
  )
}

/** The explanation of an area's part: an id of six digits is taken as an area's code, any other as an institution's. */
const whyOfPart = (id: string, { indicator, table }: ExplainView, month: Month | null): WhyRoute => ({
  page: 'why',
  of: /^\d{6}$/.test(id) ? 'area' : 'institution',
  id,
  indicator,
  table,
  month,
})

/** Certainties of rows that nobody has to confirm. */
const CONFIRMED: ReadonlySet<string> = new Set(['official', 'supplied'])

function RowNote({ row }: { row: ExplainedRow }) {
  const { text, language } = useLanguage()
  const validity = row.validTo === null ? text.validFromOn(row.validFrom) : text.validFromTo(row.validFrom, row.validTo)
  return (
    <div className="row-note">
      × {row.value} {formatUnit(row.unit, language)} · <SourceText>{row.name}</SourceText>
      <div className="faint">
        {validity}
        {row.retroactive && ` · ${text.retroactive}`} · {text.certainty}: {certaintyWords(row.certainty, text)}
        {CONFIRMED.has(row.certainty) && (
          <>
            {' · '}
            <SourceText>{row.source}</SourceText>
          </>
        )}
      </div>
      {!CONFIRMED.has(row.certainty) && <Provenance label={text.work.toVerify} about="" sources={[row.source]} />}
    </div>
  )
}

export function ExplainMonths({ view, sums }: { view: ExplainView; sums: ExplainSums }) {
  const { text, language } = useLanguage()
  const isSized = view.months.some(({ size }) => size !== null)
  const columns: TableColumnsType<ExplainedMonth> = [
    { title: text.monthRow, dataIndex: 'month', key: 'month', rowScope: 'row' },
    {
      title: <FigureHead label={text.numerator} unit={sums.numeratorUnit} />,
      key: 'numerator',
      align: 'right',
      render: (_, { numerator }) => formatNumber(numerator, 0),
    },
    {
      title: text.weight,
      key: 'weight',
      align: 'right',
      render: (_, { weight }) => `${formatNumber(weight * 100, 1)}%`,
    },
    ...(isSized
      ? [
          {
            title: text.size,
            key: 'size',
            align: 'right' as const,
            render: (_: unknown, { size }: ExplainedMonth) => formatNumber(size, 0),
          },
        ]
      : []),
  ]
  return (
    <DataTable
      rowKey="month"
      columns={columns}
      rows={view.months}
      expandable={{
        rowExpandable: ({ terms }) => terms.some(({ kind }) => kind === 'carrier' || kind === 'part'),
        expandedRowRender: ({ terms }) => (
          <ul className="plain-list">
            {terms.map(({ source, amount, unit, row, adds }) => (
              <li key={source}>
                {text.carriers[source] ?? source}: {withUnit(formatAmount(amount), formatUnit(unit, language))}
                {row && ` × ${row.value} ${formatUnit(row.unit, language)}`} = {formatNumber(adds, 1)}{' '}
                {formatUnit(sums.numeratorUnit, language)}
              </li>
            ))}
          </ul>
        ),
      }}
    />
  )
}
