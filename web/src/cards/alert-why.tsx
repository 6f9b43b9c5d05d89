// Explains an alert: on a quota or a target by the chain behind the number; otherwise by the detected facts, the
// limits, and a link to the hours of the meter.

import { Card, Descriptions } from 'antd'
import { dayLabel, dayOf, type Month } from '../../../domain/calendar.ts'
import { INDICATOR_NAMES } from '../../../domain/indicator.ts'
import { eventName } from '../../../domain/phrase.ts'
import type { AlertDetailView } from '../../../domain/view/alert.ts'
import { useResource } from '../api/resource.ts'
import { formatRoute, institutionRoute, meterRoute } from '../frame/route.ts'
import { formatAmount, formatNumber, formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { Why } from './why.tsx'

interface Props {
  alert: AlertDetailView
  month: Month
  routeMonth: Month | null
}

const TABLES: Partial<Record<AlertDetailView['kind'], 'quota' | 'dualControl'>> = {
  quotaExceeded: 'quota',
  quotaPredicted: 'quota',
  dualControlAtRisk: 'dualControl',
  dualControlOver: 'dualControl',
}

export function AlertWhy({ alert, month, routeMonth }: Props) {
  const { kind, subject, facts } = alert
  const table = TABLES[kind]
  if (
    table !== undefined &&
    typeof facts.indicator === 'string' &&
    subject.type !== 'meter' &&
    subject.type !== 'gateway'
  )
    return (
      <Why
        of={subject.type}
        id={subject.id}
        indicator={facts.indicator}
        table={table}
        month={month}
        routeMonth={routeMonth}
      />
    )
  return <FactsFound alert={alert} routeMonth={routeMonth} />
}

interface Explained {
  facts: Record<string, unknown> | null
  limits: { raiseAfterMinutes?: number; parameters?: Record<string, number> } | null
}

function FactsFound({ alert, routeMonth }: Omit<Props, 'month'>) {
  const { text, language } = useLanguage()
  const explained = useResource<Explained>(`alerts/${encodeURIComponent(alert.id)}/explain`).data
  const facts = Object.entries(explained?.facts ?? alert.facts)
  const parameters = Object.entries(explained?.limits?.parameters ?? {})
  const items = [
    ...facts.map(([key, value]) => ({
      key,
      label: text.facts[key] ?? key,
      children: <FactValue name={key} value={value} />,
    })),
    ...parameters.map(([key, value]) => ({
      key: `limit ${key}`,
      label: text.manage.parameters[key] ?? <code>{key}</code>,
      children: String(value),
    })),
  ]
  const { institution, subject, kind } = alert
  const at = institution === null ? null : institutionRoute(institution, routeMonth)
  return (
    <Card title={text.why} data-testid="why">
      <p>
        <SourceText>{alert.text[language].clause}</SourceText>
      </p>
      <Descriptions size="small" column={{ xs: 1, sm: 2, lg: 3 }} items={items} />
      {at && subject.type === 'meter' && (
        <p>
          <a href={formatRoute({ ...meterRoute(subject.id, routeMonth), day: dayOfFact(alert.facts.atMs) })}>
            {text.openMeter}
          </a>
        </p>
      )}
      {at && kind === 'pueOverLimit' && (
        <p>
          <a href={formatRoute({ ...at, view: 'dataCentre' })}>{text.openDataCentre}</a>
        </p>
      )}
    </Card>
  )
}

/** The day of a register event; null for other alerts. */
const dayOfFact = (atMs: unknown): string | null => (typeof atMs === 'number' ? dayLabel(dayOf(atMs)) : null)

/** Formats any fact: an instant (name ends in `Ms`), a number, a boolean or a word. */
function FactValue({ name, value }: { name: string; value: unknown }) {
  const { text, language } = useLanguage()
  if (typeof value === 'number')
    return name.endsWith('Ms')
      ? formatTime(value)
      : Number.isInteger(value)
        ? formatNumber(value, 0)
        : formatAmount(value)
  if (typeof value === 'boolean') return value ? text.yes : text.no
  if (typeof value !== 'string') return JSON.stringify(value)
  if (name === 'event') return eventName(value)[language]
  if (name === 'indicator' && value in INDICATOR_NAMES)
    return INDICATOR_NAMES[value as keyof typeof INDICATOR_NAMES][language]
  return <SourceText>{value}</SourceText>
}
