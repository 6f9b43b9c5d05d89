// How the path of a document splits into DynamoDB's two keys (docs/decisions/0014). The sort key is the whole path, so that
// a query by prefix is a range of it; the partition key is the first name, spread over a few partitions by what names the
// subject, so that one county, institution or meter is one partition and no collection is a hot one.

import { createHash } from 'node:crypto'

/** Partitions of a collection. A query that names no subject asks each of them. */
const FAN = 16

/** Collections that handlers read from one end or whole, on every round: one partition each. */
const UNSPREAD = new Set([
  'alert-done',
  'alert-event',
  'clock-jump',
  'notification-done',
  'notification-held',
  'notification-pending',
  'override',
  'rejection',
  'reopened',
  'repair',
  'setting',
])

/** How many leading names make out the subject: `summary/130102`, `registry/shard/130102`, `registry/place/meter/M1`. */
function subjectNames([collection, kind]: readonly string[]): number {
  if (collection === 'registry') return kind === 'place' ? 4 : 3
  return 2
}

export function partitionOf(key: string): string {
  const names = key.split('/')
  const [collection = ''] = names
  if (UNSPREAD.has(collection)) return collection
  return spread(collection, names.slice(0, subjectNames(names)).join('/'))
}

/**
 * The partitions that hold all keys with this prefix: one where it names the subject in full (`summary/130102/`), all of
 * its collection otherwise. Undefined where it does not even name the collection: then only a scan of the table can tell.
 */
export function partitionsOf(prefix: string): string[] | undefined {
  const names = prefix.split('/')
  const [collection = ''] = names
  const whole = names.slice(0, -1)
  if (whole.length === 0) return undefined
  if (UNSPREAD.has(collection)) return [collection]
  const subject = subjectNames(whole)
  if (whole.length >= subject) return [spread(collection, whole.slice(0, subject).join('/'))]
  return Array.from({ length: FAN }, (_, part) => `${collection}#${part.toString(FAN)}`)
}

const spread = (collection: string, subject: string): string =>
  `${collection}#${(createHash('sha256').update(subject).digest().readUInt8(0) % FAN).toString(FAN)}`

/** DynamoDB's limit of a sort key, less what a range puts behind it. */
const KEY_BYTES_MAX = 1_000

/** Whether a document can stand under the key at all. */
export const isDocKey = (key: string): boolean => key !== '' && Buffer.byteLength(key) <= KEY_BYTES_MAX

/** In the order in which DynamoDB sorts: that of UTF-8 bytes, which is that of code points. JavaScript's own differs. */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
