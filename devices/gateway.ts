// One gateway: source → messages → outbox → uplink. Readings are safe once their message is in the outbox, at most
// `maxDelayMs` after the source yielded them; they leave it only when the broker has acknowledged them.

import { GATEWAY_ID } from '../domain/registry/records.ts'
import { READINGS_PER_MESSAGE_MAX } from '../domain/wire/reading.ts'
import { type Log, silentLog } from './log.ts'
import { type Body, batchBodies, encodeReadings, seal } from './message.ts'
import { Outbox, type OutboxFigures, OutboxFull, type OutboxOptions } from './outbox.ts'
import type { Reading, Source } from './source.ts'
import { Uplink, type UplinkOptions, type UplinkState } from './uplink.ts'

/** A day's hourly readings of some 20 meters; large enough that the overhead of a message is negligible. */
const READINGS_PER_MESSAGE = 500
const DELAY_MS_MAX = 1_000

export interface GatewayOptions
  extends Pick<
    UplinkOptions,
    'url' | 'password' | 'topic' | 'retainStatus' | 'mqtt' | 'limits' | 'random' | 'log' | 'health' | 'onCommand'
  > {
  /** Gateway id of the registry; MQTT client id and user name. */
  id: string
  source: Source
  outbox: OutboxOptions
  /** A message is complete when it holds this many readings (at most 2,000), */
  readingsPerMessage?: number
  /** or when its first reading has waited this long. */
  maxDelayMs?: number
  /** Aborting stops the gateway cleanly. */
  signal?: AbortSignal
  onState?(state: UplinkState): void
  /** Called when figures change. */
  onProgress?(figures: GatewayFigures): void
}

/** Counts of readings since the gateway started; `outbox` counts those in the file. */
export interface GatewayFigures {
  /** Yielded by the source and written to the outbox. */
  offered: number
  /** Acknowledged by PUBACK, including those of earlier runs. */
  acknowledged: number
  /** Readings that cannot be sent: a value that is not finite, or a reading larger than a message. */
  unsendable: number
  outbox: OutboxFigures
}

export interface DeviceGateway {
  readonly id: string
  figures(): GatewayFigures
  /**
   * Resolves when the source has ended and the outbox is empty. Rejects when the source throws or the gateway stops
   * first.
   */
  drained(): Promise<void>
  /** Stops source and uplink and closes the outbox; unacknowledged messages stay in it for the next start. */
  stop(): Promise<void>
}

/** Starts at once. Throws when an option is wrong or the outbox cannot be opened. */
export function startGateway(options: GatewayOptions): DeviceGateway {
  return new RunningGateway(options)
}

class RunningGateway implements DeviceGateway {
  readonly id: string
  readonly #options: GatewayOptions
  readonly #log: Log
  readonly #outbox: Outbox
  readonly #uplink: Uplink
  readonly #stopping = new AbortController()
  readonly #pumped: Promise<void>
  readonly #drained: Promise<void>
  #offered = 0
  #acknowledged = 0
  #unsendable = 0
  #finalOutbox: OutboxFigures | undefined
  #stopped: Promise<void> | undefined
  /** Callbacks waiting for the next acknowledgement. */
  #waiters: (() => void)[] = []

