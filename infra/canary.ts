// Builds the canary: a function that sends a reading as a gateway of its own every five minutes and says how old the
// latest of them is that stands in an hour (cloud/canary.ts). It runs outside the network of the series, which cannot
// reach IoT Core.

import { Duration, Stack } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import { entryOf } from './bundle.ts'
import { makeFunction } from './functions.ts'
import type { Settings } from './settings.ts'
import { arnOf, type Stores } from './store.ts'

const EVERY = Duration.minutes(5)
const SECONDS = 30
const MEMORY_MB = 256

interface WatchedGateway {
  settings: Settings
  /** Registered for this alone. */
  watched: NonNullable<Settings['canary']>
  stores: Stores
  /** The trigger table's, `kw/v1/+/readings`. */
  filter: string
  /** Name of the rule of readings. */
  rule: string
}

export function addCanary(
  scope: Construct,
  { settings, stores, filter, rule, watched }: WatchedGateway,
): LambdaFunction {
  const { gateway, meter } = watched
  const topic = `$aws/rules/${rule}/${filter.replace('+', gateway)}`
  const allow = (action: string, resource: string) =>
    new PolicyStatement({
      actions: [`iot:${action}`],
      resources: [resource === '*' ? '*' : arnOf(scope, 'iot', resource)],
    })
  const made = makeFunction(scope, 'canary', {
    ...{ settings, stores, entry: entryOf('canary') },
    work: { memoryMb: MEMORY_MB, seconds: SECONDS, copies: 1 },
    access: [
      stores.documents('canary'),
      {
        environment: {
          KILOWATCH_CANARY_GATEWAY: gateway,
          KILOWATCH_CANARY_METER: meter,
          KILOWATCH_CANARY_TOPIC: topic,
        },
        statements: [
          allow('Connect', `client/${gateway}`),
          allow('Publish', `topic/${topic}`),
          // IoT Core authorizes it only for all resources.
          allow('DescribeEndpoint', '*'),
        ],
      },
    ],
  })
  const role = new Role(scope, 'CanaryScheduleRole', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') })
  new Schedule(scope, 'CanarySchedule', {
    schedule: ScheduleExpression.rate(EVERY),
    // A turn that was missed is not made up: the next one comes.
    target: new LambdaInvoke(made, { retryAttempts: 0, role }),
  })
  const id = Stack.of(made).getLogicalId(made.node.defaultChild as CfnFunction)
  accept(
    role,
    `AwsSolutions-IAM5[Resource::<${id}.Arn>:*]`,
    'The target asks for any version of one function, which has one.',
  )
  return made
}
