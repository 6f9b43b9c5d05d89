// The Lambda function behind the queue of the lake: seals closed days and merges months, county by county.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { registryReader } from '../../functions/registry/reader.ts'
import { lakeRunsEntry } from '../events/lake-runs.ts'
import { lazy } from '../lazy.ts'
import { log, platform } from '../platform.ts'
import { sealingOf } from '../series/lake/counties.ts'
import { environmentsLake, type LakeParts, lakeVariable } from '../series/lake/store.ts'
import { tendCounty } from '../series/lake/tend.ts'

const parts = lazy((): LakeParts => environmentsLake(new DynamoDBClient(), Date.now))
const registry = registryReader(platform().state)

export const handler = lakeRunsEntry({
  registry,
  tend: async (county) => tendCounty(parts, await sealingOf(registry, county), { now: Date.now }),
  sqs: lazy(() => new SQSClient()),
  queueUrl: () => lakeVariable('KILOWATCH_QUEUE_LAKE_URL'),
  log,
})
