// Holds the colours of all charts, light and dark. ECharts computes with them (hatching, scales, lighter when pointed
// at), so that they cannot be the variables of page.css.

import { type Theme, useTheme } from '../frame/theme.ts'

export interface ChartColors {
  /** What a chart is about, and two weaker ones of the same hue: what is not chosen, and what was not measured. */
  main: string
  soft: string
  pale: string
  unchosen: string
  /** The year before, beside `main`: as a line, and where it must stand back. */
  before: string
  beforeFaint: string
  /** After the work of a contract; edges of a band. */
  warm: string
  /** A limit, a model, an event. */
  limit: string
  beyond: string
  other: string
  suspect: string
  reset: string
  doubtful: string
  /** The foot of an unknown amount, with its hatching. */
  gap: string
  gapHatch: string
  text: string
  faint: string
  splitLine: string
  ground: string
  tooltip: { ground: string; border: string }
  calendar: { ground: string; splitLine: string }
  /** From little to much: towards the colour of the text, so dark enough at its end for paper. */
  heat: readonly string[]
  flow: readonly string[]
  flowRest: string
  map: { onTrack: string; atRisk: string; over: string; none: string; pointed: string }
}

const light: ChartColors = {
  ...{ main: '#1554ad', soft: '#7aa5dd', pale: '#c3d7f3', unchosen: '#9fbfe9' },
  ...{ before: '#d48806', beforeFaint: '#8c8c8c', warm: '#ad4e00' },
  ...{ limit: '#a8071a', beyond: '#cf6a00', other: '#531dab' },
  ...{ suspect: '#f5d0a9', reset: '#e3d3f5', doubtful: '#ffd6d9' },
  ...{ gap: '#f0f0f0', gapHatch: '#8c8c8c' },
  ...{ text: '#1f1f1f', faint: '#595959', splitLine: '#e8e8e8', ground: '#fff' },
  tooltip: { ground: '#fff', border: '#d9d9d9' },
  calendar: { ground: '#f5f5f5', splitLine: '#bfbfbf' },
  heat: ['#e6f4ff', '#91caff', '#4096ff', '#0958d9', '#002c8c'],
  flow: ['#1554ad', '#389e0d', '#d46b08', '#531dab', '#08979c', '#c41d7f', '#7cb305', '#096dd9'],
  flowRest: '#bfbfbf',
  map: { onTrack: '#95c97c', atRisk: '#f0b36b', over: '#e58080', none: '#e3e6eb', pointed: '#c3d7f3' },
}

const dark: ChartColors = {
  ...{ main: '#6ba6f7', soft: '#3f71b5', pale: '#34598c', unchosen: '#34598c' },
  ...{ before: '#e8b339', beforeFaint: '#8e96a1', warm: '#ffa940' },
  ...{ limit: '#ff8580', beyond: '#f08c2e', other: '#b798f0' },
  ...{ suspect: '#5c3d18', reset: '#3f2e5e', doubtful: '#5c2223' },
  ...{ gap: '#262b32', gapHatch: '#7d8590' },
  ...{ text: '#e4e7eb', faint: '#a9b0ba', splitLine: '#2e343c', ground: '#16191d' },
  tooltip: { ground: '#20242a', border: '#434a54' },
  calendar: { ground: '#20242a', splitLine: '#5a626d' },
  heat: ['#10284a', '#174a8c', '#2f7fd6', '#7db8f5', '#dcecff'],
  flow: ['#5b9bf0', '#6fc04a', '#f09a4a', '#a585e6', '#3fc1c4', '#ee7ab8', '#b5d84a', '#4fb1f5'],
  flowRest: '#5a626d',
  map: { onTrack: '#3d7529', atRisk: '#8f5a17', over: '#993335', none: '#2e343c', pointed: '#2c4d7c' },
}

const COLORS: Record<Theme, ChartColors> = { light, dark }

/** The colours of the page's theme. */
export const useChartColors = (): ChartColors => COLORS[useTheme()]

/** What ECharts draws around the data of any chart: axes, tooltip, scale. */
export function echartsTheme(theme: Theme): object {
  const { text, faint, splitLine, tooltip, gapHatch } = COLORS[theme]
  const axis = {
    axisLine: { lineStyle: { color: gapHatch } },
    axisLabel: { color: faint },
    nameTextStyle: { color: faint },
    splitLine: { lineStyle: { color: splitLine } },
  }
  return {
    darkMode: theme === 'dark',
    textStyle: { color: text },
    tooltip: { backgroundColor: tooltip.ground, borderColor: tooltip.border, textStyle: { color: text } },
    axisPointer: { lineStyle: { color: gapHatch } },
    visualMap: { textStyle: { color: faint } },
    ...{ categoryAxis: axis, valueAxis: axis },
  }
}
