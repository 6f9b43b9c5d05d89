// Signs in by OpenID Connect: authorization code with PKCE, by oidc-client-ts. Loaded only when a provider is
// configured. Everything is stored in sessionStorage, so it lasts as long as the tab. Tokens are renewed on demand by
// refresh token, not by hidden frames, whose cookies browsers block (decision 0018).

import { ErrorResponse, type User, UserManager, WebStorageStateStore } from 'oidc-client-ts'
import type { Oidc } from './site-config.ts'

/** A token that expires sooner is renewed before use: clocks differ, and a request takes time. */
const RENEW_BEFORE_S = 30

export interface SignIn {
  /** Name of the signed-in user; null: nobody is signed in. */
  name: () => string | null
  /** The access token, renewed before it expires; null: not signed in. Throws when the provider cannot be reached. */
  bearer: () => Promise<string | null>
  /** A token other than the refused one, if the provider gives one. Throws like `bearer`. */
  renewed: (refused: string) => Promise<string | null>
  /** Redirects to the provider, which redirects back to the present address. */
  leave: () => Promise<void>
  /** Deletes the tokens, here and at the provider. Redirects when the provider has a sign-out page. */
  end: () => Promise<void>
}

/**
 * Completes a sign-in on return from the provider. Throws when it is refused: state, nonce or code are not ours.
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
      // Not every provider allows this; the session ends all the same.
      await manager.revokeTokens(['refresh_token']).catch(() => undefined)
      if (!(await manager.metadataService.getEndSessionEndpoint())) return manager.removeUser()
      // Cognito's names for the standard's id_token_hint and post_logout_redirect_uri.
      await manager.signoutRedirect({ extraQueryParams: { client_id: clientId, logout_uri: here.href } })
    },
  }
}

function isReturn(): boolean {
  const query = new URLSearchParams(location.search)
  return query.has('state') && (query.has('code') || query.has('error'))
}

/** Completes the return: restores the reader's address, and removes the code from the browser's history in any case. */
async function finish(manager: UserManager, here: URL): Promise<User> {
  const returned = location.href
  history.replaceState(null, '', here)
  const user = await manager.signinRedirectCallback(returned)
  if (typeof user.state === 'string' && user.state.startsWith('#')) history.replaceState(null, '', user.state)
  return user
}

/** Null when the provider ends the session. An unreachable provider does not end it: a valid user stays. */
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
