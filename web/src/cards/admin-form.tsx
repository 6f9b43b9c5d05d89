// Shows the form for a change: a name, a note, and the buttons of what the reader may do. Who may do none of it sees no
// form; the visitor of a demo is offered to sign in instead. Shows the server's refusal.

import { Alert, Button, Input } from 'antd'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import type { Action } from '../../../domain/access/permission.ts'
import { heldName, rememberName } from '../api/admin.ts'
import { type LoadProblem, problemOf, sendJson } from '../api/resource.ts'
import { mayDo, type Session, useSession } from '../api/session.ts'
import { SignInButton } from '../frame/session-panel.tsx'
import { useLanguage } from '../words/language.tsx'
import { ProblemText } from './marks.tsx'

export interface AdminAction {
  key: string
  /** The right without which the button is not shown: that of the route. */
  needs: Action
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

export function AdminForm<T>({ actions, ...rest }: Props<T>) {
  const { text } = useLanguage()
  const session = useSession()
  const own = actions.filter(({ needs }) => mayDo(session, needs))
  if (session.state === 'out') return <SignInButton />
  if (own.length > 0) return <OwnForm {...{ ...rest, session }} actions={own} />
  if (session.state !== 'none') return null
  return (
    <p className="note" data-testid="visitor-note">
      {text.door.visitorNote} <SignInButton />
    </p>
  )
}

function OwnForm<T>({
  session,
  actions,
  done,
  refused,
  words,
  remarkLabel,
  withoutRemark = false,
  withoutName = false,
  children,
}: Props<T> & { session: Session }) {
  const { text } = useLanguage()
  const [name, setName] = useState(() => heldName() || (session.state === 'in' ? session.name : ''))
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState<string | null>(null)
  const [notDone, setNotDone] = useState<NotDone | null>(null)

  const send = async (action: AdminAction) => {
    if (!withoutName && name.trim() === '') return setNotDone({ words: text.needName })
    const said = { name: name.trim(), note: note.trim() === '' ? undefined : note.trim() }
    const missing = action.missing?.(said)
    if (missing !== undefined) return setNotDone({ words: missing })
    setBusy(action.key)
    setNotDone(null)
    try {
      const answer = await sendJson<T>(action.method ?? 'POST', action.path, action.body(said))
      rememberName(name.trim())
      setNote('')
      done(answer)
    } catch (error) {
      const found = problemOf(error)
      setNotDone({ words: words?.(found, action), problem: found })
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
  return (
    <form className="admin-form" onSubmit={submit} data-testid="admin-form">
      <div className="admin-fields">
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
