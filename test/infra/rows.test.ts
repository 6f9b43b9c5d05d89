// Every row of the trigger table stands in the CloudFormation template, in any partition: the table and infra/ cannot
// drift.

import { runInNewContext } from 'node:vm'
import { Duration } from 'aws-cdk-lib'
import { Match } from 'aws-cdk-lib/assertions'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { variables } from '../../cloud/environment.ts'
import { LAKE_SCHEMA } from '../../cloud/series/lake/parquet-columns.ts'
import { seriesVariables } from '../../cloud/series/stores.ts'
import { QUEUE_DELAY_SECONDS, RECEIVES_MAX, type Trigger, triggers } from '../../functions/triggers.ts'
import { works } from '../../infra/functions.ts'
import { HEAD_ROUTES } from '../../infra/http.ts'
import { settingsOf } from '../../infra/settings.ts'
import { parseSiteConfig } from '../../web/src/api/site-config.ts'
import { type Context, DEPLOYMENTS, NEEDED, synth } from './synth.ts'

const rows = Object.entries(triggers) as [name: keyof typeof triggers, trigger: Trigger][]
/** Without a token: what tells nothing, and links that the handler checks. */
const OPEN = [
  'GET /api/v1/acknowledgements/{alert}',
  'GET /api/v1/health',
  'GET /api/v1/openapi.json',
  'HEAD /api/v1/health',
  'POST /api/v1/acknowledgements/{alert}',
]
const routes = rows.flatMap(([, { http }]) => http ?? [])
const { template } = synth(DEPLOYMENTS['influxdb, built here'])
const resources = (type: string) => Object.entries(template.findResources(type))
const idOf = (type: string, start: string): string => {
  const found = resources(type).filter(([id]) => new RegExp(`^${start}[0-9A-F]{8}$`, 'i').test(id))
  expect(found, `${type} ${start}`).toHaveLength(1)
  return found[0][0]
}
const functionOf = (name: string) => {
  const id = idOf('AWS::Lambda::Function', name)
  return { id, properties: template.findResources('AWS::Lambda::Function')[id].Properties }
}

