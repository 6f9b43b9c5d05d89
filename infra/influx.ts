// Builds Timestream for InfluxDB in a network without internet access, or uses an existing InfluxDB. The network has no
// NAT: its functions reach AWS by endpoints, and functions that need the internet (notify) run outside it (decision
// 0017).

import { createHash } from 'node:crypto'
import { CfnOutput, SecretValue } from 'aws-cdk-lib'
import {
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { CfnInfluxDBInstance } from 'aws-cdk-lib/aws-timestream'
import type { Construct } from 'constructs'
import { accept } from './accepted.ts'
import type { Access } from './access.ts'
import { ASSUMED, type Case, GB, HOURS, type Line, line } from './cost-model.ts'
import type { BuiltSeries, SeriesConstructs, SeriesNetwork, SeriesOptions, SeriesVolumes } from './series.ts'

const PORT = 8086
/** A name has at most 40 characters. */
const NAME_CHARS = 8
const NETWORK = '10.64.0.0/22'
const DATABASE = 'kilowatch'
/**
 * The smallest of three storage types. A province at 15 minutes fills some 35 GB a year by docs/cost.md's assumptions.
 */
const STORAGE = 'InfluxIOIncludedT1'
const STORAGE_GIB = 100

export const influxConstructs: SeriesConstructs = { build, monthOf }

function build(scope: Construct, options: SeriesOptions): BuiltSeries {
  const { influx: there } = options.settings
  if (!there) return buildInflux(scope, options)
  return {
    network: undefined,
    series: () => accessTo({ url: there.url, database: there.database }, there.secretArn),
  }
}

function buildInflux(scope: Construct, { key, logs, settings, removalPolicy }: SeriesOptions): BuiltSeries {
  const { network, databaseGroup } = addNetwork(scope, logs)
  const password = new Secret(scope, 'InfluxPassword', {
    encryptionKey: key,
    removalPolicy,
    generateSecretString: { excludePunctuation: true, passwordLength: 40 },
  })
  accept(password, 'AwsSolutions-SMG4', 'The first sign-in only: InfluxDB takes it once, when the instance is created.')
  const token = new Secret(scope, 'InfluxToken', {
    encryptionKey: key,
    removalPolicy,
    description: 'JSON {"token":"…"}: reads and writes the bucket; the function InfluxSetUp makes it',
    secretObjectValue: { token: SecretValue.unsafePlainText('not made yet') },
  })
  accept(
    token,
    'AwsSolutions-SMG4',
    'A rotation of Secrets Manager would need a second function; the context influxToken makes a new one.',
  )
  // What cannot be changed is part of the name: such a change makes a new instance beside the one that is kept.
  const name = `kilowatch-${settings.stage}-${createHash('sha256').update([DATABASE, NETWORK].join()).digest('hex').slice(0, NAME_CHARS)}`
  // Encrypted by the service's own key: CloudFormation does not offer a customer key for it in every region yet.
  const instance = new CfnInfluxDBInstance(scope, 'Series', {
    name,
    dbInstanceType: settings.influxClass,
    dbStorageType: STORAGE,
    allocatedStorage: STORAGE_GIB,
    deploymentType: settings.stage === 'prod' ? 'WITH_MULTIAZ_STANDBY' : 'SINGLE_AZ',
    organization: DATABASE,
    bucket: DATABASE,
    username: DATABASE,
    password: password.secretValue.unsafeUnwrap(),
    port: PORT,
    publiclyAccessible: false,
    vpcSecurityGroupIds: [databaseGroup.securityGroupId],
    vpcSubnetIds: network.vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
  })
  instance.applyRemovalPolicy(removalPolicy)
  new CfnOutput(scope, 'InfluxEndpoint', { value: instance.attrEndpoint })
  new CfnOutput(scope, 'InfluxPasswordSecret', { value: password.secretName })
  const place = { url: `https://${instance.attrEndpoint}:${PORT}`, database: DATABASE }
  return {
    network,
    series: () => accessTo(place, token.secretArn),
    instance: name,
    setUp: {
      name: 'influx-set-up',
      access: makingToken(accessTo(place, token.secretArn), { token, password, key }),
      version: settings.influxToken,
    },
  }
}

/** One token gives access to the whole bucket: InfluxDB has no finer rights. */
const accessTo = (place: { url: string; database: string }, secretArn: string): Access => ({
  environment: {
    KILOWATCH_STORE: 'influxdb',
    KILOWATCH_INFLUX_URL: place.url,
    KILOWATCH_INFLUX_DATABASE: place.database,
    KILOWATCH_INFLUX_SECRET_ARN: secretArn,
  },
  statements: [new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] })],
})

/** The right to read the first password and to store the token. */
const makingToken = (
  access: Access,
  { token, password, key }: { token: Secret; password: Secret; key: Key },
): Access => ({
  environment: { ...access.environment, KILOWATCH_INFLUX_PASSWORD_ARN: password.secretArn },
  statements: [
    new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [password.secretArn] }),
    new PolicyStatement({ actions: ['secretsmanager:PutSecretValue'], resources: [token.secretArn] }),
    new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [key.keyArn],
    }),
  ],
})

function addNetwork(scope: Construct, logs: Bucket): { network: SeriesNetwork; databaseGroup: SecurityGroup } {
  const vpc = new Vpc(scope, 'Network', {
    ipAddresses: IpAddresses.cidr(NETWORK),
    maxAzs: 2,
    natGateways: 0,
    // Nothing uses the default group; closing it would need a CDK function with rights over groups.
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [{ name: 'Series', subnetType: SubnetType.PRIVATE_ISOLATED }],
    gatewayEndpoints: {
      DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      Objects: { service: GatewayVpcEndpointAwsService.S3 },
    },
    flowLogs: { Refused: { destination: FlowLogDestination.toS3(logs, 'network/') } },
  })
  const group = (id: string, description: string, allowAllOutbound: boolean) =>
    new SecurityGroup(scope, id, { vpc, description, allowAllOutbound })
  const functionsGroup = group('FunctionsGroup', 'Functions that use series', true)
  const databaseGroup = group('InfluxGroup', 'InfluxDB', false)
  const endpointsGroup = group('EndpointsGroup', 'Endpoints of AWS services', false)
  databaseGroup.addIngressRule(functionsGroup, Port.tcp(PORT), 'series')
  endpointsGroup.addIngressRule(functionsGroup, Port.tcp(443), 'AWS')
  for (const [id, service] of Object.entries({
    Queues: InterfaceVpcEndpointAwsService.SQS,
    Secrets: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  })) {
    vpc.addInterfaceEndpoint(id, { service, securityGroups: [endpointsGroup], open: false })
  }
  return {
    network: { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED }, securityGroups: [functionsGroup] },
    databaseGroup,
  }
}

/** Two zones, as in stage prod; the network's two endpoints in each. */
function monthOf({ influxVcpus, meters }: Case, { readings }: SeriesVolumes): Line[] {
  const keptBytes = 12 * (readings * ASSUMED.packedBytes + meters * HOURS * ASSUMED.packedBytes)
  return [
    line('series: InfluxDB', 'influxVcpuHours', 2 * influxVcpus * HOURS),
    line('series: storage', 'influxStorage', 2 * Math.max(100, keptBytes / GB)),
    line('series: network endpoints', 'endpointHours', 2 * 2 * HOURS),
  ]
}
