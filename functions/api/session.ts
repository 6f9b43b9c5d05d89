// Routes of the door (docs/rules/access.md): who the sender is, signing in and out, people and their roles, tokens of
// programs, and the logs of what was refused and decided.

import {
  ACTION_NAMES,
  ACTIONS,
  type Action,
  actionsOf,
  type Grant,
  ROLE_NAMES,
  roleRow,
} from '../../domain/access/permission.ts'
import { DAY_MS } from '../../domain/calendar.ts'
import {
  acceptBodySchema,
  accountId,
  auditPageSchema,
  denialsPageSchema,
  doneViewSchema,
  invitationViewSchema,
  issuedTokenSchema,
  passwordBodySchema,
  peopleViewSchema,
  permissionsViewSchema,
  personBodySchema,
  personViewSchema,
  type SessionView,
  sessionViewSchema,
  signInBodySchema,
  tokenBodySchema,
  tokensViewSchema,
} from '../../domain/view/session.ts'
import { denialLog, denialsFrom } from '../access/denials.ts'
import { placeOfSubject } from '../access/permit.ts'
import { type PersonPrincipal, type Principal, senderName, signer } from '../access/principal.ts'
import type { Account, Accounts, OpenedSession, SignInRefusal } from '../platform.ts'
import { auditKeys } from '../state/audit.ts'
import { pageQuery } from './query.ts'
import { ApiProblem, type RouteContext, route } from './route.ts'

export const SESSION_COOKIE = 'kilowatch-session'
const DEVICE_COOKIE = 'kilowatch-device'
const DEVICE_SECONDS = 366 * 86_400

export const sessionRoutes = {
  ...route('GET /api/v1/session', {
    access: { action: 'open', at: 'nowhere' },
    summary: 'Who the sender is, the roles held, and what they allow',
    response: sessionViewSchema,
    handle: async (context) => sessionView(context, context.principal),
  }),
  ...route('POST /api/v1/session', {
    access: { action: 'open', at: 'nowhere' },
    summary: 'Signs in by name and password; the session is a cookie that scripts cannot read',
    body: signInBodySchema,
    response: sessionViewSchema,
    async handle(context, { body: { id, password } }) {
      const { address, cookie } = context
      const accounts = accountsOf(context)
      const opened = await accounts.signIn({ id, password, address, device: cookie(DEVICE_COOKIE) })
      if ('session' in opened) return signedIn(context, accounts, opened)
      throw await wrongPassword(context, { id, route: 'sign-in', refusal: opened })
    },
  }),
  ...route('DELETE /api/v1/session', {
    access: { action: 'open', at: 'nowhere' },
    summary: 'Signs out: the session ends, at this host and in the browser',
    response: doneViewSchema,
    async handle(context) {
      const { principal, cookies } = context
      const { id, session } = principal.role === 'user' ? principal : { id: 'nobody', session: undefined }
      if (session !== undefined) await accountsOf(context).signOut(session)
      cookies.push(cookieText(SESSION_COOKIE, '', 0))
      return { id }
    },
  }),
  ...route('POST /api/v1/session/invitation', {
    access: { action: 'open', at: 'nowhere' },
    summary: 'Sets the password of an invited person by the one-time code, and signs in',
    body: acceptBodySchema,
    response: sessionViewSchema,
    async handle(context, { body }) {
      const accounts = accountsOf(context)
      const opened = await accounts.accept(body)
      if (!opened) throw new ApiProblem(410, 'Gone', 'this link was used already, or is too old: ask for another')
      return signedIn(context, accounts, opened)
    },
  }),
  ...route('POST /api/v1/session/password', {
    access: { action: 'self', at: 'nowhere' },
    summary: 'Changes the own password by the one that holds; all other sessions and the tokens of the sender end',
    body: passwordBodySchema,
    response: sessionViewSchema,
    async handle(context, { body: { current, password } }) {
      const { id } = personOf(context)
      const { address, cookie } = context
      const accounts = accountsOf(context)
      const attempt = { id, password: current, address, device: cookie(DEVICE_COOKIE) }
      const opened = await accounts.changePassword(attempt, password)
      if ('session' in opened) return signedIn(context, accounts, opened)
      throw await wrongPassword(context, { id, route: 'change of password', refusal: opened })
    },
  }),
  ...route('GET /api/v1/permissions', {
    access: { action: 'open', at: 'nowhere' },
    summary: 'The permission table: each role with the actions that it may take',
    response: permissionsViewSchema,
    async handle() {
      return {
        actions: ACTION_NAMES.map((action) => ({ action, ...ACTIONS[action] })),
        roles: ROLE_NAMES.map((role) => {
          const { contract = false, separated = false, actions, ...row } = roleRow(role)
          return { role, ...row, contract, separated, actions: [...actions] }
        }),
      }
    },
  }),
}