/** The text of a join, with references by their name. */
const joined = (value: { 'Fn::Join': [string, unknown[]] }): string =>
  value['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'name')).join('')

describe('the template', () => {
  test('is made of a table with rows of each kind', () => {
    expect(rows.filter(([, { mqtt }]) => mqtt)).not.toHaveLength(0)
    expect(rows.filter(([, { everyMinutes }]) => everyMinutes)).not.toHaveLength(0)
    expect(rows.filter(([, { queue }]) => queue)).not.toHaveLength(0)
    expect(routes.length).toBeGreaterThan(20)
  })

  test.each(rows)('has a function for %s, of the size and with the limits that are set', (name) => {
    const { properties } = functionOf(name)
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: works[name].memoryMb,
      Timeout: works[name].seconds,
      ReservedConcurrentExecutions: works[name].copies,
    })
    expect(properties.Environment.Variables).toMatchObject({ KILOWATCH_STAGE: 'prod' })
  })

  test.each(rows.filter(([, { mqtt }]) => mqtt))('has an IoT rule into a queue for %s', (name, { mqtt }) => {
    template.hasResourceProperties('AWS::IoT::TopicRule', {
      // Gateways in the field publish to it by name.
      RuleName: `kilowatch_prod_${name}`,
      TopicRulePayload: {
        Sql: Match.stringLikeRegexp(`FROM '${(mqtt ?? '').replaceAll('+', '\\+')}'$`),
        // Readings go to their record as well (docs/deploy.md).
        Actions: [
          { Sqs: { QueueUrl: { Ref: idOf('AWS::SQS::Queue', `${name}Queue`) } } },
          { Firehose: Match.anyValue() },
        ],
        // Another service than the action's: what breaks one does not break the other.
        ErrorAction: { S3: { Key: Match.stringLikeRegexp('^undelivered/') } },
      },
    })
  })

  test('has rules for statuses, results and connections, too', () => {
    const rules = resources('AWS::IoT::TopicRule').map(([, { Properties }]) => Properties)
    const from = rules.map(({ RuleName, TopicRulePayload: { Sql } }) => [RuleName, /FROM '([^']*)'/.exec(Sql)?.[1]])
    expect(Object.fromEntries(from)).toEqual({
      kilowatch_prod_ingest: 'kw/v1/+/readings',
      kilowatch_prod_status: 'kw/v1/+/status',
      kilowatch_prod_foreign: 'kw/v1/+/foreign/#',
      kilowatch_prod_results: 'kw/v1/+/results',
      kilowatch_prod_presence: '$aws/events/presence/+/+',
    })
  })

  test('makes things of one type and group, by both ways, and overrides only what a template may', () => {
    const [[, { Properties }]] = resources('AWS::IoT::ProvisioningTemplate')
    const { thing } = JSON.parse(
      JSON.stringify(Properties.TemplateBody).includes('Fn::Join')
        ? joined(Properties.TemplateBody)
        : Properties.TemplateBody,
    ).Resources
    const name = functionOf('devices').properties.Environment.Variables.KILOWATCH_THING_GROUP
    template.hasResourceProperties('AWS::IoT::ThingType', { ThingTypeName: name })
    template.hasResourceProperties('AWS::IoT::ThingGroup', { ThingGroupName: name })
    expect(thing.Properties).toMatchObject({ ThingTypeName: name, ThingGroups: [name] })
    const allowed = ['AttributePayload', 'ThingTypeName', 'ThingGroups']
    expect(Object.keys(thing.OverrideSettings).filter((one) => !allowed.includes(one))).toEqual([])
    const body = Properties.TemplateBody
    expect(Object.keys(JSON.parse(body['Fn::Join'] ? joined(body) : body).Parameters)).toEqual([
      'Gateway',
      'Serial',
      'Code',
      'AWS::IoT::Certificate::Id',
    ])
  })

  test.each(rows.filter(([, { everyMinutes }]) => everyMinutes))(
    'has a schedule into a queue for %s, whose ticks differ',
    (name, { everyMinutes }) => {
      template.hasResourceProperties('AWS::Scheduler::Schedule', {
        ScheduleExpression: ScheduleExpression.rate(Duration.minutes(everyMinutes ?? 0)).expressionString,
        Target: {
          Arn: { 'Fn::GetAtt': [idOf('AWS::SQS::Queue', `${name}Queue`), 'Arn'] },
          Input: `{"scheduled":"${name}","at":"<aws.scheduler.scheduled-time>"}`,
          SqsParameters: { MessageGroupId: 'all' },
        },
      })
    },
  )

  test.each(rows.filter(([, { queue, mqtt }]) => queue ?? mqtt))(
    'has a queue for %s whose messages reach the function, and its dead letters when they fail',
    (name, { queue }) => {
      const id = idOf('AWS::SQS::Queue', `${name}Queue`)
      const lettersId = idOf('AWS::SQS::Queue', `${name}DeadLetters`)
      const { Properties } = template.findResources('AWS::SQS::Queue')[id]
      expect(Properties.RedrivePolicy).toEqual({
        deadLetterTargetArn: { 'Fn::GetAtt': [lettersId, 'Arn'] },
        maxReceiveCount: RECEIVES_MAX,
      })
      // IoT rules cannot send to FIFO queues; shard messages are gathered in one (decision 0016).
      expect(Properties.FifoQueue).toBe(queue ? true : undefined)
      expect(Properties.DelaySeconds).toBe(queue ? QUEUE_DELAY_SECONDS : undefined)
      expect(Properties.VisibilityTimeout).toBeGreaterThan(works[name].seconds)
      template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
        EventSourceArn: { 'Fn::GetAtt': [id, 'Arn'] },
        FunctionName: { Ref: functionOf(name).id },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        // What is throttled would count as received, and end as a dead letter.
        ScalingConfig: { MaximumConcurrency: works[name].copies },
      })
      expect(functionOf(name).properties.Environment.Variables.KILOWATCH_DEAD_LETTERS_URL).toEqual({ Ref: lettersId })
    },
  )

  test('has exactly the routes of the table, each behind the authorizer unless it tells nothing or checks a link', () => {
    const made = resources('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties)
    expect(made.map(({ RouteKey }) => RouteKey).sort()).toEqual([...routes, ...HEAD_ROUTES].sort())
    // An API has 300 routes, unless AWS raises that.
    expect(made.length).toBeLessThanOrEqual(300)
    const open = made.filter(({ AuthorizationType }) => AuthorizationType !== 'JWT')
    expect(open.map(({ RouteKey }) => RouteKey).sort()).toEqual(OPEN)
    template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      JwtConfiguration: { Issuer: 'https://issuer.example', Audience: ['kilowatch'] },
    })
  })

  test('answers the routes about gateways from a function that can change certificates and cannot reach series', () => {
    const about = routes.filter((route) => route.includes('/gateways/{id}/'))
    const { id, properties } = functionOf('devices')
    const integrations = resources('AWS::ApiGatewayV2::Integration').filter(([, { Properties }]) =>
      JSON.stringify(Properties.IntegrationUri).includes(id),
    )
    expect(integrations).toHaveLength(1)
    const served = resources('AWS::ApiGatewayV2::Route')
      .map(([, { Properties }]) => Properties)
      .filter(({ Target }) => JSON.stringify(Target).includes(integrations[0][0]))
    expect(served.map(({ RouteKey }) => RouteKey).sort()).toEqual([...about].sort())
    expect(properties.Environment.Variables).toMatchObject({ KILOWATCH_THING_POLICY: expect.anything() })
    expect(properties.Environment.Variables).not.toHaveProperty('KILOWATCH_STORE')
    expect(properties.VpcConfig).toBeUndefined()
    expect(functionOf('api').properties.VpcConfig).toBeDefined()
  })

  test('asks for a token to change something even where anyone may read', () => {
    const { template: open } = synth({ readers: 'anyone' })
    const made = Object.values(open.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => Properties)
    const needing = made.filter(({ AuthorizationType }) => AuthorizationType === 'JWT').map(({ RouteKey }) => RouteKey)
    const writing = routes.filter((route) => !route.startsWith('GET ') && !OPEN.includes(route))
    expect(needing.sort()).toEqual(writing.sort())
  })

  test('watches every queue and every function, and tells the addresses given', () => {
    const alarms = JSON.stringify(resources('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties))
    for (const [id] of [...resources('AWS::SQS::Queue'), ...resources('AWS::Lambda::Function')]) {
      expect(alarms, id).toContain(`"${id}"`)
    }
    for (const [id, { Properties }] of resources('AWS::CloudWatch::Alarm')) {
      expect(Properties.AlarmActions, id).toHaveLength(1)
    }
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.org' })
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1)
  })

  test('reserves less than a new account has, and leaves it the hundred that must stay', () => {
    const copies = resources('AWS::Lambda::Function').map(
      ([, { Properties }]) => Properties.ReservedConcurrentExecutions,
    )
    expect(copies.every((one) => one > 0)).toBe(true)
    expect(copies.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(100)
  })

  test('lets a gateway get a certificate only when the hook says so', () => {
    const [[, { Properties }]] = resources('AWS::IoT::ProvisioningTemplate')
    expect(Properties.PreProvisioningHook.TargetArn).toEqual({ 'Fn::GetAtt': [functionOf('provisioning').id, 'Arn'] })
  })
})

