// A gateway's certificate opens its own topics and no others: the IoT policy says of every topic what
// domain/wire/topic.ts says, and Basic Ingest for the readings beside it.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { basicIngestTopic } from '../../devices/aws-iot.ts'
import { CHANNELS, foreignTopic, mayPublish, maySubscribe, topicOf } from '../../domain/wire/topic.ts'
import { aclOf, allows, policyOf } from './iot-policy.ts'
import { synth } from './synth.ts'

const RULE = 'kilowatch_prod_ingest'
const { template } = synth()
const gateways = policyOf(template, 'GatewayPolicy', RULE)
const claim = policyOf(template, 'ClaimPolicy', RULE)
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/)

describe('the policy of gateways', () => {
  test('says of publishing and subscribing what the domain says', () => {
    const topic = fc.tuple(id, fc.constantFrom(...CHANNELS)).map(([gateway, channel]) => topicOf(gateway, channel))
    const odd = fc.constantFrom(
      'kw/v1/+/readings',
      'kw/v1/#',
      '#',
      '$SYS/broker',
      'kw/v1/a/readings/more',
      'kw/v2/a/readings',
    )
    fc.assert(
      fc.property(id, fc.oneof(topic, odd), (thing, name) => {
        for (const one of [name, name.replace(/^kw\/v1\/[^/]+/, `kw/v1/${thing}`)]) {
          expect(allows(gateways, thing, 'iot:Publish', `topic/${one}`)).toBe(mayPublish(thing, one))
          expect(allows(gateways, thing, 'iot:Subscribe', `topicfilter/${one}`)).toBe(maySubscribe(thing, one))
          expect(allows(gateways, thing, 'iot:Receive', `topic/${one}`)).toBe(maySubscribe(thing, one))
        }
      }),
    )
  })

  test('opens Basic Ingest to the rule, for the own readings', () => {
    expect(allows(gateways, 'gw-1', 'iot:Publish', `topic/${basicIngestTopic(RULE, 'gw-1')}`)).toBe(true)
    expect(allows(gateways, 'gw-1', 'iot:Publish', `topic/${basicIngestTopic(RULE, 'gw-2')}`)).toBe(false)
    expect(allows(gateways, 'gw-1', 'iot:Publish', `topic/${basicIngestTopic('other', 'gw-1')}`)).toBe(false)
  })

  test('opens the topics of foreign products, as the broker of one machine does', () => {
    const rest = fc.stringMatching(/^[a-z]{1,5}(\/[a-z]{1,5}){0,3}$/)
    fc.assert(
      fc.property(id, id, rest, (thing, other, name) => {
        for (const topic of [`kw/v1/${thing}/foreign/${name}`, `kw/v1/${other}/foreign/${name}`])
          expect(allows(gateways, thing, 'iot:Publish', `topic/${topic}`)).toBe(
            foreignTopic(thing, topic) !== undefined,
          )
      }),
    )
  })

  test('lets a client in only under the name of its thing', () => {
    expect(allows(gateways, 'gw-1', 'iot:Connect', 'client/gw-1')).toBe(true)
    expect(allows(gateways, 'gw-1', 'iot:Connect', 'client/gw-2')).toBe(false)
  })

  test('retains the status alone', () => {
    expect(gateways.filter(({ action }) => action === 'iot:RetainPublish')).toHaveLength(1)
    expect(allows(gateways, 'gw-1', 'iot:RetainPublish', 'topic/kw/v1/gw-1/status')).toBe(true)
  })

  test('is an access list of mosquitto, line by line', () => {
    expect(aclOf(gateways).split('\n')).toEqual([
      'pattern write $aws/rules/kilowatch_prod_ingest/kw/v1/%u/readings',
      'pattern write kw/v1/%u/readings',
      'pattern write kw/v1/%u/status',
      'pattern write kw/v1/%u/results',
      'pattern write kw/v1/%u/foreign/#',
      'pattern read kw/v1/%u/commands',
    ])
  })
})

test('a claim certificate reaches nothing but provisioning', () => {
  expect(claim.length).toBeGreaterThan(5)
  for (const { action, resource } of claim) {
    const place =
      action === 'iot:Connect'
        ? /^client\/claim-\*$/
        : /^(topic|topicfilter)\/\$aws\/(certificates|provisioning-templates)\//
    expect(resource).toMatch(place)
  }
})
