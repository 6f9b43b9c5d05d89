// The rules of control of an institution (docs/rules/control-rules.md): what waits for a person's word, each rule with
// its trial, permission and orders, and a new one. Who may act follows from the permission table, by the API.

import { Button, Card, Input, Tag } from 'antd'
import { useState } from 'react'
import { DAY_MS } from '../../../domain/calendar.ts'
import type { RuleOrder } from '../../../domain/control/stored-rule.ts'
import type { ControlRuleView, InstitutionRulesView, RuleSimulationView } from '../../../domain/view/control.ts'
import type { InstitutionView } from '../../../domain/view/view.ts'
import { useResource } from '../api/resource.ts'
import { useControlWords } from '../words/control-words.ts'
import { formatNumber, formatTime } from '../words/format.ts'
import { SourceText } from '../words/source-text.tsx'
import type { ControlWords } from '../words/zh-control.ts'
import { type AdminAction, AdminField, AdminForm } from './admin-form.tsx'
import { ControlRuleForm, pastDays } from './control-rule-form.tsx'
import { ControlSimulation, commandText } from './control-simulation.tsx'
import { Nothing, ProblemNotice } from './marks.tsx'

const ORDERS_SHOWN = 5
const PERMIT_DAYS = '30'
const TRIED_DAYS = 30

export function ControlRules({ institution: { id, meters } }: { institution: InstitutionView }) {
  const words = useControlWords()
  const found = useResource<InstitutionRulesView>(`institutions/${encodeURIComponent(id)}/control-rules`)
  const items = found.data?.items ?? []
  const mayAct = found.data?.mayControl ?? false
  const proposals = items.flatMap((rule) =>
    rule.orders.filter(({ state }) => state === 'proposed').map((order) => ({ rule, order })),
  )
  return (
    <>
      <Card title={words.proposals} loading={!found.data && !found.problem} data-testid="control-proposals">
        <ProblemNotice of={found} />
        {found.data && proposals.length === 0 && <p className="note">{words.noProposals}</p>}
        <ul className="alert-list">
          {proposals.map(({ rule, order }) => (
            <li key={`${rule.meter} ${rule.id} ${order.id}`} className="alert-row">
              <Proposed rule={rule} order={order} mayAct={mayAct} done={found.reload} />
            </li>
          ))}
        </ul>
      </Card>
      <Card title={words.rules} loading={!found.data && !found.problem} data-testid="control-rules">
        <p className="note">{words.note}</p>
        {found.data && !mayAct && <p className="note">{words.readOnly}</p>}
        {found.data && items.length === 0 && <Nothing>{words.noRules}</Nothing>}
        <ul className="alert-list">
          {items.map((rule) => (
            <li key={`${rule.meter} ${rule.id}`} className="alert-row" data-testid={`rule-${rule.id}`}>
              <Rule rule={rule} mayAct={mayAct} done={found.reload} />
            </li>
          ))}
        </ul>
      </Card>
      <ControlRuleForm meters={meters} mayStore={mayAct} stored={found.reload} />
    </>
  )
}

interface RuleProps {
  rule: ControlRuleView
  mayAct: boolean
  done: () => void
}

const pathOfRule = ({ meter, id }: ControlRuleView): string =>
  `meters/${encodeURIComponent(meter)}/control-rules/${encodeURIComponent(id)}`

function Proposed({ rule, order, mayAct, done }: RuleProps & { order: RuleOrder }) {
  const words = useControlWords()
  const path = `${pathOfRule(rule)}/orders/${encodeURIComponent(order.id)}`
  const body = () => ({})
  return (
    <>
      <div className="alert-head">
        <strong>{commandText(order, words)}</strong>
        <span className="faint">{formatTime(order.atMs)}</span>
      </div>
      <div>
        {words.kinds[rule.rule.kind]} · {rule.id} · {numbersOf(rule, words)}
      </div>
      <div className="faint">{words.until(formatTime(order.untilMs))}</div>
      {mayAct && (
        <AdminForm
          withoutName
          withoutRemark
          actions={[
            { key: 'confirm', needs: 'control', label: words.confirm, path: `${path}/confirm`, body },
            { key: 'decline', needs: 'control', label: words.decline, path: `${path}/decline`, body },
          ]}
          done={done}
        />
      )}
    </>
  )
}

