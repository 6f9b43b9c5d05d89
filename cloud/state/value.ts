// Encodes a document's JSON for an item: as text when short, compressed when longer, and in an object of its own when
// even that is too long for a transaction of a hundred.

import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { ObjectStore } from '../../functions/platform.ts'

/** Below one write unit compression saves nothing, and an item readable in the console helps to find faults. */
const TEXT_BYTES_MAX = 900
/**
 * A hundred items of this size, with their keys, fit into the 4 MB of a transaction, so no put needs measuring. For
 * larger values an S3 write also costs less than the write units.
 */
const ITEM_BYTES_MAX = 36_000
/** Level 11 compresses somewhat better, but takes up to thirty times as long. */
const OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }
const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

/** Objects of large documents remembered, to delete them when replaced: a county has one. */
const OBJECTS_REMEMBERED_MAX = 10_000

/** One of three attributes, and the object written for it. */
export interface StoredValue {
  attribute: 'json' | 'packed' | 'object'
  value: AttributeValue
  object?: string
}
/** A document has exactly one of these attributes. */
export const VALUE_ATTRIBUTES = ['json', 'packed', 'object'] as const

/** Writes the object, if the value needs one, before the item that names it. Names are never reused. */
export async function storeValue(value: unknown, objects: ObjectStore): Promise<StoredValue> {
  const json = JSON.stringify(value)
  if (json === undefined) throw new TypeError('a document must have a JSON value')
  if (Buffer.byteLength(json) <= TEXT_BYTES_MAX) return { attribute: 'json', value: { S: json } }
  const packed = await compress(json, OPTIONS)
  if (packed.length <= ITEM_BYTES_MAX) return { attribute: 'packed', value: { B: packed } }
  const object = `state/${randomUUID()}`
  await objects.put(object, packed, { contentType: 'application/octet-stream' })
  return { attribute: 'object', value: { S: object }, object }
}

export const objectOf = (item: Record<string, AttributeValue>): string | undefined => item.object?.S

/** The value of an item; undefined when its object is gone because the document was replaced meanwhile. */
export async function loadValue(
  item: Record<string, AttributeValue>,
  objects: ObjectStore,
): Promise<{ value: unknown } | undefined> {
  if (item.json?.S !== undefined) return { value: JSON.parse(item.json.S) }
  const object = objectOf(item)
  const packed = object === undefined ? item.packed?.B : await objects.get(object)
  if (packed) return { value: JSON.parse((await decompress(packed)).toString()) }
  if (object === undefined) throw new Error(`the item of document "${item.sk?.S}" holds no value`)
  return undefined
}

/**
 * Objects of replaced documents. This process deletes those it knows, since it nearly always read what it replaces; one
 * left behind costs its bytes and does no harm.
 */
export function leftoverObjects(objects: ObjectStore) {
  const known = new Map<string, string>()
  const drop = async (object: string | undefined): Promise<void> => {
    if (object !== undefined) await objects.delete(object).catch(() => undefined)
  }
  const remember = (key: string, object: string | undefined): void => {
    if (object === undefined) known.delete(key)
    else known.set(key, object)
    for (const oldest of known.keys()) {
      if (known.size <= OBJECTS_REMEMBERED_MAX) break
      known.delete(oldest)
    }
  }
  return {
    drop,
    remember,
    async replaced(key: string, object: string | undefined): Promise<void> {
      const before = known.get(key)
      remember(key, object)
      if (before !== object) await drop(before)
    },
  }
}
