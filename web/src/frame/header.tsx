// Shows the header of every page: product name, demo mark, number of open alerts, month, language and user.

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
import { Badge, Button, Select, Space, Tag } from 'antd'
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
        <Tag
          variant="filled"
          className="mark mark-demo"
          icon={<ExperimentOutlined />}
          title={text.demoHint}
          data-testid="demo-label"
        >
          {text.demo}
        </Tag>
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
        <Button
          icon={<GlobalOutlined />}
          aria-label={`${text.otherLanguage} ${text.switchLanguage}`}
          onClick={toggle}
          data-testid="language-switch"
        >
          <span lang={HTML_LANG[language === 'zh' ? 'en' : 'zh']}>{text.otherLanguage}</span>
        </Button>
        <Button
          icon={<PrinterOutlined />}
          aria-label={text.saving.print}
          title={text.saving.print}
          onClick={printWhole}
          data-testid="print"
        />
        <SessionTool session={session} />
      </div>
    </header>
  )
}

function WorkLinks({ session }: { session: Session }) {
  const { text } = useLanguage()
  return (
    <>
      {mayDo(session, 'field') && (
        <Button
          icon={<ApiOutlined />}
          href={formatRoute({ page: 'connection', area: null, month: null })}
          aria-label={text.work.connection}
          title={text.work.connection}
          data-testid="connection-link"
        >
          <span className="wide-only">{text.work.connection}</span>
        </Button>
      )}
      {mayDo(session, 'figures') && (
        <Button
          className="wide-only"
          icon={<FundProjectionScreenOutlined />}
          href={formatRoute({ page: 'wall', month: null })}
          aria-label={text.work.wall}
          title={text.work.wall}
          data-testid="wall-link"
        />
      )}
    </>
  )
}

function AlertCount({ routeMonth, ready }: { routeMonth: Month | null; ready: boolean }) {
  const { text } = useLanguage()
  const total = useResource<AlertListView>(ready ? 'alerts?limit=1' : null).data?.total ?? 0
  return (
    <Badge count={total} overflowCount={999} size="small">
      <Button
        icon={<BellOutlined />}
        href={formatRoute(alertsRoute(null, routeMonth))}
        aria-label={text.openAlerts(formatNumber(total, 0))}
        title={text.openAlerts(formatNumber(total, 0))}
        data-testid="alert-count"
      >
        <span className="wide-only">{text.alerts}</span>
      </Button>
    </Badge>
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
    <Button
      icon={<FileTextOutlined />}
      href={formatRoute(reportsOf(route))}
      aria-label={text.report.reports}
      title={text.report.reports}
      data-testid="reports-link"
    >
      <span className="wide-only">{text.report.reports}</span>
    </Button>
  )
}

function MonthPicker({ month, choose }: { month: Month; choose: (month: Month) => void }) {
  const { text } = useLanguage()
  const current = monthOf(Date.now())
  const offered = Array.from({ length: MONTHS_OFFERED }, (_, index) => addMonths(current, -index))
  const months = offered.includes(month) ? offered : [month, ...offered]
  return (
    <Space.Compact>
      <Button
        icon={<LeftOutlined />}
        aria-label={text.monthBefore}
        title={text.monthBefore}
        onClick={() => choose(addMonths(month, -1))}
      />
      <Select
        className="month-select"
        aria-label={text.month}
        data-testid="month-select"
        showSearch
        value={month}
        options={months.map((value) => ({ value, label: value }))}
        onChange={choose}
      />
      <Button
        icon={<RightOutlined />}
        aria-label={text.monthAfter}
        title={text.monthAfter}
        disabled={month >= current}
        onClick={() => choose(addMonths(month, 1))}
      />
    </Space.Compact>
  )
}
