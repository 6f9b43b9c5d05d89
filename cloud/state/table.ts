// Stores keyed documents in one DynamoDB table, read consistently (docs/decisions/0014). A put of up to a hundred
// documents is one transaction; StateStore.put describes larger and derived puts.

import { randomUUID } from 'node:crypto'
import {
  type AttributeValue,
  BatchGetItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  type Update,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { DAY_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import {
  ATOMIC_DOCS_MAX,
  type Doc,
  type DocWrite,
  type ObjectStore,
  type QueryOptions,
  type StateStore,
  VersionConflict,
} from '../../functions/platform.ts'
import { documentOf } from '../../functions/state/documents.ts'
import { inParallel, insist, isPassingAwsFailure, PATIENCE, type Patience, parted } from '../backoff.ts'
import { byCodePoint, isDocKey, partitionOf, partitionsOf } from './key.ts'
import { leftoverObjects, loadValue, objectOf, type StoredValue, storeValue, VALUE_ATTRIBUTES } from './value.ts'

/** DynamoDB's limit of keys in a BatchGetItem. */
const KEYS_PER_GET = 100
/** Parallel requests: enough to fill a Lambda's core, below the SDK's 50 sockets. */
const WIDTH = 32
/** Attempts to read a document that is replaced each time its object is fetched. */
const READS_MAX = 5
export interface StateTable {
  dynamo: DynamoDBClient
  table: string
  /** Store for documents too large for an item. */
  objects: ObjectStore
  patience?: Patience
}
type Item = Record<string, AttributeValue>

export function openStateTable({ dynamo, table, objects, patience = PATIENCE }: StateTable): StateStore {
  const asked = <T>(attempt: () => Promise<T>): Promise<T> => insist(attempt, isPassingAwsFailure, patience)
  const keyOf = (key: string) => ({ pk: { S: partitionOf(key) }, sk: { S: key } })
  const leftovers = leftoverObjects(objects)

  async function read(key: string): Promise<Item | undefined> {
    const input = { TableName: table, Key: keyOf(key), ConsistentRead: true }
    return (await asked(() => dynamo.send(new GetItemCommand(input)))).Item
  }

  async function toDoc<T>(found: Item): Promise<Doc<T> | undefined> {
    const key = found.sk?.S ?? ''
    let item: Item | undefined = found
    for (let reads = 1; item; reads++) {
      leftovers.remember(key, objectOf(item))
      const loaded = await loadValue(item, objects)
      if (loaded) return { key, value: loaded.value as T, version: Number(item.version?.N) }
      if (reads === READS_MAX) throw new Error(`the object of document "${key}" is gone`)
      item = await read(key)
    }
    return undefined
  }
  async function toDocs<T>(items: readonly Item[]): Promise<Doc<T>[]> {
    const docs = new Array<Doc<T> | undefined>(items.length)
    await inParallel([...items.keys()], WIDTH, async (index) => {
      docs[index] = await toDoc<T>(must(items[index]))
    })
    return docs.filter((doc) => doc !== undefined)
  }

  async function readMany(keys: readonly string[]): Promise<Map<string, Item>> {
    const found = new Map<string, Item>()
    await inParallel(parted([...new Set(keys)].filter(isDocKey), KEYS_PER_GET), WIDTH, async (part) => {
      let waiting: Item[] = part.map(keyOf)
      await insist(
        async () => {
          const RequestItems = { [table]: { Keys: waiting, ConsistentRead: true } }
          const answer = await asked(() => dynamo.send(new BatchGetItemCommand({ RequestItems })))
          for (const item of answer.Responses?.[table] ?? []) found.set(item.sk?.S ?? '', item)
          waiting = answer.UnprocessedKeys?.[table]?.Keys ?? []
          if (waiting.length > 0) throw new Unprocessed(`${waiting.length} keys of "${table}" were not read`)
        },
        (error) => error instanceof Unprocessed,
        patience,
      )
    })
    return found
  }

  async function putOne(doc: DocWrite): Promise<void> {
    const write = must((await prepared([doc], objects))[0])
    try {
      await asked(() => dynamo.send(new UpdateItemCommand(updateOf(write))))
    } catch (error) {
      if ((error as Error).name !== 'ConditionalCheckFailedException') throw error
      // When an answer was lost and the write repeated, the conflict is with our own first write.
      if ((await read(doc.key))?.writer?.S !== write.writer) {
        await leftovers.drop(write.stored.object)
        throw new VersionConflict(doc.key)
      }
    }
    await leftovers.replaced(doc.key, write.stored.object)
  }

  async function putTogether(docs: readonly DocWrite[]): Promise<void> {
    const writes = await prepared(docs, objects)
    const command = new TransactWriteItemsCommand({
      TransactItems: writes.map((write) => ({ Update: updateOf(write) })),
      // A committed transaction repeated under the same token is not done twice.
      ClientRequestToken: randomUUID(),
    })
    try {
      await insist(
        () => dynamo.send(command),
        (error) => isPassingAwsFailure(error) || (conflictOf(error) === undefined && isCancelled(error)),
        patience,
      )
    } catch (error) {
      const conflict = conflictOf(error)
      if (conflict === undefined) throw error
      for (const { stored } of writes) await leftovers.drop(stored.object)
      throw new VersionConflict(must(docs[conflict]).key)
    }
    for (const { doc, stored } of writes) await leftovers.replaced(doc.key, stored.object)
  }

  const updateOf = ({ doc: { key, ifVersion }, stored, writer }: Prepared) =>
    ({
      TableName: table,
      Key: keyOf(key),
      UpdateExpression: `SET #value = :value, #writer = :writer${expiry(key)} REMOVE ${others(stored)} ADD #version :one`,
      ...(ifVersion !== undefined && {
        ConditionExpression: ifVersion === 0 ? 'attribute_not_exists(#version)' : '#version = :version',
      }),
      ExpressionAttributeNames: {
        '#value': stored.attribute,
        '#writer': 'writer',
        '#version': 'version',
        ...(daysMaxOf(key) !== undefined && { '#expires': 'expires' }),
        ...Object.fromEntries(VALUE_ATTRIBUTES.filter((a) => a !== stored.attribute).map((a) => [`#${a}`, a])),
      },
      ExpressionAttributeValues: {
        ':value': stored.value,
        ':writer': { S: writer },
        ':one': { N: '1' },
        ...(daysMaxOf(key) !== undefined && { ':expires': { N: String(expiresOf(key, patience.now())) } }),
        ...(ifVersion && { ':version': { N: String(ifVersion) } }),
      },
    }) satisfies Update

  async function checkVersions(docs: readonly DocWrite[]): Promise<void> {
    const asked = docs.filter(({ ifVersion }) => ifVersion !== undefined)
    const stored = await readMany(asked.map(({ key }) => key))
    const conflict = asked.find(({ key, ifVersion }) => Number(stored.get(key)?.version?.N ?? 0) !== ifVersion)
    if (conflict) throw new VersionConflict(conflict.key)
  }

  async function queryPartition(pk: string, { from, to }: Range, { limit, descending }: QueryOptions): Promise<Item[]> {
    const items: Item[] = []
    let ExclusiveStartKey: Item | undefined
    do {
      const command = new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: from }, ':to': { S: to } },
        ScanIndexForward: !descending,
        ConsistentRead: true,
        Limit: limit === undefined ? undefined : limit - items.length,
        ExclusiveStartKey,
      })
      const page = await asked(() => dynamo.send(command))
      items.push(...(page.Items ?? []))
      ExclusiveStartKey = page.LastEvaluatedKey
    } while (ExclusiveStartKey && (limit === undefined || items.length < limit))
    return items
  }

  /** For prefixes that name no collection: for a person's look at the whole table, used by no handler. */
  async function scan({ from, to }: Range): Promise<Item[]> {
    const items: Item[] = []
    let ExclusiveStartKey: Item | undefined
    do {
      const FilterExpression = 'attribute_exists(version)'
      const command = new ScanCommand({ TableName: table, FilterExpression, ConsistentRead: true, ExclusiveStartKey })
      const page = await asked(() => dynamo.send(command))
      items.push(...(page.Items ?? []))
      ExclusiveStartKey = page.LastEvaluatedKey
    } while (ExclusiveStartKey)
    return items.filter(({ sk }) => byCodePoint(sk?.S ?? '', from) >= 0 && byCodePoint(sk?.S ?? '', to) <= 0)
  }

  return {
    async get<T>(key: string) {
      const item = isDocKey(key) ? await read(key) : undefined
      return item && toDoc<T>(item)
    },

    async getMany<T>(keys: readonly string[]) {
      const found = await readMany(keys)
      return toDocs<T>(keys.map((key) => found.get(key)).filter((item) => item !== undefined))
    },

    async put(docs, { derived = false } = {}) {
      const writes = eachKeyOnce(docs)
      const bad = writes.find(({ key }) => !isDocKey(key))
      if (bad) throw new RangeError(`"${bad.key}" is no key: it is empty or too long`)
      const last = writes.pop()
      if (!last) return
      const isLoose = derived && [...writes, last].every(({ ifVersion }) => ifVersion === undefined)
      if (writes.length === 0) return putOne(last)
      if (writes.length < ATOMIC_DOCS_MAX && !isLoose) return putTogether([...writes, last])
      await checkVersions([...writes, last])
      await inParallel(writes, WIDTH, putOne)
      await putOne(last)
    },

    async delete(keys) {
      await inParallel([...new Set(keys)].filter(isDocKey), WIDTH, async (key) => {
        await asked(() => dynamo.send(new DeleteItemCommand({ TableName: table, Key: keyOf(key) })))
        await leftovers.replaced(key, undefined)
      })
    },

    async query<T>(prefix: string, options: QueryOptions = {}) {
      const { limit, descending = false, after } = options
      const range = rangeOf(prefix, options)
      if (limit === 0 || byCodePoint(range.from, range.to) > 0) return []
      const partitions = partitionsOf(prefix)
      // One more, since the range of a descending page also holds `after` itself.
      const own = { descending, limit: limit === undefined ? undefined : limit + 1 }
      const found = partitions
        ? (await Promise.all(partitions.map((pk) => queryPartition(pk, range, own)))).flat()
        : await scan(range)
      const items = found
        .filter(({ sk }) => sk?.S !== after)
        .sort((a, b) => byCodePoint(a.sk?.S ?? '', b.sk?.S ?? '') * (descending ? -1 : 1))
      return toDocs<T>(items.slice(0, limit))
    },
  }
}

