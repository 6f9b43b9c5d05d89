// Shows one area with tabs: dual control with the areas and institutions below, alerts, comparison of institutions,
// carbon ledger, targets and revisions.

import { Spin } from 'antd'
import { lazy, Suspense } from 'react'
import type { Month } from '../../../domain/calendar.ts'
import type { AccessView } from '../../../domain/view/access.ts'
import type { AreaStatusView, AreaView } from '../../../domain/view/view.ts'
import { type Resource, useResource, withQuery } from '../api/resource.ts'
import { ProblemNotice } from '../cards/marks.tsx'
import { GradesCard, MapCard, QualityCard, StructureCard, WeightsCard } from '../cards/overview-cards.tsx'
import { OverviewHead } from '../cards/overview-head.tsx'
import { SavedFrom } from '../cards/save-tables.tsx'
import { TrendCard } from '../cards/trend-card.tsx'
import { AreaPath } from '../frame/area-path.tsx'
import { type AreaRoute as AnyAreaRoute, AREA_VIEWS, formatRoute, listOf, visit } from '../frame/route.ts'
import { PageTabs } from '../frame/tabs.tsx'
import { useTitle } from '../frame/title.ts'
import { useLanguage } from '../words/language.tsx'

// Tables are as large as the rest of the page; they come after the verdict.
const AccessCard = lazy(async () => ({ default: (await import('../cards/access-card.tsx')).AccessCard }))
const AlertList = lazy(async () => ({ default: (await import('../cards/alert-list.tsx')).AlertList }))
const ChildAreas = lazy(async () => ({ default: (await import('../cards/child-areas.tsx')).ChildAreas }))
const DualControlCard = lazy(async () => ({
  default: (await import('../cards/dual-control-card.tsx')).DualControlCard,
}))
const InstitutionList = lazy(async () => ({ default: (await import('../cards/institution-list.tsx')).InstitutionList }))
const LeadersCard = lazy(async () => ({ default: (await import('../cards/leaders-card.tsx')).LeadersCard }))
const DemonstrationCard = lazy(async () => ({
  default: (await import('../cards/demonstration-card.tsx')).DemonstrationCard,
}))
const CarbonCard = lazy(async () => ({ default: (await import('../cards/carbon-card.tsx')).CarbonCard }))
const ContractCandidates = lazy(async () => ({
  default: (await import('../cards/contract-candidates.tsx')).ContractCandidates,
}))
const PlanCard = lazy(async () => ({ default: (await import('../cards/plan-card.tsx')).PlanCard }))
const RevisionsCard = lazy(async () => ({ default: (await import('../cards/revisions-card.tsx')).RevisionsCard }))
const ReportsView = lazy(async () => ({ default: (await import('../cards/report-view.tsx')).ReportsView }))
const KeyUsersCard = lazy(async () => ({ default: (await import('../cards/key-users-card.tsx')).KeyUsersCard }))

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
        <Suspense fallback={<Spin className="waiting" description={text.loading} />}>
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
  const access = useResource<AccessView>(`areas/${encodeURIComponent(route.code)}/access`)
  const shown = { code: route.code, month, routeMonth: route.month }
  const why = { page: 'why', of: 'area', id: route.code, table: 'dualControl', month: route.month } as const
  return (
    <>
      <ProblemNotice of={status} />
      {data?.dualControl && (
        <OverviewHead dualControl={data.dualControl} below={data.children} routeMonth={route.month} />
      )}
      {data && (
        <div className="card-grid">
          {data.area.level === 'province' && data.children.length > 0 && (
            <MapCard rows={data.children} routeMonth={route.month} />
          )}
          <TrendCard
            subject={`areas/${encodeURIComponent(route.code)}`}
            month={month}
            dualControl={data.dualControl}
            key={route.code}
          />
          <StructureCard {...shown} />
          <GradesCard {...shown} />
          <WeightsCard {...shown} />
          <QualityCard code={route.code} access={access.data} coverage={data.dualControl?.coverage ?? null} />
        </div>
      )}
      <Suspense fallback={<Spin className="waiting" description={text.loading} />}>
        {!(problem && !data) && (
          <DualControlCard
            title={`${text.dualControl} · ${month}`}
            dualControl={data?.dualControl ?? null}
            loading={data === null}
            energyTestId={isRoot ? 'province-energy-actual' : 'area-energy-actual'}
            whyOf={(indicator) => formatRoute({ ...why, indicator })}
          />
        )}
        {data && data.children.length > 0 && (
          <ChildAreas rows={data.children} access={access.data} routeMonth={route.month} />
        )}
        <AccessCard access={access} />
        <InstitutionList
          title={text.institutionsOf(name)}
          area={route.code}
          list={listOf(route)}
          routeMonth={route.month}
          choose={(list) => visit({ ...route, ...list })}
        />
      </Suspense>
    </>
  )
}
