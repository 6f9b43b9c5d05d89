// The stack as whoever deploys would have it, written to a template in this process: no credentials, no network, and no
// bundles unless a test is about them.

import { readFileSync } from 'node:fs'
import { App, type Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { settingsOf } from '../../infra/settings.ts'
import { addStacks } from '../../infra/stack.ts'

export type Context = Readonly<Record<string, string>>

const cdkJson: { context: Record<string, unknown> } = JSON.parse(
  readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'),
)

/** The least that has to be said. */
export const NEEDED: Context = { jwtIssuer: 'https://issuer.example', jwtAudience: 'kilowatch' }

/** Each of these is deployed differently: what is true of the stack has to be true of all. */
export const DEPLOYMENTS: Readonly<Record<string, Context>> = {
  lake: { readings: 'lake', alerts: 'ops@example.org' },
  'lake, for little money': { readings: 'lake', judgeMinutes: '360', watch: 'few' },
  'lake in cn-north-1': { readings: 'lake', region: 'cn-north-1', pageUrl: 'https://page.example/' },
  'influxdb, built here': { readings: 'influxdb', alerts: 'ops@example.org' },
  'influxdb, there already': {
    readings: 'influxdb',
    influxUrl: 'https://influx.example:8086',
    influxSecret: 'arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:influx-AbCdEf',
  },
  timestream: { readings: 'timestream', mailFrom: 'kilowatch@example.org' },
  'with a page that signs in': { page: 'cloudfront', pageClient: 'page' },
  'with a page for everyone': { page: 'cloudfront', readers: 'anyone' },
  'a stage that is not kept': { stage: 'test' },
  'with a record that is locked and copied': {
    recordLockDays: '400',
    recordCopy: 'arn:aws-cn:s3:::kept-elsewhere',
    recordCopyKey: 'arn:aws-cn:kms:cn-north-1:210987654321:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  },
  'with a canary': { canary: 'canary/canary-E1' },
  'cn-north-1': { region: 'cn-north-1', readings: 'influxdb', pageUrl: 'https://page.example/' },
}

export interface Synthesized {
  app: App
  /** Both stacks as one. */
  template: Template
  data: Template
  service: Template
  dataStack: Stack
}

export function synth(context: Context = {}, { bundled = false } = {}): Synthesized {
  // All alarms, which tests look at; the lake has few when nothing is said.
  const { region, ...rest } = { ...NEEDED, watch: 'all', ...context } as Context
  const app = new App({
    context: { ...cdkJson.context, ...(!bundled && { 'aws:cdk:bundling-stacks': [] }), ...rest },
  })
  const settings = settingsOf((name) => app.node.tryGetContext(name))
  const stacks = addStacks(app, settings, region)
  const [data, service] = [Template.fromStack(stacks.data), Template.fromStack(stacks.service)]
  const [below, above] = [data.toJSON(), service.toJSON()]
  const Resources = { ...below.Resources, ...above.Resources }
  const Outputs = { ...below.Outputs, ...above.Outputs }
  // A name that the other stack exports stands for what it names.
  const values = new Map(
    Object.values(Outputs as Record<string, Output>).flatMap(({ Export, Value }) =>
      Export ? [[Export.Name, Value] as const] : [],
    ),
  )
  const template = Template.fromJSON(imported({ Resources, Outputs }, values) as Record<string, unknown>)
  return { app, template, data, service, dataStack: stacks.data }
}

interface Output {
  Export?: { Name: string }
  Value: unknown
}

function imported(value: unknown, values: ReadonlyMap<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((one) => imported(one, values))
  if (typeof value !== 'object' || value === null) return value
  const name = (value as { 'Fn::ImportValue'?: string })['Fn::ImportValue']
  if (name !== undefined) return values.get(name)
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, imported(one, values)]))
}
