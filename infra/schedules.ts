// Sends scheduled ticks as messages to the handler's own queue: a failed tick is retried like any work.
// The intervals are in functions/triggers.ts.

import { Duration } from 'aws-cdk-lib'
import { ContextAttribute, Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets'
import type { Construct } from 'constructs'
import { pascal } from './names.ts'
import type { WorkQueue } from './queues.ts'

/** Fan-out's group for messages without a shard: a tick and such work wait for each other. */
const GROUP_OF_ALL = 'all'

/** How long the scheduler tries to deliver a tick: after that the next tick comes anyway. */
const TICK_AGE_MAX = Duration.minutes(15)

export interface ScheduleOptions {
  name: string
  everyMinutes: number
  work: WorkQueue
}

export function addSchedule(scope: Construct, { name, everyMinutes, work }: ScheduleOptions): void {
  new Schedule(scope, `${pascal(name)}Schedule`, {
    schedule: ScheduleExpression.rate(Duration.minutes(everyMinutes)),
    target: new SqsSendMessage(work.queue, {
      // The time makes each tick a different message: SQS drops one equal to another of the last five minutes.
      input: ScheduleTargetInput.fromObject({ scheduled: name, at: ContextAttribute.scheduledTime }),
      messageGroupId: work.ordered ? GROUP_OF_ALL : undefined,
      maxEventAge: TICK_AGE_MAX,
    }),
  })
}
