// Shows one area with tabs: dual control with the areas and institutions below, alerts, comparison of institutions,
// carbon ledger, targets and revisions.

import { Suspense } from 'react'
import type { Month } from '../../../domain/calendar.ts'
import type { AreaStatusView, AreaView } from '../../../domain/view/view.ts'
import { type Resource, useResource, withQuery } from '../api/resource.ts'
import { ProblemNotice } from '../cards/marks.tsx'
import { OverviewHead } from '../cards/overview-head.tsx'
import { SavedFrom } from '../cards/saved-from.ts'
import { useAfterPaint } from '../frame/after-paint.ts'
import { AreaPath } from '../frame/area-path.tsx'
import { laterPart } from '../frame/later-part.tsx'
import { Waiting } from '../frame/plain.tsx'
import { type AreaRoute as AnyAreaRoute, AREA_VIEWS, visit } from '../frame/route.ts'
import { PageTabs } from '../frame/tabs.tsx'
import { useTitle } from '../frame/title.ts'
import { useLanguage } from '../words/language.tsx'

// The verdict comes first; tables and charts are ten times as large.
const OverviewBody = laterPart(async () => (await import('../cards/overview-body.tsx')).OverviewBody)
const AlertList = laterPart(async () => (await import('../cards/alert-list.tsx')).AlertList)
const LeadersCard = laterPart(async () => (await import('../cards/leaders-card.tsx')).LeadersCard)
const DemonstrationCard = laterPart(async () => (await import('../cards/demonstration-card.tsx')).DemonstrationCard)
const CarbonCard = laterPart(async () => (await import('../cards/carbon-card.tsx')).CarbonCard)
const ContractCandidates = laterPart(async () => (await import('../cards/contract-candidates.tsx')).ContractCandidates)
const PlanCard = laterPart(async () => (await import('../cards/plan-card.tsx')).PlanCard)
const RevisionsCard = laterPart(async () => (await import('../cards/revisions-card.tsx')).RevisionsCard)
const ReportsView = laterPart(async () => (await import('../cards/report-view.tsx')).ReportsView)
const KeyUsersCard = laterPart(async () => (await import('../cards/key-users-card.tsx')).KeyUsersCard)

type AreaRoute = AnyAreaRoute & { code: string }
interface Props {
  route: AreaRoute
  month: Month
  isRoot: boolean
}

export function AreaPage({ route, month, isRoot }: Props) {
  const { text, nameOf } = useLanguage()
  const path = `areas/${encodeURIComponent(route.code)}`
  const status = useResource<AreaStatusView>(route.view === 'overview' ? withQuery(`${path}/status`, { month }) : null)
  // The area's name must not disappear while another month loads, or when that month fails.
  const registered = useResource<AreaView>(path)
  const area = registered.data ?? status.data?.area ?? null
  const name = area ? nameOf(area) : registered.problem ? route.code : '…'
  useTitle(name)
  const year = month.slice(0, 4)
  const comparison = { area: route.code, year, routeMonth: route.month }
  return (
    <SavedFrom value={{ subject: name, period: month }}>
      <AreaPath area={area} routeMonth={route.month} />
      <h1>{name}</h1>
      <PageTabs
        label={name}
        views={AREA_VIEWS.map((view) => ({ view, name: text.tabs[view] }))}
        open={route.view}
        choose={(view) => visit({ ...route, view, kind: null, severity: null, state: null })}
      >
        <Suspense fallback={<Waiting>{text.loading}</Waiting>}>
          {route.view === 'overview' && (
            <Overview route={route} month={month} isRoot={isRoot} status={status} name={name} />
          )}
          {route.view === 'alerts' && (
            <AlertList
              title={text.alertsOf(name)}
              filter={{ area: route.code, kind: route.kind, severity: route.severity, state: route.state }}
              routeMonth={route.month}
              choose={({ kind, severity, state }) => visit({ ...route, kind, severity, state })}
            />
          )}
          {route.view === 'ranking' && (
            <>
              <LeadersCard key={`leaders ${year}`} {...comparison} />
              <DemonstrationCard key={`points ${year}`} {...comparison} />
            </>
          )}
          {route.view === 'carbon' && <CarbonCard subject={path} month={month} key={month} />}
          {route.view === 'revisions' && <RevisionsCard subject={path} />}
          {route.view === 'reports' && area && (
            <ReportsView
              subject={{ id: route.code, type: 'area', name, parent: area.parent }}
              month={month}
              choose={(chosen) => visit({ ...route, month: chosen })}
            />
          )}
          {route.view === 'contracts' && <ContractCandidates key={route.code} {...comparison} />}
          {route.view === 'plan' && (
            <>
              <PlanCard key={`plan ${year}`} area={route.code} year={year} />
              <KeyUsersCard key={`users ${year}`} {...comparison} />
            </>
          )}
        </Suspense>
      </PageTabs>
    </SavedFrom>
  )
}

interface OverviewProps extends Props {
  status: Resource<AreaStatusView>
  name: string
}

function Overview({ route, month, isRoot, status, name }: OverviewProps) {
  const { text } = useLanguage()
  const { data, problem } = status
  const isFirstSeen = useAfterPaint(data !== null || problem !== null)
  const waiting = <Waiting>{text.loading}</Waiting>
  return (
    <>
      <ProblemNotice of={status} />
      {data?.dualControl && (
        <OverviewHead dualControl={data.dualControl} below={data.children} routeMonth={route.month} />
      )}
      {isFirstSeen ? (
        <Suspense fallback={waiting}>
          <OverviewBody route={route} month={month} isRoot={isRoot} status={status} name={name} />
        </Suspense>
      ) : (
        waiting
      )}
    </>
  )
}
