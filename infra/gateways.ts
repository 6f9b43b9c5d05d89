// Sets up AWS IoT Core: the rule that takes readings, the policy that limits a gateway to its own topics, and fleet
// provisioning for gateways with a claim certificate. The topics are those of docs/rules/interfaces.md#mqtt-topics;
// test/infra compares the policy with domain/wire/topic.ts, and test/devices runs it against a broker.

import { CfnOutput } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnPolicy, CfnProvisioningTemplate, CfnTopicRule } from 'aws-cdk-lib/aws-iot'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import { pascal } from './names.ts'
import type { WorkQueue } from './queues.ts'
import type { Settings } from './settings.ts'
import { arnOf } from './store.ts'

/** The SQL dialect of IoT rules in which encode() and clientid() behave as documented today. */
const IOT_SQL_VERSION = '2016-03-23'
/** IoT Core replaces this with the name of the thing whose certificate opened the connection. */
const THING = '$' + '{iot:Connection.Thing.ThingName}'
/** Prefix of the client ids of gateways that have only a claim certificate. */
const CLAIM_PREFIX = 'claim-'

export interface RuleOptions {
  name: string
  /** MQTT topic filter. */
  filter: string
  work: WorkQueue
}

/**
 * Adds a rule that gateways reach by Basic Ingest (`$aws/rules/<rule>/<topic>`), where messages are free of charge. It
 * passes the payload on encoded, so that one that is not JSON still reaches the handler and becomes a rejection; the
 * sender is the authenticated client id, not the one in the topic. Messages that it cannot pass on go to the dead
 * letters with their payload. Returns the rule's name.
 */
export function addTopicRule(scope: Construct, { name, filter, work }: RuleOptions): string {
  const role = new Role(scope, `${pascal(name)}RuleRole`, { assumedBy: new ServicePrincipal('iot.amazonaws.com') })
  role.addToPolicy(
    new PolicyStatement({
      actions: ['sqs:SendMessage'],
      resources: [work.queue.queueArn, work.deadLetters.queueArn],
    }),
  )
  const sendTo = (queue: Queue) => ({ sqs: { queueUrl: queue.queueUrl, roleArn: role.roleArn, useBase64: false } })
  const rule = new CfnTopicRule(scope, `${pascal(name)}Rule`, {
    topicRulePayload: {
      awsIotSqlVersion: IOT_SQL_VERSION,
      sql: `SELECT encode(*, 'base64') AS payload, clientid() AS gateway, timestamp() AS receivedMs FROM '${filter}'`,
      actions: [sendTo(work.queue)],
      errorAction: sendTo(work.deadLetters),
    },
  })
  new CfnOutput(scope, `${pascal(name)}RuleName`, { value: rule.ref })
  return rule.ref
}

/**
 * Adds the policy of every gateway's certificate: connect as its own thing, publish to that thing's up channels and by
 * Basic Ingest, receive its commands. `filter` is the trigger table's, `kw/v1/+/readings`. Returns the policy's name.
 */
export function addGatewayPolicy(scope: Construct, filter: string, ruleName: string): string {
  const topicOf = (channel: string) => channelOf(filter, channel).replace('+', THING)
  const topic = (name: string) => arnOf(scope, 'iot', `topic/${name}`)
  const statements = [
    {
      Action: 'iot:Connect',
      Resource: arnOf(scope, 'iot', `client/${THING}`),
      Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } },
    },
    {
      Action: 'iot:Publish',
      Resource: [
        topic(`$aws/rules/${ruleName}/${topicOf('readings')}`),
        ...['readings', 'status', 'results'].map((channel) => topic(topicOf(channel))),
      ],
    },
    { Action: 'iot:RetainPublish', Resource: topic(topicOf('status')) },
    { Action: 'iot:Subscribe', Resource: arnOf(scope, 'iot', `topicfilter/${topicOf('commands')}`) },
    { Action: 'iot:Receive', Resource: topic(topicOf('commands')) },
  ]
  const policy = new CfnPolicy(scope, 'GatewayPolicy', { policyDocument: allowing(statements) })
  new CfnOutput(scope, 'GatewayPolicyName', { value: policy.ref })
  return policy.ref
}

