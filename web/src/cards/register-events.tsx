// Lists the register events of a meter in the days shown: the kind of each, and its review. An admin accepts or undoes
// an event, and its hours are settled again.

import { Button, Card, Tag } from 'antd'
import { useState } from 'react'
import { dayOf } from '../../../domain/calendar.ts'
import { eventName, proposedName } from '../../../domain/phrase.ts'
import type { EventsView, EventView } from '../../../domain/view/field.ts'
import type { Resource } from '../api/resource.ts'
import { useMay } from '../api/session.ts'
import { formatNumber, formatTime, UNKNOWN } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { type AdminAction, AdminForm } from './admin-form.tsx'
import { Nothing, ProblemNotice } from './marks.tsx'

interface Props {
  events: Resource<EventsView>
  /** Number of days shown. */
  days: number
  showDay: (day: number) => void
  /** Called after a review, when hours may have changed. */
  changed: () => void
}

export function RegisterEvents({ events, days, showDay, changed }: Props) {
  const { text } = useLanguage()
  const items = events.data?.items
  const [chosen, choose] = useState<string | null>(null)
  const done = () => {
    choose(null)
    changed()
  }
  return (
    <Card title={text.eventsOfDays(formatNumber(days, 0))} loading={!items && !events.problem} data-testid="events">
      <ProblemNotice of={events} />
      {items?.length === 0 && <Nothing>{text.noEvents}</Nothing>}
      {items && items.length > 0 && <p className="note">{text.eventsNote}</p>}
      <ul className="alert-list">
        {items?.map((event) => (
          <li key={event.id} className="alert-row" data-testid={`event-${event.id}`}>
            <EventHead event={event} open={chosen === event.id} toggle={choose} showDay={showDay} />
            {chosen === event.id && <AdminForm<EventView> actions={actionsOf(event, text)} done={done} />}
          </li>
        ))}
      </ul>
    </Card>
  )
}

interface HeadProps {
  event: EventView
  open: boolean
  toggle: (id: string | null) => void
  showDay: Props['showDay']
}

function EventHead({ event, open, toggle, showDay }: HeadProps) {
  const { text, language } = useLanguage()
  const { id, kind, atMs, details, proposed, state, history } = event
  const last = history.at(-1)
  const mayReview = useMay('review')
  return (
    <>
      <div className="alert-head">
        <strong>{eventName(kind)[language]}</strong>
        <span className="faint">{formatTime(atMs)}</span>
        <Tag variant="filled" className={`mark mark-review-${state}`} data-testid="review-state">
          {text.reviewStates[state] ?? state}
        </Tag>
        <Button size="small" onClick={() => showDay(dayOf(atMs))}>
          {text.showHours}
        </Button>
        {mayReview && (
          <Button size="small" onClick={() => toggle(open ? null : id)} aria-expanded={open}>
            {open ? text.close : text.review}
          </Button>
        )}
      </div>
      <div>
        {Object.entries(details).map(([name, value]) => (
          <span key={name} className="event-detail">
            <span className="faint">{text.eventDetails[name] ?? name}</span> {detailOf(name, value)}
          </span>
        ))}
        {proposed && (
          <span className="event-detail">
            <span className="faint">{text.eventDetails.proposed}</span> {proposedName(proposed)[language]}
          </span>
        )}
      </div>
      {last && (
        <div className="faint">
          {formatTime(last.atMs)} ·{' '}
          <SourceText>{last.note === null ? last.who : `${last.who} · ${last.note}`}</SourceText>
        </div>
      )}
      {kind === 'replacement' && open && <p className="note">{text.correctedInRegistry}</p>}
    </>
  )
}

const detailOf = (name: string, value: number): string =>
  name.endsWith('Ms') ? formatTime(value) : Number.isFinite(value) ? formatNumber(value, 3) : UNKNOWN

/** The possible next reviews; a replacement is corrected in the registry instead. */
function actionsOf(
  { id, meter, kind, state }: EventView,
  text: { accept: string; undo: string; reopen: string },
): AdminAction[] {
  const action = (key: 'accept' | 'undo' | 'reopen'): AdminAction => ({
    key,
    needs: 'review',
    label: text[key],
    path: `meters/${encodeURIComponent(meter)}/events/${encodeURIComponent(id)}/${key}`,
    body: ({ name, note }) => ({ who: name, note }),
  })
  return [
    ...(state === 'accepted' ? [] : [action('accept')]),
    ...(state === 'undone' || kind === 'replacement' ? [] : [action('undo')]),
    ...(state === 'open' ? [] : [action('reopen')]),
  ]
}
