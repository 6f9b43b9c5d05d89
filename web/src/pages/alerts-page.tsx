// Lists all alerts of the whole registry, or of one area and all areas below it, by kind and state.

import { AlertList } from '../cards/alert-list.tsx'
import { SavedFrom } from '../cards/saved-from.ts'
import { useArea } from '../frame/area-path.tsx'
import { type AlertsRoute, visit } from '../frame/route.ts'
import { useTitle } from '../frame/title.ts'
import { useLanguage } from '../words/language.tsx'

export function AlertsPage({ route, rootArea }: { route: AlertsRoute; rootArea: string | null }) {
  const { text, nameOf } = useLanguage()
  const root = useArea(rootArea)
  const chosen = useArea(route.area)
  // The areas directly below the top, and the area of the link.
  const offered = [...(root?.children ?? []), ...(chosen ? [chosen] : [])]
  const areas = Object.fromEntries(offered.map((area) => [area.code, nameOf(area)]))
  const title = chosen ? text.alertsOf(nameOf(chosen)) : text.alerts
  useTitle(title)
  return (
    <SavedFrom value={{ subject: chosen ? nameOf(chosen) : root ? nameOf(root) : '', period: '' }}>
      <h1>{title}</h1>
      <AlertList
        title={text.alerts}
        filter={route}
        routeMonth={route.month}
        areas={areas}
        choose={({ area, kind, severity, state }) => visit({ ...route, area, kind, severity, state })}
      />
    </SavedFrom>
  )
}
