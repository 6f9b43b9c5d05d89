// What arrived, in order of arrival, in DynamoDB: neither Timestream nor InfluxDB can say what came in since a mark. The
// meters are spread over groups, and each group is a chain of items numbered without a gap: who writes item n has seen
// n−1, so a reader who has read up to n has missed nothing, whatever the clocks of the writers say (docs/decisions/0015).

import { createHash, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { StoredReading, Touched } from '../functions/platform.ts'
import { inParallel, insist, isPassingAwsFailure, PATIENCE, type Patience, parted } from './backoff.ts'

/** Meters whose ids begin alike, as by the code of their county, share one of so many chains. */
const GROUPS = 64
/** How long an item stays: as long as SQS would keep the message that has to read it. */
const KEEP_MS = 14 * 86_400_000
/** Meters of one item: 200 KB before compression. */
const METERS_PER_ITEM = 4_000
/** A writer that has not looked for so long looks again: others may have written, and all of it may have expired. */
const LAST_KNOWN_MS = 3_600_000
/** How often a writer lets others go before it. */
const ATTEMPTS_MAX = 50
const WIDTH = 16
const SEQUENCE_DIGITS = 16
/** Reads again of a chain in which an item was seen before the one it follows. */
const REREADS = 3
const OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }
const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

export interface TouchedLedger {
  /** The first of `count` arrival ranks, in µs since the epoch; each is greater than all that this process gave before. */
  arrivals(count: number): number
  /** Tells that these readings were stored. Durable when the promise resolves. */
  add(stored: readonly StoredReading[]): Promise<void>
  /**
   * What was added after `mark`, each addition told once, and the mark to ask with next time. `unknown` are meters of which
   * the ledger cannot tell: without a mark, with one of other meters, or because what followed it has expired. Of those,
   * all that stands in the series store has to count as touched; what is being added right now may be told again.
   */
  since(meters: readonly string[], mark: string | undefined): Promise<LedgerAnswer>
}
interface LedgerAnswer {
  mark: string
  touched: Touched[]
  unknown: readonly string[]
}
export interface TouchedLedgerOptions {
  dynamo: DynamoDBClient
  /** May be the table of the state store. Items expire by the attribute `expires`, epoch seconds (TTL). */
  table: string
  /** Epoch milliseconds. */
  now(): number
  /**
   * How long after a write the series store may still not show it to a query: what was added later than that is not told
   * yet. 0, the default, for a store that shows what it has acknowledged.
   */
  visibleAfterMs?: number
  patience?: Patience
}

type Item = Record<string, AttributeValue>
type Extent = [meter: string, fromMs: number, toMs: number, count: number]

export function openTouchedLedger(options: TouchedLedgerOptions): TouchedLedger {
  const { now, visibleAfterMs = 0 } = options
  const chains = openChains(options)
  let lastArrival = 0

  /** Everything after `from`, or undefined where the chain does not reach back to it. */
  async function read(group: string, from: number): Promise<{ last: number; items: Item[] } | undefined> {
    for (let reads = 0; ; reads++) {
      const items = await chains.after(group, from - 1)
      const isWhole = items.every((item, n) => n === 0 || sequenceOf(item) === sequenceOf(items[n - 1]) + 1)
      const reachesBack = items.length > 0 && (sequenceOf(items[0]) === from || sequenceOf(items[0]) === from + 1)
      if (isWhole && reachesBack) return { last: from, items: items.filter((item) => sequenceOf(item) > from) }
      if (items.length === 0) return (await chains.isUnused(group, from)) ? { last: from, items: [] } : undefined
      if (reads === REREADS) return undefined
    }
  }

  return {
    arrivals(count) {
      const first = Math.max(now() * 1_000, lastArrival + 1)
      lastArrival = first + count - 1
      return first
    },

    async add(stored) {
      const byGroup = Map.groupBy(stored, ({ meter }) => groupOf(meter))
      await inParallel([...byGroup], WIDTH, async ([group, own]) => {
        for (const part of parted(extentsOf(own), METERS_PER_ITEM))
          await chains.append(group, await compress(JSON.stringify(part), OPTIONS))
      })
    },

    async since(meters, mark) {
      const from = parseMark(mark)
      const byGroup = Map.groupBy(new Set(meters), groupOf)
      const touched = new Map<string, Touched>()
      const unknown: string[] = []
      const next: Record<string, number> = {}
      const tellableMs = visibleAfterMs > 0 ? now() - visibleAfterMs : Number.POSITIVE_INFINITY
      await inParallel([...byGroup], WIDTH, async ([group, own]) => {
        const since = from[group] === undefined ? undefined : await read(group, from[group])
        if (!since) {
          next[group] = await chains.lastBefore(group, tellableMs)
          unknown.push(...own)
          return
        }
        const wanted = new Set(own)
        next[group] = since.last
        for (const item of since.items) {
          if (Number(item.addedMs.N) > tellableMs) break
          const extents: Extent[] = JSON.parse((await decompress(item.extents.B ?? '')).toString())
          for (const extent of extents) if (wanted.has(extent[0])) join(touched, extent)
          next[group] = sequenceOf(item)
        }
      })
      return { mark: formatMark(next), touched: [...touched.values()], unknown }
    },
  }
}

