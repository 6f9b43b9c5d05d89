// Lists the alerts of an area or an institution, the latest first: kind, severity, place, measured and compared values,
// start. A list rather than a table, because its sentences are long and phones are narrow.

import { Card, Radio, Spin } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { ALERT_KINDS } from '../../../domain/alert/kinds.ts'
import { ALERT_RULES } from '../../../domain/alert/rules.ts'
import type { Month } from '../../../domain/calendar.ts'
import { SEVERITIES, SEVERITY_NAMES } from '../../../domain/phrase.ts'
import type { AlertListView, AlertView } from '../../../domain/view/alert.ts'
import { usePages } from '../api/pages.ts'
import { withQuery } from '../api/resource.ts'
import { useMay } from '../api/session.ts'
import { type AlertFilter, alertRoute, formatRoute } from '../frame/route.ts'
import { formatNumber, formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { AdminForm } from './admin-form.tsx'
import { alertsFile } from './files-status.ts'
import { Filter, MorePages } from './list-tools.tsx'
import { Nothing, SeverityTag } from './marks.tsx'
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
  const { text } = speech
  const path = withQuery('alerts', {
    state: filter.state,
    area: filter.area,
    kind: filter.kind,
    severity: filter.severity,
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
          {choose && <KindAndState filter={filter} choose={choose} />}
          <SaveTables tables={[alertsFile(text.alerts, path, speech)]} />
        </div>
      }
      data-testid="alerts"
    >
      <Rows
        key={path}
        path={path}
        isFiltered={filter.kind !== null || filter.severity !== null || filter.state !== null}
        folds={choose !== undefined && filter.kind === null}
        {...(choose && { choose: (changed: Partial<AlertFilter>) => choose({ ...filter, ...changed }) })}
        severity={filter.severity}
        routeMonth={routeMonth}
      />
    </Card>
  )
}

function KindAndState({ filter, choose }: { filter: AlertFilter; choose: (filter: AlertFilter) => void }) {
  const { text, language } = useLanguage()
  const kinds = Object.fromEntries(ALERT_KINDS.map((kind) => [kind, ALERT_RULES[kind].name[language]]))
  const { raised, acknowledged, cleared } = text.alertStates
  return (
    <>
      <Filter
        name={text.alertKind}
        any={text.anyKind}
        labels={kinds}
        value={filter.kind}
        set={(kind) => choose({ ...filter, kind })}
      />
      <Filter
        name={text.alertState}
        any={text.anyOpen}
        labels={{ raised, acknowledged, cleared }}
        value={filter.state}
        set={(state) => choose({ ...filter, state: state as AlertFilter['state'] })}
      />
    </>
  )
}

interface RowsProps {
  path: string
  isFiltered: boolean
  /** The same kind of one city is one line until it is opened. */
  folds: boolean
  severity: string | null
  choose?: (changed: Partial<AlertFilter>) => void
  routeMonth: Month | null
}

/** From so many alerts of one kind in one city on the list is folded. */
const FOLDED_FROM = 4

function Rows({ path, isFiltered, folds, severity, choose, routeMonth }: RowsProps) {
  const { text } = useLanguage()
  const pages = usePages<AlertListView>(path)
  const { rows, loading, problem, last } = pages
  const [first] = useFirst(last)
  if (rows.length === 0 && loading) return <Spin className="waiting" description={text.loading} />
  const isFolded = folds && (first?.groups ?? []).some(({ count }) => count >= FOLDED_FROM)
  return (
    <>
      {choose && first?.severities && <SeverityTabs counts={first.severities} open={severity} choose={choose} />}
      {rows.length === 0 && !problem && <Nothing>{isFiltered ? text.noAlerts : text.work.calm}</Nothing>}
      {isFolded ? (
        <Folded path={path} groups={first?.groups ?? []} routeMonth={routeMonth} />
      ) : (
        <>
          <Bulk rows={rows} />
          <ul className="alert-list">
            {rows.map((alert) => (
              <AlertRow key={alert.id} alert={alert} routeMonth={routeMonth} />
            ))}
          </ul>
          <MorePages pages={pages} />
        </>
      )}
    </>
  )
}

/** The page that has counts: the first of those that were loaded. */
function useFirst(last: AlertListView | null): [AlertListView | null] {
  const first = useRef<AlertListView | null>(null)
  if (last?.groups) first.current = last
  return [first.current]
}

