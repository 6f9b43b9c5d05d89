// Shows a panel while there is no session for reading, and in the header the user's name with sign-in and sign-out.

import { LoginOutlined, LogoutOutlined, SettingOutlined } from '@ant-design/icons'
import { Suspense } from 'react'
import type { Action } from '../../../domain/access/permission.ts'
import { type Session, signOut, signsInHere, startSignIn } from '../api/session.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { laterPart } from './later-part.tsx'
import { Notice, Waiting } from './plain.tsx'
import { administrationRoute, formatRoute } from './route.ts'
import { useTitle } from './title.ts'

const SignInPanel = laterPart(async () => (await import('./sign-in-panel.tsx')).SignInPanel)

export function SessionPanel({ session }: { session: Session }) {
  const { text } = useLanguage()
  useTitle(null)
  if (session.state === 'broken') {
    return (
      <Notice type="error" title={text.brokenConfig} testId="broken-config">
        {session.reason}
      </Notice>
    )
  }
  const waiting = <Waiting>{text.connecting}</Waiting>
  if (session.state === 'local')
    return (
      <Suspense fallback={waiting}>
        <SignInPanel mayVisit={session.mayVisit} />
      </Suspense>
    )
  if (session.state !== 'stopped') return waiting
  const { reason } = session
  return (
    <Notice
      type={reason === null ? 'info' : 'error'}
      title={reason === null ? text.signedOut : text.signInRefused}
      action={<SignInButton />}
      testId="signed-out"
    >
      {reason}
    </Notice>
  )
}

export function SignInButton() {
  const { text } = useLanguage()
  return (
    <button type="button" className="button button-primary" onClick={startSignIn} data-testid="sign-in">
      <LoginOutlined /> {text.signIn}
    </button>
  )
}

/** Empty on a site without sign-in. */
export function SessionTool({ session }: { session: Session }) {
  const { text } = useLanguage()
  if (session.state === 'out' || (session.state === 'none' && signsInHere())) return <SignInButton />
  if (session.state !== 'in' && session.state !== 'machine') return null
  const actions: readonly Action[] = session.state === 'in' ? (session.actions ?? []) : ['operate']
  const name = session.state === 'in' ? session.name : text.door.machine
  const administers = (['operate', 'seePeople', 'log'] as const).some((action) => actions.includes(action))
  const label = administers ? text.door.administration : text.door.account
  return (
    <>
      <a
        className="button"
        href={formatRoute(administrationRoute(administers ? null : 'own'))}
        aria-label={label}
        title={label}
        data-testid="administration-link"
      >
        <SettingOutlined />
      </a>
      <button
        type="button"
        className="button"
        title={text.signOut}
        aria-label={`${name} · ${text.signOut}`}
        onClick={signOut}
        data-testid="sign-out"
      >
        <LogoutOutlined /> <SourceText>{name}</SourceText>
      </button>
    </>
  )
}
