// Computes a month's bill in AWS: from institutions and meters to messages, invocations, units and gigabytes, by the
// trigger table and the limits of infra/functions.ts. The chosen series store adds its own lines.

import { GATHER_SECONDS, type Trigger, triggers } from '../functions/triggers.ts'
import { ASSUMED, type Case, GB, HOURS, type Line, line, MILLION } from './cost-model.ts'
import { workAt, works } from './functions.ts'
import type { SeriesStoreName } from './series-stores.ts'
import { seriesConstructs } from './series-stores.ts'

const MINUTES = HOURS * 60
const SECONDS = HOURS * 3600
const WORKING_DAYS = 21
/** Queries for series that one run of settling makes. */
const QUERIES_PER_RUN = 4
/** SQS sends, receives and deletes up to ten messages a request. */
const SQS_BATCH = 10

/** How often is settled and judged: within a span of gathering, or by a schedule (infra/settings.ts). */
export interface Rhythm {
  gatherSeconds?: number
  settleMinutes?: number
  judgeMinutes?: number
  watch?: 'all' | 'few'
}
/** Each store's own, where the context says nothing. */
export const RHYTHMS: Readonly<Record<SeriesStoreName, Rhythm>> = {
  lake: { settleMinutes: 60, judgeMinutes: 60, watch: 'few' },
  influxdb: {},
  timestream: {},
}

/**
 * A month of normal operation: all gateways send, everything works, nobody imports history.
 */
export function monthlyLines(
  one: Case,
  store: SeriesStoreName,
  { gatherSeconds = GATHER_SECONDS, settleMinutes = 0, judgeMinutes = 0, watch = 'all' }: Rhythm = RHYTHMS[store],
): Line[] {
  const of = volumesOf(one, {
    paces: { settle: settleMinutes, assess: judgeMinutes },
    settleSeconds: Math.max(gatherSeconds, settleMinutes * 60),
    judgeSeconds: Math.max(gatherSeconds, settleMinutes * 60, judgeMinutes * 60),
  })
  const { messages, perBatch, invocations } = of
  return [
    line('gateways: connection', 'iotMinutes', (of.gateways * MINUTES) / MILLION),
    line('gateways: statuses', 'iotMessages', (of.gateways * HOURS * ASSUMED.statusesPerGatewayHour) / MILLION),
    line('gateways: rule for readings', 'iotRules', messages / MILLION),
    line('gateways: action for readings', 'iotActions', messages / MILLION),
    line('record: action', 'iotActions', messages / MILLION),
    line('record: Firehose', 'firehose', (messages * ASSUMED.firehoseBytes) / GB),
    line('record: a year', 's3Storage', (12 * messages * ASSUMED.recordBytes) / GB),
    line('queues: readings', 'sqsStandard', (messages * (1 + 2 / Math.min(perBatch, SQS_BATCH)) + of.polls) / MILLION),
    line('queues: work', 'sqsFifo', ((of.shardMessages * 3) / of.perRun + of.queues * of.polls) / MILLION),
    line('functions: invocations', 'lambdaRequests', invocations / MILLION),
    line('functions: time', 'lambdaGbSeconds', gbSecondsOf(of) / MILLION),
    line('documents: writes', 'dynamoWrites', writesOf(of) / MILLION),
    line('documents: reads', 'dynamoReads', readsOf(of) / MILLION),
    line('documents: storage', 'dynamoStorage', (one.meters * ASSUMED.stateBytesPerMeter) / GB),
    line('documents: long ones, written', 's3Puts', of.objects / MILLION),
    line('documents: long ones, read', 's3Gets', of.objects / MILLION),
    ...seriesConstructs[store].monthOf(one, { ...of, queries: of.runs * QUERIES_PER_RUN }),
    line('API: requests', 'httpRequests', of.requests / MILLION),
    line('logs', 'logs', (invocations * ASSUMED.logBytesPerInvocation) / GB),
    line('keys, secrets, alarms', 'fixed', watch === 'few' ? ASSUMED.fixedFewUsd : ASSUMED.fixedUsd),
  ]
}

/** What is merged into one run, and schedules of their own of triggers; 0: the trigger table's. */
interface Spans {
  settleSeconds: number
  judgeSeconds: number
  paces: Readonly<Record<string, number>>
}

