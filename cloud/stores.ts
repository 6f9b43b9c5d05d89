// Chooses the stores in AWS: state in DynamoDB, files in S3, series in the store chosen at deploy. Each is opened at
// first use.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import type { ConsumptionStore, ObjectStore, Platform, ReadingStore, StateStore } from '../functions/platform.ts'
import { variable } from './environment.ts'
import { lazy } from './lazy.ts'
import { openObjectBucket } from './object-bucket.ts'
import { chosenStore } from './series/stores.ts'
import { openStateTable } from './state/table.ts'

/** The stores of a function. `now`: epoch milliseconds. */
export function lazyStores(now: () => number): Pick<Platform, 'readings' | 'consumption' | 'state' | 'objects'> {
  const dynamo = lazy(() => new DynamoDBClient())
  const objects = lazy((): ObjectStore => {
    return openObjectBucket({ s3: new S3Client(), bucket: variable('KILOWATCH_OBJECTS_BUCKET') })
  })
  const state = lazy((): StateStore => {
    return openStateTable({ dynamo, table: variable('KILOWATCH_STATE_TABLE'), objects })
  })
  const readings = lazy((): ReadingStore => {
    const ledger = { dynamo, table: variable('KILOWATCH_STATE_TABLE'), now }
    return chosenStore().readings(ledger)
  })
  const consumption = lazy((): ConsumptionStore => chosenStore().consumption(now))
  return { readings, consumption, state, objects }
}
