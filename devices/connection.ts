// One connection of an uplink, from CONNECT to close: MQTT 3.1.1, QoS 1, in order, a bounded number of messages on the
// wire, each deleted from the outbox only after its PUBACK. Uses a new mqtt.js client without memory of the last one,
// because mqtt.js would otherwise replay its own store one message at a time and lose publish callbacks on a close
// (MQTT.js issues 2015, 1974); only the outbox remembers messages.

import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import { topicOf } from '../domain/wire/topic.ts'
import type { Log } from './log.ts'
import type { OutboxEntry, OutboxFigures } from './outbox.ts'
import { Pace } from './pace.ts'

/**
 * Largest distance in outbox numbers between the oldest unacknowledged message and the next one sent: half of MQTT's
 * 16-bit packet ids, because mqtt.js reuses an id without checking that it is free.
 */
const SEQ_LAG_MAX = 32_768
/** CONNACK codes of MQTT 3.1.1 [MQTT-3.2.2.3]: bad user name or password, not authorized. */
const REFUSALS = [4, 5]
/** OpenSSL's names for a broker's alert that it rejects the certificate: revoked, expired, or of an unknown issuer. */
const REFUSED_CERTIFICATE = /^ERR_SSL_.*ALERT_(.*CERTIFICATE.*|UNKNOWN_CA)$/
/** Share of a second's bytes that may be sent at once: a twentieth; one message always may. */
const BYTES_AT_ONCE_SHARE = 20
const KEEPALIVE_S = 30
const CONNECT_MS_MAX = 15_000
const OFFLINE = '{"v":1,"state":"offline"}'

/** The part of an outbox that a connection uses. */
interface Waiting {
  readonly figures: OutboxFigures
  peek(seq: number, limit: number): OutboxEntry[]
  hold(seq: number): void
  acknowledge(seqs: readonly number[]): void
}

export interface ConnectionOptions {
  /** `mqtt://host:port`, `mqtts:`, `ws:` or `wss:`. */
  url: string
  /** Gateway id: MQTT client id, user name where there is a password, and part of its topics. */
  gateway: string
  /** Without one, the certificate identifies the gateway (`mqtt`). */
  password?: string
  outbox: Waiting
  /** Topic for readings, e.g. AWS Basic Ingest (`$aws/rules/…`); without it the gateway's own. */
  topic?: string
  /** Whether the broker keeps the status for who comes later; true unless it says no. IoT Core charges for it twice. */
  retainStatus?: boolean | undefined
  /** Further options of mqtt.js, e.g. certificates; options that affect the order of messages are fixed. */
  mqtt?: IClientOptions
  /** What else the status says: how lines and meters do. Compared as JSON; sent when it changes. */
  health?: (() => object) | undefined
  /** Takes a command from the service; what it resolves to is published as its result. */
  onCommand?: ((payload: Uint8Array) => Promise<object | undefined>) | undefined
  log: Log
  onOnline?(): void
  /** Called after messages left the outbox, with the number of readings acknowledged. */
  onAcknowledged?(readings: number): void
}

export interface ConnectionLimits {
  /** Messages on the wire without PUBACK: enough to keep a distant broker busy, few to repeat after a break. */
  inFlightMax: number
  /** Bytes on the wire; one message may always be sent. Bounds memory when messages are large. */
  inFlightBytesMax: number
  /**
   * Publishes and bytes a second, and publishes at once: brokers with many clients disconnect those that send faster.
   */
  publishesPerSecond: number
  publishesAtOnce: number
  bytesPerSecond: number
  /** After this long without a PUBACK the connection counts as dead, even if pings succeed. */
  ackMsMax: number
  /** Longest wait for the last PUBACKs on a stop. */
  stopMsMax: number
  /** Interval at which the status is renewed when its figures changed. */
  statusMs: number
  /** A connection that lived this long has worked, even if there was nothing to send. */
  steadyMs: number
}

const statusOptions = ({ retainStatus = true }: Pick<ConnectionOptions, 'retainStatus'>) =>
  ({ qos: 1, retain: retainStatus }) as const

interface Ending {
  error?: Error
  refused: boolean
  /** Whether readings were acknowledged, or the connection lived long: then the next wait starts small again. */
  worked: boolean
}

