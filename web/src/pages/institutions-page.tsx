// Lists all institutions that the reader sees, with search, filters, order and page in the address.

import { InstitutionList } from '../cards/institution-list.tsx'
import { SavedFrom } from '../cards/saved-from.ts'
import { useArea } from '../frame/area-path.tsx'
import { type InstitutionsRoute, listOf, visit } from '../frame/route.ts'
import { useTitle } from '../frame/title.ts'
import { useLanguage } from '../words/language.tsx'

export function InstitutionsPage({ route }: { route: InstitutionsRoute }) {
  const { text, nameOf } = useLanguage()
  const area = useArea(route.area)
  const title = area ? text.institutionsOf(nameOf(area)) : text.work.institutions
  useTitle(title)
  return (
    <SavedFrom value={{ subject: title, period: '' }}>
      <h1>{title}</h1>
      <InstitutionList
        title={text.work.institutions}
        area={route.area}
        list={listOf(route)}
        routeMonth={route.month}
        choose={(list) => visit({ ...route, ...list })}
      />
    </SavedFrom>
  )
}
