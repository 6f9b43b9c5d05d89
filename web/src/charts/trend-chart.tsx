// Draws a total through the year: the sum so far beside last year's, the target, and the forecast of the whole year
// with its band.

import { useMemo } from 'react'
import type { IndicatorStatus } from '../../../domain/judge/result.ts'
import type { TrendView } from '../../../domain/view/trend.ts'
import { formatAmount, formatScaled, type Scale, UNKNOWN } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { Chart } from './chart.tsx'
import { useChartColors } from './colors.ts'
import { FRAME } from './meter-charts.tsx'

type TrendRow = TrendView['trends'][number]

interface Props {
  /** Cumulative sums of this year and the last, by month 1 to 12; null where unknown or to come. */
  sums: { now: (number | null)[]; before: (number | null)[] }
  indicator: TrendRow['indicator']
  judged: Pick<IndicatorStatus, 'target' | 'forecast' | 'low80' | 'high80'> | undefined
  scale: Scale
}

export function TrendChart({ sums, indicator, judged, scale }: Props) {
  const { text } = useLanguage()
  const { main, soft, beforeFaint, limit } = useChartColors()
  const { target = null, forecast = null, low80 = null, high80 = null } = judged ?? {}
  const option = useMemo(() => {
    const at = (value: number | null) => (value === null ? null : value / scale.per)
    const say = (value: number | null) => (value === null ? UNKNOWN : formatAmount(value))
    const last = sums.now.findLastIndex((value) => value !== null)
    const toEnd = (end: number | null) =>
      Array.from({ length: 12 }, (_, n) => (n === last ? at(sums.now[last] ?? null) : n === 11 ? at(end) : null))
    const line = (name: string, color: string, data: (number | null)[], type = 'solid') => ({
      ...{ type: 'line', name, data, symbol: 'none', connectNulls: type !== 'solid' },
      ...{ lineStyle: { color, width: 2, type }, itemStyle: { color } },
    })
    return {
      ...FRAME,
      grid: { ...FRAME.grid, right: 48 },
      tooltip: {
        trigger: 'axis',
        formatter: (points: { dataIndex: number }[]) => {
          const n = points[0]?.dataIndex ?? 0
          return `${n + 1}<br>${text.work.thisYear} <b>${say(at(sums.now[n] ?? null))}</b><br>${text.work.lastYear} ${say(at(sums.before[n] ?? null))}`
        },
      },
      xAxis: { ...FRAME.xAxis, data: sums.now.map((_, n) => String(n + 1)) },
      yAxis: [{ ...FRAME.yAxis, name: scale.unit }],
      series: [
        line(text.work.lastYear, beforeFaint, sums.before.map(at)),
        {
          ...line(text.work.thisYear, main, sums.now.map(at)),
          markLine: {
            silent: true,
            symbol: 'none',
            label: { color: limit, formatter: text.work.cap },
            lineStyle: { color: limit, type: 'dashed' },
            data: target === null ? [] : [{ yAxis: at(target) }],
          },
        },
        ...(last < 0 || last === 11
          ? []
          : [forecast, low80, high80].map((end, n) =>
              line(text.work.forecastEnd, n === 0 ? main : soft, toEnd(end), n === 0 ? 'dashed' : 'dotted'),
            )),
      ],
    }
  }, [sums, scale, target, forecast, low80, high80, text, main, soft, beforeFaint, limit])
  const end = formatScaled(forecast, scale.per)
  const label = `${text.work.trend}: ${text.indicators[indicator]}, ${text.forecast} ${end} ${scale.unit}`
  return <Chart className="chart chart-hours" option={option} label={label} />
}
