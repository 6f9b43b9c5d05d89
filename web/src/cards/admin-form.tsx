// Shows the form for a change: a name, a note, and the buttons. With sign-in the user acts under their own name; on one
// machine the form asks for the admin token once per tab, and deletes it when it is wrong. Shows the server's refusal.

import { Alert, Button, Input } from 'antd'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { rememberAdmin, useAdmin } from '../api/admin.ts'
import { type LoadProblem, postJson, problemOf } from '../api/resource.ts'
import { useSession } from '../api/session.ts'
import { SignInButton } from '../frame/session-panel.tsx'
import { useLanguage } from '../words/language.tsx'

export interface AdminAction {
  key: string
  label: string
  /** Below `/api/v1/`. */
  path: string
  body: (said: { name: string; note: string | undefined }) => object
}

interface Props<T> {
  /** Enter sends the first action. */
  actions: readonly AdminAction[]
  done: (answer: T) => void
}

export function AdminForm<T>({ actions, done }: Props<T>) {
  const { text } = useLanguage()
  const admin = useAdmin()
  const session = useSession()
  const byToken = session.state === 'none'
  const [typed, setTyped] = useState('')
  const [name, setName] = useState(admin.name || (session.state === 'in' ? session.name : ''))
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState<string | null>(null)
  const [problem, setProblem] = useState<LoadProblem | null>(null)
  const token = admin.token ?? typed.trim()

  const send = async (action: AdminAction) => {
    if (byToken && token === '') return setProblem({ title: text.needToken, status: 0 })
    if (name.trim() === '') return setProblem({ title: text.needName, status: 0 })
    setBusy(action.key)
    setProblem(null)
    try {
      const said = { name: name.trim(), note: note.trim() === '' ? undefined : note.trim() }
      const answer = await postJson<T>(action.path, action.body(said), byToken ? token : null)
      rememberAdmin({ token: byToken ? token : null, name: name.trim() })
      done(answer)
    } catch (error) {
      const found = problemOf(error)
      const isWrongToken = byToken && found.status === 401
      if (isWrongToken) rememberAdmin({ token: null, name: name.trim() })
      setProblem(isWrongToken ? { title: text.wrongToken, status: 401 } : found)
    } finally {
      setBusy(null)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const [first] = actions
    if (first) send(first)
  }
  if (session.state === 'out') return <SignInButton />
  return (
    <form className="admin-form" onSubmit={submit} data-testid="admin-form">
      <div className="admin-fields">
        {byToken && admin.token === null && (
          <Field label={text.adminToken} hint={text.adminTokenHint}>
            {(id) => (
              <Input.Password
                id={id}
                value={typed}
                autoComplete="off"
                onChange={({ target }) => setTyped(target.value)}
                data-testid="admin-token"
              />
            )}
          </Field>
        )}
        <Field label={text.yourName}>
          {(id) => (
            <Input
              id={id}
              value={name}
              maxLength={100}
              autoComplete="name"
              onChange={({ target }) => setName(target.value)}
              data-testid="admin-name"
            />
          )}
        </Field>
        <Field label={text.remark}>
          {(id) => <Input id={id} value={note} maxLength={1000} onChange={({ target }) => setNote(target.value)} />}
        </Field>
      </div>
      {problem && <Alert type="error" showIcon title={text.notDone} description={wordsOf(problem)} role="alert" />}
      <div className="admin-buttons">
        {actions.map((action, index) => (
          <Button
            key={action.key}
            type={index === 0 ? 'primary' : 'default'}
            htmlType={index === 0 ? 'submit' : 'button'}
            loading={busy === action.key}
            disabled={busy !== null && busy !== action.key}
            onClick={index === 0 ? undefined : () => send(action)}
            data-testid={`action-${action.key}`}
          >
            {action.label}
          </Button>
        ))}
        {byToken && admin.token !== null && (
          <Button type="link" onClick={() => rememberAdmin({ ...admin, token: null })}>
            {text.forgetToken}
          </Button>
        )}
      </div>
    </form>
  )
}

interface FieldProps {
  label: string
  hint?: string
  children: (id: string) => ReactNode
}

function Field({ label, hint, children }: FieldProps) {
  const id = useId()
  return (
    <div className="admin-field">
      <label htmlFor={id}>{label}</label>
      {children(id)}
      {hint && <span className="faint">{hint}</span>}
    </div>
  )
}

const wordsOf = ({ title, detail }: LoadProblem): string => (detail === undefined ? title : `${title}: ${detail}`)
