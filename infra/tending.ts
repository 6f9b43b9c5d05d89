// Runs a function over a series store on a schedule: a tick to its queue, which the function sends on to each county.

import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import type { Construct } from 'constructs'
import { entryOf } from './bundle.ts'
import { hiddenFor, makeFunction } from './functions.ts'
import { queueVariable } from './names.ts'
import { addWorkQueue, type WorkQueue } from './queues.ts'
import { addSchedule } from './schedules.ts'
import type { Tending } from './series.ts'
import type { Settings } from './settings.ts'
import type { Stores } from './store.ts'

export interface TendingOptions {
  settings: Settings
  stores: Stores
  /** Both get what is made here. */
  queues: Map<string, WorkQueue>
  functions: Map<string, LambdaFunction>
}

export function addTending(
  scope: Construct,
  { name, everyMinutes, work, access }: Tending,
  { settings, stores, queues, functions }: TendingOptions,
): void {
  const own = addWorkQueue(scope, name, { ordered: true, hidden: hiddenFor(work), attempts: ATTEMPTS })
  const made = makeFunction(scope, name, {
    ...{ settings, stores, work },
    entry: entryOf(name),
    access: [
      stores.documents(name),
      access,
      {
        environment: { [queueVariable(name)]: own.queue.queueUrl },
        statements: [new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [own.queue.queueArn] })],
      },
    ],
  })
  made.addEventSource(
    new SqsEventSource(own.queue, { batchSize: 1, maxConcurrency: work.copies, reportBatchItemFailures: true }),
  )
  addSchedule(scope, { name, everyMinutes, work: own })
  queues.set(name, own)
  functions.set(name, made)
}

/** A county that fails as often waits for the next tick; its readings stay young meanwhile. */
const ATTEMPTS = 5
