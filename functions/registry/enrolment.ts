// Issues and redeems one-time codes with which a box of a known serial number gets its first certificate: whoever holds
// the claim certificate of a batch knows neither (docs/rules/interfaces.md#first-certificate).

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { DAY_MS } from '../../domain/calendar.ts'
import { docKey, type StateStore, VersionConflict } from '../platform.ts'

/** 128 random bits: nobody guesses it, however often the hook is asked. */
const CODE_BYTES = 16
/** From the desk where a box is prepared to its place in the field. */
const CODE_MS_MAX = 30 * DAY_MS

/** What is stored: never the code itself. */
interface Enrolment {
  serial: string
  /** SHA-256 of the code, base64url. */
  hash: string
  expiresMs: number
}
export const enrolmentKey = (gateway: string) => docKey<Enrolment>(`enrolment/${gateway}`)

export interface EnrolmentCode {
  /** Told this once. */
  code: string
  expiresMs: number
}

/** Issues a code for a gateway's box; an earlier one ends. */
export async function issueEnrolment(
  state: StateStore,
  { gateway, serial, nowMs }: { gateway: string; serial: string; nowMs: number },
): Promise<EnrolmentCode> {
  const code = randomBytes(CODE_BYTES).toString('base64url')
  const expiresMs = nowMs + CODE_MS_MAX
  const value: Enrolment = { serial, hash: hashOf(code).toString('base64url'), expiresMs }
  await state.put([{ key: enrolmentKey(gateway), value }])
  return { code, expiresMs }
}

/**
 * Redeems a code, once: of two who present it at the same time one succeeds. Resolves to the reason for a refusal, or
 * undefined.
 */
export async function redeemEnrolment(
  state: StateStore,
  { gateway, serial, code, nowMs }: { gateway: string; serial: string; code: string; nowMs: number },
): Promise<string | undefined> {
  const stored = await state.get(enrolmentKey(gateway))
  if (!stored || stored.value.hash === USED) return 'has no code that was not used'
  const { hash, expiresMs } = stored.value
  if (nowMs >= expiresMs) return 'its code has expired'
  if (!timingSafeEqual(hashOf(code), Buffer.from(hash, 'base64url'))) return 'the code is wrong'
  if (serial !== stored.value.serial) return 'the serial number is another'
  try {
    const value: Enrolment = { ...stored.value, hash: USED }
    await state.put([{ key: enrolmentKey(gateway), value, ifVersion: stored.version }])
    return undefined
  } catch (error) {
    if (error instanceof VersionConflict) return 'has no code that was not used'
    throw error
  }
}
const USED = ''

const hashOf = (code: string): Buffer => createHash('sha256').update(code).digest()
