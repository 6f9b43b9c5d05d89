// Shows the frame of the page: waits until the server is ready, then shows the header and the page of the route.

import { Suspense, useEffect, useRef } from 'react'
import { type Month, monthOf } from '../../domain/calendar.ts'
import type { SessionView } from '../../domain/view/session.ts'
import type { HealthView } from '../../domain/view/view.ts'
import { canRead, mayDo, type Session, useSession } from './api/session.ts'
import { ErrorBoundary } from './frame/error-boundary.tsx'
import { Header } from './frame/header.tsx'
import { laterPart } from './frame/later-part.tsx'
import { Notice, Waiting } from './frame/plain.tsx'
import {
  administrationRoute,
  areaRoute,
  formatRoute,
  institutionRoute,
  type PageRoute,
  placeOf,
  useRoute,
} from './frame/route.ts'
import { SessionPanel } from './frame/session-panel.tsx'
import { HostProblems, StartPanel, useHealth } from './frame/start-panel.tsx'
import { useThemeMark } from './frame/theme.ts'
import { useTitle } from './frame/title.ts'
import { AreaPage } from './pages/area-page.tsx'
import { useLanguage } from './words/language.tsx'

// Pages other than that of an area, which most readers open first.
const InvitationPanel = laterPart(async () => (await import('./frame/sign-in-panel.tsx')).InvitationPanel)
const AcknowledgePage = laterPart(async () => (await import('./pages/acknowledge-page.tsx')).AcknowledgePage)
const InstitutionPage = laterPart(async () => (await import('./pages/institution-page.tsx')).InstitutionPage)
const AlertPage = laterPart(async () => (await import('./pages/alert-page.tsx')).AlertPage)
const AlertsPage = laterPart(async () => (await import('./pages/alerts-page.tsx')).AlertsPage)
const InstitutionsPage = laterPart(async () => (await import('./pages/institutions-page.tsx')).InstitutionsPage)
const ConnectionPage = laterPart(async () => (await import('./pages/connection-page.tsx')).ConnectionPage)
const WallPage = laterPart(async () => (await import('./pages/wall-page.tsx')).WallPage)
const AdministrationPage = laterPart(async () => (await import('./pages/administration-page.tsx')).AdministrationPage)
const MeterPage = laterPart(async () => (await import('./pages/meter-page.tsx')).MeterPage)
const WhyPage = laterPart(async () => (await import('./pages/why-page.tsx')).WhyPage)

export function App() {
  const { text } = useLanguage()
  const route = useRoute()
  const session = useSession()
  const isOpen = canRead(session)
  const { health, problem } = useHealth(isOpen)
  const month = route.month ?? monthOf(Date.now())
  useScrollToTop(route)
  useThemeMark()
  return (
    <>
      <button type="button" className="skip-link" onClick={() => document.querySelector('main')?.focus()}>
        {text.work.skipToContent}
      </button>
      {route.page !== 'wall' && (
        <Header
          route={route}
          month={month}
          demo={health?.demo ?? false}
          ready={isOpen && health?.status === 'ok'}
          session={session}
        />
      )}
      <HostProblems health={health} />
      <main className={route.page === 'wall' ? 'page page-wall' : 'page'} tabIndex={-1}>
        {route.page === 'invitation' ? (
          <Suspense fallback={<Waiting>{text.loading}</Waiting>}>
            <InvitationPanel code={route.code} />
          </Suspense>
        ) : route.page === 'acknowledge' && session.state !== 'starting' && session.state !== 'broken' ? (
          <Suspense fallback={<Waiting>{text.loading}</Waiting>}>
            <AcknowledgePage key={route.id} route={route} />
          </Suspense>
        ) : !isOpen ? (
          <SessionPanel session={session} />
        ) : health?.status === 'ok' ? (
          <ErrorBoundary place={placeOf(route)}>
            <Suspense fallback={<Waiting>{text.loading}</Waiting>}>
              <RoutedPage route={route} month={month} session={session} home={homeOf(session, health.rootArea)} />
            </Suspense>
          </ErrorBoundary>
        ) : (
          <StartPanel health={health} problem={problem} />
        )}
      </main>
      <footer className="page-footer">{text.clock}</footer>
    </>
  )
}

/** Scrolls to the top for another subject; a filter or another month keeps the scroll position. */
function useScrollToTop(route: PageRoute): void {
  const place = placeOf(route)
  const last = useRef(place)
  useEffect(() => {
    if (last.current !== place) {
      scrollTo(0, 0)
      // Else the focus falls to the body, and a keyboard begins again at the header.
      document.querySelector('main')?.focus({ preventScroll: true })
    }
    last.current = place
  }, [place])
}

type Home = NonNullable<SessionView['home']>

/** Where the page begins: the reader's own place, or the top area. */
function homeOf(session: Session, rootArea: HealthView['rootArea']): Home | null {
  if (session.state === 'in' && session.home !== undefined) return session.home
  return rootArea === null ? null : { type: 'area', id: rootArea }
}

interface RoutedProps {
  route: PageRoute
  month: Month
  session: Session
  home: Home | null
}

function RoutedPage({ route, month, session, home }: RoutedProps) {
  if (route.page === 'institution') return <InstitutionPage key={route.id} route={route} month={month} />
  if (route.page === 'meter') return <MeterPage key={route.id} route={route} />
  if (route.page === 'alerts') return <AlertsPage route={route} rootArea={home?.type === 'area' ? home.id : null} />
  if (route.page === 'alert') return <AlertPage key={route.id} route={route} />
  if (route.page === 'why') return <WhyPage key={`${route.id} ${route.indicator}`} route={route} month={month} />
  if (route.page === 'administration') return <AdministrationPage route={route} />
  if (route.page === 'institutions') return <InstitutionsPage route={route} />
  if (route.page === 'connection') return <ConnectionPage route={route} />
  if (route.page === 'wall') return <WallPage root={home?.type === 'area' ? home.id : null} />
  if (route.page === 'unknown' || route.page === 'invitation' || route.page === 'acknowledge')
    return <NotFound month={route.month} />
  // Who reads no figures begins where the own work is.
  if (route.code === null && !mayDo(session, 'field')) return <AdministrationPage route={administrationRoute(null)} />
  if (route.code === null && !mayDo(session, 'figures'))
    return <ConnectionPage route={{ page: 'connection', area: null, month: null }} />
  if (route.code === null && home?.type === 'institution')
    return <InstitutionPage key={home.id} route={institutionRoute(home.id, route.month)} month={month} />
  const code = route.code ?? home?.id
  if (code === undefined) return <NothingRegistered />
  return <AreaPage key={code} route={{ ...route, code }} month={month} isRoot={code === home?.id} />
}

function NotFound({ month }: { month: Month | null }) {
  const { text } = useLanguage()
  useTitle(null)
  const home = <a href={formatRoute(areaRoute(null, month))}>{text.home}</a>
  return (
    <>
      <h1>{text.notFound}</h1>
      <Notice type="warning" title={text.manage.noSuchPage}>
        {home}
      </Notice>
    </>
  )
}

function NothingRegistered() {
  const { text } = useLanguage()
  useTitle(null)
  return <section className="card empty">{text.notRegistered}</section>
}
