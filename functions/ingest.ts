// MQTT messages → durable raw readings. When this returns, every good reading is stored and every bad one is a kept,
// countable rejection with its reason; only then may a message be acknowledged (design §2).

import { onMessages } from '#platform'
import { type MeterEntry, parseReadings, type Rejection } from '../domain/reading.ts'
import { handlerOf } from './handler.ts'
import {
  ATOMIC_DOCS_MAX,
  type DocWrite,
  type MqttBatch,
  type MqttBatchResult,
  type MqttMessage,
  type Platform,
  type ReadingStore,
  type StateStore,
  type StoredReading,
  VersionConflict,
} from './platform.ts'
import { type GatewayEntry, type RegistryReader, registryReader } from './registry.ts'

/** Rejections of one message that are kept with their detail; the rest are counted. A message holds up to 2,000. */
const DETAILS_PER_MESSAGE_MAX = 50
/** A store may quote more than one would read. */
const NOT_KEPT_CHARS_MAX = 200

/** What is kept of a message of which something was refused; one document, at most a few kilobytes. */
export interface RejectionRecord {
  gateway: string
  receivedMs: number
  /** How many were refused in this message. */
  count: number
  rejections: KeptRejection[]
}
/** How many were refused, by code. */
export type RejectionCount = Record<string, number>
export type KeptRejection = Omit<Rejection, 'code'> & { code: Rejection['code'] | 'unknownGateway' | 'notKept' }

export const rejectionKeys = {
  /** Sorted by time, unique per message: a message delivered twice is kept once. */
  record: (message: MqttMessage) => `${rejectionKeys.from(message.receivedMs)}/${message.gateway}/${message.id}`,
  /** Where the records received at an instant begin; the prefix of all of them without one. */
  from: (receivedMs: number | '') => `rejection/${receivedMs === '' ? '' : String(receivedMs).padStart(14, '0')}`,
  /** Refused so far of one gateway, by reason. */
  count: (gateway: string) => `rejectionCount/${gateway}`,
} as const

interface Refused {
  message: MqttMessage
  rejections: KeptRejection[]
}

export function ingest({ readings, state, fanOut }: Platform) {
  const registry = registryReader(state)
  return handlerOf(async ({ messages }: MqttBatch): Promise<MqttBatchResult> => {
    await registry.refresh()
    const accepted: StoredReading[] = []
    /** Where the readings of each message end in `accepted`. */
    const ends: { message: MqttMessage; end: number }[] = []
    const refused: Refused[] = []
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
      const first = accepted.length
      const rejections = sender ? take(message, sender, accepted) : [unknownGateway(message)]
      if (message.delayed) accepted.push(...(await notOvertaken(readings, accepted.splice(first), message.receivedMs)))
      if (sender) shards.add(sender.shard)
      ends.push({ message, end: accepted.length })
      if (rejections.length > 0) refused.push({ message, rejections })
    }
    const notKept = await readings.append(accepted, receivedMs)
    for (const one of notKept) {
      const message = ends.find(({ end }) => one.index < end)?.message
      if (message) addRejection(refused, message, notKeptBy(one.reason, accepted[one.index]))
    }
    for (const { rejections } of refused) await nameOtherGateways(rejections, registry)
    await keepRejections(state, refused)
    // Also for a message that comes again: whoever took it before may have died before asking for this.
    const isWork = accepted.length > notKept.length || messages.some(({ delayed }) => delayed)
    if (isWork) await fanOut.send('settle', [...shards])
    const rejected = refused.reduce((sum, { rejections }) => sum + rejections.length, 0)
    return { stored: accepted.length - notKept.length, rejected, failed }
  })
}

export const handler = onMessages(ingest)

/** Adds the good readings of a message to `accepted`; returns the others. */
function take(message: MqttMessage, sender: GatewayEntry, accepted: StoredReading[]): KeptRejection[] {
  const meters = metersOf(sender)
  return parseReadings(message.payload, {
    gateway: message.gateway,
    receivedMs: message.receivedMs,
    meterOf: (id) => meters.get(id),
    accept: (meter, atMs, value, quality) => accepted.push({ meter: meter.id, atMs, value, quality }),
  }).rejections
}

