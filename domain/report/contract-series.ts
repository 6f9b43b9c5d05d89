// The tables behind the charts of a settlement sheet and of a plan of measurement and verification, each with its chart
// for the workbook (docs/rules/contracts.md#reports).

import { type DayProfile, type MeasuredDay, type MeasuredSeries, weekdayMeans } from '../contract/measuring.ts'
import type { PeriodSettlement } from '../contract/settlement-view.ts'
import type { Phrase } from '../phrase.ts'
import { profileName, type ReportLanguage, SPAN_WORDS } from './contract-phrases.ts'
import type { ReportColumn, ReportTable } from './document.ts'

const words = (zh: string, en: string): Phrase => ({ zh, en })
const NO_NOTE = words('', '')
const column = (id: string, title: Phrase, format: ReportColumn['format'], unit = ''): ReportColumn => ({
  ...{ id, title, format, unit },
})

/** Those that have rows, the days of the baseline first. `unit`: of the medium. */
export function seriesTables(
  { baseline, reporting, profiles }: MeasuredSeries,
  unit: string,
  { language }: { language: ReportLanguage },
): ReportTable[] {
  const follows = [...baseline, ...reporting].some(({ predicted }) => predicted !== null)
  return [
    ...(baseline.length > 0 ? [residualTable(baseline, unit)] : []),
    ...(follows ? [temperatureTable({ baseline, reporting }, unit)] : []),
    ...(baseline.length > 0 ? [weekTable({ baseline, reporting }, unit, language)] : []),
    ...(profiles.length > 0 ? [profileTable(profiles, unit)] : []),
  ]
}

/** Days that count, the coldest first, so that the model is one line. */
function temperatureTable(
  { baseline, reporting }: Pick<MeasuredSeries, 'baseline' | 'reporting'>,
  unit: string,
): ReportTable {
  const ofSpan = (days: readonly MeasuredDay[], isBaseline: boolean) =>
    days.flatMap(({ date, temperature, use, predicted, counted }) =>
      counted && temperature !== null && use !== null ? [{ date, temperature, use, predicted, isBaseline }] : [],
    )
  const days = [...ofSpan(baseline, true), ...ofSpan(reporting, false)].toSorted(
    (a, b) => a.temperature - b.temperature || a.date.localeCompare(b.date),
  )
  const hasAfter = days.some(({ isBaseline }) => !isBaseline)
  const title = words('用量与气温', 'Energy against temperature')
  return {
    ...{ id: 'temperature', title, note: words('每点为计入的一天。', 'A point is a day that counts.') },
    columns: [
      column('temperature', words('平均气温', 'Temperature'), 'decimal1', '℃'),
      column('before', SPAN_WORDS.baseline, 'decimal2', unit),
      ...(hasAfter ? [column('after', SPAN_WORDS.reporting, 'decimal2', unit)] : []),
      column('model', words('基准模型', 'Baseline model'), 'decimal2', unit),
      column('date', words('日期', 'Date'), 'text'),
    ],
    chart: {
      ...{ title, category: 'temperature', kind: 'points', lines: ['model'] },
      series: ['before', ...(hasAfter ? ['after'] : []), 'model'],
    },
    rows: days.map(({ date, temperature, use, predicted, isBaseline }) => ({
      id: date,
      cells: [temperature, isBaseline ? use : null, ...(hasAfter ? [isBaseline ? null : use] : []), predicted, date],
    })),
  }
}

