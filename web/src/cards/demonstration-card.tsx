// Shows the energy and water points of demonstration units (节约型公共机构示范单位): each indicator / the provincial mean of its
// kind, and its points. An indicator that cannot be compared has no points, and the card says so.

import { Card, type TableColumnsType } from 'antd'
import type { Month } from '../../../domain/calendar.ts'
import { DUAL_CONTROL } from '../../../domain/indicator.ts'
import type { DemonstrationPage } from '../../../domain/view/comparison.ts'
import { usePages } from '../api/pages.ts'
import { withQuery } from '../api/resource.ts'
import { formatRoute, institutionRoute } from '../frame/route.ts'
import { certaintyWords } from '../words/certainty.ts'
import { formatNumber, formatTime, UNKNOWN } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { useSubjectNames } from '../words/names.ts'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { demonstrationFile } from './files-energy.ts'
import { BriefFigure } from './known-figure.tsx'
import { MorePages } from './list-tools.tsx'
import { FigureHead, Nothing } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

const INDICATORS = ['energyPerArea', 'energyPerCapita', 'waterPerCapita'] as const
const PAGE_SIZE = 20
/** The API's largest page. */
const LIMIT = 500

type DemonstrationRow = DemonstrationPage['items'][number]

interface Props {
  area: string
  year: string
  routeMonth: Month | null
}

export function DemonstrationCard({ area, year, routeMonth }: Props) {
  const speech = useLanguage()
  const { text } = speech
  const path = withQuery(`areas/${encodeURIComponent(area)}/demonstration`, { year, limit: LIMIT })
  const pages = usePages<DemonstrationPage>(path)
  const nameOf = useSubjectNames(area)
  const { last } = pages
  const items = pages.rows.toSorted((a, b) => b.points - a.points)
  const columns = useColumns(nameOf, routeMonth)
  const ladder = items[0]?.ladder
  return (
    <Card
      title={`${text.demonstration} · ${year}`}
      loading={!last && pages.loading}
      extra={<SaveTables tables={[demonstrationFile({ path, year, nameOf }, speech)]} />}
      data-testid="demonstration"
    >
      {last && (
        <DataTable
          rowKey="institution"
          columns={columns}
          rows={items}
          pageSize={PAGE_SIZE}
          locale={{ emptyText: <Nothing>{text.noInstitutions}</Nothing> }}
        />
      )}
      <MorePages pages={pages} />
      <p className="note">
        {text.demonstrationNote}
        {last && ` · ${text.meansOf} ${formatTime(last.meansAsOfMs)}`}
        {ladder && (
          <>
            {' '}
            · <SourceText>{ladder.name}</SourceText> · {text.certainty}: {certaintyWords(ladder.certainty, text)}
          </>
        )}
      </p>
    </Card>
  )
}

function useColumns(nameOf: (id: string) => string, routeMonth: Month | null): TableColumnsType<DemonstrationRow> {
  const { text } = useLanguage()
  return [
    {
      title: text.institution,
      key: 'name',
      rowScope: 'row',
      render: (_, { institution }) => (
        <a href={formatRoute(institutionRoute(institution, routeMonth))}>{nameOf(institution)}</a>
      ),
    },
    {
      title: text.points,
      key: 'points',
      align: 'right',
      render: (_, { points, pointsMax }) => (
        <strong>{text.pointsOf(formatNumber(points, 0), formatNumber(pointsMax, 0))}</strong>
      ),
    },
    ...INDICATORS.map((indicator) => ({
      title: <FigureHead label={text.indicators[indicator]} unit={DUAL_CONTROL[indicator].unit} />,
      key: indicator,
      align: 'right' as const,
      render: (_: unknown, row: DemonstrationRow) => (
        <ItemText item={row.items.find((one) => one.indicator === indicator)} />
      ),
    })),
    {
      title: text.targetPoints,
      key: 'targets',
      align: 'right',
      render: (_, { targetPoints }) => (targetPoints === null ? UNKNOWN : formatNumber(targetPoints, 0)),
    },
  ]
}

function ItemText({ item }: { item: DemonstrationRow['items'][number] | undefined }) {
  const { text } = useLanguage()
  if (!item) return UNKNOWN
  const reason = item.reason === 'unknownTime' ? item.reason : null
  const known = { ...item, knownPart: null, reason }
  if (item.value === null) return <BriefFigure known={known} value={UNKNOWN} part={UNKNOWN} />
  return (
    <>
      <BriefFigure known={known} value={formatNumber(item.value, 2)} part={UNKNOWN} />
      <div className="faint">
        {item.ratio === null
          ? text.cannotTell
          : text.overMean(formatNumber(item.ratio, 2), formatNumber(item.mean, 2), formatNumber(item.points, 0))}
      </div>
    </>
  )
}
