// Types and assumptions of the cost model: a case, a line of its bill, and the named assumptions that are not measured.
// infra/cost-month.ts computes with them; docs/cost.md shows everything.

import type { PriceName } from './prices.ts'

export interface Case {
  name: string
  institutions: number
  meters: number
  /** Counties. */
  shards: number
  /** Interval at which a gateway sends the readings of all its meters in one message. */
  everyMinutes: number
  /** Users of the page on a working day. */
  readers: number
  /** vCPUs of the InfluxDB instance, in each of two zones. */
  influxVcpus: number
}

/** Not measured in AWS, where Kilowatch has not run: change a value and `npm run cost` shows its effect. */
export const ASSUMED = {
  gatewaysPerInstitution: 1,
  /** A status is published when its figures have changed. */
  statusesPerGatewayHour: 1,
  /** Lambda's pollers at a queue: a batch is what one of them finds. */
  pollersPerQueue: 5,
  /** Seconds that a poller waits at an empty queue. */
  pollSeconds: 20,
  /** Seconds of an invocation: fixed, and for each message, shard or institution in it. */
  ingestSeconds: { each: 0.06, message: 0.0015 },
  settleSeconds: { each: 0.1, shard: 0.15, meter: 0.002 },
  assessSeconds: { each: 0.1, institution: 0.02 },
  idleSeconds: 0.1,
  /** DynamoDB units: a batch's ledger items and head. */
  ingestWritesPerGroup: 1,
  readsPerInvocation: 4,
  /**
   * DynamoDB units of a shard's marks, and of an institution's month sums and list row. test/cloud/units.test.ts counts
   * hourly runs in the eleventh month of a year: 2 and 3, some 8 and 24, 3 and 2; the rest is for what its fleet lacks.
   */
  settleWritesPerShard: 4,
  settleReadsPerShard: 10,
  assessWritesPerShard: 20,
  assessReadsPerShard: 50,
  assessWritesPerInstitution: 3,
  assessReadsPerInstitution: 2,
  /** Marks of a shard too long for an item are stored in S3. */
  objectsPerShard: 1,
  /** Bytes of a reading and of a meter's day of 24 hours in Timestream; InfluxDB packs a reading into `packedBytes`. */
  readingBytes: 80,
  dayBytes: 400,
  packedBytes: 4,
  /** Bytes that Firehose counts for a message, and that a message takes in the record, compressed. */
  firehoseBytes: 5_120,
  recordBytes: 250,
  /** The lake: bytes of a reading in an item of a message, of the item itself, and of a meter's day. */
  itemReadingBytes: 16,
  itemBytes: 180,
  itemDayBytes: 360,
  /** Of 115,488 readings of 1,203 made-up meters, written on a busy machine: bytes and seconds of a core each. */
  lakeBytes: 3.1,
  lakeSeconds: 0.00005,
  /** A reading is written by a day, read and written by a merge. */
  lakePasses: 3,
  /** Timestream counts a write of up to 100 records with common attributes in units of 1 KB. */
  queriesPerTcuHour: 40_000,
  requestsPerReaderDay: 300,
  logBytesPerInvocation: 600,
  stateBytesPerMeter: 6_000,
  /** Keys, secrets, 75 alarms, a dashboard; with `watch=few` a key and six alarms. */
  fixedUsd: 12,
  fixedFewUsd: 1.6,
} as const

/** Hours of a month. */
export const HOURS = 730
export const MILLION = 1e6
export const GB = 1e9

export interface Line {
  /** The part of the design that costs. */
  part: string
  price: PriceName
  /** In the price's unit. */
  quantity: number
}

export const line = (part: string, price: PriceName, quantity: number): Line => ({ part, price, quantity })
