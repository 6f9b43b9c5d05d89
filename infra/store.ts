// What is kept: documents in DynamoDB, files in S3, series in the store that was chosen, all encrypted under one key
// that the account owns. Also says, as environment and statements, how a function reaches them.

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-timestream'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import type { Access } from './access.ts'
import { addInflux, type InfluxNetwork } from './influx.ts'
import type { Settings } from './settings.ts'

/** The window for rebuilding the state table. DynamoDB's longest. */
const RECOVERY_DAYS = 35
/** Readings of the last day are written and settled from memory; what comes later goes to the magnetic store. */
const MEMORY_HOURS = 24
/** Ten years: quota and target years are compared over two five-year plans. */
const MAGNETIC_DAYS = 3650
/** The dimension of every record (cloud/timestream-*.ts). */
const METER_DIMENSION = 'meter'
/** Attribute by which DynamoDB forgets what has been settled long ago (the ledger of what was touched). */
const EXPIRES_ATTRIBUTE = 'expires'
/**
 * Documents too large for an item of the table (cloud/state/value.ts): replaced ones are kept as long as the table's
 * past.
 */
const LARGE_DOCUMENTS_PREFIX = 'state/'
/** Where Timestream reports what it refused after it had accepted it: only for late data, and only there. */
const REFUSED_PREFIX = 'timestream-refused/'

export type Series = 'readings' | 'consumption'

export interface Stores {
  key: Key
  state: Table
  objects: Bucket
  /** Access logs of the buckets and of the page. */
  logs: Bucket
  /** Documents and files: every function works with them. */
  documents(): Access
  series(reads: readonly Series[], writes: readonly Series[]): Access
  /** Where functions have to stand that use series; undefined where the series are reached from anywhere. */
  network: InfluxNetwork | undefined
}

export interface StoreOptions {
  settings: Settings
  /** How long logs of access are kept. */
  logsKept: Duration
}

export function addStores(scope: Construct, { settings, logsKept }: StoreOptions): Stores {
  const isKept = settings.stage === 'prod'
  const removalPolicy = isKept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY
  const key = new Key(scope, 'Key', { enableKeyRotation: true, removalPolicy })
  const closed = { blockPublicAccess: BlockPublicAccess.BLOCK_ALL, enforceSSL: true, removalPolicy }
  const logs = new Bucket(scope, 'AccessLogs', {
    ...closed,
    encryption: BucketEncryption.S3_MANAGED,
    // CloudFront delivers its logs by ACL, and to buckets without a key of one's own.
    objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
    lifecycleRules: [{ expiration: logsKept }],
  })
  accept(logs, 'AwsSolutions-S1', 'It is where access logs go: logging its own access would never end.')
  const objects = new Bucket(scope, 'Objects', {
    ...closed,
    encryption: BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    versioned: true,
    serverAccessLogsBucket: logs,
    serverAccessLogsPrefix: 'objects/',
    lifecycleRules: [{ prefix: LARGE_DOCUMENTS_PREFIX, noncurrentVersionExpiration: Duration.days(RECOVERY_DAYS) }],
  })
  const state = new Table(scope, 'State', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: key,
    timeToLiveAttribute: EXPIRES_ATTRIBUTE,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: RECOVERY_DAYS },
    deletionProtection: isKept,
    removalPolicy,
  })
  const chosen =
    settings.readings === 'timestream'
      ? addTimestream(scope, { key, objects, removalPolicy })
      : addInflux(scope, { key, logs, settings, removalPolicy })
  return {
    ...{ key, state, objects, logs },
    documents: () => ({
      environment: { KILOWATCH_STATE_TABLE: state.tableName, KILOWATCH_OBJECTS_BUCKET: objects.bucketName },
      statements: [...documentStatements(state, objects), useOf(key)],
    }),
    ...chosen,
  }
}

/** No scan: whatever is looked for has a key. */
function documentStatements(state: Table, objects: Bucket): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: [
        ...['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'].map((one) => `dynamodb:${one}`),
      ],
      resources: [state.tableArn],
    }),
    new PolicyStatement({
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: [objects.arnForObjects('*')],
    }),
    // Who may not list is told "forbidden" of a key that is not there, instead of "not found".
    new PolicyStatement({ actions: ['s3:ListBucket'], resources: [objects.bucketArn] }),
  ]
}

/** What DynamoDB and S3 ask of the key in the name of a caller, each action by its name. */
const useOf = (key: Key): PolicyStatement =>
  new PolicyStatement({
    actions: [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
    resources: [key.keyArn],
  })

const CLOSED_RULE = 'CloudFormation-Validate::W3697'
const CLOSED_REASON =
  'Closed to new customers since 2025-06-20, and chosen by name (readings=timestream) by those who have it; the other choice is InfluxDB.'

interface TimestreamOptions {
  key: Key
  objects: Bucket
  removalPolicy: RemovalPolicy
}

function addTimestream(scope: Construct, { key, objects, removalPolicy }: TimestreamOptions) {
  const database = new CfnDatabase(scope, 'Series', { kmsKeyId: key.keyArn })
  database.applyRemovalPolicy(removalPolicy)
  accept(database, CLOSED_RULE, CLOSED_REASON)
  const tableOf = (id: string): CfnTable => {
    const table = new CfnTable(scope, id, {
      databaseName: database.ref,
      // Or each query would scan every meter of its time (decision 0015).
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
  const tables: Record<Series, CfnTable> = { readings: tableOf('Readings'), consumption: tableOf('Consumption') }
  const arnsOf = (series: readonly Series[]) => series.map((one) => tables[one].attrArn)
  return {
    network: undefined,
    series: (reads: readonly Series[], writes: readonly Series[]): Access => ({
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
        // Asks which endpoint serves the account; the service authorizes it for no resource in particular.
        new PolicyStatement({ actions: ['timestream:DescribeEndpoints'], resources: ['*'] }),
      ],
    }),
  }
}

/** An ARN of this deployment's partition, region and account. */
export const arnOf = (scope: Construct, service: string, resource: string): string =>
  Stack.of(scope).formatArn({ service, resource })
