// The charts that a reviewer of measurement and verification expects, as SVG: energy against temperature with the
// fitted line, residuals, means by the day of the week and by the hour, and cumulative savings with their band.

import { dayLabel, dayOf } from '../calendar.ts'
import { type MeasuredDay, type MeasuredSeries, weekdayMeans } from '../contract/measuring.ts'
import type { PeriodSettlement } from '../contract/settlement-view.ts'
import { profileName, type ReportLanguage } from './contract-phrases.ts'
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
  /** Of a line: lengths of strokes and gaps; empty: solid. */
  dash?: string
  /** Empty: none in the legend. */
  name: string
}
interface Drawing {
  title: string
  xTitle: string
  yTitle: string
  layers: readonly Layer[]
  xText?(x: number): string
  /** Where the horizontal axis has its texts; at even distances when absent. */
  xPlaces?: readonly number[]
}

const SIZE = { width: 640, height: 300, left: 64, right: 30, top: 34, bottom: 48 }
const TICKS = 5
/** Entries of the legend in a row, fewer of long names, and what a row takes. */
const LEGEND = { entries: 4, ofLongNames: 2, longName: 18, high: 14 } as const
const entriesOf = (named: readonly Layer[]): number =>
  named.some(({ name }) => name.length > LEGEND.longName) ? LEGEND.ofLongNames : LEGEND.entries
const COLOURS = { before: '#1554ad', after: '#ad4e00', model: '#a8071a', band: '#f4b183' } as const

