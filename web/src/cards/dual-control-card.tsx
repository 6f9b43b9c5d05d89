// Shows the dual control of one area or institution: the verdict, and its seven indicators.

import { WarningOutlined } from '@ant-design/icons'
import { Card, type TableColumnsType, Tag } from 'antd'
import { isTotal } from '../../../domain/indicator.ts'
import type { DualControl, IndicatorStatus } from '../../../domain/judge/result.ts'
import {
  formatCoverage,
  formatIndicator,
  formatIndicatorUnit,
  formatNumber,
  formatTime,
  scaleOf,
  UNKNOWN,
  withUnit,
} from '../words/format.ts'
import { bandWords, chanceWords } from '../words/known-words.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { verdictWords } from '../words/verdict-words.ts'
import { DataTable } from './data-table.tsx'
import { dualControlFile } from './files-status.ts'
import { KnownFigure } from './known-figure.tsx'
import { Nothing, RatioBar, StandInTag, StatusTag, WhyLink } from './marks.tsx'
import { Provenance, provenanceOf } from './provenance.tsx'
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
          <Indicators dualControl={dualControl} energyTestId={energyTestId} whyOf={whyOf} />
          <Footnote dualControl={dualControl} />
        </>
      ) : (
        <Nothing>{text.noDualControl}</Nothing>
      )}
    </Card>
  )
}

/** Whose number depends on the coefficient set: the quota counts energy per person by another one. */
const CONVERTED: ReadonlySet<string> = new Set(['energyPerArea', 'energyPerCapita'])

function Summary({ dualControl }: { dualControl: DualControl }) {
  const { text } = useLanguage()
  const { status, coverage, provisional, asOfMs, indicators } = dualControl
  const targets = indicators.filter(({ target }) => target !== null)
  const isAllStandIn = targets.length > 0 && targets.every(({ targetStandIn }) => targetStandIn)
  const unknown = indicators.filter(({ reason }) => reason === 'unknownTime').length
  return (
    <div className="summary">
      <div className="summary-verdict" data-testid="verdict">
        {status !== null && <StatusTag status={status} />}
        <strong>{verdictWords(dualControl, text)}</strong>
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
      {isAllStandIn && <Provenance label={text.work.toVerify} {...provenanceOf(targets, text.work.standInAll)} />}
    </div>
  )
}

type IndicatorsProps = Pick<Props, 'energyTestId' | 'whyOf'> & { dualControl: DualControl }

function Indicators({ dualControl, energyTestId, whyOf }: IndicatorsProps) {
  const { text, language } = useLanguage()
  const { indicators: rows, coefficientSet } = dualControl
  const isAllStandIn = rows.every(({ target, targetStandIn }) => target === null || targetStandIn)
  const scale = ({ indicator, unit, actual, forecast, target, knownPart }: IndicatorStatus) => {
    const shown = formatIndicatorUnit({ indicator, unit }, language)
    return isTotal(indicator)
      ? scaleOf([actual, forecast, target, knownPart], shown, language)
      : { per: 1, unit: shown }
  }
  const figure = (row: IndicatorStatus, amount: number | null) => formatIndicator(row.indicator, amount, scale(row).per)
  const exact = (row: IndicatorStatus, amount: number | null) =>
    scale(row).per === 1 ? undefined : withUnit(formatNumber(amount, 2), formatIndicatorUnit(row, language))
  const columns: TableColumnsType<IndicatorStatus> = [
    {
      title: text.indicator,
      key: 'indicator',
      rowScope: 'row',
      render: (_, row) => (
        <>
          <div className="row-name">{text.indicators[row.indicator]}</div>
          <div className="faint">{scale(row).unit}</div>
          {CONVERTED.has(row.indicator) && (
            <div className="faint coefficients">
              <SourceText>{text.work.byCoefficients(coefficientSet)}</SourceText>
            </div>
          )}
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
            value={figure(row, row.actual)}
            title={exact(row, row.actual)}
            part={withUnit(figure(row, row.knownPart), scale(row).unit)}
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
          <div title={exact(row, row.forecast)}>{figure(row, row.forecast)}</div>
          {row.forecastBasis !== 'complete' && (
            <div className="faint unknown-why">{bandWords(row, (amount) => figure(row, amount), text)}</div>
          )}
          {row.forecastBasis && <div className="faint">{text.forecastBases[row.forecastBasis]}</div>}
          {row.onTargetFactors && (
            <div className="faint unknown-why" data-testid={`target-factors-${row.indicator}`}>
              {text.onTargetFactors(
                row.onTargetFactors.factorMonth,
                figure(row, row.onTargetFactors.forecast),
                figure(row, row.onTargetFactors.factorEffect),
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
            <div title={exact(row, row.target)}>{figure(row, row.target)}</div>
            {row.targetStandIn && !isAllStandIn && (
              <StandInTag source={row.targetSource}>{text.standInTarget}</StandInTag>
            )}
          </>
        ),
    },
    {
      title: text.ratio,
      key: 'ratio',
      render: (_, row) => (
        <>
          <RatioBar ratio={row.ratio} status={row.status} />
          {row.forecastBasis !== 'complete' && <div className="faint chance">{chanceWords(row, text)}</div>}
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
          <b>{label}</b> <SourceText>{value.replaceAll('CO2', 'CO₂')}</SourceText>
        </li>
      ))}
    </ul>
  )
}
