// People who sign in at this host: the accounts port (docs/rules/access.md#sign-in). Secrets of invitations, sessions,
// browsers and tokens have 256 random bits and are kept as SHA-256; passwords are stretched (passwords.ts).

import { createHash, randomBytes } from 'node:crypto'
import { type Action, type Grant, grantsProblem } from '../domain/access/permission.ts'
import { DAY_MS, HOUR_MS } from '../domain/calendar.ts'
import { must } from '../domain/must.ts'
import {
  type Account,
  type Accounts,
  type AccountToken,
  type Doc,
  docKey,
  type Invitation,
  type OpenedSession,
  PermanentFailure,
  type SignInAttempt,
  type SignInRefusal,
  type StateStore,
  VersionConflict,
} from '../functions/platform.ts'
import { appendAudit } from '../functions/state/audit.ts'
import { type LockOut, lockOut, senderOf } from './lock-out.ts'
import { hashPassword, isPasswordOf, type PasswordHash, weaknessOf } from './passwords.ts'
import { type VerifyQueue, verifyQueue } from './verify-queue.ts'

interface StoredAccount {
  name: string
  grants: readonly Grant[]
  password?: PasswordHash
  /** Absent: active. */
  inactive?: true
  createdMs: number
}
/** Beside the account, so that signing in never writes roles. */
interface SignInTrace {
  lastSignInMs: number
  /** Hashes of browsers that signed in, the latest last. */
  devices: string[]
}
interface StoredInvitation {
  /** Absent: of the first person of this host, who becomes the security administrator. */
  account?: string
  expiresMs: number
}
interface StoredSession {
  account: string
  sinceMs: number
  seenMs: number
}
interface StoredToken {
  account: string
  label: string
  only: Action[]
  createdMs: number
  expiresMs: number
}

const accountKeys = {
  account: (id = '') => docKey<StoredAccount>(`account/${id}`),
  trace: (id: string) => docKey<SignInTrace>(`sign-in/${id}`),
  invitation: (hash = '') => docKey<StoredInvitation>(`invitation/${hash}`),
  session: (hash = '') => docKey<StoredSession>(`session/${hash}`),
  token: (hash = '') => docKey<StoredToken>(`api-token/${hash}`),
}

const SECRET_BYTES = 32
const newSecret256 = (): string => randomBytes(SECRET_BYTES).toString('base64url')
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')
/** Two ways to write a name are one account. */
const accountIdOf = (id: string): string => id.normalize('NFKC').toLowerCase()

/** A day's work; whoever is away for longer than a meeting signs in again. */
const SESSION_MS_MAX = 12 * HOUR_MS
const SESSION_IDLE_MS_MAX = 4 * HOUR_MS
/** How exactly a session knows when it was last used. */
const SEEN_EVERY_MS = 5 * 60_000
const INVITATION_MS = 7 * DAY_MS
const FIRST_INVITATION_MS = DAY_MS
const DEVICES_MAX = 8
const TOKENS_MAX = 20
const TOKEN_PREFIX = 'kwt_'
const FIRST_GRANTS: readonly Grant[] = [{ role: 'security' }]

export interface LocalAccounts extends Accounts {
  /** The account of a session's cookie, and the session's hash; undefined when it has ended. */
  ofSession(secret: string): Promise<{ account: Account; session: string } | undefined>
  ofToken(secret: string): Promise<{ account: Account; only: readonly Action[] } | undefined>
  /** A fresh invitation of the first person; earlier ones end. Undefined when there are people already. */
  inviteFirst(): Promise<Invitation | undefined>
}

export interface AccountsOptions {
  state: StateStore
  now: () => number
  queue?: VerifyQueue
  locks?: LockOut
}

