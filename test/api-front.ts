// What stands before the API in AWS, for tests: CloudFront with the page and its config.json, and API Gateway, whose
// JWT authorizer checks signature, issuer, audience and time before the API is asked, and answers other origins by
// CORS.

import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import sirv from 'sirv'
import { apiEntry } from '../cloud/events/http.ts'
import { api } from '../functions/api.ts'
import type { Platform } from '../functions/platform.ts'
import { httpEvent } from './cloud/cloud-host.ts'

const PREFIX = '/api/v1/'
const OPEN: ReadonlySet<string> = new Set(['/api/v1/health', '/api/v1/openapi.json'])

export interface ApiFront {
  port: number
  /** What `config.json` says; null: there is none. */
  config: string | null
  readers: 'signed-in' | 'anyone'
  /** Tokens are refused whatever they say. */
  refuses: boolean
  close: () => Promise<void>
}

export interface FrontOptions {
  platform: Platform
  web: string
  issuer: string
  audience: string
}

export async function apiFront({ platform, web, issuer, audience }: FrontOptions): Promise<ApiFront> {
  // There a provider signs people in.
  const { accounts: _, ...inAws } = platform
  const entry = apiEntry(api(inAws), () => ({
    ...{ claim: 'cognito:groups', value: 'kilowatch-admin' },
    isOpen: front.readers === 'anyone',
  }))
  const files = sirv(web, { dev: true })

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? 'GET'
    const url = new URL(request.url ?? '/', 'http://front')
    const json = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    }
    if (!url.pathname.startsWith(PREFIX)) {
      if (url.pathname !== '/config.json') return files(request, response, () => json(404, '{}'))
      return front.config === null ? json(403, '{}') : json(200, front.config)
    }
    if (request.headers.origin) response.setHeader('access-control-allow-origin', request.headers.origin)
    response.setHeader('access-control-allow-headers', 'authorization,content-type')
    if (method === 'OPTIONS') return json(204, '')
    const isOpen = OPEN.has(url.pathname) || (front.readers === 'anyone' && method === 'GET')
    const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? []
    const claims = isOpen || front.refuses ? undefined : await checkedClaims(token ?? '', { issuer, audience })
    if (!isOpen && !claims) return json(401, '{"message":"Unauthorized"}')
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const path = `${url.pathname.slice(PREFIX.length)}${url.search}`
    const event = httpEvent(method, path, claims)
    const { statusCode, body } = await entry({ ...event, body: Buffer.concat(parts).toString() })
    json(statusCode ?? 500, body ?? '')
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const front: ApiFront = {
    port: (server.address() as AddressInfo).port,
    config: null,
    readers: 'signed-in',
    refuses: false,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return front
}

interface Claims {
  iss: string
  exp: number
  aud?: string
  client_id?: string
}

/** As API Gateway does: `client_id` counts where there is no `aud`. Undefined: refused. */
async function checkedClaims(token: string, wanted: { issuer: string; audience: string }) {
  const [head = '', body = '', signature = ''] = token.split('.')
  if (signature === '') return undefined
  const { kid }: { kid: string } = JSON.parse(Buffer.from(head, 'base64url').toString())
  const described = await fetch(`${wanted.issuer}/.well-known/openid-configuration`)
  const { jwks_uri }: { jwks_uri: string } = await described.json()
  const { keys }: { keys: (JsonWebKey & { kid: string })[] } = await (await fetch(jwks_uri)).json()
  const jwk = keys.find((key) => key.kid === kid)
  if (!jwk) return undefined
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  if (!verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) return undefined
  const claims: Claims = JSON.parse(Buffer.from(body, 'base64url').toString())
  const isFor = (claims.aud ?? claims.client_id) === wanted.audience
  return isFor && claims.iss === wanted.issuer && claims.exp > Date.now() / 1000 ? { ...claims } : undefined
}
