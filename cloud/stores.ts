// Which store holds what in AWS: state in DynamoDB, files in S3, series in the store that was chosen at deploy. Each is
// opened at first use.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { TimestreamQueryClient } from '@aws-sdk/client-timestream-query'
import { TimestreamWriteClient } from '@aws-sdk/client-timestream-write'
import * as z from 'zod'
import type { ConsumptionStore, ObjectStore, Platform, ReadingStore, StateStore } from '../functions/platform.ts'
import { variable } from './environment.ts'
import { lazy } from './lazy.ts'
import { openObjectBucket } from './object-bucket.ts'
import { openInfluxConsumption } from './series/influx/consumption.ts'
import { openInfluxReadings } from './series/influx/readings.ts'
import type { InfluxCredentials, InfluxDatabase } from './series/influx/wire.ts'
import { openTimestreamConsumption } from './series/timestream/consumption.ts'
import { openTimestreamReadings, VISIBLE_AFTER_MS } from './series/timestream/readings.ts'
import { openTouchedLedger } from './series/touched-ledger.ts'
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
  const write = lazy(() => new TimestreamWriteClient())
  const query = lazy(() => new TimestreamQueryClient())

  const readings = lazy((): ReadingStore => {
    const own = { dynamo, table: variable('KILOWATCH_STATE_TABLE'), now }
    if (variable('KILOWATCH_STORE') === 'influxdb')
      return openInfluxReadings({ ...influxDatabase(), ledger: openTouchedLedger(own) })
    const ledger = openTouchedLedger({ ...own, visibleAfterMs: VISIBLE_AFTER_MS })
    const database = variable('KILOWATCH_TIMESTREAM_DATABASE')
    return openTimestreamReadings({ write, query, database, table: variable('KILOWATCH_READINGS_TABLE'), ledger })
  })
  const consumption = lazy((): ConsumptionStore => {
    if (variable('KILOWATCH_STORE') === 'influxdb') return openInfluxConsumption(influxDatabase())
    const database = variable('KILOWATCH_TIMESTREAM_DATABASE')
    return openTimestreamConsumption({ write, query, database, table: variable('KILOWATCH_CONSUMPTION_TABLE'), now })
  })
  return { readings, consumption, state, objects }
}

const influxDatabase = (): InfluxDatabase => ({
  url: variable('KILOWATCH_INFLUX_URL'),
  database: variable('KILOWATCH_INFLUX_DATABASE'),
  credentials: () => influxCredentials(variable('KILOWATCH_INFLUX_SECRET_ARN')),
})

/** As Timestream for InfluxDB and people keep it. */
const secretSchema = z.union([
  z.object({ token: z.string().min(1) }),
  z.object({ username: z.string().min(1), password: z.string().min(1) }),
])

async function influxCredentials(SecretId: string): Promise<InfluxCredentials> {
  const { SecretString = '' } = await new SecretsManagerClient().send(new GetSecretValueCommand({ SecretId }))
  const parsed = secretSchema.safeParse(jsonOf(SecretString))
  // What the secret holds is not repeated in an error.
  if (!parsed.success) throw new Error('the secret of InfluxDB is no JSON with "token", or "username" and "password"')
  return 'token' in parsed.data ? parsed.data : { user: parsed.data.username, password: parsed.data.password }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
