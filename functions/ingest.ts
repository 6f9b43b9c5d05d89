// MQTT messages → durable raw readings. When this returns, every good reading is stored and every bad one is a kept,
// countable rejection with its reason; only then may a message be acknowledged
// (docs/rules/interfaces.md#acknowledgement).

import { must } from '../domain/must.ts'
import { isRead, type Meter } from '../domain/registry/records.ts'
import { type MeterEntry, parseReadings } from '../domain/wire/reading.ts'
import type { ReadingMark } from '../domain/wire/sent-unit.ts'
import { handlerOf } from './handler.ts'
import type {
  HostClock,
  MqttBatch,
  MqttBatchResult,
  MqttMessage,
  Platform,
  StateStore,
  StoredReading,
} from './platform.ts'
import { type GatewayEntry, type RegistryReader, registryKeys, registryReader } from './registry/reader.ts'
import { type Ahead, putAhead, takeInAside } from './wire/aside.ts'
import { mappedMessage } from './wire/mapped.ts'
import { addRejection, type KeptRejection, keepRejections, type Refused } from './wire/rejections.ts'

/** Limit of a rejection's detail; a store may quote at length. */
const NOT_KEPT_CHARS_MAX = 200

export function ingest({ readings, state, fanOut, hostClock: clock, now }: Platform) {
  const registry = registryReader(state)
  return handlerOf(async ({ messages }: MqttBatch): Promise<MqttBatchResult> => {
    await registry.refresh()
    // First, so that a reading aside does not overwrite one received after it.
    await takeInAside({ hostClock: clock, state, now }, async (id) => (await registry.meter(id))?.meter.gateway)
    const accepted: StoredReading[] = []
    /** Where each message's readings end in `accepted`. */
    const ends: { message: MqttMessage; end: number }[] = []
    const refused: Refused[] = []
    const ahead: Ahead[] = []
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
      const future: StoredReading[] = []
      const rejections = sender ? take(message, sender, accepted, clock && future) : [unknownGateway(message)]
      if (clock) hear(clock, message.gateway, [accepted.slice(first), future])
      if (future.length > 0) ahead.push({ message, readings: future })
      if (sender) shards.add(sender.shard)
      ends.push({ message, end: accepted.length })
      if (rejections.length > 0) refused.push({ message, rejections })
    }
    const notKept = await readings.append(accepted, receivedMs)
    for (const one of notKept) {
      const message = ends.find(({ end }) => one.index < end)?.message
      if (message) addRejection(refused, message, notKeptBy(one.reason, must(accepted[one.index])))
    }
    const aside = await putAhead(clock, ahead, refused)
    // Whatever happens to rejections, good readings are stored: only messages with rejections are delivered again.
    failed.push(
      ...(await nameOtherGateways(refused, { state, registry }).then(
        () => keepRejections(state, refused),
        (error: unknown) => refused.map(({ message: { id } }) => ({ id, reason: String(error) })),
      )),
    )
    // Also for a redelivered message: the previous run may have died before it asked for settling.
    const isWork = accepted.length > notKept.length || messages.some(({ delayed }) => delayed)
    if (isWork) await fanOut.send('settle', [...shards])
    const rejected = refused.reduce((sum, { rejections }) => sum + rejections.length, 0) - aside
    return { stored: accepted.length - notKept.length, rejected, ...(aside > 0 && { aside }), failed }
  })
}

/** Notes the newest time of a message. */
function hear(clock: HostClock, gateway: string, lists: readonly (readonly StoredReading[])[]): void {
  let newestMs = Number.NEGATIVE_INFINITY
  for (const list of lists) for (const { atMs } of list) newestMs = Math.max(newestMs, atMs)
  if (newestMs > Number.NEGATIVE_INFINITY) clock.heard(gateway, newestMs)
}

/** Adds the good readings of a message to `accepted`, those in the future to `future`; returns what was refused. */
function take(
  message: MqttMessage,
  sender: GatewayEntry,
  accepted: StoredReading[],
  future: StoredReading[] | undefined,
): KeptRejection[] {
  const meters = metersOf(sender)
  const { gateway, receivedMs } = message
  const acceptAhead = future && {
    acceptAhead: (meter: MeterEntry, atMs: number, value: number, marked: ReadingMark) =>
      void future.push({ meter: meter.id, atMs, value, ...marked, receivedMs }),
  }
  const mapped = mappedMessage(message, sender.gateway)
  const { rejections } = parseReadings(mapped.payload, {
    gateway,
    receivedMs,
    meterOf: (id) => meters.get(id),
    ...acceptAhead,
    accept: (meter, atMs, value, { quality, unit }) =>
      accepted.push(
        unit === undefined
          ? { meter: meter.id, atMs, value, quality, receivedMs }
          : { meter: meter.id, atMs, value, quality, unit, receivedMs },
      ),
  })
  return mapped.rejections.length > 0 ? [...mapped.rejections, ...rejections] : rejections
}

const meterMaps = new WeakMap<GatewayEntry, ReadonlyMap<string, MeterEntry>>()

/** A gateway's meters by id. Looked up once a reading, for which a map takes a third of an object's time. */
function metersOf(sender: GatewayEntry): ReadonlyMap<string, MeterEntry> {
  const known = meterMaps.get(sender)
  if (known) return known
  const meters = new Map(Object.entries(sender.meters))
  meterMaps.set(sender, meters)
  return meters
}

export const unknownGateway = (message: MqttMessage): KeptRejection => ({
  code: 'unknownGateway',
  detail: `gateway "${message.gateway}" is not registered`,
  index: null,
  meter: null,
})

/** Its place in the message is no longer known; meter and time identify it. */
const notKeptBy = (reason: string, { meter, atMs }: StoredReading): KeptRejection => ({
  code: 'notKept',
  detail: `the store does not take the reading at ${new Date(atMs).toISOString()}: ${reason}`.slice(
    0,
    NOT_KEPT_CHARS_MAX,
  ),
  index: null,
  meter,
})

const refusalOf = (meter: Meter): Pick<KeptRejection, 'code' | 'detail'> =>
  isRead(meter)
    ? { code: 'meterOfOtherGateway', detail: `meter "${meter.id}" is registered at gateway "${meter.gateway}"` }
    : { code: 'meterNotRead', detail: `meter "${meter.id}" is ${meter.kind}; it sends no readings` }

/**
 * Names the gateway that owns a meter the sender does not have, for the installer. Asks once for all unknown ids, since
 * a gateway may send thousands of readings of meters that nobody registered.
 */
async function nameOtherGateways(
  refused: readonly Refused[],
  { state, registry }: { state: StateStore; registry: RegistryReader },
): Promise<void> {
  const unknown = Map.groupBy(
    refused.flatMap(({ rejections }) => rejections).filter(({ code, meter }) => code === 'unknownMeter' && meter),
    ({ meter }) => meter ?? '',
  )
  if (unknown.size === 0) return
  const places = await state.getMany([...unknown.keys()].map((id) => registryKeys.meterPlace(id)))
  const placed = new Set(places.map(({ key }) => key))
  for (const [id, rejections] of unknown) {
    const meter = placed.has(registryKeys.meterPlace(id)) && (await registry.meter(id))?.meter
    if (meter) for (const rejection of rejections) Object.assign(rejection, refusalOf(meter))
  }
}
