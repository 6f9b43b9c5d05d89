// Composes the platform on AWS from the environment: managed stores, queues, mail and devices. Also exports the three
// functions with which cloud/entries connects a handler to AWS's events.

import { IoTClient } from '@aws-sdk/client-iot'
import { SESv2Client } from '@aws-sdk/client-sesv2'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { ApiEvent, ApiResult } from '../functions/api.ts'
import type { Handler } from '../functions/handler.ts'
import type { MqttBatch, MqttBatchResult, Platform, QueueName, ShardEvent, ShardResult } from '../functions/platform.ts'
import { notifySettingOf } from '../functions/telling/outbox.ts'
import { takeResult } from '../functions/wire/commands.ts'
import { deadLetters } from './dead-letters.ts'
import { iotDevices } from './devices.ts'
import { variable } from './environment.ts'
import { apiEntry } from './events/http.ts'
import { mqttEntry, type SqsHandler } from './events/messages.ts'
import { shardEntry } from './events/queued.ts'
import { sqsFanOut } from './fan-out.ts'
import { lambdaConnectionWatch, lambdaGatewayWatch } from './gateway-watch.ts'
import { lazy } from './lazy.ts'
import { jsonLog } from './log.ts'
import { metricsWriter } from './metrics.ts'
import { cloudNotifier } from './notify.ts'
import { lazyStores } from './stores.ts'

/** IoT Core's registry allows some ten calls a second per account; the SDK waits longer each time, with jitter. */
const IOT_ATTEMPTS = 8

const sqs = lazy(() => new SQSClient())
export const log = jsonLog({ now: Date.now })
export const countMetrics = metricsWriter({ stage: () => variable('KILOWATCH_STAGE'), now: Date.now })
const letters = deadLetters({ sqs, url: () => variable('KILOWATCH_DEAD_LETTERS_URL'), now: Date.now, log })
const fanOut = sqsFanOut({
  ...{ sqs, now: Date.now, log },
  urlOf: (queue) => variable(QUEUE_VARIABLES[queue]),
  waits: (queue) => variable('KILOWATCH_UNSENT') === queue,
})
let shared: Platform | undefined

/** Opens nothing: each port is created at first use, and then names a missing variable. */
export function platform(): Platform {
  shared ??= composed()
  return shared
}

function composed(): Platform {
  const now = Date.now
  const stores = lazyStores(now)
  return {
    ...stores,
    fanOut,
    devices: lazy(() =>
      iotDevices({
        iot: new IoTClient({ maxAttempts: IOT_ATTEMPTS }),
        policy: () => variable('KILOWATCH_THING_POLICY'),
        group: () => variable('KILOWATCH_THING_GROUP'),
      }),
    ),
    notify: lazy(() =>
      cloudNotifier({
        ses: new SESv2Client(),
        sns: new SNSClient(),
        setting: () => notifySettingOf(stores.state),
        mailFrom: () => variable('KILOWATCH_MAIL_FROM'),
        now,
      }),
    ),
    get pageUrl() {
      return variable('KILOWATCH_PAGE_URL')
    },
    now,
  }
}

const QUEUE_VARIABLES = {
  settle: 'KILOWATCH_QUEUE_SETTLE_URL',
  assess: 'KILOWATCH_QUEUE_ASSESS_URL',
  rollup: 'KILOWATCH_QUEUE_ROLLUP_URL',
  notify: 'KILOWATCH_QUEUE_NOTIFY_URL',
  prune: 'KILOWATCH_QUEUE_PRUNE_URL',
  reports: 'KILOWATCH_QUEUE_REPORTS_URL',
  contract: 'KILOWATCH_QUEUE_CONTRACT_URL',
  control: 'KILOWATCH_QUEUE_CONTROL_URL',
} as const satisfies Record<QueueName, string>

/** The entry of the function behind the IoT rule. */
export const onMessages = (factory: (on: Platform) => Handler<MqttBatch, MqttBatchResult>): SqsHandler =>
  mqttEntry({
    ingest: factory(platform()),
    deadLetters: letters,
    heard: lambdaGatewayWatch(platform().state),
    connections: lambdaConnectionWatch(platform().state),
    results: (message) => takeResult(platform().state, message),
    ...{ count: countMetrics, log },
  })

/** The entry of the function behind a queue. */
export const onShards = (queue: QueueName, factory: (on: Platform) => Handler<ShardEvent, ShardResult>): SqsHandler =>
  shardEntry({
    queue,
    handler: factory(platform()),
    state: platform().state,
    fanOut,
    deadLetters: letters,
    ...{ count: countMetrics, log, now: Date.now },
  })

/** The entry of the function behind API Gateway. */
export const onHttp = (factory: (on: Platform) => Handler<ApiEvent, ApiResult>): Handler<ApiEvent, ApiResult> =>
  apiEntry(factory(platform()), () => ({
    claim: variable('KILOWATCH_ADMIN_CLAIM'),
    value: variable('KILOWATCH_ADMIN_VALUE'),
    isOpen: variable('KILOWATCH_READERS') === 'anyone',
  }))
