// The sender of a request, as determined by the host in front of the handler: the local door or API Gateway's
// authorizer. Handlers trust it; nothing in a body or query changes it.

import type { Action, Grant } from '../../domain/access/permission.ts'

/** A person who signed in, a token of that person, or the visitor of a demo. */
export interface PersonPrincipal {
  role: 'user'
  /** Stable id of the account, in AWS the subject of the token. */
  id: string
  /** Stands in histories and in the audit log. */
  name: string
  grants: readonly Grant[]
  /** Set for an API token: the only actions that it may take. */
  only?: readonly Action[]
  /** Set for a session of this host: hash of its cookie. */
  session?: string
  /** Nobody signed in: the demo is open to read. */
  isVisitor?: true
}

/**
 * - `anyone`: unknown. `lacks`: what the token of a signed-in person lacks to have a role, e.g. `a value in CLAIM`.
 * - `gateway`: a gateway with its own password.
 * - `admin`: the machine's own credential, or a person whose token has the administrator's claim; `name` is theirs.
 */
export type Principal =
  | { role: 'anyone'; lacks?: string; name?: string }
  | { role: 'gateway'; gateway: string }
  | { role: 'admin'; name?: string }
  | PersonPrincipal

/** The name under which denials are gathered and steps are signed; undefined where the sender has none. */
export const senderName = (principal: Principal): string | undefined =>
  principal.role === 'gateway' ? principal.gateway : principal.name

/** Who took a step: the name of the person; only the machine's own credential says a name for somebody. */
export const signer = (principal: Principal, stated: string | undefined): string =>
  senderName(principal) ?? stated ?? 'admin'
