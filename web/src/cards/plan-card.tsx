// Shows whether the targets of an area's parts fit its own, year by year.

import { Card, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { DUAL_CONTROL, isTotal } from '../../../domain/indicator.ts'
import type { PlanView } from '../../../domain/view/target-plan.ts'
import { useResource } from '../api/resource.ts'
import { formatIndicator, formatIndicatorUnit, formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { DataTable } from './data-table.tsx'
import { planFile } from './files-status.ts'
import { Filter } from './list-tools.tsx'
import { Nothing, ProblemNotice } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

type PlanYear = PlanView['years'][number]

interface Props {
  area: string
  year: string
}

export function PlanCard({ area, year }: Props) {
  const speech = useLanguage()
  const { text } = speech
  const plan = useResource<PlanView>(`areas/${encodeURIComponent(area)}/target-plan`)
  const [chosen, choose] = useState<string | null>(year)
  const { data } = plan
  const years = [...new Set(data?.years.map((one) => String(one.year)))]
  const rows = data?.years.filter((one) => chosen === null || String(one.year) === chosen) ?? []
  const exceeded = rows.filter(({ indicator, fits }) => isTotal(indicator) && fits === false)
  return (
    <Card
      title={text.plan}
      loading={!data && !plan.problem}
      extra={
        <div className="filters">
          <Filter
            name={text.year}
            any={text.anyYear}
            labels={Object.fromEntries(years.map((one) => [`${one}`, one]))}
            value={chosen}
            set={choose}
          />
          <SaveTables tables={rows.length > 0 ? [planFile(rows, chosen ?? text.anyYear, speech)] : []} />
        </div>
      }
      data-testid="plan"
    >
      <ProblemNotice of={plan} />
      {data && <Years rows={rows} />}
      <p className="note">{text.planNote}</p>
      {exceeded.length > 0 && (
        <>
          <h2 className="card-part">{text.planProblems}</h2>
          <ul className="plain-list">
            {exceeded.map(({ indicator, year: of, children, parent }) => (
              <li key={`${indicator} ${of}`}>
                {text.work.capsExceed(
                  String(of),
                  text.indicators[indicator],
                  formatIndicator(indicator, children),
                  formatIndicator(indicator, parent),
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  )
}

function Years({ rows }: { rows: PlanYear[] }) {
  const { text, language } = useLanguage()
  const columns: TableColumnsType<PlanYear> = [
    {
      title: text.indicator,
      key: 'indicator',
      rowScope: 'row',
      render: (_, { indicator }) => (
        <>
          <div className="row-name">{text.indicators[indicator]}</div>
          <div className="faint">
            {formatIndicatorUnit({ indicator, unit: DUAL_CONTROL[indicator].unit }, language)}
          </div>
        </>
      ),
    },
    { title: text.year, key: 'year', dataIndex: 'year' },
    {
      title: text.parentTarget,
      key: 'parent',
      align: 'right',
      render: (_, { indicator, parent }) => formatIndicator(indicator, parent),
    },
    {
      title: text.childrenTarget,
      key: 'children',
      align: 'right',
      render: (_, { indicator, children }) => formatIndicator(indicator, children),
    },
    { title: text.fits, key: 'fits', render: (_, { fits }) => <Fits fits={fits} /> },
    {
      title: text.noTarget,
      key: 'without',
      render: (_, { without }) =>
        without.length > 0 && (
          <details>
            <summary>{text.withoutTarget(formatNumber(without.length, 0))}</summary>
            {without.join(', ')}
          </details>
        ),
    },
  ]
  return (
    <DataTable
      rowKey={({ indicator, year: of }) => `${indicator} ${of}`}
      // A row's `children` is a number here, not its child rows.
      expandable={{ childrenColumnName: 'rows' }}
      columns={rows.every(({ without }) => without.length === 0) ? columns.slice(0, -1) : columns}
      rows={rows}
      locale={{ emptyText: <Nothing>{text.noTarget}</Nothing> }}
    />
  )
}

function Fits({ fits }: Pick<PlanYear, 'fits'>) {
  const { text } = useLanguage()
  if (fits === null) return <span className="faint">{text.cannotTell}</span>
  return (
    <Tag variant="filled" className={`mark mark-${fits ? 'onTrack' : 'over'}`}>
      {fits ? text.fit : text.doesNotFit}
    </Tag>
  )
}
