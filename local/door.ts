// The door of this host (docs/rules/access.md#door): which requests are looked at, and whose they are. A request comes
// in when it names this host and is not sent by a page of another; its sender follows from token, password or cookie.

import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Principal } from '../functions/access/principal.ts'
import { SESSION_COOKIE } from '../functions/api/session.ts'
import type { Account } from '../functions/platform.ts'
import type { LocalAccounts } from './accounts.ts'
import type { VerifyPassword } from './credentials.ts'
import { senderOf } from './lock-out.ts'

export interface DoorOptions {
  /** Names of this host, besides addresses, `localhost` and names without a dot. */
  names?: readonly string[]
  adminToken: string
  verify: VerifyPassword
  /** Absent: nobody signs in. */
  accounts?: Pick<LocalAccounts, 'ofSession' | 'ofToken'>
  /** Whether anybody may read: the demo. */
  isOpen?: () => Promise<boolean>
}

/** Why a request is not looked at. */
export class NotAdmitted extends Error {
  override name = 'NotAdmitted'
  readonly status: 403 | 421 | 429
  constructor(status: 403 | 421 | 429, message: string) {
    super(message)
    this.status = status
  }
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Throws NotAdmitted for a request to another host, or one that a page of another origin has sent. */
export function admit({ headers, method = 'GET' }: IncomingMessage, names: readonly string[] = []): void {
  const { host = '', origin } = headers
  if (!isOwnName(host, names))
    throw new NotAdmitted(421, `this host is not called "${host}": name it with --allow-host to let it in`)
  if (READING.has(method) || headers.authorization !== undefined) return
  if (origin !== undefined ? !isSameHost(origin, host) : isOfOtherSite(headers))
    throw new NotAdmitted(403, 'a page of another origin may not send this')
}

/**
 * An address cannot be made to point elsewhere (DNS rebinding), nor can a name without a dot, which no public name
 * server answers for.
 */
function isOwnName(host: string, names: readonly string[]): boolean {
  const name = host.replace(/:\d*$/, '').toLowerCase()
  const bare = name.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) > 0 || /^[a-z0-9_-]+$/.test(name) || names.some((one) => one.toLowerCase() === name)
}

const isSameHost = (origin: string, host: string): boolean =>
  URL.canParse(origin) && new URL(origin).host === host.toLowerCase()

/** A browser that sends no origin says where a request comes from; a program has neither that nor a cookie. */
const isOfOtherSite = ({ cookie, ...headers }: IncomingMessage['headers']): boolean => {
  const site = headers['sec-fetch-site']
  return site === undefined ? cookie !== undefined && headers['x-kilowatch'] === undefined : site !== 'same-origin'
}

const VISITOR: Principal = {
  ...{ role: 'user', id: 'visitor', name: 'visitor', isVisitor: true },
  grants: [{ role: 'visitor' }],
}

/** The sender. Credentials that are wrong make nobody, also where nobody would be let in as a visitor. */
export async function senderPrincipal(request: IncomingMessage, options: DoorOptions): Promise<Principal> {
  const { authorization } = request.headers
  if (authorization !== undefined) return ofAuthorization(authorization, request, options)
  const cookie = cookieIn(request)
  const found = cookie === undefined ? undefined : await options.accounts?.ofSession(cookie)
  if (found) return { ...personOf(found.account), session: found.session }
  return (await options.isOpen?.()) ? VISITOR : { role: 'anyone' }
}

async function ofAuthorization(
  authorization: string,
  { socket }: IncomingMessage,
  { adminToken, verify, accounts }: DoorOptions,
): Promise<Principal> {
  const [given = '', credentials = ''] = authorization.split(' ')
  const scheme = given.toLowerCase() // RFC 9110, section 11.1
  if (scheme === 'bearer' && credentials) {
    if (isEqual(credentials, adminToken)) return { role: 'admin' }
    const found = await accounts?.ofToken(credentials)
    if (found) return { ...personOf(found.account), only: found.only }
  }
  if (scheme === 'basic') {
    const [, gateway, password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? []
    const asker = { address: socket.remoteAddress ?? '', isGone: () => socket.destroyed }
    if (gateway && (await verify(gateway, password, asker))) return { role: 'gateway', gateway }
  }
  return { role: 'anyone' }
}

/** The name says which account it is, where the person's own name does not. */
const personOf = ({ id, name, grants }: Account) => ({
  ...({ role: 'user', id, grants } as const),
  name: name === id ? id : `${name} (${id})`,
})

const cookieIn = ({ headers }: IncomingMessage): string | undefined =>
  (headers.cookie ?? '')
    .split(/;\s*/)
    .find((pair) => pair.startsWith(`${SESSION_COOKIE}=`))
    ?.slice(SESSION_COOKIE.length + 1)

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Requests a second of one address, and at once: a page makes some twenty, a script that makes more has to wait. */
const RATE = 200
const BURST = 2_000
const SENDERS_MAX = 10_000

export interface RateLimit {
  /** Throws NotAdmitted when an address has asked too often. */
  count(address: string): void
}

/** `nowMs`: a clock that never goes back. */
export function rateLimit(nowMs: () => number = () => performance.now()): RateLimit {
  const left = new Map<string, { tokens: number; atMs: number }>()
  return {
    count(address) {
      const sender = senderOf(address)
      const now = nowMs()
      const { tokens, atMs } = left.get(sender) ?? { tokens: BURST, atMs: now }
      const filled = Math.min(BURST, tokens + ((now - atMs) / 1000) * RATE)
      if (filled < 1) throw new NotAdmitted(429, `one address asks at most ${RATE} times a second`)
      left.delete(sender)
      left.set(sender, { tokens: filled - 1, atMs: now })
      const [oldest] = left.keys()
      if (left.size > SENDERS_MAX && oldest !== undefined) left.delete(oldest)
    },
  }
}
