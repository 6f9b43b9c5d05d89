// Who reads: whether people sign in here at all, whether this reader has, and the requests that carry what they may. A
// token goes to the API of config.json and to nothing else.

import { useSyncExternalStore } from 'react'
import type { SignIn } from './sign-in.ts'
import { readSiteConfig } from './site-config.ts'

export type Session =
  | { state: 'starting' }
  /** One machine: there is nobody to sign in to. */
  | { state: 'none' }
  /** Not signed in; the API may let anybody read. */
  | { state: 'out' }
  | { state: 'in'; name: string }
  /** On the way to the provider, or from it. */
  | { state: 'leaving' }
  /** Nothing is shown without a click. A null reason: the reader has signed out. */
  | { state: 'stopped'; reason: string | null }
  /** config.json is wrong: nothing that the reader can do. */
  | { state: 'broken'; reason: string }

/** Set while the reader has signed out in this tab: signing in again has to be asked for. */
const SIGNED_OUT_KEY = 'kilowatch.signed-out'

const listeners = new Set<() => void>()
let current: Session = { state: 'starting' }
let signIn: SignIn | null = null
let apiUrl = ''

export const useSession = (): Session =>
  useSyncExternalStore(
    (changed) => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    () => current,
  )

/** Whether the API can be asked. */
export const canRead = ({ state }: Session): boolean => state === 'none' || state === 'out' || state === 'in'

/** Reads the configuration and, on the way back from the provider, finishes the sign-in. To be called once. */
export async function startSession(): Promise<void> {
  // Whoever comes back from the provider by the back button finds the page as it was left.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted && current.state === 'leaving') become({ state: 'stopped', reason: null })
  })
  try {
    const config = await readSiteConfig()
    apiUrl = config.apiUrl
    if (config.oidc === null) return become({ state: 'none' })
    const { openSignIn } = await import('./sign-in.ts')
    try {
      signIn = await openSignIn(config.oidc)
    } catch (error) {
      // The provider's answer is used up: what is opened now waits for the click.
      signIn = await openSignIn(config.oidc)
      return become({ state: 'stopped', reason: wordsOf(error) })
    }
    const name = signIn.name()
    become(name === null ? { state: 'out' } : { state: 'in', name })
  } catch (error) {
    become({ state: 'broken', reason: wordsOf(error) })
  }
}

/** Leaves for the provider, which leads back to where the reader is. */
export async function startSignIn(): Promise<void> {
  become({ state: 'leaving' })
  sessionStorage.removeItem(SIGNED_OUT_KEY)
  try {
    await signIn?.leave()
  } catch (error) {
    become({ state: 'stopped', reason: wordsOf(error) })
  }
}

export async function signOut(): Promise<void> {
  become({ state: 'leaving' })
  sessionStorage.setItem(SIGNED_OUT_KEY, 'true')
  try {
    await signIn?.end()
    // Where the provider has no place to sign out, the reader stays here.
    become({ state: 'stopped', reason: null })
  } catch (error) {
    become({ state: 'stopped', reason: wordsOf(error) })
  }
}

/**
 * Asks `path` below `/api/v1/` as the reader. A 401 that a renewed token does not mend ends the session: without a
 * token the reader is led to the provider; with one that should be good they are asked, since leading them there again
 * by itself could go in circles.
 */
export async function fetchApi(path: string, init: RequestInit): Promise<Response> {
  const send = (bearer: string | null): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (bearer !== null) headers.set('authorization', `Bearer ${bearer}`)
    return fetch(`${apiUrl}api/v1/${path}`, { ...init, headers })
  }
  if (signIn === null) return send(null)
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

function become(session: Session): void {
  current = session
  for (const changed of listeners) changed()
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