function residualTable(baseline: readonly MeasuredDay[], unit: string): ReportTable {
  return {
    ...{ id: 'fitted', title: words('基准期逐日', 'Days of the baseline'), note: NO_NOTE },
    columns: [
      column('date', words('日期', 'Date'), 'text'),
      column('temperature', words('平均气温', 'Temperature'), 'decimal1', '℃'),
      column('use', words('用量', 'Use'), 'decimal2', unit),
      column('fitted', words('模型值', 'Model'), 'decimal2', unit),
      column('residual', words('残差（实测 − 模型）', 'Residual (measured − model)'), 'decimal2', unit),
    ],
    chart: { title: words('残差', 'Residuals'), category: 'date', series: ['residual'], kind: 'points' },
    rows: baseline.map(({ date, temperature, use, predicted, counted }) => ({
      id: date,
      cells: [
        ...[date, temperature, use, predicted],
        counted && use !== null && predicted !== null ? use - predicted : null,
      ],
    })),
  }
}

const WEEKDAYS: Record<ReportLanguage, readonly string[]> = {
  zh: ['周一', '周二', '周三', '周四', '周五', '周六', '周日'],
  en: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
}

function weekTable(
  { baseline, reporting }: Pick<MeasuredSeries, 'baseline' | 'reporting'>,
  unit: string,
  language: ReportLanguage,
): ReportTable {
  const [before, after] = [weekdayMeans(baseline), weekdayMeans(reporting)]
  const hasAfter = reporting.length > 0
  const title = words('按星期的平均用量', 'Mean use by the day of the week')
  return {
    ...{ id: 'week', title, sheet: language === 'zh' ? '按星期' : 'Week', note: NO_NOTE },
    columns: [
      column('weekday', words('星期', 'Day'), 'text'),
      column('before', SPAN_WORDS.baseline, 'decimal2', `${unit}/d`),
      ...(hasAfter ? [column('after', SPAN_WORDS.reporting, 'decimal2', `${unit}/d`)] : []),
    ],
    chart: { title, category: 'weekday', series: ['before', ...(hasAfter ? ['after'] : [])] },
    rows: WEEKDAYS[language].map((name, index) => ({
      id: name,
      cells: [name, before[index] ?? null, ...(hasAfter ? [after[index] ?? null] : [])],
    })),
  }
}

function profileTable(profiles: readonly DayProfile[], unit: string): ReportTable {
  const idOf = ({ of, dayType }: DayProfile): string => `${of}-${dayType}`
  const title = words('按日类型的逐时平均', 'Mean days by the hour')
  return {
    ...{ id: 'profiles', title },
    note: words('只取全天 24 小时均有实测的日子。', 'Days whose 24 hours are all measured.'),
    columns: [
      column('hour', words('时刻', 'Hour'), 'text'),
      ...profiles.map((one) => column(idOf(one), profileName(one), 'decimal2', `${unit}/h`)),
    ],
    chart: { title, category: 'hour', series: profiles.map(idOf), kind: 'points', lines: profiles.map(idOf) },
    rows: Array.from({ length: 24 }, (_, hour) => {
      const name = `${String(hour).padStart(2, '0')}:00`
      return { id: name, cells: [name, ...profiles.map(({ hours }) => hours[hour] ?? null)] }
    }),
  }
}

/** Cumulative savings by period with their band. */
export function cumulativeTable(
  settled: readonly Pick<PeriodSettlement, 'period' | 'cumulative'>[],
  unit: string,
): ReportTable {
  const title = words('累计节能量', 'Cumulative savings')
  return {
    ...{ id: 'cumulative', title, note: NO_NOTE },
    columns: [
      column('period', words('结算期', 'Period'), 'text'),
      column('savings', words('累计节能量', 'Savings'), 'decimal2', unit),
      column('low', words('不确定度下限', 'Lower end of the band'), 'decimal2', unit),
      column('high', words('不确定度上限', 'Upper end of the band'), 'decimal2', unit),
    ],
    chart: {
      ...{ title, category: 'period', kind: 'points' },
      ...{ series: ['savings', 'low', 'high'], lines: ['savings', 'low', 'high'] },
    },
    rows: settled.map(({ period, cumulative: { savings, halfWidth } }) => ({
      id: period,
      cells: [period, savings, ...(halfWidth === null ? [null, null] : [savings - halfWidth, savings + halfWidth])],
    })),
  }
}
