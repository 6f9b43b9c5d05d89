// The charts that a reviewer of measurement and verification expects, as SVG: energy against temperature with the
// fitted line, residuals, means by the day of the week, and cumulative savings with their band.

import { dayLabel } from '../calendar.ts'
import { predictDayOf } from '../contract/baseline.ts'
import type { ContractRecord } from '../contract/life.ts'
import type { SettledRow } from '../contract/view.ts'
import type { ReportLanguage } from './contract-phrases.ts'
import { escapeXml } from './escape.ts'

interface Point {
  x: number
  y: number
}
interface Layer {
  points: readonly Point[]
  /** Dots, a line, or an area between `y` and the `low` of the same place. */
  as: 'dots' | 'line' | 'band' | 'bars'
  low?: readonly number[]
  colour: string
  name: string
}
interface Drawing {
  title: string
  xTitle: string
  yTitle: string
  layers: readonly Layer[]
  xText?(x: number): string
}

const SIZE = { width: 640, height: 300, left: 64, right: 30, top: 30, bottom: 42 }
const TICKS = 5
const COLOURS = { use: '#4472c4', model: '#c00000', band: '#f4b183' } as const

/** A chart with axes, ticks and a legend; no scripts. Empty text where there is nothing to draw. */
function svgOf({ title, xTitle, yTitle, layers, xText = numberText }: Drawing): string {
  const all = layers.flatMap(({ points }) => points)
  if (all.length === 0) return ''
  const lows = layers.flatMap(({ low = [] }) => low)
  const hasBars = layers.some(({ as }) => as === 'bars')
  const xs = all.map(({ x }) => x)
  const [x0, x1] = spanOf(hasBars ? [Math.min(...xs) - 0.5, Math.max(...xs) + 0.5] : xs)
  const [y0, y1] = spanOf([...all.map(({ y }) => y), ...lows, ...(hasBars ? [0] : [])])
  const { width, height, left, right, top, bottom } = SIZE
  const px = (x: number): number => left + ((x - x0) / (x1 - x0)) * (width - left - right)
  const py = (y: number): number => height - bottom - ((y - y0) / (y1 - y0)) * (height - top - bottom)
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => index / TICKS)
  const axes = ticks.map((share) => {
    const y = y0 + share * (y1 - y0)
    const grid = `<line x1="${left}" x2="${width - right}" y1="${at(py(y))}" y2="${at(py(y))}" stroke="#ddd"/>`
    const yLabel = `<text x="${left - 5}" y="${at(py(y) + 3)}" text-anchor="end">${numberText(y)}</text>`
    return `${grid}${yLabel}`
  })
  const marks = (hasBars ? xs : ticks.map((share) => x0 + share * (x1 - x0))).map(
    (x) => `<text x="${at(px(x))}" y="${height - bottom + 14}" text-anchor="middle">${escapeXml(xText(x))}</text>`,
  )
  const drawn = layers.map((layer) => drawnLayer(layer, px, py))
  const legend = layers.map(
    ({ name, colour }, index) =>
      `<rect x="${left + index * 150}" y="${height - 12}" width="10" height="10" fill="${colour}"/><text x="${left + index * 150 + 14}" y="${height - 3}">${escapeXml(name)}</text>`,
  )
  const titles = `<text x="${width / 2}" y="16" text-anchor="middle" font-size="13">${escapeXml(title)}</text><text x="${width - right}" y="${height - bottom + 27}" text-anchor="end">${escapeXml(xTitle)}</text><text x="4" y="${top - 8}">${escapeXml(yTitle)}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-size="10" font-family="sans-serif" role="img" aria-label="${escapeXml(title)}">${axes.join('')}${marks.join('')}${drawn.join('')}${titles}${legend.join('')}</svg>`
}

const at = (value: number): string => value.toFixed(1)
const numberText = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1))

function spanOf(values: readonly number[]): [number, number] {
  const low = Math.min(...values)
  const high = Math.max(...values)
  return high > low ? [low, high] : [low - 1, high + 1]
}

