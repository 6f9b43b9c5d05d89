// The gateways' IoT policy as it stands in the template, read in three ways: as IoT Core would judge a request by it,
// as mosquitto's access list, and as text. One source of truth: infra/gateways.ts.

import type { Template } from 'aws-cdk-lib/assertions'

export interface IotStatement {
  action: string
  /** After the account: `topic/kw/v1/${iot:Connection.Thing.ThingName}/readings`. */
  resource: string
}
const THING = '$' + '{iot:Connection.Thing.ThingName}'

/** What one policy allows; `ruleName` stands for the rule that has no name before it is deployed. */
export function policyOf(template: Template, id: string, ruleName: string): IotStatement[] {
  const policies = Object.entries(template.findResources('AWS::IoT::Policy')).filter(([one]) => one.startsWith(id))
  if (policies.length !== 1) throw new Error(`${policies.length} policies are called ${id}`)
  const { Statement } = policies[0][1].Properties.PolicyDocument
  return Statement.flatMap(({ Effect, Action, Resource }: Record<string, unknown>) => {
    if (Effect !== 'Allow') throw new Error('only what is allowed is understood here')
    return [Resource].flat().map(
      (resource): IotStatement => ({
        action: String(Action),
        resource: textOf(resource, ruleName).replace(/^arn:[^:]*:iot:[^:]*:[^:]*:/, ''),
      }),
    )
  })
}

/** A value with intrinsic functions as text. */
function textOf(value: unknown, ruleName: string): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) throw new Error(`not text: ${JSON.stringify(value)}`)
  const [[name, argument]] = Object.entries(value)
  if (name === 'Ref') return String(argument).startsWith('AWS::') ? String(argument).replaceAll(':', '') : ruleName
  if (name !== 'Fn::Join') throw new Error(`not understood: ${name}`)
  const [separator, parts] = argument as [string, unknown[]]
  return parts.map((part) => textOf(part, ruleName)).join(separator)
}

/** Whether the thing may do it: resources have no wildcards but the thing's name, and `*` at the end. */
export const allows = (statements: readonly IotStatement[], thing: string, action: string, resource: string): boolean =>
  statements.some((one) => {
    const allowed = one.resource.replaceAll(THING, thing)
    if (one.action !== action) return false
    return allowed.endsWith('/*') ? resource.startsWith(allowed.slice(0, -1)) : allowed === resource
  })

/**
 * The same as an access list of mosquitto, where `%u` is who the certificate names. That the client id is that name too
 * is the listener's `use_username_as_clientid`; retained messages are publishes to it.
 */
export function aclOf(statements: readonly IotStatement[]): string {
  const access: Record<string, string> = { 'iot:Publish': 'write', 'iot:Subscribe': 'read', 'iot:Receive': 'read' }
  const lines = statements.flatMap(({ action, resource }) => {
    const topic = resource
      .replace(/^(topic|topicfilter)\//, '')
      .replaceAll(THING, '%u')
      .replace(/\*$/, '#')
    return access[action] ? [`pattern ${access[action]} ${topic}`] : []
  })
  return [...new Set(lines)].join('\n')
}
