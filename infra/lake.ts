// Builds the lake: a table of young readings and of consumption, and a bucket of Parquet files. Also the function that
// moves closed days from one into the other, and what all of it costs.

import { Duration } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { type Bucket, StorageClass } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import type { Access } from './access.ts'
import { addPrivateBucket } from './bucket.ts'
import { ASSUMED, type Case, GB, HOURS, type Line, line, MILLION } from './cost-model.ts'
import type { BuiltSeries, SeriesConstructs, SeriesName, SeriesOptions, SeriesVolumes } from './series.ts'

/** Days of point-in-time recovery of the table, DynamoDB's maximum, and of the bucket's replaced files. */
const RECOVERY_DAYS = 35
/** Files of readings (cloud/series/lake/bucket.ts). */
const LAKE_READINGS = 'lake/v1/readings/'
/** Merged files are read rarely; S3 moves what nobody reads to a cheaper place by itself. */
const TIERING_DAYS = 60
/** Once a day would do; more often spreads what an outage has left. */
const TENDING_MINUTES = 6 * 60
/** A county's day of a minute is 1.7 million rows in memory; a merge runs for minutes. */
export const TENDING_WORK = { memoryMb: 3008, seconds: 900, copies: 2 }

/** Partition keys of the table (cloud/series/lake/group.ts, catalog.ts). */
const [READINGS, DAYS, MANIFEST] = ['reading#*', 'day#*', 'lake#*']

export const lakeConstructs: SeriesConstructs = { build, monthOf }

function build(scope: Construct, { settings, key, logs, removalPolicy }: SeriesOptions): BuiltSeries {
  const table = new Table(scope, 'SeriesTable', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: key,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: RECOVERY_DAYS },
    deletionProtection: settings.stage === 'prod',
    removalPolicy,
  })
  const bucket = addPrivateBucket(scope, 'LakeFiles', {
    ...{ key, logs, prefix: 'lake/', removalPolicy },
    lifecycleRules: [
      {
        noncurrentVersionExpiration: Duration.days(RECOVERY_DAYS),
        abortIncompleteMultipartUploadAfter: Duration.days(1),
        transitions: [{ storageClass: StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(TIERING_DAYS) }],
      },
    ],
  })
  const parts = { table, bucket }
  return {
    network: undefined,
    tables: { Series: table },
    lake: { bucket, prefix: LAKE_READINGS },
    series: (reads, writes) => accessOf(parts, reads, writes),
    tending: {
      ...{ name: 'lake', everyMinutes: TENDING_MINUTES, work: TENDING_WORK },
      access: tendingAccess(parts),
    },
  }
}

interface LakeResources {
  table: Table
  bucket: Bucket
}

const environmentOf = ({ table, bucket }: LakeResources): Record<string, string> => ({
  KILOWATCH_STORE: 'lake',
  KILOWATCH_SERIES_TABLE: table.tableName,
  KILOWATCH_LAKE_BUCKET: bucket.bucketName,
})

/** Actions on items of some partitions of the table alone. */
const onItems = (table: Table, actions: readonly string[], partitions: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [table.tableArn],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
      // Without a key the first condition would hold for nothing.
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
  })
const onFiles = ({ bucket }: LakeResources, actions: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    actions: actions.map((action) => `s3:${action}`),
    resources: [bucket.arnForObjects(`${LAKE_READINGS}*`)],
  })
/** Without the right to list, S3 answers "forbidden" instead of "not found" for a file that was merged away. */
const onListing = ({ bucket }: LakeResources): PolicyStatement =>
  new PolicyStatement({
    actions: ['s3:ListBucket'],
    resources: [bucket.bucketArn],
    conditions: { StringLike: { 's3:prefix': `${LAKE_READINGS}*` } },
  })

function accessOf(parts: LakeResources, reads: readonly SeriesName[], writes: readonly SeriesName[]): Access {
  const { table } = parts
  const reading = ['Query', 'BatchGetItem']
  return {
    environment: environmentOf(parts),
    statements: [
      ...(reads.includes('readings')
        ? [onItems(table, reading, [READINGS, MANIFEST]), onFiles(parts, ['GetObject']), onListing(parts)]
        : []),
      ...(writes.includes('readings') ? [onItems(table, ['BatchWriteItem'], [READINGS])] : []),
      ...(reads.includes('consumption') ? [onItems(table, reading, [DAYS])] : []),
      ...(writes.includes('consumption') ? [onItems(table, ['UpdateItem', 'BatchWriteItem'], [DAYS])] : []),
    ],
  }
}

const tendingAccess = (parts: LakeResources): Access => ({
  environment: environmentOf(parts),
  statements: [
    onItems(parts.table, ['Query', 'BatchGetItem', 'BatchWriteItem', 'UpdateItem', 'DeleteItem'], [READINGS, MANIFEST]),
    onFiles(parts, ['GetObject', 'PutObject', 'DeleteObject']),
    onListing(parts),
  ],
})

/** Bytes of a write unit and of a read unit of DynamoDB. */
const [WRITE_UNIT, READ_UNIT] = [1_024, 4_096]
const DAYS_OF_MONTH = HOURS / 24

/** A gateway's message is an item; an institution's day of hours is one, too. */
function monthOf(one: Case, { readings, messages, settledInstitutions, assessed }: SeriesVolumes): Line[] {
  const { itemBytes, itemReadingBytes, itemDayBytes, lakeBytes, lakeSeconds, lakePasses } = ASSUMED
  const perMessage = readings / messages
  const messageBytes = itemBytes + perMessage * itemReadingBytes
  const units = (bytes: number, unit: number): number => Math.max(1, Math.ceil(bytes / unit))
  const metersEach = one.meters / one.institutions
  const dayBytes = metersEach * itemDayBytes
  const youngReads = units((messageBytes * 24 * 60) / one.everyMinutes, READ_UNIT)
  const youngDays = LAKE_DAYS_YOUNG
  const days = one.institutions * DAYS_OF_MONTH
  const storedGb = {
    young: ((messages / DAYS_OF_MONTH) * youngDays * messageBytes) / GB,
    year: (12 * days * dayBytes) / GB,
  }
  return [
    line('series: messages', 'dynamoWrites', (messages * units(messageBytes, WRITE_UNIT)) / MILLION),
    line('series: messages, into the lake', 'dynamoWrites', (messages * units(messageBytes, WRITE_UNIT)) / MILLION),
    line('series: hours', 'dynamoWrites', (settledInstitutions * units(dayBytes, WRITE_UNIT)) / MILLION),
    line(
      'series: reads',
      'dynamoReads',
      // Settling: a day of messages, where older ones lie, the hours of two days. Judging: the hours of the month so
      // far, on average a half.
      (settledInstitutions * (youngReads + 1 + 2 * units(dayBytes, READ_UNIT)) +
        assessed * units((dayBytes * DAYS_OF_MONTH) / 2, READ_UNIT)) /
        MILLION,
    ),
    line('series: young, and a year of hours', 'dynamoStorage', storedGb.young + storedGb.year),
    line('series: a year of the lake', 's3Storage', (12 * readings * lakeBytes) / GB),
    line('series: files', 's3Puts', (one.shards * (DAYS_OF_MONTH + 2)) / MILLION),
    line(
      'series: function of the lake',
      'lambdaGbSeconds',
      (readings * lakePasses * lakeSeconds * (TENDING_WORK.memoryMb / 1024)) / MILLION,
    ),
  ]
}
/** The day that runs, those that stay young (cloud/series/lake/seal.ts), and the wait for the next run. */
const LAKE_DAYS_YOUNG = 3.5
