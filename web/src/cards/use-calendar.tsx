// Shows each day of a year as a square, darker for more use, with the months as a table.

import { Card, Spin } from 'antd'
import { lazy, Suspense, useMemo } from 'react'
import { monthOf } from '../../../domain/calendar.ts'
import type { UseView } from '../../../domain/view/period.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { formatAmount, formatNumber, formatUnit, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { useUseWords } from '../words/use-words.ts'
import { dateOf, periodFile } from './files-use.ts'
import { ProblemNotice } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

const CalendarChart = lazy(async () => ({ default: (await import('../charts/use-charts.tsx')).CalendarChart }))

interface Props {
  institution: string
  /** Null: the first that is measured. */
  medium: string | null
  year: string
}
type Day = UseView['points'][number] & { value: number }

const isKnown = (point: UseView['points'][number]): point is Day => point.value !== null
/** A day of which hours are missing would seem to be a day of little use. */
const isWhole = ({ hoursKnown, hoursExpected }: Day): boolean => hoursKnown >= hoursExpected
const most = (days: readonly Day[]): Day | undefined => days.toSorted((a, b) => b.value - a.value)[0]
const least = (days: readonly Day[]): Day | undefined => days.toSorted((a, b) => a.value - b.value)[0]

export function UseCalendar({ institution, medium, year }: Props) {
  const speech = useLanguage()
  const { text, language } = speech
  const words = useUseWords()
  const path = `institutions/${encodeURIComponent(institution)}/use`
  const days = { from: `${year}-01-01`, to: `${year}-12-31`, grain: 'day' }
  const found = useResource<UseView>(withQuery(path, { ...days, medium }))
  const { data } = found
  const unit = data ? formatUnit(data.unit, language) : ''
  const title = words.calendar(year)
  const known = useMemo(() => (data?.points ?? []).filter(isKnown), [data])
  const months = useMemo(() => [...Map.groupBy(known, ({ atMs }) => monthOf(atMs))], [known])
  const say = (day: Day | undefined) => (day ? `${dateOf(day.atMs)} ${withUnit(formatAmount(day.value), unit)}` : '—')
  const whole = known.filter(isWhole)
  const said = `${title}. ${words.dayMost}: ${say(most(whole))}. ${words.dayLeast}: ${say(least(whole))}`
  if (data?.medium === null) return null
  return (
    <Card
      title={data?.medium ? `${title} · ${text.media[data.medium]}` : title}
      extra={<SaveTables tables={data ? [periodFile(title, data, dateOf, { ...speech, words })] : []} />}
      data-testid="use-calendar"
    >
      <ProblemNotice of={found} />
      {!data && !found.problem && <Spin className="waiting" description={text.loading} />}
      {data && (
        <>
          <Suspense fallback={<div className="chart chart-calendar" />}>
            <CalendarChart year={year} points={data.points} unit={unit} words={words} said={said} />
          </Suspense>
          <details>
            <summary>{text.asTable}</summary>
            <table className="plain-table">
              <thead>
                <tr>
                  <th scope="col">{text.month}</th>
                  <th scope="col">{`${words.monthTotal} (${unit})`}</th>
                  <th scope="col">{`${words.dayMean} (${unit})`}</th>
                  <th scope="col">{words.dayMost}</th>
                  <th scope="col">{words.dayLeast}</th>
                  <th scope="col">{words.daysKnown}</th>
                </tr>
              </thead>
              <tbody>
                {months.map(([month, own]) => (
                  <MonthRow key={month} month={month} own={own} say={say} />
                ))}
              </tbody>
            </table>
          </details>
        </>
      )}
    </Card>
  )
}

function MonthRow({ month, own, say }: { month: string; own: Day[]; say: (day: Day | undefined) => string }) {
  const whole = own.filter(isWhole)
  const sum = (days: readonly Day[]) => days.reduce((total, { value }) => total + value, 0)
  return (
    <tr>
      <th scope="row">{month}</th>
      <td>{formatAmount(sum(own))}</td>
      <td>{formatAmount(whole.length > 0 ? sum(whole) / whole.length : null)}</td>
      <td>{say(most(whole))}</td>
      <td>{say(least(whole))}</td>
      <td>{formatNumber(whole.length, 0)}</td>
    </tr>
  )
}
