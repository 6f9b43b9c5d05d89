// The record of truth: every message with readings, as IoT Core received it, in S3 by way of Firehose. A second action
// of the rule writes it, whatever becomes of the first, and nothing of ours reads it in normal work: with it, what a
// fault of ours lost or spoilt can be made again. Also the tables by which Athena reads it and the lake.

import { ArnFormat, CfnOutput, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib'
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena'
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Bucket, ObjectLockRetention, type ReplicationRule, StorageClass } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import { addPrivateBucket } from './bucket.ts'
import type { Settings } from './settings.ts'

/** Messages by the day (UTC) on which Firehose wrote them. */
const MESSAGES_PREFIX = 'messages/'
/** Answers of Athena; deleted after a week. */
const ANSWERS_PREFIX = 'athena/'
const ANSWER_DAYS = 7
const RECOVERY_DAYS = 35
/** Read only after a fault. */
const COLD_DAYS = 30
/** Firehose writes after either. */
const [BUFFER_SECONDS, BUFFER_MB] = [900, 64]
/** Of one query: ten times the lake of a city's year, some cents. */
const SCAN_BYTES_MAX = 20_000_000_000

export interface RecordOptions {
  settings: Pick<Settings, 'stage' | 'recordLockDays' | 'recordCopy'>
  key: Key
  /** Access logs. */
  logs: Bucket
  removalPolicy: RemovalPolicy
  /** The lake's files, where there is a lake. */
  lake?: { bucket: Bucket; prefix: string }
}
export interface MessageRecord {
  bucket: Bucket
  /** Name and ARN of the delivery stream. */
  stream: { name: string; arn: string }
}

/** Adds bucket, delivery stream and tables. */
export function addMessageRecord(scope: Construct, options: RecordOptions): MessageRecord {
  const { key, logs, removalPolicy } = options
  const { stage, recordLockDays, recordCopy } = options.settings
  const copies = recordCopy && copyTo(scope, recordCopy)
  const bucket = addPrivateBucket(scope, 'Record', {
    ...{ key, logs, prefix: 'record/', removalPolicy },
    more: {
      // Whoever has the right may lift it: a person, not a function of ours.
      ...(recordLockDays > 0 && {
        objectLockDefaultRetention: ObjectLockRetention.governance(Duration.days(recordLockDays)),
      }),
      ...copies,
    },
    lifecycleRules: [
      { prefix: ANSWERS_PREFIX, expiration: Duration.days(ANSWER_DAYS) },
      { noncurrentVersionExpiration: Duration.days(RECOVERY_DAYS) },
      {
        prefix: MESSAGES_PREFIX,
        transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(COLD_DAYS) }],
      },
    ],
  })
  const name = `kilowatch-${stage}-messages`
  const role = new Role(scope, 'RecordRole', { assumedBy: new ServicePrincipal('firehose.amazonaws.com') })
  for (const [actions, resources] of [
    [['s3:PutObject', 's3:AbortMultipartUpload'], [bucket.arnForObjects(`${MESSAGES_PREFIX}*`)]],
    [['s3:GetBucketLocation', 's3:ListBucketMultipartUploads'], [bucket.bucketArn]],
    [['kms:GenerateDataKey', 'kms:Decrypt'], [key.keyArn]],
  ] as const)
    role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }))
  acceptMessages(role, bucket)
  if (copies && recordCopy) allowCopy(copies.replicationRole, { bucket, key, copy: recordCopy })
  const stream = new CfnDeliveryStream(scope, 'RecordStream', {
    deliveryStreamName: name,
    deliveryStreamType: 'DirectPut',
    deliveryStreamEncryptionConfigurationInput: { keyType: 'AWS_OWNED_CMK' },
    extendedS3DestinationConfiguration: {
      bucketArn: bucket.bucketArn,
      roleArn: role.roleArn,
      prefix: `${MESSAGES_PREFIX}day=!{timestamp:yyyy-MM-dd}/`,
      errorOutputPrefix: `${MESSAGES_PREFIX}failed/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/`,
      bufferingHints: { intervalInSeconds: BUFFER_SECONDS, sizeInMBs: BUFFER_MB },
      compressionFormat: 'GZIP',
      encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: key.keyArn } },
    },
  })
  stream.node.addDependency(role)
  addTables(scope, options, bucket)
  const arn = Stack.of(scope).formatArn({
    ...{ service: 'firehose', resource: 'deliverystream', resourceName: name },
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  })
  new CfnOutput(scope, 'RecordBucketName', { value: bucket.bucketName })
  return { bucket, stream: { name, arn } }
}

type RecordCopy = NonNullable<Settings['recordCopy']>

/** The other bucket has versions, belongs to the other account, and lets the role of this one copy to it. */
function copyTo(scope: Construct, { bucketArn, account, keyArn }: RecordCopy) {
  const destination = Bucket.fromBucketAttributes(scope, 'RecordCopy', { bucketArn, account })
  const rule: ReplicationRule = {
    ...{ destination, accessControlTransition: true, filter: { prefix: MESSAGES_PREFIX }, priority: 1 },
    kmsKey: Key.fromKeyArn(scope, 'RecordCopyKey', keyArn),
    sseKmsEncryptedObjects: true,
  }
  const role = new Role(scope, 'RecordCopyRole', { assumedBy: new ServicePrincipal('s3.amazonaws.com') })
  return { replicationRules: [rule], replicationRole: role }
}

