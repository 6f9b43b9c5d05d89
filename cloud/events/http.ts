// API Gateway (HTTP API) → `api`: derives the sender from the JWT claims that the authorizer has checked. Gateways do
// not use this path in AWS: they publish over MQTT, or by HTTPS to IoT Core itself, under the same certificate.

import { grantsOfClaim } from '../../domain/access/claim.ts'
import type { Principal } from '../../functions/access/principal.ts'
import { type Transfer, transferOf } from '../../functions/api/transfer.ts'
import type { ApiEvent, ApiResult } from '../../functions/api.ts'
import type { Handler } from '../../functions/handler.ts'

/** The claim with roles, and its value that marks an administrator. */
export interface AdminClaim {
  claim: string
  value: string
  /** Whoever deployed it said that anyone may read. */
  isOpen?: boolean
}

/** Replaces anything else in the event's place for an authorizer: only checked claims count. */
export function apiEntry(api: Handler<ApiEvent, ApiResult>, admin: () => AdminClaim): Handler<ApiEvent, ApiResult> {
  return async (event, context) => {
    const { authorizer, ...requestContext } = event.requestContext as ApiEvent['requestContext'] & JwtContext
    const principal = principalOf(authorizer?.jwt?.claims, admin())
    const { method } = requestContext.http
    // HEAD asks for what GET would answer.
    const http = { ...requestContext.http, method: method === 'HEAD' ? 'GET' : method }
    const known = { ...event, requestContext: { ...requestContext, http, authorizer: { lambda: principal } } }
    const result = await api(known as unknown as ApiEvent, context)
    return sentResult(method, await transferOf({ method, headers: event.headers ?? {} }, result))
  }
}

/** Bytes go to API Gateway in base64; the length it counts itself. */
function sentResult(method: string, { statusCode, headers, cookies, bytes, isPlainText }: Transfer): ApiResult {
  const sent = { statusCode, headers, ...(cookies.length > 0 && { cookies }) }
  if (method === 'HEAD' || statusCode === 304) return { ...sent, body: '' }
  return isPlainText
    ? { ...sent, body: bytes.toString('utf8') }
    : { ...sent, body: bytes.toString('base64'), isBase64Encoded: true }
}

type Claims = Readonly<Record<string, unknown>>
interface JwtContext {
  authorizer?: { jwt?: { claims?: Claims } }
}

function principalOf(claims: Claims | undefined, admin: AdminClaim): Principal {
  if (!claims) return admin.isOpen ? VISITOR : { role: 'anyone' }
  const values = valuesOf(claims, admin.claim)
  const name = personOf(claims)
  if (values.includes(admin.value)) return { role: 'admin', ...(name !== undefined && { name }) }
  const grants = grantsOfClaim(values)
  if (admin.isOpen) grants.push(...VISITOR.grants)
  const id = typeof claims.sub === 'string' ? claims.sub : (name ?? '')
  if (grants.length > 0) return { role: 'user', id, name: name ?? id, grants }
  return { role: 'anyone', lacks: `${admin.value} in ${admin.claim}`, ...(name !== undefined && { name }) }
}

const VISITOR = {
  ...{ role: 'user', id: 'visitor', name: 'visitor', isVisitor: true },
  grants: [{ role: 'visitor' }],
} as const satisfies Principal

/** Claims that name a person, the readable ones first; `sub` says which of two with the same name it is. */
const NAMES = ['cognito:username', 'username', 'preferred_username', 'email', 'sub']

function personOf(claims: Claims): string | undefined {
  const name = NAMES.map((claim) => claims[claim]).find((value) => typeof value === 'string' && value !== '')
  return typeof name === 'string' ? name.slice(0, NAME_CHARS_MAX) : undefined
}
const NAME_CHARS_MAX = 100

/** API Gateway passes a list on as text, `[a b]`; scopes are text with spaces from the start. */
function valuesOf(claims: Claims, claim: string): string[] {
  const held = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  if (Array.isArray(held)) return held.filter((value) => typeof value === 'string')
  return typeof held === 'string' ? held.replace(/^\[|\]$/g, '').split(/[\s,]+/) : []
}
