// The one table of triggers (docs/rules/platform.md#trigger-table). `infra/` maps each row to AWS, `local/host.ts` maps
// the same row to the embedded host. A row names the handler module in this folder and its events.

import type { QueueName } from './platform.ts'

export interface Trigger {
  /** MQTT topic filter whose messages come in batches. */
  mqtt?: string
  /** Fixed rate in minutes. */
  everyMinutes?: number
  /** HTTP routes, method and path; `{name}` is a path parameter. */
  http?: readonly HttpRoute[]
  /** Queue of shard messages. */
  queue?: QueueName
  /** Unit of one queue message: a shard (county), an area above others, or any area. Absent: one message for all. */
  each?: 'shard' | 'above' | 'area'
}
export type HttpRoute = `${'GET' | 'POST' | 'PUT' | 'DELETE'} /api/v1/${string}`

/**
 * In AWS, messages for one shard sent within the same span of this length merge into one, and a queue delays each
 * message a second longer than that, so that none is merged into work that has begun: docs/decisions/0016.
 */
export const GATHER_SECONDS = 30
export const QUEUE_DELAY_SECONDS = GATHER_SECONDS + 1
/**
 * In AWS a message that fails returns until it is this old; then it is set aside with its reason. Longer than a holiday
 * in which nobody mends a store, and shorter than SQS keeps a message (14 days).
 */
export const MESSAGE_AGE_MAX_MS = 10 * 86_400_000
/** Receives after which SQS itself moves a message, without a reason: its maximum, beyond those of ten days. */
export const RECEIVES_MAX = 1_000

/** In AWS, the namespace of metrics of ours, which alarms read. */
export const METRICS_NAMESPACE = 'Kilowatch'

