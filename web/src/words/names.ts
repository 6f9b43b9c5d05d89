// Finds the names of an area's children and institutions, for lists in which the API returns only ids.

import type { AreaView, InstitutionRow, Page } from '../../../domain/view/view.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { useLanguage } from './language.tsx'

/** The API's largest page; institutions beyond it are shown by id. */
const LIMIT = 500

/** The name of an area or institution below `area`; its id when the name is unknown. Null: no request. */
export function useSubjectNames(area: string | null): (id: string) => string {
  const { nameOf } = useLanguage()
  const below = useResource<AreaView>(area === null ? null : `areas/${encodeURIComponent(area)}`)
  const institutions = useResource<Page<InstitutionRow>>(
    area === null ? null : withQuery('institutions', { area, limit: LIMIT }),
  )
  return (id) => {
    const found =
      below.data?.children.find(({ code }) => code === id) ?? institutions.data?.items.find((row) => row.id === id)
    return found ? nameOf(found) : id
  }
}
