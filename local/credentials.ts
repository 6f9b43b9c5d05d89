// Stores gateways' passwords as salted hashes in the state store. A generated secret is 128 random bits and needs only
// one SHA-256; a shorter password, chosen by a person, is stretched with scrypt.

import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { topicOf } from '../domain/wire/topic.ts'
import { type DeviceRegistry, type DocWrite, docKey, PermanentFailure, type StateStore } from '../functions/platform.ts'

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
/**
 * One at a time: scrypt runs on the few threads that DuckDB's calls use too, and a storm of guesses must not delay the
 * commits of connected gateways.
 */
let stretched: Promise<unknown> = Promise.resolve()
function stretch(password: string, salt: string): Promise<Buffer> {
  const turn = stretched.then(() => scryptAsync(password, salt, HASH_BYTES))
  stretched = turn.catch(() => undefined)
  return turn
}

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
      const known = new Set((await state.getMany(gateways.map(({ id }) => credentialKey(id)))).map(({ key }) => key))
      const docs: DocWrite[] = []
      const secrets: { id: string; secret: string }[] = []
      for (const { id, password } of gateways) {
        if (password !== undefined) docs.push(await credentialDoc(id, password))
        else if (!known.has(credentialKey(id))) {
          const secret = newSecret()
          docs.push(await credentialDoc(id, secret))
          secrets.push({ id, secret })
        }
      }
      await state.put(docs)
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
    },

    async revoke(gateway) {
      await state.delete([credentialKey(gateway)])
      link?.disconnect(gateway)
    },

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
  const kind = password.length < SECRET_CHARS ? 'scrypt' : 'sha256'
  const salt = randomBytes(SECRET_BYTES).toString('base64url')
  return { kind, salt, hash: (await digest(kind, salt, password)).toString('base64url') }
}

/** Checks a gateway's password. Remembers a correct one, so that a storm of reconnects stays cheap. */
export function credentialVerifier(state: StateStore): (gateway: string, password: string) => Promise<boolean> {
  const known = new Map<string, { version: number; fingerprint: string }>()
  return async (gateway, password) => {
    const doc = await state.get<Credential>(credentialKey(gateway))
    if (!doc) return false
    const fingerprint = createHash('sha256').update(doc.value.salt).update(password).digest('base64url')
    const remembered = known.get(gateway)
    if (remembered?.version === doc.version && remembered.fingerprint === fingerprint) return true
    const { next, ...current } = doc.value
    const right = (await isRight(current, password)) || (next !== undefined && (await isRight(next, password)))
    if (right) known.set(gateway, { version: doc.version, fingerprint })
    return right
  }
}

const isRight = async ({ kind, salt, hash }: Credential, password: string): Promise<boolean> =>
  timingSafeEqual(await digest(kind, salt, password), Buffer.from(hash, 'base64url'))

const digest = async (kind: Credential['kind'], salt: string, password: string): Promise<Buffer> =>
  kind === 'scrypt' ? stretch(password, salt) : createHash('sha256').update(salt).update(password).digest()