export const triggers = {
  ingest: { mqtt: 'kw/v1/+/readings' },
  settle: { everyMinutes: 1, queue: 'settle', each: 'shard' },
  assess: { everyMinutes: 15, queue: 'assess', each: 'area' },
  rollup: { everyMinutes: 15, queue: 'rollup', each: 'above' },
  notify: { everyMinutes: 1, queue: 'notify' },
  prune: { everyMinutes: 60, queue: 'prune' },
  reports: { everyMinutes: 60, queue: 'reports', each: 'area' },
  contract: { everyMinutes: 60, queue: 'contract' },
  control: { everyMinutes: 1, queue: 'control' },
  api: {
    http: [
      'GET /api/v1/openapi.json',
      'GET /api/v1/health',
      'GET /api/v1/session',
      'POST /api/v1/session',
      'DELETE /api/v1/session',
      'POST /api/v1/session/invitation',
      'POST /api/v1/session/password',
      'GET /api/v1/permissions',
      'GET /api/v1/people',
      'PUT /api/v1/people/{id}',
      'DELETE /api/v1/people/{id}',
      'POST /api/v1/people/{id}/invitation',
      'POST /api/v1/people/{id}/deactivate',
      'GET /api/v1/tokens',
      'POST /api/v1/tokens',
      'DELETE /api/v1/tokens/{id}',
      'GET /api/v1/denials',
      'GET /api/v1/audit',
      'GET /api/v1/areas/{code}',
      'GET /api/v1/areas/{code}/status',
      'GET /api/v1/areas/{code}/access',
      'GET /api/v1/areas/{code}/trend',
      'GET /api/v1/areas/{code}/freshness',
      'GET /api/v1/institutions',
      'GET /api/v1/institutions/{id}',
      'GET /api/v1/institutions/{id}/status',
      'GET /api/v1/institutions/{id}/registers',
      'GET /api/v1/institutions/{id}/trend',
      'GET /api/v1/meters/{id}',
      'GET /api/v1/meters/{id}/series',
      'GET /api/v1/meters/{id}/events',
      'POST /api/v1/meters/{id}/rule-simulation',
      'GET /api/v1/meters/{id}/control-rules',
      'GET /api/v1/institutions/{id}/control-rules',
      'PUT /api/v1/meters/{id}/control-rules/{rule}',
      'DELETE /api/v1/meters/{id}/control-rules/{rule}',
      'POST /api/v1/meters/{id}/control-rules/{rule}/trial',
      'PUT /api/v1/meters/{id}/control-rules/{rule}/permission',
      'DELETE /api/v1/meters/{id}/control-rules/{rule}/permission',
      'POST /api/v1/meters/{id}/control-rules/{rule}/orders/{order}/confirm',
      'POST /api/v1/meters/{id}/control-rules/{rule}/orders/{order}/decline',
      'GET /api/v1/areas/{code}/events',
      'POST /api/v1/meters/{id}/events/{event}/accept',
      'POST /api/v1/meters/{id}/events/{event}/undo',
      'POST /api/v1/meters/{id}/events/{event}/reopen',
      'POST /api/v1/repairs',
      'GET /api/v1/repairs',
      'GET /api/v1/institutions/{id}/revisions',
      'GET /api/v1/areas/{code}/revisions',
      'GET /api/v1/alerts',
      'GET /api/v1/alerts/{id}',
      'GET /api/v1/alerts/{id}/curve',
      'POST /api/v1/alerts/ack',
      'POST /api/v1/alerts/{id}/ack',
      'POST /api/v1/alerts/{id}/remark',
      'GET /api/v1/acknowledgements/{alert}',
      'POST /api/v1/acknowledgements/{alert}',
      'GET /api/v1/settings/thresholds/{subject}',
      'PUT /api/v1/settings/thresholds/{subject}',
      'GET /api/v1/notifications',
      'GET /api/v1/settings/recipients',
      'PUT /api/v1/settings/recipients/{id}',
      'DELETE /api/v1/settings/recipients/{id}',
      'POST /api/v1/settings/recipients/{id}/test',
      'GET /api/v1/settings/recipients/{id}/tests/{at}',
      'GET /api/v1/settings/notify',
      'PUT /api/v1/settings/notify',
      'GET /api/v1/settings/retention',
      'PUT /api/v1/settings/retention',
      'GET /api/v1/rejections',
      'POST /api/v1/readings',
      'PUT /api/v1/registry',
      'POST /api/v1/registry/preview',
      'GET /api/v1/targets',
      'POST /api/v1/backups',
      'POST /api/v1/exports',
      'POST /api/v1/upload-packages',
      'GET /api/v1/arrivals/{id}',
      'GET /api/v1/gateways',
      'POST /api/v1/gateways/{id}/credentials',
      'POST /api/v1/gateways/{id}/credentials/confirm',
      'DELETE /api/v1/gateways/{id}/credentials',
      'POST /api/v1/gateways/{id}/enrolment',
      'POST /api/v1/gateways/{id}/commands',
      'GET /api/v1/gateways/{id}/commands',
      'POST /api/v1/gateways/{id}/control',
      'POST /api/v1/gateways/{id}/control/{command}/confirm',
      'GET /api/v1/tables/{table}',
      'GET /api/v1/alternatives',
      'GET /api/v1/plans',
      'GET /api/v1/calendar',
      'GET /api/v1/institutions/{id}/explain',
      'GET /api/v1/areas/{code}/explain',
      'GET /api/v1/alerts/{id}/explain',
      'GET /api/v1/institutions/{id}/carbon',
      'GET /api/v1/areas/{code}/carbon',
      'GET /api/v1/institutions/{id}/tree',
      'GET /api/v1/institutions/{id}/use',
      'GET /api/v1/institutions/{id}/flow',
      'GET /api/v1/institutions/{id}/cost',
      'GET /api/v1/institutions/{id}/data-centre',
      'GET /api/v1/institutions/{id}/pace',
      'GET /api/v1/institutions/{id}/quota-target',
      'GET /api/v1/areas/{code}/ranking',
      'GET /api/v1/areas/{code}/demonstration',
      'GET /api/v1/areas/{code}/key-users',
      'GET /api/v1/areas/{code}/target-plan',
      'POST /api/v1/areas/{code}/target-plan',
      'GET /api/v1/reports/{subject}',
      'GET /api/v1/reports/{subject}/{month}',
      'POST /api/v1/reports/{subject}/{month}/build',
      'POST /api/v1/reports/{subject}/{month}/check',
      'POST /api/v1/reports/{subject}/{month}/submit',
      'POST /api/v1/reports/{subject}/{month}/return',
      'POST /api/v1/reports/{subject}/{month}/accept',
      'POST /api/v1/reports/{subject}/{month}/lock',
      'POST /api/v1/reports/{subject}/{month}/revise',
      'GET /api/v1/reports/{subject}/{month}/differences',
      'GET /api/v1/reports/{subject}/{month}/revisions/{number}/differences',
      'GET /api/v1/reports/{subject}/{month}/revisions/{number}/files/{name}',
      'GET /api/v1/reports/{subject}/{month}/explain',
      'POST /api/v1/reports/{subject}/{month}/template',
      'GET /api/v1/areas/{code}/reports-due',
      'GET /api/v1/forms/{institution}/{period}',
      'PUT /api/v1/forms/{institution}/{period}/entries',
      'PUT /api/v1/forms/{institution}/{period}/justifications',
      'GET /api/v1/settings/report-checks',
      'PUT /api/v1/settings/report-checks',
      'GET /api/v1/areas/{code}/spot-checks/{year}',
      'POST /api/v1/areas/{code}/spot-checks/{year}',
      'GET /api/v1/weather/stations',
      'PUT /api/v1/weather/stations',
      'GET /api/v1/weather/stations/{id}/temperatures',
      'PUT /api/v1/weather/stations/{id}/temperatures',
      'GET /api/v1/areas/{code}/weather',
      'GET /api/v1/areas/{code}/contract-candidates',
      'GET /api/v1/contracts',
      'GET /api/v1/contracts/{id}',
      'PUT /api/v1/contracts/{id}',
      'POST /api/v1/contracts/{id}/baseline',
      'POST /api/v1/contracts/{id}/sign',
      'POST /api/v1/contracts/{id}/adjustments',
      'POST /api/v1/contracts/{id}/adjustments/{number}/accept',
      'POST /api/v1/contracts/{id}/adjustments/{number}/reject',
      'POST /api/v1/contracts/{id}/adjustments/{number}/withdraw',
      'POST /api/v1/contracts/{id}/settle',
      'GET /api/v1/contracts/{id}/measuring',
      'GET /api/v1/contracts/{id}/settlements',
      'GET /api/v1/contracts/{id}/settlements/{period}',
      'GET /api/v1/contracts/{id}/settlements/{period}/files/{name}',
      'GET /api/v1/contracts/{id}/plan/{name}',
      'POST /api/v1/contracts/{id}/settlements/{period}/sign',
      'POST /api/v1/contracts/{id}/settlements/{period}/dispute',
      'POST /api/v1/contracts/{id}/settlements/{period}/resolve',
      'POST /api/v1/contracts/{id}/settlements/{period}/pay',
    ],
  },
} satisfies Record<string, Trigger>

