// What a month in AWS is made of: from institutions and meters to messages, invocations, units and gigabytes, along the
// trigger table and the limits of infra/functions.ts. What is assumed and not measured stands in ASSUMED, by name, and
// in docs/cost.md.

import { GATHER_SECONDS, type Trigger, triggers } from '../functions/triggers.ts'
import { works } from './functions.ts'
import type { PriceName } from './prices.ts'
import type { SeriesStore } from './settings.ts'

export interface Case {
  name: string
  institutions: number
  meters: number
  /** Counties. */
  shards: number
  /** One gateway sends the readings of its meters in one message each so many minutes. */
  everyMinutes: number
  /** Whoever looks at the page, on a working day. */
  readers: number
  /** vCPUs of the InfluxDB instance, in each of two zones. */
  influxVcpus: number
}

/** Not measured in AWS, where Kilowatch has not run: change one and `npm run cost` says what it means. */
export const ASSUMED = {
  gatewaysPerInstitution: 1,
  /** A status is published when its figures have changed. */
  statusesPerGatewayHour: 1,
  /** Pollers that Lambda keeps at a queue: a batch is what one of them finds. */
  pollersPerQueue: 5,
  /** Seconds that a poller waits at an empty queue. */
  pollSeconds: 20,
  /** Seconds of an invocation: to begin with, and for each message, shard or institution in it. */
  ingestSeconds: { each: 0.06, message: 0.0015 },
  settleSeconds: { each: 0.1, shard: 0.15, meter: 0.002 },
  assessSeconds: { each: 0.1, institution: 0.02 },
  idleSeconds: 0.1,
  /**
   * DynamoDB units: a batch's ledger items and head, a shard's marks, an institution's month sums, statuses and list
   * rows.
   */
  ingestWritesPerGroup: 1,
  readsPerInvocation: 4,
  settleWritesPerShard: 40,
  settleReadsPerShard: 40,
  assessWritesPerInstitution: 6,
  assessReadsPerInstitution: 20,
  /** Shard marks that are too long for an item lie in S3. */
  objectsPerShard: 1,
  /** Bytes of a reading and of a meter's day of 24 hours in Timestream; InfluxDB packs a reading into `packedBytes`. */
  readingBytes: 80,
  dayBytes: 400,
  packedBytes: 4,
  /** Timestream counts a write of up to 100 records with common attributes in units of 1 KB. */
  queriesPerTcuHour: 40_000,
  requestsPerReaderDay: 300,
  logBytesPerInvocation: 600,
  stateBytesPerMeter: 6_000,
  /** Keys, secrets, 40 alarms, a dashboard. */
  fixedUsd: 10,
} as const

const HOURS = 730
const MINUTES = HOURS * 60
const SECONDS = HOURS * 3600
const WORKING_DAYS = 21
const MILLION = 1e6
const GB = 1e9
/** SQS takes, gives and deletes up to ten messages a request. */
const SQS_BATCH = 10

export interface Line {
  /** What is paid for: the part of the design. */
  part: string
  price: PriceName
  /** In the unit of the price. */
  quantity: number
}

/**
 * A month at rest: all gateways send, everything works, nobody imports history. `gatherSeconds` is the trigger table's.
 */
