// The template for China asks for nothing that its regions lack. Shown to bite on a stack that does.

import { App, Stack, Tags } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { CfnUserPool } from 'aws-cdk-lib/aws-cognito'
import { Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { expect, test } from 'vitest'
import { lackingIn } from './china.ts'
import type { TemplateJson } from './openings.ts'
import { DEPLOYMENTS, synth } from './synth.ts'

const inChina = Object.entries(DEPLOYMENTS).filter(([, { region }]) => region?.startsWith('cn-'))

const SYNTH_MS_MAX = 180_000
test.each(inChina)(
  'the template of "%s" has nothing that China lacks',
  (_name, context) => {
    const json = synth(context).template.toJSON() as TemplateJson
    const types = new Set(Object.values(json.Resources).map(({ Type }) => Type))
    expect(types).toContain('AWS::Lambda::EventSourceMapping')
    expect(lackingIn(json)).toEqual([])
  },
  SYNTH_MS_MAX,
)

test('a stack that asks for it is caught', () => {
  const stack = new Stack(new App(), 'Bad')
  const made = new LambdaFunction(stack, 'Function', {
    code: Code.fromInline('exports.handler = () => 0'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    tracing: Tracing.ACTIVE,
  })
  made.addEventSource(new SqsEventSource(new Queue(stack, 'Queue')))
  new CfnUserPool(stack, 'Users')
  Tags.of(stack).add('a', 'b')
  const found = lackingIn(Template.fromStack(stack).toJSON() as TemplateJson)
  expect(found.map((one) => one.replace(/^.*: /, '')).sort()).toEqual([
    'Cognito user pools',
    'X-Ray of functions',
    'tags of event source mappings',
  ])
})

test(
  'InfluxDB is usable once the stack stands: a function of the stack makes the token',
  () => {
    const { template, service } = synth(DEPLOYMENTS['cn-north-1'])
    const [instance] = Object.keys(template.findResources('AWS::Timestream::InfluxDBInstance'))
    const [[, made]] = Object.entries(template.findResources('Custom::SetUp'))
    const functions = template.findResources('AWS::Lambda::Function')
    const [id] = made.Properties.ServiceToken['Fn::GetAtt']
    expect(functions[id].Properties.VpcConfig).toBeDefined()
    expect(Object.keys(functions[id].Properties.Environment.Variables).sort()).toEqual(
      ['DATABASE', 'PASSWORD_ARN', 'SECRET_ARN', 'URL']
        .map((name) => `KILOWATCH_INFLUX_${name}`)
        .concat('KILOWATCH_STAGE', 'KILOWATCH_STORE', 'NODE_OPTIONS'),
    )
    // It runs once the data stack stands: the instance, its network and the way to Secrets Manager.
    expect(service.toJSON().Resources).not.toHaveProperty(instance)
    expect(JSON.stringify(functions[id].Properties.VpcConfig)).toContain('SubnetIds')
    const changed = synth({ ...DEPLOYMENTS['cn-north-1'], influxToken: '2' }).template
    expect(Object.values(changed.findResources('Custom::SetUp'))[0].Properties.version).toBe('2')
  },
  SYNTH_MS_MAX,
)
