// Shows one meter's day, hour by hour, the days before it, and its register events. The reader chooses meter and day,
// and sees which hours are measured.

import { LeftOutlined, RightOutlined } from '@ant-design/icons'
import { Button, Card, Select, Space, Spin } from 'antd'
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useRef } from 'react'
import { addMonths, dayLabel, dayOf, dayStartMs, HOUR_MS, type Month, monthRange } from '../../../domain/calendar.ts'
import { eventName } from '../../../domain/phrase.ts'
import type { EventsView, EventView } from '../../../domain/view/field.ts'
import type { MeterView, SeriesView } from '../../../domain/view/view.ts'
import { type Resource, useResource, withQuery } from '../api/resource.ts'
import { type DayHours, dayOfLabel, daysUpTo, hoursOfDay, lastDayWithData } from '../charts/day-hours.ts'
import { formatRoute, type InstitutionRoute, meterRoute, visit } from '../frame/route.ts'
import { formatAmount, formatNumber, formatUnit, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { useMeterLabel } from '../words/source-text.tsx'
import type { Dictionary } from '../words/zh.ts'
import { meterFiles } from './files-energy.ts'
import { Nothing, ProblemNotice } from './marks.tsx'
import { RegisterEvents } from './register-events.tsx'
import { SaveTables } from './save-tables.tsx'

// ECharts is as large as the rest of the page; it is loaded when a curve is first shown.
const HourChart = lazy(async () => ({ default: (await import('../charts/meter-charts.tsx')).HourChart }))
const DayChart = lazy(async () => ({ default: (await import('../charts/meter-charts.tsx')).DayChart }))

export const DAYS_SHOWN = 31

export function MeterCard({ meters, route }: { meters: MeterView[]; route: InstitutionRoute }) {
  const { text } = useLanguage()
  const labelOf = useMeterLabel()
  const meter = meters.find(({ id }) => id === route.meter) ?? firstMeter(meters)
  if (!meter) {
    return (
      <Card title={text.dailyCurve}>
        <Nothing>{text.noMeters}</Nothing>
      </Card>
    )
  }
  const options = meters.map((one) => ({ value: one.id, label: `${text.media[one.medium]} · ${labelOf(one)}` }))
  const select = (
    <Select
      className="meter-select"
      aria-label={text.chooseMeter}
      data-testid="meter-select"
      value={meter.id}
      options={options}
      popupMatchSelectWidth={false}
      onChange={(chosen) => visit({ ...route, meter: chosen, day: null })}
    />
  )
  if (meter.lastReadingAtMs === null) {
    return (
      <Card title={text.dailyCurve} extra={select}>
        <Nothing>{text.neverRead}</Nothing>
      </Card>
    )
  }
  return (
    <MeterDays key={meter.id} meter={meter} select={select} lastReadingAtMs={meter.lastReadingAtMs} route={route} />
  )
}

/** The meter shown first: a main electricity meter, else the first. */
function firstMeter(meters: MeterView[]): MeterView | undefined {
  return meters.find(({ medium, role }) => medium === 'electricity' && role === 'main') ?? meters[0]
}

interface DaysProps {
  meter: MeterView
  /** Chooses the meter. */
  select: ReactNode
  lastReadingAtMs: number
  route: InstitutionRoute
}

function MeterDays({ meter, select, lastReadingAtMs, route }: DaysProps) {
  const speech = useLanguage()
  const { text } = speech
  const label = useMeterLabel()(meter)
  const lastDay = lastDayOf(lastReadingAtMs, route.month)
  const chosen = route.day === null ? null : dayOfLabel(route.day)
  // The window of days ends with the data, unless the chosen day lies outside it.
  const windowEnd = chosen !== null && (chosen > lastDay || chosen <= lastDay - DAYS_SHOWN) ? chosen : lastDay
  const firstDay = windowEnd - DAYS_SHOWN + 1
  const days = useResource<SeriesView>(seriesPath(meter.id, firstDay, windowEnd, 'day'))
  const events = useResource<EventsView>(eventsPath(meter.id, firstDay, windowEnd))
  const amounts = days.data ? daysUpTo(days.data, windowEnd, DAYS_SHOWN) : null
  const day = chosen ?? (amounts ? (lastDayWithData(amounts) ?? lastDay) : null)
  const hours = useResource<SeriesView>(day === null ? null : seriesPath(meter.id, day, day, 'hour'))
  const choose = (to: number) => visit({ ...route, meter: meter.id, day: dayLabel(to) })
  const files = amounts
    ? meterFiles(
        {
          ...{ meter, label, day, days: amounts, events: events.data?.items ?? NO_EVENTS },
          hours: day !== null && hours.data ? hoursOfDay(hours.data, day, Date.now()) : null,
        },
        speech,
      )
    : []
  const tools = (
    <div className="filters">
      {select}
      <MeterLink meter={meter.id} month={route.month} />
      <SaveTables tables={files} />
    </div>
  )
  const changed = useReloading([events.reload, days.reload, hours.reload])
  return (
    <>
      <Card title={text.dailyCurve} extra={tools} data-testid="meter-days">
        <ProblemNotice of={days} />
        {day !== null && (
          <Day
            meter={meter}
            day={day}
            lastDay={windowEnd}
            series={hours}
            events={events.data?.items ?? NO_EVENTS}
            choose={choose}
          />
        )}
        {day === null && !days.problem && <Spin className="waiting" description={text.loading} />}
        {amounts && day !== null && (
          <>
            <h2 className="card-part">{text.lastDays(formatNumber(DAYS_SHOWN, 0))}</h2>
            <Suspense fallback={<div className="chart chart-days" />}>
              <DayChart days={amounts} chosen={day} unit={meter.amountUnit} choose={choose} />
            </Suspense>
          </>
        )}
      </Card>
      <RegisterEvents events={events} days={DAYS_SHOWN} showDay={choose} changed={changed} />
    </>
  )
}

function MeterLink({ meter, month }: { meter: string; month: Month | null }) {
  const { text } = useLanguage()
  return (
    <a className="screen-only" href={formatRoute(meterRoute(meter, month))} data-testid="meter-page">
      {text.manage.meterPage}
    </a>
  )
}

const NO_EVENTS: readonly EventView[] = []
/** Hours are settled again shortly after a review: reload at once, and a few times more. */
const LOOK_AGAIN_MS = [0, 1500, 4000, 10_000]

export function useReloading(reloads: readonly (() => void)[]): () => void {
  const timers = useRef<ReturnType<typeof setTimeout>[]>([])
  useEffect(() => () => timers.current.forEach(clearTimeout), [])
  return () => {
    for (const reload of reloads) for (const ms of LOOK_AGAIN_MS) timers.current.push(setTimeout(reload, ms))
  }
}

/** Last day of the window: the day of the last reading, but no later than the end of the chosen month. */
function lastDayOf(lastReadingAtMs: number, month: Month | null): number {
  const lastRead = dayOf(lastReadingAtMs)
  return month === null ? lastRead : Math.min(lastRead, dayOf(monthRange(addMonths(month, 1)).fromMs) - 1)
}

interface DayProps extends DayPickerProps {
  meter: MeterView
  series: Resource<SeriesView>
  events: readonly EventView[]
}

export function Day({ meter, day, lastDay, series, events, choose }: DayProps) {
  const { text, language } = useLanguage()
  const hours = series.data ? hoursOfDay(series.data, day, Date.now()) : null
  const unit = formatUnit(series.data?.unit ?? meter.amountUnit, language)
  const marks = useMemo(
    () =>
      events
        .filter(({ atMs, state }) => dayOf(atMs) === day && state !== 'undone')
        .map(({ atMs, kind }) => ({
          hour: Math.floor((atMs - dayStartMs(day)) / HOUR_MS),
          name: eventName(kind)[language],
        })),
    [events, day, language],
  )
  return (
    <>
      <div className="day-tools">
        <DayPicker day={day} lastDay={lastDay} choose={choose} />
        <div data-testid="curve-total" aria-live="polite">
          {hours && (
            <>
              <strong>{text.dayTotal(withUnit(formatNumber(hours.total, 2), unit))}</strong>{' '}
              <span className="faint">{hoursWords(hours, text)}</span>
            </>
          )}
        </div>
      </div>
      <ProblemNotice of={series} />
      <div data-testid="curve">
        <Suspense fallback={<div className="chart chart-hours" />}>
          {hours ? <HourChart hours={hours} unit={unit} marks={marks} /> : <div className="chart chart-hours" />}
        </Suspense>
      </div>
      {hours && <HourTable hours={hours} unit={unit} />}
    </>
  )
}

interface DayPickerProps {
  day: number
  /** Days offered in the list; the buttons reach any other day. */
  lastDay: number
  choose: (day: number) => void
}

export function DayPicker({ day, lastDay, choose }: DayPickerProps) {
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

/** The same hours as a table, for screen readers and exact figures. */
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
          {hours.slots.map(({ hour, value, flag, isToCome }) => (
            <tr key={hour}>
              <th scope="row">{hourLabel(hour)}</th>
              <td>{formatAmount(value)}</td>
              <td>{flag ? text.flags[flag] : isToCome ? text.work.toCome : UNKNOWN}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

/** How much of the day is known; the hours to come of the running day are not missing. */
const hoursWords = ({ hoursKnown, hoursOver }: DayHours, text: Dictionary): string =>
  hoursOver === 24
    ? text.hoursKnown(formatNumber(hoursKnown, 0), '24')
    : text.work.hoursSoFar(formatNumber(hoursKnown, 0), formatNumber(hoursOver, 0))

const hourLabel = (hour: number): string => `${String(hour).padStart(2, '0')}:00`

export const seriesPath = (meter: string, firstDay: number, lastDay: number, grain: 'raw' | 'hour' | 'day'): string =>
  withQuery(`meters/${encodeURIComponent(meter)}/series`, {
    from: dayStartMs(firstDay),
    to: dayStartMs(lastDay + 1),
    grain,
  })

export const eventsPath = (meter: string, firstDay: number, lastDay: number): string =>
  withQuery(`meters/${encodeURIComponent(meter)}/events`, { from: dayStartMs(firstDay), to: dayStartMs(lastDay + 1) })