/** It is the default. */
const isLake = ({ readings = 'lake' }: Context): boolean => readings === 'lake'

/** What nobody can make again, and what its network needs. */
const LASTING = [
  ...['AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::SecretsManager::Secret', 'AWS::EC2::VPC', 'AWS::EC2::Subnet'],
  ...['AWS::EC2::SecurityGroup', 'AWS::Timestream::InfluxDBInstance', 'AWS::Timestream::Database'],
]
/** What each deployment may replace. */
const REPLACEABLE = [
  ...['AWS::Lambda::Function', 'AWS::CloudWatch::Alarm', 'AWS::IoT::TopicRule', 'AWS::ApiGatewayV2::Api'],
  ...['AWS::SQS::Queue', 'AWS::Scheduler::Schedule', 'Custom::SetUp'],
]

describe.each(Object.entries(DEPLOYMENTS))('deployed as "%s"', (_name, context) => {
  const { template: made, data, service, dataStack } = synth(context)
  const json = made.toJSON()

  test('names no partition but by reference, or by the region that was asked for', () => {
    const arns = JSON.stringify(json).match(/arn:aws[a-z-]*:/g) ?? []
    expect(arns.filter((arn) => arn !== 'arn:aws-cn:')).toEqual([])
  })

  test('keeps its data exactly where the stage is prod', () => {
    const kept = Object.values(made.findResources('AWS::DynamoDB::Table')).map(({ DeletionPolicy }) => DeletionPolicy)
    expect([...new Set(kept)]).toEqual([context.stage === 'test' ? 'Delete' : 'Retain'])
    expect(kept).toHaveLength(isLake(context) ? 2 : 1)
    for (const { Properties } of Object.values(made.findResources('AWS::DynamoDB::Table')))
      expect(Properties.PointInTimeRecoverySpecification).toEqual({
        PointInTimeRecoveryEnabled: true,
        RecoveryPeriodInDays: 35,
      })
    made.hasResourceProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
    })
  })

  test('data lies in a stack of its own, which keeps all of it and cannot be deleted by a slip; nothing else does', () => {
    const isKept = context.stage !== 'test'
    const policies = Object.values(data.toJSON().Resources as Record<string, { DeletionPolicy?: string }>)
    if (isKept) expect(policies.filter(({ DeletionPolicy }) => DeletionPolicy !== 'Retain')).toEqual([])
    expect(dataStack.terminationProtection).toBe(isKept)
    const types = (made: typeof data) =>
      new Set(Object.values(made.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type))
    for (const type of LASTING) expect(types(service), type).not.toContain(type)
    for (const type of REPLACEABLE) expect(types(data), type).not.toContain(type)
    expect(types(data)).toContain('AWS::DynamoDB::Table')
  })

  test('builds the series store that was chosen, and no other', () => {
    const isTimestream = context.readings === 'timestream'
    made.resourceCountIs('AWS::Timestream::Database', isTimestream ? 1 : 0)
    made.resourceCountIs('AWS::Timestream::Table', isTimestream ? 2 : 0)
    for (const { Properties } of Object.values(made.findResources('AWS::Timestream::Table'))) {
      expect(Properties.Schema.CompositePartitionKey).toMatchObject([{ Type: 'DIMENSION', Name: 'meter' }])
    }
    const builds = !isTimestream && !isLake(context) && !context.influxUrl
    const tables = Object.keys(made.findResources('AWS::DynamoDB::Table'))
    expect(tables.filter((id) => id.startsWith('SeriesTable'))).toHaveLength(isLake(context) ? 1 : 0)
    made.resourceCountIs('AWS::Timestream::InfluxDBInstance', builds ? 1 : 0)
    made.resourceCountIs('AWS::EC2::VPC', builds ? 1 : 0)
    // A NAT gateway would cost more than all functions together.
    made.resourceCountIs('AWS::EC2::NatGateway', 0)
    made.resourceCountIs('AWS::CloudFront::Distribution', context.page === 'cloudfront' ? 1 : 0)
  })
})

