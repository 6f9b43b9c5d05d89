// The institutions of an area and of all areas below it, by type and rating, page after page.

import { Button, Card, Empty, Select, Table, type TableColumnsType } from 'antd'
import { useEffect, useState } from 'react'
import type { InstitutionRow, Page } from '../../domain/view.ts'
import { formatNumber } from './format.ts'
import { useLanguage } from './language.tsx'
import { Coverage, FigureHead, ProblemNotice, RatingTag, StatusTag } from './marks.tsx'
import { getJson, type Problem, problemOf, withQuery } from './resource.ts'
import { formatRoute, institutionRoute, type Route, visit } from './route.ts'
import { attributes } from './table-rows.ts'

type AreaRoute = Extract<Route, { page: 'area' }> & { code: string }

export function InstitutionList({ route, areaName }: { route: AreaRoute; areaName: string }) {
  const { text } = useLanguage()
  const path = withQuery('institutions', { area: route.code, type: route.type, grade: route.grade })
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
            value={route.grade}
            set={(grade) => visit({ ...route, grade })}
          />
        </div>
      }
      data-testid="institutions"
    >
      <Pages key={path} path={path} routeMonth={route.month} />
    </Card>
  )
}

interface FilterProps {
  name: string
  /** What to call no filter. */
  any: string
  labels: Record<string, string>
  value: string | null
  set: (value: string | null) => void
}

function Filter({ name, any, labels, value, set }: FilterProps) {
  const options = [{ value: '', label: any }, ...Object.entries(labels).map(([value, label]) => ({ value, label }))]
  return (
    <Select
      className="filter"
      aria-label={name}
      value={value ?? ''}
      options={options}
      onChange={(chosen) => set(chosen === '' ? null : chosen)}
    />
  )
}

interface Loaded {
  rows: InstitutionRow[]
  /** The cursor of the page to load next; undefined before the first page, null after the last. */
  next: string | null | undefined
  problem: Problem | null
  loading: boolean
}

function Pages({ path, routeMonth }: { path: string; routeMonth: string | null }) {
  const { text } = useLanguage()
  const { rows, next, problem, loading, more } = usePages(path)
  if (problem && rows.length === 0) return <ProblemNotice of={{ data: null, problem, reload: more }} />
  return (
    <>
      <Rows rows={rows} loading={loading} routeMonth={routeMonth} />
      <div className="more">
        {problem && <ProblemNotice of={{ data: null, problem, reload: more }} />}
        {rows.length > 0 && <span className="faint">{text.shown(formatNumber(rows.length, 0))}</span>}
        {next && !problem && (
          <Button onClick={more} loading={loading} data-testid="load-more">
            {text.loadMore}
          </Button>
        )}
      </div>
    </>
  )
}

/** The pages of a list so far, the first at once. A new `path` needs a new component (`key`). */
function usePages(path: string): Loaded & { more: () => void } {
  const [loaded, setLoaded] = useState<Loaded>({ rows: [], next: undefined, problem: null, loading: true })
  const { loading, next } = loaded
  useEffect(() => {
    if (!loading) return
    const abort = new AbortController()
    const load = async () => {
      try {
        const url = next ? `${path}&cursor=${encodeURIComponent(next)}` : path
        const page = await getJson<Page<InstitutionRow>>(url, abort.signal)
        setLoaded(({ rows }) => ({ rows: [...rows, ...page.items], next: page.next, problem: null, loading: false }))
      } catch (error) {
        if (abort.signal.aborted) return
        setLoaded((last) => ({ ...last, problem: problemOf(error), loading: false }))
      }
    }
    load()
    return () => abort.abort()
  }, [path, loading, next])
  return { ...loaded, more: () => setLoaded((last) => ({ ...last, problem: null, loading: true })) }
}

function Rows({ rows, loading, routeMonth }: { rows: InstitutionRow[]; loading: boolean; routeMonth: string | null }) {
  const { text, language, nameOf } = useLanguage()
  const figure = (
    label: string,
    unit: string,
    key: keyof InstitutionRow,
    read: (row: InstitutionRow) => number | null,
  ) => ({
    title: <FigureHead label={label} unit={unit} />,
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
    { title: text.rating, key: 'rating', render: (_, row) => <RatingTag rating={row.rating} /> },
    { title: text.dualControl, key: 'status', render: (_, row) => <StatusTag status={row.status} /> },
    {
      title: text.type,
      key: 'type',
      render: (_, row) => (row.venueKind ? text.venueKinds[row.venueKind] : text.types[row.type]),
    },
    figure(text.indicators.energyPerArea, 'kgce/m²', 'energyPerAreaKgce', (row) => row.energyPerAreaKgce),
    figure(text.indicators.energyPerCapita, 'kgce/person', 'energyPerCapitaKgce', (row) => row.energyPerCapitaKgce),
    figure(text.indicators.waterPerCapita, 'm³/person', 'waterPerCapitaM3', (row) => row.waterPerCapitaM3),
    { title: text.coverage, key: 'coverage', align: 'right', render: (_, row) => <Coverage share={row.coverage} /> },
  ]
  const none = <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text.noInstitutions} />
  return (
    <Table
      size="small"
      rowKey="id"
      columns={columns}
      dataSource={rows}
      loading={loading && rows.length === 0}
      pagination={false}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: loading ? text.loading : none }}
      onRow={(row) => attributes(`institution-row-${row.id}`, () => visit(institutionRoute(row.id, routeMonth)))}
    />
  )
}
