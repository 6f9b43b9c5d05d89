// An OpenID provider for tests, over a real socket: discovery, authorization code with PKCE, refresh tokens that are
// good for one use, revocation, sign-out and JWKS. It signs in whoever it is told to without asking, and writes access
// tokens as Cognito does: `client_id` instead of `aud`, groups in `cognito:groups`.

import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export const CLIENT = 'kilowatch-page'

interface Grant {
  challenge: string
  redirectUri: string
  nonce: string | null
}

export interface OidcProvider {
  issuer: string
  /** Of the next tokens. `nonce`: another one than was asked for. */
  next: { groups: string[]; seconds: number; refreshes: boolean; nonce?: string }
  /** How often each was done. */
  count: { authorized: number; refreshed: number }
  /** Query of each sign-out, and the tokens that were revoked. */
  signedOut: URLSearchParams[]
  revoked: string[]
  /** No refresh token that was given is good any longer. */
  forget: () => void
  close: () => Promise<void>
}

export async function oidcProvider(): Promise<OidcProvider> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const codes = new Map<string, Grant>()
  const refreshTokens = new Set<string>()
  const jwt = (claims: object): string => {
    const text = [{ alg: 'RS256', kid: 'of-a-test' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
  }

  const tokens = (nonce: string | null): object => {
    const { groups, seconds, refreshes } = provider.next
    const iat = Math.floor(Date.now() / 1000)
    const common = { iss: provider.issuer, sub: 'li', iat, exp: iat + seconds, jti: randomUUID() }
    const refresh = refreshes ? randomUUID() : undefined
    if (refresh) refreshTokens.add(refresh)
    return {
      access_token: jwt({ ...common, token_use: 'access', client_id: CLIENT, 'cognito:groups': groups }),
      id_token: jwt({ ...common, aud: CLIENT, name: '李工', ...(nonce !== null && { nonce }) }),
      ...{ refresh_token: refresh, token_type: 'Bearer', expires_in: seconds },
    }
  }

  const byCode = (form: URLSearchParams): object => {
    const grant = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const isGood = grant?.challenge === challenge && grant.redirectUri === form.get('redirect_uri')
    return isGood && form.get('client_id') === CLIENT ? tokens(provider.next.nonce ?? grant.nonce) : REFUSED
  }
  const byRefresh = (form: URLSearchParams): object => {
    if (!refreshTokens.delete(form.get('refresh_token') ?? '')) return REFUSED
    provider.count.refreshed++
    return tokens(null)
  }
  const authorize = (query: URLSearchParams): string => {
    const back = new URL(query.get('redirect_uri') ?? '')
    back.searchParams.set('state', query.get('state') ?? '')
    const isWhole = query.get('response_type') === 'code' && query.get('code_challenge_method') === 'S256'
    if (!isWhole || query.get('client_id') !== CLIENT) {
      back.searchParams.set('error', 'invalid_request')
      return back.href
    }
    provider.count.authorized++
    const code = randomUUID()
    const challenge = query.get('code_challenge') ?? ''
    codes.set(code, { challenge, redirectUri: query.get('redirect_uri') ?? '', nonce: query.get('nonce') })
    back.searchParams.set('code', code)
    return back.href
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', provider.issuer)
    response.setHeader('access-control-allow-origin', '*')
    const json = (body: object, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const redirect = (to: string): void => {
      response.writeHead(302, { location: to }).end()
    }
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return json({
          issuer: provider.issuer,
          authorization_endpoint: `${provider.issuer}/authorize`,
          token_endpoint: `${provider.issuer}/token`,
          jwks_uri: `${provider.issuer}/jwks`,
          revocation_endpoint: `${provider.issuer}/revoke`,
          end_session_endpoint: `${provider.issuer}/logout`,
        })
      case '/jwks':
        return json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'of-a-test', alg: 'RS256', use: 'sig' }] })
      case '/authorize':
        return redirect(authorize(url.searchParams))
      case '/token': {
        const form = await formOf(request)
        const answer = form.get('grant_type') === 'refresh_token' ? byRefresh(form) : byCode(form)
        return json(answer, answer === REFUSED ? 400 : 200)
      }
      case '/revoke': {
        const token = (await formOf(request)).get('token') ?? ''
        refreshTokens.delete(token)
        provider.revoked.push(token)
        return json({})
      }
      case '/logout':
        provider.signedOut.push(url.searchParams)
        return redirect(url.searchParams.get('post_logout_redirect_uri') ?? '')
      default:
        return json({}, 404)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const provider: OidcProvider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: { groups: [], seconds: 3600, refreshes: true },
    count: { authorized: 0, refreshed: 0 },
    signedOut: [],
    revoked: [],
    forget: () => refreshTokens.clear(),
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return provider
}

const REFUSED = { error: 'invalid_grant' }

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return new URLSearchParams(Buffer.concat(parts).toString())
}
