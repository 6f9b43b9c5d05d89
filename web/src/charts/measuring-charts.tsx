// Draws what a reviewer of measurement and verification expects: use against temperature with the fitted line,
// residuals, and mean days by the hour. The figures stand in a table below each chart.

import { useMemo } from 'react'
import type { DayProfile, MeasuredDay } from '../../../domain/contract/measuring.ts'
import { formatAmount, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { Chart } from './chart.tsx'
import { useChartColors } from './colors.ts'
import { FRAME } from './meter-charts.tsx'

/** The line of each kind of day. */
const LINES = { working: 'solid', rest: 'dashed', holiday: 'dotted' } as const

const VALUE_AXIS = { ...FRAME.yAxis, scale: true }
const COUNTED = ({ counted }: MeasuredDay): boolean => counted

interface DaysProps {
  baseline: readonly MeasuredDay[]
  reporting: readonly MeasuredDay[]
  unit: string
}

/** Days before and after the work against the temperature; the line is the model of the baseline. */
export function TemperatureChart({ baseline, reporting, unit }: DaysProps) {
  const { text } = useLanguage()
  const colors = useChartColors()
  const words = text.contract
  const option = useMemo(() => {
    const points = (days: readonly MeasuredDay[]) =>
      days.filter(COUNTED).flatMap(({ temperature, use, date }) => [[temperature, use, date]])
    const line = [...baseline, ...reporting]
      .flatMap(({ temperature, predicted }) =>
        temperature === null || predicted === null ? [] : [[temperature, predicted]],
      )
      .toSorted(([a = 0], [b = 0]) => a - b)
    const dots = (data: unknown[], color: string) => ({
      ...{ type: 'scatter', symbolSize: 5, itemStyle: { color, opacity: 0.55 }, data },
    })
    return {
      ...FRAME,
      tooltip: {
        trigger: 'item',
        formatter: ({ value: [degrees, use, date] }: { value: [number, number, string] }) =>
          `${date}<br>${formatAmount(degrees)} ℃<br><b>${withUnit(formatAmount(use), unit)}</b>`,
      },
      grid: { ...FRAME.grid, right: 32 },
      xAxis: { ...FRAME.xAxis, type: 'value', name: '℃', scale: true },
      yAxis: [{ ...VALUE_AXIS, name: `${unit}/d`, axisLine: { onZero: false } }],
      series: [
        dots(points(baseline), colors.main),
        dots(points(reporting), colors.warm),
        { type: 'line', symbol: 'none', silent: true, lineStyle: { width: 2, color: colors.limit }, data: line },
      ],
    }
  }, [baseline, reporting, unit, colors])
  return (
    <>
      <Chart className="chart chart-hours" option={option} label={`${words.charts.temperature}, ${unit}/d`} />
      <ul className="legend">
        {(
          [
            [colors.main, words.periods.baseline],
            [colors.warm, words.periods.reporting],
            [colors.limit, words.baselineModel],
          ] as const
        ).map(([background, name]) => (
          <li key={name}>
            <span className="swatch" style={{ background }} /> {name}
          </li>
        ))}
      </ul>
    </>
  )
}

/** Use less the model, day by day of the baseline. */
export function ResidualChart({ baseline, unit }: Pick<DaysProps, 'baseline' | 'unit'>) {
  const { text } = useLanguage()
  const colors = useChartColors()
  const option = useMemo(() => {
    const days = baseline.filter(COUNTED)
    return {
      ...FRAME,
      tooltip: {
        trigger: 'item',
        formatter: ({ dataIndex, value }: { dataIndex: number; value: number }) =>
          `${days[dataIndex]?.date}<br><b>${withUnit(formatAmount(value), unit)}</b>`,
      },
      xAxis: { ...FRAME.xAxis, data: days.map(({ date }) => date.slice(2)), axisLine: { onZero: false } },
      yAxis: [{ ...VALUE_AXIS, name: `${unit}/d` }],
      series: [
        {
          ...{ type: 'scatter', symbolSize: 4, itemStyle: { color: colors.main, opacity: 0.6 } },
          data: days.map(({ use, predicted }) => (use === null || predicted === null ? null : use - predicted)),
        },
      ],
    }
  }, [baseline, unit, colors])
  return <Chart className="chart chart-days" option={option} label={`${text.contract.charts.residuals}, ${unit}/d`} />
}

/** Mean days by the hour, before and after the work. */
export function ProfileChart({ profiles, unit }: { profiles: readonly DayProfile[]; unit: string }) {
  const { text } = useLanguage()
  const colors = useChartColors()
  const words = text.contract
  const option = useMemo(
    () => ({
      ...FRAME,
      tooltip: {
        ...FRAME.tooltip,
        formatter: (points: { dataIndex: number; seriesIndex: number; value: number }[]) =>
          [
            `${points[0]?.dataIndex ?? 0}:00`,
            ...points.map(({ seriesIndex, value }) => {
              const profile = profiles[seriesIndex]
              return profile
                ? `${words.periods[profile.of]} · ${words.dayTypes[profile.dayType]} <b>${formatAmount(value)}</b>`
                : ''
            }),
          ].join('<br>'),
      },
      xAxis: { ...FRAME.xAxis, data: Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0')) },
      yAxis: [{ ...FRAME.yAxis, name: `${unit}/h` }],
      series: profiles.map(({ of, dayType, hours }) => ({
        ...{ type: 'line', symbol: 'none', data: hours },
        lineStyle: { width: 2, color: of === 'baseline' ? colors.main : colors.warm, type: LINES[dayType] },
      })),
    }),
    [profiles, unit, words, colors],
  )
  return (
    <>
      <Chart className="chart chart-days" option={option} label={`${words.charts.profiles}, ${unit}/h`} />
      <ul className="legend">
        {profiles.map(({ of, dayType, days }) => (
          <li key={`${of} ${dayType}`}>
            <span
              className="swatch"
              style={{
                background: 'none',
                borderTop: `2px ${LINES[dayType]} ${of === 'baseline' ? colors.main : colors.warm}`,
              }}
            />{' '}
            {words.periods[of]} · {words.dayTypes[dayType]} ({words.days(String(days))})
          </li>
        ))}
      </ul>
    </>
  )
}
