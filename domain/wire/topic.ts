// Defines the MQTT topics of version 1 (docs/rules/interfaces.md#mqtt-topics) and their permissions:
// `kw/v1/G/readings|status|commands|results`. A gateway may use only its own topics; the broker checks here, and the
// AWS policy states the same.

import { GATEWAY_ID } from '../registry/records.ts'

export const TOPIC_ROOT = 'kw/v1'

/** Channels from a gateway: `status` is retained and its last will. */
export const UP_CHANNELS = ['readings', 'status', 'results'] as const
/** Channels to a gateway. */
export const DOWN_CHANNELS = ['commands'] as const
export const CHANNELS = [...UP_CHANNELS, ...DOWN_CHANNELS] as const
export type TopicChannel = (typeof CHANNELS)[number]

export interface Topic {
  gateway: string
  channel: TopicChannel
}

/** The topic of one gateway's channel. Precondition: `gateway` is a gateway id. */
export const topicOf = (gateway: string, channel: TopicChannel): string => `${TOPIC_ROOT}/${gateway}/${channel}`

/** The filter for one channel of all gateways; for the host only, never granted to a gateway. */
export const filterOf = (channel: TopicChannel): string => `${TOPIC_ROOT}/+/${channel}`

/** The parts of a topic; undefined when it is not a topic of version 1. A filter with wildcards is not a topic. */
export function parseTopic(topic: string): Topic | undefined {
  const [, gateway, channel] = TOPIC.exec(topic) ?? []
  return gateway === undefined ? undefined : { gateway, channel: channel as TopicChannel }
}
const TOPIC = new RegExp(`^${TOPIC_ROOT}/(${GATEWAY_ID.source.slice(1, -1)})/(${CHANNELS.join('|')})$`)

/**
 * What follows kw/v1/G/foreign/ of this gateway: the topic as another product writes it. Undefined for other topics.
 */
export function foreignTopic(gateway: string, topic: string): string | undefined {
  const prefix = `${TOPIC_ROOT}/${gateway}/foreign/`
  return topic.startsWith(prefix) && topic.length > prefix.length ? topic.slice(prefix.length) : undefined
}

/** True when the authenticated `gateway` may publish to `topic`: only its own up channels. */
export function mayPublish(gateway: string, topic: string): boolean {
  const parsed = parseTopic(topic)
  return parsed !== undefined && parsed.gateway === gateway && UP_CHANNELS.some((up) => up === parsed.channel)
}

/** True when the authenticated `gateway` may subscribe to `filter`: only its own commands, without wildcards. */
export function maySubscribe(gateway: string, filter: string): boolean {
  const parsed = parseTopic(filter)
  return parsed !== undefined && parsed.gateway === gateway && DOWN_CHANNELS.some((down) => down === parsed.channel)
}
