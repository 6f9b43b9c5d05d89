// Timestream for LiveAnalytics as a series store: one table for readings and one for consumption, named by the
// environment. Both share a client for writes and one for queries.

import { TimestreamQueryClient } from '@aws-sdk/client-timestream-query'
import { TimestreamWriteClient } from '@aws-sdk/client-timestream-write'
import { name, readerOf } from '../../environment.ts'
import { lazy } from '../../lazy.ts'
import type { SeriesStore } from '../store.ts'
import { openTouchedLedger } from '../touched-ledger.ts'
import { openTimestreamConsumption } from './consumption.ts'
import { openTimestreamReadings, VISIBLE_AFTER_MS } from './readings.ts'

const variables = {
  KILOWATCH_TIMESTREAM_DATABASE: name,
  KILOWATCH_READINGS_TABLE: name,
  KILOWATCH_CONSUMPTION_TABLE: name,
}
const variable = readerOf(variables)
const clients = { write: lazy(() => new TimestreamWriteClient()), query: lazy(() => new TimestreamQueryClient()) }

export const timestream: SeriesStore = {
  variables,
  readings: (own) =>
    openTimestreamReadings({
      ...clients,
      database: variable('KILOWATCH_TIMESTREAM_DATABASE'),
      table: variable('KILOWATCH_READINGS_TABLE'),
      ledger: openTouchedLedger({ ...own, visibleAfterMs: VISIBLE_AFTER_MS }),
    }),
  consumption: (now) =>
    openTimestreamConsumption({
      ...clients,
      database: variable('KILOWATCH_TIMESTREAM_DATABASE'),
      table: variable('KILOWATCH_CONSUMPTION_TABLE'),
      now,
    }),
}
