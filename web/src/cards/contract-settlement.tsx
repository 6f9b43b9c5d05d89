// Shows one settled period of a contract: what is paid line by line, masked days, revisions, and the form with which
// each party signs or disputes. Offers the sheet as a workbook and as a page to print.

import { Button, Card, type TableColumnsType } from 'antd'
import type { ContractView, SettlementView } from '../../../domain/contract/view.ts'
import { CONTRACT_PARTIES, otherParty } from '../../../domain/contract/words.ts'
import { getFile, useResource } from '../api/resource.ts'
import { saveFile } from '../api/save.ts'
import { formatNumber, formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { type AdminAction, AdminForm } from './admin-form.tsx'
import { DataTable } from './data-table.tsx'
import { ProblemNotice } from './marks.tsx'

interface Props {
  contract: ContractView
  period: string
  changed: () => void
}

export function SettlementCard({ contract, period, changed }: Props) {
  const { text } = useLanguage()
  const path = `contracts/${encodeURIComponent(contract.terms.id)}/settlements/${period}`
  const resource = useResource<SettlementView>(path)
  const revision = resource.data?.revisions.at(-1)
  const words = text.contract
  const done = () => {
    resource.reload()
    changed()
  }
  return (
    <Card
      title={`${words.sheet} · ${period}`}
      extra={<ContractFiles path={`${path}/files`} what="settlement" label={words.sheet} />}
      data-testid="contract-settlement"
    >
      <ProblemNotice of={resource} />
      {resource.data && revision && (
        <>
          <p>
            {words.revisions(String(revision.number))} · {words.settledStates[resource.data.state]} ·{' '}
            {words.settlementVerdicts[revision.settlement.verdict]}
          </p>
          <MoneyTable money={revision.settlement.money} />
          {revision.settlement.masked.length > 0 && (
            <p className="note">
              {words.masked}: {revision.settlement.masked.map(({ date }) => date).join(', ')}
            </p>
          )}
          <SignatureList revision={revision} />
          {resource.data.revisions.slice(0, -1).map((earlier) => (
            <details key={earlier.number} data-testid={`revision-${earlier.number}`}>
              <summary>{words.revisions(String(earlier.number))}</summary>
              <MoneyTable money={earlier.settlement.money} />
              <SignatureList revision={earlier} />
            </details>
          ))}
          {resource.data.state !== 'signed' && (
            <AdminForm<SettlementView>
              key={revision.number}
              actions={actionsOf(path, revision, words)}
              remarkLabel={words.remarkOfDispute}
              done={done}
            />
          )}
        </>
      )}
    </Card>
  )
}

type Revision = SettlementView['revisions'][number]
type Words = ReturnType<typeof useLanguage>['text']['contract']

/** Signing by each party that has not signed, then disputing; of a dispute its ends. */
function actionsOf(path: string, { number, signatures, disputes }: Revision, words: Words): AdminAction[] {
  const dispute = disputes.find(({ resolved }) => resolved === null)
  if (dispute) return endsOf(path, number, dispute, words)
  const open = CONTRACT_PARTIES.filter((party) => signatures[party] === null)
  return [
    ...open.map((party) => ({
      key: `sign-${party}`,
      needs: 'agreeContracts' as const,
      label: words.signAs(words.parties[party]),
      path: `${path}/sign`,
      body: ({ name }: { name: string }) => ({ party, who: name, revision: number }),
    })),
    ...open.map((party) => ({
      key: `dispute-${party}`,
      needs: 'agreeContracts' as const,
      label: words.disputeAs(words.parties[party]),
      path: `${path}/dispute`,
      body: ({ name, note }: { name: string; note: string | undefined }) => ({
        ...{ party, who: name, revision: number, reason: note ?? '' },
      }),
    })),
  ]
}

/** The party that disputes withdraws, the other upholds. */
function endsOf(path: string, number: number, { party }: Revision['disputes'][number], words: Words): AdminAction[] {
  const ends = [
    { outcome: 'withdrawn', by: party, label: words.withdrawAs },
    { outcome: 'upheld', by: otherParty(party), label: words.upholdAs },
  ] as const
  return ends.map(({ outcome, by, label }) => ({
    key: outcome,
    needs: 'agreeContracts',
    label: label(words.parties[by]),
    path: `${path}/resolve`,
    body: ({ name, note }) => ({ ...{ party: by, who: name, revision: number, outcome, note: note ?? '' } }),
  }))
}

interface MoneyRow {
  key: string
  name: string
  fen: number
}

function MoneyTable({ money }: { money: Revision['settlement']['money'] }) {
  const { text } = useLanguage()
  const words = text.contract
  const rows: MoneyRow[] = [
    { key: 'total', name: words.value, fen: money.totalFen },
    ...money.lines.map(({ code, fen }) => ({ key: code, name: words.moneyLines[code], fen })),
    { key: 'payable', name: words.payable, fen: money.payableFen },
    { key: 'owner', name: words.partOf(words.parties.owner), fen: money.ownerFen },
    { key: 'contractor', name: words.partOf(words.parties.contractor), fen: money.contractorFen },
  ]
  const columns: TableColumnsType<MoneyRow> = [
    { title: text.manage.quantity, dataIndex: 'name', rowScope: 'row' },
    { title: words.yuan, key: 'yuan', align: 'right', render: (_, { fen }) => formatNumber(fen / 100, 2) },
  ]
  return <DataTable rowKey="key" columns={columns} rows={rows} />
}

/** Who signed and when, or that nobody did. */
export function SignedBy({ signature }: { signature: { who: string; atMs: number } | null }) {
  const { text } = useLanguage()
  if (!signature) return text.contract.unsigned
  return (
    <>
      <SourceText>{signature.who}</SourceText> · {formatTime(signature.atMs)}
    </>
  )
}

function SignatureList({ revision: { signatures, disputes } }: { revision: Revision }) {
  const { text } = useLanguage()
  const words = text.contract
  return (
    <ul className="plain-list" data-testid="contract-signatures">
      {CONTRACT_PARTIES.map((party) => {
        const own = signatures[party]
        return (
          <li key={party}>
            {words.parties[party]}: <SignedBy signature={own} />
          </li>
        )
      })}
      {disputes.map(({ atMs, party, who, reason, resolved }) => (
        <li key={atMs}>
          {words.dispute}: {words.parties[party]} <SourceText>{`${who} · ${reason}`}</SourceText>
          {resolved && (
            <>
              {' → '}
              {words.outcomes[resolved.outcome]} <SourceText>{resolved.note}</SourceText>
            </>
          )}
        </li>
      ))}
    </ul>
  )
}

interface FilesProps {
  /** Folder of the files, below `/api/v1/`. */
  path: string
  what: 'settlement' | 'plan'
  label: string
}

export function ContractFiles({ path, what, label }: FilesProps) {
  const { language } = useLanguage()
  return (
    <div className="filters">
      {(['xlsx', 'html'] as const).map((format) => {
        const name = `${what}-${language}.${format}`
        return (
          <Button key={format} size="small" onClick={async () => saveFile(name, await getFile(`${path}/${name}`))}>
            {label} {format.toUpperCase()}
          </Button>
        )
      })}
    </div>
  )
}
