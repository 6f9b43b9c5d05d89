// Draws the cumulative savings of a contract by period, with their band.

import { useMemo } from 'react'
import type { SettledRow } from '../../../domain/contract/view.ts'
import { formatAmount, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { Chart } from './chart.tsx'
import { useChartColors } from './colors.ts'
import { FRAME } from './meter-charts.tsx'

export function SavingsChart({ rows, unit }: { rows: readonly SettledRow[]; unit: string }) {
  const { text } = useLanguage()
  const { main, warm } = useChartColors()
  const option = useMemo(() => {
    const edge = (sign: number) => ({
      type: 'line',
      symbol: 'none',
      lineStyle: { width: 1, type: 'dashed', color: warm },
      data: rows.map((row) =>
        row.cumulativeHalfWidth === null ? null : row.cumulativeSavings + sign * row.cumulativeHalfWidth,
      ),
    })
    return {
      ...FRAME,
      tooltip: {
        ...FRAME.tooltip,
        formatter: (points: { dataIndex: number }[]) => {
          const row = rows[points[0]?.dataIndex ?? -1]
          if (!row) return ''
          const { period, cumulativeSavings, cumulativeHalfWidth } = row
          return `${period}<br><b>${withUnit(formatAmount(cumulativeSavings), unit)}</b> ± ${formatAmount(cumulativeHalfWidth)}`
        },
      },
      xAxis: { ...FRAME.xAxis, data: rows.map(({ period }) => period) },
      yAxis: [{ ...FRAME.yAxis, name: unit }],
      series: [
        { type: 'line', lineStyle: { width: 2, color: main }, data: rows.map((row) => row.cumulativeSavings) },
        edge(1),
        edge(-1),
      ],
    }
  }, [rows, unit, main, warm])
  return <Chart className="chart chart-days" option={option} label={text.contract.cumulative} />
}
