// Says the curve of an alert: the name of each point, and the whole in a sentence.

import type { Language } from '../../../domain/phrase.ts'
import type { AlertCurveView } from '../../../domain/view/alert.ts'
import { formatAmount, formatTime, formatUnit, withUnit } from './format.ts'
import type { Dictionary } from './zh.ts'

/** The name of a point on the axis and in the table. */
export function pointLabel(atMs: number, grain: AlertCurveView['grain']): string {
  const time = formatTime(atMs)
  if (grain === 'month') return time.slice(0, 7)
  return grain === 'hour' ? time.slice(5) : time.slice(5, 10)
}

/** The curve in a sentence, for who does not see it. */
export function curveWords(
  { name, limit, points, unit }: AlertCurveView,
  text: Pick<Dictionary, 'noData'>,
  language: Language,
): string {
  const last = points.findLast(({ value }) => value !== null)
  const said = last ? withUnit(formatAmount(last.value), formatUnit(unit, language)) : text.noData
  const held = limit ? `, ${limit.name[language]} ${formatAmount(limit.value)}` : ''
  return `${name[language]}: ${said}${held}`
}
