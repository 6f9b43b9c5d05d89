// Shows the breadcrumb from the top area to the present page.

import type { Month } from '../../../domain/calendar.ts'
import type { AreaView } from '../../../domain/view/view.ts'
import { useResource } from '../api/resource.ts'
import { useSession } from '../api/session.ts'
import { useLanguage } from '../words/language.tsx'
import { areaRoute, formatRoute } from './route.ts'

interface Props {
  area: AreaView | null
  routeMonth: Month | null
  /** Last item, after the area: an institution's name or a title. */
  leaf?: string
  /** Between the areas and the leaf: the institution of a meter. */
  via?: { name: string; href: string }
}

export function AreaPath({ area, routeMonth, leaf, via }: Props) {
  const { nameOf } = useLanguage()
  // Province, city and county: an area has at most two areas above it.
  const parent = useAreaAbove(area?.code, area?.parent)
  const grandparent = useAreaAbove(parent?.code, parent?.parent)
  const areas = [grandparent, parent, area].filter((one) => one !== null)
  const last = areas.length - 1
  if (last < 1 && leaf === undefined) return null
  return (
    <nav className="area-path" aria-label="breadcrumb">
      <ol>
        {areas.map((one, index) => (
          <li key={one.code}>
            {index === last && leaf === undefined ? (
              nameOf(one)
            ) : (
              <a href={formatRoute(areaRoute(one.code, routeMonth))}>{nameOf(one)}</a>
            )}
          </li>
        ))}
        {via && (
          <li>
            <a href={via.href}>{via.name}</a>
          </li>
        )}
        {leaf !== undefined && <li>{leaf}</li>}
      </ol>
    </nav>
  )
}

/** A registered area; null until loaded, and for a reader of institutions alone. */
export function useArea(code: string | null): AreaView | null {
  const isOfInstitution = useHome()?.type === 'institution'
  return useResource<AreaView>(code === null || isOfInstitution ? null : `areas/${encodeURIComponent(code)}`).data
}

/** The area above a place; null for one that is the reader's own: what lies above it is not theirs to read. */
export function useAreaAbove(place: string | undefined, parent: string | null | undefined): AreaView | null {
  const home = useHome()
  return useArea(place === undefined || place === home?.id ? null : (parent ?? null))
}

/** The reader's own place, where it is known. */
function useHome() {
  const session = useSession()
  return session.state === 'in' ? session.home : undefined
}
