// Sets up AWS IoT Core: the rule that takes readings, the policy that limits a gateway to its own topics, and fleet
// provisioning for gateways with a claim certificate. The topics are those of docs/rules/interfaces.md#mqtt-topics;
// test/infra compares the policy with domain/wire/topic.ts, and test/devices runs it against a broker.

import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnPolicy, CfnProvisioningTemplate, CfnThingGroup, CfnThingType, CfnTopicRule } from 'aws-cdk-lib/aws-iot'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import { importedArn } from './functions.ts'
import { pascal } from './names.ts'
import type { WorkQueue } from './queues.ts'
import type { Settings } from './settings.ts'
import { arnOf, type Stores } from './store.ts'

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
  settings: Settings
  work: WorkQueue
  stores: Stores
}

/** Where rules leave what they could not pass on, in the bucket of objects (cloud/replay-undelivered.ts). */
const UNDELIVERED = 'undelivered'

/**
 * Adds the rules of gateways' readings, those of foreign products, statuses, results and connections. Readings reach
 * theirs by Basic Ingest (`$aws/rules/<rule>/<topic>`), where messages are free of charge. The payload goes on encoded,
 * so that one that isn't JSON still reaches the handler and becomes a rejection; the sender is the authenticated client
 * id, not the one in the topic. Gateways in the field publish to the rule by its name, so the name is fixed. What it
 * cannot pass on goes, with its payload, to another service than the queue. Returns the rules' names.
 */
export function addTopicRules(scope: Construct, options: RuleOptions): { readings: string; all: string[] } {
  const { name, filter, settings, stores } = options
  const { record } = stores
  const role = ruleRole(scope, options)
  const fields = "encode(*, 'base64') AS payload, clientid() AS gateway, timestamp() AS receivedMs, traceid() AS trace"
  const rules: Record<string, string> = {
    [name]: `SELECT ${fields} FROM '${filter}'`,
    status: `SELECT ${fields}, 'status' AS signal FROM '${channelOf(filter, 'status')}'`,
    // Of gateways of others; the topic names their devices.
    foreign: `SELECT ${fields}, topic() AS topic FROM '${channelOf(filter, 'foreign/#')}'`,
    results: `SELECT ${fields}, 'result' AS signal FROM '${channelOf(filter, 'results')}'`,
    // The service's own word on connections, which does not depend on a last will. A client that connects anew before
    // its old connection ends is not gone.
    presence: `SELECT clientId AS gateway, eventType AS signal, timestamp AS receivedMs FROM '${PRESENCE}' WHERE isUndefined(disconnectReason) OR disconnectReason <> 'DUPLICATE_CLIENTID'`,
  }
  const nameOf = (rule: string) => `kilowatch_${settings.stage}_${rule}`
  for (const [rule, sql] of Object.entries(rules)) {
    new CfnTopicRule(scope, `${pascal(rule)}Rule`, {
      ruleName: nameOf(rule),
      topicRulePayload: {
        awsIotSqlVersion: IOT_SQL_VERSION,
        sql,
        actions: [
          { sqs: { queueUrl: options.work.queue.queueUrl, roleArn: role.roleArn, useBase64: false } },
          // The record of messages: IoT Core runs each action whatever becomes of the others.
          ...(record && rule === name
            ? [{ firehose: { deliveryStreamName: record.stream.name, roleArn: role.roleArn, separator: '\n' } }]
            : []),
        ],
        errorAction: {
          s3: { bucketName: stores.objects.bucketName, key: UNDELIVERED_KEY, roleArn: role.roleArn },
        },
      },
    })
  }
  new CfnOutput(scope, `${pascal(name)}RuleName`, { value: nameOf(name) })
  new CfnOutput(scope, `${pascal(name)}QueueUrl`, { value: options.work.queue.queueUrl })
  return { readings: nameOf(name), all: Object.keys(rules).map(nameOf) }
}

