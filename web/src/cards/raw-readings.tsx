// Shows the readings of one day of a meter as they were stored, and lets a person correct or take back one of them.

import { Button, Input, type InputRef } from 'antd'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { dayOf, formatInstant } from '../../../domain/calendar.ts'
import { eventName } from '../../../domain/phrase.ts'
import type { EventView, RepairView } from '../../../domain/view/field.ts'
import type { MeterView, SeriesView } from '../../../domain/view/view.ts'
import type { Resource } from '../api/resource.ts'
import { useMay } from '../api/session.ts'
import { formatRegister, formatTime, formatUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { type AdminAction, AdminField, AdminForm } from './admin-form.tsx'
import { Nothing, ProblemNotice } from './marks.tsx'

const RawChart = lazy(async () => ({ default: (await import('../charts/meter-charts.tsx')).RawChart }))

interface Props {
  meter: MeterView
  day: number
  series: Resource<SeriesView>
  events: readonly EventView[]
  /** Called after a repair, when hours may have changed. */
  changed: () => void
}

type Reading = SeriesView['points'][number]

export function RawReadings({ meter, day, series, events, changed }: Props) {
  const { text, language } = useLanguage()
  const mayRepair = useMay('repair')
  const [chosen, choose] = useState<number | null>(null)
  const points = series.data?.points ?? []
  const unit = formatUnit(meter.unit, language)
  const marks = events
    .filter(({ atMs }) => dayOf(atMs) === day)
    .map(({ atMs, kind }) => ({ atMs, name: eventName(kind)[language] }))
  const own = points.find(({ atMs }) => atMs === chosen)
  return (
    <>
      <ProblemNotice of={series} />
      {series.data && points.length === 0 && <Nothing>{text.manage.noReadings}</Nothing>}
      {points.length > 0 && (
        <Suspense fallback={<div className="chart chart-hours" />}>
          <RawChart points={points} unit={unit} marks={marks} />
        </Suspense>
      )}
      <div className="raw-table">
        <table className="plain-table" data-testid="raw">
          <thead>
            <tr>
              <th scope="col">{text.readAt}</th>
              <th scope="col">
                {text.reading} ({unit})
              </th>
              <th scope="col">{text.manage.eventHere}</th>
              {mayRepair && <th scope="col">{text.manage.repair}</th>}
            </tr>
          </thead>
          <tbody>
            {points.map(({ atMs, value }) => (
              <tr key={atMs}>
                <th scope="row">{formatTime(atMs)}</th>
                <td>{formatRegister(value)}</td>
                <td>{marks.flatMap((mark) => (mark.atMs === atMs ? [mark.name] : [])).join(', ')}</td>
                {mayRepair && (
                  <td>
                    <Button
                      size="small"
                      aria-label={`${text.manage.repair} ${formatTime(atMs)}`}
                      aria-expanded={chosen === atMs}
                      onClick={() => choose(chosen === atMs ? null : atMs)}
                      data-testid={`repair-${atMs}`}
                    >
                      {text.manage.repair}
                    </Button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {own && (
        <Repair
          key={own.atMs}
          meter={meter}
          reading={own}
          done={() => {
            choose(null)
            changed()
          }}
        />
      )}
    </>
  )
}

function Repair({ meter, reading, done }: { meter: MeterView; reading: Reading; done: () => void }) {
  const { text, language } = useLanguage()
  const words = text.manage
  const [typed, setTyped] = useState(String(reading.value ?? ''))
  const field = useRef<InputRef>(null)
  useEffect(() => field.current?.focus(), [])
  const value = Number(typed.replaceAll(',', ''))
  const isNumber = typed.trim() !== '' && Number.isFinite(value)
  const needsNote = ({ note }: { note: string | undefined }) => (note === undefined ? words.needReason : undefined)
  const action = (key: string, label: string, row: object): Omit<AdminAction, 'missing'> => ({
    ...{ key, needs: 'repair', label, path: 'repairs' },
    body: ({ name, note }) => ({
      ...{ file: words.repairFile, who: name, note },
      rows: [{ meter: meter.id, at: formatInstant(reading.atMs), ...row }],
    }),
  })
  return (
    <section className="repair screen-only" data-testid="repair">
      <h2 className="card-part">{words.repairOf(formatTime(reading.atMs))}</h2>
      <p className="note">{words.repairHint}</p>
      <AdminForm<RepairView>
        actions={[
          {
            ...action('repair', words.correct, { value }),
            missing: (said) => (isNumber ? needsNote(said) : words.needNumber),
          },
          { ...action('take-back', words.takeBack, { remove: true }), missing: needsNote },
        ]}
        remarkLabel={words.reason}
        done={done}
      >
        <AdminField label={`${text.reading} (${formatUnit(meter.unit, language)})`}>
          {(id) => (
            <Input
              id={id}
              ref={field}
              value={typed}
              inputMode="decimal"
              onChange={({ target }) => setTyped(target.value)}
              data-testid="repair-value"
            />
          )}
        </AdminField>
      </AdminForm>
    </section>
  )
}
