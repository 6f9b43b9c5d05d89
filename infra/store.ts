// Builds the stores: documents in DynamoDB, files in S3, series in the chosen store, all encrypted under one key that
// the account owns. Also gives the environment and statements with which a function reaches them.

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { hiddenFrom, type Writer, writtenBy } from '../functions/state/document-rights.ts'
import { accept } from './accepted.ts'
import type { Access } from './access.ts'
import { addPrivateBucket } from './bucket.ts'
import { addMessageRecord, type MessageRecord } from './record.ts'
import type { BuiltSeries } from './series.ts'
import { seriesConstructs } from './series-stores.ts'
import type { Settings } from './settings.ts'

/** Days of point-in-time recovery of the state table. DynamoDB's maximum. */
const RECOVERY_DAYS = 35
/** Attribute by which DynamoDB deletes old items of the ledger of arrived readings. */
const EXPIRES_ATTRIBUTE = 'expires'
/**
 * Prefix of documents too large for an item (cloud/state/value.ts): replaced ones are kept as long as the table's
 * recovery reaches.
 */
const LARGE_DOCUMENTS_PREFIX = 'state/'

export interface Stores extends BuiltSeries {
  key: Key
  state: Table
  objects: Bucket
  /** Access logs of the bucket, and the network's. */
  logs: Bucket
  /** What is kept of each message, unless nothing is to be. */
  record: MessageRecord | undefined
  /** Access to documents and files, which every function uses: to read all but secrets, and to write some. */
  documents(writer: Writer): Access
}

export function addStores(scope: Construct, settings: Settings): Stores {
  const isKept = settings.stage === 'prod'
  const removalPolicy = isKept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY
  const key = new Key(scope, 'Key', { enableKeyRotation: true, removalPolicy })
  const logs = addLogBucket(scope, 'AccessLogs', settings)
  const objects = addPrivateBucket(scope, 'Objects', {
    ...{ key, logs, prefix: 'objects/', removalPolicy },
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
  const series = seriesConstructs[settings.readings].build(scope, { settings, key, objects, logs, removalPolicy })
  const { record } = settings
  return {
    ...{ key, state, objects, logs },
    record: record ? addMessageRecord(scope, { settings, key, logs, removalPolicy, lake: series.lake }) : undefined,
    documents: (writer) => ({
      environment: { KILOWATCH_STATE_TABLE: state.tableName, KILOWATCH_OBJECTS_BUCKET: objects.bucketName },
      statements: [...documentStatements(state, objects, writer), useOf(key)],
    }),
    ...series,
  }
}

/** A bucket of access logs; in `prod` it stays when its stack goes. */
export function addLogBucket(scope: Construct, id: string, { stage, logDays }: Settings): Bucket {
  const logs = new Bucket(scope, id, {
    ...{ blockPublicAccess: BlockPublicAccess.BLOCK_ALL, enforceSSL: true },
    removalPolicy: stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    encryption: BucketEncryption.S3_MANAGED,
    // CloudFront delivers its logs by ACL, and only to buckets without a customer key.
    objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
    lifecycleRules: [{ expiration: Duration.days(logDays) }],
  })
  accept(logs, 'AwsSolutions-S1', 'It is where access logs go: logging its own access would never end.')
  return logs
}

/** No scan: every look-up has a key. */
function documentStatements(state: Table, objects: Bucket, writer: Writer): PolicyStatement[] {
  const [written, hidden] = [writtenBy(writer), hiddenFrom(writer)]
  const isWriting = written.length > 0
  return [
    new PolicyStatement({
      actions: READING,
      resources: [state.tableArn],
    }),
    ...(hidden.length > 0 ? [hidingStatement(state, hidden)] : []),
    ...(isWriting ? [writingStatement(state, written)] : []),
    new PolicyStatement({
      actions: ['s3:GetObject', ...(isWriting ? ['s3:PutObject', 's3:DeleteObject'] : [])],
      resources: [objects.arnForObjects('*')],
    }),
    // Without the right to list, S3 answers "forbidden" instead of "not found" for a missing key.
    new PolicyStatement({ actions: ['s3:ListBucket'], resources: [objects.bucketArn] }),
  ]
}

const READING = ['GetItem', 'BatchGetItem', 'Query'].map((one) => `dynamodb:${one}`)
const keysOf = (collections: readonly string[]): string[] => collections.flatMap((one) => [one, `${one}#*`])

/** Secrets are read by those alone who need them, whatever else allows it. */
const hidingStatement = (state: Table, collections: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    effect: Effect.DENY,
    actions: READING,
    resources: [state.tableArn],
    conditions: { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': keysOf(collections) } },
  })

/** The right to write some collections: partition keys are `summary#c`, or `setting` of one that is not spread. */
const writingStatement = (state: Table, collections: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    actions: ['PutItem', 'UpdateItem', 'DeleteItem'].map((one) => `dynamodb:${one}`),
    resources: [state.tableArn],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keysOf(collections) },
      // Without a key the first condition would hold for nothing.
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
  })

/** Actions that DynamoDB and S3 perform on the key for a caller, each by its name. */
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
