// Shows a total through the year against its target, beside the year before: the curve, the same as a table, and the
// present month on the same days of last year (同比) and of the month before (环比).

import { Card, Radio } from 'antd'
import { lazy, Suspense, useMemo, useState } from 'react'
import { addMonths, type Month } from '../../../domain/calendar.ts'
import type { DualControl } from '../../../domain/judge/result.ts'
import type { TrendView } from '../../../domain/view/trend.ts'
import { useResource, withQuery } from '../api/resource.ts'
import {
  formatIndicatorUnit,
  formatNumber,
  formatScaled,
  formatShareChange,
  type Scale,
  scaleOf,
  UNKNOWN,
  withUnit,
} from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { trendFile } from './files-status.ts'
import { ProblemNotice } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

const TrendChart = lazy(async () => ({ default: (await import('../charts/trend-chart.tsx')).TrendChart }))

type TrendRow = TrendView['trends'][number]

interface Props {
  /** `areas/130000` or `institutions/A`. */
  subject: string
  month: Month
  dualControl: DualControl | null
}

export function TrendCard({ subject, month, dualControl }: Props) {
  const speech = useLanguage()
  const { text } = speech
  const found = useResource<TrendView>(withQuery(`${subject}/trend`, { month }))
  const [indicator, choose] = useState<TrendRow['indicator']>('energy')
  const trends = found.data?.trends ?? []
  const trend = trends.find((one) => one.indicator === indicator)
  return (
    <Card
      title={`${text.work.trend} · ${month.slice(0, 4)}`}
      loading={!found.data && !found.problem}
      extra={
        <div className="filters">
          <Radio.Group
            size="small"
            optionType="button"
            aria-label={text.work.trendOf}
            value={indicator}
            options={trends.map((one) => ({ value: one.indicator, label: text.indicators[one.indicator] }))}
            onChange={({ target }) => choose(target.value)}
          />
          <SaveTables tables={found.data ? [trendFile(text.work.trend, found.data, speech)] : []} />
        </div>
      }
      data-testid="trend"
    >
      <ProblemNotice of={found} />
      {trend && <TrendFigures trend={trend} dualControl={dualControl} />}
      {found.data && <p className="note">{text.work.sameDays}</p>}
    </Card>
  )
}

/** One total of the year: its figures, the curve and the table. */
export function TrendFigures({ trend, dualControl }: { trend: TrendRow; dualControl: DualControl | null }) {
  const { text, language } = useLanguage()
  const judged = dualControl?.indicators.find(({ indicator }) => indicator === trend.indicator)
  const unit = formatIndicatorUnit(trend, language)
  const { sums, scale, monthScale, nowScale } = useMemo(() => {
    const { yearToDate, months, overYear } = trend
    const most = [yearToDate.value, yearToDate.before, judged?.target ?? null, judged?.forecast ?? null]
    return {
      sums: cumulated(months),
      scale: scaleOf(most, unit, language),
      monthScale: scaleOf(
        months.flatMap(({ value, yearBefore }) => [value, yearBefore]),
        unit,
        language,
      ),
      // In its first hours a month is far smaller than the others.
      nowScale: scaleOf([overYear.value], unit, language),
    }
  }, [trend, judged, unit, language])
  const shown = (value: number | null, { per }: Scale) => formatScaled(value, per)
  const { overYear, overMonth, yearToDate } = trend
  return (
    <>
      <ul className="figures">
        <li>
          <span className="faint">{text.work.thisMonth}</span>
          <strong data-testid="trend-month">{withUnit(shown(overYear.value, nowScale), nowScale.unit)}</strong>
        </li>
        <li>
          <span className="faint">{text.work.overYear}</span>
          <strong>{formatShareChange(overYear.change)}</strong>
        </li>
        <li>
          <span className="faint">{text.work.overMonth}</span>
          <strong>{formatShareChange(overMonth.change)}</strong>
        </li>
        <li>
          <span className="faint">{text.work.yearToDate}</span>
          <strong>{withUnit(shown(yearToDate.value, scale), scale.unit)}</strong>
        </li>
        <li>
          <span className="faint">
            {text.work.yearToDate} · {text.work.overYear}
          </span>
          <strong>{formatShareChange(yearToDate.change)}</strong>
        </li>
      </ul>
      <Suspense fallback={<div className="chart chart-hours" />}>
        <TrendChart sums={sums} indicator={trend.indicator} judged={judged} scale={scale} />
      </Suspense>
      <details>
        <summary>{text.asTable}</summary>
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">{text.month}</th>
              <th scope="col">
                {text.amount} ({monthScale.unit})
              </th>
              <th scope="col">{addMonths(trend.months[0]?.month ?? ('2000-01' as Month), -12).slice(0, 4)}</th>
              <th scope="col">
                {text.work.thisYear} ({scale.unit})
              </th>
              <th scope="col">{text.coverage}</th>
            </tr>
          </thead>
          <tbody>
            {trend.months.map(({ month, value, yearBefore, cumulative, knownShare }) => (
              <tr key={month}>
                <th scope="row">{month}</th>
                <td>{shown(value, monthScale)}</td>
                <td>{shown(yearBefore, monthScale)}</td>
                <td>{shown(cumulative, scale)}</td>
                <td>{knownShare === null ? UNKNOWN : `${formatNumber(Math.floor(knownShare * 1000) / 10, 1)}%`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  )
}

/** The running sums of the twelve months, of this year and the last. */
function cumulated(months: TrendRow['months']): { now: (number | null)[]; before: (number | null)[] } {
  let before: number | null = 0
  const befores = months.map(({ yearBefore }) => {
    before = before === null || yearBefore === null ? null : before + yearBefore
    return before
  })
  const whole = (values: (number | null)[]) => Array.from({ length: 12 }, (_, n) => values[n] ?? null)
  return { now: whole(months.map(({ cumulative }) => cumulative)), before: whole(befores) }
}