describe('the lake', () => {
  const { template: made } = synth(DEPLOYMENTS.lake)
  const statementsOf = (role: string) =>
    Object.entries(made.findResources('AWS::IAM::Policy'))
      .filter(([id]) => new RegExp(`^${role}RoleDefault`).test(id))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
  const partitionsOf = (role: string, action: string): string[] =>
    statementsOf(role)
      .filter(({ Action }) => [Action].flat().includes(action))
      .flatMap(({ Condition }) => Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [])
      .filter((key) => /^(reading|day|lake)#/.test(key))

  test('needs no network and no instance', () => {
    for (const type of ['AWS::EC2::VPC', 'AWS::EC2::SecurityGroup', 'AWS::Timestream::InfluxDBInstance'])
      made.resourceCountIs(type, 0)
    for (const { Properties } of Object.values(made.findResources('AWS::Lambda::Function')))
      expect(Properties.VpcConfig).toBeUndefined()
  })

  test('is reached by prefix: each function touches the partitions and files of its work', () => {
    expect(partitionsOf('Ingest', 'dynamodb:BatchWriteItem')).toEqual(['reading#*'])
    expect(partitionsOf('Ingest', 'dynamodb:Query')).toEqual([])
    expect(partitionsOf('Settle', 'dynamodb:UpdateItem')).toEqual(['day#*'])
    expect(partitionsOf('Settle', 'dynamodb:Query').sort()).toEqual(['day#*', 'lake#*', 'reading#*'])
    expect(partitionsOf('Reports', 'dynamodb:Query')).toEqual(['day#*'])
    expect(partitionsOf('Lake', 'dynamodb:BatchWriteItem')).toEqual(['reading#*', 'lake#*'])
    const writing = (role: string) => JSON.stringify(statementsOf(role)).includes('/lake/v1/readings/*')
    expect(['Ingest', 'Settle', 'Notify', 'Lake'].filter(writing)).toEqual(['Settle', 'Lake'])
    const puts = statementsOf('Settle').filter(({ Action }) => [Action].flat().includes('s3:PutObject'))
    expect(JSON.stringify(puts)).not.toContain('/lake/v1/')
  })

  test('is tended by a function of its own, and settled and judged at the pace that was asked for', () => {
    const rates = (template_: typeof made) =>
      Object.entries(template_.findResources('AWS::Scheduler::Schedule')).map(([id, { Properties }]) => [
        id.replace(/Schedule.*/, ''),
        Properties.ScheduleExpression,
      ])
    expect(Object.fromEntries(rates(made))).toMatchObject({
      ...{ Settle: 'rate(1 hour)', Assess: 'rate(1 hour)', Lake: 'rate(6 hours)', Notify: 'rate(1 minute)' },
    })
    const { template: cheap } = synth(DEPLOYMENTS['lake, for little money'])
    expect(Object.fromEntries(rates(cheap))).toMatchObject({ Settle: 'rate(1 hour)', Assess: 'rate(6 hours)' })
    cheap.resourceCountIs('AWS::CloudWatch::Dashboard', 0)
    cheap.resourceCountIs('AWS::CloudWatch::Alarm', 6)
    const { template: quick } = synth({ readings: 'lake', settleMinutes: '0', judgeMinutes: '0' })
    expect(Object.fromEntries(rates(quick))).toMatchObject({ Settle: 'rate(1 minute)', Assess: 'rate(15 minutes)' })
    const gathering = (template_: typeof made, MaximumBatchingWindowInSeconds: number, BatchSize: number): void =>
      template_.hasResourceProperties('AWS::Lambda::EventSourceMapping', { BatchSize, MaximumBatchingWindowInSeconds })
    gathering(made, 60, 1_000)
    gathering(quick, 1, 100)
    const unsent = (template_: typeof made) =>
      Object.values(template_.findResources('AWS::Lambda::Function'))
        .map(({ Properties }) => Properties.Environment.Variables.KILOWATCH_UNSENT)
        .filter((one) => one !== undefined)
    expect(unsent(made).sort()).toEqual(['assess', 'settle'])
    expect(unsent(quick)).toEqual([])
  })
})

describe('the record of messages', () => {
  test('is a second action of the rule of readings, into S3 by Firehose, and can be left out', () => {
    const { template: made } = synth(DEPLOYMENTS.lake)
    const [[, { Properties }]] = Object.entries(made.findResources('AWS::KinesisFirehose::DeliveryStream'))
    expect(Properties.ExtendedS3DestinationConfiguration).toMatchObject({
      ...{ CompressionFormat: 'GZIP', Prefix: 'messages/day=!{timestamp:yyyy-MM-dd}/' },
      EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: expect.anything() } },
    })
    const rules = Object.values(made.findResources('AWS::IoT::TopicRule')).map((one) => one.Properties)
    const recording = rules.filter(({ TopicRulePayload }) => TopicRulePayload.Actions.length > 1)
    expect(recording.map(({ RuleName }) => RuleName)).toEqual(['kilowatch_prod_ingest'])
    expect(recording[0].TopicRulePayload.Actions.map((action: object) => Object.keys(action)[0])).toEqual([
      'Sqs',
      'Firehose',
    ])
    expect(recording[0].TopicRulePayload.Actions[1].Firehose.DeliveryStreamName).toBe(Properties.DeliveryStreamName)
    synth({ record: 'no' }).template.resourceCountIs('AWS::KinesisFirehose::DeliveryStream', 0)
  })

  test('has tables for Athena, whose questions have a limit', () => {
    const { template: made } = synth(DEPLOYMENTS.lake)
    const tables = Object.values(made.findResources('AWS::Glue::Table')).map(({ Properties }) => Properties.TableInput)
    expect(tables.map(({ Name }) => Name).sort()).toEqual(['messages', 'readings'])
    const readings = tables.find(({ Name }) => Name === 'readings')
    const columns = readings.StorageDescriptor.Columns.map(({ Name }: { Name: string }) => Name)
    expect(columns).toEqual(LAKE_SCHEMA.slice(1).map(({ name }) => name))
    made.hasResourceProperties('AWS::Athena::WorkGroup', {
      WorkGroupConfiguration: { EnforceWorkGroupConfiguration: true, BytesScannedCutoffPerQuery: 20_000_000_000 },
    })
    const buckets = Object.values(made.findResources('AWS::S3::Bucket')).map(({ Properties }) => Properties)
    const versioned = buckets.filter(({ VersioningConfiguration }) => VersioningConfiguration?.Status === 'Enabled')
    expect(versioned).toHaveLength(3)
  })
})

