// One area: where it lies, its dual control, the areas below it and the institutions in it.

import { Card, Table, type TableColumnsType } from 'antd'
import type { AreaStatusView, AreaView } from '../../domain/view.ts'
import { AreaPath } from './area-path.tsx'
import { DualControlCard } from './dual-control-card.tsx'
import { formatAmount, formatNumber } from './format.ts'
import { InstitutionList } from './institution-list.tsx'
import { useLanguage } from './language.tsx'
import { Coverage, FigureHead, ProblemNotice, RatioBar, StatusTag, VerdictText } from './marks.tsx'
import { useResource, withQuery } from './resource.ts'
import { areaRoute, formatRoute, type Route, visit } from './route.ts'
import { attributes } from './table-rows.ts'
import { useTitle } from './title.ts'

type AreaRoute = Extract<Route, { page: 'area' }> & { code: string }
type ChildArea = AreaStatusView['children'][number]

export function AreaPage({ route, month, isRoot }: { route: AreaRoute; month: string; isRoot: boolean }) {
  const { text, nameOf } = useLanguage()
  const status = useResource<AreaStatusView>(withQuery(`areas/${encodeURIComponent(route.code)}/status`, { month }))
  // The area's name must not vanish while another month loads, or when that month cannot be had.
  const registered = useResource<AreaView>(`areas/${encodeURIComponent(route.code)}`)
  const area = registered.data ?? status.data?.area ?? null
  const name = area ? nameOf(area) : registered.problem ? route.code : '…'
  useTitle(name)
  return (
    <>
      <AreaPath area={area} routeMonth={route.month} />
      <h1>{name}</h1>
      <ProblemNotice of={status} />
      {!(status.problem && !status.data) && (
        <DualControlCard
          title={`${text.dualControl} · ${month}`}
          dualControl={status.data?.dualControl ?? null}
          loading={status.data === null}
          energyTestId={isRoot ? 'province-energy-actual' : 'area-energy-actual'}
        />
      )}
      {status.data && status.data.children.length > 0 && (
        <ChildAreas rows={status.data.children} routeMonth={route.month} />
      )}
      <InstitutionList route={route} areaName={name} />
    </>
  )
}

function ChildAreas({ rows, routeMonth }: { rows: ChildArea[]; routeMonth: string | null }) {
  const { text, nameOf } = useLanguage()
  const indicatorOf = (row: ChildArea, indicator: string) =>
    row.dualControl?.indicators.find((one) => one.indicator === indicator)
  const intensity = (indicator: 'energyPerArea' | 'energyPerCapita' | 'waterPerCapita', unit: string) => ({
    title: <FigureHead label={text.indicators[indicator]} unit={unit} />,
    key: indicator,
    align: 'right' as const,
    render: (_: unknown, row: ChildArea) => formatNumber(indicatorOf(row, indicator)?.actual, 2),
  })
  const columns: TableColumnsType<ChildArea> = [
    {
      title: text.area,
      key: 'name',
      rowScope: 'row',
      render: (_, row) => <a href={formatRoute(areaRoute(row.code, routeMonth))}>{nameOf(row)}</a>,
    },
    {
      title: text.status,
      key: 'status',
      render: (_, row) => <StatusTag status={row.dualControl?.status ?? null} />,
    },
    {
      title: text.verdict,
      key: 'verdict',
      render: (_, row) => <VerdictText verdict={row.dualControl?.verdict ?? null} />,
    },
    {
      title: text.institutionCount,
      key: 'institutions',
      align: 'right',
      render: (_, row) => formatNumber(row.institutionCount, 0),
    },
    {
      title: <FigureHead label={text.indicators.energy} unit="tce" />,
      key: 'energy',
      align: 'right',
      render: (_, row) => formatAmount(indicatorOf(row, 'energy')?.actual),
    },
    {
      title: text.ratio,
      key: 'ratio',
      width: 190,
      sorter: (a, b) => ratioOf(a) - ratioOf(b),
      render: (_, row) => {
        const energy = indicatorOf(row, 'energy')
        return <RatioBar ratio={energy?.ratio ?? null} status={energy?.status ?? null} />
      },
    },
    intensity('energyPerArea', 'kgce/m²'),
    intensity('energyPerCapita', 'kgce/person'),
    intensity('waterPerCapita', 'm³/person'),
    {
      title: text.coverage,
      key: 'coverage',
      align: 'right',
      render: (_, { dualControl }) => (
        <Coverage share={dualControl?.coverage ?? null} provisional={dualControl?.provisional} />
      ),
    },
  ]
  const ratioOf = (row: ChildArea) => indicatorOf(row, 'energy')?.ratio ?? Number.NEGATIVE_INFINITY
  return (
    <Card title={text.childAreas} data-testid="child-areas">
      <Table
        size="small"
        rowKey="code"
        columns={columns}
        dataSource={rows}
        pagination={false}
        scroll={{ x: 'max-content' }}
        onRow={(row) => attributes(`area-row-${row.code}`, () => visit(areaRoute(row.code, routeMonth)))}
      />
    </Card>
  )
}
