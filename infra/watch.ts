// Monitors the service itself: alarms to the addresses given at deploy, and a dashboard. Each alarm needs an action by
// a person; docs/deploy.md names it.

import { Duration, Stack } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Construct } from 'constructs'
import { METRICS_NAMESPACE } from '../functions/triggers.ts'
import { pascal } from './names.ts'
import type { WorkQueue } from './queues.ts'
import type { Settings } from './settings.ts'
import type { Stores } from './store.ts'

/** Work that waits longer than this is late: readings shall count within minutes. */
const AGE_SECONDS_MAX = 900
/** The newest whole hour is up to an hour old, and its readings some minutes. */
const HOUR_AGE_SECONDS_MAX = 3 * 3_600
/** Three readings of the canary's. */
const CANARY_AGE_SECONDS_MAX = 900
const PERIOD = Duration.minutes(5)
/** One failure in five minutes is a retry; one in each of three periods is a fault. */
const PERIODS = 3
/** Part of a function's time limit. */
const NEAR_LIMIT = 0.8
const LAMBDA_LIMIT = Duration.minutes(15)
/** AWS recommends an alarm of the disk from 75 % on, and of the processor from 90 %. */
const FULL_PERCENT = { CPUUtilization: 90, MemoryUtilization: 90, DiskUtilization: 75 }
const INFLUX = { namespace: 'AWS/TimestreamInfluxDB', statistic: 'Average' }
const IOT = { namespace: 'AWS/IoT', statistic: 'Sum' }

export interface WatchOptions {
  settings: Settings
  stores: Stores
  api: HttpApi
  functions: ReadonlyMap<string, LambdaFunction>
  queues: ReadonlyMap<string, WorkQueue>
  /** Names of the IoT rules. */
  rules: readonly string[]
}

export function addWatch(scope: Construct, options: WatchOptions): void {
  const { stores, api, functions, queues, rules } = options
  const topic = addTopic(scope, options)
  const isFew = options.settings.watch === 'few'
  const alarm: AddAlarm = (id, metric, options) => {
    if (isFew && !FEW.has(id)) return
    new Alarm(scope, id, {
      metric,
      threshold: options.above,
      evaluationPeriods: options.periods ?? 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: options.says,
    }).addAlarmAction(new SnsAction(topic))
  }
  const over = { period: PERIOD }
  for (const [name, { queue, deadLetters }] of queues) {
    alarm(`${pascal(name)}DeadLettersAlarm`, deadLetters.metricApproximateNumberOfMessagesVisible(over), {
      above: 0,
      says: `Messages of ${name} could not be done. Each says why; replay them when that is mended.`,
    })
    alarm(`${pascal(name)}AgeAlarm`, queue.metricApproximateAgeOfOldestMessage({ ...over, statistic: 'Maximum' }), {
      above: AGE_SECONDS_MAX,
      says: `Work of ${name} waits for more than ${AGE_SECONDS_MAX / 60} minutes.`,
    })
  }
  for (const [name, made] of functions) {
    alarm(`${pascal(name)}DurationAlarm`, made.metricDuration({ ...over, statistic: 'Maximum' }), {
      above: NEAR_LIMIT * (made.timeout ?? LAMBDA_LIMIT).toMilliseconds(),
      says: `A run of ${name} comes near its time limit; what is not done by then comes again.`,
    })
    alarm(`${pascal(name)}ErrorsAlarm`, made.metricErrors(over), {
      ...{ above: 0, periods: PERIODS },
      says: `${name} fails again and again; its log says why.`,
    })
    alarm(`${pascal(name)}ThrottlesAlarm`, made.metricThrottles(over), {
      ...{ above: 0, periods: PERIODS },
      says: `${name} has no more copies to run: infra/functions.ts sets how many.`,
    })
  }
  watchRules(alarm, rules)
  watchBroker(alarm)
  if (stores.instance) watchInstance(alarm, stores.instance)
  watchReadings(scope, topic, options.settings)
  watchAges(scope, topic, options.settings)
  alarm('HttpErrorsAlarm', api.metricServerError(over), {
    ...{ above: 0, periods: PERIODS },
    says: 'The API answers 5xx.',
  })
  for (const [name, table] of Object.entries({ State: stores.state, ...stores.tables })) watchTable(alarm, name, table)
  if (!isFew) addDashboard(scope, options)
}

/** With `watch=few`, the alarms beside those of readings that stop and hours that fall behind. */
const FEW = new Set(['IngestDeadLettersAlarm', 'SettleDeadLettersAlarm', 'LakeDeadLettersAlarm', 'HttpErrorsAlarm'])

type AddAlarm = (id: string, metric: IMetric, options: { above: number; periods?: number; says: string }) => void

function watchTable(alarm: AddAlarm, name: string, table: Table): void {
  for (const direction of ['Read', 'Write']) {
    const metric = new Metric({
      namespace: 'AWS/DynamoDB',
      metricName: `${direction}ThrottleEvents`,
      dimensionsMap: { TableName: table.tableName },
      statistic: 'Sum',
      period: PERIOD,
    })
    alarm(`${name}${direction}ThrottlesAlarm`, metric, {
      ...{ above: 0, periods: PERIODS },
      says: `The ${name.toLowerCase()} table does not keep up with ${direction.toLowerCase()}s.`,
    })
  }
}

