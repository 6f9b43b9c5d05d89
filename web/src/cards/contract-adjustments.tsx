// Shows the non-routine adjustments of a contract: the other party accepts or rejects each, and either proposes one.

import { Card, Input, Select } from 'antd'
import { useId, useState } from 'react'
import type { Adjustment, AdjustmentChange } from '../../../domain/contract/adjustment.ts'
import type { ContractView } from '../../../domain/contract/view.ts'
import { CONTRACT_PARTIES, otherParty } from '../../../domain/contract/words.ts'
import { useMay } from '../api/session.ts'
import { formatAmount } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { type AdminAction, AdminForm } from './admin-form.tsx'

interface Props {
  contract: ContractView
  changed: () => void
}
type ContractWords = ReturnType<typeof useLanguage>['text']['contract']

export function ContractAdjustments({ contract, changed }: Props) {
  const { text } = useLanguage()
  const words = text.contract
  const { terms, adjustments, unit } = contract
  const mayPropose = useMay('agreeContracts')
  const path = `contracts/${encodeURIComponent(terms.id)}/adjustments`
  return (
    <Card title={words.adjustments} data-testid="contract-adjustments">
      <ul className="plain-list">
        {adjustments.map((one) => (
          <li key={one.number} data-testid={`adjustment-${one.number}`}>
            {one.number}. <SourceText>{one.reason}</SourceText> · {changeText(one.change, unit, words)} ·{' '}
            {words.proposedBy(words.parties[one.proposed.party])} (<SourceText>{one.proposed.who}</SourceText>) ·{' '}
            {words.answers[one.answered?.answer ?? 'open']}
            {one.answered && (
              <>
                {' '}
                (<SourceText>{one.answered.who}</SourceText>)
              </>
            )}
            {one.answered === null && (
              <AdminForm<ContractView> actions={answersOf(path, one, words)} withoutRemark done={changed} />
            )}
          </li>
        ))}
      </ul>
      {mayPropose && (
        <details>
          <summary>{words.propose}</summary>
          <Proposal key={adjustments.length} contract={contract} path={path} changed={changed} />
        </details>
      )}
    </Card>
  )
}

/** The party that did not propose answers, the other withdraws. */
function answersOf(path: string, { number, proposed }: Adjustment, words: ContractWords): AdminAction[] {
  const answers = [
    { answer: 'accept', party: otherParty(proposed.party), label: words.acceptAs },
    { answer: 'reject', party: otherParty(proposed.party), label: words.rejectAs },
    { answer: 'withdraw', party: proposed.party, label: words.withdrawProposalAs },
  ] as const
  return answers.map(({ answer, party, label }) => ({
    key: `${answer}-${number}`,
    needs: 'agreeContracts',
    label: label(words.parties[party]),
    path: `${path}/${number}/${answer}`,
    body: ({ name: who }) => ({ party, who }),
  }))
}

function changeText(change: AdjustmentChange, unit: string, words: ContractWords): string {
  if (change.kind === 'meterReplacement') return `${words.changes.meterReplacement} ${change.meter} ${change.on}`
  const span = `${change.from} – ${change.to}`
  if (change.kind === 'perDay') return `${words.changes.perDay} ${formatAmount(change.amountPerDay)} ${unit}/d, ${span}`
  if (change.kind === 'share') return `${words.changes.share} ${formatAmount(change.pct)} %, ${span}`
  return `${words.changes.fee} ${formatAmount(change.yuan)} ${words.yuan}, ${span}`
}

const KINDS = ['perDay', 'share', 'fee', 'meterReplacement'] as const
type Kind = (typeof KINDS)[number]
interface Typed {
  from: string
  to: string
  amount: string
  meter: string
}

/** A text that is no number is sent as it is: the answer names the field. */
function changeOf(kind: Kind, { from, to, amount, meter }: Typed): Record<string, unknown> {
  const number = amount.trim() === '' || Number.isNaN(Number(amount)) ? amount : Number(amount)
  if (kind === 'meterReplacement') return { kind, meter: meter.trim(), on: from }
  const field = { perDay: 'amountPerDay', share: 'pct', fee: 'yuan' }[kind]
  return { kind, from, to, [field]: number }
}

function Proposal({ contract, path, changed }: Props & { path: string }) {
  const { text } = useLanguage()
  const words = text.contract
  const { terms, unit } = contract
  const [kind, setKind] = useState<Kind>('perDay')
  const [typed, setTyped] = useState<Typed>({
    ...{ from: terms.reporting.from, to: terms.reporting.to, amount: '', meter: terms.boundary[0]?.meter ?? '' },
  })
  const isReplacement = kind === 'meterReplacement'
  const units = { perDay: `${unit}/d`, share: '%', fee: words.yuan, meterReplacement: '' }
  const field = (name: keyof Typed, label: string) => (
    <TypedField
      label={label}
      name={name}
      value={typed[name]}
      change={(value) => setTyped({ ...typed, [name]: value })}
    />
  )
  const actions = CONTRACT_PARTIES.map(
    (party): AdminAction => ({
      key: `propose-${party}`,
      needs: 'agreeContracts',
      label: words.proposeAs(words.parties[party]),
      path,
      body: ({ name: who, note }) => ({ party, who, reason: note ?? '', change: changeOf(kind, typed) }),
    }),
  )
  return (
    <>
      <div className="admin-fields">
        <Select<Kind>
          value={kind}
          onChange={setKind}
          aria-label={words.changeKind}
          options={KINDS.map((value) => ({ value, label: words.changes[value] }))}
          data-testid="change-kind"
        />
        {isReplacement ? field('meter', words.meter) : field('amount', `${words.changes[kind]} (${units[kind]})`)}
        {field('from', isReplacement ? words.on : words.from)}
        {!isReplacement && field('to', words.to)}
      </div>
      <AdminForm<ContractView> actions={actions} remarkLabel={words.reason} done={changed} />
    </>
  )
}

interface TypedFieldProps {
  label: string
  name: string
  value: string
  change: (value: string) => void
}

function TypedField({ label, name, value, change }: TypedFieldProps) {
  const id = useId()
  return (
    <div className="admin-field">
      <label htmlFor={id}>{label}</label>
      <Input
        id={id}
        type={name === 'from' || name === 'to' ? 'date' : 'text'}
        value={value}
        onChange={({ target }) => change(target.value)}
        data-testid={`change-${name}`}
      />
    </div>
  )
}
