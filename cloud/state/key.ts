// Splits a document's path into DynamoDB's two keys (docs/decisions/0014). The sort key is the whole path, so that a
// query by prefix is a range of it. The partition key is the first name, spread over a few partitions by the names of
// the subject, so that one county, institution or meter is one partition and no collection is a hot one. The list of
// documents names the collections that handlers read whole or from one end: these have one partition each.

import { createHash } from 'node:crypto'
import { DOCUMENTS, type DocumentRow, documentOf } from '../../functions/state/documents.ts'

/** Partitions of a collection. A query without a subject reads each of them. */
const FAN = 16

/** The layout of a collection missing from the list of documents. */
const UNLISTED = { spread: true, subjectNames: 2 }

const layoutOf = (names: readonly string[]): Pick<DocumentRow, 'spread' | 'subjectNames' | 'subjectAt' | 'partition'> =>
  documentOf(names) ?? UNLISTED

export function partitionOf(key: string): string {
  const names = key.split('/')
  const [collection = ''] = names
  const layout = layoutOf(names)
  if (!layout.spread) return layout.partition ?? collection
  return spread(collection, subjectOf(names, layout))
}

const subjectOf = (names: readonly string[], { subjectNames, subjectAt }: ReturnType<typeof layoutOf>): string =>
  subjectAt === undefined ? names.slice(0, subjectNames).join('/') : (names[subjectAt] ?? '')

/**
 * The partitions that hold all keys with this prefix: one when it names the whole subject (`summary/130102/`),
 * otherwise all of its collection. Undefined when it does not even name the collection: then only a scan of the table
 * can tell.
 */
export function partitionsOf(prefix: string): string[] | undefined {
  const names = prefix.split('/')
  const [collection = ''] = names
  const whole = names.slice(0, -1)
  if (whole.length === 0) return undefined
  const layout = layoutOf(whole)
  if (!layout.spread) return [...new Set([layout.partition ?? collection, ...apartBelow(whole)])]
  if (whole.length >= layout.subjectNames) return [spread(collection, subjectOf(whole, layout))]
  return Array.from({ length: FAN }, (_, part) => `${collection}#${part.toString(FAN)}`)
}

/** Partitions of parts of a collection that have one of their own. */
const apartBelow = (names: readonly string[]): string[] =>
  DOCUMENTS.flatMap(({ prefix, partition }) => (partition && prefix.startsWith(`${names.join('/')}/`) ? partition : []))

const spread = (collection: string, subject: string): string =>
  `${collection}#${(createHash('sha256').update(subject).digest().readUInt8(0) % FAN).toString(FAN)}`

/** DynamoDB's limit of a sort key, less what a range appends. */
const KEY_BYTES_MAX = 1_000

/** Whether the key is valid for a document. */
export const isDocKey = (key: string): boolean => key !== '' && Buffer.byteLength(key) <= KEY_BYTES_MAX

/** DynamoDB's sort order: by UTF-8 bytes, which is by code points. JavaScript's own order differs. */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
