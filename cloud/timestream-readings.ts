// Raw readings in Timestream for LiveAnalytics.

import type { TimestreamQueryClient } from '@aws-sdk/client-timestream-query'
import type { TimestreamWriteClient } from '@aws-sdk/client-timestream-write'
import type { ReadingStore } from '../functions/platform.ts'
import type { TouchedLedger } from './touched-ledger.ts'

export interface TimestreamTable {
  write: TimestreamWriteClient
  query: TimestreamQueryClient
  database: string
  table: string
}

export function openTimestreamReadings(_: TimestreamTable & { ledger: TouchedLedger }): ReadingStore {
  throw new Error('being written')
}
