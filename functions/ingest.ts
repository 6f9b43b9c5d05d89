// MQTT messages → durable raw readings. When this returns, every good reading is on disk and every bad one is a kept,
// countable rejection with its reason; only then may a message be acknowledged (design §2).

import { platform } from '#platform'
import { parseReadings, type Rejection } from '../domain/reading.ts'
import { handlerOf } from './handler.ts'
import type {
  DocWrite,
  MqttBatch,
  MqttBatchResult,
  MqttMessage,
  Platform,
  StateStore,
  StoredReading,
} from './platform.ts'
import { type GatewayEntry, type RegistryReader, registryReader } from './registry.ts'

/** Rejections of one message that are kept with their detail; the rest are counted. A message holds up to 2,000. */
const DETAILS_PER_MESSAGE_MAX = 50

/** What is kept of a message of which something was refused; one document, at most a few kilobytes. */
export interface RejectionRecord {
  gateway: string
  receivedMs: number
  /** How many were refused in this message. */
  count: number
  rejections: KeptRejection[]
}
export type KeptRejection = Omit<Rejection, 'code'> & { code: Rejection['code'] | 'unknownGateway' }

export const rejectionKeys = {
  /** Sorted by time, unique per message: a message delivered twice is kept once. */
  record: (message: MqttMessage) =>
    `rejection/${String(message.receivedMs).padStart(14, '0')}/${message.gateway}/${message.id}`,
  /** Refused so far of one gateway, by reason. */
  count: (gateway: string) => `rejectionCount/${gateway}`,
} as const

export function ingest({ readings, state, fanOut }: Platform) {
  const registry = registryReader(state)
  return handlerOf(async ({ messages }: MqttBatch): Promise<MqttBatchResult> => {
    await registry.refresh()
    const accepted: StoredReading[] = []
    const refused: { message: MqttMessage; rejections: KeptRejection[] }[] = []
    const failed: MqttBatchResult['failed'] = []
    const shards = new Set<string>()
    let receivedMs = 0
    for (const message of messages) {
      let sender: GatewayEntry | undefined
      try {
        sender = await registry.gateway(message.gateway)
      } catch (error) {
        failed.push({ id: message.id, reason: `the registry could not be read: ${String(error)}` })
        continue
      }
      receivedMs = Math.max(receivedMs, message.receivedMs)
      const rejections = sender ? take(message, sender, accepted) : [unknownGateway(message)]
      if (sender) shards.add(sender.shard)
      if (rejections.length > 0) refused.push({ message, rejections })
    }
    await readings.append(accepted, receivedMs)
    for (const { rejections } of refused) await nameOtherGateways(rejections, registry)
    await state.put(await rejectionDocs(state, refused))
    if (accepted.length > 0) await fanOut.send('settle', [...shards])
    const rejected = refused.reduce((sum, { rejections }) => sum + rejections.length, 0)
    return { stored: accepted.length, rejected, failed }
  })
}

export const handler = ingest(platform())

/** Adds the good readings of a message to `accepted`; returns the others. */
function take(message: MqttMessage, sender: GatewayEntry, accepted: StoredReading[]): KeptRejection[] {
  const { meters } = sender
  return parseReadings(message.payload, {
    gateway: message.gateway,
    receivedMs: message.receivedMs,
    meterOf: (id) => (Object.hasOwn(meters, id) ? meters[id] : undefined),
    accept: (meter, atMs, value, quality) => accepted.push({ meter: meter.id, atMs, value, quality }),
  }).rejections
}

const unknownGateway = (message: MqttMessage): KeptRejection => ({
  code: 'unknownGateway',
  detail: `gateway "${message.gateway}" is not registered`,
  index: null,
  meter: null,
})

/** A meter that the sender does not have may be another gateway's: the installer wants to know which. */
async function nameOtherGateways(rejections: KeptRejection[], registry: RegistryReader): Promise<void> {
  for (const rejection of rejections.slice(0, DETAILS_PER_MESSAGE_MAX)) {
    const found =
      rejection.code === 'unknownMeter' && rejection.meter ? await registry.meter(rejection.meter) : undefined
    if (!found) continue
    rejection.code = 'meterOfOtherGateway'
    rejection.detail = `meter "${found.meter.id}" is registered at gateway "${found.meter.gateway}"`
  }
}

/** The documents that keep and count what was refused. */
async function rejectionDocs(
  state: StateStore,
  refused: readonly { message: MqttMessage; rejections: KeptRejection[] }[],
): Promise<DocWrite[]> {
  const records = refused.map(({ message, rejections }): DocWrite & { value: RejectionRecord } => ({
    key: rejectionKeys.record(message),
    value: {
      gateway: message.gateway,
      receivedMs: message.receivedMs,
      count: rejections.length,
      rejections: rejections.slice(0, DETAILS_PER_MESSAGE_MAX),
    },
  }))
  const counts = new Map<string, Record<string, number>>()
  for (const { message, rejections } of refused) {
    const key = rejectionKeys.count(message.gateway)
    const count = counts.get(key) ?? { ...(await state.get<Record<string, number>>(key))?.value }
    for (const { code } of rejections) count[code] = (count[code] ?? 0) + 1
    counts.set(key, count)
  }
  return [...records, ...[...counts].map(([key, value]) => ({ key, value }))]
}
