// Turns the table of triggers into AWS, row by row: the trigger's source, the queue of its work, its function. The
// files beside this one build the parts; this one only connects them. Two stacks, by how long their things live: the
// data stack holds what nobody can make again, the other what each deployment may replace.

import { type App, CfnOutput, CfnResource, RemovalPolicy, Stack, type StackProps, Tags } from 'aws-cdk-lib'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { type Trigger, triggers } from '../functions/triggers.ts'
import { addCanary } from './canary.ts'
import { addDeviceFunction, addFunction, hiddenFor, paceOf, workAt } from './functions.ts'
import { addFleetProvisioning, addGatewayPolicy, addThingGroup, addTopicRules, channelOf } from './gateways.ts'
import { addHttpApi, addRoutes, type Served } from './http.ts'
import { addPage, pageConfig } from './page.ts'
import { addProvisioningHook } from './provisioning-hook.ts'
import { addWorkQueue, type WorkQueue } from './queues.ts'
import { addRebuild } from './rebuild.ts'
import { addSchedule } from './schedules.ts'
import { addSetUp } from './set-up.ts'
import type { Settings } from './settings.ts'
import { addStores, type Stores } from './store.ts'
import { addTending } from './tending.ts'
import { addWatch } from './watch.ts'

interface DataStackProps extends StackProps {
  settings: Settings
}
interface KilowatchStackProps extends DataStackProps {
  stores: Stores
}

/** Routes that change certificates: another function with other rights serves them (infra/functions.ts). */
const ABOUT_GATEWAYS = / \/api\/v1\/gateways\//

/** Regions of China refuse tags on event source mappings (docs.amazonaws.cn, aws/latest/userguide/lambda.md). */
const UNTAGGED = { excludeResourceTypes: ['AWS::Lambda::EventSourceMapping'] }

type Name = keyof typeof triggers
const rows = Object.entries(triggers) as [Name, Trigger][]

/** Adds both stacks to the app. */
export function addStacks(app: App, settings: Settings, region?: string): { data: Stack; service: Stack } {
  const common = { settings, ...(region && { env: { region } }) }
  const name = `Kilowatch-${settings.stage}`
  const data = new DataStack(app, `${name}-data`, { ...common, terminationProtection: settings.stage === 'prod' })
  const service = new KilowatchStack(app, name, { ...common, stores: data.stores })
  for (const stack of [data, service]) {
    Tags.of(stack).add('kilowatch:stage', settings.stage, UNTAGGED)
    Tags.of(stack).add('kilowatch:area', settings.area, UNTAGGED)
  }
  return { data, service }
}

/**
 * Documents, files, series with their network, and the key. In `prod` all of it is kept, and the stack cannot be
 * deleted by a slip: a network that went while its database stays could not go, and the deletion would fail.
 */
class DataStack extends Stack {
  readonly stores: Stores
  constructor(scope: Construct, id: string, { settings, ...props }: DataStackProps) {
    super(scope, id, { description: 'Kilowatch: data of public institutions', ...props })
    this.stores = addStores(this, settings)
    if (settings.stage !== 'prod') return
    for (const one of this.node.findAll())
      if (CfnResource.isCfnResource(one)) one.applyRemovalPolicy(RemovalPolicy.RETAIN)
  }
}

class KilowatchStack extends Stack {
  constructor(scope: Construct, id: string, { settings, stores, ...props }: KilowatchStackProps) {
    super(scope, id, { description: 'Kilowatch: energy of public institutions', ...props })
    const functions = new Map<string, LambdaFunction>()
    if (stores.setUp) functions.set(stores.setUp.name, addSetUp(this, stores.setUp, { settings, stores }))
    const queues = new Map<string, WorkQueue>()
    for (const [name, { mqtt, queue }] of rows) {
      if (!mqtt && !queue) continue
      queues.set(
        name,
        addWorkQueue(this, name, { ordered: !mqtt, hidden: hiddenFor(workAt(name, settings.pace.settle)) }),
      )
    }
    const routes: Served[] = []
    const rules: string[] = []
    const api = addHttpApi(this, settings)
    const pageUrl =
      settings.page === 'cloudfront' ? addPage(this, { settings, api }) : (settings.pageUrl ?? `${api.apiEndpoint}/`)

    if (settings.page === 'none' && settings.pageUrl) {
      const config = { apiUrl: api.apiEndpoint, ...pageConfig(settings) }
      new CfnOutput(this, 'PageConfig', { value: this.toJsonString(config) })
    }

    for (const [name, { mqtt, everyMinutes, http }] of rows) {
      const made = addFunction(this, { name, settings, stores, queues, pageUrl })
      functions.set(name, made)
      if (http) routes.push(...http.map((route): Served => [route, ABOUT_GATEWAYS.test(route) ? 'devices' : name]))
      const work = queues.get(name)
      if (work && everyMinutes) addSchedule(this, { name, everyMinutes: paceOf(settings, name) || everyMinutes, work })
      if (!work || !mqtt) continue
      const rule = addTopicRules(this, { name, filter: mqtt, settings, work, stores })
      rules.push(...rule.all)
      const groupName = addThingGroup(this, settings)
      const policyName = addGatewayPolicy(this, mqtt, rule.readings)
      const hook = addProvisioningHook(this, { settings, stores })
      functions.set('provisioning', hook)
      addFleetProvisioning(this, { settings, policyName, groupName, hook })
      const devices = addDeviceFunction(this, {
        ...{ settings, stores, policyName, groupName },
        commandFilter: channelOf(mqtt, 'commands'),
      })
      functions.set('devices', devices)
      const watched = settings.canary
      if (watched) {
        const made = addCanary(this, { settings, stores, watched, filter: mqtt, rule: rule.readings })
        functions.set('canary', made)
      }
    }
    const rebuilding = addRebuild(this, { settings, stores, queues, functions })
    new CfnOutput(this, 'RebuildMachineArn', { value: rebuilding.stateMachineArn })
    if (stores.tending) addTending(this, stores.tending, { settings, stores, queues, functions })
    addRoutes(api, { routes, functions, settings })
    addWatch(this, { settings, stores, api, functions, queues, rules })
  }
}