function watchRules(alarm: AddAlarm, rules: readonly string[]): void {
  for (const rule of rules) {
    const dimensionsMap = { RuleName: rule }
    for (const metricName of ['ParseError', 'RuleNotFound'])
      alarm(`${rule}${metricName}Alarm`, new Metric({ ...IOT, period: PERIOD, metricName, dimensionsMap }), {
        above: 0,
        says: `IoT rule ${rule}: ${metricName}. What it could not pass on lies in the bucket under undelivered/.`,
      })
    const metricName = 'RuleMessageThrottled'
    alarm(`${rule}ThrottledAlarm`, new Metric({ ...IOT, period: PERIOD, metricName, dimensionsMap }), {
      ...{ above: 0, periods: PERIODS },
      says: `IoT rule ${rule} is run less often than messages come: raise its quota in this account.`,
    })
  }
}

/** The account's limits of IoT Core, which other things in it use up too: gateways wait in their outboxes meanwhile. */
function watchBroker(alarm: AddAlarm): void {
  const dimensionsMap = { Protocol: 'MQTT' }
  for (const metricName of ['Connect', 'PublishIn']) {
    const metric = new Metric({ ...IOT, period: PERIOD, metricName: `${metricName}.Throttle`, dimensionsMap })
    alarm(`Iot${metricName}ThrottlesAlarm`, metric, {
      ...{ above: 0, periods: PERIODS },
      says: `IoT Core turns ${metricName === 'Connect' ? 'connections' : 'messages'} away: raise its quota in this account.`,
    })
  }
}

function watchInstance(alarm: AddAlarm, instance: string): void {
  for (const [metricName, above] of Object.entries(FULL_PERCENT)) {
    const dimensionsMap = { DbInstanceName: instance }
    alarm(`Influx${metricName}Alarm`, new Metric({ ...INFLUX, period: PERIOD, metricName, dimensionsMap }), {
      ...{ above, periods: PERIODS },
      says: `${metricName} of InfluxDB is above ${above} %.`,
    })
  }
}

/** Ages that fire also when nobody tells one, because no function runs. */
function watchAges(scope: Construct, topic: Topic, { stage, canary }: Settings): void {
  const ages = {
    SettledHourAge: {
      above: HOUR_AGE_SECONDS_MAX,
      says: 'No hour of the last three is settled, or none was settled for an hour.',
    },
    ...(canary && { CanaryAge: { above: CANARY_AGE_SECONDS_MAX, says: "The canary's readings do not become hours." } }),
  }
  for (const [metricName, { above, says }] of Object.entries(ages))
    new Alarm(scope, `${metricName}Alarm`, {
      // Of counties that are settled, the newest: one whose gateways are silent is not late.
      metric: new Metric({
        ...{ namespace: METRICS_NAMESPACE, metricName, statistic: 'Minimum', period: Duration.hours(1) },
        dimensionsMap: { stage },
      }),
      threshold: above,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
      alarmDescription: says,
    }).addAlarmAction(new SnsAction(topic))
}

/** Fires also when nothing is counted, because no function runs. */
function watchReadings(scope: Construct, topic: Topic, { stage }: Settings): void {
  new Alarm(scope, 'ReadingsStoppedAlarm', {
    metric: new Metric({
      ...{ namespace: METRICS_NAMESPACE, metricName: 'ReadingsStored', statistic: 'Sum', period: Duration.hours(1) },
      dimensionsMap: { stage },
    }),
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    treatMissingData: TreatMissingData.BREACHING,
    alarmDescription: 'No reading was stored for an hour.',
  }).addAlarmAction(new SnsAction(topic))
}

/** The topic of alarms, with the addresses given at deploy. */
function addTopic(scope: Construct, { settings, stores }: WatchOptions): Topic {
  const topic = new Topic(scope, 'Alarms', { masterKey: stores.key, enforceSSL: true })
  stores.key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      // In a key's own policy, `*` means only that key.
      resources: ['*'],
    }),
  )
  // A topic policy of one's own (enforceSSL makes one) replaces SNS's default, which admitted the account's alarms.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  )
  for (const address of settings.alerts) topic.addSubscription(new EmailSubscription(address))
  return topic
}

function addDashboard(scope: Construct, { settings, api, functions, queues }: WatchOptions): void {
  const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12 })
  const all = [...functions.values()]
  new Dashboard(scope, 'Dashboard', {
    dashboardName: `kilowatch-${settings.stage}`,
    widgets: [
      [
        graph(
          'Waiting: age of the oldest message, s',
          [...queues.values()].map(({ queue }) => queue.metricApproximateAgeOfOldestMessage()),
        ),
        graph(
          'Dead letters',
          [...queues.values()].map(({ deadLetters }) => deadLetters.metricApproximateNumberOfMessagesVisible()),
        ),
      ],
      [
        graph(
          'Runs',
          all.map((made) => made.metricInvocations()),
        ),
        graph(
          'Failures and throttles',
          all.flatMap((made) => [made.metricErrors(), made.metricThrottles()]),
        ),
      ],
      [
        graph(
          'Duration, p99',
          all.map((made) => made.metricDuration({ statistic: 'p99' })),
        ),
        graph('HTTP: requests, 4xx, 5xx', [api.metricCount(), api.metricClientError(), api.metricServerError()]),
      ],
    ],
  })
}
