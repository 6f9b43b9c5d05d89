// Shows the use of an institution: any period by hour, day or month beside the year before, a calendar of the year's
// days, and the flow of a month's energy.

import { Alert, Button, Card, Input, Radio, Select } from 'antd'
import { type FormEvent, lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { HOUR_MS, hourOfDay, type Month, monthOf, monthRange } from '../../../domain/calendar.ts'
import { PERIOD_GRAINS, type UseView as Use } from '../../../domain/view/period.ts'
import type { MeterView } from '../../../domain/view/view.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { type InstitutionRoute, visit } from '../frame/route.ts'
import { formatAmount, formatNumber, formatShareChange, formatUnit, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { useUseWords } from '../words/use-words.ts'
import { AdminField } from './admin-form.tsx'
import { dateOf, periodFile } from './files-use.ts'
import { FlowCard } from './flow-card.tsx'
import { Nothing, ProblemNotice } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'
import { UseCalendar } from './use-calendar.tsx'

const PeriodChart = lazy(async () => ({ default: (await import('../charts/use-charts.tsx')).PeriodChart }))

interface Props {
  route: InstitutionRoute
  meters: readonly MeterView[]
  month: Month
}

export function UseViews({ route, meters, month }: Props) {
  return (
    <>
      <PeriodCard key={formKey(route, month)} route={route} month={month} />
      <UseCalendar institution={route.id} medium={route.medium} year={(route.from ?? month).slice(0, 4)} />
      <FlowCard institution={route.id} meters={meters} month={month} />
    </>
  )
}

const formKey = ({ id, from, to, step, medium }: InstitutionRoute, month: Month): string =>
  [id, from, to, step, medium, month].join(' ')

/** Rows of the table that stand open; the file has all. */
const ROWS_MAX = 1_500

function PeriodCard({ route, month }: Omit<Props, 'meters'>) {
  const speech = useLanguage()
  const { text, language } = speech
  const words = useUseWords()
  const { fromMs, toMs } = monthRange(month)
  const asked = { from: route.from ?? dateOf(fromMs), to: route.to ?? dateOf(toMs - HOUR_MS) }
  const grain = route.step ?? 'day'
  const path = `institutions/${encodeURIComponent(route.id)}/use`
  const found = useResource<Use>(withQuery(path, { ...asked, grain, medium: route.medium }))
  const view = found.data
  const unit = view ? formatUnit(view.unit, language) : ''
  const labelOf = useCallback((atMs: number) => LABELS[grain](atMs), [grain])
  const files = view?.medium ? [periodFile(words.period, view, labelOf, { ...speech, words })] : []
  return (
    <Card title={words.period} extra={<SaveTables tables={files} />} data-testid="use-period">
      <PeriodForm route={route} asked={asked} grain={grain} media={view?.media ?? []} medium={view?.medium ?? null} />
      <ProblemNotice of={found} />
      {view && view.medium === null && <Nothing>{words.noMedium}</Nothing>}
      {view?.medium && (
        <>
          <Sums view={view} unit={unit} />
          <Suspense fallback={<div className="chart chart-hours" />}>
            <PeriodChart view={view} labelOf={labelOf} unit={unit} words={words} />
          </Suspense>
          <ul className="legend">
            <li className="legend-now">{words.thisPeriod}</li>
            <li className="legend-before">{words.yearBefore}</li>
          </ul>
          <details>
            <summary>{text.asTable}</summary>
            <table className="plain-table">
              <thead>
                <tr>
                  <th scope="col">{words.steps[grain]}</th>
                  <th scope="col">{`${words.thisPeriod} (${unit})`}</th>
                  <th scope="col">{words.known}</th>
                  <th scope="col">{`${words.yearBefore} (${unit})`}</th>
                </tr>
              </thead>
              <tbody>
                {view.points.slice(0, ROWS_MAX).map(({ atMs, value, hoursKnown, hoursExpected, before }) => (
                  <tr key={atMs}>
                    <th scope="row">{labelOf(atMs)}</th>
                    <td>{formatAmount(value)}</td>
                    <td>
                      {formatNumber(hoursKnown, 0)} / {formatNumber(hoursExpected, 0)}
                    </td>
                    <td>{formatAmount(before?.value)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </details>
          <p className="note">{words.metersOnly}</p>
        </>
      )}
    </Card>
  )
}

const LABELS: Record<Use['grain'], (atMs: number) => string> = {
  hour: (atMs) => `${dateOf(atMs)} ${String(hourOfDay(atMs)).padStart(2, '0')}:00`,
  day: dateOf,
  month: (atMs) => monthOf(atMs),
}

function Sums({ view, unit }: { view: Use; unit: string }) {
  const words = useUseWords()
  const { total, totalBefore, change, compared } = view
  return (
    <ul className="figures">
      <li>
        <span className="faint">{words.thisPeriod}</span>{' '}
        <strong data-testid="use-total">{withUnit(formatAmount(total.value), unit)}</strong>{' '}
        <span className="faint">
          {words.known} {formatNumber(total.hoursKnown, 0)} / {formatNumber(total.hoursExpected, 0)}
        </span>
      </li>
      <li>
        <span className="faint">{words.yearBefore}</span>{' '}
        <strong>{withUnit(formatAmount(totalBefore.value), unit)}</strong>
      </li>
      <li>
        <span className="faint">{words.change}</span>{' '}
        <strong data-testid="use-change">{formatShareChange(change)}</strong>{' '}
        <span className="faint">{words.comparedOver(formatNumber(compared, 0))}</span>
      </li>
    </ul>
  )
}

interface FormProps {
  route: InstitutionRoute
  asked: { from: string; to: string }
  grain: Use['grain']
  media: Use['media']
  medium: Use['medium']
}

function PeriodForm({ route, asked, grain, media, medium }: FormProps) {
  const { text } = useLanguage()
  const words = useUseWords()
  const [typed, setTyped] = useState(asked)
  const [isWrong, setWrong] = useState(false)
  const options = useMemo(() => media.map((value) => ({ value, label: text.media[value] })), [media, text])
  const send = (event: FormEvent) => {
    event.preventDefault()
    const wrong = typed.from === '' || typed.to === '' || typed.from > typed.to
    setWrong(wrong)
    if (!wrong) visit({ ...route, ...typed })
  }
  const field = (name: 'from' | 'to') => (
    <AdminField label={words[name]}>
      {(id) => (
        <Input
          id={id}
          type="date"
          value={typed[name]}
          max={dateOf(Date.now())}
          onChange={({ target }) => setTyped({ ...typed, [name]: target.value })}
          data-testid={`use-${name}`}
        />
      )}
    </AdminField>
  )
  return (
    <form className="admin-form screen-only use-form" onSubmit={send}>
      <div className="admin-fields">
        {options.length > 1 && (
          <AdminField label={words.medium}>
            {(id) => (
              <Select
                id={id}
                value={medium}
                options={options}
                onChange={(value) => visit({ ...route, medium: value })}
                data-testid="use-medium"
              />
            )}
          </AdminField>
        )}
        {field('from')}
        {field('to')}
      </div>
      <div className="admin-buttons">
        <Radio.Group
          optionType="button"
          aria-label={words.step}
          value={grain}
          options={PERIOD_GRAINS.map((value) => ({ value, label: words.steps[value] }))}
          onChange={({ target }) => visit({ ...route, ...typed, step: target.value })}
          data-testid="use-steps"
        />
        <Button type="primary" htmlType="submit" data-testid="use-apply">
          {words.apply}
        </Button>
      </div>
      {isWrong && <Alert type="error" showIcon title={words.wrongPeriod} role="alert" />}
    </form>
  )
}