/** The next connection sends the messages again that this one leaves unacknowledged. */
export class Connection {
  readonly ended: Promise<Ending>
  readonly #options: ConnectionOptions
  readonly #limits: ConnectionLimits
  readonly #log: Log
  readonly #client: MqttClient
  readonly #pace: Pace
  readonly #bytesPace: Pace
  /** Set while the rate limit delays the next message. */
  #paused: NodeJS.Timeout | undefined
  /** Unacknowledged: seq → bytes and readings. Insertion order is send order. */
  readonly #inFlight = new Map<number, { bytes: number; readings: number }>()
  #inFlightBytes = 0
  #sentSeq = 0
  #acknowledged: number[] = []
  #acknowledgedReadings = 0
  #flush: NodeJS.Immediate | undefined
  #online = false
  #over = false
  #finishing = false
  #worked = false
  #lastAckMs = 0
  #status = ''
  #timers: NodeJS.Timeout[] = []
  #end: (ending: Ending) => void = () => {}
  #settled: () => void = () => {}

  constructor(options: ConnectionOptions, limits: ConnectionLimits) {
    this.#options = options
    this.#limits = limits
    this.#pace = new Pace({ perSecond: limits.publishesPerSecond, atOnce: limits.publishesAtOnce })
    this.#bytesPace = new Pace({
      perSecond: limits.bytesPerSecond,
      atOnce: limits.bytesPerSecond / BYTES_AT_ONCE_SHARE,
    })
    this.#log = options.log
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#client = connect(options.url, {
      connectTimeout: CONNECT_MS_MAX,
      keepalive: KEEPALIVE_S,
      ...options.mqtt,
      clientId: options.gateway,
      ...(options.password !== undefined && { username: options.gateway, password: options.password }),
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      will: { topic: topicOf(options.gateway, 'status'), payload: Buffer.from(OFFLINE), ...statusOptions(options) },
    })
    this.#client.on('connect', () => this.#opened())
    this.#client.on('message', (topic, payload) => this.#commanded(topic, payload))
    this.#client.on('close', () => this.#closed())
    this.#client.on('error', (error) => this.#closed(error))
  }

  /** Sends as many messages from the outbox as the window allows. */
  send(): void {
    if (!this.#online || this.#finishing || this.#paused) return
    const { inFlightMax, inFlightBytesMax } = this.#limits
    const room = inFlightMax - this.#inFlight.size
    // Refilled only when half empty, so that one query on the outbox serves many messages.
    if (room < inFlightMax / 2 || this.#inFlightBytes >= inFlightBytesMax) return
    this.#guard(() => {
      for (const entry of this.#options.outbox.peek(this.#sentSeq, room)) {
        const [oldestSeq = entry.seq] = this.#inFlight.keys()
        const fits = this.#inFlightBytes + entry.payload.byteLength <= inFlightBytesMax
        if (this.#inFlight.size > 0 && (!fits || entry.seq - oldestSeq > SEQ_LAG_MAX)) break
        if (this.#isTooFast(entry)) break
        this.#publish(entry)
        if (this.#over) return
      }
      this.#options.outbox.hold(this.#sentSeq)
    })
  }

  /** Whether the message has to wait; if so, schedules its sending. */
  #isTooFast({ payload }: OutboxEntry): boolean {
    const nowMs = performance.now()
    const waitMs = Math.max(this.#pace.waitMs(1, nowMs), this.#bytesPace.waitMs(payload.byteLength, nowMs))
    if (waitMs <= 0) {
      this.#pace.spend(1, nowMs)
      this.#bytesPace.spend(payload.byteLength, nowMs)
      return false
    }
    this.#paused = setTimeout(() => {
      this.#paused = undefined
      this.send()
    }, Math.ceil(waitMs))
    return true
  }

  /** Ends cleanly: waits for outstanding PUBACKs, sends the offline status, then DISCONNECT; all within `stopMsMax`. */
  async finish(): Promise<void> {
    this.#finishing = true
    const late = setTimeout(() => this.#closed(), this.#limits.stopMsMax)
    if (this.#online) {
      await this.#allSettled()
      if (!this.#over) await this.#say(OFFLINE)
      if (!this.#over) this.#client.end(false)
    } else this.#closed()
    await this.ended
    clearTimeout(late)
  }

  #opened(): void {
    if (this.#over || this.#finishing) return
    const { gateway, onOnline } = this.#options
    this.#online = true
    this.#lastAckMs = performance.now()
    this.#log.info('online', { gateway, queued: this.#options.outbox.figures.readings })
    this.#every(this.#limits.statusMs, () => this.#saySomethingNew())
    this.#every(this.#limits.ackMsMax / 4, () => this.#watchAcks())
    this.#timers.push(setTimeout(() => this.#markWorked(), this.#limits.steadyMs).unref())
    this.#saySomethingNew()
    if (this.#options.onCommand) this.#client.subscribe(topicOf(gateway, 'commands'), { qos: 1 })
    onOnline?.()
    this.send()
  }

  #commanded(topic: string, payload: Uint8Array): void {
    const { gateway, onCommand, log } = this.#options
    if (topic !== topicOf(gateway, 'commands') || !onCommand) return
    onCommand(payload).then(
      (result) => {
        if (result && !this.#over)
          this.#client.publish(topicOf(gateway, 'results'), JSON.stringify(result), { qos: 1 }, () => {})
      },
      (error: unknown) => log.error('a command failed', { gateway, reason: String(error) }),
    )
  }

  #publish({ seq, readings, payload }: OutboxEntry): void {
    const bytes = payload.byteLength
    if (this.#inFlight.size === 0) this.#lastAckMs = performance.now()
    this.#sentSeq = seq
    this.#inFlight.set(seq, { bytes, readings })
    this.#inFlightBytes += bytes
    const topic = this.#options.topic ?? topicOf(this.#options.gateway, 'readings')
    const buffer = Buffer.from(payload.buffer, payload.byteOffset, bytes)
    this.#client.publish(topic, buffer, { qos: 1 }, (error) => {
      if (!error && !this.#over) this.#acknowledge(seq)
    })
  }

  #acknowledge(seq: number): void {
    const sent = this.#inFlight.get(seq)
    if (!sent) return
    this.#inFlight.delete(seq)
    this.#inFlightBytes -= sent.bytes
    this.#lastAckMs = performance.now()
    this.#markWorked()
    this.#acknowledged.push(seq)
    this.#acknowledgedReadings += sent.readings
    // One transaction for all PUBACKs of this turn of the event loop.
    this.#flush ??= setImmediate(() => this.#forget())
  }

  /** Deletes acknowledged messages from the outbox, then continues sending. */
  #forget(): void {
    clearImmediate(this.#flush)
    this.#flush = undefined
    const seqs = this.#acknowledged
    const readings = this.#acknowledgedReadings
    this.#acknowledged = []
    this.#acknowledgedReadings = 0
    this.#guard(() => this.#options.outbox.acknowledge(seqs))
    if (this.#inFlight.size === 0) this.#settled()
    if (!this.#over) this.send()
    if (seqs.length > 0) this.#options.onAcknowledged?.(readings)
  }

  #closed(error?: Error): void {
    if (this.#over) return
    this.#over = true
    this.#online = false
    for (const timer of this.#timers) clearTimeout(timer)
    clearTimeout(this.#paused)
    this.#client.end(true)
    this.#forget()
    this.#settled()
    const code = (error as { code?: unknown } | undefined)?.code
    const refused = REFUSALS.some((refusal) => refusal === code) || REFUSED_CERTIFICATE.test(String(code))
    this.#end({ error, refused, worked: this.#worked })
  }

  /** Resolves when nothing is unacknowledged, or the connection is over. */
  async #allSettled(): Promise<void> {
    if (this.#inFlight.size === 0 || this.#over) return
    await new Promise<void>((resolve) => {
      this.#settled = resolve
    })
  }

  #markWorked(): void {
    this.#worked = true
  }

  #watchAcks(): void {
    if (this.#inFlight.size === 0 || performance.now() - this.#lastAckMs < this.#limits.ackMsMax) return
    const [seq] = this.#inFlight.keys()
    this.#closed(new Error(`no PUBACK for ${this.#limits.ackMsMax} ms; message ${seq} is the oldest`))
  }

  #saySomethingNew(): void {
    const { readings, droppedReadings } = this.#options.outbox.figures
    const health = this.#options.health?.() ?? {}
    const status = JSON.stringify({ v: 1, state: 'online', queued: readings, dropped: droppedReadings, ...health })
    if (status === this.#status || this.#finishing) return
    this.#status = status
    void this.#say(status)
  }

  /** Publishes the status; resolves at its PUBACK or at the end of the connection. */
  async #say(status: string): Promise<void> {
    const said = new Promise<void>((resolve) => {
      const { gateway } = this.#options
      this.#client.publish(topicOf(gateway, 'status'), status, statusOptions(this.#options), () => resolve())
    })
    await Promise.race([said, this.ended])
  }

  /**
   * An outbox that cannot be read or written ends the connection; the messages stay and the next attempt reports it
   * again.
   */
  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#log.error('the outbox fails', { gateway: this.#options.gateway, reason: String(error) })
      this.#closed(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms).unref())
  }
}
