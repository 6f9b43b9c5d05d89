// The smaller cards of an area's overview: the map, the structure by medium, quota ratings, open alerts by weight, and
// connection with data quality.

import { Card } from 'antd'
import { lazy, Suspense, useMemo } from 'react'
import type { Month } from '../../../domain/calendar.ts'
import type { CarbonLedger } from '../../../domain/energy/carbon-ledger.ts'
import { SEVERITIES } from '../../../domain/phrase.ts'
import { RATINGS } from '../../../domain/rating.ts'
import type { AccessView } from '../../../domain/view/access.ts'
import type { AlertListView } from '../../../domain/view/alert.ts'
import type { AreaStatusView, InstitutionListView } from '../../../domain/view/view.ts'
import { useJustChanged, useLive } from '../api/live.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { alertsRoute, areaRoute, formatRoute, institutionsRoute, visit } from '../frame/route.ts'
import { formatCoverage, formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { decisiveIndicators } from '../words/verdict-words.ts'
import { meteredShare } from './access-shares.ts'
import { Nothing, ProblemNotice, RatingTag, SeverityTag } from './marks.tsx'

const MapOf = lazy(async () => ({ default: (await import('./map-card.tsx')).MapOf }))

/** Readings arrive all the time. */
const LIVE_MS = 5000

interface Props {
  code: string
  month: Month
  routeMonth: Month | null
}

export function MapCard({ rows, routeMonth }: { rows: AreaStatusView['children']; routeMonth: Month | null }) {
  const { text, nameOf } = useLanguage()
  const areas = useMemo(
    () =>
      rows.map((row) => ({
        code: row.code,
        name: nameOf(row),
        status: row.dualControl?.status ?? null,
        ratio: (row.dualControl && decisiveIndicators(row.dualControl).at(0)?.ratio) ?? null,
      })),
    [rows, nameOf],
  )
  return (
    <Card title={text.work.map} data-testid="map">
      <Suspense fallback={<div className="chart chart-map" />}>
        <MapOf areas={areas} visit={(code) => visit(areaRoute(code, routeMonth))} />
      </Suspense>
    </Card>
  )
}

/** Standard coal by source over the year so far. */
export function StructureCard({ code, month }: Props) {
  const { text } = useLanguage()
  const path = withQuery(`areas/${encodeURIComponent(code)}/carbon`, { year: month.slice(0, 4) })
  const found = useResource<CarbonLedger>(path)
  const rows = (found.data?.rows ?? []).flatMap(({ source, energyKgce }) =>
    energyKgce === null || energyKgce <= 0 ? [] : [{ source, energyKgce }],
  )
  const all = rows.reduce((sum, { energyKgce }) => sum + energyKgce, 0)
  return (
    <Card title={text.work.structure} loading={!found.data && !found.problem} data-testid="structure">
      <ProblemNotice of={found} />
      {found.data && rows.length === 0 && <Nothing>{text.noLedger}</Nothing>}
      <ul className="shares">
        {rows
          .toSorted((a, b) => b.energyKgce - a.energyKgce)
          .map(({ source, energyKgce }) => (
            <li key={source}>
              <span>{text.carriers[source] ?? source}</span>
              <span className="share-track" aria-hidden>
                <span style={{ width: `${(100 * energyKgce) / all}%` }} />
              </span>
              <strong>{formatCoverage(energyKgce / all)}</strong>
            </li>
          ))}
      </ul>
    </Card>
  )
}

export function GradesCard({ code, routeMonth }: Props) {
  const { text } = useLanguage()
  const found = useResource<InstitutionListView>(withQuery('institutions', { area: code, limit: 1 }))
  const { ratings = {}, total = 0 } = found.data ?? {}
  return (
    <Card title={text.work.grades} loading={!found.data && !found.problem} data-testid="grades">
      <ProblemNotice of={found} />
      <ul className="shares">
        {[...RATINGS, 'none' as const].map((rating) => (
          <li key={rating}>
            <a href={formatRoute({ ...institutionsRoute({ area: code, rating }), month: routeMonth })}>
              {rating === 'none' ? text.notJudged : <RatingTag rating={rating} />}
            </a>
            <span className="share-track" aria-hidden>
              <span style={{ width: `${total > 0 ? (100 * (ratings[rating] ?? 0)) / total : 0}%` }} />
            </span>
            <strong>{formatNumber(ratings[rating] ?? 0, 0)}</strong>
          </li>
        ))}
      </ul>
    </Card>
  )
}

export function WeightsCard({ code, routeMonth }: Props) {
  const { text } = useLanguage()
  const found = useResource<AlertListView>(withQuery('alerts', { area: code, limit: 1 }))
  const counts = found.data?.severities ?? {}
  return (
    <Card title={text.work.openByWeight} loading={!found.data && !found.problem} data-testid="weights">
      <ProblemNotice of={found} />
      <ul className="shares">
        {SEVERITIES.toReversed().map((severity) => (
          <li key={severity}>
            <a href={formatRoute({ ...alertsRoute(code, routeMonth), severity })}>
              <SeverityTag severity={severity} />
            </a>
            <span />
            <strong>{formatNumber(counts[severity] ?? 0, 0)}</strong>
          </li>
        ))}
      </ul>
    </Card>
  )
}

interface QualityProps {
  code: string
  access: AccessView | null
  coverage: number | null
}

export function QualityCard({ code, access, coverage }: QualityProps) {
  const { text } = useLanguage()
  const path = `areas/${encodeURIComponent(code)}/freshness`
  const fresh = useLive<{ upToDate: boolean; readings: number }>(path, LIVE_MS).data
  const isNew = useJustChanged(fresh?.readings)
  return (
    <Card title={text.work.quality} data-testid="quality">
      <ul className="shares">
        <li>
          <span>{text.work.metered}</span>
          <span />
          <strong>{formatCoverage(meteredShare(access?.access ?? null))}</strong>
        </li>
        <li>
          <span>{text.coverage}</span>
          <span />
          <strong>{formatCoverage(coverage)}</strong>
        </li>
        <li>
          <span>{text.work.readingsStored}</span>
          <span className="faint">
            {isNew && (
              <span className="check-good" data-testid="just-now">
                {text.work.justNow}{' '}
              </span>
            )}
            {fresh && (fresh.upToDate ? text.work.upToDate : text.work.notUpToDate)}
          </span>
          <strong data-testid="readings-stored">{formatNumber(fresh?.readings, 0)}</strong>
        </li>
      </ul>
    </Card>
  )
}