export const peopleRoutes = {
  ...route('GET /api/v1/people', {
    access: { action: 'seePeople', at: 'registry' },
    summary: 'Who may sign in at this host, with their roles',
    response: peopleViewSchema,
    handle: async (context) => ({ items: (await accountsOf(context).list()).map(personView) }),
  }),
  ...route('PUT /api/v1/people/{id}', {
    access: { action: 'people', at: 'registry' },
    summary: 'Adds a person, or changes name and roles of one; an invitation lets the person set a password',
    body: personBodySchema,
    response: personViewSchema,
    async handle(context, { body: { name, grants } }) {
      const id = accountId.safeParse(context.path.id)
      if (!id.success) throw new ApiProblem(400, 'Bad request', `id: ${id.error.issues[0]?.message}`, { field: 'id' })
      refuseOwn(context)
      await checkGrants(grants, context)
      return personView(
        await accountsOf(context).put({ id: id.data, name, grants }, signer(context.principal, undefined)),
      )
    },
  }),
  ...route('DELETE /api/v1/people/{id}', {
    access: { action: 'people', at: 'registry' },
    summary: 'Removes a person; sessions and tokens end',
    response: doneViewSchema,
    async handle(context) {
      refuseOwn(context)
      const accounts = accountsOf(context)
      const { id } = await knownAccount(accounts, context.path.id)
      await accounts.remove(id, signer(context.principal, undefined))
      return { id }
    },
  }),
  ...route('POST /api/v1/people/{id}/deactivate', {
    access: { action: 'people', at: 'registry' },
    summary: 'Keeps a person out: password, sessions, invitations and tokens end; a new invitation lets the person in',
    response: personViewSchema,
    async handle(context) {
      refuseOwn(context)
      const accounts = accountsOf(context)
      const { id } = await knownAccount(accounts, context.path.id)
      await accounts.deactivate(id, signer(context.principal, undefined))
      return personView(await knownAccount(accounts, id))
    },
  }),
  ...route('POST /api/v1/people/{id}/invitation', {
    access: { action: 'people', at: 'registry' },
    summary: 'Makes a one-time link by which a person sets a password; the password and the sessions so far end',
    response: invitationViewSchema,
    async handle(context) {
      refuseOwn(context)
      const accounts = accountsOf(context)
      const { id } = await knownAccount(accounts, context.path.id)
      const { code, expiresMs } = await accounts.invite(id, signer(context.principal, undefined))
      return { code, link: `#/invitation/${code}`, expiresMs }
    },
  }),
}

/** The answer to a wrong password, which the log of refusals keeps. */
async function wrongPassword(
  { platform, principal, address }: RouteContext,
  { id, route: where, refusal }: { id: string; route: string; refusal: SignInRefusal },
): Promise<ApiProblem> {
  const isLocked = 'waitMs' in refusal
  const detail = isLocked ? 'too many wrong passwords from here for this name' : 'the name or the password is wrong'
  const denial = { atMs: platform.now(), route: where, status: isLocked ? 429 : 401, address }
  await denialLog(platform.state)('sign-in', { ...denial, detail: `"${id}": ${detail}` })
  if (isLocked) {
    const retryAfterSeconds = Math.ceil(refusal.waitMs / 1000)
    return new ApiProblem(429, 'Too many requests', detail, { retryAfterSeconds })
  }
  // Of somebody who is signed in 401 would say that the session has ended.
  const isWithin = where !== 'sign-in'
  return new ApiProblem(isWithin ? 403 : 401, isWithin ? 'Forbidden' : 'Unauthorized', detail, {
    isVisitor: principal.role === 'user',
  })
}