interface TabsProps {
  counts: Record<string, number>
  open: string | null
  choose: (changed: Partial<AlertFilter>) => void
}

function SeverityTabs({ counts, open, choose }: TabsProps) {
  const { text, language } = useLanguage()
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const options = [
    { value: '', label: `${text.work.allSeverities} ${formatNumber(all, 0)}` },
    ...SEVERITIES.toReversed().map((severity) => ({
      value: severity,
      label: `${SEVERITY_NAMES[severity][language]} ${formatNumber(counts[severity] ?? 0, 0)}`,
    })),
  ]
  return (
    <Radio.Group
      className="severity-tabs screen-only"
      optionType="button"
      aria-label={text.severity}
      value={open ?? ''}
      options={options}
      onChange={({ target }) => choose({ severity: target.value === '' ? null : target.value })}
      data-testid="severity-tabs"
    />
  )
}

interface FoldedProps {
  path: string
  groups: NonNullable<AlertListView['groups']>
  routeMonth: Month | null
}

/** One line a kind and city, the heaviest first. */
function Folded({ path, groups, routeMonth }: FoldedProps) {
  const { language, text, nameOf } = useLanguage()
  return (
    <ul className="alert-list" data-testid="alert-groups">
      {groups.map(({ kind, severity, area, areaName, areaNameEn, count, latestMs }) => (
        <li className="alert-row" key={`${kind} ${severity} ${area}`}>
          <details>
            <summary className="alert-head">
              <SeverityTag severity={severity} />
              <span className="row-name">{ALERT_RULES[kind].name[language]}</span>
              <span>
                <SourceText>{nameOf({ name: areaName, nameEn: areaNameEn })}</SourceText>
              </span>
              <strong>{text.work.countOf(formatNumber(count, 0))}</strong>
              <span className="faint">{formatTime(latestMs)}</span>
            </summary>
            <GroupRows path={path} group={{ kind, severity, area }} routeMonth={routeMonth} />
          </details>
        </li>
      ))}
    </ul>
  )
}

interface GroupProps {
  path: string
  group: { kind: string; severity: string; area: string }
  routeMonth: Month | null
}

/** The alerts of a fold, asked for when it opens. */
function GroupRows({ path, group, routeMonth }: GroupProps) {
  const box = useRef<HTMLDivElement>(null)
  const [isOpen, setIsOpen] = useState(false)
  useEffect(() => {
    const fold = box.current?.closest('details')
    const toggled = () => fold?.open && setIsOpen(true)
    fold?.addEventListener('toggle', toggled)
    return () => fold?.removeEventListener('toggle', toggled)
  }, [])
  const query = new URLSearchParams(path.split('?')[1] ?? '')
  for (const [name, value] of Object.entries(group)) query.set(name, value)
  return <div ref={box}>{isOpen && <GroupList path={`alerts?${query}`} routeMonth={routeMonth} />}</div>
}

function GroupList({ path, routeMonth }: { path: string; routeMonth: Month | null }) {
  const pages = usePages<AlertListView>(path)
  return (
    <>
      <Bulk rows={pages.rows} />
      <ul className="alert-list">
        {pages.rows.map((alert) => (
          <AlertRow key={alert.id} alert={alert} routeMonth={routeMonth} />
        ))}
      </ul>
      <MorePages pages={pages} />
    </>
  )
}

/** Takes all listed alerts in hand that nobody has yet. */
function Bulk({ rows }: { rows: readonly AlertView[] }) {
  const { text } = useLanguage()
  const mayAcknowledge = useMay('acknowledge')
  const [done, setDone] = useState<number | null>(null)
  const raised = rows.filter(({ state }) => state === 'raised').map(({ id }) => id)
  if (raised.length < 2 || !mayAcknowledge) return null
  return (
    <details className="bulk screen-only">
      <summary>{text.work.acknowledgeAll(formatNumber(raised.length, 0))}</summary>
      {done !== null && <p role="status">{text.work.acknowledgedOf(formatNumber(done, 0))}</p>}
      <AdminForm<{ acknowledged: string[] }>
        actions={[
          {
            key: 'ack-all',
            needs: 'acknowledge',
            label: text.acknowledge,
            path: 'alerts/ack',
            body: ({ name: by, note }) => ({ ids: raised.slice(0, BULK_MAX), by, note }),
          },
        ]}
        done={({ acknowledged }) => setDone(acknowledged.length)}
      />
    </details>
  )
}

/** Of the API. */
const BULK_MAX = 500

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
