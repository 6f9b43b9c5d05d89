// The lake store for tests: over DynamoDB's wire and S3's, each place with a table and a bucket of its own.

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { S3Client } from '@aws-sdk/client-s3'
import { openObjectBucket } from '../../cloud/object-bucket.ts'
import { LakeConflict } from '../../cloud/series/lake/catalog.ts'
import { openLakeConsumption } from '../../cloud/series/lake/consumption.ts'
import { lakeGroupOf } from '../../cloud/series/lake/group.ts'
import { openLakeReadings } from '../../cloud/series/lake/readings.ts'
import { lakeParts } from '../../cloud/series/lake/store.ts'
import { type Tended, tendCounty } from '../../cloud/series/lake/tend.ts'
import { openTouchedLedger } from '../../cloud/series/touched-ledger.ts'
import { openStateTable } from '../../cloud/state/table.ts'
import type { TestBucket } from './bucket.ts'
import type { TestDynamo } from './dynamo.ts'

export const TEST_COUNTY = '130102'

export interface LakeServers {
  dynamo: TestDynamo
  bucket: TestBucket
}
export interface TestLake {
  /** Names of the state's table, the series table and the bucket. */
  state: string
  table: string
  bucket: string
}

let lakes = 0
export async function newTestLake({ dynamo }: LakeServers): Promise<TestLake> {
  return { state: await dynamo.newTable(), table: await dynamo.newTable(), bucket: `lake-${lakes++}` }
}

/** Opens the stores of a test lake. `now`: epoch ms. */
export function openTestLake(
  { state, table, bucket }: TestLake,
  { dynamo, s3, now = Date.now }: { dynamo: DynamoDBClient; s3: S3Client; now?: () => number },
) {
  const parts = lakeParts({ dynamo, s3, now, table, bucket })
  const objects = openObjectBucket({ s3, bucket: `${bucket}-objects` })
  const ledger = openTouchedLedger({ dynamo, table: state, now })
  return {
    parts,
    platform: {
      state: openStateTable({ dynamo, table: state, objects }),
      readings: openLakeReadings({ ...parts, ledger }),
      consumption: openLakeConsumption({ dynamo, table, now }),
      objects,
    },
    /** One run over a county of these meters. */
    tend: (
      meters: readonly string[],
      options: { county?: string; rowsPerFlush?: number; rowsPerMerge?: number } = {},
    ) =>
      tendCounty(
        parts,
        {
          ...{ county: TEST_COUNTY, ...options, meters },
          has: async (_, group) => meters.some((meter) => lakeGroupOf(meter) === group),
        },
        { now, ...options },
      ),
  }
}
export type OpenedTestLake = ReturnType<typeof openTestLake>

/** A run that passes while another has the county. */
export const tendUnlessBusy = (run: Promise<Tended>): Promise<Tended | undefined> =>
  run.catch((error: unknown) => {
    if (error instanceof LakeConflict) return undefined
    throw error
  })