/** Connections and disconnections of all clients; those of no gateway are passed over by the handler. */
const PRESENCE = '$aws/events/presence/+/+'
const UNDELIVERED_KEY = `${UNDELIVERED}/\${timestamp()}-\${newuuid()}`

/** The right to pass messages on to the queue, and those that it does not take to the bucket. */
function ruleRole(scope: Construct, { name, work, stores: { objects, key, record } }: RuleOptions): Role {
  const role = new Role(scope, `${pascal(name)}RuleRole`, { assumedBy: new ServicePrincipal('iot.amazonaws.com') })
  const allow = (action: string, resource: string) =>
    role.addToPolicy(new PolicyStatement({ actions: [action], resources: [resource] }))
  allow('sqs:SendMessage', work.queue.queueArn)
  allow('s3:PutObject', objects.arnForObjects(`${UNDELIVERED}/*`))
  allow('kms:GenerateDataKey', key.keyArn)
  if (record) allow('firehose:PutRecord', record.stream.arn)
  accept(
    role,
    `AwsSolutions-IAM5[Resource::${importedArn(objects)}/${UNDELIVERED}/*]`,
    'Each message that could not be passed on is an object of its own, whose name nobody knows before.',
  )
  return role
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
        // In a policy `*` spans levels, as REST of kw/v1/G/foreign/REST may have several.
        ...['readings', 'status', 'results', 'foreign/*'].map((channel) => topic(topicOf(channel))),
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

/** Adds the type and the group of all gateways, by which the fleet is searched. Returns their name. */
export function addThingGroup(scope: Construct, settings: Settings): string {
  const name = `kilowatch-${settings.stage}-gateways`
  const type = new CfnThingType(scope, 'GatewayType', { thingTypeName: name })
  // A type that things have cannot be deleted.
  type.applyRemovalPolicy(RemovalPolicy.RETAIN)
  new CfnThingGroup(scope, 'GatewayGroup', { thingGroupName: name })
  return name
}

export interface FleetOptions {
  settings: Settings
  policyName: string
  /** Name of the things' type and group. */
  groupName: string
  /** Decides whether a certificate becomes a gateway's. */
  hook: LambdaFunction
}

/**
 * Sets up fleet provisioning: a claim certificate, the same in many boxes, may only request a certificate in the name
 * of a gateway. Its holder could ask in any name; so the hook refuses unless the gateway is registered and has no
 * certificate yet.
 */
export function addFleetProvisioning(scope: Construct, { settings, policyName, groupName, hook }: FleetOptions): void {
  const role = new Role(scope, 'FleetRole', { assumedBy: new ServicePrincipal('iot.amazonaws.com') })
  role.addToPolicy(
    new PolicyStatement({
      actions: [
        ...[
          'AddThingToThingGroup',
          'AttachPolicy',
          'AttachThingPrincipal',
          'CreateThing',
          'DescribeCertificate',
          'DescribeThing',
        ],
        ...['GetPolicy', 'ListPolicyPrincipals', 'ListPrincipalPolicies', 'ListPrincipalThings', 'ListThingPrincipals'],
        ...['RegisterThing', 'UpdateCertificate', 'UpdateThing'],
      ].map((action) => `iot:${action}`),
      resources: ['*'],
    }),
  )
  accept(
    role,
    'AwsSolutions-IAM5[Resource::*]',
    'Things and certificates that do not exist yet; a part of what AWSIoTThingsRegistration allows.',
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
      // The hook checks serial number and code; a box that leaves one out is refused.
      Parameters: Object.fromEntries(
        ['Gateway', 'Serial', 'Code', 'AWS::IoT::Certificate::Id'].map((name) => [name, { Type: 'String' }]),
      ),
      Resources: {
        thing: {
          Type: 'AWS::IoT::Thing',
          // The hook prevents taking over a thing that has a certificate; a thing without one may exist already.
          Properties: { ThingName: { Ref: 'Gateway' }, ThingTypeName: groupName, ThingGroups: [groupName] },
          OverrideSettings: { ThingTypeName: 'REPLACE', ThingGroups: 'DO_NOTHING' },
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
