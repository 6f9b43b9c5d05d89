// The lake as a series store: young readings and consumption in one DynamoDB table, older readings in the bucket's
// Parquet files. Nothing runs, and nothing is paid, while nothing happens (decision 0050).

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { name, readerOf, url } from '../../environment.ts'
import { lazy } from '../../lazy.ts'
import type { SeriesStore } from '../store.ts'
import { openTouchedLedger } from '../touched-ledger.ts'
import { openLakeBucket } from './bucket.ts'
import { openLakeCatalog } from './catalog.ts'
import { openLakeConsumption } from './consumption.ts'
import { openLakeFiles } from './files.ts'
import { type LakeTable, openLakeItems } from './items.ts'
import { openLakeReadings } from './readings.ts'
import { openYoungReadings } from './young.ts'

const variables = {
  KILOWATCH_SERIES_TABLE: name,
  KILOWATCH_LAKE_BUCKET: name,
  /** Queue of the function that tends the lake (cloud/entries/lake.ts), which alone has it. */
  KILOWATCH_QUEUE_LAKE_URL: url,
}
export const lakeVariable = readerOf(variables)
const s3 = lazy(() => new S3Client())

/** The parts of the lake over one table and one bucket. `now`: epoch milliseconds. */
export function lakeParts(options: LakeTable & { s3: S3Client; bucket: string; now(): number }) {
  const items = openLakeItems(options)
  const bucket = openLakeBucket(options)
  const catalog = openLakeCatalog(items, options, options.now)
  return { items, bucket, catalog, young: openYoungReadings(items), files: openLakeFiles(bucket, catalog) }
}
export type LakeParts = ReturnType<typeof lakeParts>

/** The parts over the table and bucket of the environment. */
export const environmentsLake = (dynamo: DynamoDBClient, now: () => number): LakeParts =>
  lakeParts({
    ...{ dynamo, s3, now },
    table: lakeVariable('KILOWATCH_SERIES_TABLE'),
    bucket: lakeVariable('KILOWATCH_LAKE_BUCKET'),
  })

export const lake: SeriesStore = {
  variables,
  readings: (own) => openLakeReadings({ ...environmentsLake(own.dynamo, own.now), ledger: openTouchedLedger(own) }),
  consumption: (now) =>
    openLakeConsumption({ dynamo: new DynamoDBClient(), table: lakeVariable('KILOWATCH_SERIES_TABLE'), now }),
}
