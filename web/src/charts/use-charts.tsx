// Draws the use of an institution: bars beside the year before, a calendar of days, and the flow from main meters to
// sub meters.

import { HeatmapChart, SankeyChart } from 'echarts/charts'
import { CalendarComponent, VisualMapComponent } from 'echarts/components'
import { use } from 'echarts/core'
import { LabelLayout } from 'echarts/features'
import { useMemo } from 'react'
import { dayLabel, dayOf } from '../../../domain/calendar.ts'
import type { UseView } from '../../../domain/view/period.ts'
import { formatAmount, withUnit } from '../words/format.ts'
import { REST_MARK, type UseWords } from '../words/use-words.ts'
import { Chart } from './chart.tsx'
import { useChartColors } from './colors.ts'
import { FRAME } from './meter-charts.tsx'

use([HeatmapChart, SankeyChart, CalendarComponent, VisualMapComponent, LabelLayout])

interface PeriodChartProps {
  view: UseView
  labelOf: (atMs: number) => string
  unit: string
  words: UseWords
}

export function PeriodChart({ view, labelOf, unit, words }: PeriodChartProps) {
  const { main, before: yearBefore } = useChartColors()
  const option = useMemo(
    () => ({
      ...FRAME,
      tooltip: { ...FRAME.tooltip, valueFormatter: (value: number | null) => withUnit(formatAmount(value), unit) },
      xAxis: { ...FRAME.xAxis, data: view.points.map(({ atMs }) => labelOf(atMs)) },
      yAxis: [{ ...FRAME.yAxis, name: unit }],
      series: [
        {
          ...{ type: 'bar', name: words.thisPeriod, itemStyle: { color: main }, barMaxWidth: 28 },
          data: view.points.map(({ value }) => value),
        },
        {
          ...{ type: 'line', name: words.yearBefore, symbol: 'none' },
          ...{ lineStyle: { color: yearBefore, width: 2 }, itemStyle: { color: yearBefore } },
          data: view.points.map(({ before }) => before?.value ?? null),
        },
      ],
    }),
    [view, labelOf, unit, words, main, yearBefore],
  )
  const { total, totalBefore } = view
  const label = `${words.period}: ${words.thisPeriod} ${withUnit(formatAmount(total.value), unit)}, ${words.yearBefore} ${withUnit(formatAmount(totalBefore.value), unit)}`
  return <Chart className="chart chart-hours" option={option} label={label} />
}

interface CalendarChartProps {
  year: string
  points: UseView['points']
  unit: string
  words: UseWords
  /** What the calendar says, for screen readers. */
  said: string
}

export function CalendarChart({ year, points, unit, words, said }: CalendarChartProps) {
  const { heat, faint, ground, calendar } = useChartColors()
  const option = useMemo(() => {
    const data = points.flatMap(({ atMs, value }) => (value === null ? [] : [[dayLabel(dayOf(atMs)), value] as const]))
    const values = data.map(([, value]) => value)
    return {
      animation: false,
      tooltip: {
        formatter: ({ data: [day, value] }: { data: [string, number] }) =>
          `${day}<br><b>${withUnit(formatAmount(value), unit)}</b>`,
      },
      visualMap: {
        ...{ type: 'continuous', orient: 'horizontal', left: 'center', bottom: 0, itemHeight: 120, itemWidth: 10 },
        ...{ min: Math.min(0, ...values), max: Math.max(1e-9, ...values), calculable: false },
        text: [`${formatAmount(Math.max(0, ...values))} ${unit}`, formatAmount(Math.min(0, ...values))],
        inRange: { color: heat },
      },
      calendar: {
        ...{ range: year, left: 32, right: 4, top: 28, bottom: 40, cellSize: ['auto', 'auto'] },
        itemStyle: { color: calendar.ground, borderColor: ground, borderWidth: 1 },
        splitLine: { lineStyle: { color: calendar.splitLine, width: 1 } },
        yearLabel: { show: false },
        dayLabel: { firstDay: 1, nameMap: words.weekdays, color: faint, fontSize: 10 },
        monthLabel: { nameMap: words.months, color: faint, fontSize: 11 },
      },
      series: [{ type: 'heatmap', coordinateSystem: 'calendar', data }],
    }
  }, [year, points, unit, words, heat, faint, ground, calendar])
  return <Chart className="chart chart-calendar" option={option} label={said} />
}

export interface FlowLink {
  from: string
  to: string
  amount: number
}

interface FlowChartProps {
  /** Names by node. */
  names: ReadonlyMap<string, string>
  links: readonly FlowLink[]
  unit: string
  said: string
}

export function FlowChart({ names, links, unit, said }: FlowChartProps) {
  const { text, flow, flowRest } = useChartColors()
  const option = useMemo(() => {
    const nodes = [...new Set(links.flatMap(({ from, to }) => [from, to]))]
    const nameOf = (id: string) => names.get(id) ?? id
    return {
      animation: false,
      tooltip: {
        formatter: ({ data }: { data: { source?: string; target?: string; name?: string; value: number } }) =>
          data.source === undefined
            ? nameOf(data.name ?? '')
            : `${nameOf(data.source)} → ${nameOf(data.target ?? '')}<br><b>${withUnit(formatAmount(data.value), unit)}</b>`,
      },
      series: [
        {
          ...{ type: 'sankey', left: 4, right: 132, top: 8, bottom: 8, nodeWidth: 14, nodeGap: 12 },
          draggable: false,
          // On a phone the names of neighbours would lie upon each other; the table has all.
          labelLayout: { hideOverlap: true },
          emphasis: { focus: 'adjacency' },
          label: {
            color: text,
            width: 124,
            overflow: 'truncate',
            formatter: ({ name }: { name: string }) => nameOf(name),
          },
          lineStyle: { color: 'source', opacity: 0.35, curveness: 0.5 },
          data: nodes.map((name, index) => ({
            name,
            itemStyle: { color: name.endsWith(REST_MARK) ? flowRest : flow[index % flow.length] },
          })),
          links: links.map(({ from, to, amount }) => ({ source: from, target: to, value: amount })),
        },
      ],
    }
  }, [names, links, unit, text, flow, flowRest])
  return <Chart className="chart chart-flow" option={option} label={said} />
}
