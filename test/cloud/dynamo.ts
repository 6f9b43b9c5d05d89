// DynamoDB for tests: dynalite, over its real wire, on a free port. It speaks no TransactWriteItems; that one command
// is done here by single conditional writes while nobody else may ask, and taken back where one fails, with the limits
// and the idempotency token that DynamoDB documents.

import { once } from 'node:events'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  type TransactWriteItemsCommandInput,
  UpdateItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'

const require = createRequire(import.meta.url)
/** It has no types. */
const dynalite: (options: object) => Server = require('dynalite')

const TRANSACTION_ITEMS_MAX = 100
const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024

export interface TestDynamo {
  /** A client of its own; to be destroyed by who asked. */
  client(): DynamoDBClient
  /** A new table with the keys pk and sk. */
  newTable(): Promise<string>
  close(): Promise<void>
}

export async function startDynamo(): Promise<TestDynamo> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const plain = (): DynamoDBClient =>
    new DynamoDBClient({
      region: 'local',
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      requestHandler: { requestTimeout: 20_000 },
    })
  const own = plain()
  const gate = transactionGate()
  const done = new Set<string>()
  let tables = 0
  return {
    client() {
      const client = plain()
      client.middlewareStack.add(
        (next, context) => async (args) => {
          if (context.commandName !== 'TransactWriteItemsCommand') return gate.shared(() => next(args))
          const input = args.input as TransactWriteItemsCommandInput
          return gate.alone(async () => {
            const token = input.ClientRequestToken ?? ''
            if (!done.has(token)) await transact(own, input)
            if (token) done.add(token)
            return { output: { $metadata: {} }, response: {} }
          })
        },
        { step: 'initialize' },
      )
      return client
    },
    async newTable() {
      const TableName = `table-${tables++}`
      await own.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
        }),
      )
      // It is there a turn of the server's event loop later.
      await waitUntilTableExists({ client: own, maxWaitTime: 30, minDelay: 1 }, { TableName })
      return TableName
    },
    async close() {
      own.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function transact(client: DynamoDBClient, { TransactItems = [] }: TransactWriteItemsCommandInput): Promise<void> {
  const updates = TransactItems.map(({ Update }) => {
    if (!Update?.UpdateExpression) throw new Error('only updates are done here')
    return { ...Update, UpdateExpression: Update.UpdateExpression }
  })
  const names = new Set(updates.map(({ Key }) => JSON.stringify(Key)))
  const bytes = updates.reduce(
    (sum, { Key, ExpressionAttributeValues }) => sum + sizeOf(Key) + sizeOf(ExpressionAttributeValues),
    0,
  )
  if (updates.length > TRANSACTION_ITEMS_MAX || names.size < updates.length || bytes > TRANSACTION_BYTES_MAX)
    throw Object.assign(new Error(`${updates.length} items, ${bytes} bytes`), { name: 'ValidationException' })
  const undo: (() => Promise<unknown>)[] = []
  for (const [index, update] of updates.entries()) {
    const { TableName, Key } = update
    const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))
    try {
      await client.send(new UpdateItemCommand(update))
    } catch (error) {
      for (const step of undo) await step()
      if ((error as Error).name !== 'ConditionalCheckFailedException') throw error
      const CancellationReasons = updates.map((_, n) => ({ Code: n === index ? 'ConditionalCheckFailed' : 'None' }))
      throw new TransactionCanceledException({ message: 'cancelled', CancellationReasons, $metadata: {} })
    }
    undo.push(() =>
      Item
        ? client.send(new PutItemCommand({ TableName, Item }))
        : client.send(new DeleteItemCommand({ TableName, Key })),
    )
  }
}

const sizeOf = (attributes: Record<string, AttributeValue> = {}): number =>
  Object.values(attributes).reduce(
    (sum, { S = '', N = '', B = '' }) => sum + Buffer.byteLength(S) + N.length + B.length,
    0,
  )

/** Lets any number in at once, or one alone. */
function transactionGate() {
  let last: Promise<unknown> = Promise.resolve()
  const inside = new Set<Promise<unknown>>()
  return {
    async shared<T>(work: () => Promise<T>): Promise<T> {
      await last
      const running = work()
      inside.add(running)
      return running.finally(() => inside.delete(running))
    },
    alone<T>(work: () => Promise<T>): Promise<T> {
      const running = last.then(async () => {
        await Promise.allSettled(inside)
        return work()
      })
      last = running.catch(() => undefined)
      return running
    },
  }
}