function Rule({ rule, mayAct, done }: RuleProps) {
  const words = useControlWords()
  const [isOpen, setOpen] = useState(false)
  const { id, meter, trial, orders, hasBegun, unit } = rule
  return (
    <>
      <div className="alert-head">
        <strong>{words.kinds[rule.rule.kind]}</strong>
        <span>
          {id} · {meter}
        </span>
        <Tag variant="filled" data-testid="rule-state">
          <SourceText>{stateOf(rule, words)}</SourceText>
        </Tag>
        {mayAct && (
          <Button size="small" onClick={() => setOpen(!isOpen)} aria-expanded={isOpen} className="screen-only">
            {isOpen ? words.close : words.act}
          </Button>
        )}
      </div>
      <div>{numbersOf(rule, words)}</div>
      {hasBegun && <div>{words.hasBegun}</div>}
      {trial && (
        <div className="faint">
          {words.trial(`${formatTime(trial.fromMs)} – ${formatTime(trial.toMs)}`, trial.by)} ·{' '}
          {words.wouldAct(formatNumber(trial.count, 0))} · {words.saved} {formatNumber(trial.saved, 1)} {unit}
        </div>
      )}
      {orders.length > 0 && <div className="faint">{words.orders}</div>}
      <ul className="plain-list">
        {orders.slice(0, ORDERS_SHOWN).map((order) => (
          <li key={`${order.id} ${order.atMs}`}>
            {formatTime(order.atMs)} · {commandText(order, words)} · {words.orderStates[order.state]}
            {order.by !== null && ` · ${order.by}`} {order.reason !== null && <SourceText>{order.reason}</SourceText>}
          </li>
        ))}
      </ul>
      {isOpen && mayAct && <RuleActions rule={rule} done={done} />}
    </>
  )
}

function RuleActions({ rule, done }: Pick<RuleProps, 'rule' | 'done'>) {
  const words = useControlWords()
  const [days, setDays] = useState(PERMIT_DAYS)
  const [tried, setTried] = useState<RuleSimulationView | null>(null)
  const path = pathOfRule(rule)
  const tryIt: AdminAction = {
    ...{ key: 'try', needs: 'control', label: words.tryIt, path: `${path}/trial` },
    body: () => pastDays(TRIED_DAYS),
  }
  const permit: AdminAction = {
    ...{ key: 'permit', needs: 'control', label: words.permit, path: `${path}/permission`, method: 'PUT' },
    // A minute less, so that the clocks of page and host may differ a little.
    body: () => ({ untilMs: Math.floor(Date.now() + Number(days) * DAY_MS - 60_000) }),
  }
  const end = (key: 'withdraw' | 'remove', of: string): AdminAction => ({
    ...{ key, needs: 'control', label: words[key], path: of, method: 'DELETE' },
    body: () => ({}),
  })
  const isLeak = rule.rule.kind === 'leak'
  const actions = rule.isPermitted
    ? [tryIt, end('withdraw', `${path}/permission`)]
    : [tryIt, ...(isLeak ? [] : [permit]), end('remove', path)]
  return (
    <AdminForm<ControlRuleView | RuleSimulationView>
      withoutName
      withoutRemark
      actions={actions}
      done={(answer) => {
        if ('commands' in answer) setTried(answer)
        done()
      }}
    >
      {!isLeak && !rule.isPermitted && (
        <AdminField label={words.permitDays}>
          {(id) => <Input id={id} value={days} inputMode="numeric" onChange={({ target }) => setDays(target.value)} />}
        </AdminField>
      )}
      {tried && <ControlSimulation simulation={tried} />}
    </AdminForm>
  )
}

function stateOf({ rule, trial, permission, isPermitted }: ControlRuleView, words: ControlWords): string {
  if (isPermitted && permission) return words.permittedUntil(formatTime(permission.untilMs), permission.by)
  if (permission) return permission.endedMs === null ? words.states.over : words.states.withdrawn
  if (!trial) return words.states.stored
  return rule.kind === 'leak' ? words.states.watching : words.states.tried
}

/** What the rule says, as `name value`. */
function numbersOf({ rule, unit }: ControlRuleView, words: ControlWords): string {
  const label = (name: string): string => {
    const word = words[name as keyof ControlWords]
    return typeof word === 'function'
      ? (word as (unit: string) => string)(unit)
      : typeof word === 'string'
        ? word
        : name
  }
  return Object.entries(rule)
    .filter(([name]) => name !== 'kind')
    .map(([name, value]) => `${label(name)} ${value}`)
    .join(' · ')
}
