// Every row of the trigger table stands in the CloudFormation template, in any partition, with nothing open:
// the table and infra/ cannot drift.

import { App, Duration } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { describe, expect, test } from 'vitest'
import { type Trigger, triggers } from '../functions/triggers.ts'
import { KilowatchStack } from '../infra/stack.ts'

const rows: [name: string, trigger: Trigger][] = Object.entries(triggers)
const template = Template.fromStack(new KilowatchStack(new App(), 'Kilowatch', { triggers }))
const resources = (type: string) => Object.entries(template.findResources(type))

describe('the template', () => {
  test('is made of a table with rows of each kind', () => {
    expect(rows.filter(([, { mqtt }]) => mqtt)).not.toHaveLength(0)
    expect(rows.filter(([, { everyMinutes }]) => everyMinutes)).not.toHaveLength(0)
    expect(rows.filter(([, { queue }]) => queue)).not.toHaveLength(0)
    expect(rows.filter(([, { http }]) => http)).not.toHaveLength(0)
  })

  test.each(rows.filter(([, { mqtt }]) => mqtt))('has an IoT rule into a queue for %s', (_name, { mqtt }) => {
    template.hasResourceProperties('AWS::IoT::TopicRule', {
      TopicRulePayload: {
        Sql: Match.stringLikeRegexp(`FROM '${(mqtt ?? '').replaceAll('+', '\\+')}'$`),
        Actions: [{ Sqs: { QueueUrl: { Ref: Match.stringLikeRegexp('Queue') } } }],
        ErrorAction: { Sqs: { QueueUrl: { Ref: Match.stringLikeRegexp('DeadLetters') } } },
      },
    })
  })

  test.each(rows.filter(([, { everyMinutes }]) => everyMinutes))(
    'has a schedule into a queue for %s',
    (name, { everyMinutes }) => {
      template.hasResourceProperties('AWS::Scheduler::Schedule', {
        ScheduleExpression: ScheduleExpression.rate(Duration.minutes(everyMinutes ?? 0)).expressionString,
        Target: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Queue'), 'Arn'] }, Input: `{"scheduled":"${name}"}` },
      })
    },
  )

  test.each(rows.filter(([, { queue }]) => queue))('has a queue for %s', (_name, { queue }) => {
    const id = new RegExp(`^${queue}Queue`, 'i')
    expect(resources('AWS::SQS::Queue').filter(([logicalId]) => id.test(logicalId))).toHaveLength(1)
  })

  test('says which routes it does not host yet, and has no function that pretends', () => {
    const routes = rows.flatMap(([name, { http }]) => (http ?? []).map((route) => `${name}: ${route}`))
    expect(template.toJSON().Metadata['kilowatch:notHosted']).toEqual(routes)
    template.resourceCountIs('AWS::Lambda::Function', 0)
  })

  test('encrypts every queue, keeps what failed, and takes messages over TLS only', () => {
    const queues = resources('AWS::SQS::Queue')
    expect(queues.length).toBeGreaterThan(0)
    for (const [id, { Properties }] of queues) {
      expect(Properties.SqsManagedSseEnabled, id).toBe(true)
      if (!id.includes('DeadLetters')) expect(Properties.RedrivePolicy?.deadLetterTargetArn, id).toBeDefined()
    }
    expect(resources('AWS::SQS::QueuePolicy')).toHaveLength(queues.length)
  })

  test('keeps the state table: encrypted, paid by use, to be rebuilt to any second of five weeks', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
      },
    })
  })

  test('lets a rule and a schedule send to their own queues and do nothing else', () => {
    const statements = resources('AWS::IAM::Policy').flatMap(
      ([, { Properties }]) => Properties.PolicyDocument.Statement,
    )
    expect(statements.length).toBeGreaterThan(0)
    for (const { Action, Resource } of statements) {
      expect(
        [Action].flat().filter((action) => !/^sqs:(SendMessage|GetQueueAttributes|GetQueueUrl)$/.test(action)),
      ).toEqual([])
      expect(JSON.stringify(Resource)).not.toContain('*')
    }
  })

  test('names no partition', () => {
    expect(JSON.stringify(template.toJSON())).not.toMatch(/arn:aws(-[a-z-]+)?:/)
  })
})
