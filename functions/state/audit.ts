// Stores the audit log (domain/audit.ts): each entry once, under its number, together with the documents that it tells
// of. Two writers never append the same number: the head and the new entry are put on condition.

import { createHash } from 'node:crypto'
import {
  type AuditFact,
  type AuditHead,
  type BrokenLink,
  checkEntry,
  checkHead,
  isBroken,
  NO_ENTRY,
  nextEntry,
  type StoredEntry,
} from '../../domain/audit.ts'
import { type DocWrite, docKey, type StateStore, VersionConflict } from '../platform.ts'

/** Numbers in keys sort up to ten thousand million entries. */
const NUMBER_DIGITS = 10
export const auditKeys = {
  head: docKey<AuditHead>('audit/head'),
  /** The text of an entry, so that every byte of it is under its hash. */
  entry: (number?: number) =>
    docKey<string>(
      number === undefined ? 'audit/entry/' : `audit/entry/${String(number).padStart(NUMBER_DIGITS, '0')}`,
    ),
} as const

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** Writers that append at the same moment try in turn; more than these at once are no people. */
const APPENDS_MAX = 100

/**
 * Appends an entry, in one put with `docs`: at most ATOMIC_DOCS_MAX less 2. Throws VersionConflict when one of `docs`
 * has another version than its `ifVersion`; then nothing is written.
 */
export async function appendAudit(
  state: StateStore,
  fact: AuditFact,
  docs: readonly DocWrite[] = [],
): Promise<AuditHead> {
  for (let attempt = 1; ; attempt++) {
    const stored = await state.get(auditKeys.head)
    const { text, head } = nextEntry(stored?.value ?? NO_ENTRY, fact, sha256)
    try {
      await state.put([
        ...docs,
        { key: auditKeys.entry(head.number), value: text, ifVersion: 0 },
        { key: auditKeys.head, value: head, ifVersion: stored?.version ?? 0 },
      ])
      return head
    } catch (error) {
      const isRace = error instanceof VersionConflict && !docs.some(({ key }) => key === error.key)
      if (!isRace || attempt === APPENDS_MAX) throw error
    }
  }
}

/** The latest entry; NO_ENTRY of an empty log. */
export const auditHead = async (state: StateStore): Promise<AuditHead> =>
  (await state.get(auditKeys.head))?.value ?? NO_ENTRY

export interface VerifiedAudit {
  /** Entries that hold, from the first on. */
  entries: number
  /** Hash of the last of them. */
  hash: string
  /** The first broken link; null: the whole log holds. */
  broken: BrokenLink | null
  /** Whether `wanted` is the hash of an entry that holds; null when none was asked for. */
  found: boolean | null
}

const ENTRIES_PAGE = 500

/** Walks the whole log up to the first broken link. `wanted`: a hash that an entry should have, from a manifest. */
export async function verifyAudit(state: Pick<StateStore, 'get' | 'query'>, wanted?: string): Promise<VerifiedAudit> {
  let head = NO_ENTRY
  let found = wanted === NO_ENTRY.hash
  const result = (broken: BrokenLink | null): VerifiedAudit => {
    return { entries: head.number, hash: head.hash, broken, found: wanted === undefined ? null : found }
  }
  let after: string | undefined
  for (;;) {
    const page = await entriesAfter(state, after)
    for (const { key, ...entry } of page) {
      const next = checkEntry(head, entry, sha256)
      if (isBroken(next)) return result(next)
      head = next
      found ||= head.hash === wanted
      after = key
    }
    if (page.length > 0) continue
    const latest = await readable(() => state.get(auditKeys.head))
    if (latest === UNREADABLE)
      return result({ number: head.number, what: 'altered', detail: 'the record of the latest entry cannot be read' })
    const broken = checkHead(head, latest?.value)
    // An entry that was appended after the last page was read.
    if (broken?.what === 'missing' && (await entriesAfter(state, after)).length > 0) continue
    return result(broken ?? null)
  }
}

/** The next entries by key. A page that the store cannot read is read entry by entry. */
async function entriesAfter(
  state: Pick<StateStore, 'get' | 'query'>,
  after: string | undefined,
): Promise<(StoredEntry & { key: string })[]> {
  const prefix = auditKeys.entry()
  const docs = await readable(() => state.query(prefix, { limit: ENTRIES_PAGE, ...(after && { after }) }))
  if (docs !== UNREADABLE)
    return docs.map(({ key, value }) => ({
      key,
      place: placeOf(key),
      text: typeof value === 'string' ? value : undefined,
    }))
  const place = (after === undefined ? 0 : placeOf(after)) + 1
  const key = auditKeys.entry(place)
  const doc = await readable(() => state.get(key))
  if (doc === undefined) return []
  return [{ key, place, text: doc === UNREADABLE ? undefined : doc.value }]
}

const placeOf = (key: string): number => Number(key.slice(auditKeys.entry().length))

export const UNREADABLE = Symbol('unreadable')
/** A store throws SyntaxError for a document whose JSON was altered; any other error is the world's. */
export async function readable<T>(read: () => Promise<T>): Promise<T | typeof UNREADABLE> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof SyntaxError) return UNREADABLE
    throw error
  }
}
