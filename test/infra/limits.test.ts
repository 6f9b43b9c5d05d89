// What a template may say and an account would refuse: sizes that CloudFormation only meets while it deploys, and
// rights without which something is silent. Names that are not known before count as long as they can become.

import { readdirSync, readFileSync } from 'node:fs'
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api'
import { describe, expect, test } from 'vitest'
import { DEPLOYMENTS, synth } from './synth.ts'

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: a function's own policy, its variables. */
const [FUNCTION_POLICY_MAX, ENVIRONMENT_MAX] = [20_480, 4_096]
/** CreatePolicy of IoT Core, without white space. */
const IOT_POLICY_MAX = 2_048
/** Inline policies of one role together. */
const ROLE_POLICIES_MAX = 10_240
const RESOURCES_MAX = 500

/** The longest partition and region that we know of, a resource's name of 64 characters, an account of 12 digits. */
const LONGEST: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws-cn',
  'AWS::Region': 'cn-northwest-1',
  'AWS::AccountId': '123456789012',
  'AWS::URLSuffix': 'amazonaws.com.cn',
}
const NAME = 'n'.repeat(64)
const ARN = `arn:aws-cn:dynamodb:cn-northwest-1:123456789012:function/${NAME}`

/** The value as it will be when what it refers to has a name. */
function deployed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deployed)
  if (typeof value !== 'object' || value === null) return value
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>
  if (typeof Ref === 'string') return LONGEST[Ref] ?? NAME
  if (attribute) return ARN
  if (Array.isArray(join)) return (deployed(join[1]) as string[]).join(join[0])
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, deployed(one)]))
}
const lengthOf = (value: unknown): number => JSON.stringify(deployed(value)).replace(/\s/g, '').length

describe.each(Object.entries(DEPLOYMENTS))('deployed as "%s"', (_name, context) => {
  const { template } = synth(context)
  const propertiesOf = (type: string) =>
    Object.entries(template.findResources(type)).map(([id, { Properties }]) => ({ id, ...Properties }))

  test('has no more resources than a stack may have', () => {
    expect(Object.keys(template.toJSON().Resources).length).toBeLessThanOrEqual(RESOURCES_MAX)
  })

  test('lets callers in by policies that fit a function', () => {
    const byFunction = Map.groupBy(propertiesOf('AWS::Lambda::Permission'), (one) => JSON.stringify(one.FunctionName))
    expect(byFunction.size).toBeGreaterThan(2)
    for (const [name, permissions] of byFunction) {
      const statements = permissions.map(({ id, Action, Principal, SourceArn }) => ({
        Sid: `${NAME}${id}`,
        Effect: 'Allow',
        Principal: { Service: Principal },
        ...{ Action, Resource: ARN, Condition: { ArnLike: { 'AWS:SourceArn': SourceArn } } },
      }))
      expect(lengthOf({ Version: '2012-10-17', Id: 'default', Statement: statements }), name).toBeLessThan(
        FUNCTION_POLICY_MAX,
      )
    }
  })

  test('has policies that fit IoT Core and roles, and variables that fit a function', () => {
    for (const { id, PolicyDocument } of propertiesOf('AWS::IoT::Policy'))
      expect(lengthOf(PolicyDocument), id).toBeLessThan(IOT_POLICY_MAX)
    const policies = Map.groupBy(propertiesOf('AWS::IAM::Policy'), ({ Roles }) => JSON.stringify(Roles))
    for (const [role, own] of policies)
      expect(lengthOf(own.map(({ PolicyDocument }) => PolicyDocument)), role).toBeLessThan(ROLE_POLICIES_MAX)
    for (const { id, Environment } of propertiesOf('AWS::Lambda::Function'))
      expect(lengthOf(Environment.Variables), id).toBeLessThan(ENVIRONMENT_MAX)
  })

  test('lets CloudWatch into the topic of alarms, whose own policy takes the place of the one that would', () => {
    const allowed = propertiesOf('AWS::SNS::TopicPolicy').flatMap(({ PolicyDocument, Topics }) =>
      PolicyDocument.Statement.filter(
        (one: Record<string, unknown>) => one.Effect === 'Allow' && one.Action === 'sns:Publish',
      ).map(({ Principal }: { Principal: unknown }) => ({ Principal, Topics })),
    )
    const [{ Ref: topic }] = propertiesOf('AWS::CloudWatch::Alarm')[0].AlarmActions
    expect(allowed).toEqual([{ Principal: { Service: 'cloudwatch.amazonaws.com' }, Topics: [{ Ref: topic }] }])
  })

  test('lets IoT Core ask the hook before there is a template that names it', () => {
    const [template_] = Object.values(template.findResources('AWS::IoT::ProvisioningTemplate'))
    const permissions = Object.entries(template.findResources('AWS::Lambda::Permission'))
    const asking = permissions.filter(([, { Properties }]) => Properties.Principal === 'iot.amazonaws.com')
    expect(asking).toHaveLength(1)
    expect(template_.DependsOn).toContain(asking[0][0])
  })
})

test('functions have the rights of DynamoDB that the calls of cloud/ need, and no others', () => {
  const folder = new URL('../../cloud/', import.meta.url)
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
  const called = new Set(
    sources
      .flatMap((source) => /import \{([^}]*)\} from '@aws-sdk\/client-dynamodb'/.exec(source)?.[1].split(',') ?? [])
      .flatMap((name) => /^\s*(\w+)Command\s*$/.exec(name)?.[1] ?? []),
  )
  // A transaction is authorized by what it does, here updates; the scan is a person's (decision 0014).
  for (const one of ['TransactWriteItems', 'Scan']) expect(called.delete(one)).toBe(true)
  const granted = Object.values(synth().template.findResources('AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .flatMap(({ Action }) => [Action].flat() as string[])
    .filter((action) => action.startsWith('dynamodb:'))
  expect([...new Set(granted)].sort()).toEqual([...called].map((name) => `dynamodb:${name}`).sort())
})

test('cdk.json sets every flag that this CDK recommends', () => {
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'))
  // Weak references need the new function Fn::GetStackOutput; whether China's regions have it nobody could look up.
  const strong = { '@aws-cdk/core:defaultCrossStackReferences': 'strong' }
  expect(context).toMatchObject({ ...CURRENTLY_RECOMMENDED_FLAGS, ...strong })
})
