// Shows the dual control of one area or institution: the verdict, and its seven indicators.

import { WarningOutlined } from '@ant-design/icons'
import { Card, Empty, type TableColumnsType, Tag } from 'antd'
import type { DualControl, IndicatorStatus } from '../../../domain/judge/result.ts'
import {
  formatCoverage,
  formatIndicator,
  formatIndicatorUnit,
  formatNumber,
  formatTime,
  UNKNOWN,
  withUnit,
} from '../words/format.ts'
import { bandWords, chanceWords } from '../words/known-words.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { dualControlFile } from './files-status.ts'
import { KnownFigure } from './known-figure.tsx'
import { RatioBar, StandInTag, StatusTag, VerdictText, WhyLink } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'
import { attributes } from './table-rows.ts'

interface Props {
  title: string
  dualControl: DualControl | null
  loading: boolean
  /** The `data-testid` of the actual energy. */
  energyTestId: string
  /** Link to the explanation of an indicator. */
  whyOf: (indicator: string) => string
}

export function DualControlCard({ title, dualControl, loading, energyTestId, whyOf }: Props) {
  const speech = useLanguage()
  const { text } = speech
  const files = dualControl ? [dualControlFile(text.dualControl, dualControl, speech)] : []
  return (
    <Card title={title} loading={loading} extra={<SaveTables tables={files} />} data-testid="dual-control">
      {dualControl ? (
        <>
          <Summary dualControl={dualControl} />
          <Indicators rows={dualControl.indicators} energyTestId={energyTestId} whyOf={whyOf} />
          <Footnote dualControl={dualControl} />
        </>
      ) : (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text.noDualControl} />
      )}
    </Card>
  )
}

function Summary({ dualControl }: { dualControl: DualControl }) {
  const { text } = useLanguage()
  const { status, verdict, coverage, provisional, asOfMs, indicators } = dualControl
  const unknown = indicators.filter(({ reason }) => reason === 'unknownTime').length
  return (
    <div className="summary">
      <div className="summary-verdict" data-testid="verdict">
        <StatusTag status={status} />
        <strong>
          <VerdictText verdict={verdict} />
        </strong>
      </div>
      <div data-testid="coverage">
        <span className="faint">{text.coverage}</span> {formatCoverage(coverage)}
      </div>
      {provisional && (
        <Tag variant="filled" className="mark mark-atRisk" icon={<WarningOutlined />} data-testid="provisional">
          {unknown > 0 ? text.figuresNotJudged(formatNumber(unknown, 0)) : text.incomplete}
        </Tag>
      )}
      <div>
        <span className="faint">{text.asOf}</span> {formatTime(asOfMs)}
      </div>
    </div>
  )
}

type IndicatorsProps = Pick<Props, 'energyTestId' | 'whyOf'> & { rows: IndicatorStatus[] }

function Indicators({ rows, energyTestId, whyOf }: IndicatorsProps) {
  const { text, language } = useLanguage()
  const columns: TableColumnsType<IndicatorStatus> = [
    {
      title: text.indicator,
      key: 'indicator',
      rowScope: 'row',
      render: (_, row) => (
        <>
          <div className="row-name">{text.indicators[row.indicator]}</div>
          <div className="faint">{formatIndicatorUnit(row, language)}</div>
        </>
      ),
    },
    {
      title: text.status,
      key: 'status',
      render: (_, row) => <StatusTag status={row.status} {...(row.target === null && { without: UNKNOWN })} />,
    },
    {
      title: text.actual,
      key: 'actual',
      align: 'right',
      render: (_, row) => (
        <>
          <KnownFigure
            known={row}
            value={formatIndicator(row.indicator, row.actual)}
            part={withUnit(formatIndicator(row.indicator, row.knownPart), formatIndicatorUnit(row, language))}
            testId={row.indicator === 'energy' ? energyTestId : undefined}
          />
          {row.lowerBound && <div className="faint">{text.lowerBound}</div>}
          <WhyLink href={whyOf(row.indicator)} of={text.indicators[row.indicator]} />
        </>
      ),
    },
    {
      title: text.forecast,
      key: 'forecast',
      align: 'right',
      render: (_, row) => (
        <>
          <div>{formatIndicator(row.indicator, row.forecast)}</div>
          {row.forecastBasis !== 'complete' && (
            <div className="faint">{bandWords(row, (amount) => formatIndicator(row.indicator, amount), text)}</div>
          )}
          {row.forecastBasis && <div className="faint">{text.forecastBases[row.forecastBasis]}</div>}
          {row.onTargetFactors && (
            <div className="faint" data-testid={`target-factors-${row.indicator}`}>
              {text.onTargetFactors(
                row.onTargetFactors.factorMonth,
                formatIndicator(row.indicator, row.onTargetFactors.forecast),
                formatIndicator(row.indicator, row.onTargetFactors.factorEffect),
              )}
            </div>
          )}
        </>
      ),
    },
    {
      title: text.target,
      key: 'target',
      align: 'right',
      render: (_, row) =>
        row.target === null ? (
          <span className="faint">{text.noTarget}</span>
        ) : (
          <>
            <div>{formatIndicator(row.indicator, row.target)}</div>
            {row.targetStandIn && <StandInTag source={row.targetSource}>{text.standInTarget}</StandInTag>}
          </>
        ),
    },
    {
      title: text.ratio,
      key: 'ratio',
      width: 220,
      render: (_, row) => (
        <>
          <RatioBar ratio={row.ratio} status={row.status} />
          {row.forecastBasis !== 'complete' && <div className="faint">{chanceWords(row, text)}</div>}
        </>
      ),
    },
  ]
  return (
    <DataTable
      rowKey="indicator"
      columns={columns}
      rows={rows}
      onRow={(row) => attributes(`indicator-${row.indicator}`)}
    />
  )
}

function Footnote({ dualControl }: { dualControl: DualControl }) {
  const { text } = useLanguage()
  const { coefficientSet, co2Factor, indicators } = dualControl
  const sources = new Set(indicators.flatMap(({ targetSource }) => targetSource ?? []))
  const notes = [
    { label: text.coefficients, value: coefficientSet },
    { label: text.co2Factor, value: co2Factor },
    ...(sources.size > 0 ? [{ label: text.targetSource, value: [...sources].join('; ') }] : []),
  ]
  return (
    <ul className="note">
      <li>{text.totalsNote}</li>
      {notes.map(({ label, value }) => (
        <li key={label}>
          <b>{label}</b> <SourceText>{value}</SourceText>
        </li>
      ))}
    </ul>
  )
}
