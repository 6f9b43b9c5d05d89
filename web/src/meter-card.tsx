// One meter's day, hour by hour, and the days before it: choose the meter and the day, see what is measured and what is not.

import { LeftOutlined, RightOutlined } from '@ant-design/icons'
import { Button, Card, Empty, Select, Space, Spin } from 'antd'
import { lazy, Suspense } from 'react'
import { addMonths, dayLabel, dayOf, dayStartMs, monthRange } from '../../domain/calendar.ts'
import type { MeterView, SeriesView } from '../../domain/view.ts'
import { type DayHours, dayOfLabel, daysUpTo, hoursOfDay, lastDayWithData } from './day-hours.ts'
import { formatAmount, formatNumber, formatUnit, UNKNOWN, withUnit } from './format.ts'
import { useLanguage } from './language.tsx'
import { ProblemNotice } from './marks.tsx'
import { useResource, withQuery } from './resource.ts'
import { type Route, visit } from './route.ts'

// ECharts is as large as the rest of the page; it comes when a curve is first shown.
const HourChart = lazy(async () => ({ default: (await import('./meter-charts.tsx')).HourChart }))
const DayChart = lazy(async () => ({ default: (await import('./meter-charts.tsx')).DayChart }))

const DAYS_SHOWN = 31

type InstitutionRoute = Extract<Route, { page: 'institution' }>

export function MeterCard({ meters, route }: { meters: MeterView[]; route: InstitutionRoute }) {
  const { text } = useLanguage()
  const meter = meters.find(({ id }) => id === route.meter) ?? firstMeter(meters)
  if (!meter) {
    return (
      <Card title={text.dailyCurve}>
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text.noMeters} />
      </Card>
    )
  }
  const options = meters.map(({ id, name, medium }) => ({ value: id, label: `${text.media[medium]} · ${name ?? id}` }))
  return (
    <Card
      title={text.dailyCurve}
      extra={
        <Select
          className="meter-select"
          aria-label={text.chooseMeter}
          data-testid="meter-select"
          value={meter.id}
          options={options}
          popupMatchSelectWidth={false}
          onChange={(chosen) => visit({ ...route, meter: chosen, day: null })}
        />
      }
    >
      {meter.lastReadingAtMs === null ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text.neverRead} />
      ) : (
        <MeterDays key={meter.id} meter={meter} lastReadingAtMs={meter.lastReadingAtMs} route={route} />
      )}
    </Card>
  )
}

/** The meter that says most at first sight: a main electricity meter, else the first. */
function firstMeter(meters: MeterView[]): MeterView | undefined {
  return meters.find(({ medium, role }) => medium === 'electricity' && role === 'main') ?? meters[0]
}

interface DaysProps {
  meter: MeterView
  lastReadingAtMs: number
  route: InstitutionRoute
}

function MeterDays({ meter, lastReadingAtMs, route }: DaysProps) {
  const { text } = useLanguage()
  const lastDay = lastDayOf(lastReadingAtMs, route.month)
  const chosen = route.day === null ? null : dayOfLabel(route.day)
  // The window of days ends with the data, unless the chosen day lies outside it.
  const inWindow = chosen === null || (chosen <= lastDay && chosen > lastDay - DAYS_SHOWN)
  const windowEnd = inWindow ? lastDay : chosen
  const days = useResource<SeriesView>(seriesPath(meter.id, windowEnd - DAYS_SHOWN + 1, windowEnd, 'day'))
  const amounts = days.data ? daysUpTo(days.data, windowEnd, DAYS_SHOWN) : null
  const day = chosen ?? (amounts ? (lastDayWithData(amounts) ?? lastDay) : null)
  const choose = (to: number) => visit({ ...route, meter: meter.id, day: dayLabel(to) })
  return (
    <>
      <ProblemNotice of={days} />
      {day !== null && <Day meter={meter} day={day} lastDay={windowEnd} choose={choose} />}
      {day === null && !days.problem && <Spin className="waiting" description={text.loading} />}
      {amounts && day !== null && (
        <>
          <h3>{text.lastDays(formatNumber(DAYS_SHOWN, 0))}</h3>
          <Suspense fallback={<div className="chart chart-days" />}>
            <DayChart days={amounts} chosen={day} unit={meter.amountUnit} choose={choose} />
          </Suspense>
        </>
      )}
    </>
  )
}

