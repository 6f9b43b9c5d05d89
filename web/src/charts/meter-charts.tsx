// Draws the two charts of a meter. Measured hours are solid, other hours lighter or hatched; an unknown hour is a gap
// with a shaded background, so that it never looks like zero.

import { format } from 'echarts/core'
import { useMemo } from 'react'
import { dayLabel } from '../../../domain/calendar.ts'
import type { HourFlag } from '../../../domain/settle/settle.ts'
import { formatAmount, formatRegister, formatTime, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { Chart } from './chart.tsx'
import { type ChartColors, useChartColors } from './colors.ts'
import type { DayAmount, DayHours } from './day-hours.ts'

interface BarStyle {
  color: string
  /** Hatching in this colour over `color`. */
  hatch?: string
}
const flagStyles = (colors: ChartColors): Record<HourFlag, BarStyle> => ({
  measured: { color: colors.main },
  estimated: { color: colors.pale, hatch: colors.main },
  partial: { color: colors.soft },
  suspect: { color: colors.suspect, hatch: colors.warm },
  reset: { color: colors.reset, hatch: colors.other },
  missing: { color: colors.gap },
  doubtful: { color: colors.doubtful, hatch: colors.limit },
})

/** A register event on the day shown. */
export interface EventMark {
  /** 0 to 23. */
  hour: number
  name: string
}

interface HourChartProps {
  hours: DayHours
  unit: string
  marks: readonly EventMark[]
}

export function HourChart({ hours, unit, marks }: HourChartProps) {
  const { text } = useLanguage()
  const colors = useChartColors()
  const styles = useMemo(() => flagStyles(colors), [colors])
  const option = useMemo(() => {
    return {
      ...FRAME,
      tooltip: {
        ...FRAME.tooltip,
        formatter: (points: { dataIndex: number }[]) => {
          const slot = hours.slots[points[0]?.dataIndex ?? -1]
          if (!slot) return ''
          const { hour, value, flag } = slot
          const amount =
            value === null ? (slot.isToCome ? text.work.toCome : text.noData) : withUnit(formatAmount(value), unit)
          const events = marks
            .flatMap((mark) => (mark.hour === hour ? [`<br>${format.encodeHTML(mark.name)}`] : []))
            .join('')
          return `${twoDigits(hour)}:00–${twoDigits(hour + 1)}:00<br><b>${amount}</b><br>${flag ? text.flags[flag] : UNKNOWN}${events}`
        },
      },
      xAxis: { ...FRAME.xAxis, data: hours.slots.map(({ hour }) => twoDigits(hour)) },
      yAxis: [{ ...FRAME.yAxis, name: unit }, GROUND_AXIS],
      series: [
        {
          ...BARS,
          data: hours.slots.map(({ value, flag }) => ({ value, itemStyle: barStyle(styles[flag ?? 'measured']) })),
          markLine: {
            ...eventLine(colors),
            data: [
              ...marks.map(({ hour, name }) => ({ name, xAxis: hour })),
              ...(hours.hoursOver > 0 && hours.hoursOver < 24
                ? [{ name: text.work.nowMark, xAxis: hours.hoursOver, ...nowLine(colors) }]
                : []),
            ],
          },
        },
        ground(hours.slots, colors),
      ],
    }
  }, [hours, unit, marks, text, colors, styles])
  const flags = Object.keys(styles) as HourFlag[]
  const used = flags.filter((one) => hours.slots.some(({ flag, value }) => flag === one && value !== null))
  return (
    <>
      <Chart className="chart chart-hours" option={option} label={`${text.dailyCurve}, ${unit}`} />
      <ul className="legend" aria-label={text.flag}>
        {used.map((flag) => (
          <li key={flag}>
            <span className="swatch" style={swatch(styles[flag])} /> {text.flags[flag]}
          </li>
        ))}
        {marks.map(({ hour, name }) => (
          <li key={`${hour} ${name}`}>
            <span className="swatch swatch-event" /> {twoDigits(hour)}:00 {name}
          </li>
        ))}
        {used.length > 0 && hours.slots.some(({ value, isToCome }) => value === null && !isToCome) && (
          <li>
            <span className="swatch" style={swatch(gapStyle(colors))} /> {text.noData}
          </li>
        )}
      </ul>
    </>
  )
}

interface DayChartProps {
  days: readonly DayAmount[]
  /** The day number that the curve shows. */
  chosen: number
  unit: string
  choose: (day: number) => void
  /** Register events of these days. */
  marks?: readonly { day: number; name: string }[]
}

const NO_MARKS: readonly { day: number; name: string }[] = []

export function DayChart({ days, chosen, unit, choose, marks = NO_MARKS }: DayChartProps) {
  const { text } = useLanguage()
  const colors = useChartColors()
  const option = useMemo(
    () => ({
      ...FRAME,
      tooltip: {
        ...FRAME.tooltip,
        formatter: (points: { dataIndex: number }[]) => {
          const pointed = days[points[0]?.dataIndex ?? -1]
          if (!pointed) return ''
          const { day, value } = pointed
          return `${dayLabel(day)}<br><b>${value === null ? text.noData : withUnit(formatAmount(value), unit)}</b>`
        },
      },
      xAxis: { ...FRAME.xAxis, data: days.map(({ day }) => dayLabel(day).slice(5)) },
      yAxis: [{ ...FRAME.yAxis, name: unit }, GROUND_AXIS],
      series: [
        {
          ...BARS,
          cursor: 'pointer',
          data: days.map(({ day, value }) => ({
            value,
            itemStyle: { color: day === chosen ? colors.main : colors.unchosen },
          })),
          markLine: {
            ...eventLine(colors),
            data: marks.flatMap(({ day, name }) => {
              const at = days.findIndex((one) => one.day === day)
              return at < 0 ? [] : [{ name, xAxis: at }]
            }),
          },
        },
        ground(days, colors),
      ],
    }),
    [days, chosen, unit, text, marks, colors],
  )
  return (
    <Chart
      className="chart chart-days"
      option={option}
      label={`${text.lastDays(String(days.length))}, ${unit}`}
      onPick={(index) => days[index] && choose(days[index].day)}
    />
  )
}

/** What charts with axes share; their colours are those of `echartsTheme`. */
export const FRAME = {
  animation: false,
  grid: { left: 8, right: 8, top: 32, bottom: 4, containLabel: true },
  tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
  xAxis: { type: 'category', axisTick: { show: false }, axisLabel: { hideOverlap: true } },
  yAxis: {
    type: 'value',
    nameTextStyle: { align: 'left' },
  },
}

/** The line at a register event. */
const eventLine = ({ limit }: ChartColors) => ({
  silent: true,
  symbol: ['none', 'triangle'],
  lineStyle: { color: limit, type: 'dashed' },
  label: { color: limit, formatter: '{b}' },
})

interface RawChartProps {
  points: readonly { atMs: number; value: number | null }[]
  unit: string
  marks: readonly { atMs: number; name: string }[]
}

/** Registers as they were read: a point each, joined by a thin line. */
export function RawChart({ points, unit, marks }: RawChartProps) {
  const { text } = useLanguage()
  const colors = useChartColors()
  const option = useMemo(
    () => ({
      ...FRAME,
      tooltip: {
        trigger: 'axis',
        formatter: (shown: { dataIndex: number }[]) => {
          const point = points[shown[0]?.dataIndex ?? -1]
          return point ? `${formatTime(point.atMs)}<br><b>${withUnit(formatRegister(point.value), unit)}</b>` : ''
        },
      },
      xAxis: { ...FRAME.xAxis, data: points.map(({ atMs }) => formatTime(atMs).slice(11)) },
      yAxis: { ...FRAME.yAxis, name: unit, scale: true },
      series: [
        {
          ...{ type: 'line', symbol: 'circle', symbolSize: 5, itemStyle: { color: colors.main } },
          lineStyle: { color: colors.pale, width: 1 },
          data: points.map(({ value }) => value),
          markLine: {
            ...eventLine(colors),
            data: marks.flatMap(({ atMs, name }) => {
              const at = points.findLastIndex((one) => one.atMs <= atMs)
              return at < 0 ? [] : [{ name, xAxis: at }]
            }),
          },
        },
      ],
    }),
    [points, unit, marks, colors],
  )
  return <Chart className="chart chart-hours" option={option} label={`${text.readingsBehind}, ${unit}`} />
}

/** The line at the present hour. */
const nowLine = ({ faint }: ChartColors) => ({
  lineStyle: { color: faint, type: 'solid', width: 1 },
  label: { color: faint },
})

/** The axis of `ground`: the same height for any amounts. */
const GROUND_AXIS = { type: 'value', show: false, min: 0, max: 1 }

/** A low hatched foot where an amount is unknown; nothing where it is still to come. */
const ground = (points: readonly { value: number | null; isToCome?: boolean }[], colors: ChartColors) => ({
  ...BARS,
  yAxisIndex: 1,
  silent: true,
  itemStyle: barStyle(gapStyle(colors)),
  data: points.map(({ value, isToCome = false }) => (value === null && !isToCome ? FOOT : null)),
})

const gapStyle = ({ gap, gapHatch }: ChartColors): BarStyle => ({ color: gap, hatch: gapHatch })

/** Of the height of the chart. */
const FOOT = 0.06

const BARS = { type: 'bar', barCategoryGap: '20%', barGap: '-100%' }

const twoDigits = (hour: number): string => String(hour).padStart(2, '0')

const barStyle = ({ color, hatch }: BarStyle) => ({
  color,
  ...(hatch && {
    decal: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: hatch },
    borderColor: hatch,
    borderWidth: 1,
  }),
})

const swatch = ({ color, hatch }: BarStyle) => ({
  background: hatch ? `repeating-linear-gradient(135deg, ${hatch} 0 2px, ${color} 2px 5px)` : color,
  ...(hatch && { outline: `1px solid ${hatch}` }),
})
