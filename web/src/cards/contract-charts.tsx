// Shows the charts of measurement and verification of a contract, each with the table of its figures.

import { Card, type TableColumnsType } from 'antd'
import type { DayProfile, MeasuredDay, MeasuringView } from '../../../domain/contract/measuring.ts'
import type { ContractView, SettledRow } from '../../../domain/contract/view.ts'
import { useResource } from '../api/resource.ts'
import { ProfileChart, ResidualChart, TemperatureChart } from '../charts/measuring-charts.tsx'
import { SavingsChart } from '../charts/savings-chart.tsx'
import { formatAmount } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { DataTable } from './data-table.tsx'
import { ProblemNotice } from './marks.tsx'

const PAGE_DAYS = 31
const right = 'right' as const

export function ContractCharts({ contract }: { contract: ContractView }) {
  const { text } = useLanguage()
  const words = text.contract
  const resource = useResource<MeasuringView>(`contracts/${encodeURIComponent(contract.terms.id)}/measuring`)
  const { data } = resource
  const unit = contract.unit
  const follows = contract.baseline?.model != null
  return (
    <Card title={words.measuring} data-testid="contract-charts">
      <ProblemNotice of={resource} />
      {data && follows && (
        <>
          <h2 className="card-part">{words.charts.temperature}</h2>
          <TemperatureChart baseline={data.baseline} reporting={data.reporting} unit={unit} />
          <DaysTable days={[...data.baseline, ...data.reporting]} unit={unit} />
          <h2 className="card-part">{words.charts.residuals}</h2>
          <ResidualChart baseline={data.baseline} unit={unit} />
          <DaysTable days={data.baseline.filter(({ counted }) => counted)} unit={unit} />
        </>
      )}
      {data && data.profiles.length > 0 && (
        <>
          <h2 className="card-part">{words.charts.profiles}</h2>
          <ProfileChart profiles={data.profiles} unit={unit} />
          <ProfileTable profiles={data.profiles} unit={unit} />
        </>
      )}
      {contract.settlements.length > 0 && (
        <>
          <h2 className="card-part">{words.cumulative}</h2>
          <SavingsChart rows={contract.settlements} unit={unit} />
          <CumulativeTable rows={contract.settlements} unit={unit} />
        </>
      )}
    </Card>
  )
}

function DaysTable({ days, unit }: { days: readonly MeasuredDay[]; unit: string }) {
  const { text } = useLanguage()
  const words = text.contract
  const columns: TableColumnsType<MeasuredDay> = [
    { title: words.date, dataIndex: 'date', rowScope: 'row' },
    { title: '℃', key: 'degrees', align: right, render: (_, { temperature }) => formatAmount(temperature) },
    { title: `${words.use} (${unit})`, key: 'use', align: right, render: (_, { use }) => formatAmount(use) },
    {
      title: `${words.predicted} (${unit})`,
      key: 'predicted',
      align: right,
      render: (_, { predicted }) => formatAmount(predicted),
    },
    {
      title: words.residual,
      key: 'residual',
      align: right,
      render: (_, { use, predicted }) => formatAmount(use === null || predicted === null ? null : use - predicted),
    },
  ]
  return (
    <details>
      <summary>{words.asTable}</summary>
      <DataTable rowKey="date" columns={columns} rows={days} pageSize={PAGE_DAYS} />
    </details>
  )
}

function ProfileTable({ profiles, unit }: { profiles: readonly DayProfile[]; unit: string }) {
  const { text } = useLanguage()
  const words = text.contract
  const rows = Array.from({ length: 24 }, (_, hour) => ({ hour }))
  const columns: TableColumnsType<(typeof rows)[number]> = [
    { title: words.hour, dataIndex: 'hour', rowScope: 'row', render: (hour) => `${String(hour).padStart(2, '0')}:00` },
    ...profiles.map(({ of, dayType, hours }) => ({
      title: `${words.periods[of]} · ${words.dayTypes[dayType]} (${unit})`,
      key: `${of} ${dayType}`,
      align: right,
      render: (_: unknown, { hour }: { hour: number }) => formatAmount(hours[hour] ?? null),
    })),
  ]
  return (
    <details>
      <summary>{words.asTable}</summary>
      <DataTable rowKey="hour" columns={columns} rows={rows} />
    </details>
  )
}

function CumulativeTable({ rows, unit }: { rows: readonly SettledRow[]; unit: string }) {
  const { text } = useLanguage()
  const words = text.contract
  const columns: TableColumnsType<SettledRow> = [
    { title: words.period, dataIndex: 'period', rowScope: 'row' },
    {
      title: `${words.cumulative} (${unit})`,
      key: 'savings',
      align: right,
      render: (_, { cumulativeSavings }) => formatAmount(cumulativeSavings),
    },
    {
      title: `${words.uncertainty} (±)`,
      key: 'band',
      align: right,
      render: (_, { cumulativeHalfWidth }) => formatAmount(cumulativeHalfWidth),
    },
  ]
  return (
    <details>
      <summary>{words.asTable}</summary>
      <DataTable rowKey="period" columns={columns} rows={rows} />
    </details>
  )
}
