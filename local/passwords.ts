// Stretches people's passwords with scrypt, and says which are too easy to guess (docs/rules/access.md#sign-in).

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** A stored password; the parameters stand with it, so that later ones may cost more. */
export interface PasswordHash {
  salt: string
  hash: string
  cost: number
  parallel: number
}

/** 32 MB and some tenths of a second. OWASP's Password Storage Cheat Sheet names N = 2^15, r = 8, p = 3. */
const COST = 2 ** 15
const PARALLEL = 3
const BLOCK = 8
const MEMORY_MAX = 64 * 1024 * 1024
const HASH_BYTES = 32
const SALT_BYTES = 16

const scryptAsync = promisify<string, Buffer, number, object, Buffer>(scrypt)
const stretched = (password: string, { salt, cost, parallel }: Omit<PasswordHash, 'hash'>): Promise<Buffer> =>
  scryptAsync(password.normalize('NFKC'), Buffer.from(salt, 'base64url'), HASH_BYTES, {
    ...{ N: cost, r: BLOCK, p: parallel, maxmem: MEMORY_MAX },
  })

export async function hashPassword(password: string): Promise<PasswordHash> {
  const given = { salt: randomBytes(SALT_BYTES).toString('base64url'), cost: COST, parallel: PARALLEL }
  return { ...given, hash: (await stretched(password, given)).toString('base64url') }
}

/** What a password is compared with where there is none: the work is the same. */
const NOBODY: PasswordHash = {
  ...{ salt: Buffer.alloc(SALT_BYTES).toString('base64url'), hash: Buffer.alloc(HASH_BYTES).toString('base64url') },
  ...{ cost: COST, parallel: PARALLEL },
}

/** Takes as long without a stored password as with one. */
export async function isPasswordOf(stored: PasswordHash | undefined, password: string): Promise<boolean> {
  const against = stored ?? NOBODY
  const isEqual = timingSafeEqual(await stretched(password, against), Buffer.from(against.hash, 'base64url'))
  return isEqual && stored !== undefined
}

const CHARS_MIN = 10
const DISTINCT_MIN = 5

/** Why a password is too weak; undefined when it is not. */
export function weaknessOf(password: string, id: string): string | undefined {
  if ([...password].length < CHARS_MIN) return `a password has ${CHARS_MIN} characters at least`
  if (new Set(password).size < DISTINCT_MIN) return `a password has ${DISTINCT_MIN} different characters at least`
  if (password.toLowerCase().includes(id.toLowerCase()) && id.length > 2) return 'a password does not contain the name'
  return undefined
}
