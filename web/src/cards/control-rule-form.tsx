// Lets a person write a rule of control, try it on the past of a meter, and store it. Trying needs no right to control.

import { Alert, Button, Card, Input, Select } from 'antd'
import { type ReactNode, useState } from 'react'
import { DAY_MS, dayOf, dayStartMs } from '../../../domain/calendar.ts'
import type { BuildingRule } from '../../../domain/control/building-rule.ts'
import type { RuleSimulationView } from '../../../domain/view/control.ts'
import type { InstitutionView } from '../../../domain/view/view.ts'
import { type LoadProblem, problemOf, sendJson } from '../api/resource.ts'
import { useControlWords } from '../words/control-words.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import type { ControlWords } from '../words/zh-control.ts'
import { AdminField, AdminForm } from './admin-form.tsx'
import { ControlSimulation } from './control-simulation.tsx'
import { ProblemText } from './marks.tsx'

type Kind = BuildingRule['kind']
type NumberField =
  | 'fromHour'
  | 'toHour'
  | 'address'
  | 'night'
  | 'day'
  | 'savedShare'
  | 'limit'
  | 'nights'
  | 'restoreBelow'

/** The numbers of each kind, in order, with what stands there at first. No limit does: it is a person's. */
const NUMBERS: Readonly<Record<Kind, Partial<Record<NumberField, string>>>> = {
  nightSetBack: { fromHour: '22', toHour: '6', address: '', night: '', day: '', savedShare: '' },
  leak: { fromHour: '1', toHour: '5', limit: '', nights: '3' },
  demandLimit: { limit: '', restoreBelow: '' },
}
const KINDS = Object.keys(NUMBERS) as Kind[]

export const pastDays = (days: number): { from: string; to: string } => {
  const toMs = dayStartMs(dayOf(Date.now()))
  return { from: String(toMs - days * DAY_MS), to: String(toMs) }
}

interface Props {
  meters: InstitutionView['meters']
  mayStore: boolean
  stored: () => void
}

export function ControlRuleForm({ meters, mayStore, stored }: Props) {
  const words = useControlWords()
  const read = meters.filter(({ gateway }) => gateway !== null)
  const [meter, setMeter] = useState<string | null>(read[0]?.id ?? null)
  const [kind, setKind] = useState<Kind>('demandLimit')
  const [load, setLoad] = useState<string | null>(null)
  const [typed, setTyped] = useState<Partial<Record<NumberField, string>>>({})
  const [id, setId] = useState('rule-1')
  const unit = read.find((one) => one.id === meter)?.amountUnit ?? ''
  const options = read.map((one) => {
    const called = one.name ? `${one.name} (${one.id})` : one.id
    return { value: one.id, called, label: <SourceText>{called}</SourceText> }
  })
  const numbers = Object.entries(NUMBERS[kind]).map(([name, first]): [NumberField, string] => [
    name as NumberField,
    typed[name as NumberField] ?? first,
  ])
  const isFilled = numbers.every(([, text]) => text.trim() !== '' && Number.isFinite(Number(text)))
  const missing =
    meter === null || (kind === 'demandLimit' && load === null) ? words.needMeter : isFilled ? undefined : words.needAll
  const rule = {
    kind,
    ...Object.fromEntries(numbers.map(([name, text]) => [name, Number(text)])),
    ...(kind === 'demandLimit' && { load }),
  }
  const path = `meters/${encodeURIComponent(meter ?? '')}`
  const fields = (
    <>
      <ChosenMeter label={words.meter} value={meter} options={options} choose={setMeter} testId="rule-meter" />
      <AdminField label={words.kind}>
        {(field) => (
          <Select
            id={field}
            value={kind}
            options={KINDS.map((value) => ({ value, label: words.kinds[value] }))}
            onChange={setKind}
            data-testid="rule-kind"
          />
        )}
      </AdminField>
      {numbers.map(([name, text]) => (
        <TypedNumber
          key={name}
          name={name}
          label={labelOf(name, unit, words)}
          text={text}
          set={(value) => setTyped({ ...typed, [name]: value })}
        />
      ))}
      {kind === 'demandLimit' && (
        <ChosenMeter label={words.load} value={load} options={options} choose={setLoad} testId="rule-load" />
      )}
    </>
  )
  return (
    <Card title={words.newRule} className="screen-only" data-testid="control-rule-form">
      <div className="admin-fields">{fields}</div>
      <Trying path={path} rule={rule} missing={missing} />
      {mayStore && (
        <AdminForm
          withoutName
          withoutRemark
          actions={[
            {
              ...{ key: 'save-rule', needs: 'control', label: words.save, method: 'PUT' },
              path: `${path}/control-rules/${encodeURIComponent(id.trim())}`,
              missing: () => missing,
              body: () => ({ rule }),
            },
          ]}
          done={stored}
        >
          <AdminField label={words.ruleId}>
            {(field) => <Input id={field} value={id} maxLength={32} onChange={({ target }) => setId(target.value)} />}
          </AdminField>
        </AdminForm>
      )}
    </Card>
  )
}

const labelOf = (name: NumberField, unit: string, words: ControlWords): string =>
  name === 'limit' || name === 'restoreBelow' ? words[name](unit) : words[name]

function ChosenMeter({
  label,
  value,
  options,
  choose,
  testId,
}: {
  label: string
  value: string | null
  options: { value: string; called: string; label: ReactNode }[]
  choose: (meter: string) => void
  testId: string
}) {
  return (
    <AdminField label={label}>
      {(field) => (
        <Select
          id={field}
          value={value}
          options={options}
          onChange={choose}
          showSearch={{ optionFilterProp: 'called' }}
          data-testid={testId}
        />
      )}
    </AdminField>
  )
}

function TypedNumber({
  name,
  label,
  text,
  set,
}: {
  name: string
  label: string
  text: string
  set: (text: string) => void
}) {
  return (
    <AdminField label={label}>
      {(field) => (
        <Input
          id={field}
          value={text}
          inputMode="decimal"
          onChange={({ target }) => set(target.value)}
          data-testid={`rule-${name}`}
        />
      )}
    </AdminField>
  )
}

/** A trial that is not kept: whoever may read may ask what a rule would have done. */
function Trying({ path, rule, missing }: { path: string; rule: object; missing: string | undefined }) {
  const words = useControlWords()
  const { text } = useLanguage()
  const [days, setDays] = useState('30')
  const [busy, setBusy] = useState(false)
  const [found, setFound] = useState<RuleSimulationView | null>(null)
  const [problem, setProblem] = useState<string | LoadProblem | null>(null)
  const simulate = async () => {
    setFound(null)
    setProblem(missing ?? null)
    if (missing !== undefined) return
    setBusy(true)
    try {
      const body = { rule, ...pastDays(Number(days)) }
      setFound(await sendJson<RuleSimulationView>('POST', `${path}/rule-simulation`, body))
    } catch (error) {
      setProblem(problemOf(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <div className="admin-fields">
        <TypedNumber name="days" label={words.triedDays} text={days} set={setDays} />
        <Button onClick={simulate} loading={busy} data-testid="simulate-rule">
          {words.simulate}
        </Button>
      </div>
      {problem !== null && (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={text.notDone}
          description={typeof problem === 'string' ? problem : <ProblemText problem={problem} />}
        />
      )}
      {found && <ControlSimulation simulation={found} />}
    </>
  )
}