export function localAccounts({
  state,
  now,
  queue = verifyQueue(),
  locks = lockOut(),
}: AccountsOptions): LocalAccounts {
  const stored = (id: string) => state.get(accountKeys.account(accountIdOf(id)))
  const known = async (id: string): Promise<Doc<StoredAccount>> => {
    const found = await stored(id)
    if (!found) throw new PermanentFailure(`there is no account "${id}"`)
    return found
  }
  const audit = (what: string, about: string, who: string, detail: unknown, docs: Parameters<typeof appendAudit>[2]) =>
    appendAudit(state, { what, about, who, atMs: now(), detail }, docs)

  return {
    ...sessionsOf({ state, now, queue, locks }),
    async list() {
      const accounts = (await state.query(accountKeys.account())).map((doc) => accountOf(doc))
      const traces = await state.getMany(accounts.map(({ id }) => accountKeys.trace(id)))
      const lastMs = new Map(traces.map(({ key, value }): [string, number] => [key, value.lastSignInMs]))
      return accounts.map((one) => ({ ...one, lastSignInMs: lastMs.get(accountKeys.trace(one.id)) ?? null }))
    },
    get: async (id) => {
      const found = await stored(id)
      return found && accountOf(found)
    },
    async put(given, who) {
      const problem = grantsProblem(given.grants)
      if (problem) throw new PermanentFailure(problem)
      const id = accountIdOf(given.id)
      const before = await stored(id)
      const value = { createdMs: now(), ...before?.value, name: given.name, grants: [...given.grants] }
      const doc = { key: accountKeys.account(id), value, ifVersion: before?.version ?? 0 }
      await audit(before ? 'account.change' : 'account.add', id, who, { name: value.name, grants: value.grants }, [doc])
      return accountOf(doc)
    },
    async remove(given, who) {
      const id = accountIdOf(given)
      await known(id)
      await audit('account.remove', id, who, {}, [])
      await state.delete([accountKeys.account(id), accountKeys.trace(id)])
      await endAll(state, id)
    },
    async invite(given, who) {
      const id = accountIdOf(given)
      const { key, value, version } = await known(id)
      const { password: _, inactive: __, ...rest } = value
      await endAll(state, id)
      const code = newSecret256()
      const expiresMs = now() + INVITATION_MS
      await audit('account.invite', id, who, {}, [
        { key, value: rest, ifVersion: version },
        { key: accountKeys.invitation(hashOf(code)), value: { account: id, expiresMs } },
      ])
      return { code, expiresMs }
    },
    async deactivate(given, who) {
      const id = accountIdOf(given)
      const { key, value, version } = await known(id)
      const { password: _, ...rest } = value
      await audit('account.deactivate', id, who, {}, [{ key, value: { ...rest, inactive: true }, ifVersion: version }])
      await endAll(state, id)
    },
    async inviteFirst() {
      if ((await state.query(accountKeys.account(), { limit: 1 })).length > 0) return undefined
      await state.delete((await state.query(accountKeys.invitation())).map(({ key }) => key))
      const code = newSecret256()
      const expiresMs = now() + FIRST_INVITATION_MS
      await state.put([{ key: accountKeys.invitation(hashOf(code)), value: { expiresMs } }])
      return { code, expiresMs }
    },
    ...tokensOf(state, now),
  }
}

/** Ends sessions, invitations and tokens of an account. */
async function endAll(state: StateStore, id: string): Promise<void> {
  const ended = [
    ...(await state.query(accountKeys.session())),
    ...(await state.query(accountKeys.invitation())),
    ...(await state.query(accountKeys.token())),
  ].filter(({ value }) => value.account === id)
  await state.delete(ended.map(({ key }) => key))
}

const accountOf = ({ key, value }: Pick<Doc<StoredAccount>, 'key' | 'value'>): Account => ({
  id: key.slice(accountKeys.account().length),
  name: value.name,
  grants: value.grants,
  hasPassword: value.password !== undefined,
  isActive: value.inactive !== true,
  createdMs: value.createdMs,
  lastSignInMs: null,
})

interface Proven {
  doc: Doc<StoredAccount>
  device: string | undefined
}

