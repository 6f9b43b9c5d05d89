// Keyed documents in one DynamoDB table.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { ObjectStore, StateStore } from '../functions/platform.ts'

export interface StateTable {
  dynamo: DynamoDBClient
  table: string
  /** Where documents go that are too large for an item. */
  objects: ObjectStore
}

export function openStateTable(_: StateTable): StateStore {
  throw new Error('being written')
}