describe('the page is told', () => {
  const issuer = NEEDED.jwtIssuer

  test.each([
    { context: { readers: 'anyone' }, told: {} },
    { context: { pageClient: 'page' }, told: { oidc: { issuer, clientId: 'page', scope: 'openid' } } },
    {
      context: { pageClient: '"`\\x', pageScope: 'openid kw/read' },
      told: { oidc: { issuer, clientId: '"`\\x', scope: 'openid kw/read' } },
    },
  ] as { context: Context; told: object }[])('by CloudFront, of $context', ({ context, told }) => {
    const { template: made } = synth({ page: 'cloudfront', ...context })
    const [{ Properties }] = Object.values(made.findResources('AWS::CloudFront::Function'))
    const answer = runInNewContext(`${Properties.FunctionCode}; handler()`)
    expect(answer).toMatchObject({ statusCode: 200, body: { encoding: 'text' } })
    expect(parseSiteConfig(answer.body.data, 'https://page.example/')).toEqual({
      ...{ apiUrl: 'https://page.example/', oidc: null },
      ...told,
    })
  })

  test('elsewhere by an output, and only its origin may ask the API across', () => {
    const { template: made } = synth({ pageUrl: 'https://page.example/energy/', pageClient: 'page' })
    made.hasOutput('PageConfig', { Value: Match.anyValue() })
    made.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: { AllowOrigins: ['https://page.example'], AllowCredentials: Match.absent() },
    })
    const { template: plain } = synth()
    plain.hasResourceProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() })
  })
})

