// Shows the quota of one institution: four indicators against their three limits (约束值, 基准值, 引导值), the year's pace,
// and the distance to the next better rating.

import { Card, type TableColumnsType } from 'antd'
import type { QuotaPace } from '../../../domain/judge/quota-pace.ts'
import type { QuotaStatus } from '../../../domain/judge/result.ts'
import type { Rating } from '../../../domain/rating.ts'
import { formatNumber, formatRatio, formatUnit, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { quotaFile } from './files-status.ts'
import { BriefFigure, KnownFigure } from './known-figure.tsx'
import { Nothing, RatingTag, StandInTag, WhyLink } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'
import { attributes } from './table-rows.ts'

/** The next better rating (docs/rules/quota.md#ratings). */
const NEXT_BETTER: Record<Rating, Rating | null> = {
  rectify: 'compliant',
  compliant: 'reasonable',
  reasonable: 'advanced',
  advanced: null,
}

interface Props {
  rows: QuotaStatus[]
  /** Empty until loaded. */
  pace: readonly QuotaPace[]
  loading: boolean
  whyOf: (indicator: string) => string
}

export function QuotaCard({ rows, pace, loading, whyOf }: Props) {
  const speech = useLanguage()
  const { text, language } = speech
  const value = (title: string, key: 'actual' | 'constraint' | 'benchmark' | 'guide') => ({
    title,
    key,
    align: 'right' as const,
    render: (_: unknown, row: QuotaStatus) => formatNumber(row[key], 2),
  })
  const columns: TableColumnsType<QuotaStatus> = [
    {
      title: text.indicator,
      key: 'indicator',
      rowScope: 'row',
      render: (_, row) => (
        <>
          <div className="row-name">{text.quotaIndicators[row.indicator]}</div>
          <div className="faint">{formatUnit(row.unit, language)}</div>
          {row.coefficientSet !== null && (
            <div className="faint coefficients">
              <SourceText>{text.work.byCoefficients(row.coefficientSet)}</SourceText>
            </div>
          )}
        </>
      ),
    },
    {
      ...value(text.actual, 'actual'),
      render: (_, row) => (
        <>
          <KnownFigure
            known={row}
            value={formatNumber(row.actual, 2)}
            part={withUnit(formatNumber(row.knownPart, 2), formatUnit(row.unit, language))}
          />
          <WhyLink href={whyOf(row.indicator)} of={text.quotaIndicators[row.indicator]} />
        </>
      ),
    },
    {
      title: text.rating,
      key: 'rating',
      render: (_, row) => (
        <>
          <RatingTag rating={row.rating} isIssued={row.constraint !== null} />
          <ToNext row={row} />
        </>
      ),
    },
    {
      title: text.pace,
      key: 'pace',
      render: (_, row) => <Pace pace={pace.find(({ indicator }) => indicator === row.indicator)} />,
    },
    value(text.constraint, 'constraint'),
    value(text.benchmark, 'benchmark'),
    value(text.guide, 'guide'),
    {
      title: text.standard,
      key: 'standard',
      render: (_, { standard, standIn }) => (
        <>
          <div>{standard === null ? UNKNOWN : <SourceText>{standard}</SourceText>}</div>
          {standIn && <StandInTag source={standard}>{text.standIn}</StandInTag>}
        </>
      ),
    },
  ]
  return (
    <Card
      title={`${text.quota} · ${text.quotaNote}`}
      loading={loading}
      extra={<SaveTables tables={rows.length > 0 ? [quotaFile(rows, pace, speech)] : []} />}
      data-testid="quota"
    >
      <DataTable
        rowKey="indicator"
        columns={columns}
        rows={rows}
        locale={{ emptyText: <Nothing>{text.noQuota}</Nothing> }}
        onRow={(row) => attributes(`quota-${row.indicator}`)}
      />
      <p className="note">{text.paceNote}</p>
    </Card>
  )
}

function ToNext({ row }: { row: QuotaStatus }) {
  const { text, language } = useLanguage()
  if (row.rating === null) return null
  const next = NEXT_BETTER[row.rating]
  if (next !== null && row.toNextRating === null) return null
  const amount = withUnit(formatNumber(row.toNextRating, 2), formatUnit(row.unit, language))
  return (
    <div className="faint to-next">{next === null ? text.best : text.toNextAmount(amount, text.ratings[next])}</div>
  )
}

/** Use so far against the use due, and the amount left this year for the next better rating. */
function Pace({ pace }: { pace: QuotaPace | undefined }) {
  const { text, language } = useLanguage()
  if (!pace) return UNKNOWN
  const known = { ...pace, knownPart: null }
  if (pace.projected === null) return <BriefFigure known={known} value={UNKNOWN} part={UNKNOWN} />
  const unit = formatUnit(pace.unit, language)
  const amount = (value: number | null): string => withUnit(formatNumber(value, 2), unit)
  const { next, basis } = pace
  return (
    <div className="pace">
      <div>
        <strong className={pace.paceRatio !== null && pace.paceRatio > 1 ? 'figure-bad' : undefined}>
          {formatRatio(pace.paceRatio)}
        </strong>{' '}
        · {text.projected} <BriefFigure known={known} value={amount(pace.projected)} part={UNKNOWN} />{' '}
        {pace.projectedRating !== null && <RatingTag rating={pace.projectedRating} />}
      </div>
      {next && (
        <div className="faint">
          {next.reachable
            ? text.leftForNext(text.ratings[next.rating], amount(next.left), amount(next.leftPerMonth))
            : text.tooLateForNext(text.ratings[next.rating], amount(-next.left))}
        </div>
      )}
      {basis !== null && <div className="faint">{text.paceBasis[basis] ?? basis}</div>}
    </div>
  )
}
