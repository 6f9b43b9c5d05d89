// Builds Timestream for LiveAnalytics: a database with one table for readings and one for consumption. Also computes
// their cost.

import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-timestream'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import { ASSUMED, type Case, GB, HOURS, type Line, line, MILLION } from './cost-model.ts'
import type { BuiltSeries, SeriesConstructs, SeriesName, SeriesOptions, SeriesVolumes } from './series.ts'

/** Readings of the last day are written to and settled from memory; later arrivals go to the magnetic store. */
const MEMORY_HOURS = 24
/** Ten years: quota and target years are compared over two five-year plans. */
const MAGNETIC_DAYS = 3650
/** The dimension of every record (cloud/series/timestream). */
const METER_DIMENSION = 'meter'
/**
 * Where Timestream reports records that it refused after accepting them: it does so only for late data, and only there.
 */
const REFUSED_PREFIX = 'timestream-refused/'

const CLOSED_RULE = 'CloudFormation-Validate::W3697'
const CLOSED_REASON =
  'Closed to new customers since 2025-06-20, and chosen by name (readings=timestream) by those who have it; the other choice is InfluxDB.'

export const timestreamConstructs: SeriesConstructs = { build, monthOf }

function build(scope: Construct, { key, objects, removalPolicy }: SeriesOptions): BuiltSeries {
  const database = new CfnDatabase(scope, 'Series', { kmsKeyId: key.keyArn })
  database.applyRemovalPolicy(removalPolicy)
  accept(database, CLOSED_RULE, CLOSED_REASON)
  const tableOf = (id: string): CfnTable => {
    const table = new CfnTable(scope, id, {
      databaseName: database.ref,
      // Otherwise each query would scan every meter in its time range (decision 0015).
      schema: {
        compositePartitionKey: [{ type: 'DIMENSION', name: METER_DIMENSION, enforcementInRecord: 'REQUIRED' }],
      },
      retentionProperties: {
        MemoryStoreRetentionPeriodInHours: String(MEMORY_HOURS),
        MagneticStoreRetentionPeriodInDays: String(MAGNETIC_DAYS),
      },
      magneticStoreWriteProperties: {
        EnableMagneticStoreWrites: true,
        MagneticStoreRejectedDataLocation: {
          S3Configuration: {
            ...{ BucketName: objects.bucketName, ObjectKeyPrefix: REFUSED_PREFIX },
            ...{ EncryptionOption: 'SSE_KMS', KmsKeyId: key.keyArn },
          },
        },
      },
    })
    table.applyRemovalPolicy(removalPolicy)
    accept(table, CLOSED_RULE, CLOSED_REASON)
    return table
  }
  const tables: Record<SeriesName, CfnTable> = { readings: tableOf('Readings'), consumption: tableOf('Consumption') }
  const arnsOf = (series: readonly SeriesName[]) => series.map((one) => tables[one].attrArn)
  return {
    network: undefined,
    series: (reads, writes) => ({
      environment: {
        KILOWATCH_STORE: 'timestream',
        KILOWATCH_TIMESTREAM_DATABASE: database.ref,
        KILOWATCH_READINGS_TABLE: tables.readings.attrName,
        KILOWATCH_CONSUMPTION_TABLE: tables.consumption.attrName,
      },
      statements: [
        ...(reads.length > 0
          ? [new PolicyStatement({ actions: ['timestream:Select'], resources: arnsOf(reads) })]
          : []),
        ...(writes.length > 0
          ? [new PolicyStatement({ actions: ['timestream:WriteRecords'], resources: arnsOf(writes) })]
          : []),
        // Looks up the account's endpoint; the service authorizes it only for all resources.
        new PolicyStatement({ actions: ['timestream:DescribeEndpoints'], resources: ['*'] }),
      ],
    }),
  }
}

function monthOf({ meters }: Case, { readings, settledMeters, queries }: SeriesVolumes): Line[] {
  const { readingBytes, dayBytes } = ASSUMED
  const writtenBytes = readings * readingBytes + settledMeters * dayBytes
  const keptBytes = 12 * (readings * readingBytes + meters * (HOURS / 24) * dayBytes)
  // One day of writes stays in memory.
  const memoryGb = writtenBytes / (HOURS / 24) / GB
  return [
    line('series: writes', 'timestreamWrites', writtenBytes / 1024 / MILLION),
    line('series: memory', 'timestreamMemory', memoryGb * HOURS),
    line('series: a year on magnetic', 'timestreamMagnetic', keptBytes / GB),
    line('series: queries', 'timestreamQueries', queries / ASSUMED.queriesPerTcuHour),
  ]
}
