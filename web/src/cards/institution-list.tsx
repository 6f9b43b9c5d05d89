// Lists institutions, page by page as the server sorts and filters them: of an area and of all areas below it, or of
// all that the reader sees. Filter, order and page stand in the address.

import { Card, Input, Pagination, type TableColumnType, type TableProps } from 'antd'
import { useEffect, useRef, useState } from 'react'
import type { Month } from '../../../domain/calendar.ts'
import { DUAL_CONTROL, type IntensityIndicator } from '../../../domain/indicator.ts'
import type { InstitutionListView, InstitutionRow } from '../../../domain/view/view.ts'
import { useIsPrinting } from '../api/printing.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { formatRoute, institutionRoute, type ListState, visit } from '../frame/route.ts'
import { formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { DataTable, NOT_ON_TABLETS } from './data-table.tsx'
import { institutionsFile } from './files-status.ts'
import { Filter } from './list-tools.tsx'
import { Coverage, FigureHead, Nothing, ProblemNotice, RatingTag, StatusTag } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'
import { attributes } from './table-rows.ts'

const PAGE_SIZE = 50
/** The API's largest page, for paper. */
const PRINTED = 500
/** A reader who types is not interrupted. */
const TYPED_MS = 250

interface Props {
  title: string
  area: string | null
  list: ListState
  routeMonth: Month | null
  choose: (list: ListState) => void
}

export function InstitutionList({ title, area, list, routeMonth, choose }: Props) {
  const speech = useLanguage()
  const { text } = speech
  const printing = useIsPrinting()
  const { at, ...asked } = list
  const page = Number(at ?? '1')
  const path = withQuery('institutions', { area, ...asked })
  const part = printing ? { limit: PRINTED } : { limit: PAGE_SIZE, ...(page > 1 && { offset: (page - 1) * PAGE_SIZE }) }
  const found = useResource<InstitutionListView>(withQuery('institutions', { area, ...asked, ...part }))
  // The rows before stay until others have come.
  const last = useRef<InstitutionListView | null>(null)
  if (found.data) last.current = found.data
  const shown = found.data ?? last.current
  const isFiltered = [list.type, list.rating, list.status, list.meters, list.search].some((one) => one !== null)
  const filter = (changed: Partial<ListState>) => choose({ ...list, at: null, ...changed })
  return (
    <Card
      title={title}
      extra={
        <div className="filters">
          <ListFilters list={list} filter={filter} />
          <SaveTables tables={[institutionsFile(text.institution, path, speech)]} />
        </div>
      }
      data-testid="institutions"
    >
      <ProblemNotice of={found} />
      {!(found.problem && !shown) && (
        <Rows
          rows={shown?.items ?? []}
          loading={found.data === null && found.problem === null}
          {...{ list, isFiltered, routeMonth }}
          sort={(sort, order) => filter({ sort, order })}
        />
      )}
      {shown && shown.total > 0 && (
        <ListPages shown={shown} page={page} choose={(chosen) => choose({ ...list, at: chosen })} />
      )}
    </Card>
  )
}

interface FiltersProps {
  list: ListState
  filter: (changed: Partial<ListState>) => void
}

function ListFilters({ list, filter }: FiltersProps) {
  const { text } = useLanguage()
  return (
    <>
      <Typed value={list.search} set={(search) => filter({ search })} />
      <Filter
        name={text.type}
        any={text.anyType}
        labels={text.types}
        value={list.type}
        set={(type) => filter({ type })}
      />
      <Filter
        name={text.rating}
        any={text.anyRating}
        labels={text.ratings}
        value={list.rating}
        set={(rating) => filter({ rating })}
      />
      <Filter
        name={text.dualControl}
        any={text.work.anyStatus}
        labels={{ ...text.statuses, none: text.notJudged }}
        value={list.status}
        set={(status) => filter({ status })}
      />
      <Filter
        name={text.meters}
        any={text.work.anyMeters}
        labels={{ none: text.work.withoutMeters }}
        value={list.meters}
        set={(meters) => filter({ meters })}
      />
    </>
  )
}

interface PagesProps {
  shown: InstitutionListView
  page: number
  /** Null: the first. */
  choose: (at: string | null) => void
}

function ListPages({ shown, page, choose }: PagesProps) {
  const { text } = useLanguage()
  return (
    <div className="more">
      <span className="print-only">{text.saving.printedPart(formatNumber(shown.items.length, 0))}</span>
      <Pagination
        className="screen-only"
        size="small"
        current={page}
        pageSize={PAGE_SIZE}
        total={shown.total}
        showSizeChanger={false}
        showQuickJumper={shown.total > PAGE_SIZE * 8}
        showTotal={(total, [from, to]) =>
          text.work.rowsShown(formatNumber(from, 0), formatNumber(to, 0), formatNumber(total, 0))
        }
        onChange={(chosen) => choose(chosen === 1 ? null : String(chosen))}
      />
    </div>
  )
}

/** A search that is asked when the reader pauses. */
function Typed({ value, set }: { value: string | null; set: (value: string | null) => void }) {
  const { text } = useLanguage()
  const [typed, setTyped] = useState(value ?? '')
  const wanted = useRef(set)
  wanted.current = set
  useEffect(() => setTyped(value ?? ''), [value])
  useEffect(() => {
    if (typed.trim() === (value ?? '')) return
    const timer = setTimeout(() => wanted.current(typed.trim() === '' ? null : typed.trim()), TYPED_MS)
    return () => clearTimeout(timer)
  }, [typed, value])
  return (
    <Input
      className="list-search"
      allowClear
      value={typed}
      placeholder={text.work.searchHint}
      aria-label={text.work.searchHint}
      maxLength={100}
      onChange={({ target }) => setTyped(target.value)}
      data-testid="list-search"
    />
  )
}

interface RowsProps {
  rows: readonly InstitutionRow[]
  loading: boolean
  list: ListState
  isFiltered: boolean
  routeMonth: Month | null
  sort: (sort: string | null, order: 'asc' | 'desc' | null) => void
}

const ORDERS = { asc: 'ascend', desc: 'descend' } as const

type Column = TableColumnType<InstitutionRow> & { label?: string }

function useColumns(list: ListState, routeMonth: Month | null): Column[] {
  const { text, language, nameOf } = useLanguage()
  const sortable = (key: string) => ({
    key,
    sorter: true,
    sortOrder: list.sort === key && list.order ? ORDERS[list.order] : null,
    sortDirections: ['descend' as const, 'ascend' as const],
  })
  const figure = (indicator: IntensityIndicator, read: (row: InstitutionRow) => number | null): Column => ({
    ...sortable(indicator),
    title: <FigureHead label={text.indicators[indicator]} unit={DUAL_CONTROL[indicator].unit} />,
    label: text.indicators[indicator],
    align: 'right',
    render: (_, row) => formatNumber(read(row), 2),
  })
  return [
    {
      title: text.institution,
      key: 'name',
      rowScope: 'row',
      render: (_, row) => (
        <>
          <a href={formatRoute(institutionRoute(row.id, routeMonth))} title={nameOf(row)}>
            {nameOf(row)}
          </a>
          <div className="faint">{language === 'zh' ? `${row.areaName} · ${row.id}` : row.id}</div>
        </>
      ),
    },
    {
      ...sortable('rating'),
      title: text.rating,
      render: (_, row) => <RatingTag rating={row.rating} isIssued={row.quotaIssued} />,
    },
    { ...sortable('status'), title: text.dualControl, render: (_, row) => <StatusTag status={row.status} /> },
    {
      title: text.type,
      key: 'type',
      responsive: NOT_ON_TABLETS,
      render: (_, row) => (row.venueKind ? text.venueKinds[row.venueKind] : text.types[row.type]),
    },
    figure('energyPerArea', (row) => row.energyPerAreaKgce),
    figure('energyPerCapita', (row) => row.energyPerCapitaKgce),
    { ...figure('waterPerCapita', (row) => row.waterPerCapitaM3), responsive: NOT_ON_TABLETS },
    {
      ...sortable('coverage'),
      title: text.coverage,
      align: 'right',
      render: (_, row) => <RowCoverage row={row} />,
    },
  ]
}

function Rows({ rows, loading, list, isFiltered, routeMonth, sort }: RowsProps) {
  const { text } = useLanguage()
  const columns = useColumns(list, routeMonth)
  const none = <Nothing>{isFiltered ? text.noInstitutions : text.work.nothingRegistered}</Nothing>
  const sorted: TableProps<InstitutionRow>['onChange'] = (_page, _filters, by) => {
    const { columnKey, order } = Array.isArray(by) ? {} : by
    if (order) sort(String(columnKey), order === 'ascend' ? 'asc' : 'desc')
    else sort(null, null)
  }
  return (
    <DataTable
      rowKey="id"
      columns={columns}
      rows={rows}
      loading={loading}
      locale={{ emptyText: loading ? text.loading : none }}
      onChange={sorted}
      onRow={(row) => attributes(`institution-row-${row.id}`, () => visit(institutionRoute(row.id, routeMonth)))}
    />
  )
}

/** The known share, and the month of the row: a subject that fell silent has a row of its last month with data. */
function RowCoverage({ row: { coverage, provisional, month } }: { row: InstitutionRow }) {
  return (
    <>
      <Coverage share={coverage} provisional={provisional} />
      <div className="faint">{month}</div>
    </>
  )
}