export function monthOf(one: Case, store: SeriesStore, gatherSeconds: number = GATHER_SECONDS): Line[] {
  const gateways = one.institutions * ASSUMED.gatewaysPerInstitution
  const messages = (gateways * MINUTES) / one.everyMinutes
  const readings = (one.meters * MINUTES) / one.everyMinutes
  const spans = SECONDS / gatherSeconds

  // A batch is what one poller finds in one window; it closes early when it is full.
  const ingest = works.ingest
  const perBatch = clamp(
    ((messages / SECONDS) * (ingest.batch?.seconds ?? 1)) / ASSUMED.pollersPerQueue,
    1,
    ingest.batch?.messages ?? 1,
  )
  const ingestRuns = messages / perBatch
  const groups = ingestRuns * Math.min(perBatch, one.shards)

  // Messages for one shard that come within a span are one; what nobody sent to is not worked on.
  const shardRuns = Math.min(messages, one.shards * spans)
  const settledMeters = Math.min(readings, one.meters * spans)
  const assessed = Math.min(messages, one.institutions * spans)
  const perRun = clamp(one.shards / works.settle.copies, 1, SQS_BATCH)
  const runs = shardRuns / perRun

  // Each tick is one run that sends a message for every shard; those find nothing new where ingest has sent one
  // already.
  const rows = Object.values<Trigger>(triggers)
  const ticks = rows.reduce((sum, { everyMinutes }) => sum + (everyMinutes ? MINUTES / everyMinutes : 0), 0)
  const tickShards = rows.reduce(
    (sum, { everyMinutes, each }) => sum + (everyMinutes && each ? (MINUTES / everyMinutes) * one.shards : 0),
    0,
  )
  const idleShards = Math.max(0, tickShards - shardRuns)
  const queues = rows.filter(({ queue }) => queue).length
  const polls = (ASSUMED.pollersPerQueue * SECONDS) / ASSUMED.pollSeconds

  const { ingestSeconds, settleSeconds, assessSeconds, idleSeconds } = ASSUMED
  const gbSeconds =
    gb(ingest.memoryMb) * (ingestRuns * ingestSeconds.each + messages * ingestSeconds.message) +
    gb(works.settle.memoryMb) *
      (runs * settleSeconds.each + shardRuns * settleSeconds.shard + settledMeters * settleSeconds.meter) +
    gb(works.assess.memoryMb) * (runs * assessSeconds.each + assessed * assessSeconds.institution) +
    gb(works.notify.memoryMb) * (ticks + idleShards / SQS_BATCH) * idleSeconds
  const requests = one.readers * WORKING_DAYS * ASSUMED.requestsPerReaderDay
  const invocations = ingestRuns + 2 * runs + ticks + idleShards / SQS_BATCH + requests
  const shardMessages = 2 * shardRuns + idleShards

  const writes =
    groups * ASSUMED.ingestWritesPerGroup +
    shardRuns * ASSUMED.settleWritesPerShard +
    assessed * ASSUMED.assessWritesPerInstitution
  const reads =
    invocations * ASSUMED.readsPerInvocation +
    shardRuns * ASSUMED.settleReadsPerShard +
    assessed * ASSUMED.assessReadsPerInstitution
  const objects = shardRuns * ASSUMED.objectsPerShard
  return [
    line('gateways: connection', 'iotMinutes', (gateways * MINUTES) / MILLION),
    line('gateways: statuses', 'iotMessages', (2 * gateways * HOURS * ASSUMED.statusesPerGatewayHour) / MILLION),
    line('gateways: rule for readings', 'iotRules', messages / MILLION),
    line('gateways: action for readings', 'iotActions', messages / MILLION),
    line('queues: readings', 'sqsStandard', (messages * (1 + 2 / Math.min(perBatch, SQS_BATCH)) + polls) / MILLION),
    line('queues: work', 'sqsFifo', ((shardMessages * 3) / perRun + queues * polls) / MILLION),
    line('functions: invocations', 'lambdaRequests', invocations / MILLION),
    line('functions: time', 'lambdaGbSeconds', gbSeconds / MILLION),
    line('documents: writes', 'dynamoWrites', writes / MILLION),
    line('documents: reads', 'dynamoReads', reads / MILLION),
    line('documents: storage', 'dynamoStorage', (one.meters * ASSUMED.stateBytesPerMeter) / GB),
    line('documents: long ones, written', 's3Puts', objects / MILLION),
    line('documents: long ones, read', 's3Gets', objects / MILLION),
    ...(store === 'timestream'
      ? timestream({ readings, settledMeters, meters: one.meters, queries: runs * 4 })
      : influx(one, readings)),
    line('API: requests', 'httpRequests', requests / MILLION),
    line('logs', 'logs', (invocations * ASSUMED.logBytesPerInvocation) / GB),
    line('keys, secrets, alarms', 'fixed', ASSUMED.fixedUsd),
  ]
}

interface SeriesVolumes {
  readings: number
  settledMeters: number
  meters: number
  queries: number
}

function timestream({ readings, settledMeters, meters, queries }: SeriesVolumes): Line[] {
  const { readingBytes, dayBytes } = ASSUMED
  const writtenBytes = readings * readingBytes + settledMeters * dayBytes
  const keptBytes = 12 * (readings * readingBytes + meters * (HOURS / 24) * dayBytes)
  // A day of what is written stays in memory.
  const memoryGb = writtenBytes / (HOURS / 24) / GB
  return [
    line('series: writes', 'timestreamWrites', writtenBytes / 1024 / MILLION),
    line('series: memory', 'timestreamMemory', memoryGb * HOURS),
    line('series: a year on magnetic', 'timestreamMagnetic', keptBytes / GB),
    line('series: queries', 'timestreamQueries', queries / ASSUMED.queriesPerTcuHour),
  ]
}

/** Two zones, as stage prod has; the network's two endpoints in each. */
function influx({ influxVcpus, meters }: Case, readings: number): Line[] {
  const keptBytes = 12 * (readings * ASSUMED.packedBytes + meters * HOURS * ASSUMED.packedBytes)
  return [
    line('series: InfluxDB', 'influxVcpuHours', 2 * influxVcpus * HOURS),
    line('series: storage', 'influxStorage', 2 * Math.max(100, keptBytes / GB)),
    line('series: network endpoints', 'endpointHours', 2 * 2 * HOURS),
  ]
}

const line = (part: string, price: PriceName, quantity: number): Line => ({ part, price, quantity })
const gb = (megabytes: number): number => megabytes / 1024
const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value))
