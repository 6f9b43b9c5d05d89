// A bucket of the stack: private, encrypted by the stack's key, with versions and a log of access.

import type { RemovalPolicy } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  type LifecycleRule,
} from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'

export interface PrivateBucketOptions {
  key: IKey
  /** Where its log of access goes, below `prefix`. */
  logs: IBucket
  prefix: string
  removalPolicy: RemovalPolicy
  lifecycleRules: LifecycleRule[]
  /** How long nobody can delete a file, and where each is copied. */
  more?: Pick<BucketProps, 'objectLockDefaultRetention' | 'replicationRules' | 'replicationRole'>
}

export const addPrivateBucket = (
  scope: Construct,
  id: string,
  { key, logs, prefix, removalPolicy, lifecycleRules, more }: PrivateBucketOptions,
): Bucket =>
  new Bucket(scope, id, {
    ...{ blockPublicAccess: BlockPublicAccess.BLOCK_ALL, enforceSSL: true, removalPolicy, lifecycleRules },
    encryption: BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    versioned: true,
    serverAccessLogsBucket: logs,
    serverAccessLogsPrefix: prefix,
    ...more,
  })
