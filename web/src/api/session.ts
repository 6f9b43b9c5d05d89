// Manages the reader's session: whether this site has sign-in, whether the reader is signed in, and the requests with
// the access token. A token is sent only to the API of config.json.

import { useSyncExternalStore } from 'react'
import type { Action } from '../../../domain/access/permission.ts'
import { monthOf } from '../../../domain/calendar.ts'
import type { SessionView } from '../../../domain/view/session.ts'
import type { HealthView } from '../../../domain/view/view.ts'
import { heldToken, rememberToken } from './admin.ts'
import { askEarly, firstPaths } from './early.ts'
import type { SignIn } from './sign-in.ts'
import { readSiteConfig } from './site-config.ts'

export type Session =
  | { state: 'starting' }
  /** Nobody signs in to read here: the visitor of a demo, who changes nothing. */
  | { state: 'none'; actions: readonly Action[] }
  /** A visitor who gave the machine's own credential, which may do everything. */
  | { state: 'machine' }
  /** People sign in at this host, by a form of the page. `mayVisit`: who does not sign in reads all the same. */
  | { state: 'local'; mayVisit: boolean }
  /** Not signed in; the API may still allow reading. */
  | { state: 'out' }
  /** `home`: where the page begins; absent where a provider signs people in. */
  | { state: 'in'; name: string; home?: SessionView['home']; actions?: SessionView['actions'] }
  /** On the way to the provider, or from it. */
  | { state: 'leaving' }
  /** Signed out (null reason) or refused; continues only by a click. */
  | { state: 'stopped'; reason: string | null }
  /** config.json is invalid; the reader cannot correct it. */
  | { state: 'broken'; reason: string }

/** Set after the reader signed out in this tab: signing in again needs a click. */
const SIGNED_OUT_KEY = 'kilowatch.signed-out'

const listeners = new Set<() => void>()
let current: Session = { state: 'starting' }
let signIn: SignIn | null = null
let apiUrl = ''
/** Whether people sign in at this host. */
let isLocal = false
let firstHealth: Promise<HealthView | undefined> | undefined
let knownHealth: HealthView | null = null

export const useSession = (): Session =>
  useSyncExternalStore(
    (changed) => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    () => current,
  )

/** True when the API can be requested. */
export const canRead = ({ state }: Session): boolean =>
  state === 'none' || state === 'machine' || state === 'out' || state === 'in'

/** Whether the reader may do this somewhere; also where only the API knows. */
export const mayDo = (session: Session, action: Action): boolean =>
  !('actions' in session) || session.actions === undefined || session.actions.includes(action)

/** `mayDo` of the session as it is: who may not do something is shown no form for it. */
export const useMay = (action: Action): boolean => mayDo(useSession(), action)

/** Reads the configuration and, on return from the provider, completes the sign-in. Call once. */
export async function startSession(): Promise<void> {
  // The back button from the provider restores the page in the state `leaving`.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted && current.state === 'leaving') become({ state: 'stopped', reason: null })
  })
  try {
    const config = await readSiteConfig()
    apiUrl = config.apiUrl
    if (config.oidc === null) {
      const { session, health } = config
      firstHealth = health ? Promise.resolve(health) : askHealth()
      if (!session) return await askSession()
      takeSession(session)
      if (health) {
        knownHealth = health
        const month = monthOf(Date.now())
        askEarly(firstPaths({ hash: location.hash, session, health, month }), (path) => fetchApi(path, JSON_ASKED))
      }
      return
    }
    const { openSignIn } = await import('./sign-in.ts')
    try {
      signIn = await openSignIn(config.oidc)
    } catch (error) {
      // The provider's answer can be used only once: a new sign-in waits for a click.
      signIn = await openSignIn(config.oidc)
      return become({ state: 'stopped', reason: wordsOf(error) })
    }
    firstHealth = askHealth()
    const name = signIn.name()
    become(name === null ? { state: 'out' } : { state: 'in', name, ...(await ownPlace(await signIn.bearer())) })
  } catch (error) {
    become({ state: 'broken', reason: wordsOf(error) })
  }
}

/** The health that came with the configuration; null: it has to be asked for. */
export const healthAtStart = (): HealthView | null => knownHealth

/** The health as it was when the page started, asked for beside the session; undefined: not known, or told already. */
export function takeFirstHealth(): Promise<HealthView | undefined> | undefined {
  const first = firstHealth
  firstHealth = undefined
  return first
}

async function askHealth(): Promise<HealthView | undefined> {
  const answer = await fetch(`${apiUrl}api/v1/health`).catch(() => undefined)
  return answer?.ok ? answer.json().catch(() => undefined) : undefined
}

/** Where the page of a person begins whom a provider signed in; nothing while the API does not answer. */
async function ownPlace(bearer: string | null): Promise<Partial<Pick<SessionView, 'home' | 'actions'>>> {
  const headers = bearer === null ? {} : bearerOf(bearer)
  const answer = await fetch(`${apiUrl}api/v1/session`, { headers }).catch(() => undefined)
  if (!answer?.ok) return {}
  const { home, actions }: SessionView = await answer.json()
  return { home, actions }
}

