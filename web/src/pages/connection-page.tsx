// Shows how meters are connected (接入): gateways with when they were heard, the last register of each of their meters,
// what was refused and why as it happens, and who has no meter yet. An installer keeps it open on site.

import { Card, Statistic, Tag } from 'antd'
import { useState } from 'react'
import type { GatewaysPage, GatewayView } from '../../../domain/view/device.ts'
import type { InstitutionListView, RejectionView } from '../../../domain/view/view.ts'
import { useJustChanged, useLive } from '../api/live.ts'
import { usePages } from '../api/pages.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { useMay } from '../api/session.ts'
import { AdminForm } from '../cards/admin-form.tsx'
import { DataTable } from '../cards/data-table.tsx'
import { MorePages } from '../cards/list-tools.tsx'
import { Nothing, ProblemNotice } from '../cards/marks.tsx'
import { useArea } from '../frame/area-path.tsx'
import { type ConnectionRoute, formatRoute, institutionRoute, institutionsRoute, meterRoute } from '../frame/route.ts'
import { useTitle } from '../frame/title.ts'
import { formatNumber, formatRegister, formatTime, formatUnit, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'

/** An installer sees a value within 2 s of its PUBACK. */
const LIVE_MS = 1500
const REFUSALS = 20

type Gateway = GatewaysPage['items'][number]

export function ConnectionPage({ route }: { route: ConnectionRoute }) {
  const { text, nameOf } = useLanguage()
  const area = useArea(route.area)
  const title = area ? `${nameOf(area)} · ${text.work.connection}` : text.work.connection
  useTitle(title)
  const path = withQuery('gateways', { area: route.area })
  const pages = usePages<GatewaysPage>(path)
  const bare = useResource<InstitutionListView>(
    withQuery('institutions', { area: route.area, meters: 'none', limit: 1 }),
  ).data
  const { last } = pages
  return (
    <>
      <h1>{title}</h1>
      <Card data-testid="connection">
        <div className="gauges">
          <Statistic title={text.work.gateways} value={formatNumber(last?.total, 0)} />
          <Statistic title={text.work.online} value={formatNumber(last?.online, 0)} />
          <Statistic title={text.work.neverHeard} value={formatNumber(last?.never, 0)} />
          <div>
            <Statistic title={text.work.withoutMeters} value={formatNumber(bare?.total, 0)} />
            <a href={formatRoute(institutionsRoute({ area: route.area, meters: 'none' }))}>{text.work.whoIsIt}</a>
          </div>
        </div>
      </Card>
      <Refusals />
      <Card title={text.work.gateways} data-testid="gateways">
        <Gateways rows={pages.rows} />
        <MorePages pages={pages} />
      </Card>
    </>
  )
}

function Gateways({ rows }: { rows: readonly Gateway[] }) {
  const { text, nameOf } = useLanguage()
  return (
    <DataTable
      rowKey="id"
      rows={rows}
      locale={{ emptyText: <Nothing>{text.work.noGateways}</Nothing> }}
      columns={[
        { title: text.work.gateway, key: 'id', rowScope: 'row', render: (_, { id }) => id },
        {
          title: text.institution,
          key: 'institution',
          render: (_, { institution, institutionName, institutionNameEn }) => (
            <a href={formatRoute(institutionRoute(institution, null))}>
              <SourceText>{nameOf({ name: institutionName, nameEn: institutionNameEn })}</SourceText>
            </a>
          ),
        },
        { title: text.status, key: 'state', render: (_, row) => <GatewayState row={row} /> },
        { title: text.work.lastHeard, key: 'heard', render: (_, { lastHeardMs }) => formatTime(lastHeardMs) },
        { title: text.meters, key: 'meters', align: 'right', render: (_, { meters }) => formatNumber(meters, 0) },
        {
          title: text.work.refused,
          key: 'refused',
          align: 'right',
          render: (_, { rejected }) => formatNumber(rejected, 0),
        },
      ]}
      expandable={{ expandedRowRender: ({ id }) => <Arrivals id={id} /> }}
    />
  )
}

function GatewayState({ row: { lastHeardMs, offlineMs } }: { row: Gateway }) {
  const { text } = useLanguage()
  if (lastHeardMs === null) return <span className="faint">{text.work.neverHeard}</span>
  return (
    <Tag variant="filled" className={`mark mark-${offlineMs === null ? 'onTrack' : 'over'}`}>
      {offlineMs === null ? text.work.online : text.work.offlineSince(formatTime(offlineMs))}
    </Tag>
  )
}

/** The registers of one gateway as they arrive, to be held against the meters' faces, and its credentials. */
function Arrivals({ id }: { id: string }) {
  const { text, language } = useLanguage()
  const path = encodeURIComponent(id)
  const arrivals = useLive<GatewayView>(`arrivals/${path}`, LIVE_MS)
  const [secret, setSecret] = useState<string | null>(null)
  const mayIssue = useMay('gateways')
  const meters = arrivals.data?.meters ?? []
  return (
    <div data-testid={`arrivals-${id}`}>
      <ProblemNotice of={arrivals} />
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{text.meter}</th>
            <th scope="col">{text.work.lastRegister}</th>
            <th scope="col">{text.readAt}</th>
          </tr>
        </thead>
        <tbody>
          {meters.map(({ id: meter, name, unit, last }) => (
            <tr key={meter}>
              <th scope="row">
                {name === null ? '' : <SourceText>{name}</SourceText>}{' '}
                <a href={formatRoute(meterRoute(meter, null))}>{meter}</a>
              </th>
              <td>
                <strong>{last ? withUnit(formatRegister(last.value), formatUnit(unit, language)) : UNKNOWN}</strong>
              </td>
              <td>
                {formatTime(last?.atMs)} <Fresh atMs={last?.atMs} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {mayIssue && (
        <details className="screen-only">
          <summary>{text.work.credentials}</summary>
          <p className="note">{text.work.credentialsHint}</p>
          {secret !== null && (
            <p>
              {text.work.secretOnce} <code>{secret}</code>
            </p>
          )}
          <AdminForm<{ kind: string; secret?: string; certificatePem?: string }>
            actions={[
              {
                key: 'credentials',
                needs: 'gateways',
                label: text.work.newCredentials,
                path: `gateways/${path}/credentials`,
                body: () => ({}),
              },
            ]}
            done={(given) => setSecret(given.secret ?? given.certificatePem ?? '')}
            withoutRemark
          />
        </details>
      )}
    </div>
  )
}

/** “Just now” for a reading of the last minute, and for one that came while the page was open. */
function Fresh({ atMs }: { atMs: number | undefined }) {
  const { text } = useLanguage()
  const isNew = useJustChanged(atMs)
  if (atMs === undefined) return null
  return isNew || Date.now() - atMs < 60_000 ? <span className="check-good">{text.work.justNow}</span> : null
}

function Refusals() {
  const { text } = useLanguage()
  const refused = useLive<{ items: RejectionView[]; counts: Record<string, number> }>(
    withQuery('rejections', { limit: REFUSALS }),
    LIVE_MS,
  )
  const items = refused.data?.items.slice(0, REFUSALS) ?? []
  const reasons = text.work.rejections as Record<string, string>
  return (
    <Card title={text.work.refusals} data-testid="refusals">
      <ProblemNotice of={refused} />
      {refused.data && items.length === 0 && <p className="faint">{text.work.nothingRefused}</p>}
      <ul className="plain-list" aria-live="polite">
        {items.map(({ gateway, receivedMs, code, detail, index, meter }) => (
          <li key={`${gateway} ${receivedMs} ${index} ${code}`}>
            <span className="faint">{formatTime(receivedMs)}</span> {gateway}
            {meter !== null && ` · ${meter}`} · <strong>{reasons[code] ?? code}</strong>{' '}
            <span className="faint" lang="en">
              {detail}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}
