// Lists the institutions of an area and of all areas below it, by type and rating, page by page.

import { Card, Empty, type TableColumnsType } from 'antd'
import type { Month } from '../../../domain/calendar.ts'
import { DUAL_CONTROL, type IntensityIndicator } from '../../../domain/indicator.ts'
import type { InstitutionRow, Page } from '../../../domain/view/view.ts'
import { usePages } from '../api/pages.ts'
import { withQuery } from '../api/resource.ts'
import { type AreaRoute as AnyAreaRoute, formatRoute, institutionRoute, visit } from '../frame/route.ts'
import { formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { DataTable } from './data-table.tsx'
import { institutionsFile } from './files-status.ts'
import { Filter, MorePages } from './list-tools.tsx'
import { Coverage, FigureHead, RatingTag, StatusTag } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'
import { attributes } from './table-rows.ts'

type AreaRoute = AnyAreaRoute & { code: string }

export function InstitutionList({ route, areaName }: { route: AreaRoute; areaName: string }) {
  const speech = useLanguage()
  const { text } = speech
  const path = withQuery('institutions', { area: route.code, type: route.type, rating: route.rating })
  return (
    <Card
      title={text.institutionsOf(areaName)}
      extra={
        <div className="filters">
          <Filter
            name={text.type}
            any={text.anyType}
            labels={text.types}
            value={route.type}
            set={(type) => visit({ ...route, type })}
          />
          <Filter
            name={text.rating}
            any={text.anyRating}
            labels={text.ratings}
            value={route.rating}
            set={(rating) => visit({ ...route, rating })}
          />
          <SaveTables tables={[institutionsFile(text.institution, path, speech)]} />
        </div>
      }
      data-testid="institutions"
    >
      <Pages key={path} path={path} routeMonth={route.month} />
    </Card>
  )
}

function Pages({ path, routeMonth }: { path: string; routeMonth: Month | null }) {
  const pages = usePages<Page<InstitutionRow>>(path)
  const { rows, problem, loading } = pages
  return (
    <>
      {!(problem && rows.length === 0) && (
        <Rows rows={rows} loading={loading} isFiltered={/[?&](type|rating)=/.test(path)} routeMonth={routeMonth} />
      )}
      <MorePages pages={pages} />
    </>
  )
}

interface RowsProps {
  rows: InstitutionRow[]
  loading: boolean
  isFiltered: boolean
  routeMonth: Month | null
}

function Rows({ rows, loading, isFiltered, routeMonth }: RowsProps) {
  const { text, language, nameOf } = useLanguage()
  const figure = (
    indicator: IntensityIndicator,
    key: keyof InstitutionRow,
    read: (row: InstitutionRow) => number | null,
  ) => ({
    title: <FigureHead label={text.indicators[indicator]} unit={DUAL_CONTROL[indicator].unit} />,
    key,
    align: 'right' as const,
    render: (_: unknown, row: InstitutionRow) => formatNumber(read(row), 2),
  })
  const columns: TableColumnsType<InstitutionRow> = [
    {
      title: text.institution,
      key: 'name',
      rowScope: 'row',
      render: (_, row) => (
        <>
          <a href={formatRoute(institutionRoute(row.id, routeMonth))}>{nameOf(row)}</a>
          <div className="faint">{language === 'zh' ? row.areaName : row.id}</div>
        </>
      ),
    },
    {
      title: text.rating,
      key: 'rating',
      render: (_, row) => <RatingTag rating={row.rating} isIssued={row.quotaIssued} />,
    },
    { title: text.dualControl, key: 'status', render: (_, row) => <StatusTag status={row.status} /> },
    {
      title: text.type,
      key: 'type',
      render: (_, row) => (row.venueKind ? text.venueKinds[row.venueKind] : text.types[row.type]),
    },
    figure('energyPerArea', 'energyPerAreaKgce', (row) => row.energyPerAreaKgce),
    figure('energyPerCapita', 'energyPerCapitaKgce', (row) => row.energyPerCapitaKgce),
    figure('waterPerCapita', 'waterPerCapitaM3', (row) => row.waterPerCapitaM3),
    {
      title: text.coverage,
      key: 'coverage',
      align: 'right',
      render: (_, row) => <RowCoverage row={row} />,
    },
  ]
  const none = (
    <Empty
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      description={isFiltered ? text.noInstitutions : text.work.nothingRegistered}
    />
  )
  return (
    <DataTable
      rowKey="id"
      columns={columns}
      rows={rows}
      loading={loading && rows.length === 0}
      locale={{ emptyText: loading ? text.loading : none }}
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