export const tokenRoutes = {
  ...route('GET /api/v1/tokens', {
    access: { action: 'self', at: 'nowhere' },
    summary: 'Tokens of the sender, for programs',
    response: tokensViewSchema,
    async handle(context) {
      if (context.principal.role !== 'user') return { items: [] }
      return { items: (await accountsOf(context).tokens(context.principal.id)).map(plainToken) }
    },
  }),
  ...route('POST /api/v1/tokens', {
    access: { action: 'self', at: 'nowhere' },
    summary: 'Issues a token that acts as the sender, for the actions named and until it expires',
    body: tokenBodySchema,
    response: issuedTokenSchema,
    async handle(context, { body: { label, only, days } }) {
      const { id, grants } = personOf(context)
      const held = actionsOf(grants)
      const [beyond] = only.filter((action) => !held.includes(action) || NEVER_BY_TOKEN.includes(action))
      if (beyond) throw new ApiProblem(403, 'Forbidden', `a token of yours cannot have the right "${beyond}"`)
      const expiresMs = context.platform.now() + days * DAY_MS
      const issued = await accountsOf(context).issueToken(id, { label, only, expiresMs })
      return { ...plainToken(issued), secret: issued.secret }
    },
  }),
  ...route('DELETE /api/v1/tokens/{id}', {
    access: { action: 'self', at: 'nowhere' },
    summary: 'Ends a token of the sender',
    response: doneViewSchema,
    async handle(context) {
      const { id } = context.path
      if (!(await accountsOf(context).endToken(personOf(context).id, id)))
        throw new ApiProblem(404, 'Not found', `you have no token "${id}"`)
      return { id }
    },
  }),
}

export const logRoutes = {
  ...route('GET /api/v1/denials', {
    access: { action: 'log', at: 'registry' },
    summary: 'What was refused, by sender and hour, the latest hour first',
    query: pageQuery,
    response: denialsPageSchema,
    async handle({ platform: { state } }, { query: { cursor, limit } }) {
      const docs = await denialsFrom(state, { limit: limit + 1, ...(cursor !== undefined && { after: cursor }) })
      const page = docs.slice(0, limit)
      return { items: page.map(({ value }) => value), next: docs.length > limit ? (page.at(-1)?.key ?? null) : null }
    },
  }),
  ...route('GET /api/v1/audit', {
    access: { action: 'log', at: 'registry' },
    summary: 'Entries of the audit log, the latest first; `kilowatch verify` proves the chain',
    query: pageQuery,
    response: auditPageSchema,
    async handle({ platform: { state } }, { query: { cursor, limit } }) {
      const prefix = auditKeys.entry()
      const after = cursor === undefined ? undefined : `${prefix}${cursor}`
      const docs = await state.query(prefix, { descending: true, limit: limit + 1, ...(after && { after }) })
      const page = docs.slice(0, limit)
      const items = page.map(
        ({ value }) => (JSON.parse(value) as { entry: (typeof auditPageSchema)['_output']['items'][number] }).entry,
      )
      return {
        items: items.map(({ number, atMs, what, about, who, detail }) => ({ number, atMs, what, about, who, detail })),
        next: docs.length > limit ? (page.at(-1)?.key.slice(prefix.length) ?? null) : null,
      }
    },
  }),
}

/** A token that could issue tokens or roles would outlive what it was given. */
const NEVER_BY_TOKEN: readonly Action[] = ['self', 'people']

function accountsOf({ platform }: Pick<RouteContext, 'platform'>): Accounts {
  if (platform.accounts) return platform.accounts
  throw new ApiProblem(
    404,
    'Not found',
    'people do not sign in at this host but at its provider, which keeps their roles',
  )
}

async function knownAccount(accounts: Accounts, id: string): Promise<Account> {
  const found = await accounts.get(id)
  if (!found) throw new ApiProblem(404, 'Not found', `there is no account "${id}"`)
  return found
}

