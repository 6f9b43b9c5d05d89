// Defines the audit log: a chain of entries, each with the hash of the one before it (docs/rules/report.md#audit-log).
// Pure: the hash function is an argument. functions/state/audit.ts stores the chain.

import { canonicalJson } from './canonical.ts'

/** What was done; `about`: the report, or whatever else it was done to. */
export interface AuditFact {
  what: string
  about: string
  who: string
  atMs: number
  /** A JSON value with all that the log keeps of it. */
  detail: unknown
}
export interface AuditEntry extends AuditFact {
  /** 1 for the first; each next entry has the next number. */
  number: number
  /** Hash of the entry before; NO_ENTRY.hash in the first. */
  previous: string
}

/** The latest entry. */
export interface AuditHead {
  number: number
  /** SHA-256 of the entry's canonical JSON, lower-case hexadecimal. */
  hash: string
}
export const NO_ENTRY: AuditHead = { number: 0, hash: '0'.repeat(64) }

/** SHA-256 of a text in UTF-8, in lower-case hexadecimal. */
export type HashText = (text: string) => string

/** The text of the next entry, canonical JSON of the entry and its hash, and the head that follows from it. */
export function nextEntry(head: AuditHead, fact: AuditFact, hashOf: HashText): { text: string; head: AuditHead } {
  const { what, about, who, atMs, detail } = fact
  const entry: AuditEntry = { number: head.number + 1, previous: head.hash, what, about, who, atMs, detail }
  const hash = hashOf(canonicalJson(entry))
  return { text: canonicalJson({ entry, hash }), head: { number: entry.number, hash } }
}

export interface BrokenLink {
  /** Number of the entry. */
  number: number
  what: 'altered' | 'missing' | 'outOfOrder'
  /** One sentence. */
  detail: string
}

/** An entry as stored; `text` is undefined when the store cannot read it. */
export interface StoredEntry {
  /** The number under which it is stored. */
  place: number
  text: string | undefined
}

/** The head after one more entry, or what is wrong with the entry. */
export function checkEntry(head: AuditHead, { place, text }: StoredEntry, hashOf: HashText): AuditHead | BrokenLink {
  const number = head.number + 1
  if (place > number) return broken(number, 'missing', `after entry ${head.number} comes entry ${place}`)
  if (place !== number) return broken(number, 'outOfOrder', `an entry is stored under "${place}"`)
  const read = readEntry(text)
  if (!read) return broken(number, 'altered', `entry ${number} is no entry in canonical JSON`)
  const hash = hashOf(canonicalJson(read.entry))
  if (hash !== read.hash) return broken(number, 'altered', `entry ${number} has another hash than its text`)
  if (read.entry.number !== number)
    return broken(number, 'outOfOrder', `entry ${read.entry.number} stands in the place of entry ${number}`)
  if (read.entry.previous !== head.hash)
    return broken(number, 'altered', `entry ${number} does not go on from entry ${head.number}: one was written anew`)
  return { number, hash }
}

/** What is wrong after the last entry: the head names another one. `stored` is undefined when there is no head. */
export function checkHead(last: AuditHead, stored: AuditHead | undefined): BrokenLink | undefined {
  const { number, hash } = stored ?? NO_ENTRY
  if (number === last.number && hash === last.hash) return undefined
  if (stored === undefined) return broken(last.number, 'missing', 'nothing says which entry is the latest')
  return number > last.number
    ? broken(last.number + 1, 'missing', `the latest entry is number ${number}, and the log ends with ${last.number}`)
    : broken(last.number, 'altered', `the latest entry is said to be number ${number} with the hash ${hash}`)
}

export const isBroken = (found: AuditHead | BrokenLink): found is BrokenLink => 'what' in found

const broken = (number: number, what: BrokenLink['what'], detail: string): BrokenLink => ({ number, what, detail })

/** An entry and its hash; undefined unless the text is exactly what `nextEntry` would write. */
export function readEntry(text: string | undefined): { entry: AuditEntry; hash: string } | undefined {
  try {
    const read: unknown = JSON.parse(text ?? '')
    if (canonicalJson(read) !== text || typeof read !== 'object' || read === null) return undefined
    const { entry, hash } = read as { entry?: AuditEntry; hash?: string }
    return typeof entry === 'object' && entry !== null && typeof hash === 'string' ? { entry, hash } : undefined
  } catch {
    return undefined
  }
}
