// Lists the alerts of an area or an institution, the latest first: kind, severity, place, measured and compared values,
// start. A list rather than a table, because its sentences are long and phones are narrow.

import { Card, Empty, Spin } from 'antd'
import { ALERT_KINDS } from '../../../domain/alert/kinds.ts'
import { ALERT_RULES } from '../../../domain/alert/rules.ts'
import type { Month } from '../../../domain/calendar.ts'
import type { AlertListView, AlertView } from '../../../domain/view/alert.ts'
import { usePages } from '../api/pages.ts'
import { withQuery } from '../api/resource.ts'
import { type AlertFilter, alertRoute, formatRoute } from '../frame/route.ts'
import { formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { alertsFile } from './files-status.ts'
import { Filter, MorePages } from './list-tools.tsx'
import { SeverityTag } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

interface Props {
  filter: AlertFilter
  /** Lists this institution's alerts instead of the filter's area. */
  institution?: string
  title: string
  routeMonth: Month | null
  /** Offered areas by code; none: the area is fixed. */
  areas?: Record<string, string>
  /** Absent: no filter is offered. */
  choose?: (filter: AlertFilter) => void
}

export function AlertList({ filter, institution, title, routeMonth, areas, choose }: Props) {
  const speech = useLanguage()
  const { text, language } = speech
  const kinds = Object.fromEntries(ALERT_KINDS.map((kind) => [kind, ALERT_RULES[kind].name[language]]))
  const { raised, acknowledged, cleared } = text.alertStates
  const path = withQuery('alerts', {
    state: filter.state,
    area: filter.area,
    kind: filter.kind,
    institution: institution ?? null,
  })
  return (
    <Card
      title={title}
      extra={
        <div className="filters">
          {choose && areas && (
            <Filter
              name={text.area}
              any={text.anyArea}
              labels={areas}
              value={filter.area}
              set={(area) => choose({ ...filter, area })}
            />
          )}
          {choose && (
            <Filter
              name={text.alertKind}
              any={text.anyKind}
              labels={kinds}
              value={filter.kind}
              set={(kind) => choose({ ...filter, kind })}
            />
          )}
          {choose && (
            <Filter
              name={text.alertState}
              any={text.anyOpen}
              labels={{ raised, acknowledged, cleared }}
              value={filter.state}
              set={(state) => choose({ ...filter, state: state as AlertFilter['state'] })}
            />
          )}
          <SaveTables tables={[alertsFile(text.alerts, path, speech)]} />
        </div>
      }
      data-testid="alerts"
    >
      <Rows key={path} path={path} isFiltered={filter.kind !== null || filter.state !== null} routeMonth={routeMonth} />
    </Card>
  )
}

function Rows({ path, isFiltered, routeMonth }: { path: string; isFiltered: boolean; routeMonth: Month | null }) {
  const { text } = useLanguage()
  const pages = usePages<AlertListView>(path)
  const { rows, loading, problem } = pages
  if (rows.length === 0 && loading) return <Spin className="waiting" description={text.loading} />
  return (
    <>
      {rows.length === 0 && !problem && (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={isFiltered ? text.noAlerts : text.work.calm} />
      )}
      <ul className="alert-list">
        {rows.map((alert) => (
          <AlertRow key={alert.id} alert={alert} routeMonth={routeMonth} />
        ))}
      </ul>
      <MorePages pages={pages} />
    </>
  )
}

function AlertRow({ alert, routeMonth }: { alert: AlertView; routeMonth: Month | null }) {
  const { text, language } = useLanguage()
  const { name, measured, against } = alert.text[language]
  return (
    <li className="alert-row" data-testid={`alert-${alert.id}`}>
      <div className="alert-head">
        <SeverityTag severity={alert.severity} />
        <a className="row-name" href={formatRoute(alertRoute(alert.id, routeMonth))}>
          {name}
        </a>
        <span className={`alert-state alert-state-${alert.state}`}>{text.alertStates[alert.state]}</span>
        <span className="faint">{formatTime(alert.raisedMs ?? alert.sinceMs)}</span>
      </div>
      <div className="alert-where">
        <SourceText>{alert.where[language]}</SourceText>
      </div>
      <div>
        {measured}{' '}
        <span className="alert-against">
          <SourceText>{against}</SourceText>
        </span>
      </div>
    </li>
  )
}
