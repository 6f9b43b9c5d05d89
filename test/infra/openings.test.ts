// Nothing is open: no template, however it is deployed, holds what test/infra/openings.ts looks for or what cdk-nag's
// AwsSolutions finds, unless a reason stands beside it. Shown to bite on a bad stack.

import { App, Stack, Validations } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { CfnBucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { CfnQueue } from 'aws-cdk-lib/aws-sqs'
import { CfnDatabase, CfnInfluxDBInstance } from 'aws-cdk-lib/aws-timestream'
import { AwsSolutionsChecks } from 'cdk-nag'
import type { IConstruct } from 'constructs'
import { describe, expect, test } from 'vitest'
import { openings, type TemplateJson } from './openings.ts'
import { DEPLOYMENTS, synth } from './synth.ts'

const nagOf = (scope: IConstruct): string[] =>
  new AwsSolutionsChecks().validateScope(scope).violations.map(({ ruleName }) => ruleName)

describe.each(Object.entries(DEPLOYMENTS))('deployed as "%s"', (_name, context) => {
  const { app, template } = synth(context)

  test('nothing is open', () => {
    expect(openings(template.toJSON() as TemplateJson)).toEqual([])
  })

  test('cdk-nag finds nothing that we have not answered', () => {
    expect(nagOf(app)).toEqual([])
  })

  test('every answer to cdk-nag has a reason', () => {
    const answers = app.node
      .findAll()
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    expect(answers.length).toBeGreaterThan(0)
    for (const { data } of answers) for (const reason of reasonsIn(data)) expect(reason).toMatch(/^.{30,}$/)
  })
})

/** Every text under the key `reason`. */
function reasonsIn(data: unknown): string[] {
  if (typeof data !== 'object' || data === null) return []
  return Object.entries(data).flatMap(([key, value]) => (key === 'reason' ? [String(value)] : reasonsIn(value)))
}

describe('a bad stack', () => {
  const app = new App()
  const stack = new Stack(app, 'Bad')
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  role.addToPolicy(new PolicyStatement({ actions: ['dynamodb:*'], resources: ['*'] }))
  new CfnBucket(stack, 'Open')
  new CfnBucketPolicy(stack, 'OpenPolicy', {
    bucket: 'open',
    policyDocument: { Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Principal: '*', Resource: 'x' }] },
  })
  new CfnTable(stack, 'Table', { keySchema: [{ attributeName: 'pk', keyType: 'HASH' }] })
  new CfnDatabase(stack, 'Database', {})
  new CfnInfluxDBInstance(stack, 'Influx', { publiclyAccessible: true })
  new CfnQueue(stack, 'Queue', { sqsManagedSseEnabled: false })
  new Topic(stack, 'Topic')
  new CfnTopicRule(stack, 'Rule', { topicRulePayload: { sql: "SELECT * FROM 'a'", actions: [] } })
  new LambdaFunction(stack, 'Function', {
    code: Code.fromInline('exports.handler = () => 0'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    role,
  })
  const found = openings(Template.fromStack(stack).toJSON() as TemplateJson)

  test.each([
    ['RoleDefaultPolicy', 'allows dynamodb:*'],
    ['Open', 'can be made public'],
    ['Open', 'is not encrypted'],
    ['OpenPolicy', 'allows anyone'],
    ['Table', 'is not encrypted'],
    ['Database', 'is not encrypted under our key'],
    ['Influx', 'can be reached from anywhere'],
    ['Queue', 'is not encrypted'],
    ['Queue', 'has no dead letters'],
    ['Topic', 'is not encrypted'],
    ['Rule', 'drops what it cannot pass on'],
    ['Function', 'has a log without an end'],
    ['Function', 'may take all the concurrency of the account'],
  ])('is caught: %s %s', (id, what) => {
    expect(found.filter((one) => one.startsWith(id) && one.endsWith(what))).not.toHaveLength(0)
  })

  test('is caught by cdk-nag', () => {
    expect(nagOf(app)).toEqual(
      expect.arrayContaining([expect.stringContaining('SQS3'), expect.stringContaining('IAM5')]),
    )
  })
})
