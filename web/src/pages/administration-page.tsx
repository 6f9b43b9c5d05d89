// Shows what administrators look after, a tab each: import, targets, tables, calendar, limits, channels, retention,
// people and logs; and the reader's own account. A reader sees the tabs that a role of theirs can open.

import { Alert } from 'antd'
import type { ReactNode } from 'react'
import type { Action } from '../../../domain/access/permission.ts'
import { useSession } from '../api/session.ts'
import { AuditCard } from '../cards/audit-card.tsx'
import { ChannelsCard } from '../cards/channels-card.tsx'
import { LimitsCard } from '../cards/limits-card.tsx'
import { OwnAccount } from '../cards/own-account.tsx'
import { PeopleCard } from '../cards/people-card.tsx'
import { RegistryImportCard } from '../cards/registry-import.tsx'
import { CalendarRecords, TableRecords, TargetRecords } from '../cards/registry-records.tsx'
import { RetentionCard } from '../cards/retention-card.tsx'
import { ADMINISTRATION_VIEWS, type AdministrationRoute, type AdministrationTab, visit } from '../frame/route.ts'
import { PageTabs } from '../frame/tabs.tsx'
import { useTitle } from '../frame/title.ts'
import { useAdminWords } from '../words/admin-words.ts'
import { useLanguage } from '../words/language.tsx'

/** The right that a view needs; a visitor of a demo has those of reading. */
const NEEDS: Readonly<Record<AdministrationTab, Action>> = {
  registry: 'operate',
  targets: 'figures',
  tables: 'published',
  calendar: 'published',
  thresholds: 'figures',
  channels: 'operate',
  retention: 'published',
  people: 'seePeople',
  audit: 'log',
  own: 'self',
}
/** What the machine's own credential is for; people do the rest under their names. */
const FOR_MACHINE: readonly AdministrationTab[] = [
  ...(['registry', 'targets', 'tables', 'calendar', 'thresholds', 'retention'] as const),
]

export function AdministrationPage({ route }: { route: AdministrationRoute }) {
  const { text } = useLanguage()
  const words = useAdminWords()
  useTitle(words.title)
  const session = useSession()
  const actions = 'actions' in session ? (session.actions ?? []) : []
  const views = ADMINISTRATION_VIEWS.filter((view) =>
    session.state === 'machine' ? FOR_MACHINE.includes(view) : actions.includes(NEEDS[view]),
  )
  const open = route.view ?? views[0]
  if (open === undefined || !views.includes(open))
    return (
      <>
        <h1>{words.title}</h1>
        <Alert
          type="warning"
          showIcon
          title={text.problems[403]}
          description={<a href="#/">{text.work.goHome}</a>}
          data-testid="no-right"
        />
      </>
    )
  return (
    <>
      <h1>{words.title}</h1>
      <PageTabs
        label={words.title}
        views={views.map((view) => ({ view, name: words.views[view] }))}
        open={open}
        choose={(view) => visit({ ...route, view, subject: null })}
      >
        {bodyOf(open, route)}
      </PageTabs>
    </>
  )
}

function bodyOf(view: AdministrationTab, route: AdministrationRoute): ReactNode {
  switch (view) {
    case 'registry':
      return <RegistryImportCard />
    case 'targets':
      return <TargetRecords />
    case 'tables':
      return <TableRecords />
    case 'calendar':
      return <CalendarRecords />
    case 'thresholds':
      return <LimitsCard key={route.subject} route={route} />
    case 'channels':
      return <ChannelsCard />
    case 'retention':
      return <RetentionCard />
    case 'people':
      return <PeopleCard />
    case 'audit':
      return <AuditCard />
    case 'own':
      return <OwnAccount />
  }
}
