// Shows the form for a change: a name, a note, and the buttons. With sign-in the user acts under their own name; on one
// machine the form asks for the admin token once per tab, and deletes it when it is wrong. Shows the server's refusal.

import { Alert, Button, Input } from 'antd'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { rememberAdmin, useAdmin } from '../api/admin.ts'
import { type LoadProblem, problemOf, sendJson } from '../api/resource.ts'
import { useSession } from '../api/session.ts'
import { SignInButton } from '../frame/session-panel.tsx'
import { useLanguage } from '../words/language.tsx'
import { ProblemText } from './marks.tsx'

export interface AdminAction {
  key: string
  label: string
  hint?: string
  /** Below `/api/v1/`. */
  path: string
  /** Default: POST. */
  method?: 'PUT' | 'DELETE'
  body: (said: { name: string; note: string | undefined }) => object
  /** What still has to be filled in; undefined: nothing. */
  missing?: (said: { note: string | undefined }) => string | undefined
}

interface Props<T> {
  /** Enter sends the first action. */
  actions: readonly AdminAction[]
  done: (answer: T) => void
  /** Called with each refusal of the server. */
  refused?: (problem: LoadProblem) => void
  /** The refusal in words; undefined: those of any request. */
  words?: (problem: LoadProblem, action: AdminAction) => string | undefined
  remarkLabel?: string
  /** The action keeps no remark. */
  withoutRemark?: boolean
  /** The action is signed by who is signed in, or by the machine: nobody says a name. */
  withoutName?: boolean
  /** Further fields, before the buttons. */
  children?: ReactNode
}

/** Why an action was not done; without `problem` the form itself says it. */
interface NotDone {
  words: string | undefined
  problem?: LoadProblem
}

export function AdminForm<T>({
  actions,
  done,
  refused,
  words,
  remarkLabel,
  withoutRemark = false,
  withoutName = false,
  children,
}: Props<T>) {
  const { text } = useLanguage()
  const admin = useAdmin()
  const session = useSession()
  const byToken = session.state === 'none'
  const [typed, setTyped] = useState('')
  const [name, setName] = useState(admin.name || (session.state === 'in' ? session.name : ''))
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState<string | null>(null)
  const [notDone, setNotDone] = useState<NotDone | null>(null)
  const token = admin.token ?? typed.trim()

  const send = async (action: AdminAction) => {
    if (byToken && token === '') return setNotDone({ words: text.needToken })
    if (!withoutName && name.trim() === '') return setNotDone({ words: text.needName })
    const said = { name: name.trim(), note: note.trim() === '' ? undefined : note.trim() }
    const missing = action.missing?.(said)
    if (missing !== undefined) return setNotDone({ words: missing })
    setBusy(action.key)
    setNotDone(null)
    try {
      const answer = await sendJson<T>(action.method ?? 'POST', action.path, action.body(said), byToken ? token : null)
      rememberAdmin({ token: byToken ? token : null, name: name.trim() })
      setNote('')
      done(answer)
    } catch (error) {
      const found = problemOf(error)
      const isWrongToken = byToken && found.status === 401
      if (isWrongToken) rememberAdmin({ token: null, name: name.trim() })
      setNotDone({ words: isWrongToken ? text.wrongToken : words?.(found, action), problem: found })
      refused?.(found)
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
          <AdminField label={text.adminToken} hint={text.adminTokenHint}>
            {(id) => (
              <Input.Password
                id={id}
                value={typed}
                autoComplete="off"
                onChange={({ target }) => setTyped(target.value)}
                data-testid="admin-token"
              />
            )}
          </AdminField>
        )}
        {!withoutName && (
          <AdminField label={text.yourName}>
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
          </AdminField>
        )}
        {!withoutRemark && (
          <AdminField label={remarkLabel ?? text.remark}>
            {(id) => <Input id={id} value={note} maxLength={1000} onChange={({ target }) => setNote(target.value)} />}
          </AdminField>
        )}
        {children}
      </div>
      {notDone && (
        <Alert type="error" showIcon title={text.notDone} description={descriptionOf(notDone)} role="alert" />
      )}
      <div className="admin-buttons">
        {actions.map((action, index) => (
          <Button
            key={action.key}
            type={index === 0 ? 'primary' : 'default'}
            htmlType={index === 0 ? 'submit' : 'button'}
            loading={busy === action.key}
            disabled={busy !== null && busy !== action.key}
            onClick={index === 0 ? undefined : () => send(action)}
            title={action.hint}
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
  label: ReactNode
  hint?: string
  children: (id: string) => ReactNode
}

export function AdminField({ label, hint, children }: FieldProps) {
  const id = useId()
  return (
    <div className="admin-field">
      <label htmlFor={id}>{label}</label>
      {children(id)}
      {hint && <span className="faint">{hint}</span>}
    </div>
  )
}

const descriptionOf = ({ words, problem }: NotDone): ReactNode =>
  words ?? (problem && <ProblemText problem={problem} />)
