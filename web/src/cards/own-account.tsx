// Lets a person change the own password and issue and end tokens for programs (docs/rules/access.md#sign-in).

import { Alert, Button, Card, Input, Select } from 'antd'
import { type FormEvent, useState } from 'react'
import { ACTIONS, type Action } from '../../../domain/access/permission.ts'
import type { SessionView } from '../../../domain/view/session.ts'
import { type LoadProblem, problemOf, sendJson, useResource } from '../api/resource.ts'
import { takeSession, useSession } from '../api/session.ts'
import { useAdminWords } from '../words/admin-words.ts'
import { formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { AdminField } from './admin-form.tsx'
import { DataTable } from './data-table.tsx'
import { Nothing, ProblemNotice, ProblemText } from './marks.tsx'

interface Token {
  id: string
  label: string
  only: Action[]
  createdMs: number
  expiresMs: number
}

export function OwnAccount() {
  return (
    <>
      <PasswordCard />
      <TokensCard />
    </>
  )
}

const EMPTY = { current: '', password: '', again: '' }

function PasswordCard() {
  const words = useAdminWords()
  const { text } = useLanguage()
  const [typed, setTyped] = useState(EMPTY)
  const [problem, setProblem] = useState<LoadProblem | null>(null)
  const [said, setSaid] = useState<string | null>(null)
  const send = async (event: FormEvent) => {
    event.preventDefault()
    setProblem(null)
    setSaid(null)
    if (typed.current === '' || typed.password === '') return setSaid(words.needFields)
    if (typed.password !== typed.again) return setSaid(text.door.notTheSame)
    try {
      const { current, password } = typed
      takeSession(await sendJson<SessionView>('POST', 'session/password', { current, password }))
      setTyped(EMPTY)
      setSaid(words.passwordChanged)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  const field = (name: keyof typeof EMPTY, label: string, autoComplete: string) => (
    <AdminField label={label}>
      {(id) => (
        <Input
          id={id}
          type="password"
          value={typed[name]}
          autoComplete={autoComplete}
          onChange={({ target }) => setTyped({ ...typed, [name]: target.value })}
          data-testid={`own-${name}`}
        />
      )}
    </AdminField>
  )
  return (
    <Card title={words.changePassword} data-testid="password-card">
      <form className="admin-form" onSubmit={send}>
        <div className="admin-fields">
          {field('current', words.currentPassword, 'current-password')}
          {field('password', text.door.newPassword, 'new-password')}
          {field('again', text.door.again, 'new-password')}
        </div>
        {said !== null && (
          <Alert type={said === words.passwordChanged ? 'success' : 'error'} showIcon title={said} role="alert" />
        )}
        {problem && <PasswordProblem problem={problem} />}
        <div className="admin-buttons">
          <Button type="primary" htmlType="submit" data-testid="action-password">
            {words.changePassword}
          </Button>
        </div>
      </form>
    </Card>
  )
}

function PasswordProblem({ problem }: { problem: LoadProblem }) {
  const { text } = useLanguage()
  const wait = Number(problem.more?.retryAfterSeconds)
  const title =
    problem.status === 403 ? text.door.wrong : wait > 0 ? text.door.wait(wait) : <ProblemText problem={problem} />
  return <Alert type="error" showIcon title={title} role="alert" />
}

function TokensCard() {
  const words = useAdminWords()
  const { language } = useLanguage()
  const found = useResource<{ items: Token[] }>('tokens')
  const [secret, setSecret] = useState<string | null>(null)
  const [problem, setProblem] = useState<LoadProblem | null>(null)
  const act = async (work: () => Promise<unknown>) => {
    setProblem(null)
    try {
      await work()
    } catch (error) {
      setProblem(problemOf(error))
    }
    found.reload()
  }
  return (
    <Card title={words.tokens} data-testid="tokens">
      <ProblemNotice of={found} />
      {problem && <Alert type="error" showIcon title={<ProblemText problem={problem} />} role="alert" />}
      {secret !== null && (
        <p>
          {words.secretOnce}: <code className="record-cell">{secret}</code>
        </p>
      )}
      <DataTable<Token>
        rowKey="id"
        rows={found.data?.items ?? []}
        locale={{ emptyText: <Nothing>{words.noTokens}</Nothing> }}
        columns={[
          {
            title: words.tokenLabel,
            dataIndex: 'label',
            rowScope: 'row',
            render: (one) => <SourceText>{one}</SourceText>,
          },
          {
            title: words.tokenRights,
            key: 'only',
            className: 'wrapped',
            render: (_, { only }) => only.map((action) => ACTIONS[action][language]).join('; '),
          },
          { title: words.expires, dataIndex: 'expiresMs', render: (atMs) => formatTime(atMs) },
          {
            title: '',
            key: 'end',
            render: (_, { id }) => (
              <Button size="small" danger onClick={() => act(() => sendJson('DELETE', `tokens/${id}`, {}))}>
                {words.end}
              </Button>
            ),
          },
        ]}
      />
      <TokenForm
        issue={(body) =>
          act(async () => setSecret((await sendJson<{ secret: string }>('POST', 'tokens', body)).secret))
        }
      />
    </Card>
  )
}

/** Rights that no token carries. */
const NEVER: readonly Action[] = ['self', 'people']
const DAYS = 90

function TokenForm({ issue }: { issue: (body: { label: string; only: Action[]; days: number }) => void }) {
  const words = useAdminWords()
  const { language } = useLanguage()
  const session = useSession()
  const [label, setLabel] = useState('')
  const [only, setOnly] = useState<Action[]>([])
  const [days, setDays] = useState(String(DAYS))
  const held = (session.state === 'in' ? (session.actions ?? []) : []).filter((action) => !NEVER.includes(action))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (label.trim() !== '' && only.length > 0) issue({ label: label.trim(), only, days: Number(days) })
  }
  return (
    <form className="admin-form screen-only" onSubmit={submit}>
      <div className="admin-fields">
        <AdminField label={words.tokenLabel}>
          {(id) => <Input id={id} value={label} onChange={({ target }) => setLabel(target.value)} />}
        </AdminField>
        <AdminField label={words.tokenRights}>
          {(id) => (
            <Select
              id={id}
              mode="multiple"
              value={only}
              options={held.map((value) => ({ value, label: ACTIONS[value][language] }))}
              onChange={setOnly}
            />
          )}
        </AdminField>
        <AdminField label={words.tokenDays}>
          {(id) => <Input id={id} inputMode="numeric" value={days} onChange={({ target }) => setDays(target.value)} />}
        </AdminField>
      </div>
      <div className="admin-buttons">
        <Button type="primary" htmlType="submit" disabled={label.trim() === '' || only.length === 0}>
          {words.issue}
        </Button>
      </div>
    </form>
  )
}
