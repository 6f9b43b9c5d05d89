// Listens for collectors and turns their reports into readings (docs/rules/devices.md#collectors): a report is
// acknowledged when it is in the outbox. A stranger costs little: few bytes, few connections, little time.

import { createServer, type Server, type Socket } from 'node:net'
import { encodeMohurd, MOHURD_LENGTH_MAX, type MohurdFrame, mohurdCutter } from '../codecs/mohurd.ts'
import type { CentreMessage } from '../codecs/mohurd-data.ts'
import { collectorTimeMs, messageXml } from '../codecs/mohurd-data.ts'
import { scanFrames } from '../codecs/stream.ts'
import { HandOver } from '../hand-over.ts'
import type { LineReport } from '../lines/lines-source.ts'
import { type Log, silentLog } from '../log.ts'
import type { Reading, Source } from '../source.ts'
import { type Collector, type CollectorsOptions, collectorName, translated } from './collector.ts'
import { CollectorHealth } from './health.ts'
import { CollectorSession, type Step } from './session.ts'

const STRANGER_BYTES_MAX = 4_096
const BYTES_MAX = MOHURD_LENGTH_MAX + 64
/** From connecting to signing in. */
const SIGN_IN_MS_MAX = 15_000
/** Collectors send a heartbeat every few minutes. */
const IDLE_MS_MAX = 15 * 60_000
const STRANGERS_MAX = 50
/** A report is live; its time may lie this far from ours. */
const DRIFT_MS_MAX = 5 * 60_000

export interface CollectorsSourceOptions extends CollectorsOptions {
  log?: Log
  now?: () => number
  signInMsMax?: number
}

export interface CollectorsSource extends Source {
  health(): LineReport[]
  /** The port it listens on; resolves once it does. */
  listening: Promise<number>
}

/** Opens the port when readings are requested; an address in use ends the source with an error. */
export function collectorsSource(options: CollectorsSourceOptions): CollectorsSource {
  const handOver = new HandOver<Reading[]>()
  const health = new Map(options.collectors.map((one) => [collectorName(one), new CollectorHealth(one)]))
  const listening = Promise.withResolvers<number>()
  listening.promise.catch(() => {})
  return {
    isAcknowledging: true,
    listening: listening.promise,
    health: () => [...health.values()].map((one) => one.report()),
    async *readings(signal) {
      const desk = new CollectorDesk(options, health, handOver)
      const server = createServer((socket) => desk.receive(socket))
      const closed = closing(server, desk, signal)
      try {
        listening.resolve(await portOf(server, options))
      } catch (error) {
        listening.reject(error)
        throw error
      }
      signal.addEventListener('abort', () => handOver.release(), { once: true })
      void closed.then(() => handOver.end())
      yield* handOver.items()
    },
  }
}

function portOf(server: Server, { host, port }: CollectorsOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`${host}:${port} cannot be listened on: ${error.message}`)))
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

function closing(server: Server, desk: CollectorDesk, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const close = (): void => {
      desk.close()
      server.close(() => resolve())
    }
    if (signal.aborted) close()
    else signal.addEventListener('abort', close, { once: true })
  })
}

/** One connection: who it is once its first message could be read. */
interface Guest {
  socket: Socket
  from: string
  bytes: Uint8Array
  collector?: Collector
  session?: CollectorSession
  /** Messages are worked off one after the other. */
  work: Promise<void>
  ended?: boolean
}

class CollectorDesk {
  readonly #options: CollectorsSourceOptions
  readonly #health: ReadonlyMap<string, CollectorHealth>
  readonly #handOver: HandOver<Reading[]>
  readonly #log: Log
  readonly #now: () => number
  readonly #guests = new Set<Guest>()

  constructor(
    options: CollectorsSourceOptions,
    health: ReadonlyMap<string, CollectorHealth>,
    handOver: HandOver<Reading[]>,
  ) {
    this.#options = options
    this.#health = health
    this.#handOver = handOver
    this.#log = options.log ?? silentLog
    this.#now = options.now ?? Date.now
  }

