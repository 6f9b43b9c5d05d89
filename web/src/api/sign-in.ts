// Sign-in by OpenID Connect: authorization code with PKCE, by oidc-client-ts. Loaded only where a provider is
// configured. Everything is kept in sessionStorage, so it lasts as long as the tab; the provider is asked for new
// tokens when one is needed, by refresh token, and not by hidden frames, which browsers starve of cookies. Decision
// 0018.

import { ErrorResponse, type User, UserManager, WebStorageStateStore } from 'oidc-client-ts'
import type { Oidc } from './site-config.ts'

/** A token that ends sooner is renewed before it is used: clocks differ, and a request takes time. */
const RENEW_BEFORE_S = 30

export interface SignIn {
  /** Who is signed in; null: nobody. */
  name: () => string | null
  /** The access token, renewed when it is about to end; null: sign in. Throws when the provider cannot be asked. */
  bearer: () => Promise<string | null>
  /** Another token than the one that was refused, if the provider gives one. Throws as `bearer`. */
  renewed: (refused: string) => Promise<string | null>
  /** Leaves for the provider, which leads back to where the reader is now. */
  leave: () => Promise<void>
  /** Forgets the tokens, here and at the provider. Leaves when the provider has a place to sign out. */
  end: () => Promise<void>
}

/**
 * Finishes a sign-in when the provider has just led back here. Throws when that is refused: state, nonce or code are
 * not ours.
 */
export async function openSignIn({ issuer, clientId, scope }: Oidc): Promise<SignIn> {
  const here = new URL('./', location.href)
  here.search = ''
  here.hash = ''
  const kept = new WebStorageStateStore({ prefix: 'kilowatch.', store: sessionStorage })
  const manager = new UserManager({
    authority: issuer,
    client_id: clientId,
    scope,
    redirect_uri: here.href,
    post_logout_redirect_uri: here.href,
    userStore: kept,
    stateStore: kept,
    automaticSilentRenew: false,
  })
  let user: User | null = isReturn() ? await finish(manager, here) : await manager.getUser()
  let renewal: Promise<User | null> | undefined

  const renew = (): Promise<User | null> => {
    renewal ??= renewedUser(manager, user)
      .then((renewed) => {
        user = renewed
        return renewed
      })
      .finally(() => {
        renewal = undefined
      })
    return renewal
  }
  return {
    name: () => (user ? nameOf(user) : null),
    async bearer() {
      if (!user || (user.expires_in ?? Number.POSITIVE_INFINITY) > RENEW_BEFORE_S) return user?.access_token ?? null
      return (await renew())?.access_token ?? null
    },
    async renewed(refused) {
      if (user && user.access_token !== refused) return user.access_token
      if (!user?.refresh_token) return null
      return (await renew())?.access_token ?? null
    },
    async leave() {
      await manager.clearStaleState()
      await manager.signinRedirect({ state: location.hash, nonce: crypto.randomUUID() })
    },
    async end() {
      user = null
      // Not every provider lets a page do this; the session ends all the same.
      await manager.revokeTokens(['refresh_token']).catch(() => undefined)
      if (!(await manager.metadataService.getEndSessionEndpoint())) return manager.removeUser()
      // Cognito's own names for what the standard calls id_token_hint and post_logout_redirect_uri.
      await manager.signoutRedirect({ extraQueryParams: { client_id: clientId, logout_uri: here.href } })
    },
  }
}

function isReturn(): boolean {
  const query = new URLSearchParams(location.search)
  return query.has('state') && (query.has('code') || query.has('error'))
}

/**
 * The address that the reader wanted stands again, and no code stays in the browser's history, whatever comes of it.
 */
async function finish(manager: UserManager, here: URL): Promise<User> {
  const returned = location.href
  history.replaceState(null, '', here)
  const user = await manager.signinRedirectCallback(returned)
  if (typeof user.state === 'string' && user.state.startsWith('#')) history.replaceState(null, '', user.state)
  return user
}

/** Null when the provider does not go on with the session; whoever cannot be asked has not refused. */
async function renewedUser(manager: UserManager, user: User | null): Promise<User | null> {
  if (user?.refresh_token) {
    try {
      return await manager.signinSilent()
    } catch (error) {
      if (!(error instanceof ErrorResponse)) {
        if (user.expired === false) return user
        throw error
      }
    }
  } else if (user?.expired === false) return user
  await manager.removeUser()
  return null
}

function nameOf({ profile }: User): string {
  const names = [profile.name, profile.preferred_username, profile['cognito:username'], profile.email]
  return String(names.find((name) => typeof name === 'string' && name !== '') ?? profile.sub)
}
