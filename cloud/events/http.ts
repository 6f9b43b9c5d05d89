// API Gateway (HTTP API) → `api`: derives the sender from the JWT claims that the authorizer has checked. Gateways do
// not use this path in AWS: they publish over MQTT, or by HTTPS to IoT Core itself, under the same certificate.

import type { Principal } from '../../functions/api/route.ts'
import type { ApiEvent, ApiResult } from '../../functions/api.ts'
import type { Handler } from '../../functions/handler.ts'

/** The claim that marks an administrator: its value, or one of its values. */
export interface AdminClaim {
  claim: string
  value: string
}

/** Replaces anything else in the event's place for an authorizer: only checked claims count. */
export function apiEntry(api: Handler<ApiEvent, ApiResult>, admin: () => AdminClaim): Handler<ApiEvent, ApiResult> {
  return (event, context) => {
    const { authorizer, ...requestContext } = event.requestContext as ApiEvent['requestContext'] & JwtContext
    const principal = principalOf(authorizer?.jwt?.claims, admin())
    const known = { ...event, requestContext: { ...requestContext, authorizer: { lambda: principal } } }
    return api(known as unknown as ApiEvent, context)
  }
}

type Claims = Readonly<Record<string, unknown>>
interface JwtContext {
  authorizer?: { jwt?: { claims?: Claims } }
}

function principalOf(claims: Claims | undefined, admin: AdminClaim): Principal {
  if (!claims) return { role: 'anyone' }
  return isAdmin(claims, admin) ? { role: 'admin' } : { role: 'anyone', lacks: `${admin.value} in ${admin.claim}` }
}

/** API Gateway passes a list on as text, `[a b]`; scopes are text with spaces from the start. */
function isAdmin(claims: Claims, { claim, value }: AdminClaim): boolean {
  const held = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  if (Array.isArray(held)) return held.includes(value)
  return (
    typeof held === 'string' &&
    held
      .replace(/^\[|\]$/g, '')
      .split(/[\s,]+/)
      .includes(value)
  )
}
