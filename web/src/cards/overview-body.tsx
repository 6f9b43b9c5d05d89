// What stands below the head of an area's overview: map, trend, shares, the seven indicators, the areas and
// institutions below. Loaded when the head is on the screen.

import type { Month } from '../../../domain/calendar.ts'
import type { AccessView } from '../../../domain/view/access.ts'
import type { AreaStatusView } from '../../../domain/view/view.ts'
import { type Resource, useResource } from '../api/resource.ts'
import { type AreaRoute, formatRoute, listOf, visit } from '../frame/route.ts'
import { useLanguage } from '../words/language.tsx'
import { AccessCard } from './access-card.tsx'
import { ChildAreas } from './child-areas.tsx'
import { DualControlCard } from './dual-control-card.tsx'
import { InstitutionList } from './institution-list.tsx'
import { GradesCard, MapCard, QualityCard, StructureCard, WeightsCard } from './overview-cards.tsx'
import { TrendCard } from './trend-card.tsx'

interface Props {
  route: AreaRoute & { code: string }
  month: Month
  isRoot: boolean
  status: Resource<AreaStatusView>
  name: string
}

export function OverviewBody({ route, month, isRoot, status: { data, problem }, name }: Props) {
  const { text } = useLanguage()
  const access = useResource<AccessView>(`areas/${encodeURIComponent(route.code)}/access`)
  const shown = { code: route.code, month, routeMonth: route.month }
  const why = { page: 'why', of: 'area', id: route.code, table: 'dualControl', month: route.month } as const
  return (
    <>
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
    </>
  )
}