/** A chart with axes, ticks and a legend; no scripts. Empty text where there is nothing to draw. */
function svgOf({ layers: given, ...drawing }: Drawing): string {
  const layers = given.filter(({ points }) => points.length > 0)
  const all = layers.flatMap(({ points }) => points)
  if (all.length === 0) return ''
  const named = layers.filter(({ name }) => name !== '')
  const height = SIZE.height + LEGEND.high * Math.floor((named.length - 1) / entriesOf(named))
  const bars = layers.filter(({ as }) => as === 'bars')
  const xs = all.map(({ x }) => x)
  const [x0, x1] = spanOf(bars.length > 0 ? [Math.min(...xs) - 0.5, Math.max(...xs) + 0.5] : xs)
  const lows = layers.flatMap(({ low = [] }) => low)
  const yPlaces = roundPlaces(spanOf([...all.map(({ y }) => y), ...lows, ...(bars.length > 0 ? [0] : [])]))
  const [y0, y1] = spanOf(yPlaces)
  const { width, left, right, top, bottom } = SIZE
  const scale: Scale = {
    x: (x) => left + ((x - x0) / (x1 - x0)) * (width - left - right),
    y: (y) => SIZE.height - bottom - ((y - y0) / (y1 - y0)) * (SIZE.height - top - bottom),
  }
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => index / TICKS)
  const evenly = ticks.map((share) => x0 + share * (x1 - x0))
  const round = roundPlaces([x0, x1]).filter((x) => x >= x0 && x <= x1)
  const byKind = bars.length > 0 ? [...new Set(xs)] : drawing.xText ? evenly : round
  const xPlaces = drawing.xPlaces ?? byKind
  const drawn = layers.map((layer) => drawnLayer(layer, scale, { bars: bars.length, bar: bars.indexOf(layer) }))
  const zero = y0 < 0 && y1 > 0 ? lineAt(scale.y(0), '#888') : ''
  const parts = [...yPlaces.map((y) => yMark(y, scale)), zero, xMarks(xPlaces, scale, drawing), ...drawn]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-size="10" font-family="sans-serif" role="img" aria-label="${escapeXml(drawing.title)}">${parts.join('')}${titlesOf(drawing)}${legendOf(named)}</svg>`
}

interface Scale {
  x(value: number): number
  y(value: number): number
}

const lineAt = (y: number, colour: string): string =>
  `<line x1="${SIZE.left}" x2="${SIZE.width - SIZE.right}" y1="${at(y)}" y2="${at(y)}" stroke="${colour}"/>`

const yMark = (y: number, scale: Scale): string =>
  `${lineAt(scale.y(y), '#ddd')}<text x="${SIZE.left - 5}" y="${at(scale.y(y) + 3)}" text-anchor="end">${numberText(y)}</text>`

const xMarks = (places: readonly number[], scale: Scale, { xText = numberText }: DrawingWithoutLayers): string =>
  places
    .map(
      (x) =>
        `<text x="${at(scale.x(x))}" y="${SIZE.height - SIZE.bottom + 14}" text-anchor="middle">${escapeXml(xText(x))}</text>`,
    )
    .join('')
type DrawingWithoutLayers = Omit<Drawing, 'layers'>

const titlesOf = ({ title, xTitle, yTitle }: DrawingWithoutLayers): string =>
  `<text x="${SIZE.width / 2}" y="14" text-anchor="middle" font-size="13">${escapeXml(title)}</text><text x="${SIZE.width - SIZE.right}" y="${SIZE.height - SIZE.bottom + 26}" text-anchor="end">${escapeXml(xTitle)}</text><text x="4" y="${SIZE.top - 10}">${escapeXml(yTitle)}</text>`

const legendOf = (layers: readonly Layer[]): string =>
  layers
    .map(({ name, colour, as, dash = '' }, index) => {
      const entries = entriesOf(layers)
      const x = SIZE.left + ((index % entries) * (SIZE.width - SIZE.left)) / entries
      const y = SIZE.height - 14 + LEGEND.high * Math.floor(index / entries)
      const sign =
        as === 'line'
          ? `<line x1="${x}" x2="${x + 16}" y1="${y + 5}" y2="${y + 5}" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`
          : `<rect x="${x + 3}" y="${y}" width="10" height="10" fill="${colour}"/>`
      return `${sign}<text x="${x + 20}" y="${y + 9}">${escapeXml(name)}</text>`
    })
    .join('')

const at = (value: number): string => value.toFixed(1)
const AXIS_NUMBERS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })
const numberText = (value: number): string => AXIS_NUMBERS.format(value)

/** Round numbers that hold a span between them. */
function roundPlaces([low, high]: readonly [number, number]): number[] {
  const rough = (high - low) / TICKS
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10)
  const first = Math.floor(low / step + 1e-9)
  const count = Math.ceil(high / step - 1e-9) - first
  return Array.from({ length: count + 1 }, (_, index) => (first + index) * step)
}

function spanOf(values: readonly number[]): [number, number] {
  const low = Math.min(...values)
  const high = Math.max(...values)
  return high > low ? [low, high] : [low - 1, high + 1]
}

/** Widest bar, and the part of its place that the bars of a place take together. */
const BARS = { wide: 28, share: 0.8 } as const

function drawnLayer(
  { points, as, low = [], colour, dash = '' }: Layer,
  scale: Scale,
  { bars, bar }: { bars: number; bar: number },
): string {
  const place = ({ x, y }: Point): string => `${at(scale.x(x))},${at(scale.y(y))}`
  if (as === 'dots')
    return points
      .map(
        ({ x, y }) =>
          `<circle cx="${at(scale.x(x))}" cy="${at(scale.y(y))}" r="1.8" fill="${colour}" fill-opacity="0.6"/>`,
      )
      .join('')
  if (as === 'line')
    return `<polyline points="${points.map(place).join(' ')}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-dasharray="${dash}"/>`
  if (as === 'bars') {
    const wide = Math.min(BARS.wide, ((scale.x(1) - scale.x(0)) * BARS.share) / bars)
    return points
      .map(({ x, y }) => {
        const left = scale.x(x) + (bar - bars / 2) * wide
        return `<rect x="${at(left)}" y="${at(Math.min(scale.y(y), scale.y(0)))}" width="${at(wide)}" height="${at(Math.abs(scale.y(y) - scale.y(0)))}" fill="${colour}"/>`
      })
      .join('')
  }
  const below = points.map(({ x }, index) => place({ x, y: low[index] ?? 0 })).toReversed()
  return `<polygon points="${[...points.map(place), ...below].join(' ')}" fill="${colour}" fill-opacity="0.35"/>`
}

type Say = (zh: string, en: string) => string
const sayIn =
  (language: ReportLanguage): Say =>
  (zh, en) =>
    language === 'zh' ? zh : en

/** Days of the baseline and after it: against the temperature, as residuals, by the day of the week and by the hour. */
export function measuredCharts(series: MeasuredSeries, unit: string, language: ReportLanguage): string[] {
  const say = sayIn(language)
  return [
    temperatureChart(series, unit, say),
    residualChart(series, unit, say),
    weekChart(series, unit, say),
    profileChart(series, unit, language),
  ].filter((svg) => svg !== '')
}

