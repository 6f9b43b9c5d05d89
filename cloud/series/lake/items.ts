// Items of the series table in DynamoDB, under a partition and a sort key: read by ranges and by keys, written and
// deleted in batches, with patience where DynamoDB asks for it.

import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import { inParallel, insist, isPassingAwsFailure, PATIENCE, type Patience, parted } from '../../backoff.ts'

export type LakeItem = Record<string, AttributeValue>
export interface LakeTable {
  dynamo: DynamoDBClient
  /** The series table: keys `pk` and `sk`. */
  table: string
  patience?: Patience
}
export interface ItemKey {
  pk: string
  sk: string
}

/** Parallel requests: below the SDK's 50 sockets. */
export const LAKE_WIDTH = 32
/** DynamoDB's limits of a BatchWriteItem and of a BatchGetItem. */
const [WRITES_MAX, READS_MAX] = [25, 100]

export const keyItem = ({ pk, sk }: ItemKey): LakeItem => ({ pk: { S: pk }, sk: { S: sk } })
export const keyOfItem = (item: LakeItem): ItemKey => ({ pk: item.pk?.S ?? '', sk: item.sk?.S ?? '' })

export function openLakeItems({ dynamo, table, patience = PATIENCE }: LakeTable) {
  const asked = <T>(attempt: () => Promise<T>): Promise<T> => insist(attempt, isPassingAwsFailure, patience)

  /** Writes a batch, and again what DynamoDB left of it. */
  async function writeAll(requests: readonly WriteRequest[]): Promise<void> {
    await inParallel(parted(requests, WRITES_MAX), LAKE_WIDTH, async (part) => {
      let waiting: WriteRequest[] = part
      await insist(
        async () => {
          const command = new BatchWriteItemCommand({ RequestItems: { [table]: waiting } })
          waiting = (await asked(() => dynamo.send(command))).UnprocessedItems?.[table] ?? []
          if (waiting.length > 0) throw new LeftOver(`${waiting.length} items of "${table}" were not written`)
        },
        (error) => error instanceof LeftOver,
        patience,
      )
    })
  }

  return {
    asked,

    /** Items of one partition with from ≤ sk ≤ to, consistently, in the order of sk. */
    async between(pk: string, from: string, to: string): Promise<LakeItem[]> {
      const items: LakeItem[] = []
      let ExclusiveStartKey: LakeItem | undefined
      do {
        const input: QueryCommandInput = {
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: from }, ':to': { S: to } },
          ConsistentRead: true,
          ExclusiveStartKey,
        }
        const page = await asked(() => dynamo.send(new QueryCommand(input)))
        items.push(...(page.Items ?? []))
        ExclusiveStartKey = page.LastEvaluatedKey
      } while (ExclusiveStartKey)
      return items
    },

    /** The existing ones of the items with these keys, each once, in no order. */
    async many(keys: readonly ItemKey[]): Promise<LakeItem[]> {
      const found: LakeItem[] = []
      await inParallel(parted(keys, READS_MAX), LAKE_WIDTH, async (part) => {
        let waiting: LakeItem[] = part.map(keyItem)
        await insist(
          async () => {
            const RequestItems = { [table]: { Keys: waiting, ConsistentRead: true } }
            const answer = await asked(() => dynamo.send(new BatchGetItemCommand({ RequestItems })))
            found.push(...(answer.Responses?.[table] ?? []))
            waiting = answer.UnprocessedKeys?.[table]?.Keys ?? []
            if (waiting.length > 0) throw new LeftOver(`${waiting.length} keys of "${table}" were not read`)
          },
          (error) => error instanceof LeftOver,
          patience,
        )
      })
      return found
    },

    /** Writes items whole. Each key at most once. */
    put: (items: readonly LakeItem[]) => writeAll(items.map((Item) => ({ PutRequest: { Item } }))),
    /** Each key at most once. */
    delete: (keys: readonly ItemKey[]) => writeAll(keys.map((key) => ({ DeleteRequest: { Key: keyItem(key) } }))),
  }
}
export type LakeItems = ReturnType<typeof openLakeItems>

class LeftOver extends Error {
  override name = 'LeftOver'
}
