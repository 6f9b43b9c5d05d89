// The MQTT topics of version 1 (docs/rules/interfaces.md#mqtt-topics): `kw/v1/G/readings|status|commands|results`, and
// who may use which. A gateway uses only its own; the broker asks here, and the AWS policy says the same.

import { GATEWAY_ID } from '../registry/records.ts'

export const TOPIC_ROOT = 'kw/v1'

/** What a gateway says: `status` is retained and its last will. */
export const UP_CHANNELS = ['readings', 'status', 'results'] as const
/** What a gateway is told. */
export const DOWN_CHANNELS = ['commands'] as const
export const CHANNELS = [...UP_CHANNELS, ...DOWN_CHANNELS] as const
export type TopicChannel = (typeof CHANNELS)[number]

export interface Topic {
  gateway: string
  channel: TopicChannel
}

/** The topic of one gateway's channel. Precondition: `gateway` is a gateway id. */
export const topicOf = (gateway: string, channel: TopicChannel): string => `${TOPIC_ROOT}/${gateway}/${channel}`

/** The filter that hears one channel of every gateway; for the host's own use, never granted to a gateway. */
export const filterOf = (channel: TopicChannel): string => `${TOPIC_ROOT}/+/${channel}`

/** The parts of a topic, or undefined when it is none of version 1's. A filter with wildcards is not a topic. */
export function parseTopic(topic: string): Topic | undefined {
  const [, gateway, channel] = TOPIC.exec(topic) ?? []
  return gateway === undefined ? undefined : { gateway, channel: channel as TopicChannel }
}
const TOPIC = new RegExp(`^${TOPIC_ROOT}/(${GATEWAY_ID.source.slice(1, -1)})/(${CHANNELS.join('|')})$`)

/** Whether the authenticated `gateway` may publish to `topic`: its own up channels. */
export function mayPublish(gateway: string, topic: string): boolean {
  const parsed = parseTopic(topic)
  return parsed !== undefined && parsed.gateway === gateway && UP_CHANNELS.some((up) => up === parsed.channel)
}

/**
 * Whether the authenticated `gateway` may subscribe to `filter`: its own commands, spelled out. A wildcard reaches
 * beyond.
 */
export function maySubscribe(gateway: string, filter: string): boolean {
  const parsed = parseTopic(filter)
  return parsed !== undefined && parsed.gateway === gateway && DOWN_CHANNELS.some((down) => down === parsed.channel)
}