/** The filter of another channel: `kw/v1/+/commands` for the `filter` `kw/v1/+/readings`. */
export const channelOf = (filter: string, channel: string): string => filter.replace(/[^/]+$/, channel)

export interface FleetOptions {
  settings: Settings
  policyName: string
  /** Decides whether a certificate becomes a gateway's. */
  hook: LambdaFunction
}

/**
 * Sets up fleet provisioning: a claim certificate, the same in many boxes, may only request a certificate in the name
 * of a gateway. Its holder could ask in any name; so the hook refuses unless the gateway is registered and has no
 * certificate yet.
 */
export function addFleetProvisioning(scope: Construct, { settings, policyName, hook }: FleetOptions): void {
  const role = new Role(scope, 'FleetRole', { assumedBy: new ServicePrincipal('iot.amazonaws.com') })
  role.addToPolicy(
    new PolicyStatement({
      actions: [
        ...['AttachPolicy', 'AttachThingPrincipal', 'CreateThing', 'DescribeCertificate', 'DescribeThing'],
        ...['GetPolicy', 'ListPolicyPrincipals', 'ListPrincipalPolicies', 'ListPrincipalThings', 'ListThingPrincipals'],
        ...['RegisterThing', 'UpdateCertificate', 'UpdateThing'],
      ].map((action) => `iot:${action}`),
      resources: ['*'],
    }),
  )
  accept(
    role,
    'AwsSolutions-IAM5[Resource::*]',
    'Things and certificates that do not exist yet; what AWSIoTThingsRegistration allows, less groups.',
  )
  const templateName = `kilowatch-${settings.stage}`
  hook.addPermission('Fleet', {
    principal: new ServicePrincipal('iot.amazonaws.com'),
    sourceArn: arnOf(scope, 'iot', `provisioningtemplate/${templateName}`),
  })
  const template = new CfnProvisioningTemplate(scope, 'Fleet', {
    templateName,
    templateType: 'FLEET_PROVISIONING',
    enabled: true,
    provisioningRoleArn: role.roleArn,
    preProvisioningHook: { payloadVersion: '2020-04-01', targetArn: hook.functionArn },
    templateBody: JSON.stringify({
      Parameters: { Gateway: { Type: 'String' }, 'AWS::IoT::Certificate::Id': { Type: 'String' } },
      Resources: {
        thing: {
          Type: 'AWS::IoT::Thing',
          Properties: { ThingName: { Ref: 'Gateway' } },
          // The hook prevents taking over a thing that has a certificate; a thing without one may exist already.
          OverrideSettings: { ThingName: 'DO_NOTHING' },
        },
        certificate: {
          Type: 'AWS::IoT::Certificate',
          Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'Active' },
        },
        policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: policyName } },
      },
    }),
  })
  // The right to call the hook must exist before the template that names it.
  template.node.addDependency(hook)
  addClaimPolicy(scope, templateName)
  new CfnOutput(scope, 'FleetTemplateName', { value: template.ref })
}

/** The rights of a claim certificate: to send a signing request, and to register the answer. */
function addClaimPolicy(scope: Construct, templateName: string): void {
  const certificates = '$aws/certificates/create-from-csr/json'
  const things = `$aws/provisioning-templates/${templateName}/provision/json`
  const answers = [certificates, things].flatMap((topic) => [`${topic}/accepted`, `${topic}/rejected`])
  const arns = (kind: string, topics: string[]) => topics.map((topic) => arnOf(scope, 'iot', `${kind}/${topic}`))
  const policy = new CfnPolicy(scope, 'ClaimPolicy', {
    policyDocument: allowing([
      { Action: 'iot:Connect', Resource: arnOf(scope, 'iot', `client/${CLAIM_PREFIX}*`) },
      { Action: 'iot:Publish', Resource: arns('topic', [certificates, things]) },
      { Action: 'iot:Subscribe', Resource: arns('topicfilter', answers) },
      { Action: 'iot:Receive', Resource: arns('topic', answers) },
    ]),
  })
  new CfnOutput(scope, 'ClaimPolicyName', { value: policy.ref })
}

interface Statement {
  Action: string
  Resource: string | string[]
  Condition?: Record<string, Record<string, string>>
}
const allowing = (statements: readonly Statement[]) => ({
  Version: '2012-10-17',
  Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
})
