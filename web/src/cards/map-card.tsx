// The map of the cities with the areas beside it that it does not show apart. Loaded on demand, with the boundaries.

import { AreaMap, MAPPED, type MapArea } from '../charts/area-map.tsx'
import { areaRoute, formatRoute } from '../frame/route.ts'
import { useLanguage } from '../words/language.tsx'
import { StatusTag } from './marks.tsx'

export function MapOf({ areas, visit }: { areas: readonly MapArea[]; visit: (code: string) => void }) {
  const { text } = useLanguage()
  const lacking = areas.filter(({ code }) => !MAPPED.has(code))
  return (
    <div className="map">
      <AreaMap areas={areas.filter(({ code }) => MAPPED.has(code))} visit={visit} />
      {lacking.length > 0 && (
        <div>
          <div className="faint">{text.work.mapLacks}</div>
          <ul className="plain-list">
            {lacking.map(({ code, name, status }) => (
              <li key={code}>
                <a href={formatRoute(areaRoute(code, null))}>{name}</a> <StatusTag status={status} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}