/** A route of the table; functions/api/routes.ts must have a handler for each. */
export type ApiRoute = (typeof triggers.api.http)[number]

/**
 * Work inside a trigger with its own shortest interval; functions/state/due.ts computes when it is due. It runs with
 * the first run of its trigger after that interval: AWS has no schedule for such a row. `assess` runs on its own
 * schedule and after each settling of the county.
 */
export interface Schedule {
  within: keyof typeof triggers
  /** Shortest interval. */
  everyMinutes: number
  /** Once a day: when it is first due, in minutes after local midnight, and over how many minutes areas are spread. */
  daily?: { fromMinute: number; spreadMinutes: number }
  /** A description for readers of this table. */
  does: string
}

const HOUR = 60
const DAY = 24 * HOUR

export const schedules = {
  silence: { within: 'assess', everyMinutes: 5, does: 'looks for silent gateways and meters of an area' },
  dailyAlerts: {
    within: 'assess',
    everyMinutes: DAY,
    // After the night's last hour, and spread so that a province's areas do not come all at once.
    daily: { fromMinute: 5 * HOUR + 15, spreadMinutes: 2 * HOUR },
    does: 'holds judgements and hours of an area against their limits',
  },
  clocks: { within: 'assess', everyMinutes: HOUR, does: "looks for clocks that jumped among a county's meters" },
  listRows: {
    within: 'assess',
    everyMinutes: DAY,
    // A new day moves every rolling year.
    daily: { fromMinute: 0, spreadMinutes: 0 },
    does: 'makes all list rows of a county anew, and its part of the means of kinds',
  },
  reportReminders: {
    within: 'notify',
    everyMinutes: DAY,
    // When offices have opened.
    daily: { fromMinute: 9 * HOUR, spreadMinutes: 0 },
    does: 'reminds of reports that are due and not submitted',
  },
  telling: {
    within: 'notify',
    // Events wait this long for others of the same cause; shards are assessed one after the other, not all at once.
    everyMinutes: 2,
    does: 'tells the events that wait, once the oldest has waited as long',
  },
} as const satisfies Record<string, Schedule>
