// Shows the series of a meter as days, hours or raw readings, with its flags and register events.

import { Card, Radio } from 'antd'
import { lazy, Suspense } from 'react'
import { dayLabel, dayOf, dayStartMs } from '../../../domain/calendar.ts'
import { eventName } from '../../../domain/phrase.ts'
import type { EventsView, EventView } from '../../../domain/view/field.ts'
import type { MeterView, SeriesView } from '../../../domain/view/view.ts'
import { useResource } from '../api/resource.ts'
import { dayOfLabel, daysUpTo, hoursOfDay } from '../charts/day-hours.ts'
import { type MeterRoute, visit } from '../frame/route.ts'
import { formatAmount, formatNumber, formatUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { meterFiles } from './files-energy.ts'
import { Nothing, ProblemNotice } from './marks.tsx'
import { DAYS_SHOWN, Day, DayPicker, eventsPath, seriesPath, useReloading } from './meter-card.tsx'
import { RawReadings } from './raw-readings.tsx'
import { RegisterEvents } from './register-events.tsx'
import { SaveTables } from './save-tables.tsx'

const DayChart = lazy(async () => ({ default: (await import('../charts/meter-charts.tsx')).DayChart }))

interface Props {
  meter: MeterView
  label: string
  route: MeterRoute
}

export function MeterSeriesCard({ meter, label, route }: Props) {
  const speech = useLanguage()
  const { text } = speech
  const lastDay = dayOf(meter.lastReadingAtMs ?? Date.now())
  const chosen = route.day === null ? null : dayOfLabel(route.day)
  const day = chosen ?? lastDay
  const windowEnd = day <= lastDay && day > lastDay - DAYS_SHOWN ? lastDay : day
  const firstDay = windowEnd - DAYS_SHOWN + 1
  const days = useResource<SeriesView>(seriesPath(meter.id, firstDay, windowEnd, 'day'))
  const hours = useResource<SeriesView>(seriesPath(meter.id, day, day, 'hour'))
  const raw = useResource<SeriesView>(route.grain === 'raw' ? seriesPath(meter.id, day, day, 'raw') : null)
  const events = useResource<EventsView>(eventsPath(meter.id, firstDay, windowEnd))
  const items = events.data?.items ?? NO_EVENTS
  const changed = useReloading([events.reload, days.reload, hours.reload, raw.reload])
  const choose = (to: number) => visit({ ...route, day: dayLabel(to) })
  const amounts = days.data ? daysUpTo(days.data, windowEnd, DAYS_SHOWN) : null
  const dayHours = hours.data ? hoursOfDay(hours.data, day, Date.now()) : null
  const files = amounts ? meterFiles({ meter, label, day, days: amounts, events: items, hours: dayHours }, speech) : []
  if (meter.lastReadingAtMs === null)
    return (
      <Card>
        <Nothing>{text.neverRead}</Nothing>
      </Card>
    )
  const grain = route.grain ?? 'hour'
  return (
    <>
      <Card title={text.manage.series} extra={<SaveTables tables={files} />} data-testid="meter-series">
        <Radio.Group
          className="screen-only"
          optionType="button"
          aria-label={text.manage.series}
          value={grain}
          options={(['day', 'hour', 'raw'] as const).map((value) => ({ value, label: text.manage.grains[value] }))}
          onChange={({ target }) => visit({ ...route, grain: target.value })}
          data-testid="grains"
        />
        {grain === 'hour' && (
          <Day meter={meter} day={day} lastDay={windowEnd} series={hours} events={items} choose={choose} />
        )}
        {grain === 'raw' && (
          <>
            <div className="day-tools">
              <DayPicker day={day} lastDay={windowEnd} choose={choose} />
            </div>
            <RawReadings meter={meter} day={day} series={raw} events={items} changed={changed} />
          </>
        )}
        {grain === 'day' && (
          <Days meter={meter} day={day} windowEnd={windowEnd} series={days} events={items} choose={choose} />
        )}
      </Card>
      <RegisterEvents events={events} days={DAYS_SHOWN} showDay={choose} changed={changed} />
    </>
  )
}

const NO_EVENTS: readonly EventView[] = []

interface DaysProps {
  meter: MeterView
  day: number
  windowEnd: number
  series: ReturnType<typeof useResource<SeriesView>>
  events: readonly EventView[]
  choose: (day: number) => void
}

/** The last days as bars and as a table, with the known hours of each. */
function Days({ meter, day, windowEnd, series, events, choose }: DaysProps) {
  const { text, language } = useLanguage()
  const amounts = series.data ? daysUpTo(series.data, windowEnd, DAYS_SHOWN) : null
  const unit = formatUnit(meter.amountUnit, language)
  const known = new Map(series.data?.points.map((point) => [dayOf(point.atMs), point.hoursKnown ?? 0]) ?? [])
  const marks = events
    .filter(({ state }) => state !== 'undone')
    .map(({ atMs, kind }) => ({ day: dayOf(atMs), name: eventName(kind)[language] }))
  return (
    <>
      <ProblemNotice of={series} />
      <h2 className="card-part">{text.lastDays(formatNumber(DAYS_SHOWN, 0))}</h2>
      <Suspense fallback={<div className="chart chart-days" />}>
        {amounts ? (
          <DayChart days={amounts} chosen={day} unit={unit} choose={choose} marks={marks} />
        ) : (
          <div className="chart chart-days" />
        )}
      </Suspense>
      <details>
        <summary>{text.asTable}</summary>
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">{text.day}</th>
              <th scope="col">
                {text.amount} ({unit})
              </th>
              <th scope="col">{text.knownHours}</th>
              <th scope="col">{text.manage.eventHere}</th>
            </tr>
          </thead>
          <tbody>
            {amounts?.map(({ day: one, value }) => (
              <tr key={dayStartMs(one)}>
                <th scope="row">{dayLabel(one)}</th>
                <td>{formatAmount(value)}</td>
                <td>{formatNumber(known.get(one) ?? 0, 0)} / 24</td>
                <td>{marks.flatMap((mark) => (mark.day === one ? [mark.name] : [])).join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  )
}