  constructor(options: GatewayOptions) {
    const { id, url, password, topic, retainStatus, mqtt, limits, random, health, onCommand, onState, signal } = options
    const { readingsPerMessage = 1 } = options
    if (!GATEWAY_ID.test(id)) throw new TypeError(`"${id}" is not a gateway id (letters, digits, dashes, underscores)`)
    if (!(readingsPerMessage >= 1 && readingsPerMessage <= READINGS_PER_MESSAGE_MAX)) {
      throw new RangeError(`readingsPerMessage must be 1 to ${READINGS_PER_MESSAGE_MAX}`)
    }
    this.id = id
    this.#options = options
    this.#log = options.log ?? silentLog
    this.#outbox = new Outbox(options.outbox)
    this.#uplink = new Uplink({
      ...{
        url,
        gateway: id,
        password,
        topic,
        retainStatus,
        mqtt,
        limits,
        random,
        health,
        onCommand,
        onState,
        log: this.#log,
      },
      outbox: this.#outbox,
      onAcknowledged: (readings) => this.#noteAcknowledged(readings),
    })
    try {
      this.#uplink.start()
    } catch (error) {
      this.#outbox.close()
      throw error
    }
    this.#pumped = this.#pump()
    this.#drained = this.#drain()
    // The log reports the failure even when nobody awaits `drained`.
    this.#drained.catch((error) => {
      if (!this.#stopping.signal.aborted) this.#log.error('the source failed', { gateway: id, reason: String(error) })
    })
    if (signal?.aborted) void this.stop()
    signal?.addEventListener('abort', () => void this.stop(), { once: true, signal: this.#stopping.signal })
  }

  figures(): GatewayFigures {
    const outbox = this.#finalOutbox ?? this.#outbox.figures
    return { offered: this.#offered, acknowledged: this.#acknowledged, unsendable: this.#unsendable, outbox }
  }

  drained(): Promise<void> {
    return this.#drained
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#close()
    return this.#stopped
  }

  async #close(): Promise<void> {
    this.#stopping.abort(new Error(`gateway ${this.id} was stopped`))
    this.#wakeWaiters()
    await this.#pumped.catch(() => {})
    await this.#uplink.stop()
    this.#finalOutbox = this.#outbox.figures
    this.#outbox.close()
  }

  async #drain(): Promise<void> {
    await this.#pumped
    const { signal } = this.#stopping
    while (this.figures().outbox.entries > 0 && !signal.aborted) await this.#nextAcknowledgement()
    if (this.figures().outbox.entries > 0) signal.throwIfAborted()
  }

  /**
   * Moves readings from the source to the outbox. After a stop it still writes the readings that it has, so that they
   * are sent.
   */
  async #pump(): Promise<void> {
    const { signal } = this.#stopping
    const { readingsPerMessage = READINGS_PER_MESSAGE, maxDelayMs = DELAY_MS_MAX } = this.#options
    const { source } = this.#options
    const iterator = source.readings(signal)[Symbol.asyncIterator]()
    let open: Reading[] = []
    let dueMs: number | undefined
    let next: Promise<IteratorResult<readonly Reading[]>> | undefined
    try {
      for (;;) {
        next ??= iterator.next()
        const won = await firstOf(next, signal, dueMs)
        if (won === STOPPED || (won !== LATE && won.done)) break
        if (won !== LATE) {
          next = undefined
          for (const reading of won.value) if (this.#isSendable(reading)) open.push(reading)
        }
        const isWhole = won === LATE || source.isAcknowledging === true
        const ripe = isWhole ? open.length : open.length - (open.length % readingsPerMessage)
        if (ripe > 0) {
          await this.#write(open.slice(0, ripe))
          open = open.slice(ripe)
          dueMs = undefined
        }
        if (open.length > 0) dueMs ??= performance.now() + maxDelayMs
      }
    } finally {
      await this.#write(open)
    }
    if (signal.aborted) {
      void Promise.resolve(iterator.return?.()).catch(() => {})
      throw signal.reason
    }
  }

  /** Writes readings as messages, in batches; under `refuse` it waits for room. */
  async #write(readings: readonly Reading[]): Promise<void> {
    const { bodies, tooLarge } = encodeReadings(readings, this.#options.readingsPerMessage ?? READINGS_PER_MESSAGE)
    for (const reading of tooLarge) this.#refuse(reading, 'it is larger than a message')
    for (const batch of batchBodies(bodies, this.#outbox)) {
      const isWritten = await this.#append(batch)
      if (!isWritten) return
      this.#offered += batch.reduce((sum, body) => sum + body.readings, 0)
      this.#options.onProgress?.(this.figures())
      this.#uplink.wake()
    }
  }

  /** Returns false when the gateway stopped while the outbox was full. */
  async #append(batch: readonly Body[]): Promise<boolean> {
    const { droppedReadings } = this.#outbox.figures
    for (;;) {
      try {
        this.#outbox.append(batch.map((body, index) => seal(body, this.#outbox.nextSeq + index)))
        break
      } catch (error) {
        if (!(error instanceof OutboxFull)) throw error
        if (this.#stopping.signal.aborted) {
          const readings = batch.reduce((sum, body) => sum + body.readings, 0)
          this.#log.warn('stopped with a full outbox; readings taken from the source are lost', {
            gateway: this.id,
            readings,
          })
          return false
        }
        await this.#nextAcknowledgement()
      }
    }
    const dropped = this.#outbox.figures.droppedReadings - droppedReadings
    if (dropped > 0) {
      const facts = { gateway: this.id, dropped, droppedEver: this.#outbox.figures.droppedReadings }
      this.#log.warn('the outbox is full; its oldest readings are lost', facts)
    }
    return true
  }

  #isSendable(reading: Reading): boolean {
    if (Number.isFinite(reading.value)) return true
    this.#refuse(reading, 'its value is not finite')
    return false
  }

  #refuse({ meter, at, value }: Reading, reason: string): void {
    this.#unsendable += 1
    this.#log.warn('a reading cannot be sent', { gateway: this.id, meter, at, value, reason })
  }

  #noteAcknowledged(readings: number): void {
    this.#acknowledged += readings
    this.#wakeWaiters()
    this.#options.onProgress?.(this.figures())
  }

  #nextAcknowledgement(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  #wakeWaiters(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}

const STOPPED = Symbol('stopped')
const LATE = Symbol('late')

/** Waits for a promise, an abort or a time, whichever is first; leaves no listener behind, unlike Promise.race. */
function firstOf<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  dueMs: number | undefined,
): Promise<T | typeof STOPPED | typeof LATE> {
  return new Promise((resolve, reject) => {
    const onAbort = () => settle(() => resolve(STOPPED))
    const waitMs = dueMs === undefined ? undefined : Math.max(0, dueMs - performance.now())
    const timer = waitMs === undefined ? undefined : setTimeout(() => settle(() => resolve(LATE)), waitMs)
    const settle = (how: () => void) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      how()
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
    promise.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    )
  })
}
