// Keeps refusals of access, bounded (docs/rules/access.md#denials): one document for each sender and hour, with the
// first refusals in full and the number of all. It is no chain of hashes: strangers could make that grow without end.

import { type Doc, docKey, type StateStore } from '../platform.ts'
import { type Principal, senderName } from './principal.ts'

/** Refusals of one sender in one hour that are kept in full. */
export const DENIALS_KEPT_MAX = 50
/** Those after them are only counted, and the count is written at most as often as this. */
const COUNT_EVERY_MS = 10_000
const HOUR_MS = 3_600_000
const TEXT_CHARS_MAX = 200

export interface Denial {
  atMs: number
  /** Method and path of the request, or `sign-in`. */
  route: string
  status: number
  detail: string
  /** Address of the sender, where the host knows it. */
  address: string
}
export interface DenialRecord {
  /** `anyone` for senders without a name, `sign-in` for attempts to sign in. */
  who: string
  count: number
  lastMs: number
  denials: Denial[]
}

export const denialKeys = {
  /** Sorted by hour. */
  record: (atMs: number, who: string) =>
    docKey<DenialRecord>(`${denialKeys.from(Math.floor(atMs / HOUR_MS) * HOUR_MS)}/${encodeURIComponent(who)}`),
  from: (hourMs: number | '') =>
    docKey<DenialRecord>(`denial/${hourMs === '' ? '' : String(hourMs).padStart(14, '0')}`),
} as const

export type NoteDenial = (who: string, denial: Denial) => Promise<void>

export const denialSender = (principal: Principal): string => senderName(principal) ?? principal.role

/** Counts of a process that is killed are lost beyond those that were written; the refusals kept in full are not. */
export function denialLog(state: StateStore): NoteDenial {
  const waiting = new Map<string, { count: number; writtenMs: number }>()
  return async (who, denial) => {
    const key = denialKeys.record(denial.atMs, who)
    const counted = waiting.get(key) ?? { count: 0, writtenMs: Number.NEGATIVE_INFINITY }
    counted.count++
    if (denial.atMs - counted.writtenMs < COUNT_EVERY_MS) return
    const before = (await state.get(key))?.value ?? { who, count: 0, lastMs: 0, denials: [] }
    const isFull = before.denials.length >= DENIALS_KEPT_MAX
    const { count } = counted
    const denials = isFull ? before.denials : [...before.denials, shortened(denial)]
    await state.put([{ key, value: { who, count: before.count + count, lastMs: denial.atMs, denials } }])
    if (!isFull) return void waiting.delete(key)
    for (const other of waiting.keys()) if (other < denialKeys.from(denial.atMs - HOUR_MS)) waiting.delete(other)
    waiting.set(key, { count: counted.count - count, writtenMs: denial.atMs })
  }
}

const shortened = ({ route, detail, ...denial }: Denial): Denial => ({
  ...denial,
  route: route.slice(0, TEXT_CHARS_MAX),
  detail: detail.slice(0, TEXT_CHARS_MAX),
})

/** Records, the latest hour first. */
export const denialsFrom = (state: StateStore, page: { after?: string; limit: number }): Promise<Doc<DenialRecord>[]> =>
  state.query(denialKeys.from(''), { descending: true, ...page })
