// Names of the parts of an area, for lists in which the API names ids alone: areas below it, or its institutions.

import type { AreaView, InstitutionRow, Page } from '../../../domain/view/view.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { useLanguage } from './language.tsx'

/** The API's largest page; beyond it ids stand for names. */
const LIMIT = 500

/** The name of an area or institution below `area`; its id while, or where, it is not known. Null asks nothing. */
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
