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

/**
 * Rejections of one message stored with their detail, some of each code; the rest are only counted, by code. A message
 * holds up to 2,000.
 */
export const DETAILS_PER_MESSAGE_MAX = 50

/** Record of a message with rejections; one document, at most a few kilobytes. */
export interface RejectionRecord {
  gateway: string
  receivedMs: number
  /** Number of rejections in this message. */
  count: number
  /** That number by code; absent in records of an older release. */
  counts?: RejectionCount
  rejections: KeptRejection[]
}

/** Number of rejections by code. */
export type RejectionCount = Record<string, number>

export type KeptRejection = Omit<Rejection, 'code'> & { code: KeptCode }
/** Besides the codes of a message: what only the registry (`meterNotRead`: virtual or offline) and the store know. */
type KeptCode = Rejection['code'] | 'unknownGateway' | 'meterNotRead' | 'notKept'

export const rejectionKeys = {
  /** Sorted by time, unique per message: a message delivered twice is kept once. */
  record: (message: MqttMessage) =>
    docKey<RejectionRecord>(`${rejectionKeys.from(message.receivedMs)}/${message.gateway}/${message.id}`),
  /** Start of the records received at an instant; without one, the prefix of all. */
  from: (receivedMs: number | '') =>
    docKey<RejectionRecord>(`rejection/${receivedMs === '' ? '' : String(receivedMs).padStart(14, '0')}`),
  /** Rejections of one gateway so far, by code. */
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

/** Messages per put, each with its record and at most one count, so that the put is atomic on every platform. */
export const MESSAGES_PER_PUT = ATOMIC_DOCS_MAX / 2

/** Attempts to write counts when another batch writes them at the same time. */
export const ATTEMPTS = 5

/**
 * Stores and counts rejections. A redelivered message has the same id and is neither stored nor counted twice. Returns
 * the messages whose rejections could not be stored: they must be delivered again; those of other gateways need not.
 */
export async function keepRejections(
  state: StateStore,
  refused: readonly Refused[],
): Promise<{ id: string; reason: string }[]> {
  const failed: { id: string; reason: string }[] = []
  const fail = (part: readonly Refused[], error: unknown): void => {
    failed.push(
      ...part.map(({ message: { id } }) => ({ id, reason: `the rejections were not kept: ${String(error)}` })),
    )
  }
  for (let first = 0; first < refused.length; first += MESSAGES_PER_PUT) {
    const part = refused.slice(first, first + MESSAGES_PER_PUT)
    try {
      await keepTogether(state, part)
    } catch (error) {
      if (!(error instanceof VersionConflict)) {
        fail(refused.slice(first), error)
        break
      }
      // Another batch counts one of these gateways: the others shall not wait for it.
      for (const own of Map.groupBy(part, ({ message }) => message.gateway).values())
        await keepTogether(state, own).catch((why: unknown) => fail(own, why))
    }
  }
  return failed
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
      counts: countsOf(rejections),
      rejections: detailed(rejections),
    },
  }))
  const counts = new Map<string, DocWrite & { value: RejectionCount }>()
  for (const { message, rejections } of fresh) {
    const key = rejectionKeys.count(message.gateway)
    const stored = counts.has(key) ? undefined : await state.get(key)
    const count = counts.get(key) ?? { key, value: { ...stored?.value }, ifVersion: stored?.version ?? 0 }
    for (const [code, number] of Object.entries(countsOf(rejections)))
      count.value[code] = (count.value[code] ?? 0) + number
    counts.set(key, count)
  }
  return [...records, ...counts.values()]
}

const countsOf = (rejections: readonly KeptRejection[]): RejectionCount => {
  const counts: RejectionCount = {}
  for (const { code } of rejections) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

/** At most DETAILS_PER_MESSAGE_MAX, in the order of the message: an equal part of each code, then the first others. */
function detailed(rejections: readonly KeptRejection[]): KeptRejection[] {
  if (rejections.length <= DETAILS_PER_MESSAGE_MAX) return [...rejections]
  const byCode = [...Map.groupBy(rejections, ({ code }) => code).values()]
  const each = Math.floor(DETAILS_PER_MESSAGE_MAX / byCode.length)
  const chosen = new Set(byCode.flatMap((own) => own.slice(0, each)))
  for (const rejection of rejections) if (chosen.size < DETAILS_PER_MESSAGE_MAX) chosen.add(rejection)
  return rejections.filter((rejection) => chosen.has(rejection))
}
