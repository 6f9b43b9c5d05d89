// Shows one institution with tabs: facts, alerts, dual control and quota; meters and their curve; carbon ledger, cost,
// data centre and revisions.

import { Spin } from 'antd'
import { lazy, Suspense } from 'react'
import type { Month } from '../../../domain/calendar.ts'
import type { PaceView } from '../../../domain/view/energy.ts'
import type { InstitutionStatusView, InstitutionView } from '../../../domain/view/view.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { AlertList } from '../cards/alert-list.tsx'
import { DualControlCard } from '../cards/dual-control-card.tsx'
import { InstitutionFacts } from '../cards/institution-facts.tsx'
import { ProblemNotice } from '../cards/marks.tsx'
import { MeterCard } from '../cards/meter-card.tsx'
import { MeterTable } from '../cards/meter-table.tsx'
import { QuotaCard } from '../cards/quota-card.tsx'
import { SavedFrom } from '../cards/saved-from.ts'
import { TrendCard } from '../cards/trend-card.tsx'
import { AreaPath, useArea } from '../frame/area-path.tsx'
import { formatRoute, INSTITUTION_VIEWS, type InstitutionRoute, institutionRoute, visit } from '../frame/route.ts'
import { PageTabs } from '../frame/tabs.tsx'
import { useTitle } from '../frame/title.ts'
import { useLanguage } from '../words/language.tsx'

const TreeCard = lazy(async () => ({ default: (await import('../cards/tree-card.tsx')).TreeCard }))
const UseViews = lazy(async () => ({ default: (await import('../cards/use-view.tsx')).UseViews }))
const CarbonCard = lazy(async () => ({ default: (await import('../cards/carbon-card.tsx')).CarbonCard }))
const CostCard = lazy(async () => ({ default: (await import('../cards/cost-card.tsx')).CostCard }))
const DataCentreCard = lazy(async () => ({ default: (await import('../cards/data-centre-card.tsx')).DataCentreCard }))
const RevisionsCard = lazy(async () => ({ default: (await import('../cards/revisions-card.tsx')).RevisionsCard }))
const ControlRules = lazy(async () => ({ default: (await import('../cards/control-rules.tsx')).ControlRules }))
const ContractsView = lazy(async () => ({ default: (await import('../cards/contract-view.tsx')).ContractsView }))
const ReportsView = lazy(async () => ({ default: (await import('../cards/report-view.tsx')).ReportsView }))

interface Props {
  route: InstitutionRoute
  month: Month
}

export function InstitutionPage({ route, month }: Props) {
  const { text, nameOf } = useLanguage()
  const path = `institutions/${encodeURIComponent(route.id)}`
  const resource = useResource<InstitutionView>(path)
  const institution = resource.data
  const area = useArea(institution?.area ?? null)
  const name = institution ? nameOf(institution) : resource.problem ? route.id : '…'
  useTitle(name)
  const hasCentre = institution?.hasDataCentre ?? false
  const views = INSTITUTION_VIEWS.filter((view) => view !== 'dataCentre' || hasCentre || route.view === view)
  return (
    <SavedFrom value={{ subject: name, period: month }}>
      <AreaPath area={area} routeMonth={route.month} leaf={name} />
      <h1>{name}</h1>
      <ProblemNotice of={resource} />
      {institution && (
        <PageTabs
          label={name}
          views={views.map((view) => ({ view, name: text.tabs[view] }))}
          open={route.view}
          choose={(view) => visit({ ...institutionRoute(route.id, route.month), view })}
        >
          <Suspense fallback={<Spin className="waiting" description={text.loading} />}>
            <View institution={institution} route={route} month={month} path={path} />
          </Suspense>
        </PageTabs>
      )}
    </SavedFrom>
  )
}

function View({ institution, route, month, path }: Props & { institution: InstitutionView; path: string }) {
  const { nameOf } = useLanguage()
  const { id, meters } = institution
  switch (route.view) {
    case 'overview':
      return <Overview institution={institution} route={route} month={month} path={path} />
    case 'meters':
      return (
        <>
          <MeterCard meters={meters} route={route} />
          <TreeCard institution={id} meters={meters} month={month} />
          <MeterTable meters={meters} route={route} />
        </>
      )
    case 'use':
      return <UseViews route={route} meters={meters} month={month} />
    case 'carbon':
      return <CarbonCard subject={path} month={month} key={month} />
    case 'cost':
      return <CostCard institution={id} meters={meters} month={month} />
    case 'dataCentre':
      return <DataCentreCard institution={id} month={month} />
    case 'revisions':
      return <RevisionsCard subject={path} />
    case 'control':
      return <ControlRules institution={institution} />
    case 'contracts':
      return <ContractsView institution={id} />
    case 'reports':
      return (
        <ReportsView
          subject={{ id, type: 'institution', name: nameOf(institution), parent: institution.area }}
          month={month}
          choose={(chosen) => visit({ ...route, month: chosen })}
        />
      )
  }
}

const OPEN = { area: null, kind: null, severity: null, state: null }

function Overview({ institution, route, month, path }: Props & { institution: InstitutionView; path: string }) {
  const { text } = useLanguage()
  const status = useResource<InstitutionStatusView>(withQuery(`${path}/status`, { month }))
  const pace = useResource<PaceView>(withQuery(`${path}/pace`, { month }))
  const whyOf = (table: string) => (indicator: string) =>
    formatRoute({ page: 'why', of: 'institution', id: institution.id, indicator, table, month: route.month })
  return (
    <>
      <InstitutionFacts institution={institution} />
      <AlertList filter={OPEN} institution={institution.id} title={text.alerts} routeMonth={route.month} />
      <ProblemNotice of={status} />
      {!(status.problem && !status.data) && (
        <>
          <DualControlCard
            title={`${text.dualControl} · ${month}`}
            dualControl={status.data?.dualControl ?? null}
            loading={status.data === null}
            energyTestId="institution-energy-actual"
            whyOf={whyOf('dualControl')}
          />
          <TrendCard subject={path} month={month} dualControl={status.data?.dualControl ?? null} />
          <QuotaCard
            rows={status.data?.quota ?? []}
            pace={pace.data?.pace ?? []}
            loading={status.data === null}
            whyOf={whyOf('quota')}
          />
        </>
      )}
    </>
  )
}
