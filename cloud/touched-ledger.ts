// What arrived, in order of arrival, in DynamoDB.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { StoredReading, Touched } from '../functions/platform.ts'

export interface TouchedLedger {
  /** Arrival ranks for `count` readings, in µs since the epoch; each is greater than all that this process gave before. */
  arrivals(count: number): number
  /** Tells that these readings were stored. Durable when the promise resolves. */
  add(stored: readonly StoredReading[]): Promise<void>
  /** What was added after `mark`, and the mark to ask with next time; `unknown`: meters of which the ledger cannot tell. */
  since(
    meters: readonly string[],
    mark: string | undefined,
  ): Promise<{ mark: string; touched: Touched[]; unknown: readonly string[] }>
}
export interface TouchedLedgerOptions {
  dynamo: DynamoDBClient
  /** May be the table of the state store. Items expire by the attribute `expires`, epoch seconds (TTL). */
  table: string
  /** Epoch milliseconds. */
  now(): number
  /** How long after a write a query of the series store may still not show it: what is younger is told later. Default 0. */
  visibleAfterMs?: number
}

export function openTouchedLedger(_: TouchedLedgerOptions): TouchedLedger {
  throw new Error('being written')
}
