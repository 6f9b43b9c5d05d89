// Shows a panel while there is no session for reading, and in the header the user's name with sign-in and sign-out.

import { LoginOutlined, LogoutOutlined, SettingOutlined } from '@ant-design/icons'
import { Alert, Button, Spin } from 'antd'
import { lazy, Suspense } from 'react'
import { type Session, signOut, signsInHere, startSignIn } from '../api/session.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { administrationRoute, formatRoute } from './route.ts'
import { useTitle } from './title.ts'

const SignInPanel = lazy(async () => ({ default: (await import('./sign-in-panel.tsx')).SignInPanel }))

export function SessionPanel({ session }: { session: Session }) {
  const { text } = useLanguage()
  useTitle(null)
  if (session.state === 'broken') {
    return (
      <Alert type="error" showIcon title={text.brokenConfig} description={session.reason} data-testid="broken-config" />
    )
  }
  const waiting = <Spin className="waiting" description={text.connecting} />
  if (session.state === 'local')
    return (
      <Suspense fallback={waiting}>
        <SignInPanel />
      </Suspense>
    )
  if (session.state !== 'stopped') return waiting
  const { reason } = session
  return (
    <Alert
      type={reason === null ? 'info' : 'error'}
      showIcon
      title={reason === null ? text.signedOut : text.signInRefused}
      description={reason}
      action={<SignInButton />}
      data-testid="signed-out"
    />
  )
}

export function SignInButton() {
  const { text } = useLanguage()
  return (
    <Button type="primary" icon={<LoginOutlined />} onClick={startSignIn} data-testid="sign-in">
      {text.signIn}
    </Button>
  )
}

/** Empty on a site without sign-in. */
export function SessionTool({ session }: { session: Session }) {
  const { text } = useLanguage()
  if (session.state === 'out' || (session.state === 'none' && signsInHere())) return <SignInButton />
  if (session.state !== 'in') return null
  const actions = session.actions ?? []
  const administers = (['operate', 'seePeople', 'log'] as const).some((action) => actions.includes(action))
  const label = administers ? text.door.administration : text.door.account
  return (
    <>
      <Button
        icon={<SettingOutlined />}
        href={formatRoute(administrationRoute(administers ? null : 'own'))}
        aria-label={label}
        title={label}
        data-testid="administration-link"
      />
      <Button
        icon={<LogoutOutlined />}
        title={text.signOut}
        aria-label={`${session.name} · ${text.signOut}`}
        onClick={signOut}
        data-testid="sign-out"
      >
        <SourceText>{session.name}</SourceText>
      </Button>
    </>
  )
}