describe('the environment', () => {
  const told = Object.values(DEPLOYMENTS).flatMap((context) =>
    Object.values(synth(context).template.findResources('AWS::Lambda::Function')).flatMap(({ Properties }) =>
      Object.keys(Properties.Environment.Variables),
    ),
  )

  test('has nothing that the platform does not know, and everything that has no default', () => {
    const all: Record<string, z.ZodType> = { ...variables, ...seriesVariables }
    // Node's own: stack traces by the bundle's map.
    const known = [...Object.keys(all), 'NODE_OPTIONS']
    expect([...new Set(told)].filter((name) => !known.includes(name))).toEqual([])
    const needed = Object.keys(all).filter((name) => !all[name].safeParse(undefined).success)
    // Nobody sends to these but a schedule.
    const unsent = ['KILOWATCH_QUEUE_CONTROL_URL', 'KILOWATCH_QUEUE_NOTIFY_URL', 'KILOWATCH_QUEUE_PRUNE_URL']
    expect(needed.filter((name) => !told.includes(name)).sort()).toEqual(unsent)
  })
})

describe('on a bad day', () => {
  const alarms = resources('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties)
  const alarmOf = (MetricName: string, dimension?: string) =>
    alarms.filter((one) => one.MetricName === MetricName && (!dimension || JSON.stringify(one).includes(dimension)))

  test('somebody is told that readings stopped, also when no function runs at all', () => {
    expect(alarmOf('ReadingsStored')).toMatchObject([
      { Namespace: 'Kilowatch', TreatMissingData: 'breaching', ComparisonOperator: 'LessThanThreshold', Threshold: 1 },
    ])
  })

  test('somebody is told that IoT Core turns gateways or messages away', () => {
    for (const name of ['Connect.Throttle', 'PublishIn.Throttle'])
      expect(alarmOf(name), name).toMatchObject([{ Namespace: 'AWS/IoT', Statistic: 'Sum', EvaluationPeriods: 3 }])
    const rules = resources('AWS::IoT::TopicRule').length
    expect(rules).toBeGreaterThan(2)
    expect(alarmOf('RuleMessageThrottled')).toHaveLength(rules)
  })

  test('somebody is told that hours fall behind, also when none is settled at all', () => {
    expect(alarmOf('SettledHourAge')).toMatchObject([
      {
        ...{ Namespace: 'Kilowatch', Statistic: 'Minimum', Threshold: 3 * 3_600, TreatMissingData: 'breaching' },
        ...{ ComparisonOperator: 'GreaterThanThreshold', Dimensions: [{ Name: 'stage', Value: 'prod' }] },
      },
    ])
    expect(alarmOf('CanaryAge')).toEqual([])
  })

  test('a canary sends as its own gateway and no other, and somebody is told when its readings do not arrive', () => {
    const { template: watched } = synth(DEPLOYMENTS['with a canary'])
    watched.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'CanaryAge', TreatMissingData: 'breaching' })
    watched.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(5 minutes)' })
    const [[, { Properties }]] = Object.entries(watched.findResources('AWS::IAM::Policy')).filter(([id]) =>
      id.startsWith('CanaryRole'),
    )
    const allowed = Properties.PolicyDocument.Statement.filter(({ Action }: { Action: string }) =>
      ['iot:Connect', 'iot:Publish'].includes(Action),
    ).map(({ Action, Resource }: { Action: string; Resource: Parameters<typeof joined>[0] }) => [
      Action,
      joined(Resource).replace(/^.*name:/, ''),
    ])
    expect(allowed).toEqual([
      ['iot:Connect', 'client/canary'],
      ['iot:Publish', 'topic/$aws/rules/kilowatch_prod_ingest/kw/v1/canary/readings'],
    ])
  })

  test('stack traces name our files', () => {
    for (const [id, { Properties }] of resources('AWS::Lambda::Function'))
      expect(Properties.Environment.Variables.NODE_OPTIONS, id).toBe('--enable-source-maps')
  })

  test('somebody is told of runs near their limit, of each rule, and of a store that fills', () => {
    for (const name of Object.keys(works) as (keyof typeof works)[])
      expect(alarmOf('Duration', functionOf(name).id)).toMatchObject([{ Threshold: 0.8 * 1000 * works[name].seconds }])
    for (const [, { Properties }] of resources('AWS::IoT::TopicRule'))
      expect(alarmOf('ParseError', Properties.RuleName)).toHaveLength(1)
    const [[, instance]] = resources('AWS::Timestream::InfluxDBInstance')
    for (const metric of ['CPUUtilization', 'MemoryUtilization', 'DiskUtilization'])
      expect(alarmOf(metric, instance.Properties.Name)).toHaveLength(1)
  })

  test('logs are JSON and kept for half a year, or as long as is said', () => {
    for (const [id, { Properties }] of resources('AWS::Lambda::Function'))
      expect(Properties.LoggingConfig.LogFormat, id).toBe('JSON')
    const daysOf = (made: typeof template) =>
      new Set(
        Object.values(made.findResources('AWS::Logs::LogGroup')).map(({ Properties }) => Properties.RetentionInDays),
      )
    expect(daysOf(template)).toEqual(new Set([180]))
    expect(daysOf(synth({ logDays: '365' }).template)).toEqual(new Set([365]))
  })

  test('a new account, which cannot reserve copies, can still deploy', () => {
    const { template: open } = synth({ reserve: 'no' })
    const copies = Object.values(open.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.ReservedConcurrentExecutions,
    )
    expect(copies.every((one) => one === undefined)).toBe(true)
    expect(
      Object.values(open.findResources('AWS::Lambda::EventSourceMapping'))[0].Properties.ScalingConfig,
    ).toBeDefined()
  })

  test('a run settles one county, within a limit of its own', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      FunctionName: { Ref: functionOf('settle').id },
    })
  })

  test('the network may go on writing its log after the bucket changes its policy', () => {
    const statements = resources('AWS::S3::BucketPolicy').flatMap(
      ([, { Properties }]) => Properties.PolicyDocument.Statement,
    )
    const delivering = statements.filter(({ Principal }) => Principal?.Service === 'delivery.logs.amazonaws.com')
    expect(delivering.length).toBeGreaterThan(0)
  })

  test('text messages reach phones, and no topic of the account', () => {
    const publishing = resources('AWS::IAM::Policy')
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
      .filter(({ Action }) => [Action].flat().includes('sns:Publish'))
    expect(publishing).toMatchObject([{ NotResource: 'arn:*:sns:*:*:*' }])
    expect(publishing[0].Resource).toBeUndefined()
  })
})

