// Chains of items numbered without a gap, in DynamoDB: a writer adds item n only if it is absent and after reading n−1.
// The ledger of arrived readings keeps one chain for each group of meters (touched-ledger.ts).

import { randomUUID } from 'node:crypto'
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { must } from '../../domain/must.ts'
import { insist, isPassingAwsFailure, PATIENCE, type Patience } from '../backoff.ts'

/** How long an item is kept: as long as SQS would keep the message whose work reads it. */
const KEEP_MS = 14 * 86_400_000
/**
 * A writer whose last look is older than this looks again: others may have written, and the whole chain may have
 * expired.
 */
const LAST_KNOWN_MS = 3_600_000
/** Attempts of a writer that other writers overtake. */
const ATTEMPTS_MAX = 50
const SEQUENCE_DIGITS = 16

export interface ChainTable {
  dynamo: DynamoDBClient
  /** May be the state store's table. Items expire by the attribute `expires`, epoch seconds (TTL). */
  table: string
  /** Epoch milliseconds. */
  now(): number
  patience?: Patience
}
/** An item of a chain: `extents` and `addedMs`, under its number. */
export type ChainItem = Record<string, AttributeValue>
type Item = ChainItem

export const sequenceOf = (item: ChainItem): number => Number(item.sk?.S)
const sortable = (sequence: number): string => String(sequence).padStart(SEQUENCE_DIGITS, '0')

/**
 * A chain follows its start, an item that never expires and holds the number before the first. When a whole chain has
 * expired it begins again at the clock's time, which exceeds every earlier number, since a chain grows by fewer than
 * one item a millisecond.
 */
export function openChains({ dynamo, table, now, patience = PATIENCE }: ChainTable) {
  const asked = <T>(attempt: () => Promise<T>): Promise<T> => insist(attempt, isPassingAwsFailure, patience)
  const partition = (group: string) => ({ S: `touched#${group}` })
  const known = new Map<string, { last: number; atMs: number }>()
  const turns = new Map<string, Promise<unknown>>()

  async function query(group: string, after: number, more: { descending: boolean; limit?: number }): Promise<Item[]> {
    const items: Item[] = []
    let ExclusiveStartKey: Item | undefined
    do {
      const command = new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk > :after',
        ExpressionAttributeValues: { ':pk': partition(group), ':after': { S: sortable(after) } },
        ScanIndexForward: !more.descending,
        Limit: more.limit,
        ConsistentRead: true,
        ExclusiveStartKey,
      })
      const page = await asked(() => dynamo.send(command))
      items.push(...(page.Items ?? []))
      ExclusiveStartKey = page.LastEvaluatedKey
    } while (ExclusiveStartKey && items.length < (more.limit ?? Number.POSITIVE_INFINITY))
    return items
  }

  const startKey = (group: string) => ({ pk: { S: 'touched-start' }, sk: { S: group } })
  /** `aliveMs`: when the start was claimed, or a first item last was about to follow it. */
  async function readStart(group: string): Promise<{ start: number; used: boolean; aliveMs: number } | undefined> {
    const input = { TableName: table, Key: startKey(group), ConsistentRead: true }
    const { Item } = await asked(() => dynamo.send(new GetItemCommand(input)))
    if (!Item) return undefined
    const start = Number(Item.start?.N)
    return { start, used: Item.used !== undefined, aliveMs: Math.max(start, Number(Item.usedMs?.N ?? 0)) }
  }

  /** The start of an empty chain. When many ask at once, one sets it, and all get the same. */
  async function claimStart(group: string): Promise<number> {
    for (;;) {
      const stored = await readStart(group)
      // The chain was used but is empty: its first item is not written yet, or, if that is long ago, all have expired.
      const mayHaveExpired = stored?.used && now() - stored.aliveMs > KEEP_MS / 2
      if (stored && !mayHaveExpired) return stored.start
      const start = Math.max(now(), (stored?.start ?? 0) + 1)
      const command = new UpdateItemCommand({
        TableName: table,
        Key: startKey(group),
        UpdateExpression: 'SET #start = :start REMOVE used, usedMs',
        ConditionExpression: stored ? '#start = :before' : 'attribute_not_exists(#start)',
        ExpressionAttributeNames: { '#start': 'start' },
        ExpressionAttributeValues: {
          ':start': { N: String(start) },
          ...(stored && { ':before': { N: String(stored.start) } }),
        },
      })
      try {
        await asked(() => dynamo.send(command))
      } catch (error) {
        if (!isConflict(error)) throw error
      }
    }
  }

  async function lastOf(group: string): Promise<number> {
    const [newest] = await query(group, 0, { descending: true, limit: 1 })
    if (newest) return sequenceOf(newest)
    const start = await claimStart(group)
    await asked(() =>
      dynamo.send(
        new UpdateItemCommand({
          TableName: table,
          Key: startKey(group),
          UpdateExpression: 'SET used = :used, usedMs = :now',
          ExpressionAttributeValues: { ':used': { BOOL: true }, ':now': { N: String(now()) } },
        }),
      ),
    )
    return start
  }

  async function write(group: string, extents: Uint8Array): Promise<void> {
    const writer = randomUUID()
    for (let attempt = 1; ; attempt++) {
      const before = known.get(group)
      const last = before && now() - before.atMs < LAST_KNOWN_MS ? before.last : await lastOf(group)
      const key = { pk: partition(group), sk: { S: sortable(last + 1) } }
      const Item = {
        ...key,
        extents: { B: extents },
        writer: { S: writer },
        addedMs: { N: String(now()) },
        expires: { N: String(Math.ceil((now() + KEEP_MS) / 1_000)) },
      }
      const command = new PutItemCommand({
        TableName: table,
        Item,
        ConditionExpression: 'attribute_not_exists(pk)',
      })
      try {
        await asked(() => dynamo.send(command))
        known.set(group, { last: last + 1, atMs: now() })
        return
      } catch (error) {
        known.delete(group)
        if (!isConflict(error)) throw error
        // The stored item is our own when an answer was lost and the write repeated.
        const stored = await asked(() =>
          dynamo.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true })),
        )
        if (stored.Item?.writer?.S === writer) return
        if (attempt === ATTEMPTS_MAX) throw new Error(`the ledger of group ${group} is written by too many at once`)
      }
    }
  }

  return {
    /** One append at a time within this process, so that it does not compete with itself. */
    append(group: string, extents: Uint8Array): Promise<void> {
      const turn = (turns.get(group) ?? Promise.resolve()).then(() => write(group, extents))
      turns.set(
        group,
        turn.catch(() => undefined),
      )
      return turn
    },

    after: (group: string, sequence: number) => query(group, sequence, { descending: false }),

    async isUnused(group: string, start: number): Promise<boolean> {
      const stored = await readStart(group)
      return stored?.start === start && (!stored.used || now() - stored.aliveMs < KEEP_MS / 2)
    },

    /** Number of the last item added by then, or the start of an empty chain. */
    async lastBefore(group: string, addedMs: number): Promise<number> {
      const [newest] = await query(group, 0, { descending: true, limit: 1 })
      if (!newest) return claimStart(group)
      if (Number(newest.addedMs?.N) <= addedMs) return sequenceOf(newest)
      const items = await query(group, 0, { descending: false })
      const told = items.findLast((item) => Number(item.addedMs?.N) <= addedMs)
      return told ? sequenceOf(told) : sequenceOf(must(items[0])) - 1
    },
  }
}

const isConflict = (error: unknown): boolean => (error as Error).name === 'ConditionalCheckFailedException'
