// Stores gateways' passwords as salted hashes in the state store. A generated secret is 128 random bits and needs only
// one SHA-256; a shorter password, chosen by a person, is stretched with scrypt.

import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { topicOf } from '../domain/wire/topic.ts'
import { type DeviceRegistry, type DocWrite, docKey, PermanentFailure, type StateStore } from '../functions/platform.ts'
import { type Asker, type VerifyQueue, verifyQueue } from './verify-queue.ts'

interface Credential {
  kind: 'sha256' | 'scrypt'
  salt: string
  hash: string
  /** Issued and not confirmed yet: valid beside the other. */
  next?: Credential
}
const SECRET_BYTES = 16
/** Length of a generated secret; nobody guesses a password of that length either, so it is not stretched. */
const SECRET_CHARS = 22
const HASH_BYTES = 32
const scryptAsync = promisify<string, string, number, Buffer>(scrypt)
/** Slow on purpose. It runs on the few threads that DuckDB's calls use too, so callers ask for one at a time. */
const stretch = (password: string, salt: string): Promise<Buffer> => scryptAsync(password, salt, HASH_BYTES)

export const credentialKey = (gateway: string) => docKey<Credential>(`credential/${gateway}`)

/** The running host's broker, which can reach connected gateways. */
export interface DeviceLink {
  publish(topic: string, payload: string): Promise<void>
  disconnect(gateway: string): void
}
export interface LocalDevices extends DeviceRegistry {
  /** Sets the broker through which gateways are reached. */
  connect(link: DeviceLink): void
}

/** The embedded broker's credentials as the devices port. */
export function localDevices(state: StateStore): LocalDevices {
  let link: DeviceLink | undefined
  return {
    connect(to) {
      link = to
    },

    async provision(gateways) {
      const stored = await state.getMany(gateways.map(({ id }) => credentialKey(id)))
      const known = new Map(stored.map(({ key, value }) => [key, value]))
      const changed: string[] = []
      const docs: DocWrite[] = []
      const secrets: { id: string; secret: string }[] = []
      for (const { id, password } of gateways) {
        const old = known.get(credentialKey(id))
        if (password !== undefined) {
          if (old && !old.next && (await isPassword(password, old))) continue
          docs.push(await credentialDoc(id, password))
          if (old) changed.push(id)
        } else if (!known.has(credentialKey(id))) {
          const secret = newSecret()
          docs.push(await credentialDoc(id, secret))
          secrets.push({ id, secret })
        }
      }
      await state.put(docs)
      // A session that was opened with the old password ends with it.
      for (const id of changed) link?.disconnect(id)
      return secrets
    },

    async issue(gateway, csr) {
      if (csr !== undefined) throw new PermanentFailure('gateways of this host have passwords, not certificates')
      const secret = newSecret()
      const stored = await state.get<Credential>(credentialKey(gateway))
      const next = await credentialOf(secret)
      const value: Credential = stored ? { ...stored.value, next } : next
      await state.put([{ key: credentialKey(gateway), value, ifVersion: stored?.version ?? 0 }])
      return { kind: 'password', secret }
    },

    async confirm(gateway) {
      const stored = await state.get<Credential>(credentialKey(gateway))
      if (!stored?.value.next) return
      await state.put([{ key: credentialKey(gateway), value: stored.value.next, ifVersion: stored.version }])
      link?.disconnect(gateway)
    },

    async revoke(gateway) {
      await state.delete([credentialKey(gateway)])
      link?.disconnect(gateway)
    },

    enrols: false,

    async command(gateway, command) {
      if (!link) throw new Error('no broker runs here that could reach a gateway')
      await link.publish(topicOf(gateway, 'commands'), JSON.stringify({ v: 1, ...command }))
    },
  }
}

/** A new random secret: 22 characters. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url')

/** The document to store for a gateway. */
const credentialDoc = async (gateway: string, password: string): Promise<DocWrite> => ({
  key: credentialKey(gateway),
  value: await credentialOf(password),
})

async function credentialOf(password: string): Promise<Credential> {
  const kind = kindOf(password)
  const salt = randomBytes(SECRET_BYTES).toString('base64url')
  const hash = kind === 'scrypt' ? await stretch(password, salt) : quickHash(password, salt)
  return { kind, salt, hash: hash.toString('base64url') }
}

const isPassword = async (password: string, one: Credential): Promise<boolean> =>
  kindOf(password) === one.kind &&
  isEqual(one.kind === 'scrypt' ? await stretch(password, one.salt) : quickHash(password, one.salt), one)

const kindOf = (password: string): Credential['kind'] => (password.length < SECRET_CHARS ? 'scrypt' : 'sha256')
const quickHash = (password: string, salt: string): Buffer =>
  createHash('sha256').update(salt).update(password).digest()

const WRONG_MAX = 10_000
/** Who asks where nobody else does. */
const ALONE: Asker = { address: '', isGone: () => false }
/** What a password is compared with where there is none of its kind. */
const NOBODY: Credential = { kind: 'scrypt', salt: 'nobody', hash: Buffer.alloc(HASH_BYTES).toString('base64url') }

export type VerifyPassword = (gateway: string, password: string, asker?: Asker) => Promise<boolean>

/**
 * Checks a gateway's password. Remembers a correct one, so that a storm of reconnects stays cheap. Otherwise the work
 * follows from the password alone, so that its time does not tell whether a gateway of that id exists: a short one is
 * stretched once, in its turn (throws VerifierBusy), a long one never.
 */
export function credentialVerifier(
  state: StateStore,
  { queue = verifyQueue(), hash = stretch }: { queue?: VerifyQueue; hash?: typeof stretch } = {},
): VerifyPassword {
  const known = new Map<string, { version: number; fingerprint: string }>()
  /** The last wrong password of each id, registered or not: one that tries it again and again is stretched once. */
  const wrong = new Map<string, { version: number; fingerprint: string }>()
  const noteWrong = (gateway: string, one: { version: number; fingerprint: string }): void => {
    const [oldest] = wrong.keys()
    if (wrong.size >= WRONG_MAX && oldest !== undefined) wrong.delete(oldest)
    wrong.set(gateway, one)
  }
  return async (gateway, password, asker = ALONE) => {
    const doc = await state.get<Credential>(credentialKey(gateway))
    const { next, ...current } = doc?.value ?? NOBODY
    const fingerprint = quickHash(password, current.salt).toString('base64url')
    const version = doc?.version ?? 0
    const isIn = (map: typeof known): boolean => {
      const one = map.get(gateway)
      return one?.version === version && one.fingerprint === fingerprint
    }
    if (isIn(known)) return true
    const kind = kindOf(password)
    const alike = doc ? [current, ...(next ? [next] : [])].filter((one) => one.kind === kind) : []
    const right =
      kind === 'sha256'
        ? alike.some((one) => isEqual(quickHash(password, one.salt), one))
        : await queue(asker, async () => {
            if (isIn(wrong)) return false
            const [one = NOBODY] = alike
            const isRight = isEqual(await hash(password, one.salt), one) && one !== NOBODY
            if (!isRight) noteWrong(gateway, { version, fingerprint })
            return isRight
          })
    if (right) known.set(gateway, { version, fingerprint })
    return right
  }
}

const isEqual = (digest: Buffer, { hash }: Credential): boolean =>
  timingSafeEqual(digest, Buffer.from(hash, 'base64url'))
