// Shows one alert, at the address that notifications link to: its curve with cost and checks, the form to take it in
// hand, measured and compared values, clause, history, and the explanation of its number.

import { Card, Descriptions, Spin } from 'antd'
import { type Month, monthOf } from '../../../domain/calendar.ts'
import type { AlertDetailView } from '../../../domain/view/alert.ts'
import { useResource } from '../api/resource.ts'
import { AlertActions } from '../cards/alert-actions.tsx'
import { AlertCourse } from '../cards/alert-course.tsx'
import { AlertWhy } from '../cards/alert-why.tsx'
import { ProblemNotice } from '../cards/marks.tsx'
import { AreaPath, useArea } from '../frame/area-path.tsx'
import { type AlertRoute, areaRoute, formatRoute, institutionRoute } from '../frame/route.ts'
import { useTitle } from '../frame/title.ts'
import { formatAmount, formatNumber, formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'

export function AlertPage({ route }: { route: AlertRoute }) {
  const { text, language } = useLanguage()
  const path = `alerts/${encodeURIComponent(route.id)}`
  const resource = useResource<AlertDetailView>(path)
  const alert = resource.data
  const area = useArea(alert?.area ?? null)
  const name = alert ? alert.text[language].name : text.alerts
  useTitle(alert ? `${name} · ${alert.where[language]}` : name)
  return (
    <>
      <AreaPath area={area} routeMonth={route.month} leaf={name} />
      <h1>{name}</h1>
      <ProblemNotice of={resource} />
      {!alert && !resource.problem && <Spin className="waiting" description={text.loading} />}
      {alert && (
        <>
          <AlertCourse alert={alert} />
          {alert.state !== 'cleared' && <AlertActions alert={alert} done={resource.reload} />}
          <Facts alert={alert} routeMonth={route.month} />
          <History alert={alert} />
          <AlertWhy alert={alert} month={monthOf(alert.asOfMs)} routeMonth={route.month} />
        </>
      )}
    </>
  )
}

/** A value in the unit of the alert's rule; whole numbers, such as counts, without decimals. */
function useValue(ruleUnit: string): (amount: number) => string {
  const { text } = useLanguage()
  const unitOf = (amount: number) =>
    (amount === 1 ? text.alertUnits[`${ruleUnit} 1`] : undefined) ?? text.alertUnits[ruleUnit] ?? ruleUnit
  return (amount) =>
    `${Number.isInteger(amount) ? formatNumber(amount, 0) : formatAmount(amount)} ${unitOf(amount)}`.trim()
}

function Facts({ alert, routeMonth }: { alert: AlertDetailView; routeMonth: Month | null }) {
  const { text, language } = useLanguage()
  const { measured, against, clause } = alert.text[language]
  const value = useValue(alert.unit)
  const place =
    alert.institution === null ? areaRoute(alert.area, routeMonth) : institutionRoute(alert.institution, routeMonth)
  const items = [
    {
      key: 'where',
      label: text.where,
      span: 'filled' as const,
      children: (
        <a href={formatRoute(place)}>
          <SourceText>{alert.where[language]}</SourceText>
        </a>
      ),
    },
    { key: 'measured', label: text.measured, span: 'filled' as const, children: <strong>{measured}</strong> },
    { key: 'against', label: text.against, span: 'filled' as const, children: <SourceText>{against}</SourceText> },
    { key: 'clause', label: text.clause, span: 'filled' as const, children: <SourceText>{clause}</SourceText> },
    { key: 'value', label: text.latestValue, children: value(alert.value) },
    { key: 'worst', label: text.worstValue, children: value(alert.worst) },
    { key: 'asOf', label: text.asOf, children: formatTime(alert.asOfMs) },
    { key: 'raise', label: text.raiseAbove, children: value(alert.raise) },
    { key: 'clear', label: text.clearAt, children: value(alert.clear) },
    { key: 'since', label: text.since, children: formatTime(alert.sinceMs) },
    ...(alert.assignee === null
      ? []
      : [{ key: 'assignee', label: text.manage.inHandOf, children: <SourceText>{alert.assignee}</SourceText> }]),
    ...(alert.snoozedUntilMs === null
      ? []
      : [{ key: 'snoozed', label: text.manage.snoozedUntil, children: formatTime(alert.snoozedUntilMs) }]),
  ]
  return (
    <Card data-testid="alert-facts">
      <Descriptions size="small" column={{ xs: 1, sm: 2, lg: 3 }} items={items} />
    </Card>
  )
}

function History({ alert }: { alert: AlertDetailView }) {
  const { text } = useLanguage()
  const valueText = useValue(alert.unit)
  return (
    <Card title={text.history} data-testid="alert-history">
      <ol className="timeline">
        {alert.history.map(({ what, atMs, who, reason, note, value, level }) => (
          <li key={`${what} ${atMs}`}>
            <span className="faint">{formatTime(atMs)}</span> <strong>{text.historyOf[what]}</strong>
            {what === 'escalated' && ` ${text.reminder(String(level))}`}
            {reason !== null && ` · ${text.clearReasons[reason]}`} ·{' '}
            {who === 'system' ? text.system : <SourceText>{who}</SourceText>} ·{' '}
            <span className="faint">{valueText(value)}</span>
            {note !== null && (
              <div className="timeline-note">
                <SourceText>{note}</SourceText>
              </div>
            )}
          </li>
        ))}
      </ol>
    </Card>
  )
}
