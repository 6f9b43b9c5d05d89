// Shows the sign-in of a host where people sign in themselves, and the page on which an invited person sets a password.
// On a demo, who runs the machine may give its own credential here instead, and a visitor may go back.

import { Alert, Button, Card, Input } from 'antd'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import type { SessionView } from '../../../domain/view/session.ts'
import { ProblemError, problemOf, sendJson } from '../api/resource.ts'
import { takeMachineToken, takeSession, visitOn } from '../api/session.ts'
import { useLanguage } from '../words/language.tsx'
import { useTitle } from './title.ts'

/** `mayVisit`: who does not sign in reads all the same. */
export function SignInPanel({ mayVisit }: { mayVisit: boolean }) {
  const { text } = useLanguage()
  useTitle(text.signIn)
  const [id, setId] = useState('')
  const [password, setPassword] = useState('')
  return (
    <DoorForm
      title={text.signIn}
      send={text.signIn}
      path="session"
      body={() => ({ id: id.trim(), password })}
      below={mayVisit && <MachineDoor />}
    >
      <DoorField label={text.door.id} value={id} change={setId} autoComplete="username" name="sign-in-id" />
      <DoorField
        label={text.door.password}
        value={password}
        change={setPassword}
        autoComplete="current-password"
        name="sign-in-password"
        hidden
      />
    </DoorForm>
  )
}

/** For who runs the machine of a demo. */
function MachineDoor() {
  const { text } = useLanguage()
  const [token, setToken] = useState('')
  const [refusal, setRefusal] = useState<string | null>(null)
  const give = async (event: FormEvent) => {
    event.preventDefault()
    try {
      if (!(await takeMachineToken(token.trim()))) setRefusal(text.wrongToken)
    } catch {
      setRefusal(text.failed)
    }
  }
  return (
    <>
      <Button type="link" onClick={visitOn} data-testid="visit-on">
        {text.door.visitOn}
      </Button>
      <details>
        <summary data-testid="machine-door">{text.door.asMachine}</summary>
        <form className="admin-form" onSubmit={give}>
          <DoorField
            label={text.adminToken}
            value={token}
            change={setToken}
            autoComplete="off"
            name="admin-token"
            hidden
          />
          <p className="note">{text.adminTokenHint}</p>
          {refusal !== null && <Alert type="error" showIcon title={refusal} data-testid="machine-refusal" />}
          <Button htmlType="submit" data-testid="machine-send">
            {text.door.asMachineSend}
          </Button>
        </form>
      </details>
    </>
  )
}

/** `code`: of the one-time link. The first person of a host also chooses a name. */
export function InvitationPanel({ code }: { code: string }) {
  const { text } = useLanguage()
  useTitle(text.door.setPassword)
  const [id, setId] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const body = () => ({ code, password, ...(id.trim() !== '' && { id: id.trim() }) })
  const flaw = password === again ? null : text.door.notTheSame
  return (
    <DoorForm
      title={text.door.setPassword}
      send={text.door.setPassword}
      path="session/invitation"
      body={body}
      flaw={flaw}
    >
      <DoorField label={text.door.firstId} value={id} change={setId} autoComplete="username" name="invitation-id" />
      <DoorField
        label={text.door.newPassword}
        value={password}
        change={setPassword}
        autoComplete="new-password"
        name="invitation-password"
        hidden
      />
      <DoorField
        label={text.door.again}
        value={again}
        change={setAgain}
        autoComplete="new-password"
        name="invitation-again"
        hidden
      />
    </DoorForm>
  )
}

interface FormProps {
  title: string
  send: string
  path: string
  body: () => object
  /** Why the form is not sent. */
  flaw?: string | null
  /** After the form. */
  below?: ReactNode
  children: ReactNode
}

function DoorForm({ title, send, path, body, flaw = null, below, children }: FormProps) {
  const { text } = useLanguage()
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<string | null>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (flaw !== null) return setRefusal(flaw)
    setBusy(true)
    setRefusal(null)
    try {
      takeSession(await sendJson<SessionView>('POST', path, body()))
      // The address of a link that is used up leads nowhere.
      if (location.hash.startsWith('#/invitation/')) location.hash = '#/'
    } catch (error) {
      const { status, detail, more } = problemOf(error)
      const seconds = Number(more?.retryAfterSeconds ?? 60)
      const words = { 401: text.door.wrong, 410: text.door.usedUp, 429: text.door.wait(seconds) }[status]
      setRefusal(words ?? (error instanceof ProblemError ? (detail ?? text.failed) : text.failed))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Card title={title} className="door" data-testid="door">
      <form className="admin-form" onSubmit={submit}>
        <div className="admin-fields">{children}</div>
        {refusal !== null && <Alert type="error" showIcon title={refusal} data-testid="door-refusal" />}
        <Button type="primary" htmlType="submit" loading={busy} data-testid="door-send">
          {send}
        </Button>
      </form>
      {below}
    </Card>
  )
}

interface FieldProps {
  label: string
  value: string
  change: (value: string) => void
  autoComplete: string
  name: string
  hidden?: boolean
}

function DoorField({ label, value, change, autoComplete, name, hidden = false }: FieldProps) {
  const id = useId()
  const Entry = hidden ? Input.Password : Input
  return (
    <div className="admin-field">
      <label htmlFor={id}>{label}</label>
      <Entry
        id={id}
        value={value}
        autoComplete={autoComplete}
        onChange={({ target }) => change(target.value)}
        data-testid={name}
      />
    </div>
  )
}
