// Turns the table of triggers into AWS, row by row: what sets a handler off, and the queue in which its work waits.
// The handlers themselves are not deployed yet, because `cloud/`, the platform they run on, comes with its own issue:
// so there is no Lambda function, and HTTP rows only stand in the template's metadata as not hosted.

import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { Trigger } from '../functions/triggers.ts'

/** The longest that SQS keeps a message: a handler may be broken over a holiday without losing readings. */
const RETENTION = Duration.days(14)
/** Receives before a message is set aside: transient failures of a store are over by then. */
const RECEIVES_MAX = 5
/** The window for rebuilding the state table. DynamoDB's longest. */
const RECOVERY_DAYS = 35
/** The SQL dialect of IoT rules in which encode() and clientid() behave as documented today. */
const IOT_SQL_VERSION = '2016-03-23'

export interface KilowatchStackProps extends StackProps {
  /** Name → what sets it off; functions/triggers.ts. */
  triggers: Readonly<Record<string, Trigger>>
}

export class KilowatchStack extends Stack {
  constructor(scope: Construct, id: string, props: KilowatchStackProps) {
    super(scope, id, props)
    addStateTable(this)
    const notHosted: string[] = []
    for (const [name, trigger] of Object.entries(props.triggers)) {
      if (trigger.http) notHosted.push(...trigger.http.map((route) => `${name}: ${route}`))
      if (!trigger.mqtt && !trigger.queue && !trigger.everyMinutes) continue
      const work = addWorkQueue(this, trigger.queue ?? name)
      if (trigger.mqtt) addTopicRule(this, name, trigger.mqtt, work)
      if (trigger.everyMinutes) addSchedule(this, name, trigger.everyMinutes, work.queue)
    }
    this.addMetadata('kilowatch:notHosted', notHosted)
  }
}

interface WorkQueue {
  queue: Queue
  /** Where messages go that were received too often. */
  deadLetters: Queue
}

function addWorkQueue(stack: Stack, name: string): WorkQueue {
  const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: RETENTION }
  const deadLetters = new Queue(stack, `${pascal(name)}DeadLetters`, common)
  const queue = new Queue(stack, `${pascal(name)}Queue`, {
    ...common,
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: RECEIVES_MAX },
  })
  return { queue, deadLetters }
}

/**
 * A rule that gateways reach by Basic Ingest as well (`$aws/rules/<rule>/<topic>`, its name is an output). The payload
 * is passed on encoded, so that one which is not JSON still reaches the handler and becomes a rejection; the sender is
 * the authenticated client id, not what the topic says.
 */
function addTopicRule(stack: Stack, name: string, filter: string, work: WorkQueue): void {
  const role = new Role(stack, `${pascal(name)}RuleRole`, { assumedBy: new ServicePrincipal('iot.amazonaws.com') })
  work.queue.grantSendMessages(role)
  work.deadLetters.grantSendMessages(role)
  const sendTo = (queue: Queue) => ({ sqs: { queueUrl: queue.queueUrl, roleArn: role.roleArn, useBase64: false } })
  const rule = new CfnTopicRule(stack, `${pascal(name)}Rule`, {
    topicRulePayload: {
      awsIotSqlVersion: IOT_SQL_VERSION,
      sql: `SELECT encode(*, 'base64') AS payload, clientid() AS gateway, timestamp() AS receivedMs FROM '${filter}'`,
      actions: [sendTo(work.queue)],
      errorAction: sendTo(work.deadLetters),
    },
  })
  new CfnOutput(stack, `${pascal(name)}RuleName`, { value: rule.ref })
}

/** A clock tick as a message in the handler's own queue: a tick that fails is tried again like any work. */
function addSchedule(stack: Stack, name: string, everyMinutes: number, queue: Queue): void {
  new Schedule(stack, `${pascal(name)}Schedule`, {
    schedule: ScheduleExpression.rate(Duration.minutes(everyMinutes)),
    target: new SqsSendMessage(queue, { input: ScheduleTargetInput.fromObject({ scheduled: name }) }),
  })
}

/** Keyed documents of all handlers: one table. How a document's path splits into the two keys is `cloud/`'s to say. */
function addStateTable(stack: Stack): void {
  new Table(stack, 'State', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: RECOVERY_DAYS },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  })
}

const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
