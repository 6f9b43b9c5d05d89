// What is kept: documents in DynamoDB, files in S3, series in the store that was chosen, all encrypted under one key
// that the account owns. Also says, as environment and statements, how a function reaches them.

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import type { Access } from './access.ts'
import type { BuiltSeries } from './series.ts'
import { seriesConstructs } from './series-stores.ts'
import type { Settings } from './settings.ts'

/** The window for rebuilding the state table. DynamoDB's longest. */
const RECOVERY_DAYS = 35
/** Attribute by which DynamoDB forgets what has been settled long ago (the ledger of what was touched). */
const EXPIRES_ATTRIBUTE = 'expires'
/**
 * Documents too large for an item of the table (cloud/state/value.ts): replaced ones are kept as long as the table's
 * past.
 */
const LARGE_DOCUMENTS_PREFIX = 'state/'

export interface Stores extends BuiltSeries {
  key: Key
  state: Table
  objects: Bucket
  /** Access logs of the buckets and of the page. */
  logs: Bucket
  /** Documents and files: every function works with them. */
  documents(): Access
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
  return {
    ...{ key, state, objects, logs },
    documents: () => ({
      environment: { KILOWATCH_STATE_TABLE: state.tableName, KILOWATCH_OBJECTS_BUCKET: objects.bucketName },
      statements: [...documentStatements(state, objects), useOf(key)],
    }),
    ...seriesConstructs[settings.readings].build(scope, { settings, key, objects, logs, removalPolicy }),
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

/** An ARN of this deployment's partition, region and account. */
export const arnOf = (scope: Construct, service: string, resource: string): string =>
  Stack.of(scope).formatArn({ service, resource })