/** Dots are days that count; the line is the model of the baseline. */
function temperatureChart({ baseline, reporting }: MeasuredSeries, unit: string, say: Say): string {
  const dotsOf = (days: readonly MeasuredDay[]): Point[] =>
    days.flatMap(({ temperature, use, counted }) =>
      counted && temperature !== null && use !== null ? [{ x: temperature, y: use }] : [],
    )
  const line = [...baseline, ...reporting]
    .flatMap(({ temperature, predicted }) =>
      temperature === null || predicted === null ? [] : [{ x: temperature, y: predicted }],
    )
    .toSorted((a, b) => a.x - b.x)
  if (line.length === 0) return ''
  return svgOf({
    ...{ title: say('用量与气温', 'Energy against temperature'), xTitle: '℃', yTitle: `${unit}/d` },
    layers: [
      { points: dotsOf(baseline), as: 'dots', colour: COLOURS.before, name: say('基准期', 'baseline') },
      { points: dotsOf(reporting), as: 'dots', colour: COLOURS.after, name: say('报告期', 'reporting period') },
      { points: line, as: 'line', colour: COLOURS.model, name: say('基准模型', 'baseline model') },
    ],
  })
}

/** Measured less the model. After the work it is what was saved, below 0. */
function residualChart({ baseline, reporting }: MeasuredSeries, unit: string, say: Say): string {
  const residualsOf = (days: readonly MeasuredDay[]): Point[] =>
    days.flatMap(({ date, use, predicted, counted }) =>
      counted && use !== null && predicted !== null ? [{ x: dayOf(Date.parse(date)), y: use - predicted }] : [],
    )
  return svgOf({
    ...{ title: say('残差（实测 − 模型）', 'Residuals (measured − model)'), xTitle: '', yTitle: `${unit}/d` },
    xText: (day) => dayLabel(Math.round(day)),
    layers: [
      { points: residualsOf(baseline), as: 'dots', colour: COLOURS.before, name: say('基准期', 'baseline') },
      { points: residualsOf(reporting), as: 'dots', colour: COLOURS.after, name: say('报告期', 'reporting period') },
    ],
  })
}

function weekChart({ baseline, reporting }: MeasuredSeries, unit: string, say: Say): string {
  const names = [...say('一二三四五六日', 'MTWTFSS')]
  const barsOf = (days: readonly MeasuredDay[]): Point[] =>
    weekdayMeans(days).flatMap((y, x) => (y === null ? [] : [{ x, y }]))
  return svgOf({
    ...{ title: say('按星期的平均用量', 'Mean use by the day of the week'), xTitle: '', yTitle: `${unit}/d` },
    xText: (x) => names[x] ?? '',
    layers: [
      { points: barsOf(baseline), as: 'bars', colour: COLOURS.before, name: say('基准期', 'baseline') },
      { points: barsOf(reporting), as: 'bars', colour: COLOURS.after, name: say('报告期', 'reporting period') },
    ],
  })
}

/** Mean days by the hour. */
function profileChart({ profiles }: MeasuredSeries, unit: string, language: ReportLanguage): string {
  const say = sayIn(language)
  return svgOf({
    ...{ title: say('按日类型的逐时平均', 'Mean days by the hour'), xTitle: say('时', 'hour'), yTitle: `${unit}/h` },
    xText: (x) => String(x),
    xPlaces: HOUR_PLACES,
    layers: profiles.map(({ of, dayType, hours, days }) => ({
      points: hours.map((y, x) => ({ x, y })),
      ...{ as: 'line', colour: of === 'baseline' ? COLOURS.before : COLOURS.after, dash: DASHES[dayType] },
      name: `${profileName({ of, dayType })[language]} (${days})`,
    })),
  })
}
const HOUR_PLACES = [0, 3, 6, 9, 12, 15, 18, 21]
const DASHES = { working: '', rest: '6 3', holiday: '2 3' } as const

/** Cumulative savings by period with their band. */
export function cumulativeChart(
  settled: readonly Pick<PeriodSettlement, 'period' | 'cumulative'>[],
  unit: string,
  language: ReportLanguage,
): string {
  const say = sayIn(language)
  const points = settled.map(({ cumulative }, x) => ({ x, y: cumulative.savings }))
  const width = settled.map(({ cumulative }) => cumulative.halfWidth ?? 0)
  const xText = (x: number): string => (Number.isInteger(x) ? (settled[x]?.period ?? '') : '')
  return svgOf({
    ...{ title: say('累计节能量', 'Cumulative savings'), xTitle: '', yTitle: unit, xText },
    xPlaces: points.map(({ x }) => x),
    layers: [
      {
        ...{ points: points.map(({ x, y }, i) => ({ x, y: y + (width[i] ?? 0) })), as: 'band', colour: COLOURS.band },
        ...{ low: points.map(({ y }, i) => y - (width[i] ?? 0)), name: say('不确定度', 'uncertainty') },
      },
      { points, as: 'line', colour: COLOURS.before, name: say('节能量', 'savings') },
      { points, as: 'dots', colour: COLOURS.before, name: '' },
    ],
  })
}
