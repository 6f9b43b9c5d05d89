// Builds the state machine that computes everything again while the province goes on (docs/deploy.md#rebuild): for each
// county it asks for settling, then waits until that and judging have caught up. Each wait is of the state machine, so
// no run of a function lasts longer than its work.

import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import {
  Choice,
  Condition,
  DefinitionBody,
  DistributedMap,
  Map as InlineMap,
  JitterType,
  JsonPath,
  LogLevel,
  Pass,
  Result,
  StateMachine,
  TaskInput,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions'
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import { entryOf } from './bundle.ts'
import { makeFunction, printedArn, sendingTo } from './functions.ts'
import type { WorkQueue } from './queues.ts'
import type { Settings } from './settings.ts'
import type { Stores } from './store.ts'

/** Counties that are settled at a time: as many as the function `settle` has copies (infra/functions.ts). */
const COUNTIES_AT_ONCE = 20
/** Between two looks at a county; a child's history of 25,000 events lasts longer than a day of them. */
const LOOK_SECONDS = 60
/** A look and its answer are small; the input of a map may have 256 KB. */
const REBUILD_WORK = { memoryMb: 512, seconds: 300, copies: 1 }
const CALLS_MAX = 8
const OWN_EXECUTIONS = 'A county is an execution of this state machine, with a name that nobody knows before.'

const NAME = 'rebuild'

export interface RebuildOptions {
  settings: Settings
  stores: Stores
  queues: ReadonlyMap<string, WorkQueue>
  /** Gets the function of the steps (functions/rebuilding/steps.ts). */
  functions: Map<string, LambdaFunction>
}

/** Its input: {} or {"area": "130100"}. */
export function addRebuild(scope: Construct, { settings, stores, queues, functions }: RebuildOptions): StateMachine {
  const step = makeFunction(scope, NAME, {
    ...{ settings, stores, work: REBUILD_WORK, entry: entryOf(NAME) },
    access: [stores.documents(NAME), sendingTo('settle', queues)],
  })
  functions.set(NAME, step)
  const call = (id: string, payload: Record<string, unknown>): LambdaInvoke => {
    const made = new LambdaInvoke(scope, id, {
      ...{ lambdaFunction: step, payloadResponseOnly: true },
      payload: TaskInput.fromObject(payload),
    })
    // Also when all copies are in use.
    made.addRetry({
      errors: ['Lambda.TooManyRequestsException'],
      maxAttempts: CALLS_MAX,
      jitterStrategy: JitterType.FULL,
    })
    return made
  }
  /** Looks at the area of the input until it is done or given up. */
  const waiting = (name: string) => {
    const look = call(`Look${name}`, {
      ...{ step: 'look', area: JsonPath.stringAt('$.area') },
      since: JsonPath.stringAt('$$.Execution.StartTime'),
    })
    const wait = new Wait(scope, `Wait${name}`, { time: WaitTime.duration(Duration.seconds(LOOK_SECONDS)) })
    const over = new Pass(scope, `Seen${name}`)
    return wait
      .next(look)
      .next(new Choice(scope, `Is${name}Over`).when(Condition.booleanEquals('$.isOver', true), over).otherwise(wait))
  }
  const counties = new DistributedMap(scope, 'Counties', {
    itemsPath: '$.counties',
    maxConcurrency: COUNTIES_AT_ONCE,
    resultPath: '$.looks.counties',
  })
  counties.itemProcessor(
    call('BeginCounty', { step: 'begin', area: JsonPath.stringAt('$.area') }).next(waiting('County')),
  )
  const above = new InlineMap(scope, 'Above', { itemsPath: '$.above', maxConcurrency: 1, resultPath: '$.looks.above' })
  above.itemProcessor(waiting('Area'))
  const list = call('List', { step: 'list', area: JsonPath.stringAt('$.area') })
  const everywhere = call('ListAll', { step: 'list' })
  const looks = new Pass(scope, 'Begin', { result: Result.fromObject({}), resultPath: '$.looks' })
  const end = call('End', {
    ...{ step: 'end', counties: JsonPath.objectAt('$.looks.counties'), above: JsonPath.objectAt('$.looks.above') },
  })
  const work = looks.next(counties).next(above).next(end)
  const definition = new Choice(scope, 'IsOfAnArea')
    .when(Condition.isPresent('$.area'), list.next(work))
    .otherwise(everywhere.next(work))
  const machine = new StateMachine(scope, 'RebuildMachine', {
    stateMachineName: `kilowatch-${settings.stage}-rebuild`,
    definitionBody: DefinitionBody.fromChainable(definition),
    tracingEnabled: true,
    logs: {
      destination: new LogGroup(scope, 'RebuildMachineLog', {
        retention: settings.logDays,
        removalPolicy: settings.stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      }),
      level: LogLevel.ALL,
    },
  })
  const stack = Stack.of(scope)
  const executions = JSON.stringify(
    stack.resolve(stack.splitArn(machine.stateMachineArn, ArnFormat.COLON_RESOURCE_NAME).resourceName),
  )
  for (const [resource, reason] of [
    ['*', 'Traces, and the delivery of logs, are authorized for no single resource.'],
    [`<${stack.getLogicalId(step.node.defaultChild as CfnFunction)}.Arn>:*`, 'Versions of the one function.'],
    [printedArn(scope, 'states', `execution:${executions}:*`), OWN_EXECUTIONS],
    [printedArn(scope, 'states', `execution:${executions}/*:*`), OWN_EXECUTIONS],
  ] as const)
    accept(machine, `AwsSolutions-IAM5[Resource::${resource}]`, reason)
  return machine
}