  close(): void {
    for (const { socket } of this.#guests) socket.destroy()
  }

  receive(socket: Socket): void {
    const strangers = [...this.#guests].filter(({ session }) => !session?.isSignedIn).length
    if (strangers >= STRANGERS_MAX) {
      socket.destroy()
      return
    }
    const guest: Guest = {
      ...{ socket, from: socket.remoteAddress ?? 'an unknown address', bytes: new Uint8Array() },
      work: Promise.resolve(),
    }
    this.#guests.add(guest)
    socket.setTimeout(IDLE_MS_MAX, () => this.#end(guest, 'it said nothing for too long'))
    const late = setTimeout(
      () => guest.session?.isSignedIn || this.#end(guest, 'it did not sign in'),
      this.#options.signInMsMax ?? SIGN_IN_MS_MAX,
    )
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(late)
      this.#end(guest, 'it closed the connection')
    })
    socket.on('data', (bytes: Buffer) => {
      socket.pause()
      guest.work = guest.work
        .then(() => this.#take(guest, bytes))
        .catch((error: unknown) => this.#end(guest, error instanceof Error ? error.message : String(error)))
        .finally(() => socket.resume())
    })
  }

  async #take(guest: Guest, bytes: Uint8Array): Promise<void> {
    guest.bytes = Buffer.concat([guest.bytes, bytes])
    const { frames, consumed } = this.#framesOf(guest)
    guest.bytes = guest.bytes.subarray(consumed)
    for (const { xml, ...message } of frames) {
      if (guest.ended) return
      if (!guest.session || typeof xml !== 'string') {
        this.#end(guest, 'its message cannot be read: another key, or a collector that is not configured')
        return
      }
      const { buildingId, gatewayId, type, operation, md5 } = message
      const told = { buildingId: buildingId ?? null, gatewayId: gatewayId ?? null, type: type ?? null }
      await this.#answer(
        guest,
        guest.session.take(
          { ...told, ...(operation !== undefined && { operation }), ...(md5 !== undefined && { md5 }) },
          xml,
        ),
      )
    }
    if (guest.bytes.length > (guest.session?.isSignedIn ? BYTES_MAX : STRANGER_BYTES_MAX))
      this.#end(guest, 'it sends more than a message holds')
  }

  /** The whole frames so far; the first tells by its key and its ids who the guest is. */
  #framesOf(guest: Guest): { frames: MohurdFrame[]; consumed: number } {
    if (guest.collector) return scanFrames(guest.bytes, mohurdCutter(secretsOf(guest.collector)))
    const blind = scanFrames(guest.bytes, mohurdCutter())
    if (blind.frames.length === 0) return blind
    for (const collector of this.#options.collectors) {
      const read = scanFrames(guest.bytes, mohurdCutter(secretsOf(collector)))
      const [{ buildingId, gatewayId } = {}] = read.frames
      if (buildingId !== collector.building || gatewayId !== collector.gateway) continue
      guest.collector = collector
      guest.session = new CollectorSession(collector, this.#now)
      return read
    }
    return blind
  }

  async #answer(guest: Guest, step: Step): Promise<void> {
    const { collector } = guest
    if (!collector) return
    const name = collectorName(collector)
    for (const message of step.answers) this.#send(guest, collector, message)
    if (step.hasSignedIn) this.#welcome(guest, name)
    if (step.unknown !== undefined)
      this.#log.warn('a collector sends a message that is not understood', { collector: name, step: step.unknown })
    if (step.data) await this.#keep(guest, collector, step.data)
    if (step.end !== undefined) this.#end(guest, step.end)
  }

  #welcome(guest: Guest, name: string): void {
    for (const other of this.#guests)
      if (other !== guest && other.session?.isSignedIn && other.collector && collectorName(other.collector) === name)
        this.#end(other, 'it signed in again from elsewhere')
    this.#health.get(name)?.signedIn()
    this.#log.info('a collector signed in', { collector: name, from: guest.from })
  }

  async #keep(guest: Guest, collector: Collector, data: NonNullable<Step['data']>): Promise<void> {
    const { values, isBacklog, ack } = data
    const name = collectorName(collector)
    const found = translated(collector, values)
    if (!found) {
      this.#log.error('a report is lost: its time is none', {
        ...{ collector: name, time: values.time.slice(0, 32), sequence: values.sequence.slice(0, 32) },
      })
      this.#health.get(name)?.timeless()
      this.#send(guest, collector, ack)
      return
    }
    const atMs = collectorTimeMs(values.time) ?? 0
    const driftMs = isBacklog ? 0 : atMs - this.#now()
    for (const text of this.#health.get(name)?.took(found, atMs, Math.abs(driftMs) > DRIFT_MS_MAX ? driftMs : 0) ?? [])
      this.#log.warn(text, { collector: name })
    const isKept = found.readings.length === 0 || (await this.#handOver.offer(found.readings))
    if (isKept) this.#send(guest, collector, ack)
  }

  #send({ socket }: Guest, collector: Collector, message: CentreMessage): void {
    if (!socket.destroyed) socket.write(encodeMohurd({ xml: messageXml(message), secrets: secretsOf(collector) }))
  }

  #end(guest: Guest, reason: string): void {
    if (guest.ended) return
    guest.ended = true
    this.#guests.delete(guest)
    guest.socket.end(() => guest.socket.destroy())
    const { collector, session, from } = guest
    if (!collector) this.#log.warn('a connection ended that is no collector of the configuration', { from, reason })
    else {
      const name = collectorName(collector)
      this.#log.warn('the connection of a collector ended', { collector: name, from, reason })
      const isReplaced = [...this.#guests].some((other) => other.collector === collector && other.session?.isSignedIn)
      if (!isReplaced) this.#health.get(name)?.ended(reason, session?.isSignedIn ?? false)
    }
  }
}

const secretsOf = ({ key, iv = key }: Collector) => ({ key, iv })
