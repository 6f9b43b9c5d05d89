// Draws the hourly PUE over a month; an hour with an unknown side is a gap.

import { useMemo } from 'react'
import { formatNumber, formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { Chart } from './chart.tsx'
import { useChartColors } from './colors.ts'
import { FRAME } from './meter-charts.tsx'

export function PueChart({ hours }: { hours: readonly { atMs: number; value: number | null }[] }) {
  const { text } = useLanguage()
  const { main } = useChartColors()
  const option = useMemo(
    () => ({
      ...FRAME,
      tooltip: {
        ...FRAME.tooltip,
        formatter: (points: { dataIndex: number }[]) => {
          const pointed = hours[points[0]?.dataIndex ?? -1]
          if (!pointed) return ''
          const { atMs, value } = pointed
          return `${formatTime(atMs)}<br><b>${value === null ? text.noData : formatNumber(value, 3)}</b>`
        },
      },
      xAxis: { ...FRAME.xAxis, data: hours.map(({ atMs }) => formatTime(atMs).slice(5, 10)) },
      yAxis: [{ ...FRAME.yAxis, name: text.pue, min: 1 }],
      series: [
        {
          type: 'line',
          symbol: 'none',
          lineStyle: { width: 1.5, color: main },
          connectNulls: false,
          data: hours.map(({ value }) => value),
        },
      ],
    }),
    [hours, text, main],
  )
  return <Chart className="chart chart-days" option={option} label={text.pueByHour} />
}