interface Range {
  from: string
  to: string
}

/** Both ends inclusive, as in DynamoDB's BETWEEN. */
function rangeOf(prefix: string, { after, descending }: QueryOptions): Range {
  const to = `${prefix}\u{10FFFF}`
  if (after === undefined) return { from: prefix, to }
  if (descending) return { from: prefix, to: byCodePoint(after, to) < 0 ? after : to }
  return { from: byCodePoint(after, prefix) < 0 ? prefix : `${after}\0`, to }
}

interface Prepared {
  doc: DocWrite
  stored: StoredValue
  /** Unique to this write. */
  writer: string
}
const prepared = (docs: readonly DocWrite[], objects: ObjectStore): Promise<Prepared[]> =>
  Promise.all(
    docs.map(async (doc) => ({ doc, stored: await storeValue(doc.value, objects), writer: randomUUID().slice(0, 8) })),
  )

/** Days after which DynamoDB deletes the document. */
const daysMaxOf = (key: string): number | undefined => documentOf(key.split('/'))?.daysMax
const expiry = (key: string): string => (daysMaxOf(key) === undefined ? '' : ', #expires = :expires')
/** Epoch seconds, as DynamoDB's TTL takes them. */
const expiresOf = (key: string, nowMs: number): number =>
  Math.ceil((nowMs + (daysMaxOf(key) ?? 0) * DAY_MS) / SECOND_MS)
const SECOND_MS = 1_000

const others = ({ attribute }: StoredValue): string =>
  VALUE_ATTRIBUTES.filter((other) => other !== attribute)
    .map((other) => `#${other}`)
    .join(', ')

/** Merges writes of one key: the last value, with the version that the first one expected. */
function eachKeyOnce(docs: readonly DocWrite[]): DocWrite[] {
  const byKey = new Map<string, DocWrite>()
  for (const doc of docs) {
    const before = byKey.get(doc.key)
    byKey.set(doc.key, before ? { ...doc, ifVersion: before.ifVersion } : doc)
  }
  return [...byKey.values()]
}

class Unprocessed extends Error {
  override name = 'Unprocessed'
}

interface Cancelled extends Error {
  CancellationReasons?: { Code?: string }[]
}
const isCancelled = (error: unknown): error is Cancelled => (error as Error).name === 'TransactionCanceledException'

/** Index of the document with a version conflict, if that cancelled the transaction. */
function conflictOf(error: unknown): number | undefined {
  const reasons = isCancelled(error) ? (error.CancellationReasons ?? []) : []
  const index = reasons.findIndex(({ Code }) => Code === 'ConditionalCheckFailed')
  return index < 0 ? undefined : index
}