/** Asks a host without a provider who the reader is. One that cannot say is still starting: then its page waits. */
async function askSession(): Promise<void> {
  const answer = await fetch(`${apiUrl}api/v1/session`).catch(() => undefined)
  const view: SessionView | undefined = answer?.ok ? await answer.json().catch(() => undefined) : undefined
  if (view === undefined) return become({ state: 'none', actions: READING })
  takeSession(view)
}

/** What a visitor may do, until the host says so itself. */
const READING: readonly Action[] = ['figures', 'field', 'published']

/** The session as this host describes it. */
export function takeSession({ state, name, home, actions, signsIn }: SessionView): void {
  isLocal = signsIn
  if (state === 'in') become({ state, name: name ?? '', home, actions })
  else if (state === 'out' && signsIn) become({ state: 'local', mayVisit: false })
  else if (state === 'machine' || heldToken() !== null) become({ state: 'machine' })
  else become({ state: 'none', actions })
}

/** Takes the machine's credential for this tab; false: it is another. Throws when the host does not answer. */
export async function takeMachineToken(token: string): Promise<boolean> {
  const answer = await fetch(`${apiUrl}api/v1/session`, { headers: bearerOf(token) })
  const view: SessionView | undefined = answer.ok ? await answer.json() : undefined
  if (view?.state !== 'machine') return false
  rememberToken(token)
  become({ state: 'machine' })
  return true
}

/** Leaves the form of signing in, as a visitor. */
export const visitOn = (): Promise<void> => askSession()

/** True when the reader may sign in by a form of this page. */
export const signsInHere = (): boolean => isLocal

/** Where a stream of `path` is opened; null where the API is behind a gateway, which holds no connection open. */
export const streamUrl = (path: string): string | null =>
  signIn === null && apiUrl === '' && 'EventSource' in globalThis ? `api/v1/${path}` : null

/** Shows the form, or redirects to the provider, which redirects back to the present address. */
export async function startSignIn(): Promise<void> {
  if (isLocal) return become({ state: 'local', mayVisit: current.state === 'none' })
  become({ state: 'leaving' })
  sessionStorage.removeItem(SIGNED_OUT_KEY)
  try {
    await signIn?.leave()
  } catch (error) {
    become({ state: 'stopped', reason: wordsOf(error) })
  }
}

export async function signOut(): Promise<void> {
  if (current.state === 'machine') {
    rememberToken(null)
    return askSession()
  }
  if (isLocal) {
    // The host ends the session; the page then asks who the reader is.
    await fetch(`${apiUrl}api/v1/session`, { method: 'DELETE' }).catch(() => undefined)
    await askSession()
    return
  }
  become({ state: 'leaving' })
  sessionStorage.setItem(SIGNED_OUT_KEY, 'true')
  try {
    await signIn?.end()
    // A provider without a sign-out page does not redirect, so the reader stays here.
    become({ state: 'stopped', reason: null })
  } catch (error) {
    become({ state: 'stopped', reason: wordsOf(error) })
  }
}

/**
 * Requests `path` below `/api/v1/` as the reader. A 401 that remains with a renewed token ends the session: without a
 * user the reader is redirected to the provider; with a user a click is needed, since automatic redirects could loop.
 */
export async function fetchApi(path: string, init: RequestInit): Promise<Response> {
  const send = (bearer: string | null): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (bearer !== null) headers.set('authorization', bearerOf(bearer).authorization)
    return fetch(`${apiUrl}api/v1/${path}`, { ...init, headers })
  }
  if (signIn === null) {
    const answer = await send(current.state === 'machine' ? heldToken() : null)
    if (answer.status !== 401) return answer
    // The session has ended, or somebody ended it; the machine's credential is another now.
    if (current.state === 'machine') rememberToken(null)
    if (current.state === 'machine' || current.state === 'in') await askSession()
    return answer
  }
  const bearer = await signIn.bearer()
  if (bearer === null && current.state === 'in') become({ state: 'out' })
  const response = await send(bearer)
  if (response.status !== 401) return response
  const other = bearer === null ? null : await signIn.renewed(bearer)
  const second = other === null ? response : await send(other)
  if (second.status === 401) endSession(signIn.name() === null)
  return second
}

function endSession(mayLeave: boolean): void {
  if (!canRead(current)) return
  if (sessionStorage.getItem(SIGNED_OUT_KEY) !== null) become({ state: 'stopped', reason: null })
  else if (mayLeave) startSignIn()
  else become({ state: 'stopped', reason: 'HTTP 401' })
}

/** How answers of the API are asked for. */
export const JSON_ASKED = { headers: { accept: 'application/json' } }

const bearerOf = (token: string) => ({ authorization: `Bearer ${token}` })

function become(session: Session): void {
  current = session
  for (const changed of listeners) changed()
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