/** What copying needs, by AWS's guide to replication (aws/latest/userguide/setting-repl-config-perm-overview.html). */
function allowCopy(role: Role, { bucket, key, copy }: { bucket: Bucket; key: Key; copy: RecordCopy }): void {
  const allow = (actions: readonly string[], resource: string): void =>
    void role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [resource] }))
  const [own, copied] = [bucket.arnForObjects(`${MESSAGES_PREFIX}*`), `${copy.bucketArn}/${MESSAGES_PREFIX}*`]
  allow(['s3:GetReplicationConfiguration', 's3:ListBucket'], bucket.bucketArn)
  allow(['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging'], own)
  const onCopy = ['ReplicateObject', 'ReplicateDelete', 'ReplicateTags', 'ObjectOwnerOverrideToBucketOwner']
  allow(
    onCopy.map((action) => `s3:${action}`),
    copied,
  )
  allow(['kms:Decrypt'], key.keyArn)
  allow(['kms:Encrypt'], copy.keyArn)
  acceptMessages(role, bucket)
  accept(role, `AwsSolutions-IAM5[Resource::${copied}]`, MESSAGES_UNNAMED)
}

const MESSAGES_UNNAMED = 'Each file that Firehose writes has a name that nobody knows before.'
const acceptMessages = (role: Role, bucket: Bucket): void =>
  accept(
    role,
    `AwsSolutions-IAM5[Resource::<${Stack.of(role).getLogicalId(bucket.node.defaultChild as never)}.Arn>/${MESSAGES_PREFIX}*]`,
    MESSAGES_UNNAMED,
  )

type Columns = Readonly<Record<string, string>>

/** What the rule selects (infra/gateways.ts), one JSON object a line. */
const MESSAGE_COLUMNS: Columns = { payload: 'string', gateway: 'string', receivedms: 'bigint', trace: 'string' }
/** The lake's format (cloud/series/lake/parquet-columns.ts). */
const READING_COLUMNS: Columns = {
  ...{ meter: 'string', at_ms: 'bigint', value: 'decimal(18,3)', exact: 'double', received_ms: 'bigint' },
  ...{ quality: 'int', arrival: 'bigint' },
}
const JSON_SERDE = 'org.openx.data.jsonserde.JsonSerDe'
const PARQUET_SERDE = 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'

function addTables(scope: Construct, { settings: { stage }, lake, key }: RecordOptions, record: Bucket): void {
  const catalogId = Stack.of(scope).account
  const database = new CfnDatabase(scope, 'Tables', {
    catalogId,
    databaseInput: { name: `kilowatch_${stage}`, description: 'Messages as received, and the readings of the lake' },
  })
  const table = (id: string, name: string, columns: Columns, more: TableForm): void => {
    const made = new CfnTable(scope, id, {
      catalogId,
      databaseName: database.ref,
      tableInput: {
        name,
        tableType: 'EXTERNAL_TABLE',
        partitionKeys: Object.entries(more.partitions).map(([key, type]) => ({ name: key, type })),
        parameters: { EXTERNAL: 'TRUE', 'projection.enabled': 'true', ...more.projection },
        storageDescriptor: {
          columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
          location: more.location,
          ...more.formats,
          serdeInfo: { serializationLibrary: more.serde },
        },
      },
    })
    made.addResourceDependency(database)
  }
  table('MessagesTable', 'messages', MESSAGE_COLUMNS, {
    partitions: { day: 'string' },
    projection: {
      ...{ 'projection.day.type': 'date', 'projection.day.format': 'yyyy-MM-dd' },
      ...{ 'projection.day.range': '2026-01-01,NOW', 'projection.day.interval.unit': 'DAYS' },
    },
    location: `s3://${record.bucketName}/${MESSAGES_PREFIX}`,
    formats: {
      inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
      outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    },
    serde: JSON_SERDE,
  })
  if (lake)
    table('ReadingsTable', 'readings', READING_COLUMNS, {
      partitions: { county: 'string', month: 'string' },
      projection: {
        // A county has to be named in a query: its code is no list that a template knows.
        ...{ 'projection.county.type': 'injected', 'projection.month.type': 'date' },
        ...{ 'projection.month.format': 'yyyy-MM', 'projection.month.range': '2000-01,NOW' },
        ...{ 'projection.month.interval': '1', 'projection.month.interval.unit': 'MONTHS' },
      },
      location: `s3://${lake.bucket.bucketName}/${lake.prefix}`,
      formats: {
        inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
      },
      serde: PARQUET_SERDE,
    })
  new CfnWorkGroup(scope, 'Queries', {
    name: `kilowatch-${stage}`,
    description: 'Questions to the lake and to the record of messages',
    recursiveDeleteOption: stage !== 'prod',
    workGroupConfiguration: {
      enforceWorkGroupConfiguration: true,
      bytesScannedCutoffPerQuery: SCAN_BYTES_MAX,
      publishCloudWatchMetricsEnabled: true,
      resultConfiguration: {
        outputLocation: `s3://${record.bucketName}/${ANSWERS_PREFIX}`,
        encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: key.keyArn },
      },
    },
  })
}

interface TableForm {
  partitions: Columns
  projection: Readonly<Record<string, string>>
  location: string
  formats: { inputFormat: string; outputFormat: string }
  serde: string
}
