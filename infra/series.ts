// The contract of a series store in infra/: its resources and its cost. Each store is a file beside this one;
// series-stores.ts is the table of all.

import type { RemovalPolicy } from 'aws-cdk-lib'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { SecurityGroup, SubnetSelection, Vpc } from 'aws-cdk-lib/aws-ec2'
import type { Key } from 'aws-cdk-lib/aws-kms'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import type { Access } from './access.ts'
import type { Case, Line } from './cost-model.ts'

export type SeriesName = 'readings' | 'consumption'

export interface SeriesConstructs {
  build(scope: Construct, options: SeriesOptions): BuiltSeries
  /** Its lines of a month's bill. */
  monthOf(one: Case, volumes: SeriesVolumes): Line[]
}

/** The settings that a store may need (infra/settings.ts). */
export interface SeriesSettings {
  stage: string
  influx?: { url: string; database: string; secretArn: string }
  influxClass: string
  /** A new value makes a new token of the InfluxDB that is built. */
  influxToken: string
}

export interface SeriesOptions {
  settings: SeriesSettings
  key: Key
  objects: Bucket
  /** Access logs. */
  logs: Bucket
  removalPolicy: RemovalPolicy
}

export interface BuiltSeries {
  series(reads: readonly SeriesName[], writes: readonly SeriesName[]): Access
  /** The network in which functions that use series must run; undefined when they can run anywhere. */
  network: SeriesNetwork | undefined
  /** Name of the database instance that is built, for its metrics. */
  instance?: string
  /** A function that sets the store up, once. */
  setUp?: SetUp
  /** A function that works on the store on a schedule, county by county. */
  tending?: Tending
  /** Files of readings below a prefix of a bucket, which Athena may read. */
  lake?: { bucket: Bucket; prefix: string }
  /** Tables of its own, which are watched as the state table is, by the name of their alarms. */
  tables?: Readonly<Record<string, Table>>
}

export interface Tending {
  /** Name of its entry, of its queue and of the writer of documents that it is. */
  name: 'lake'
  everyMinutes: number
  work: { memoryMb: number; seconds: number; copies: number }
  access: Access
}

export interface SetUp {
  /** Name of its entry. */
  name: string
  access: Access
  /** It runs again when this changes. */
  version: string
}

export interface SeriesNetwork {
  vpc: Vpc
  vpcSubnets: SubnetSelection
  securityGroups: SecurityGroup[]
}

/** Counts of a month. */
export interface SeriesVolumes {
  readings: number
  /** Messages with readings of gateways. */
  messages: number
  /** Days of a meter that are settled and written. */
  settledMeters: number
  /** Institutions whose hours are settled, and that are judged, each time. */
  settledInstitutions: number
  assessed: number
  queries: number
}