describe('the context', () => {
  const parse = (context: Record<string, string>) => () =>
    settingsOf((name) => ({ jwtIssuer: 'https://i.example', jwtAudience: 'a', ...context })[name])

  test.each([
    [{ jwtIssuer: '' }, 'context "jwtIssuer" is missing'],
    [{ canary: 'canary' }, 'context "canary": "canary" is not GATEWAY/METER'],
    [{ logDays: '90' }, 'context "logDays": "90" is none of 180, 365'],
    [{ readings: 'postgres' }, 'context "readings": "postgres" is none of lake, influxdb, timestream'],
    [{ stage: 'My Stage' }, 'context "stage": "My Stage" is not a stage'],
    [{ area: '13' }, 'context "area": "13" is not the code of an area'],
    [{ alerts: 'a@b.org, nobody' }, 'context "alerts": "nobody" is not a mail address'],
    [{ influxUrl: 'http://i.example' }, 'context "influxUrl": "http://i.example" is not an https address'],
    [{ influxUrl: 'https://i.example' }, 'context "influxSecret" is missing'],
    [{ page: 'cloudfront' }, 'context "pageClient" is missing'],
    [{ pageDomain: 'p.example' }, 'context "pageCertificate" is missing'],
    [{ adminClaim: 'role' }, 'context "adminValue" is missing'],
    [{ region: 'cn-north-1', readings: 'timestream' }, 'context "readings": Timestream for LiveAnalytics is not'],
    [{ region: 'cn-northwest-1', page: 'cloudfront', pageClient: 'page' }, 'context "page": CloudFront in China needs'],
  ])('%o is refused by name', (context, message) => {
    expect(parse(context as Record<string, string>)).toThrow(message)
  })

  test('is as documented when little is said', () => {
    expect(parse({ alerts: 'a@b.org,c@d.org' })()).toMatchObject({
      ...{ stage: 'prod', area: '130000', readings: 'lake', page: 'none', readers: 'signed-in', watch: 'few' },
      alerts: ['a@b.org', 'c@d.org'],
    })
  })
})
