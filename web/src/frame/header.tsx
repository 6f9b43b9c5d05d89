// Shows the header of every page: product name, demo mark, number of open alerts, month, language, appearance and
// user.

import {
  ApiOutlined,
  BellOutlined,
  ExperimentOutlined,
  FileTextOutlined,
  FundProjectionScreenOutlined,
  GlobalOutlined,
  LeftOutlined,
  PrinterOutlined,
  RightOutlined,
} from '@ant-design/icons'
import type { ReactNode } from 'react'
import { addMonths, type Month, monthOf } from '../../../domain/calendar.ts'
import type { AlertListView } from '../../../domain/view/alert.ts'
import { printWhole } from '../api/printing.ts'
import { useResource } from '../api/resource.ts'
import { mayDo, type Session } from '../api/session.ts'
import { formatNumber } from '../words/format.ts'
import { HTML_LANG, useLanguage } from '../words/language.tsx'
import { alertsRoute, areaRoute, formatRoute, inMonth, institutionRoute, type PageRoute, visit } from './route.ts'
import { SearchBox } from './search-box.tsx'
import { SessionTool } from './session-panel.tsx'
import { ThemePicker } from './theme-picker.tsx'

/** Months offered, back from the current one: ten years cover any imported history. */
const MONTHS_OFFERED = 120

interface Props {
  route: PageRoute
  month: Month
  demo: boolean
  /** True when the server can be requested. */
  ready: boolean
  session: Session
}

export function Header({ route, month, demo, ready, session }: Props) {
  const { text, language, toggle } = useLanguage()
  return (
    <header className="page-header">
      <a className="product" href={formatRoute(areaRoute(null, route.month))}>
        {text.product} <b>Kilowatch</b>
      </a>
      {demo && (
        <span className="mark mark-demo" title={text.demoHint} data-testid="demo-label">
          <ExperimentOutlined />
          {text.demo}
        </span>
      )}
      <span className="print-only faint">{text.clock}</span>
      {ready && mayDo(session, 'field') && <SearchBox ready={ready} />}
      <div className="page-header-tools">
        {mayDo(session, 'figures') && (
          <>
            <AlertCount routeMonth={route.month} ready={ready} />
            <ReportsLink route={route} />
          </>
        )}
        <WorkLinks session={session} />
        <MonthPicker month={month} choose={(chosen) => visit(inMonth(route, chosen))} />
        <button
          type="button"
          className="button"
          aria-label={`${text.otherLanguage} ${text.switchLanguage}`}
          onClick={toggle}
          data-testid="language-switch"
        >
          <GlobalOutlined />
          <span lang={HTML_LANG[language === 'zh' ? 'en' : 'zh']}>{text.otherLanguage}</span>
        </button>
        <ThemePicker />
        <button
          type="button"
          className="button"
          aria-label={text.saving.print}
          title={text.saving.print}
          onClick={printWhole}
          data-testid="print"
        >
          <PrinterOutlined />
        </button>
        <SessionTool session={session} />
      </div>
    </header>
  )
}

interface ToolLinkProps {
  route: PageRoute
  icon: ReactNode
  name: string
  testId: string
  /** What is shown beside the icon where there is room. */
  children?: ReactNode
  isWideOnly?: boolean
}

function ToolLink({ route, icon, name, testId, children, isWideOnly = false }: ToolLinkProps) {
  return (
    <a
      className={isWideOnly ? 'button wide-only' : 'button'}
      href={formatRoute(route)}
      aria-label={name}
      title={name}
      data-testid={testId}
    >
      {icon}
      {children}
    </a>
  )
}

function WorkLinks({ session }: { session: Session }) {
  const { text } = useLanguage()
  return (
    <>
      {mayDo(session, 'field') && (
        <ToolLink
          route={{ page: 'connection', area: null, month: null }}
          icon={<ApiOutlined />}
          name={text.work.connection}
          testId="connection-link"
        >
          <span className="wide-only">{text.work.connection}</span>
        </ToolLink>
      )}
      {mayDo(session, 'figures') && (
        <ToolLink
          route={{ page: 'wall', month: null }}
          icon={<FundProjectionScreenOutlined />}
          name={text.work.wall}
          testId="wall-link"
          isWideOnly
        />
      )}
    </>
  )
}

/** More open alerts are written as 999+. */
const COUNTED_MAX = 999

function AlertCount({ routeMonth, ready }: { routeMonth: Month | null; ready: boolean }) {
  const { text } = useLanguage()
  const total = useResource<AlertListView>(ready ? 'alerts?limit=1' : null).data?.total ?? 0
  return (
    <ToolLink
      route={alertsRoute(null, routeMonth)}
      icon={<BellOutlined />}
      name={text.openAlerts(formatNumber(total, 0))}
      testId="alert-count"
    >
      <span className="wide-only">{text.alerts}</span>
      {total > 0 && <span className="count">{total > COUNTED_MAX ? `${COUNTED_MAX}+` : total}</span>}
    </ToolLink>
  )
}

/** The reports of the page's subject, else of the top area; without a chosen month, of the month that ended last. */
function reportsOf(route: PageRoute): PageRoute {
  const month = route.month ?? addMonths(monthOf(Date.now()), -1)
  const [of, id] =
    route.page === 'why' ? [route.of, route.id] : route.page === 'institution' ? [route.page, route.id] : []
  if (of === 'institution' && id !== undefined) return { ...institutionRoute(id, month), view: 'reports' }
  return { ...areaRoute(route.page === 'area' ? route.code : (id ?? null), month), view: 'reports' }
}

function ReportsLink({ route }: { route: PageRoute }) {
  const { text } = useLanguage()
  return (
    <ToolLink route={reportsOf(route)} icon={<FileTextOutlined />} name={text.report.reports} testId="reports-link">
      <span className="wide-only">{text.report.reports}</span>
    </ToolLink>
  )
}

function MonthPicker({ month, choose }: { month: Month; choose: (month: Month) => void }) {
  const { text } = useLanguage()
  const current = monthOf(Date.now())
  const offered = Array.from({ length: MONTHS_OFFERED }, (_, index) => addMonths(current, -index))
  const months = offered.includes(month) ? offered : [month, ...offered]
  return (
    <span className="months">
      <button
        type="button"
        className="button"
        aria-label={text.monthBefore}
        title={text.monthBefore}
        onClick={() => choose(addMonths(month, -1))}
      >
        <LeftOutlined />
      </button>
      <select
        className="button"
        aria-label={text.month}
        data-testid="month-select"
        value={month}
        onChange={({ target }) => choose(target.value as Month)}
      >
        {months.map((value) => (
          <option key={value}>{value}</option>
        ))}
      </select>
      <button
        type="button"
        className="button"
        aria-label={text.monthAfter}
        title={text.monthAfter}
        disabled={month >= current}
        onClick={() => choose(addMonths(month, 1))}
      >
        <RightOutlined />
      </button>
    </span>
  )
}
