// Builds the functions: one for each row of the trigger table, with its size, its limits and the rights it needs. The
// limits keep a burst of readings, or an endless loop of ours, from using up the account's concurrency or money.

import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { type Trigger, triggers } from '../functions/triggers.ts'
import { accept } from './accepted.ts'
import type { Access } from './access.ts'
import { entryOf } from './bundle.ts'
import { bundledCode } from './code.ts'
import { pascal, queueVariable } from './names.ts'
import type { WorkQueue } from './queues.ts'
import type { SeriesName, SeriesNetwork } from './series.ts'
import type { Settings } from './settings.ts'
import { arnOf, type Stores } from './store.ts'

export interface Work {
  memoryMb: number
  /** Longest run, in seconds. */
  seconds: number
  /** Largest number of copies at a time. Reserved, so that other functions cannot use them. */
  copies: number
  /** Largest number of messages an invocation, and how long it waits for them. */
  batch?: { messages: number; seconds?: number }
  reads?: readonly SeriesName[]
  writes?: readonly SeriesName[]
  /** Queues to which it sends. */
  sends?: readonly (keyof typeof triggers)[]
  /** Sends commands to gateways. */
  commands?: boolean
  /** Sends notifications: mail, short messages and webhooks. */
  tells?: boolean
}

/**
 * Sizes, limits and rights by trigger. Memory also sets processor time: 1,769 MB are one core. `copies` add up to 88 of
 * the 1,000 that an account has by default, 100 of which must stay unreserved; test/infra checks the sum.
 */
export const works: Readonly<Record<keyof typeof triggers, Work>> = {
  // 20 copies × 100 messages a second catch up with a province after an outage, and stay within what the store takes.
  ingest: {
    ...{ memoryMb: 512, seconds: 60, copies: 20, batch: { messages: 100, seconds: 1 } },
    ...{ writes: ['readings'], sends: ['settle'] },
  },
  // The first settling of a county reads years of readings: minutes and memory. Later ones take a second.
  settle: {
    // One county a run: the time limit is its own.
    ...{ memoryMb: 1769, seconds: 900, copies: 20, batch: { messages: 1 } },
    ...{ reads: ['readings', 'consumption'], writes: ['consumption'], sends: ['settle', 'assess'] },
  },
  assess: {
    ...{ memoryMb: 1769, seconds: 900, copies: 16, batch: { messages: 10 } },
    ...{ reads: ['readings', 'consumption'], sends: ['assess', 'rollup'] },
  },
  rollup: { memoryMb: 512, seconds: 120, copies: 4, batch: { messages: 10 }, sends: ['rollup'] },
  // Its group allows one at a time; the second copy is there because SQS asks for two.
  notify: { memoryMb: 512, seconds: 300, copies: 2, batch: { messages: 10 }, tells: true },
  prune: { memoryMb: 256, seconds: 300, copies: 2, batch: { messages: 10 } },
  // A county takes a second; a province is put together from its parts in some minutes, all its rows in memory.
  reports: {
    ...{ memoryMb: 3008, seconds: 900, copies: 2, batch: { messages: 1 } },
    ...{ reads: ['consumption'], sends: ['reports'] },
  },
  // A contract reads its meters' days since its begin: some milliseconds on one machine, some seconds over a store.
  contract: {
    ...{ memoryMb: 1024, seconds: 900, copies: 2, batch: { messages: 10 } },
    ...{ reads: ['consumption'], sends: ['contract'] },
  },
  // Some rules, a document or two each. It publishes to gateways and reads no series: it stands outside their network.
  control: { memoryMb: 256, seconds: 120, copies: 2, batch: { messages: 10 }, commands: true },
  // An import reads the whole registry: a province's 190,000 meters took 0.8 GB and three seconds of a core.
  api: {
    ...{ memoryMb: 1769, seconds: 29, copies: 18, reads: ['readings', 'consumption'] },
    ...{ writes: ['readings'], sends: ['settle', 'assess', 'reports'] },
  },
}
/**
 * Messages that one run of `ingest` stores where hours are made at a pace: many times fewer runs, fewer requests and
 * entries of the ledger. SQS keeps the messages meanwhile. 6 MB are the most that a run gets.
 */
