// Shows the end of a chain: one day of one meter, hour by hour, and the readings behind its hours.

import { Spin } from 'antd'
import { dayLabel } from '../../../domain/calendar.ts'
import type { HourFlag } from '../../../domain/settle/settle.ts'
import type { ExplainDetail, ExplainView } from '../../../domain/view/explain.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { formatNumber, formatRegister, formatTime, formatUnit, UNKNOWN } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { explainDayFiles } from './files-explain.ts'
import { ProblemNotice } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

interface Props {
  view: ExplainView
  meter: string
  /** Day number. */
  day: number
}

export function ExplainDay({ view, meter, day }: Props) {
  const { text } = useLanguage()
  const { subject, indicator, table, month } = view
  const path = `institutions/${encodeURIComponent(subject)}/explain`
  const question = { indicator, table, month, limit: 1, meter, day: dayLabel(day) }
  const explained = useResource<ExplainView>(withQuery(path, question))
  const detail = explained.data?.detail
  return (
    <div data-testid="explain-day">
      <ProblemNotice of={explained} />
      {!detail && !explained.problem && <Spin className="waiting" description={text.loading} />}
      {detail && <Detail detail={detail} />}
    </div>
  )
}

/** `(176,710.42 − 176,709.66) × 80`. */
const stepWords = ({ from, to, times }: NonNullable<ExplainDetail['hours'][number]['step']>): string =>
  `(${formatRegister(to)} − ${formatRegister(from)})${times === 1 ? '' : ` × ${formatRegister(times)}`}`

function Detail({ detail }: { detail: ExplainDetail }) {
  const speech = useLanguage()
  const { text, language } = speech
  const { day, unit, hours, formula, readings, readingsLeft } = detail
  return (
    <>
      <strong>{day}</strong> <SaveTables tables={explainDayFiles(detail, speech)} />
      {formula.length > 0 && (
        <p>
          {formula.map(({ meter, factor }) => `${factor < 0 ? '−' : '+'} ${Math.abs(factor)} × ${meter}`).join(' ')}
        </p>
      )}
      <div className="explain-day">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">{text.hour}</th>
              <th scope="col">
                {text.amount} ({formatUnit(unit, language)})
              </th>
              <th scope="col">{text.flag}</th>
            </tr>
          </thead>
          <tbody>
            {hours.map(({ atMs, amount, flag, step }) => (
              <tr key={atMs}>
                <th scope="row">{formatTime(atMs)}</th>
                <td>
                  {formatNumber(amount, 2)}
                  {step && <div className="faint">{stepWords(step)}</div>}
                </td>
                <td>{text.flags[flag as HourFlag] ?? UNKNOWN}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {readings.length > 0 && (
          <table className="plain-table" data-testid="explain-readings">
            <thead>
              <tr>
                <th scope="col">{text.readAt}</th>
                <th scope="col">{text.reading}</th>
                <th scope="col">{text.received}</th>
                <th scope="col">{text.quality}</th>
              </tr>
            </thead>
            <tbody>
              {readings.map(({ atMs, value, receivedMs, quality, unit: readUnit }) => (
                <tr key={`${atMs} ${receivedMs} ${value}`}>
                  <th scope="row">{formatTime(atMs)}</th>
                  <td>
                    {formatRegister(value)} {formatUnit(readUnit, language)}
                  </td>
                  <td>{formatTime(receivedMs)}</td>
                  <td>{text.qualities[quality] ?? quality}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      {readingsLeft > 0 && <p className="note">{text.readingsLeft(formatNumber(readingsLeft, 0))}</p>}
    </>
  )
}
