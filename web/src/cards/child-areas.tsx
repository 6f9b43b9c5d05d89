// Lists the areas directly below an area, each with its dual-control status and the indicators that decide it.

import { Card, type TableColumnType } from 'antd'
import type { Month } from '../../../domain/calendar.ts'
import { DUAL_CONTROL, type IntensityIndicator } from '../../../domain/indicator.ts'
import type { DualControl } from '../../../domain/judge/result.ts'
import type { AccessView } from '../../../domain/view/access.ts'
import type { AreaStatusView } from '../../../domain/view/view.ts'
import { areaRoute, formatRoute, visit } from '../frame/route.ts'
import { formatAmount, formatCoverage, formatNumber, formatUnit, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { decisiveIndicators } from '../words/verdict-words.ts'
import { meteredShare } from './access-shares.ts'
import { DataTable, NOT_ON_TABLETS } from './data-table.tsx'
import { childAreasFile } from './files-status.ts'
import { BriefFigure } from './known-figure.tsx'
import { Coverage, FigureHead, RatioBar, StatusTag, VerdictText } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'
import { attributes } from './table-rows.ts'

type ChildArea = AreaStatusView['children'][number]

interface Props {
  rows: ChildArea[]
  /** Null until loaded. */
  access: AccessView | null
  routeMonth: Month | null
}

export function ChildAreas({ rows, access, routeMonth }: Props) {
  const speech = useLanguage()
  const { text } = speech
  const columns = useColumns(routeMonth, access)
  const file = childAreasFile(rows, ({ code }) => accessShareOf(code, access), speech)
  return (
    <Card title={text.childAreas} extra={<SaveTables tables={[file]} />} data-testid="child-areas">
      <DataTable
        rowKey="code"
        columns={columns}
        rows={rows}
        onRow={(row) => attributes(`area-row-${row.code}`, () => visit(areaRoute(row.code, routeMonth)))}
      />
    </Card>
  )
}

const accessShareOf = (code: string, access: AccessView | null): number | null =>
  meteredShare(access?.children.find((child) => child.code === code)?.access ?? null)

const indicatorOf = (row: ChildArea, indicator: string) =>
  row.dualControl?.indicators.find((one) => one.indicator === indicator)
/** The indicator that decides the status: the highest of those with the worst one. */
const decisiveOf = ({ dualControl }: ChildArea) => dualControl && decisiveIndicators(dualControl).at(0)
const ratioOf = (row: ChildArea): number => decisiveOf(row)?.ratio ?? Number.NEGATIVE_INFINITY

function useColumns(routeMonth: Month | null, access: AccessView | null) {
  const { text, language, nameOf } = useLanguage()
  const intensity = (indicator: IntensityIndicator) => ({
    title: <FigureHead label={text.indicators[indicator]} unit={DUAL_CONTROL[indicator].unit} />,
    label: text.indicators[indicator],
    key: indicator,
    align: 'right' as const,
    ...(indicator !== 'energyPerArea' && { responsive: NOT_ON_TABLETS }),
    render: (_: unknown, row: ChildArea) => {
      const figure = indicatorOf(row, indicator)
      return (
        <BriefFigure
          known={figure}
          value={formatNumber(figure?.actual, 2)}
          part={withUnit(formatNumber(figure?.knownPart, 2), formatUnit(DUAL_CONTROL[indicator].unit, language))}
        />
      )
    },
  })
  const columns: (TableColumnType<ChildArea> & { label?: string })[] = [
    {
      title: text.area,
      key: 'name',
      rowScope: 'row',
      render: (_, row) => <a href={formatRoute(areaRoute(row.code, routeMonth))}>{nameOf(row)}</a>,
    },
    {
      title: text.status,
      key: 'status',
      render: (_, { dualControl }) => (
        <>
          <StatusTag status={dualControl?.status ?? null} />
          {dualControl && <DecidedBy dualControl={dualControl} />}
        </>
      ),
    },
    {
      title: text.verdict,
      key: 'verdict',
      responsive: NOT_ON_TABLETS,
      render: (_, row) => <VerdictText verdict={row.dualControl?.verdict ?? null} />,
    },
    {
      title: text.institutionCount,
      key: 'institutions',
      align: 'right',
      render: (_, row) => formatNumber(row.institutionCount, 0),
    },
    {
      title: <FigureHead label={text.indicators.energy} unit={DUAL_CONTROL.energy.unit} />,
      label: text.indicators.energy,
      key: 'energy',
      align: 'right',
      render: (_, row) => {
        const energy = indicatorOf(row, 'energy')
        const part = withUnit(formatAmount(energy?.knownPart), DUAL_CONTROL.energy.unit)
        return <BriefFigure known={energy} value={formatAmount(energy?.actual)} part={part} />
      },
    },
    {
      title: text.ratio,
      key: 'ratio',
      width: 190,
      sorter: (a, b) => ratioOf(a) - ratioOf(b),
      render: (_, row) => {
        const decisive = decisiveOf(row)
        return (
          <>
            <RatioBar ratio={decisive?.ratio ?? null} status={decisive?.status ?? null} />
            {decisive && <div className="faint">{text.indicators[decisive.indicator]}</div>}
          </>
        )
      },
    },
    intensity('energyPerArea'),
    intensity('energyPerCapita'),
    intensity('waterPerCapita'),
    {
      title: text.access,
      key: 'access',
      responsive: NOT_ON_TABLETS,
      align: 'right',
      render: (_, { code }) => formatCoverage(accessShareOf(code, access)),
    },
    {
      title: text.coverage,
      key: 'coverage',
      align: 'right',
      render: (_, { dualControl }) => (
        <Coverage share={dualControl?.coverage ?? null} provisional={dualControl?.provisional} />
      ),
    },
  ]
  return columns
}

/** Names the worst indicators, which decide the status; empty while the area is on track. */
function DecidedBy({ dualControl: { status, indicators } }: { dualControl: DualControl }) {
  const { text, language } = useLanguage()
  if (status === null || status === 'onTrack') return null
  const worst = indicators.filter((one) => one.status === status).map(({ indicator }) => text.indicators[indicator])
  return (
    <div className="faint decided-by" title={text.decidedBy}>
      {worst.join(language === 'zh' ? '、' : ', ')}
    </div>
  )
}
