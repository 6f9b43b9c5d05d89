// Shows the meter tree of an institution in a month: each node against its sub meters, the unexplained difference, and
// the share of own generation.

import { Card, Descriptions, type TableColumnsType } from 'antd'
import type { Month } from '../../../domain/calendar.ts'
import type { TreeView } from '../../../domain/view/energy.ts'
import type { MeterView } from '../../../domain/view/view.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { formatAmount, formatCoverage, formatNumber, formatUnit, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { MeterName, SourceText, useMeterLabel } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { treeFile } from './files-energy.ts'
import { Nothing, ProblemNotice } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

type TreeNodeRow = TreeView['nodes'][number]

interface Props {
  institution: string
  meters: readonly MeterView[]
  month: Month
}

export function TreeCard({ institution, meters, month }: Props) {
  const speech = useLanguage()
  const labelOf = useMeterLabel()
  const { text } = speech
  const tree = useResource<TreeView>(withQuery(`institutions/${encodeURIComponent(institution)}/tree`, { month }))
  const { data } = tree
  const nameOf = (id: string) => labelOf(meters.find((meter) => meter.id === id) ?? { id, name: null, purpose: null })
  return (
    <Card
      title={`${text.tree} · ${month}`}
      loading={!data && !tree.problem}
      extra={<SaveTables tables={data && data.nodes.length > 0 ? [treeFile(data, nameOf, speech)] : []} />}
      data-testid="tree"
    >
      <ProblemNotice of={tree} />
      {data && (
        <>
          <Generated generation={data.generation} hasMeter={meters.some(({ role }) => role === 'generation')} />
          <Nodes nodes={data.nodes} meters={meters} />
          <p className="note">{text.treeNote}</p>
          {data.problems.length > 0 && (
            <>
              <h2 className="card-part">{text.treeProblems}</h2>
              <ul className="plain-list">
                {data.problems.map(({ meter, field, reason }) => (
                  <li key={`${meter} ${reason}`} lang="en">
                    {meter} · {field}: {reason}
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
    </Card>
  )
}

function Generated({ generation, hasMeter }: { generation: TreeView['generation']; hasMeter: boolean }) {
  const { text } = useLanguage()
  if (!generation || !hasMeter) return <p className="note">{text.noGeneration}</p>
  const kwh = (amount: number | null): string => withUnit(formatNumber(amount, 0), 'kWh')
  const share = generation.share === null ? UNKNOWN : `${formatNumber(generation.share * 100, 1)}%`
  const items = [
    { key: 'generation', label: text.generation, children: kwh(generation.generationKwh) },
    { key: 'self', label: text.selfUsed, children: kwh(generation.selfUsedKwh) },
    { key: 'exported', label: text.exported, children: kwh(generation.exportedKwh) },
    { key: 'purchased', label: text.purchased, children: kwh(generation.purchasedKwh) },
    { key: 'share', label: text.pvShare, children: <strong data-testid="pv-share">{share}</strong> },
    { key: 'coverage', label: text.coverage, children: formatCoverage(generation.coverage) },
  ]
  return <Descriptions size="small" column={{ xs: 1, sm: 2, lg: 3 }} items={items} />
}

function Nodes({ nodes, meters }: { nodes: TreeNodeRow[]; meters: readonly MeterView[] }) {
  const { text, language } = useLanguage()
  const meterOf = (id: string) => meters.find((meter) => meter.id === id) ?? { id, name: null, purpose: null }
  const figure = (title: string, key: 'own' | 'generated' | 'subs' | 'unexplained') => ({
    title,
    key,
    align: 'right' as const,
    render: (_: unknown, { periods: [period], unit }: TreeNodeRow) =>
      withUnit(formatAmount(period?.[key]), formatUnit(unit, language)),
  })
  const columns: TableColumnsType<TreeNodeRow> = [
    {
      title: text.meter,
      key: 'meter',
      rowScope: 'row',
      render: (_, { meter }) => (
        <>
          <div className="row-name">
            <MeterName meter={meterOf(meter)} />
          </div>
          <div className="faint">{meter}</div>
        </>
      ),
    },
    figure(text.own, 'own'),
    figure(text.generated, 'generated'),
    figure(text.subs, 'subs'),
    figure(text.unexplained, 'unexplained'),
    {
      title: '%',
      key: 'pct',
      align: 'right',
      render: (_, { periods: [period] }) =>
        period?.unexplainedPct == null ? UNKNOWN : <strong>{formatNumber(period.unexplainedPct, 1)}%</strong>,
    },
    {
      title: text.coverage,
      key: 'coverage',
      align: 'right',
      render: (_, { periods: [period] }) => formatCoverage(period?.hours ? period.hoursKnown / period.hours : null),
    },
  ]
  return (
    <DataTable
      rowKey="meter"
      columns={columns}
      rows={nodes}
      locale={{ emptyText: <Nothing>{text.noTree}</Nothing> }}
      expandable={{
        expandedRowRender: ({ subs }) => (
          <ul className="plain-list">
            {subs.map((id) => {
              const { name } = meterOf(id)
              return (
                <li key={id}>
                  {id} {name !== null && <SourceText>{name}</SourceText>}
                </li>
              )
            })}
          </ul>
        ),
      }}
    />
  )
}