/** Those readings for whose time nothing is known that was received later. */
async function notOvertaken(
  readings: ReadingStore,
  own: readonly StoredReading[],
  receivedMs: number,
): Promise<StoredReading[]> {
  const overtaken = new Set<string>()
  for (const [meter, rows] of Map.groupBy(own, (one) => one.meter)) {
    const times = rows.map(({ atMs }) => atMs).sort((a, b) => a - b)
    for (const known of await readings.history(meter, times[0], times[times.length - 1] + 1))
      if (known.receivedMs > receivedMs) overtaken.add(`${meter} ${known.atMs}`)
  }
  return own.filter(({ meter, atMs }) => !overtaken.has(`${meter} ${atMs}`))
}

const meterMaps = new WeakMap<GatewayEntry, ReadonlyMap<string, MeterEntry>>()

/** The meters of a gateway by id; looked up once a reading, which a map does in a third of the time of an object. */
function metersOf(sender: GatewayEntry): ReadonlyMap<string, MeterEntry> {
  const known = meterMaps.get(sender)
  if (known) return known
  const meters = new Map(Object.entries(sender.meters))
  meterMaps.set(sender, meters)
  return meters
}

const unknownGateway = (message: MqttMessage): KeptRejection => ({
  code: 'unknownGateway',
  detail: `gateway "${message.gateway}" is not registered`,
  index: null,
  meter: null,
})

/** Its place in the message is not known any more: meter and time say which it was. */
const notKeptBy = (reason: string, { meter, atMs }: StoredReading): KeptRejection => ({
  code: 'notKept',
  detail: `the store does not take the reading at ${new Date(atMs).toISOString()}: ${reason}`.slice(
    0,
    NOT_KEPT_CHARS_MAX,
  ),
  index: null,
  meter,
})

function addRejection(refused: Refused[], message: MqttMessage, rejection: KeptRejection): void {
  const known = refused.find((one) => one.message === message)
  if (known) known.rejections.push(rejection)
  else refused.push({ message, rejections: [rejection] })
}

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

/** Each with its record and at most one count: what is written whole on every platform. */
const MESSAGES_PER_PUT = ATOMIC_DOCS_MAX / 2
/** How often counts are tried again when another batch was counted in between. */
const ATTEMPTS = 5

/** Keeps and counts what was refused. A message that is delivered again, under its id, is neither kept nor counted twice. */
async function keepRejections(state: StateStore, refused: readonly Refused[]): Promise<void> {
  for (let first = 0; first < refused.length; first += MESSAGES_PER_PUT)
    await keepTogether(state, refused.slice(first, first + MESSAGES_PER_PUT))
}

async function keepTogether(state: StateStore, refused: readonly Refused[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await state.put(await rejectionDocs(state, refused))
    } catch (error) {
      if (!(error instanceof VersionConflict) || attempt === ATTEMPTS) throw error
    }
  }
}

async function rejectionDocs(state: StateStore, refused: readonly Refused[]): Promise<DocWrite[]> {
  const kept = new Set(
    (await state.getMany(refused.map(({ message }) => rejectionKeys.record(message)))).map(({ key }) => key),
  )
  const fresh = refused.filter(({ message }) => !kept.has(rejectionKeys.record(message)))
  const records = fresh.map(({ message, rejections }): DocWrite & { value: RejectionRecord } => ({
    key: rejectionKeys.record(message),
    value: {
      gateway: message.gateway,
      receivedMs: message.receivedMs,
      count: rejections.length,
      rejections: rejections.slice(0, DETAILS_PER_MESSAGE_MAX),
    },
  }))
  const counts = new Map<string, DocWrite & { value: RejectionCount }>()
  for (const { message, rejections } of fresh) {
    const key = rejectionKeys.count(message.gateway)
    const standing = counts.has(key) ? undefined : await state.get<RejectionCount>(key)
    const count = counts.get(key) ?? { key, value: { ...standing?.value }, ifVersion: standing?.version ?? 0 }
    for (const { code } of rejections) count.value[code] = (count.value[code] ?? 0) + 1
    counts.set(key, count)
  }
  return [...records, ...counts.values()]
}
