// Stores rejected readings with their reason code, and counts them by day and gateway.

import type { Rejection } from '../../domain/wire/reading.ts'
import {
  ATOMIC_DOCS_MAX,
  type DocWrite,
  docKey,
  type MqttMessage,
  type StateStore,
  VersionConflict,
} from '../platform.ts'

/** Rejections of one message that are kept with their detail; the rest are counted. A message holds up to 2,000. */
export const DETAILS_PER_MESSAGE_MAX = 50

/** What is kept of a message of which something was refused; one document, at most a few kilobytes. */
export interface RejectionRecord {
  gateway: string
  receivedMs: number
  /** How many were refused in this message. */
  count: number
  rejections: KeptRejection[]
}

/** How many were refused, by code. */
export type RejectionCount = Record<string, number>

export type KeptRejection = Omit<Rejection, 'code'> & { code: Rejection['code'] | 'unknownGateway' | 'notKept' }

export const rejectionKeys = {
  /** Sorted by time, unique per message: a message delivered twice is kept once. */
  record: (message: MqttMessage) =>
    docKey<RejectionRecord>(`${rejectionKeys.from(message.receivedMs)}/${message.gateway}/${message.id}`),
  /** Where the records received at an instant begin; the prefix of all of them without one. */
  from: (receivedMs: number | '') =>
    docKey<RejectionRecord>(`rejection/${receivedMs === '' ? '' : String(receivedMs).padStart(14, '0')}`),
  /** Refused so far of one gateway, by reason. */
  count: (gateway: string) => docKey<RejectionCount>(`rejectionCount/${gateway}`),
} as const

export interface Refused {
  message: MqttMessage
  rejections: KeptRejection[]
}

export function addRejection(refused: Refused[], message: MqttMessage, rejection: KeptRejection): void {
  const known = refused.find((one) => one.message === message)
  if (known) known.rejections.push(rejection)
  else refused.push({ message, rejections: [rejection] })
}

/** Each with its record and at most one count: what is written whole on every platform. */
export const MESSAGES_PER_PUT = ATOMIC_DOCS_MAX / 2

/** How often counts are tried again when another batch was counted in between. */
export const ATTEMPTS = 5

/**
 * Keeps and counts what was refused. A message that is delivered again, under its id, is neither kept nor counted
 * twice.
 */
export async function keepRejections(state: StateStore, refused: readonly Refused[]): Promise<void> {
  for (let first = 0; first < refused.length; first += MESSAGES_PER_PUT)
    await keepTogether(state, refused.slice(first, first + MESSAGES_PER_PUT))
}

export async function keepTogether(state: StateStore, refused: readonly Refused[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await state.put(await rejectionDocs(state, refused))
    } catch (error) {
      if (!(error instanceof VersionConflict) || attempt === ATTEMPTS) throw error
    }
  }
}

export async function rejectionDocs(state: StateStore, refused: readonly Refused[]): Promise<DocWrite[]> {
  const kept = new Set(
    (await state.getMany(refused.map(({ message }) => rejectionKeys.record(message)))).map(({ key }) => key),
  )
  const fresh = refused.filter(({ message }) => !kept.has(rejectionKeys.record(message)))
  const records = fresh.map(({ message, rejections }): DocWrite & { value: RejectionRecord } => ({
    key: rejectionKeys.record(message),
    value: {
      gateway: message.gateway,
      receivedMs: message.receivedMs,
      count: rejections.length,
      rejections: rejections.slice(0, DETAILS_PER_MESSAGE_MAX),
    },
  }))
  const counts = new Map<string, DocWrite & { value: RejectionCount }>()
  for (const { message, rejections } of fresh) {
    const key = rejectionKeys.count(message.gateway)
    const stored = counts.has(key) ? undefined : await state.get(key)
    const count = counts.get(key) ?? { key, value: { ...stored?.value }, ifVersion: stored?.version ?? 0 }
    for (const { code } of rejections) count.value[code] = (count.value[code] ?? 0) + 1
    counts.set(key, count)
  }
  return [...records, ...counts.values()]
}