/** Where the window of days ends: with the last reading, or with the month that the reader has chosen. */
function lastDayOf(lastReadingAtMs: number, month: string | null): number {
  const lastRead = dayOf(lastReadingAtMs)
  return month === null ? lastRead : Math.min(lastRead, dayOf(monthRange(addMonths(month, 1)).fromMs) - 1)
}

function Day({ meter, day, lastDay, choose }: DayPickerProps & { meter: MeterView }) {
  const { text, language } = useLanguage()
  const series = useResource<SeriesView>(seriesPath(meter.id, day, day, 'hour'))
  const hours = series.data ? hoursOfDay(series.data, day) : null
  const unit = formatUnit(series.data?.unit ?? meter.amountUnit, language)
  return (
    <>
      <div className="day-tools">
        <DayPicker day={day} lastDay={lastDay} choose={choose} />
        <div data-testid="curve-total" aria-live="polite">
          {hours && (
            <>
              <strong>{text.dayTotal(withUnit(formatNumber(hours.total, 2), unit))}</strong>{' '}
              <span className="faint">{text.hoursKnown(formatNumber(hours.hoursKnown, 0), '24')}</span>
            </>
          )}
        </div>
      </div>
      <ProblemNotice of={series} />
      <div data-testid="curve">
        <Suspense fallback={<div className="chart chart-hours" />}>
          {hours ? <HourChart hours={hours} unit={unit} /> : <div className="chart chart-hours" />}
        </Suspense>
      </div>
      {hours && <HourTable hours={hours} unit={unit} />}
    </>
  )
}

interface DayPickerProps {
  day: number
  /** The days offered; the buttons reach any other. */
  lastDay: number
  choose: (day: number) => void
}

function DayPicker({ day, lastDay, choose }: DayPickerProps) {
  const { text } = useLanguage()
  const days = Array.from({ length: DAYS_SHOWN }, (_, index) => lastDay - index)
  return (
    <Space.Compact>
      <Button
        icon={<LeftOutlined />}
        aria-label={text.dayBefore}
        title={text.dayBefore}
        onClick={() => choose(day - 1)}
      />
      <Select
        className="day-select"
        aria-label={text.day}
        data-testid="day-select"
        showSearch
        value={day}
        options={days.map((value) => ({ value, label: dayLabel(value) }))}
        optionFilterProp="label"
        onChange={choose}
      />
      <Button
        icon={<RightOutlined />}
        aria-label={text.dayAfter}
        title={text.dayAfter}
        disabled={day >= dayOf(Date.now())}
        onClick={() => choose(day + 1)}
      />
    </Space.Compact>
  )
}

/** The same hours for those who do not see the chart, or want the figures. */
function HourTable({ hours, unit }: { hours: DayHours; unit: string }) {
  const { text } = useLanguage()
  return (
    <details>
      <summary>{text.asTable}</summary>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{text.hour}</th>
            <th scope="col">
              {text.amount} ({unit})
            </th>
            <th scope="col">{text.flag}</th>
          </tr>
        </thead>
        <tbody>
          {hours.slots.map(({ hour, value, flag }) => (
            <tr key={hour}>
              <th scope="row">{hourLabel(hour)}</th>
              <td>{formatAmount(value)}</td>
              <td>{flag ? text.flags[flag] : UNKNOWN}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

const hourLabel = (hour: number): string => `${String(hour).padStart(2, '0')}:00`

const seriesPath = (meter: string, firstDay: number, lastDay: number, grain: 'hour' | 'day'): string =>
  withQuery(`meters/${encodeURIComponent(meter)}/series`, {
    from: dayStartMs(firstDay),
    to: dayStartMs(lastDay + 1),
    grain,
  })