function personOf({ principal }: Pick<RouteContext, 'principal'>): PersonPrincipal {
  if (principal.role === 'user' && !principal.isVisitor) return principal
  throw new ApiProblem(403, 'Forbidden', 'the credential of the machine has no tokens: sign in as a person')
}

/** Nobody gives roles to oneself (docs/rules/access.md#separation). */
function refuseOwn({ principal, path }: RouteContext<'id'>): void {
  if (principal.role === 'user' && principal.id === path.id.normalize('NFKC').toLowerCase())
    throw new ApiProblem(403, 'Forbidden', 'nobody changes the own account: another security administrator does')
}

async function checkGrants(grants: readonly Grant[], context: Pick<RouteContext, 'platform' | 'registry' | 'head'>) {
  const sources = { state: context.platform.state, registry: context.registry, head: context.head }
  for (const { areas = [], institutions = [] } of grants) {
    const named = [
      ...areas.map((id) => ({ kind: 'area', id }) as const),
      ...institutions.map((id) => ({ kind: 'institution', id }) as const),
    ]
    for (const { kind, id } of named)
      if (!(await placeOfSubject(kind, id, sources)))
        throw new ApiProblem(422, 'Refused', `no ${kind} "${id}" is registered`, { field: 'grants' })
  }
}

const personView = (account: Account) => ({ ...account, grants: account.grants.map(plainGrant) })
const plainToken = ({
  id,
  label,
  only,
  createdMs,
  expiresMs,
}: {
  id: string
  label: string
  only: readonly Action[]
  createdMs: number
  expiresMs: number
}) => ({
  ...{ id, label, only: [...only], createdMs, expiresMs },
})
const plainGrant = ({ role, areas, institutions, contract }: Grant) => ({
  role,
  ...(areas && { areas: [...areas] }),
  ...(institutions && { institutions: [...institutions] }),
  ...(contract !== undefined && { contract }),
})

/** A new session each time: one that was there before the password was given is worth nothing after it. */
async function signedIn(context: RouteContext, accounts: Accounts, opened: OpenedSession): Promise<SessionView> {
  const { principal, cookies, platform } = context
  if (principal.role === 'user' && principal.session !== undefined) await accounts.signOut(principal.session)
  const seconds = Math.floor((opened.expiresMs - platform.now()) / 1000)
  cookies.push(
    cookieText(SESSION_COOKIE, opened.session, seconds),
    cookieText(DEVICE_COOKIE, opened.device, DEVICE_SECONDS),
  )
  const { id, name, grants } = opened.account
  return sessionView(context, { role: 'user', id, name, grants })
}

const cookieText = (name: string, value: string, seconds: number): string =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}`

async function sessionView({ platform, head }: RouteContext, principal: Principal): Promise<SessionView> {
  const grants = principal.role === 'user' ? principal.grants : []
  const [area, institution] = [
    grants.flatMap(({ areas = [] }) => areas)[0],
    grants.flatMap((one) => one.institutions ?? [])[0],
  ]
  const all = head.rootArea === null ? null : ({ type: 'area', id: head.rootArea } as const)
  const isEverywhere = principal.role === 'admin' || grants.some(({ role }) => roleRow(role).place === 'everywhere')
  const own = area
    ? ({ type: 'area', id: area } as const)
    : institution
      ? ({ type: 'institution', id: institution } as const)
      : null
  return {
    state: stateOf(principal),
    name: senderName(principal) ?? null,
    grants: grants.map(plainGrant),
    actions:
      principal.role === 'admin'
        ? ACTION_NAMES
        : actionsOf(grants).filter((action) => principal.role !== 'user' || (principal.only?.includes(action) ?? true)),
    home: isEverywhere ? all : own,
    signsIn: platform.accounts !== undefined,
  }
}

function stateOf(principal: Principal): SessionView['state'] {
  if (principal.role === 'admin') return principal.name === undefined ? 'machine' : 'in'
  if (principal.role !== 'user') return 'out'
  return principal.isVisitor ? 'visitor' : 'in'
}
