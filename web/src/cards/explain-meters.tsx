// Lists the meters at the end of a chain: the amount of each in the window, its measured and estimated hours, its
// number of readings, its last day down to the readings, and a link to the other hours.

import type { TableColumnsType } from 'antd'
import { useState } from 'react'
import { dayOf, type Month } from '../../../domain/calendar.ts'
import { HOUR_FLAGS } from '../../../domain/settle/settle.ts'
import type { ExplainedMeter, ExplainView } from '../../../domain/view/explain.ts'
import { useIsPrinting } from '../api/printing.ts'
import { formatRoute, institutionRoute } from '../frame/route.ts'
import { formatAmount, formatNumber, formatTime, formatUnit, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { MeterName } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { ExplainDay } from './explain-day.tsx'

export function ExplainMeters({ view, routeMonth }: { view: ExplainView; routeMonth: Month | null }) {
  const { text, language } = useLanguage()
  const columns: TableColumnsType<ExplainedMeter> = [
    {
      title: text.meter,
      key: 'meter',
      rowScope: 'row',
      render: (_, { meter, purpose, role }) => (
        <>
          <a href={formatRoute({ ...institutionRoute(view.subject, routeMonth), view: 'meters', meter })}>
            <MeterName meter={{ id: meter, name: null, purpose, role }} />
          </a>
          <div className="faint">{meter}</div>
        </>
      ),
    },
    { title: text.role, key: 'role', render: (_, { role }) => text.roles[role] },
    {
      title: text.amount,
      key: 'amount',
      align: 'right',
      render: (_, meter) => withUnit(formatAmount(amountOf(meter)), formatUnit(meter.unit, language)),
    },
    {
      title: text.hoursByFlag,
      key: 'flags',
      render: (_, meter) => <Flags meter={meter} />,
    },
    {
      title: text.readingsBehind,
      key: 'readings',
      align: 'right',
      render: (_, { readings: { count, firstMs, lastMs } }) => (
        <>
          {formatNumber(count, 0)}
          <div className="faint">
            {formatTime(firstMs)} – {formatTime(lastMs)}
          </div>
        </>
      ),
    },
  ]
  return (
    <DataTable
      rowKey="meter"
      columns={columns}
      rows={view.meters}
      expandable={{
        rowExpandable: ({ months }) => months.length > 0,
        expandedRowRender: ({ meter, months, unit, readings }) => (
          <>
            <ul className="plain-list">
              {months.map(({ month, amount, hoursKnown }) => (
                <li key={month}>
                  {month}: {withUnit(formatAmount(amount), formatUnit(unit, language))} · {formatNumber(hoursKnown, 0)}{' '}
                  h
                </li>
              ))}
            </ul>
            {readings.lastMs !== null && <LastDay view={view} meter={meter} day={dayOf(readings.lastMs)} />}
          </>
        ),
      }}
    />
  )
}

/** On paper only where the reader had opened it: each meter has a page of readings. */
function LastDay(shown: { view: ExplainView; meter: string; day: number }) {
  const [opensForPaper] = useState(useIsPrinting())
  return opensForPaper ? null : <ExplainDay {...shown} />
}

/** Sum of the window's months, each whole; null when none is known. */
function amountOf({ months }: ExplainedMeter): number | null {
  const known = months.flatMap(({ amount }) => (amount === null ? [] : [amount]))
  return known.length === 0 ? null : known.reduce((sum, amount) => sum + amount, 0)
}

function Flags({ meter: { months } }: { meter: ExplainedMeter }) {
  const { text } = useLanguage()
  const counts = HOUR_FLAGS.map((flag) => ({
    flag,
    hours: months.reduce((sum, { flags }) => sum + (flags[flag] ?? 0), 0),
  })).filter(({ hours }) => hours > 0)
  if (counts.length === 0) return UNKNOWN
  return counts.map(({ flag, hours }) => (
    <div key={flag}>
      {text.flags[flag]} {formatNumber(hours, 0)}
    </div>
  ))
}
