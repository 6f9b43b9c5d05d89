// Explains one number of an institution or area on a separate page, so that it can be linked and printed.

import type { Month } from '../../../domain/calendar.ts'
import type { InstitutionView } from '../../../domain/view/view.ts'
import { useResource } from '../api/resource.ts'
import { SavedFrom } from '../cards/saved-from.ts'
import { Why } from '../cards/why.tsx'
import { AreaPath, useArea } from '../frame/area-path.tsx'
import { areaRoute, formatRoute, institutionRoute, type WhyRoute } from '../frame/route.ts'
import { useTitle } from '../frame/title.ts'
import { useLanguage } from '../words/language.tsx'

export function WhyPage({ route, month }: { route: WhyRoute; month: Month }) {
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
    <SavedFrom value={{ subject: `${name} ${what ?? route.indicator}`, period: month }}>
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
    </SavedFrom>
  )
}