/** Signing in by password or invitation, and the sessions that follow. */
function sessionsOf({ state, now, queue, locks }: Required<AccountsOptions>) {
  const open = async (account: Account, device = newSecret256()): Promise<OpenedSession> => {
    const session = newSecret256()
    const [atMs, own, trace] = [now(), hashOf(device), accountKeys.trace(account.id)]
    const before = (await state.get(trace))?.value.devices ?? []
    const devices = [...before.filter((one) => one !== own), own].slice(-DEVICES_MAX)
    await state.put([
      { key: trace, value: { lastSignInMs: atMs, devices } },
      { key: accountKeys.session(hashOf(session)), value: { account: account.id, sinceMs: atMs, seenMs: atMs } },
    ])
    const old = (await state.query(accountKeys.session())).filter(({ value: one }) => isOver(one, now()))
    await state.delete(old.map((doc) => doc.key))
    return { account: { ...account, lastSignInMs: atMs }, session, device, expiresMs: atMs + SESSION_MS_MAX }
  }
  /** The account whose password the attempt gives, and the browser's secret where it is known. */
  const proven = async ({ id: given, password, address, device }: SignInAttempt): Promise<Proven | SignInRefusal> => {
    const id = accountIdOf(given)
    const found = await state.get(accountKeys.account(id))
    const devices = (await state.get(accountKeys.trace(id)))?.value.devices ?? []
    const isKnownDevice = device !== undefined && devices.includes(hashOf(device))
    const sender = isKnownDevice ? `browser ${hashOf(must(device))}` : senderOf(address)
    let waitMs = locks.waitMs(id, sender)
    if (waitMs > 0) return { waitMs }
    const isRight = await queue({ address: sender, isGone: () => false }, async () => {
      // Of many attempts sent at once, those after the last free one are not made.
      waitMs = locks.waitMs(id, sender)
      if (waitMs > 0) return false
      const right = await isPasswordOf(found?.value.password, password)
      if (right) locks.noteRight(id, sender)
      else locks.noteWrong(id, sender)
      return right
    })
    if (waitMs > 0) return { waitMs }
    if (!isRight || !found) return { wrong: true }
    const fresh = await state.get(accountKeys.account(id))
    // Another password was set, or the account was removed, while this one was checked.
    if (fresh?.value.password?.hash !== found.value.password?.hash || !fresh) return { wrong: true }
    return { doc: fresh, device: isKnownDevice ? device : undefined }
  }
  return {
    async signIn(attempt: SignInAttempt): Promise<OpenedSession | SignInRefusal> {
      const found = await proven(attempt)
      return 'doc' in found ? open(accountOf(found.doc), found.device) : found
    },
    async changePassword(attempt: SignInAttempt, given: string): Promise<OpenedSession | SignInRefusal> {
      const found = await proven(attempt)
      if (!('doc' in found)) return found
      const id = accountIdOf(attempt.id)
      const weakness = weaknessOf(given, id)
      if (weakness) throw new PermanentFailure(weakness)
      const { key, value, version } = found.doc
      const doc = { key, value: { ...value, password: await hashPassword(given) }, ifVersion: version }
      await appendAudit(state, { what: 'account.password', about: id, who: id, atMs: now(), detail: {} }, [doc])
      await endAll(state, id)
      return open(accountOf(doc), found.device)
    },
    async accept(given: { code: string; id?: string; name?: string; password: string }) {
      const key = accountKeys.invitation(hashOf(given.code))
      const invitation = await state.get(key)
      if (!invitation || invitation.value.expiresMs <= now()) return undefined
      const { account } = invitation.value
      const id = accountIdOf(account ?? given.id ?? '')
      if (id === '') throw new PermanentFailure('the first person chooses a name to sign in with')
      const weakness = weaknessOf(given.password, id)
      if (weakness) throw new PermanentFailure(weakness)
      const before = await state.get(accountKeys.account(id))
      if (account !== undefined && !before) return undefined
      const value: StoredAccount = {
        ...(before?.value ?? { name: given.name ?? id, grants: FIRST_GRANTS, createdMs: now() }),
        password: await hashPassword(given.password),
      }
      // Once: of two that use the code at the same moment, the first to delete it counts.
      const spent = { key, value: { ...invitation.value, expiresMs: 0 }, ifVersion: invitation.version }
      const own = { key: accountKeys.account(id), value, ifVersion: before?.version ?? 0 }
      try {
        const fact = { what: 'account.password', about: id, who: id, atMs: now(), detail: { grants: value.grants } }
        await appendAudit(state, fact, [own, spent])
      } catch (error) {
        if (error instanceof VersionConflict) return undefined
        throw error
      }
      await state.delete([key])
      return open(accountOf(own))
    },
    signOut: (session: string) => state.delete([accountKeys.session(session)]),
    async ofSession(secret: string) {
      const session = hashOf(secret)
      const doc = await state.get(accountKeys.session(session))
      if (!doc || isOver(doc.value, now())) return undefined
      const found = await state.get(accountKeys.account(doc.value.account))
      if (!found) return undefined
      if (now() - doc.value.seenMs > SEEN_EVERY_MS)
        await state.put([{ key: doc.key, value: { ...doc.value, seenMs: now() } }])
      return { account: accountOf(found), session }
    },
  }
}

const isOver = ({ sinceMs, seenMs }: StoredSession, nowMs: number): boolean =>
  nowMs - sinceMs >= SESSION_MS_MAX || nowMs - seenMs >= SESSION_IDLE_MS_MAX

/** Tokens of programs. */
function tokensOf(state: StateStore, now: () => number) {
  const owned = async (account: string) =>
    (await state.query(accountKeys.token())).filter(({ value }) => value.account === accountIdOf(account))
  return {
    tokens: async (account: string): Promise<AccountToken[]> => (await owned(account)).map(tokenOf),
    async issueToken(account: string, { label, only, expiresMs }: Omit<AccountToken, 'id' | 'createdMs'>) {
      if ((await owned(account)).length >= TOKENS_MAX)
        throw new PermanentFailure(`one person has ${TOKENS_MAX} tokens at most: end one`)
      const secret = `${TOKEN_PREFIX}${newSecret256()}`
      const value = { account: accountIdOf(account), label, only: [...only], createdMs: now(), expiresMs }
      const key = accountKeys.token(hashOf(secret))
      const fact = {
        what: 'token.issue',
        about: value.account,
        who: value.account,
        atMs: now(),
        detail: { label, only },
      }
      await appendAudit(state, fact, [{ key, value }])
      return { ...tokenOf({ key, value }), secret }
    },
    async endToken(account: string, id: string): Promise<boolean> {
      const found = (await owned(account)).find((doc) => tokenOf(doc).id === id)
      if (found) await state.delete([found.key])
      return found !== undefined
    },
    async ofToken(secret: string) {
      if (!secret.startsWith(TOKEN_PREFIX)) return undefined
      const doc = await state.get(accountKeys.token(hashOf(secret)))
      const found = doc && doc.value.expiresMs > now() && (await state.get(accountKeys.account(doc.value.account)))
      return found ? { account: accountOf(found), only: doc.value.only } : undefined
    },
  }
}

/** Names a token by the start of its hash, which is no secret. */
const TOKEN_ID_CHARS = 12
const tokenOf = ({ key, value: { account: _, ...value } }: Pick<Doc<StoredToken>, 'key' | 'value'>): AccountToken => ({
  id: key.slice(accountKeys.token().length).slice(0, TOKEN_ID_CHARS),
  ...value,
})