const GATHERED = { messages: 1_000, seconds: 60 }
/** The work of a trigger where settling has this pace, in minutes. */
export const workAt = (name: keyof typeof triggers, settleMinutes: number): Work =>
  name === 'ingest' && settleMinutes > 0 ? { ...works.ingest, batch: GATHERED } : works[name]

/** Minutes between scheduled runs of a trigger that nothing else asks for; 0 for the others. */
export const paceOf = ({ pace }: Settings, name: string): number =>
  name === 'settle' || name === 'assess' ? pace[name] : 0
/** Queues to which a function does not send, since their work waits for its schedule. */
const unsentBy = (name: string, settings: Settings): string[] => {
  const next = name === 'ingest' ? 'settle' : 'assess'
  return (name === 'ingest' || name === 'settle') && paceOf(settings, next) > 0 ? [next] : []
}

/** How long a message stays hidden: the function's limit, and time for its start and for the answer to SQS. */
export const hiddenFor = ({ seconds, batch }: Work): Duration => Duration.seconds(seconds + (batch?.seconds ?? 0) + 60)

export interface FunctionOptions {
  name: keyof typeof triggers
  settings: Settings
  stores: Stores
  queues: ReadonlyMap<string, WorkQueue>
  /** Target of links in notifications. */
  pageUrl: string
}

export function addFunction(scope: Construct, options: FunctionOptions): LambdaFunction {
  const { name, settings, stores, queues } = options
  const work = workAt(name, settings.pace.settle)
  const trigger: Trigger = triggers[name]
  const own = queues.get(name)
  const usesSeries = work.reads !== undefined || work.writes !== undefined
  const made = makeFunction(scope, name, {
    ...{ settings, stores, work },
    entry: entryOf(name),
    network: usesSeries ? stores.network : undefined,
    ...(work.commands && {
      wildcards: { [printedArn(scope, 'iot', COMMANDS)]: 'The commands of any gateway, and no other topic.' },
    }),
    access: [
      stores.documents(name),
      ...(usesSeries ? [stores.series(work.reads ?? [], work.writes ?? [])] : []),
      ...(work.sends ?? []).map((queue) => sendingTo(queue, queues)),
      ...(own ? [settingAside(own)] : []),
      ...unsentBy(name, settings).map((queue) => ({ environment: { KILOWATCH_UNSENT: queue }, statements: [] })),
      ...(work.tells ? [telling(scope, options)] : []),
      ...(work.commands ? [commanding(scope)] : []),
      ...(trigger.http ? admitting(settings) : []),
    ],
  })
  if (own && work.batch) made.addEventSource(eventSource(own, work))
  return made
}

interface Make {
  settings: Settings
  stores: Stores
  /** The handler's module, from the project root. */
  entry: string
  work: Pick<Work, 'memoryMb' | 'seconds' | 'copies'>
  access: readonly Access[]
  network?: SeriesNetwork
  /** Resources with a wildcard, as cdk-nag prints them, and why. */
  wildcards?: Readonly<Record<string, string>>
}

