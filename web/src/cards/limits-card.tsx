// Lets whoever may set limits see and set those of the alerts for an area, institution, gateway or meter
// (docs/rules/alerts.md): what holds, where it comes from, and what is set here. Empty fields follow from above.

import { Button, Card, Input, Select, Space } from 'antd'
import { type FormEvent, useState } from 'react'
import { ALERT_RULES } from '../../../domain/alert/rules.ts'
import type { ThresholdsView } from '../../../domain/view/alert.ts'
import { useResource } from '../api/resource.ts'
import { useMay, useSession } from '../api/session.ts'
import { type AdministrationRoute, visit } from '../frame/route.ts'
import { useAdminWords } from '../words/admin-words.ts'
import { formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { AdminForm } from './admin-form.tsx'
import { DataTable } from './data-table.tsx'
import { ProblemNotice } from './marks.tsx'

type Limit = ThresholdsView['limits'][number]
/** As typed; empty: what holds above. */
interface Typed {
  enabled: 'on' | 'off' | ''
  raise: string
  clear: string
  raiseAfterMinutes: string
}
const NOTHING: Typed = { enabled: '', raise: '', clear: '', raiseAfterMinutes: '' }

export function LimitsCard({ route }: { route: AdministrationRoute }) {
  const words = useAdminWords()
  const session = useSession()
  const home = session.state === 'in' ? session.home?.id : undefined
  const subject = route.subject ?? home ?? null
  const [asked, setAsked] = useState(subject ?? '')
  const found = useResource<ThresholdsView>(
    subject === null ? null : `settings/thresholds/${encodeURIComponent(subject)}`,
  )
  const show = (event: FormEvent) => {
    event.preventDefault()
    if (asked.trim() !== '') visit({ ...route, subject: asked.trim() })
  }
  return (
    <Card title={words.views.thresholds} data-testid="limits">
      <form onSubmit={show} className="screen-only">
        <Space wrap>
          <Input
            aria-label={words.subject}
            placeholder={words.subject}
            value={asked}
            onChange={({ target }) => setAsked(target.value)}
            style={{ width: 320, maxWidth: '100%' }}
            data-testid="limits-subject"
          />
          <Button htmlType="submit">{words.show}</Button>
        </Space>
      </form>
      <ProblemNotice of={found} />
      {found.data && <Limits key={JSON.stringify(found.data.thresholds)} view={found.data} saved={found.reload} />}
    </Card>
  )
}

function typedFrom(one: Record<string, unknown> | undefined): Typed {
  const number = (value: unknown) => (typeof value === 'number' ? String(value) : '')
  return {
    enabled: one?.enabled === undefined ? '' : one.enabled ? 'on' : 'off',
    ...{ raise: number(one?.raise), clear: number(one?.clear), raiseAfterMinutes: number(one?.raiseAfterMinutes) },
  }
}

function Limits({ view, saved }: { view: ThresholdsView; saved: () => void }) {
  const words = useAdminWords()
  const { language } = useLanguage()
  const maySet = useMay('thresholds')
  const before = new Map(view.thresholds.map((one) => [String(one.kind), one]))
  const [typed, setTyped] = useState<Readonly<Record<string, Typed>>>(
    Object.fromEntries(view.limits.map(({ kind }) => [kind, typedFrom(before.get(kind))])),
  )
  const own = (kind: string): Typed => typed[kind] ?? NOTHING
  const change = (kind: string, part: Partial<Typed>) => setTyped({ ...typed, [kind]: { ...own(kind), ...part } })
  const field = (kind: Limit['kind'], name: 'raise' | 'clear' | 'raiseAfterMinutes', label: string) => (
    <Input
      size="small"
      inputMode="decimal"
      value={own(kind)[name]}
      placeholder={words.inherit}
      aria-label={`${ALERT_RULES[kind].name[language]} · ${label}`}
      onChange={({ target }) => change(kind, { [name]: target.value })}
      style={{ width: 110 }}
      data-testid={`${name}-${kind}`}
    />
  )
  const settable = [
    {
      title: words.enabled,
      key: 'on',
      render: (_: unknown, { kind }: Limit) => (
        <Select
          size="small"
          value={own(kind).enabled}
          aria-label={`${ALERT_RULES[kind].name[language]} · ${words.enabled}`}
          options={[
            { value: '', label: words.inherit },
            { value: 'on', label: words.onHere },
            { value: 'off', label: words.offHere },
          ]}
          onChange={(enabled) => change(kind, { enabled })}
          style={{ width: 110 }}
        />
      ),
    },
    { title: words.raise, key: 'raise', render: (_: unknown, { kind }: Limit) => field(kind, 'raise', words.raise) },
    { title: words.clear, key: 'clear', render: (_: unknown, { kind }: Limit) => field(kind, 'clear', words.clear) },
    {
      title: words.raiseAfter,
      key: 'after',
      render: (_: unknown, { kind }: Limit) => field(kind, 'raiseAfterMinutes', words.raiseAfter),
    },
  ]
  return (
    <>
      <DataTable<Limit>
        rowKey="kind"
        rows={view.limits}
        columns={[
          {
            title: words.kind,
            key: 'kind',
            rowScope: 'row',
            render: (_, { kind }) => ALERT_RULES[kind].name[language],
          },
          { title: words.held, key: 'held', render: (_, limit) => <Held limit={limit} /> },
          ...(maySet ? settable : []),
        ]}
      />
      {maySet && (
        <AdminForm<ThresholdsView>
          actions={[
            {
              ...{ key: 'limits', needs: 'thresholds', label: words.saveThresholds, method: 'PUT' },
              path: `settings/thresholds/${encodeURIComponent(view.subject)}`,
              body: () => ({
                thresholds: view.limits.flatMap(({ kind }) => thresholdTyped(kind, own(kind), before.get(kind))),
              }),
            },
          ]}
          withoutRemark
          done={saved}
        />
      )}
    </>
  )
}

function Held({ limit: { enabled, raise, clear, raiseAfterMinutes, unit } }: { limit: Limit }) {
  const words = useAdminWords()
  if (!enabled) return <span className="faint">{words.offHere}</span>
  return (
    <>
      {words.raise} {raise}, {words.clear} {clear} {words.units[unit] ?? unit}
      <span className="faint">
        {' · '}
        {words.raiseAfter} {formatNumber(raiseAfterMinutes, 0)}
      </span>
    </>
  )
}

const SHOWN_FIELDS = ['subject', 'by', 'kind', 'enabled', 'raise', 'clear', 'raiseAfterMinutes']

/** What is set here of a kind; what the form does not show (parameters, reminders) stays. Nothing: no row. */
function thresholdTyped(kind: string, typed: Typed, before: Record<string, unknown> | undefined): object[] {
  const kept = Object.entries(before ?? {}).filter(([field]) => !SHOWN_FIELDS.includes(field))
  const number = (text: string) => (text.trim() === '' ? undefined : Number(text.replaceAll(',', '')))
  const own = {
    ...Object.fromEntries(kept),
    enabled: typed.enabled === '' ? undefined : typed.enabled === 'on',
    raise: number(typed.raise),
    clear: number(typed.clear),
    raiseAfterMinutes: number(typed.raiseAfterMinutes),
  }
  return Object.values(own).some((value) => value !== undefined) ? [{ kind, ...own }] : []
}
