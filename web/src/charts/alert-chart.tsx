// Draws the curve of an alert: bars by hour, night or day, a line by month, with the limit, the baseline and the event.

import { format } from 'echarts/core'
import { useMemo } from 'react'
import type { AlertCurveView } from '../../../domain/view/alert.ts'
import { curveWords, pointLabel } from '../words/curve-words.ts'
import { formatAmount, formatUnit, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { Chart } from './chart.tsx'
import { useChartColors } from './colors.ts'
import { FRAME } from './meter-charts.tsx'

export function AlertChart({ curve }: { curve: AlertCurveView }) {
  const { text, language } = useLanguage()
  const colors = useChartColors()
  const unit = formatUnit(curve.unit, language)
  const option = useMemo(() => {
    const { grain, points, other, limit, baseline, eventMs } = curve
    const isBar = grain !== 'month'
    const labels = points.map(({ atMs }) => pointLabel(atMs, grain))
    const eventAt = eventMs === null ? -1 : points.findLastIndex(({ atMs }) => atMs <= eventMs)
    const level = (color: string, one: AlertCurveView['limit']) =>
      one === null ? [] : [{ yAxis: one.value, name: one.name[language], lineStyle: { color }, label: { color } }]
    const most = Math.max(limit?.value ?? 0, baseline?.value ?? 0)
    return {
      ...FRAME,
      grid: { ...FRAME.grid, right: 16 },
      tooltip: {
        ...FRAME.tooltip,
        formatter: (shown: { dataIndex: number; seriesName: string }[]) => {
          const index = shown[0]?.dataIndex ?? 0
          const lines = [{ name: curve.name, points }, ...(other ? [other] : [])].map(({ name, points: own }) => {
            const value = own[index]?.value ?? null
            return `${format.encodeHTML(name[language])} <b>${value === null ? text.noData : withUnit(formatAmount(value), unit)}</b>`
          })
          return [labels[index], ...lines].join('<br>')
        },
      },
      xAxis: { ...FRAME.xAxis, data: labels },
      // A limit above all bars must be seen, too.
      yAxis: { ...FRAME.yAxis, name: unit, max: ({ max }: { max: number }) => (most > max ? niceMax(most) : null) },
      series: [
        {
          ...{ type: isBar ? 'bar' : 'line', name: curve.name[language], barCategoryGap: '25%', symbol: 'none' },
          lineStyle: { color: colors.main, width: 2 },
          data: points.map(({ value }) => ({
            value,
            itemStyle: {
              color: grain !== 'hour' && limit && value !== null && value > limit.value ? colors.beyond : colors.soft,
            },
          })),
          markLine: {
            ...{ silent: true, symbol: 'none', lineStyle: { type: 'dashed', width: 1.5 } },
            label: { formatter: '{b}', position: 'insideStartTop' },
            data: [
              ...level(colors.limit, limit),
              ...level(colors.faint, baseline),
              ...(eventAt < 0
                ? []
                : [
                    {
                      ...{ xAxis: eventAt, name: text.manage.eventHere, lineStyle: { color: colors.limit } },
                      label: { color: colors.limit, position: 'end' },
                    },
                  ]),
            ],
          },
        },
        ...(other
          ? [
              {
                ...{
                  type: 'line',
                  name: other.name[language],
                  symbol: 'none',
                  lineStyle: { color: colors.other, width: 2 },
                },
                data: other.points.map(({ value }) => value),
              },
            ]
          : []),
      ],
    }
  }, [curve, unit, language, text, colors])
  return <Chart className="chart chart-hours" option={option} label={curveWords(curve, text, language)} />
}

/** Somewhat above the largest value, on a round number. */
function niceMax(value: number): number {
  if (value <= 0) return 1
  const step = 10 ** Math.floor(Math.log10(value)) / 2
  return Math.ceil((value * 1.08) / step) * step
}