/** A function with the given rights and a log of limited retention. */
export function makeFunction(scope: Construct, name: string, make: Make): LambdaFunction {
  const { settings, stores, entry, work, access, network } = make
  const logGroup = new LogGroup(scope, `${pascal(name)}Log`, {
    retention: settings.logDays,
    removalPolicy: settings.stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  })
  const role = new Role(scope, `${pascal(name)}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  for (const statement of access.flatMap(({ statements }) => statements)) role.addToPrincipalPolicy(statement)
  role.addToPrincipalPolicy(writingTo(logGroup))
  if (network) role.addToPrincipalPolicy(standingInNetwork())
  acceptWildcards(role, stores, make.wildcards)
  return new LambdaFunction(scope, pascal(name), {
    code: bundledCode(entry),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    loggingFormat: LoggingFormat.JSON,
    architecture: Architecture.ARM_64,
    memorySize: work.memoryMb,
    timeout: Duration.seconds(work.seconds),
    reservedConcurrentExecutions: settings.reserves ? work.copies : undefined,
    ...{ role, logGroup, ...network },
    environment: Object.assign(
      { KILOWATCH_STAGE: settings.stage, NODE_OPTIONS: '--enable-source-maps' },
      ...access.map(({ environment }) => environment),
    ),
  })
}

export interface DeviceFunctionOptions {
  settings: Settings
  stores: Stores
  /** Policy of the certificates. */
  policyName: string
  /** Name of the things' type and group. */
  groupName: string
  /** `kw/v1/+/commands` */
  commandFilter: string
}

/**
 * A function of its own for the API's routes about gateways: it may change certificates but has no rights to the
 * series, and it runs outside their network, which cannot reach IoT Core's control plane.
 */
export function addDeviceFunction(scope: Construct, options: DeviceFunctionOptions): LambdaFunction {
  const { settings, stores, policyName, groupName, commandFilter } = options
  const [thing, cert, commands] = ['thing/*', 'cert/*', `topic/${commandFilter.replace('+', '*')}`]
  const allow = (names: readonly string[], resources: readonly string[]) =>
    new PolicyStatement({
      actions: names.map((name) => `iot:${name}`),
      resources: resources.map((resource) => (resource === '*' ? '*' : arnOf(scope, 'iot', resource))),
    })
  return makeFunction(scope, 'devices', {
    ...{ settings, stores },
    entry: entryOf('api'),
    work: { memoryMb: 512, seconds: 29, copies: 4 },
    access: [
      stores.documents('devices'),
      ...admitting(settings),
      {
        environment: { KILOWATCH_THING_POLICY: policyName, KILOWATCH_THING_GROUP: groupName },
        statements: [
          allow(['CreateThing', 'ListThingPrincipals', 'AttachThingPrincipal', 'DetachThingPrincipal'], [thing, cert]),
          allow(
            ['AttachPolicy', 'DetachPolicy', 'DeleteCertificate', 'DescribeCertificate', 'UpdateCertificate'],
            [cert],
          ),
          allow(['AddThingToThingGroup'], [thing, `thinggroup/${groupName}`]),
          allow(['Publish'], [commands]),
          // IoT Core authorizes these actions only for all resources.
          allow(['CreateCertificateFromCsr', 'CreateKeysAndCertificate', 'DescribeEndpoint'], ['*']),
        ],
      },
    ],
    wildcards: {
      [printedArn(scope, 'iot', thing)]: 'Any gateway of the registry: the API checks that it is one.',
      [printedArn(scope, 'iot', cert)]: 'Certificates have names that nobody knows before.',
      [printedArn(scope, 'iot', commands)]: 'The commands of any gateway, and no other topic.',
    },
  })
}

/** An ARN as cdk-nag prints it: values known only at deployment appear by their name. */
export function printedArn(scope: Construct, service: string, resource: string): string {
  const stack = Stack.of(scope)
  const printed = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value)
  return stack.formatArn({
    partition: printed(stack.partition, 'Partition'),
    region: printed(stack.region, 'Region'),
    account: printed(stack.account, 'AccountId'),
    ...{ service, resource },
  })
}

function eventSource({ queue, ordered }: WorkQueue, { batch, copies }: Work): SqsEventSource {
  return new SqsEventSource(queue, {
    batchSize: batch?.messages,
    // FIFO queues have no batching window.
    maxBatchingWindow: ordered || !batch?.seconds ? undefined : Duration.seconds(batch.seconds),
    // At most the reserved copies: a throttled message would count as received, and end as a dead letter.
    maxConcurrency: copies,
    reportBatchItemFailures: true,
  })
}

/** The right to send work to a queue. */
export function sendingTo(name: string, queues: ReadonlyMap<string, WorkQueue>): Access {
  const target = queues.get(name)
  if (!target) throw new Error(`no queue "${name}" stands in the trigger table`)
  return {
    environment: { [queueVariable(name)]: target.queue.queueUrl },
    statements: [new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [target.queue.queueArn] })],
  }
}

/** The right to move a message to the dead letters, with the reason, at the last attempt (cloud/dead-letters.ts). */
const settingAside = ({ deadLetters }: WorkQueue): Access => ({
  environment: { KILOWATCH_DEAD_LETTERS_URL: deadLetters.queueUrl },
  statements: [new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] })],
})

/** Which claim has the roles, and whether anyone may read: what API Gateway lets through, the handler asks again. */
const admitting = ({ admin, readers }: Settings): Access[] => [
  ...(admin
    ? [{ environment: { KILOWATCH_ADMIN_CLAIM: admin.claim, KILOWATCH_ADMIN_VALUE: admin.value }, statements: [] }]
    : []),
  ...(readers === 'anyone' ? [{ environment: { KILOWATCH_READERS: readers }, statements: [] }] : []),
]

/** The topics of commands to all gateways, as a resource. */
const COMMANDS = `topic/${triggers.ingest.mqtt.replace('+', '*').replace(/[^/]+$/, 'commands')}`

/** The right to publish commands. IoT Core authorizes the second action only for all resources. */
const commanding = (scope: Construct): Access => ({
  environment: {},
  statements: [
    new PolicyStatement({ actions: ['iot:Publish'], resources: [arnOf(scope, 'iot', COMMANDS)] }),
    new PolicyStatement({ actions: ['iot:DescribeEndpoint'], resources: ['*'] }),
  ],
})

/** The right to send mail from one address, and short messages. Webhooks need no right. */
function telling(scope: Construct, { settings: { mailFrom }, pageUrl }: FunctionOptions): Access {
  const identities = mailFrom ? [mailFrom, mailFrom.slice(mailFrom.indexOf('@') + 1)] : []
  return {
    environment: { KILOWATCH_PAGE_URL: pageUrl, ...(mailFrom && { KILOWATCH_MAIL_FROM: mailFrom }) },
    statements: [
      // Text messages go to numbers, which are not resources: anything but a topic or an endpoint.
      new PolicyStatement({ actions: ['sns:Publish'], notResources: ['arn:*:sns:*:*:*'] }),
      ...(mailFrom
        ? [
            new PolicyStatement({
              actions: ['ses:SendEmail'],
              resources: identities.map((identity) => arnOf(scope, 'ses', `identity/${identity}`)),
              conditions: { StringEquals: { 'ses:FromAddress': mailFrom } },
            }),
          ]
        : []),
    ],
  }
}

const writingTo = (logGroup: LogGroup): PolicyStatement =>
  new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] })

/** EC2 authorizes these actions only for all resources: a function's network interface has no name before it exists. */
const standingInNetwork = (): PolicyStatement =>
  new PolicyStatement({
    actions: [
      ...['CreateNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'DeleteNetworkInterface'],
      ...['AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses'],
    ].map((action) => `ec2:${action}`),
    resources: ['*'],
  })

/** The ARN of a bucket of the data stack as cdk-nag prints it in the other. */
export function importedArn({ bucketArn, stack }: Bucket): string {
  return stack.resolve(stack.exportValue(bucketArn))['Fn::ImportValue']
}

function acceptWildcards(role: Role, { objects, lake }: Stores, more: Readonly<Record<string, string>> = {}): void {
  const reasons = {
    '*': "Only actions that AWS authorizes for no single resource: Timestream's DescribeEndpoints, the network interface of a function in a VPC, new certificates.",
    [`${importedArn(objects)}/*`]:
      'The objects of one bucket of our own: documents that are too long for a table have names that nobody knows before.',
    ...(lake && {
      [`${importedArn(lake.bucket)}/${lake.prefix}*`]: 'Files of readings: each has a name that nobody knows before.',
    }),
    ...more,
  }
  for (const [resource, reason] of Object.entries(reasons))
    accept(role, `AwsSolutions-IAM5[Resource::${resource}]`, reason)
}
