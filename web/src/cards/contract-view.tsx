// Shows the contracts of an institution: position, the signatures of both parties, adjustments, each settled period
// with its money, and the charts of measurement and verification.

import { Button, Card, Descriptions, type TableColumnsType, Tag } from 'antd'
import { type ReactNode, useState } from 'react'
import type { ContractView, SettledRow } from '../../../domain/contract/view.ts'
import { CONTRACT_PARTIES } from '../../../domain/contract/words.ts'
import { useResource } from '../api/resource.ts'
import { formatAmount, formatNumber, UNKNOWN, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { type AdminAction, AdminForm } from './admin-form.tsx'
import { ContractAdjustments } from './contract-adjustments.tsx'
import { ContractCharts } from './contract-charts.tsx'
import { ContractFiles, SettlementCard, SignedBy } from './contract-settlement.tsx'
import { DataTable } from './data-table.tsx'
import { Nothing, ProblemNotice } from './marks.tsx'

interface ContractsPage {
  items: { id: string }[]
}

export function ContractsView({ institution }: { institution: string }) {
  const { text } = useLanguage()
  const list = useResource<ContractsPage>(`contracts?institution=${encodeURIComponent(institution)}`)
  return (
    <>
      <ProblemNotice of={list} />
      {list.data?.items.length === 0 && <Nothing>{text.contract.noContract}</Nothing>}
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
          <Position contract={data} changed={contract.reload} />
          <ContractAdjustments contract={data} changed={contract.reload} />
          <Card title={text.contract.settlements} data-testid="contract-settlements">
            <Settlements contract={data} chosen={period} choose={setPeriod} />
            <p className="note">{text.contract.choosePeriod}</p>
          </Card>
          {period !== null && <SettlementCard contract={data} period={period} changed={contract.reload} />}
          <ContractCharts contract={data} />
        </>
      )}
    </>
  )
}

const yuanOf = (fen: number): string => formatNumber(fen / 100, 2)

interface PositionProps {
  contract: ContractView
  changed: () => void
}

function Position({ contract, changed }: PositionProps) {
  const { text } = useLanguage()
  const { terms, position, baseline, blocked, unit, state } = contract
  const { disqualified = [] } = baseline ?? {}
  const words = text.contract
  const facts: [string, ReactNode][] = [
    [words.parties.owner, <SourceText key="owner">{terms.parties.owner.name}</SourceText>],
    [words.parties.contractor, <SourceText key="contractor">{terms.parties.contractor.name}</SourceText>],
    [words.cumulative, `${withUnit(formatAmount(position.savings), unit)} ± ${formatAmount(position.halfWidth)}`],
    [words.value, `${yuanOf(position.totalFen)} ${words.yuan}`],
    [words.payableSoFar, `${yuanOf(position.payableFen)} ${words.yuan}`],
    [words.paid, `${yuanOf(position.paidFen)} ${words.yuan}`],
    [words.penalty, `${yuanOf(position.penaltyFen)} ${words.yuan}`],
    [words.baselineModel, modelText(baseline, unit)],
  ]
  return (
    <Card
      title={
        <>
          <SourceText>{terms.name}</SourceText> · {words.kinds[terms.kind]}
        </>
      }
      extra={<ContractFiles path={`contracts/${encodeURIComponent(terms.id)}/plan`} what="plan" label={words.plan} />}
      data-testid="contract-position"
    >
      <p>
        <Tag>{words.contractStates[state]}</Tag>
        {words.signedPeriods(String(position.signed), String(position.settled))}
      </p>
      {blocked && (
        <p className="note" role="alert">
          {words.blocked(blocked.fromPeriod)}: <Told en={blocked.reason} zh={blocked.reasonZh} />
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
      {disqualified.map(({ code, detail, detailZh }) => (
        <p className="note" role="alert" key={code}>
          {words.disqualified}: {code} <Told en={detail} zh={detailZh} />
        </p>
      ))}
      <TermsSignatures contract={contract} changed={changed} />
    </Card>
  )
}

/** A reason in the reader's language; in English where there is no other. */
function Told({ en, zh }: { en: string; zh: string | undefined }) {
  const { language } = useLanguage()
  return language === 'zh' && zh !== undefined ? zh : <span lang="en">{en}</span>
}

/** Who signed terms and baseline, and the form for a party that has not. */
function TermsSignatures({ contract, changed }: PositionProps) {
  const { text } = useLanguage()
  const words = text.contract
  const { terms, version, signatures, baseline } = contract
  const path = `contracts/${encodeURIComponent(terms.id)}`
  const open = CONTRACT_PARTIES.filter((party) => signatures[party] === null)
  const canSign = baseline !== null && baseline.disqualified.length === 0
  const build: AdminAction = {
    ...{ key: 'baseline', needs: 'contracts', label: words.buildBaseline, path: `${path}/baseline` },
    body: ({ name: who }) => ({ who }),
  }
  const signs = open.map(
    (party): AdminAction => ({
      ...{ key: `sign-terms-${party}`, needs: 'agreeContracts', path: `${path}/sign` },
      label: words.signTermsAs(words.parties[party]),
      body: ({ name: who }) => ({ party, who, version }),
    }),
  )
  return (
    <>
      <h2 className="card-part">{words.termsSigned}</h2>
      <ul className="plain-list" data-testid="terms-signatures">
        {CONTRACT_PARTIES.map((party) => (
          <li key={party}>
            {words.parties[party]}: <SignedBy signature={signatures[party]} />
          </li>
        ))}
      </ul>
      {open.length > 0 && (
        <AdminForm<ContractView> actions={canSign ? [...signs, build] : [build]} withoutRemark done={changed} />
      )}
    </>
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

interface SettlementsProps {
  contract: ContractView
  chosen: string | null
  choose: (period: string) => void
}

/** The period is a button, so that a keyboard opens it too. */
function Settlements({ contract, chosen, choose }: SettlementsProps) {
  const { text } = useLanguage()
  const words = text.contract
  const right = 'right' as const
  const columns: TableColumnsType<SettledRow> = [
    {
      ...{ title: words.period, key: 'period', rowScope: 'row' },
      render: (_, row) => (
        <Button
          type="link"
          size="small"
          aria-expanded={row.period === chosen}
          onClick={() => choose(row.period)}
          data-testid={`period-${row.period}`}
        >
          {row.period}
        </Button>
      ),
    },
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
  return <DataTable rowKey="period" columns={columns} rows={contract.settlements} pageSize={24} />
}