const sequenceOf = (item: Item): number => Number(item.sk.S)
const sortable = (sequence: number): string => String(sequence).padStart(SEQUENCE_DIGITS, '0')

/** By what stands before the first dash or dot. */
function groupOf(meter: string): string {
  const [head] = meter.split(/[-.]/, 1)
  return String(createHash('sha256').update(head).digest()[0] % GROUPS)
}

function extentsOf(readings: readonly StoredReading[]): Extent[] {
  const touched = new Map<string, Touched>()
  for (const { meter, atMs } of readings) join(touched, [meter, atMs, atMs, 1])
  return [...touched.values()].map(({ meter, fromMs, toMs, count }) => [meter, fromMs, toMs, count])
}

function join(touched: Map<string, Touched>, [meter, fromMs, toMs, count]: Extent): void {
  const known = touched.get(meter)
  if (known) {
    known.fromMs = Math.min(known.fromMs, fromMs)
    known.toMs = Math.max(known.toMs, toMs)
    known.count += count
  } else touched.set(meter, { meter, fromMs, toMs, count })
}

/** `3:1764316800000 17:…`: how far each group was read. Equal where nothing came in. */
const formatMark = (read: Readonly<Record<string, number>>): string =>
  Object.entries(read)
    .map(([group, sequence]) => `${group}:${sequence}`)
    .sort()
    .join(' ')
const parseMark = (mark = ''): Record<string, number | undefined> =>
  Object.fromEntries(mark.split(' ').map((part) => [part.split(':')[0], Number(part.split(':')[1])]))

/**
 * The chains themselves. A chain begins after its start, an item that never expires and holds the number before the first.
 * When all of a chain has expired it begins anew, at the time of the clock: greater than all it ever held, since a chain
 * grows by fewer than one item a millisecond.
 */
function openChains({ dynamo, table, now, patience = PATIENCE }: TouchedLedgerOptions) {
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
  async function readStart(group: string): Promise<{ start: number; used: boolean } | undefined> {
    const input = { TableName: table, Key: startKey(group), ConsistentRead: true }
    const { Item } = await asked(() => dynamo.send(new GetItemCommand(input)))
    return Item && { start: Number(Item.start.N), used: Item.used !== undefined }
  }

  /** Where an empty chain begins. Of many who ask at once, one sets it, and all are told the same. */
  async function claimStart(group: string): Promise<number> {
    for (;;) {
      const standing = await readStart(group)
      // Used, and nothing of it there: not yet written, unless it is old enough to have expired.
      const mayHaveExpired = standing?.used && now() - standing.start > KEEP_MS / 2
      if (standing && !mayHaveExpired) return standing.start
      const start = Math.max(now(), (standing?.start ?? 0) + 1)
      const command = new UpdateItemCommand({
        TableName: table,
        Key: startKey(group),
        UpdateExpression: 'SET #start = :start REMOVE used',
        ConditionExpression: standing ? '#start = :before' : 'attribute_not_exists(#start)',
        ExpressionAttributeNames: { '#start': 'start' },
        ExpressionAttributeValues: {
          ':start': { N: String(start) },
          ...(standing && { ':before': { N: String(standing.start) } }),
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
          UpdateExpression: 'SET used = :used',
          ExpressionAttributeValues: { ':used': { BOOL: true } },
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
        // Our own, where an answer was lost and the same was asked again.
        const standing = await asked(() =>
          dynamo.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true })),
        )
        if (standing.Item?.writer.S === writer) return
        if (attempt === ATTEMPTS_MAX) throw new Error(`the ledger of group ${group} is written by too many at once`)
      }
    }
  }

  return {
    /** In turn within this process, so that it does not get into its own way. */
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
      const standing = await readStart(group)
      return standing?.start === start && (!standing.used || now() - start < KEEP_MS / 2)
    },

    /** The last item that was added by then, or where an empty chain begins. */
    async lastBefore(group: string, addedMs: number): Promise<number> {
      const [newest] = await query(group, 0, { descending: true, limit: 1 })
      if (!newest) return claimStart(group)
      if (Number(newest.addedMs.N) <= addedMs) return sequenceOf(newest)
      const items = await query(group, 0, { descending: false })
      const told = items.findLast((item) => Number(item.addedMs.N) <= addedMs)
      return told ? sequenceOf(told) : sequenceOf(items[0]) - 1
    },
  }
}

const isConflict = (error: unknown): boolean => (error as Error).name === 'ConditionalCheckFailedException'
