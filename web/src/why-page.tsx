// Where one number of an institution or area comes from, on a page of its own, so that it can be linked and printed.

import { Card, Spin } from 'antd'
import type { ExplainView } from '../../domain/explain-view.ts'
import type { InstitutionView } from '../../domain/view.ts'
import { AreaPath, useArea } from './area-path.tsx'
import { ExplainChain } from './explain-chain.tsx'
import { useLanguage } from './language.tsx'
import { ProblemNotice } from './marks.tsx'
import { useResource, withQuery } from './resource.ts'
import { areaRoute, formatRoute, institutionRoute, type WhyRoute } from './route.ts'
import { useTitle } from './title.ts'

export function WhyPage({ route, month }: { route: WhyRoute; month: string }) {
  const { text, nameOf } = useLanguage()
  const isArea = route.of === 'area'
  const institution = useResource<InstitutionView>(isArea ? null : `institutions/${encodeURIComponent(route.id)}`).data
  const area = useArea(isArea ? route.id : (institution?.area ?? null))
  const subject = isArea ? area : institution
  const name = subject ? nameOf(subject) : route.id
  const words: Record<string, string> = { ...text.quotaIndicators, ...text.indicators }
  const what =
    (route.table === 'quota' ? text.quotaIndicators[route.indicator as never] : undefined) ?? words[route.indicator]
  const title = text.whyTitle(what ?? route.indicator)
  useTitle(`${name} · ${title}`)
  const back = isArea ? areaRoute(route.id, route.month) : institutionRoute(route.id, route.month)
  return (
    <>
      <AreaPath area={area} routeMonth={route.month} leaf={isArea ? title : name} />
      <h1>
        <a href={formatRoute(back)}>{name}</a> · {title}
      </h1>
      <Why
        of={route.of}
        id={route.id}
        indicator={route.indicator}
        table={route.table}
        month={month}
        routeMonth={route.month}
      />
    </>
  )
}

type WhyProps = Omit<WhyRoute, 'page' | 'month'> & { month: string; routeMonth: string | null }

/** The API's largest page of parts or meters. */
const LIMIT = 500

/** The chain in its card. */
export function Why({ of, id, indicator, table, month, routeMonth }: WhyProps) {
  const { text } = useLanguage()
  const path = `${of === 'area' ? 'areas' : 'institutions'}/${encodeURIComponent(id)}/explain`
  const explained = useResource<ExplainView>(withQuery(path, { indicator, table, month, limit: LIMIT }))
  return (
    <Card title={`${text.why} · ${month}`} data-testid="why">
      <ProblemNotice of={explained} />
      {explained.data ? (
        <ExplainChain view={explained.data} routeMonth={routeMonth} />
      ) : (
        !explained.problem && <Spin className="waiting" description={text.loading} />
      )}
    </Card>
  )
}