/** Counts of a month. */
function volumesOf(one: Case, { settleSeconds, judgeSeconds, paces }: Spans) {
  const gateways = one.institutions * ASSUMED.gatewaysPerInstitution
  const messages = (gateways * MINUTES) / one.everyMinutes
  const readings = (one.meters * MINUTES) / one.everyMinutes
  const spans = SECONDS / settleSeconds

  // A batch is what one poller finds in one window; it closes early when it is full.
  const ingest = workAt('ingest', paces.settle ?? 0)
  const perBatch = clamp(
    ((messages / SECONDS) * (ingest.batch?.seconds ?? 1)) / ASSUMED.pollersPerQueue,
    1,
    ingest.batch?.messages ?? 1,
  )
  const ingestRuns = messages / perBatch
  // Counties of which a batch has a message, where messages of all come as often.
  const groups = ingestRuns * one.shards * (1 - (1 - 1 / one.shards) ** perBatch)

  // Messages for one shard within a span merge into one; a shard without messages is not worked on.
  const shardRuns = Math.min(messages, one.shards * spans)
  const settledMeters = Math.min(readings, one.meters * spans)
  const settledInstitutions = Math.min(messages, one.institutions * spans)
  const judgeSpans = SECONDS / judgeSeconds
  const assessed = Math.min(messages, one.institutions * judgeSpans)
  const judgeRuns = Math.min(messages, one.shards * judgeSpans)
  const perRun = clamp(one.shards / works.settle.copies, 1, SQS_BATCH)
  const runs = shardRuns / perRun

  const { ticks, tickShards, queues } = ticksOf(one, paces)
  const idleShards = Math.max(0, tickShards - shardRuns - (paces.assess ? judgeRuns : 0))
  const polls = (ASSUMED.pollersPerQueue * SECONDS) / ASSUMED.pollSeconds

  const requests = one.readers * WORKING_DAYS * ASSUMED.requestsPerReaderDay
  const invocations = ingestRuns + runs + judgeRuns / perRun + ticks + idleShards / SQS_BATCH + requests
  const shardMessages = shardRuns + judgeRuns + idleShards

  const objects = shardRuns * ASSUMED.objectsPerShard
  return {
    ...{ gateways, messages, readings, perBatch, ingestRuns, groups, shardRuns, settledMeters, settledInstitutions },
    ...{ assessed, perRun, runs, judgeRuns, ticks, idleShards, queues, polls, requests, invocations, shardMessages },
    objects,
  }
}
type Volumes = ReturnType<typeof volumesOf>

/**
 * Each tick is one run that sends a message for every shard; these find nothing new where ingest has sent one already.
 */
function ticksOf({ shards }: Case, paces: Spans['paces']) {
  const rows = Object.entries<Trigger>(triggers).map(([name, row]): Trigger => {
    return paces[name] ? { ...row, everyMinutes: paces[name] } : row
  })
  return {
    ticks: rows.reduce((sum, { everyMinutes }) => sum + (everyMinutes ? MINUTES / everyMinutes : 0), 0),
    tickShards: rows.reduce(
      (sum, { everyMinutes, each }) => sum + (everyMinutes && each ? (MINUTES / everyMinutes) * shards : 0),
      0,
    ),
    queues: rows.filter(({ queue }) => queue).length,
  }
}

function gbSecondsOf({
  ingestRuns,
  messages,
  runs,
  judgeRuns,
  perRun,
  shardRuns,
  settledMeters,
  assessed,
  ticks,
  idleShards,
}: Volumes): number {
  const { ingestSeconds, settleSeconds, assessSeconds, idleSeconds } = ASSUMED
  return (
    gb(works.ingest.memoryMb) * (ingestRuns * ingestSeconds.each + messages * ingestSeconds.message) +
    gb(works.settle.memoryMb) *
      (runs * settleSeconds.each + shardRuns * settleSeconds.shard + settledMeters * settleSeconds.meter) +
    gb(works.assess.memoryMb) * ((judgeRuns / perRun) * assessSeconds.each + assessed * assessSeconds.institution) +
    gb(works.notify.memoryMb) * (ticks + idleShards / SQS_BATCH) * idleSeconds
  )
}

const writesOf = ({ groups, shardRuns, judgeRuns, assessed }: Volumes): number =>
  groups * ASSUMED.ingestWritesPerGroup +
  shardRuns * ASSUMED.settleWritesPerShard +
  judgeRuns * ASSUMED.assessWritesPerShard +
  assessed * ASSUMED.assessWritesPerInstitution

const readsOf = ({ invocations, shardRuns, judgeRuns, assessed }: Volumes): number =>
  invocations * ASSUMED.readsPerInvocation +
  shardRuns * ASSUMED.settleReadsPerShard +
  judgeRuns * ASSUMED.assessReadsPerShard +
  assessed * ASSUMED.assessReadsPerInstitution

const gb = (megabytes: number): number => megabytes / 1024
const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value))
