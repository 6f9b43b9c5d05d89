// The head of every page: the product's name, whether the data is a demo, the month, and the language.

import { ExperimentOutlined, GlobalOutlined, LeftOutlined, RightOutlined } from '@ant-design/icons'
import { Button, Select, Space, Tag } from 'antd'
import { addMonths, monthOf } from '../../domain/calendar.ts'
import { useLanguage } from './language.tsx'
import { areaRoute, formatRoute, inMonth, type Route, visit } from './route.ts'

/** Months offered, back from the current one: ten years hold any history that is imported. */
const MONTHS_OFFERED = 120

export function Header({ route, month, demo }: { route: Route; month: string; demo: boolean }) {
  const { text, toggle } = useLanguage()
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
      <div className="page-header-tools">
        <MonthPicker month={month} choose={(chosen) => visit(inMonth(route, chosen))} />
        <Button
          icon={<GlobalOutlined />}
          aria-label={text.switchLanguage}
          onClick={toggle}
          data-testid="language-switch"
        >
          {text.otherLanguage}
        </Button>
      </div>
    </header>
  )
}

function MonthPicker({ month, choose }: { month: string; choose: (month: string) => void }) {
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