function drawnLayer(
  { points, as, low = [], colour }: Layer,
  px: (x: number) => number,
  py: (y: number) => number,
): string {
  const place = ({ x, y }: Point): string => `${at(px(x))},${at(py(y))}`
  if (as === 'dots')
    return points
      .map((one) => `<circle cx="${at(px(one.x))}" cy="${at(py(one.y))}" r="1.8" fill="${colour}" fill-opacity="0.6"/>`)
      .join('')
  if (as === 'line')
    return `<polyline points="${points.map(place).join(' ')}" fill="none" stroke="${colour}" stroke-width="1.6"/>`
  if (as === 'bars')
    return points
      .map(
        ({ x, y }) =>
          `<rect x="${at(px(x) - 14)}" y="${at(Math.min(py(y), py(0)))}" width="28" height="${at(Math.abs(py(y) - py(0)))}" fill="${colour}"/>`,
      )
      .join('')
  const below = points.map(({ x }, index) => place({ x, y: low[index] ?? 0 })).toReversed()
  return `<polygon points="${[...points.map(place), ...below].join(' ')}" fill="${colour}" fill-opacity="0.35"/>`
}

type Say = (zh: string, en: string) => string
const sayIn =
  (language: ReportLanguage): Say =>
  (zh, en) =>
    language === 'zh' ? zh : en

/** Charts of the baseline; those by temperature only where it follows the weather. */
export function baselineCharts(
  { baseline }: Pick<ContractRecord, 'baseline'>,
  unit: string,
  language: ReportLanguage,
): string[] {
  if (!baseline) return []
  const say = sayIn(language)
  const days = baseline.use.flatMap((use, index) => {
    const degrees = baseline.temperature[index] ?? null
    const fitted = predictDayOf(baseline, degrees)
    return use === null ? [] : [{ day: baseline.firstDay + index, use, degrees, fitted }]
  })
  const warm = days.flatMap(({ use, degrees }) => (degrees === null ? [] : [{ x: degrees, y: use }]))
  const line = days
    .flatMap(({ degrees, fitted }) => (degrees === null || fitted === null ? [] : [{ x: degrees, y: fitted }]))
    .toSorted((a, b) => a.x - b.x)
  const residuals = days.flatMap(({ day, use, fitted }) => (fitted === null ? [] : [{ x: day, y: use - fitted }]))
  const week = Array.from({ length: 7 }, (_, weekday) => {
    const own = days.filter(({ day }) => (day + 3) % 7 === weekday).map(({ use }) => use)
    return { x: weekday, y: own.length === 0 ? 0 : own.reduce((sum, use) => sum + use, 0) / own.length }
  })
  const xDay = { xTitle: '', xText: (day: number) => dayLabel(Math.round(day)) }
  const names = [...say('一二三四五六日', 'MTWTFSS')]
  return [
    svgOf({
      ...{ title: say('用量与气温', 'Energy against temperature'), xTitle: '℃', yTitle: `${unit}/d` },
      layers: [
        { points: warm, as: 'dots', colour: COLOURS.use, name: say('实测', 'measured') },
        { points: line, as: 'line', colour: COLOURS.model, name: say('模型', 'model') },
      ],
    }),
    svgOf({
      ...{ title: say('残差', 'Residuals'), yTitle: `${unit}/d`, ...xDay },
      layers: [{ points: residuals, as: 'dots', colour: COLOURS.use, name: say('实测 − 模型', 'measured − model') }],
    }),
    svgOf({
      ...{ title: say('按星期的平均用量', 'Mean use by the day of the week'), xTitle: '', yTitle: `${unit}/d` },
      xText: (x) => names[x] ?? '',
      layers: [{ points: week, as: 'bars', colour: COLOURS.use, name: say('平均', 'mean') }],
    }),
  ].filter((svg) => svg !== '')
}

/** Cumulative savings by period with their band. */
export function cumulativeChart(rows: readonly SettledRow[], unit: string, language: ReportLanguage): string {
  const say = sayIn(language)
  const points = rows.map(({ cumulativeSavings }, x) => ({ x, y: cumulativeSavings }))
  const width = rows.map(({ cumulativeHalfWidth }) => cumulativeHalfWidth ?? 0)
  const xText = (x: number): string => rows[Math.round(x)]?.period ?? ''
  return svgOf({
    ...{ title: say('累计节能量', 'Cumulative savings'), xTitle: '', yTitle: unit, xText },
    layers: [
      {
        ...{ points: points.map(({ x, y }, i) => ({ x, y: y + (width[i] ?? 0) })), as: 'band', colour: COLOURS.band },
        ...{ low: points.map(({ y }, i) => y - (width[i] ?? 0)), name: say('不确定度', 'uncertainty') },
      },
      { points, as: 'line', colour: COLOURS.use, name: say('节能量', 'savings') },
    ],
  })
}
