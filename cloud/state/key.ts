// How the path of a document splits into DynamoDB's two keys (docs/decisions/0014). The sort key is the whole path, so
// that a query by prefix is a range of it; the partition key is the first name, spread over a few partitions by what
// names the subject, so that one county, institution or meter is one partition and no collection is a hot one. The list
// of documents names the collections that handlers read from one end or whole: one partition each.

import { createHash } from 'node:crypto'
import { type DocumentRow, documentOf } from '../../functions/state/documents.ts'

/** Partitions of a collection. A query that names no subject asks each of them. */
const FAN = 16

/** The layout of a collection that the list of documents does not name. */
const UNLISTED = { spread: true, subjectNames: 2 }

const layoutOf = (names: readonly string[]): Pick<DocumentRow, 'spread' | 'subjectNames'> =>
  documentOf(names) ?? UNLISTED

export function partitionOf(key: string): string {
  const names = key.split('/')
  const [collection = ''] = names
  const layout = layoutOf(names)
  if (!layout.spread) return collection
  return spread(collection, names.slice(0, layout.subjectNames).join('/'))
}

/**
 * The partitions that hold all keys with this prefix: one where it names the subject in full (`summary/130102/`), all
 * of its collection otherwise. Undefined where it does not even name the collection: then only a scan of the table can
 * tell.
 */
export function partitionsOf(prefix: string): string[] | undefined {
  const names = prefix.split('/')
  const [collection = ''] = names
  const whole = names.slice(0, -1)
  if (whole.length === 0) return undefined
  const layout = layoutOf(whole)
  if (!layout.spread) return [collection]
  const { subjectNames } = layout
  if (whole.length >= subjectNames) return [spread(collection, whole.slice(0, subjectNames).join('/'))]
  return Array.from({ length: FAN }, (_, part) => `${collection}#${part.toString(FAN)}`)
}

const spread = (collection: string, subject: string): string =>
  `${collection}#${(createHash('sha256').update(subject).digest().readUInt8(0) % FAN).toString(FAN)}`

/** DynamoDB's limit of a sort key, less what a range puts behind it. */
const KEY_BYTES_MAX = 1_000

/** Whether a document can stand under the key at all. */
export const isDocKey = (key: string): boolean => key !== '' && Buffer.byteLength(key) <= KEY_BYTES_MAX

/**
 * In the order in which DynamoDB sorts: that of UTF-8 bytes, which is that of code points. JavaScript's own differs.
 */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
