// Shows the contracts of an institution: position, savings with their band, adjustments, and each settled period with
// its money and the signature of each party.

import { Card, Descriptions, Empty, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import type { ContractView, SettledRow } from '../../../domain/contract/view.ts'
import { useResource } from '../api/resource.ts'
import { SavingsChart } from '../charts/savings-chart.tsx'
import { formatAmount, formatNumber, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { ContractFiles, SettlementCard } from './contract-settlement.tsx'
import { DataTable } from './data-table.tsx'
import { ProblemNotice } from './marks.tsx'

interface ContractsPage {
  items: { id: string }[]
}

export function ContractsView({ institution }: { institution: string }) {
  const { text } = useLanguage()
  const list = useResource<ContractsPage>(`contracts?institution=${encodeURIComponent(institution)}`)
  return (
    <>
      <ProblemNotice of={list} />
      {list.data?.items.length === 0 && (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text.contract.noContract} />
      )}
      {list.data?.items.map(({ id }) => (
        <ContractCards key={id} id={id} />
      ))}
    </>
  )
}

function ContractCards({ id }: { id: string }) {
  const { text } = useLanguage()
  const contract = useResource<ContractView>(`contracts/${encodeURIComponent(id)}`)
  const [period, setPeriod] = useState<string | null>(null)
  const { data } = contract
  return (
    <>
      <ProblemNotice of={contract} />
      {data && (
        <>
          <Position contract={data} />
          <Card title={text.contract.settlements} data-testid="contract-settlements">
            {data.settlements.length > 0 && <SavingsChart rows={data.settlements} unit={data.unit} />}
            <Settlements contract={data} choose={setPeriod} />
            <p className="note">{text.contract.choosePeriod}</p>
          </Card>
          {period !== null && <SettlementCard contract={data} period={period} changed={contract.reload} />}
        </>
      )}
    </>
  )
}

const yuanOf = (fen: number): string => formatNumber(fen / 100, 2)

function Position({ contract }: { contract: ContractView }) {
  const { text } = useLanguage()
  const { terms, position, baseline, blocked, adjustments, unit, state } = contract
  const words = text.contract
  const facts: [string, string][] = [
    [words.parties.owner, terms.parties.owner.name],
    [words.parties.contractor, terms.parties.contractor.name],
    [words.cumulative, `${withUnit(formatAmount(position.savings), unit)} ± ${formatAmount(position.halfWidth)}`],
    [words.value, `${yuanOf(position.totalFen)} ${words.yuan}`],
    [words.payableSoFar, `${yuanOf(position.payableFen)} ${words.yuan}`],
    [words.paid, `${yuanOf(position.paidFen)} ${words.yuan}`],
    [words.penalty, `${yuanOf(position.penaltyFen)} ${words.yuan}`],
    [words.baselineModel, modelText(baseline, unit)],
  ]
  return (
    <Card
      title={`${terms.name} · ${words.kinds[terms.kind]}`}
      extra={<ContractFiles path={`contracts/${encodeURIComponent(terms.id)}/plan`} what="plan" label={words.plan} />}
      data-testid="contract-position"
    >
      <p>
        <Tag>{words.contractStates[state]}</Tag>
        {words.signedPeriods(String(position.signed), String(position.settled))}
      </p>
      {blocked && (
        <p className="note" role="alert">
          {words.blocked(blocked.fromPeriod)}: <span lang="en">{blocked.reason}</span>
        </p>
      )}
      <Descriptions
        size="small"
        column={{ xs: 1, sm: 2, lg: 3 }}
        items={facts.map(([label, children]) => ({ key: label, label, children }))}
      />
      {baseline?.station && (
        <p className="note">{words.station(baseline.station.id, formatNumber(baseline.station.distanceKm, 1))}</p>
      )}
      {adjustments.length > 0 && (
        <>
          <h3>{words.adjustments}</h3>
          <ul className="plain-list">
            {adjustments.map(({ number, reason, proposed, answered }) => (
              <li key={number}>
                {number}. {reason} · {words.proposedBy(words.parties[proposed.party])} ·{' '}
                {words.answers[answered?.answer ?? 'open']}
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  )
}

function modelText(baseline: ContractView['baseline'], unit: string): string {
  if (!baseline) return UNKNOWN
  const { model, method, cvRmse } = baseline
  if (!model) return method
  const heating = model.betaHdd === null ? '' : ` + ${formatAmount(model.betaHdd)}·(${model.balanceHdd} − T)⁺`
  const cooling = model.betaCdd === null ? '' : ` + ${formatAmount(model.betaCdd)}·(T − ${model.balanceCdd})⁺`
  return `${formatAmount(model.intercept)}${heating}${cooling} ${unit}/d, CV(RMSE) ${formatNumber((cvRmse ?? 0) * 100, 1)}%`
}

function Settlements({ contract, choose }: { contract: ContractView; choose: (period: string) => void }) {
  const { text } = useLanguage()
  const words = text.contract
  const right = 'right' as const
  const columns: TableColumnsType<SettledRow> = [
    { title: words.period, dataIndex: 'period', rowScope: 'row' },
    { title: words.baseline, key: 'baseline', align: right, render: (_, row) => formatAmount(row.adjustedBaseline) },
    { title: words.actual, key: 'actual', align: right, render: (_, row) => formatAmount(row.actual) },
    {
      title: `${words.savings} (${contract.unit})`,
      key: 'savings',
      align: right,
      render: (_, row) => `${formatAmount(row.savings)} ± ${formatAmount(row.halfWidth)}`,
    },
    { title: words.verdict, key: 'verdict', render: (_, row) => words.settlementVerdicts[row.verdict] },
    { title: words.masked, dataIndex: 'maskedDays', align: right },
    { title: words.payable, key: 'payable', align: right, render: (_, row) => yuanOf(row.payableFen) },
    {
      title: words.signatures,
      key: 'state',
      render: (_, row) => <Tag>{words.settledStates[row.state]}</Tag>,
    },
  ]
  return (
    <DataTable
      rowKey="period"
      columns={columns}
      rows={contract.settlements}
      pageSize={24}
      onRow={(row) => ({ onClick: () => choose(row.period), style: { cursor: 'pointer' } })}
    />
  )
}
